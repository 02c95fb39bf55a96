package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// fastlyJSON is JSON that Fastly streams: one object per line, behind a syslog
// header or not. Its keys are whatever the owner has made up; read are those of
// the examples that Fastly and its partners publish, and of crates.io. A value
// that there is not stands as "(null)", "" or null.
//
// With shielding, a request that the edge passes on is logged by the shield,
// too. That record is a duplicate, if the log says fastly_is_edge.
func fastlyJSON() *Format {
	return &Format{
		Name:  "fastly-json",
		Title: "Fastly real-time log streaming (JSON)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSONBehind(syslogPayload, head, whole, fastlyKeys(), missedByFastly)
		},
		New: func() Decoder {
			d := newJSONDecoder(fastlyKeys(), fastlyRow)
			d.payload = syslogPayload
			return d
		},
	}
}

// longestSyslog bounds the header of syslog, in bytes.
const longestSyslog = 512

// syslogPayload is the object behind the header of syslog, or the line itself if
// it has none. The header has no part that a client chooses.
func syslogPayload(line []byte) []byte {
	if len(line) == 0 || line[0] != '<' {
		return line
	}
	if brace := bytes.IndexByte(line[:min(len(line), longestSyslog)], '{'); brace >= 0 {
		return line[brace:]
	}
	return line
}

// The keys, by number.
const (
	fstClient = iota
	fstIP
	fstTimestamp
	fstTimeStart
	fstDateTime
	fstCountryCode
	fstCountry
	fstMethod
	fstRequest
	fstShortMethod
	fstTLS
	fstHost
	fstOriginHost
	fstURL
	fstStatus
	fstShortStatus
	fstBodySize
	fstRespBodySize
	fstBytes
	fstReferer
	fstHTTPReferer
	fstUserAgent
	fstHTTPUserAgent
	fstState
	fstCacheStatus
	fstContentType
	fstIsEdge
	fstServer
)

// fastlyKeys are the keys in the order of their numbers. Source: "Useful log
// formats" and the default formats of logging endpoints in Fastly's
// documentation; the logs of crates.io.
func fastlyKeys() []jsonKey {
	set := record.ColumnSet
	referer, http := set(record.Referer, record.RefererHost), []string{"http"}
	return []jsonKey{
		fstClient:        {name: "client_ip", sets: set(record.Client)},
		fstIP:            {name: "ip", sets: set(record.Client)},
		fstTimestamp:     {name: "timestamp", sets: set(record.Time)},
		fstTimeStart:     {name: "time_start", sets: set(record.Time)},
		fstDateTime:      {name: "date_time", sets: set(record.Time)},
		fstCountryCode:   {name: "geo_country_code", sets: set(record.Country)},
		fstCountry:       {name: "geo_country", sets: set(record.Country)},
		fstMethod:        {name: "request_method", sets: set(record.Method)},
		fstRequest:       {name: "request", sets: set(record.Method)},
		fstShortMethod:   {name: "method", sets: set(record.Method)},
		fstTLS:           {name: "is_tls", sets: set(record.Scheme), flag: true},
		fstHost:          {name: "host", sets: set(record.Host)},
		fstOriginHost:    {name: "origin_host", sets: set(record.Host)},
		fstURL:           {name: "url", sets: set(record.Path, record.Query)},
		fstStatus:        {name: "response_status", sets: set(record.Status)},
		fstShortStatus:   {name: "status", sets: set(record.Status)},
		fstBodySize:      {name: "response_body_size", sets: set(record.Bytes)},
		fstRespBodySize:  {name: "resp_body_size", sets: set(record.Bytes)},
		fstBytes:         {name: "bytes", sets: set(record.Bytes)},
		fstReferer:       {name: "request_referer", sets: referer},
		fstHTTPReferer:   {name: "referer", within: http, sets: referer},
		fstUserAgent:     {name: "request_user_agent", sets: set(record.UserAgent)},
		fstHTTPUserAgent: {name: "useragent", within: http, sets: set(record.UserAgent)},
		fstState:         {name: "response_state", sets: set(record.Cache)},
		fstCacheStatus:   {name: "cache_status", sets: set(record.Cache)},
		fstContentType:   {name: "content_type", sets: set(record.ContentType)},
		fstIsEdge:        {name: "fastly_is_edge", flag: true},
		fstServer:        {name: "fastly_server"},
	}
}

