package format

// huaweiJSON is the real-time log of Huawei Cloud CDN: one object per line.
func huaweiJSON() *Format {
	return jsonFormat("huawei-json", "Huawei Cloud CDN real-time log (JSON)", huaweiMap, func(values []jsonValue) string {
		if keysFound(values[refererPartsEnd:huaweiEnd]) < huaweiEnd-refererPartsEnd {
			return "JSON without the keys client_ip, request_time, http_code and hit_info of Huawei Cloud CDN"
		}
		return ""
	})
}

// huaweiEnd is behind the numbers of the keys by which a log is recognised.
const huaweiEnd = refererPartsEnd + 4

// huaweiMap is the fields. request_time is when, not how long. Source:
// "Real-time log fields" in Huawei Cloud's documentation of CDN.
func huaweiMap() *jsonMap {
	m := newJSONMap([]jsonField{
		jsonTo(toClient, "client_ip"),
		jsonTo(toTime, "request_time"),
		jsonTo(toStatus, "http_code"),
		jsonTo(toCache, "hit_info"),
		jsonTo(toMethod, "method"),
		jsonTo(toScheme, "scheme"),
		jsonTo(toHost, "domain"),
		jsonTo(toPath, "uri"),
		jsonTo(toQuery, "uri_param"),
		jsonTo(toBytes, "response_size"),
		jsonTo(toUserAgent, "user_agent"),
		jsonTo(toContentType, "content_type"),
		jsonTo(toForwarded, "X-Forwarded-For"),
		jsonTo(toForwarded, "xforwordfor"), // as it is spelt in older logs
		jsonTo(toRequestID, "uuid"),
	}, refererPartKeys()...)
	m.more = setRefererParts
	return m
}
