package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// caddy is the access log of Caddy 2: one object per line, with the headers as
// the viewer sent them. Other loggers may write to the same file; their lines
// are skipped, even those of errors, since the access log has these requests,
// too.
func caddy() *Format {
	return jsonFormat("caddy", "Caddy access log (JSON)", caddyMap, func(values []jsonValue) string {
		switch {
		case values[caddyClient].kind == jsonNone && values[caddyOldClient].kind == jsonNone:
			return "JSON without the key request.remote_ip of Caddy"
		case values[caddyURI].kind == jsonNone || values[caddySize].kind == jsonNone && values[caddyHeaders].kind == jsonNone:
			return "JSON without the keys of Caddy, such as request.uri, request.headers and size"
		}
		return ""
	})
}

// The keys that are looked at by number.
const (
	caddyLogger = iota
	caddyTLS
	caddyHeaders
	caddyClient // the fields, up to the last one that is looked at
	caddyOldClient
	caddyURI
	caddySize
)

// caddyMap is the fields. The peer is remote_ip; client_ip is what headers say,
// if a proxy that Caddy trusts has sent them. Before 2.5, it was remote_addr,
// with the port. Size is that of the body. Source: LoggableHTTPRequest in
// Caddy's modules/caddyhttp.
func caddyMap() *jsonMap {
	in, headers := "request", "headers"
	m := newJSONMap([]jsonField{
		jsonTo(toClient, in, "remote_ip"),
		jsonTo(toClient, in, "remote_addr"),
		jsonTo(toURL, in, "uri"),
		jsonTo(toBytes, "size"),
		jsonTo(toStatus, "status"),
		jsonTo(toTime, "ts"),
		jsonTo(toMethod, in, "method"),
		jsonTo(toHost, in, "host"),
		jsonTo(toReferer, in, headers, "Referer").header(),
		jsonTo(toUserAgent, in, headers, "User-Agent").header(),
		jsonTo(toForwarded, in, headers, "X-Forwarded-For").header(),
		jsonTo(toContentType, "resp_headers", "Content-Type").header(),
		jsonTo(toRequestID, "uuid"),
	},
		jsonKey{name: "logger"},
		jsonKey{name: "tls", within: []string{in}, nested: true},
		jsonKey{name: headers, within: []string{in}, nested: true,
			sets: record.ColumnSet(record.Referer, record.RefererHost, record.UserAgent, record.Forwarded)},
	)
	m.check = skipOtherLoggers
	m.more = setCaddyScheme
	return m
}

// skipOtherLoggers skips lines of loggers that do not write access logs, whose
// names begin with http.log.access.
func skipOtherLoggers(d *jsonDecoder) string {
	if logger := d.text(caddyLogger); len(logger) > 0 && !bytes.HasPrefix(logger, []byte("http.log.access")) {
		return jsonSkipped
	}
	return ""
}

// setCaddyScheme sets the scheme, which shows in what the log says of TLS.
func setCaddyScheme(d *jsonDecoder, row *mapRow, b *record.Builder) {
	scheme := schemeHTTP
	if d.reader.values[caddyTLS].kind == jsonObject {
		scheme = schemeHTTPS
	}
	b.SetString(record.Scheme, scheme, nil)
	row.extra = row.extra.Union(record.ColumnSet(record.Scheme))
}