func missedByFastly(values []jsonValue) string {
	has := func(keys ...int) bool {
		for _, key := range keys {
			if values[key].kind != jsonNone {
				return true
			}
		}
		return false
	}
	published := has(fstClient) && has(fstURL) && has(fstUserAgent, fstReferer, fstState, fstIsEdge, fstServer)
	crates := has(fstIP) && has(fstURL) && has(fstDateTime) && has(fstShortMethod) && has(fstShortStatus)
	if !published && !crates {
		return "JSON without the keys of Fastly's examples, such as client_ip, url and request_user_agent"
	}
	return ""
}

func fastlyRow(d *jsonDecoder, b *record.Builder) string {
	if string(d.text(fstIsEdge)) == "false" {
		return jsonDuplicate
	}
	if reason := d.client(b, fastlyKey(d, fstClient, fstIP)); reason != "" {
		return reason
	}
	if reason := fastlyTime(d, b); reason != "" {
		return reason
	}
	if reason := d.status(b, fastlyKey(d, fstStatus, fstShortStatus)); reason != "" {
		return reason
	}
	if reason := d.bytes(b, fastlyKey(d, fstBodySize, fstRespBodySize, fstBytes)); reason != "" {
		return reason
	}
	fastlyURL(d, b)
	b.SetCountry(country(d.text(fastlyKey(d, fstCountryCode, fstCountry))))
	if referer := fastlyKey(d, fstReferer, fstHTTPReferer); !isFastlyNull(d, referer) {
		d.referer(b, referer)
	}
	fastlyString(d, b, record.Method, fastlyKey(d, fstMethod, fstRequest, fstShortMethod))
	fastlyString(d, b, record.UserAgent, fastlyKey(d, fstUserAgent, fstHTTPUserAgent))
	fastlyString(d, b, record.Cache, fastlyKey(d, fstState, fstCacheStatus))
	fastlyString(d, b, record.ContentType, fstContentType)
	return ""
}

// fastlyKey is the first of the keys that has a value, or the last.
func fastlyKey(d *jsonDecoder, keys ...int) int {
	for _, key := range keys {
		if !isFastlyNull(d, key) {
			return key
		}
	}
	return keys[len(keys)-1]
}

// isFastlyNull reports whether Fastly had no value to write.
func isFastlyNull(d *jsonDecoder, key int) bool {
	return !d.has(key) || string(d.reader.values[key].raw) == "(null)"
}

func fastlyString(d *jsonDecoder, b *record.Builder, column record.Column, key int) {
	if !isFastlyNull(d, key) {
		b.SetString(column, d.text(key), nil)
	}
}

// fastlyTime sets the time. In some examples strftime writes it, with an offset
// without a colon (%z) or a name for it (%Z) or none. Servers of Fastly have UTC.
func fastlyTime(d *jsonDecoder, b *record.Builder) string {
	key := fastlyKey(d, fstTimestamp, fstTimeStart, fstDateTime)
	raw := d.text(key)
	for _, zone := range [...]string{"+0000", "UTC", "GMT"} {
		raw = bytes.TrimSuffix(raw, []byte(zone))
	}
	if last := len(raw) - 1; last < len(secondLayout)-1 || len(raw) > len(secondLayout+".999999999") || raw[10] != 'T' || raw[last] == 'Z' {
		return d.time(b, key)
	}
	var text [len(secondLayout + ".999999999Z")]byte
	us, ok := parseRFC3339(append(append(text[:0], raw...), 'Z'), &d.date)
	if !ok {
		return d.time(b, key)
	}
	b.SetTime(us)
	return ""
}

const secondLayout = "2006-01-02T15:04:05"

// fastlyURL sets what the URL says, which is absolute in some logs and has only
// path and query in others, and scheme and host where the log has them.
func fastlyURL(d *jsonDecoder, b *record.Builder) {
	if !isFastlyNull(d, fstURL) {
		setURI(b, d.text(fstURL))
	}
	if host := fastlyKey(d, fstHost, fstOriginHost); !isFastlyNull(d, host) {
		b.SetHost(d.text(host))
	}
	switch string(d.text(fstTLS)) {
	case "true", "1":
		b.SetString(record.Scheme, schemeHTTPS, nil)
	case "false", "0":
		b.SetString(record.Scheme, schemeHTTP, nil)
	}
}
