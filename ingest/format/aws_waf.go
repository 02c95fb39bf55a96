package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// awsWAF is the log of requests that AWS WAF has inspected: one object per
// line, with its verdict, but neither status nor bytes. The headers are those
// the viewer sent; what the owner has redacted is absent.
func awsWAF() *Format {
	return jsonFormat("aws-waf", "AWS WAF web ACL log", awsWAFMap, func(values []jsonValue) string {
		if values[wafACL].kind == jsonNone || values[wafClient].kind == jsonNone {
			return "JSON without the keys webaclId and httpRequest.clientIp of AWS WAF"
		}
		return ""
	})
}

// The keys that are looked at by number.
const (
	wafACL = iota
	wafHeaders
	wafClient // the first field
)

// awsWAFMap is the fields. Source: "Log fields for protection pack (web ACL)
// traffic" in Amazon's AWS WAF Developer Guide.
func awsWAFMap() *jsonMap {
	in := "httpRequest"
	m := newJSONMap([]jsonField{
		jsonTo(toClient, in, "clientIp"),
		jsonTo(toTime, "timestamp"),
		jsonTo(toCountry, in, "country"),
		jsonTo(toASN, "clientAsn"),
		jsonTo(toMethod, in, "httpMethod").hidden(),
		jsonTo(toScheme, in, "scheme"),
		jsonTo(toHost, in, "host"),
		jsonTo(toPath, in, "uri").hidden(),
		jsonTo(toQuery, in, "args").hidden(),
		jsonTo(toRequestID, in, "requestId"),
		jsonTo(toAction, "action"),
	},
		jsonKey{name: "webaclId"},
		jsonKey{name: "headers", within: []string{in}, nested: true,
			sets: record.ColumnSet(record.Host, record.Referer, record.RefererHost, record.UserAgent, record.Forwarded)},
	)
	m.more = setWAFHeaders
	return m
}

// wafHeader is a header that is read.
type wafHeader struct {
	name  []byte
	field mappedField
}

var wafHeaderFields = [...]wafHeader{
	{[]byte("host"), mappedField{to: toHost, redacted: true}},
	{[]byte("referer"), mappedField{to: toReferer, exact: true, redacted: true}},
	{[]byte("user-agent"), mappedField{to: toUserAgent, redacted: true}},
	{[]byte("x-forwarded-for"), mappedField{to: toForwarded, redacted: true}},
}

// setWAFHeaders reads the array of objects of name and value that the headers
// are. Of a header that comes twice the first counts.
func setWAFHeaders(d *jsonDecoder, row *mapRow, b *record.Builder) {
	for headers := walkJSON(d.reader.values[wafHeaders]); ; {
		_, header, ok := headers.next()
		if !ok {
			return
		}
		var field *mappedField
		var value jsonValue
		for members := walkJSON(header); ; {
			key, v, ok := members.next()
			if !ok {
				break
			}
			switch string(key.raw) {
			case "name":
				field = wafFieldOf(d.unescaped(v))
			case "value":
				value = v
			}
		}
		if field != nil {
			row.set(field, d.unescaped(value), b) // text, which cannot be wrong
		}
	}
}

func wafFieldOf(name []byte) *mappedField {
	for i := range wafHeaderFields {
		if bytes.EqualFold(name, wafHeaderFields[i].name) {
			return &wafHeaderFields[i].field
		}
	}
	return nil
}
