package format

// alibabaJSON is the real-time log of Alibaba Cloud CDN and DCDN as their Log
// Service exports it: one object per line. A log without remote_ip, the peer,
// is not taken: client_ip is the first address of X-Forwarded-For, if there is
// one.
func alibabaJSON() *Format {
	return jsonFormat("alibaba-json", "Alibaba Cloud CDN real-time log (JSON)", alibabaMap, func(values []jsonValue) string {
		switch {
		case keysFound(values[refererPartsEnd:alibabaPeer]) < alibabaPeer-refererPartsEnd:
			return "JSON without the keys unixtime, uri and return_code of Alibaba Cloud CDN"
		case values[alibabaPeer].kind == jsonNone:
			return "no remote_ip, and client_ip may be what a client says (to take it nevertheless, see --field)"
		}
		return ""
	})
}

// alibabaPeer is the number of remote_ip.
const alibabaPeer = refererPartsEnd + 3

// alibabaMap is the fields. The time is that of the request's end. Source:
// "Fields in real-time logs" in Alibaba Cloud's documentation of CDN.
func alibabaMap() *jsonMap {
	m := newJSONMap([]jsonField{
		jsonTo(toTime, "unixtime"),
		jsonTo(toPath, "uri"),
		jsonTo(toStatus, "return_code"),
		jsonTo(toClient, "remote_ip"),
		jsonTo(toMethod, "method"),
		jsonTo(toScheme, "scheme"),
		jsonTo(toHost, "domain"),
		jsonTo(toQuery, "uri_param"),
		jsonTo(toBytes, "response_size"),
		jsonTo(toUserAgent, "user_agent"),
		jsonTo(toCache, "hit_info"),
		jsonTo(toContentType, "content_type"),
		jsonTo(toForwarded, "xforwordfor"), // as it is spelt there
		jsonTo(toRequestID, "uuid"),
	}, refererPartKeys()...)
	m.more = setRefererParts
	return m
}
