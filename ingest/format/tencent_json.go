package format

// tencentJSON is the real-time log of Tencent Cloud CDN as its Log Service
// exports it: one object per line.
func tencentJSON() *Format {
	return jsonFormat("tencent-json", "Tencent Cloud CDN real-time log (JSON)", tencentMap, func(values []jsonValue) string {
		if keysFound(values[:tencentEnd]) < tencentEnd {
			return "JSON without the keys client_ip, http_code, rsp_size and url of Tencent Cloud CDN"
		}
		return ""
	})
}

// tencentEnd is behind the numbers of the keys by which a log is recognised.
const tencentEnd = 4

// tencentMap is the fields. Source: "CDN Access Log" in Tencent Cloud's
// documentation of its Log Service.
func tencentMap() *jsonMap {
	return newJSONMap([]jsonField{
		jsonTo(toClient, "client_ip"),
		jsonTo(toStatus, "http_code"),
		jsonTo(toBytes, "rsp_size"),
		jsonTo(toPath, "url"),
		jsonTo(toQuery, "param"),
		jsonTo(toTime, "time"),
		jsonTo(toMethod, "method"),
		jsonTo(toHost, "host"),
		jsonTo(toReferer, "referer"),
		jsonTo(toUserAgent, "ua"),
		jsonTo(toCache, "hit"),
		jsonTo(toRequestID, "uuid"),
	})
}
