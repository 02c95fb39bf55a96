package format

import (
	"bytes"
	"slices"

	"rulecast/ingest/record"
)

// akamai is Akamai DataStream 2 in JSON: one object per line, with the fields
// that the owner has chosen. All values are strings, and a field without a value
// is left out. Headers are percent-encoded.
//
// With midgress collected, what edge servers ask of each other is in the log,
// too. Those records are duplicates.
func akamai() *Format {
	return &Format{
		Name:  "akamai",
		Title: "Akamai DataStream 2 (JSON)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSON(head, whole, akamaiKeys(), missedByAkamai)
		},
		New: func() Decoder { return newJSONDecoder(akamaiKeys(), akamaiRow) },
	}
}

// The keys, by number.
const (
	akaClient = iota
	akaTime
	akaForwarded
	akaCountry
	akaASN
	akaMethod
	akaProto
	akaHost
	akaPath
	akaQuery
	akaStatus
	akaTotalBytes
	akaBytes
	akaReferer
	akaUserAgent
	akaCache
	akaContentType
	akaRequestID
	akaMidgress
	akaCP
	akaStream
)

// akamaiKeys are the keys in the order of their numbers. Source: "Data set
// parameters" in Akamai's documentation of DataStream 2.
func akamaiKeys() []jsonKey {
	set := record.ColumnSet
	return []jsonKey{
		akaClient:      {name: "cliIP", sets: set(record.Client)},
		akaTime:        {name: "reqTimeSec", sets: set(record.Time)},
		akaForwarded:   {name: "xForwardedFor", sets: set(record.Forwarded)},
		akaCountry:     {name: "country", sets: set(record.Country)},
		akaASN:         {name: "asn", sets: set(record.ASN)},
		akaMethod:      {name: "reqMethod", sets: set(record.Method)},
		akaProto:       {name: "proto", sets: set(record.Scheme)},
		akaHost:        {name: "reqHost", sets: set(record.Host)},
		akaPath:        {name: "reqPath", sets: set(record.Path)},
		akaQuery:       {name: "queryStr", sets: set(record.Query)},
		akaStatus:      {name: "statusCode", sets: set(record.Status)},
		akaTotalBytes:  {name: "totalBytes", sets: set(record.Bytes)},
		akaBytes:       {name: "bytes", sets: set(record.Bytes)},
		akaReferer:     {name: "referer", sets: set(record.Referer, record.RefererHost)},
		akaUserAgent:   {name: "UA", sets: set(record.UserAgent)},
		akaCache:       {name: "cacheStatus", sets: set(record.Cache)},
		akaContentType: {name: "rspContentType", sets: set(record.ContentType)},
		akaRequestID:   {name: "reqId", sets: set(record.RequestID)},
		akaMidgress:    {name: "isMidgress"},
		akaCP:          {name: "cp"},
		akaStream:      {name: "streamId"},
	}
}

func missedByAkamai(values []jsonValue) string {
	if values[akaClient].kind == jsonNone {
		return "JSON without the key cliIP"
	}
	for _, key := range [...]int{akaTime, akaStream, akaCP, akaHost, akaPath, akaRequestID} {
		if values[key].kind != jsonNone {
			return ""
		}
	}
	return "JSON without the keys of DataStream 2, such as reqTimeSec or streamId"
}

// akamaiViewer is the isMidgress of what a client asked of an edge server: 1 is
// between edge servers of a region, and 2 asked of a parent.
const akamaiViewer = "0"

func akamaiRow(d *jsonDecoder, b *record.Builder) string {
	if tier := d.text(akaMidgress); len(tier) > 0 && string(tier) != akamaiViewer && string(tier) != "-" {
		return jsonDuplicate
	}
	if reason := d.client(b, akaClient); reason != "" {
		return reason
	}
	if reason := akamaiTime(d, b); reason != "" {
		return reason
	}
	if reason := d.status(b, akaStatus); reason != "" {
		return reason
	}
	size := akaTotalBytes // with headers and what TLS adds
	if !d.has(size) {
		size = akaBytes
	}
	if reason := d.bytes(b, size); reason != "" {
		return reason
	}
	akamaiURL(d, b)
	if v := d.text(akaReferer); len(v) > 0 {
		b.SetReferer(v, decodeAkamai)
	}
	b.SetCountry(d.text(akaCountry))
	b.SetASN(parseASN(d.text(akaASN)))
	b.SetHost(d.text(akaHost))
	b.SetString(record.Method, d.text(akaMethod), nil)
	b.SetString(record.Scheme, d.text(akaProto), decodeLower)
	b.SetString(record.UserAgent, d.text(akaUserAgent), decodeAkamai)
	b.SetString(record.Cache, d.text(akaCache), decodeAkamaiCache)
	b.SetString(record.ContentType, d.text(akaContentType), decodeAkamai)
	b.SetText(record.Forwarded, d.text(akaForwarded), decodeAkamai)
	b.SetText(record.RequestID, d.text(akaRequestID), nil)
	return ""
}

// akamaiTime sets the time, which is seconds with ms in newer logs.
func akamaiTime(d *jsonDecoder, b *record.Builder) string {
	if !d.has(akaTime) {
		return ""
	}
	us, ok := parseSeconds(d.text(akaTime))
	if !ok {
		return reasonTime
	}
	b.SetTime(us)
	return ""
}

// akamaiURL sets path and query as they were requested: neither is encoded
// again. The path may lack the slash in front.
func akamaiURL(d *jsonDecoder, b *record.Builder) {
	path := d.text(akaPath)
	if len(path) > 0 && path[0] != '/' {
		d.scratch = slices.Insert(append(d.scratch[:0], path...), 0, '/')
		path = d.scratch
	}
	setTarget(b, path)
	if query := d.text(akaQuery); len(query) > 0 && string(query) != "-" {
		b.SetValue(record.Query, bytes.TrimPrefix(query, []byte{'?'}))
	}
}

// decodeAkamai is decodePercent for headers. Where all but the letters of form
// encoding is encoded, as in Akamai's own examples, a plus is a space; where
// other characters stand for themselves, so does a plus.
func decodeAkamai(dst, src []byte) []byte {
	start := len(dst)
	if !isFormEncoded(src) {
		return decodePercent(dst, src)
	}
	dst = append(dst, src...)
	for i, c := range dst[start:] {
		if c == '+' {
			dst[start+i] = ' '
		}
	}
	// In place: what is written never gets ahead of what is read.
	return decodePercent(dst[:start], dst[start:])
}

// isFormEncoded reports whether v has but the characters that are left by the
// encoding of forms (application/x-www-form-urlencoded).
func isFormEncoded(v []byte) bool {
	for _, c := range v {
		alphanumeric := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !alphanumeric && bytes.IndexByte([]byte("*-._+%"), c) < 0 {
			return false
		}
	}
	return true
}

// decodeAkamaiCache names what cacheStatus says in numbers.
func decodeAkamaiCache(dst, src []byte) []byte {
	switch string(src) {
	case "0":
		return append(dst, "miss"...)
	case "1":
		return append(dst, "hit"...)
	}
	return append(dst, src...)
}
