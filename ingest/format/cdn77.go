package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// cdn77 is CDN77's real-time log in JSON: one object per line. "" is "none".
func cdn77() *Format {
	return &Format{
		Name:  "cdn77",
		Title: "CDN77 real-time log (JSON)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSON(head, whole, cdn77Keys(), missedByCDN77)
		},
		New: func() Decoder { return newJSONDecoder(cdn77Keys(), cdn77Row) },
	}
}

// The keys, by number.
const (
	c77Client = iota
	c77Start
	c77Timestamp
	c77Forwarded
	c77Country
	c77ASN
	c77Method
	c77Scheme
	c77Host
	c77Path
	c77Status
	c77Bytes
	c77Referer
	c77UserAgent
	c77Cache
	c77ContentType
	c77Resource
)

// cdn77Keys are the keys in the order of their numbers. Source: the example in
// CDN77's public description of its real-time logs.
func cdn77Keys() []jsonKey {
	set := record.ColumnSet
	return []jsonKey{
		c77Client:      {name: "clientIP", sets: set(record.Client)},
		c77Start:       {name: "startTimeMs", sets: set(record.Time)},
		c77Timestamp:   {name: "timestamp", sets: set(record.Time)},
		c77Forwarded:   {name: "clientRequestXForwardedFor", sets: set(record.Forwarded)},
		c77Country:     {name: "clientCountry", sets: set(record.Country)},
		c77ASN:         {name: "clientASN", sets: set(record.ASN)},
		c77Method:      {name: "clientRequestMethod", sets: set(record.Method)},
		c77Scheme:      {name: "clientRequestScheme", sets: set(record.Scheme)},
		c77Host:        {name: "clientRequestHost", sets: set(record.Host)},
		c77Path:        {name: "clientRequestPath", sets: set(record.Path, record.Query)},
		c77Status:      {name: "responseStatus", sets: set(record.Status)},
		c77Bytes:       {name: "responseBytes", sets: set(record.Bytes)},
		c77Referer:     {name: "clientRequestReferer", sets: set(record.Referer, record.RefererHost)},
		c77UserAgent:   {name: "clientRequestUserAgent", sets: set(record.UserAgent)},
		c77Cache:       {name: "cacheStatus", sets: set(record.Cache)},
		c77ContentType: {name: "responseContentType", sets: set(record.ContentType)},
		c77Resource:    {name: "resourceID"},
	}
}

func missedByCDN77(values []jsonValue) string {
	if values[c77Client].kind == jsonNone {
		return "JSON without the key clientIP"
	}
	for _, key := range [...]int{c77Start, c77Host, c77Path, c77Referer, c77UserAgent, c77Resource, c77Forwarded} {
		if values[key].kind != jsonNone {
			return ""
		}
	}
	return "JSON without the keys of CDN77, such as startTimeMs or clientRequestHost"
}

func cdn77Row(d *jsonDecoder, b *record.Builder) string {
	if reason := d.client(b, c77Client); reason != "" {
		return reason
	}
	if reason := d.time(b, c77Start, c77Timestamp); reason != "" {
		return reason
	}
	if reason := d.status(b, c77Status); reason != "" {
		return reason
	}
	if reason := d.bytes(b, c77Bytes); reason != "" {
		return reason
	}
	setTarget(b, d.text(c77Path))
	d.referer(b, c77Referer)
	b.SetText(record.Forwarded, d.text(c77Forwarded), nil)
	b.SetCountry(d.text(c77Country))
	b.SetASN(parseASN(d.text(c77ASN)))
	b.SetHost(d.text(c77Host))
	b.SetString(record.Method, d.text(c77Method), nil)
	b.SetString(record.Scheme, d.text(c77Scheme), decodeLower)
	b.SetString(record.UserAgent, d.text(c77UserAgent), nil)
	b.SetString(record.Cache, d.text(c77Cache), nil)
	b.SetString(record.ContentType, d.text(c77ContentType), nil)
	return ""
}

// decodeLower is the record.Decode of schemes that are in upper case.
func decodeLower(dst, src []byte) []byte { return append(dst, bytes.ToLower(src)...) }
