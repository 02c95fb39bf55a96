package format

import "rulecast/ingest/record"

// cloudFrontJSON is CloudFront standard logging v2 with JSON output: one
// object per line, keyed by the names of the fields, with the values of the
// text form as strings, percent-encoded as there and "-" for "none".
func cloudFrontJSON() *Format {
	return &Format{
		Name:  "cloudfront-json",
		Title: "CloudFront standard log v2 (JSON)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSON(head, whole, cloudFrontJSONKeys(), missedByCloudFrontJSON)
		},
		New: func() Decoder { return newJSONDecoder(cloudFrontJSONKeys(), cloudFrontJSONRow) },
	}
}

// The keys, by number.
const (
	cfDate = iota
	cfTime
	cfMillis
	cfClient
	cfForwarded
	cfCountry
	cfASN
	cfMethod
	cfProtocol
	cfHostHeader
	cfHost
	cfStem
	cfQuery
	cfStatus
	cfBytes
	cfReferer
	cfUserAgent
	cfResultType
	cfContentType
	cfRequestID
	cfLocation
)

// cloudFrontJSONKeys are the keys in the order of their numbers. Source:
// "Standard log file fields" in Amazon's CloudFront Developer Guide.
func cloudFrontJSONKeys() []jsonKey {
	set := record.ColumnSet
	return []jsonKey{
		cfDate:        {name: "date", sets: set(record.Time)},
		cfTime:        {name: "time", sets: set(record.Time)},
		cfMillis:      {name: "timestamp(ms)", sets: set(record.Time)},
		cfClient:      {name: "c-ip", sets: set(record.Client)},
		cfForwarded:   {name: "x-forwarded-for", sets: set(record.Forwarded)},
		cfCountry:     {name: "c-country", sets: set(record.Country)},
		cfASN:         {name: "asn", sets: set(record.ASN)},
		cfMethod:      {name: "cs-method", sets: set(record.Method)},
		cfProtocol:    {name: "cs-protocol", sets: set(record.Scheme)},
		cfHostHeader:  {name: "x-host-header", sets: set(record.Host)},
		cfHost:        {name: "cs(Host)", sets: set(record.Host)},
		cfStem:        {name: "cs-uri-stem", sets: set(record.Path)},
		cfQuery:       {name: "cs-uri-query", sets: set(record.Query)},
		cfStatus:      {name: "sc-status", sets: set(record.Status)},
		cfBytes:       {name: "sc-bytes", sets: set(record.Bytes)},
		cfReferer:     {name: "cs(Referer)", sets: set(record.Referer, record.RefererHost)},
		cfUserAgent:   {name: "cs(User-Agent)", sets: set(record.UserAgent)},
		cfResultType:  {name: "x-edge-result-type", sets: set(record.Cache)},
		cfContentType: {name: "sc-content-type", sets: set(record.ContentType)},
		cfRequestID:   {name: "x-edge-request-id", sets: set(record.RequestID)},
		cfLocation:    {name: "x-edge-location"},
	}
}

func missedByCloudFrontJSON(values []jsonValue) string {
	others := 0
	for i, v := range values {
		if i != cfClient && v.kind != jsonNone {
			others++
		}
	}
	if values[cfClient].kind == jsonNone || others == 0 {
		return "JSON without the keys of CloudFront (c-ip and others)"
	}
	return ""
}

func cloudFrontJSONRow(d *jsonDecoder, b *record.Builder) string {
	if reason := d.client(b, cfClient); reason != "" {
		return reason
	}
	if reason := cloudFrontJSONTime(d, b); reason != "" {
		return reason
	}
	if reason := d.status(b, cfStatus); reason != "" {
		return reason
	}
	if reason := d.bytes(b, cfBytes); reason != "" {
		return reason
	}
	b.SetCountry(d.text(cfCountry))
	b.SetASN(parseASN(d.text(cfASN)))
	b.SetHost(d.text(cloudFrontHostKey(d)))
	if v := d.text(cfReferer); v != nil {
		b.SetReferer(v, decodePercent)
	}
	b.SetString(record.Method, d.text(cfMethod), decodePercent)
	b.SetString(record.Scheme, d.text(cfProtocol), decodePercent)
	b.SetString(record.UserAgent, d.text(cfUserAgent), decodeUserAgent)
	b.SetString(record.Cache, d.text(cfResultType), decodePercent)
	b.SetString(record.ContentType, d.text(cfContentType), decodePercent)
	b.SetText(record.Forwarded, d.text(cfForwarded), decodePercent)
	b.SetText(record.Path, d.text(cfStem), decodePercent)
	b.SetText(record.Query, d.text(cfQuery), decodePercent)
	b.SetText(record.RequestID, d.text(cfRequestID), decodePercent)
	return ""
}

// cloudFrontHostKey is the key of the host that the viewer asked for: cs(Host)
// is the distribution's own name, and all there is without x-host-header.
func cloudFrontHostKey(d *jsonDecoder) int {
	if v := d.reader.values[cfHostHeader]; !d.has(cfHostHeader) || string(v.raw) == "-" {
		return cfHost
	}
	return cfHostHeader
}

func cloudFrontJSONTime(d *jsonDecoder, b *record.Builder) string {
	if d.has(cfMillis) {
		us, ok := parseMillis(d.text(cfMillis))
		if !ok {
			return reasonTime
		}
		b.SetTime(us)
		return ""
	}
	if !d.has(cfDate) || !d.has(cfTime) {
		return ""
	}
	day, ok := d.date.parse(d.text(cfDate))
	if !ok {
		return reasonDate
	}
	clock, ok := parseClock(d.text(cfTime))
	if !ok {
		return reasonTime
	}
	b.SetTime(day + clock)
	return ""
}
