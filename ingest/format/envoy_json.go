package format

// envoyJSON is the access log of Envoy in JSON, with the keys that Istio,
// Contour and Envoy Gateway give it by default: one object per line. What these
// log of TCP connections, of which they know no request, is skipped.
func envoyJSON() *Format {
	return jsonFormat("envoy-json", "Envoy access log (JSON of Istio, Contour, Envoy Gateway)", envoyMap, func(values []jsonValue) string {
		if keysFound(values[:envoyCode+1]) < envoyCode+1 {
			return "JSON without the keys downstream_remote_address, response_flags and response_code of Envoy"
		}
		return ""
	})
}

// The keys that are looked at by number.
const (
	envoyFlags  = iota
	envoyClient // the fields, up to the last one that is looked at
	envoyCode
	envoyMethod
)

// envoyMap is the fields. downstream_remote_address is the peer unless Envoy is
// told to trust headers; then it is downstream_direct_remote_address, if it is
// logged. A Referer is in no default. Values that are not known are null, or
// "-". Source: "Default access log format" of Istio and Envoy Gateway, and
// accesslog.go of Contour.
func envoyMap() *jsonMap {
	m := newJSONMap([]jsonField{
		jsonTo(toClient, "downstream_remote_address"),
		jsonTo(toStatus, "response_code"),
		jsonTo(toMethod, "method"),
		jsonTo(toURL, "path"),
		jsonTo(toURL, "x-envoy-origin-path"), // of Envoy Gateway, as are others with "-"
		jsonTo(toTime, "start_time"),
		jsonTo(toTime, "@timestamp"), // of Contour
		jsonTo(toHost, "authority"),
		jsonTo(toHost, ":authority"),
		jsonTo(toBytes, "bytes_sent"),
		jsonTo(toForwarded, "x_forwarded_for"),
		jsonTo(toForwarded, "x-forwarded-for"),
		jsonTo(toScheme, "x_forwarded_proto"),
		jsonTo(toReferer, "referer"),
		jsonTo(toUserAgent, "user_agent"),
		jsonTo(toUserAgent, "user-agent"),
		jsonTo(toRequestID, "request_id"),
		jsonTo(toRequestID, "x-request-id"),
	}, jsonKey{name: "response_flags"})
	m.check = skipConnections
	return m
}

// skipConnections skips what is no HTTP request.
func skipConnections(d *jsonDecoder) string {
	if d.text(envoyMethod) == nil && string(d.text(envoyCode)) == "0" {
		return jsonSkipped
	}
	return ""
}
