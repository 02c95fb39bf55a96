package format

// nginxJSON is what owners of nginx make a log_format of that names the
// variables as nginx does: one object per line. Names vary, so only logs are
// recognised that have enough of the customary ones. The log of WordPress VIP,
// which has names of its own for the request, is one, too.
func nginxJSON() *Format {
	return jsonFormat("nginx-json", "nginx log with variables as JSON keys", nginxMap, missedByNginx)
}

// The keys by which a log is recognised, by number: client and status, then the
// request in one of its forms, then others.
const (
	nginxRequest = 2
	nginxOther   = 6
	nginxRest    = 12
)

// nginxMap is the fields: first those by which a log is recognised. Values are
// "-" or, with escape=json, "" where a variable has none. The time often has a
// key that is no variable. Source: "Alphabetical index of variables" in nginx's
// documentation; "HTTP request logs" in that of WordPress VIP.
func nginxMap() *jsonMap {
	return newJSONMap([]jsonField{
		jsonTo(toClient, "remote_addr"),
		jsonTo(toStatus, "status"),
		jsonTo(toRequest, "request"),
		jsonTo(toURL, "request_uri"),
		jsonTo(toURL, "request_url"), // of WordPress VIP
		jsonTo(toPath, "uri"),
		jsonTo(toBytes, "bytes_sent"),
		jsonTo(toBytes, "body_bytes_sent"),
		jsonTo(toReferer, "http_referer"),
		jsonTo(toUserAgent, "http_user_agent"),
		jsonTo(toTime, "time_iso8601"),
		jsonTo(toTime, "time_local"),

		jsonTo(toTime, "msec"),
		jsonTo(toTime, "@timestamp"),
		jsonTo(toTime, "timestamp_iso8601"), // of WordPress VIP
		jsonTo(toTime, "timestamp"),
		jsonTo(toTime, "time"),
		jsonTo(toQuery, "args"),
		jsonTo(toQuery, "query_string"),
		jsonTo(toMethod, "request_method"),
		jsonTo(toMethod, "request_type"), // of WordPress VIP
		jsonTo(toScheme, "scheme"),
		jsonTo(toHost, "http_host"),
		jsonTo(toHost, "host"),
		jsonTo(toHost, "server_name"),
		jsonTo(toForwarded, "http_x_forwarded_for"),
		jsonTo(toContentType, "sent_http_content_type"),
		jsonTo(toCache, "upstream_cache_status"),
		jsonTo(toRequestID, "request_id"),
		jsonTo(toASN, "asn"), // of WordPress VIP
		jsonTo(toCountry, "geoip_country_code"),
		jsonTo(toCountry, "geoip2_country_code"),
	})
}

func missedByNginx(values []jsonValue) string {
	if keysFound(values[:nginxRequest]) < 2 || keysFound(values[nginxRequest:nginxOther]) < 1 || keysFound(values[nginxOther:nginxRest]) < 2 {
		return "JSON without the names of nginx's variables, such as remote_addr, request, status and body_bytes_sent (other names: see --field)"
	}
	return ""
}
