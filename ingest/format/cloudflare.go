package format

import "rulecast/ingest/record"

// cloudflare is Cloudflare's HTTP requests as Logpush and Logpull deliver
// them: one object per line, with the fields that the owner has chosen. Values
// are as on the wire and "" is "none".
//
// Besides requests of viewers there are records of what Workers and the edge
// itself fetched in their course. They are no requests that a ruleset sees,
// and are duplicates; skipped is the ownership probe {"content":"tests"}.
func cloudflare() *Format {
	return &Format{
		Name:  "cloudflare",
		Title: "Cloudflare HTTP requests (Logpush, Logpull)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSON(head, whole, cloudflareKeys(), missedByCloudflare)
		},
		New: func() Decoder { return newJSONDecoder(cloudflareKeys(), cloudflareRow) },
	}
}

// The keys, by number.
const (
	cflClient = iota
	cflStart
	cflEnd
	cflCountry
	cflASN
	cflMethod
	cflScheme
	cflHost
	cflURI
	cflPath
	cflStatus
	cflBytes
	cflReferer
	cflUserAgent
	cflCache
	cflContentType
	cflRayID
	cflSecurityAction
	cflWAFAction
	cflSource
	cflSubrequest
	cflProbe
)

// cloudflareKeys are the keys in the order of their numbers. Source: "HTTP
// requests" in Cloudflare's Logs reference.
func cloudflareKeys() []jsonKey {
	set := record.ColumnSet
	return []jsonKey{
		cflClient:         {name: "ClientIP", sets: set(record.Client)},
		cflStart:          {name: "EdgeStartTimestamp", sets: set(record.Time)},
		cflEnd:            {name: "EdgeEndTimestamp", sets: set(record.Time)},
		cflCountry:        {name: "ClientCountry", sets: set(record.Country)},
		cflASN:            {name: "ClientASN", sets: set(record.ASN)},
		cflMethod:         {name: "ClientRequestMethod", sets: set(record.Method)},
		cflScheme:         {name: "ClientRequestScheme", sets: set(record.Scheme)},
		cflHost:           {name: "ClientRequestHost", sets: set(record.Host)},
		cflURI:            {name: "ClientRequestURI", sets: set(record.Path, record.Query)},
		cflPath:           {name: "ClientRequestPath", sets: set(record.Path)},
		cflStatus:         {name: "EdgeResponseStatus", sets: set(record.Status)},
		cflBytes:          {name: "EdgeResponseBytes", sets: set(record.Bytes)},
		cflReferer:        {name: "ClientRequestReferer", sets: set(record.Referer, record.RefererHost)},
		cflUserAgent:      {name: "ClientRequestUserAgent", sets: set(record.UserAgent)},
		cflCache:          {name: "CacheCacheStatus", sets: set(record.Cache)},
		cflContentType:    {name: "EdgeResponseContentType", sets: set(record.ContentType)},
		cflRayID:          {name: "RayID", sets: set(record.RequestID)},
		cflSecurityAction: {name: "SecurityAction", sets: set(record.Action)},
		cflWAFAction:      {name: "WAFAction", sets: set(record.Action)},
		cflSource:         {name: "ClientRequestSource"},
		cflSubrequest:     {name: "WorkerSubrequest", flag: true},
		cflProbe:          {name: "content"},
	}
}

func missedByCloudflare(values []jsonValue) string {
	if isProbe(values) {
		return ""
	}
	if values[cflClient].kind == jsonNone {
		return "JSON without the key ClientIP"
	}
	for i, v := range values {
		if i != cflClient && v.kind != jsonNone {
			return ""
		}
	}
	return "JSON without the keys of Cloudflare, such as EdgeStartTimestamp or RayID"
}

// isProbe recognises the file that Logpush writes to see whether it may.
func isProbe(values []jsonValue) bool {
	return values[cflClient].kind == jsonNone && string(values[cflProbe].raw) == "tests"
}

func cloudflareRow(d *jsonDecoder, b *record.Builder) string {
	if isProbe(d.reader.values) {
		return jsonSkipped
	}
	if !isViewer(d) {
		return jsonDuplicate
	}
	if reason := d.client(b, cflClient); reason != "" {
		return reason
	}
	if reason := d.time(b, cflStart, cflEnd); reason != "" {
		return reason
	}
	if reason := d.status(b, cflStatus); reason != "" {
		return reason
	}
	if reason := d.bytes(b, cflBytes); reason != "" {
		return reason
	}
	b.SetCountry(d.text(cflCountry))
	b.SetASN(parseASN(d.text(cflASN)))
	b.SetHost(d.text(cflHost))
	b.SetString(record.Method, d.text(cflMethod), nil)
	b.SetString(record.Scheme, d.text(cflScheme), nil)
	b.SetString(record.UserAgent, d.text(cflUserAgent), nil)
	b.SetString(record.Cache, d.text(cflCache), nil)
	b.SetString(record.ContentType, d.text(cflContentType), nil)
	b.SetText(record.RequestID, d.text(cflRayID), nil)
	cloudflareURL(d, b)
	d.referer(b, cflReferer)
	cloudflareAction(d, b)
	return ""
}

// isViewer reports whether a record is a viewer's request: not a Worker's
// subrequest, nor of a source other than the "eyeball". A log that does not
// say, or says "unknown", has viewers' requests.
func isViewer(d *jsonDecoder) bool {
	if string(d.text(cflSubrequest)) == "true" {
		return false
	}
	switch string(d.text(cflSource)) {
	case "", "eyeball", "unknown":
		return true
	}
	return false
}

func cloudflareURL(d *jsonDecoder, b *record.Builder) {
	if d.has(cflURI) {
		setTarget(b, d.text(cflURI))
	} else {
		b.SetValue(record.Path, d.text(cflPath))
	}
}

// cloudflareAction sets what the WAF did; "unknown" is "nothing".
func cloudflareAction(d *jsonDecoder, b *record.Builder) {
	for _, key := range [...]int{cflSecurityAction, cflWAFAction} {
		if v := d.text(key); len(v) > 0 && string(v) != "unknown" {
			b.SetString(record.Action, v, nil)
			return
		}
	}
}
