package format

import "rulecast/ingest/record"

// gcpLB is the log of Google's external Application Load Balancers and of Cloud
// CDN, as a Cloud Logging sink or gcloud writes it: one LogEntry per line.
//
// A key without a value is left out: so is a count of 0, and a header that was
// not sent. Entries of other logs, which have no httpRequest, are skipped.
func gcpLB() *Format {
	return &Format{
		Name:  "gcp-lb",
		Title: "Google Cloud load balancer and Cloud CDN (Cloud Logging)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSON(head, whole, gcpKeys(), missedByGCP)
		},
		New: func() Decoder { return newJSONDecoder(gcpKeys(), gcpRow) },
	}
}

// The keys, by number.
const (
	gcpRequest = iota
	gcpClient
	gcpMethod
	gcpURL
	gcpStatus
	gcpBytes
	gcpReferer
	gcpUserAgent
	gcpCacheHit
	gcpCacheLookup
	gcpTime
	gcpInsertID
	gcpLogName
	gcpOutcome
)

// gcpKeys are the keys in the order of their numbers. Source: "LogEntry" and
// "HttpRequest" in Google's Cloud Logging reference, and "Global external
// Application Load Balancer logging" for the payload.
func gcpKeys() []jsonKey {
	set := record.ColumnSet
	request := []string{"httpRequest"}
	return []jsonKey{
		// What is left out of a request has its zero value, so any request has all columns.
		gcpRequest: {name: "httpRequest", nested: true, sets: set(record.Client, record.Method, record.Scheme, record.Host, record.Path, record.Query, record.Status,
			record.Bytes, record.Referer, record.RefererHost, record.UserAgent, record.Cache)},
		gcpClient:      {name: "remoteIp", within: request},
		gcpMethod:      {name: "requestMethod", within: request},
		gcpURL:         {name: "requestUrl", within: request},
		gcpStatus:      {name: "status", within: request},
		gcpBytes:       {name: "responseSize", within: request},
		gcpReferer:     {name: "referer", within: request},
		gcpUserAgent:   {name: "userAgent", within: request},
		gcpCacheHit:    {name: "cacheHit", within: request, flag: true},
		gcpCacheLookup: {name: "cacheLookup", within: request, flag: true},
		gcpTime:        {name: "timestamp", sets: set(record.Time)},
		gcpInsertID:    {name: "insertId", sets: set(record.RequestID)},
		gcpLogName:     {name: "logName"},
		gcpOutcome:     {name: "outcome", within: []string{"jsonPayload", "enforcedSecurityPolicy"}, sets: set(record.Action)},
	}
}

func missedByGCP(values []jsonValue) string {
	if values[gcpClient].kind == jsonNone || values[gcpURL].kind == jsonNone {
		return "JSON without the keys httpRequest.remoteIp and httpRequest.requestUrl of Google Cloud"
	}
	if values[gcpTime].kind == jsonNone && values[gcpInsertID].kind == jsonNone && values[gcpLogName].kind == jsonNone {
		return "JSON without the keys of a Google Cloud LogEntry, such as logName"
	}
	return ""
}

var gcpHit, gcpMiss = []byte("hit"), []byte("miss")

func gcpRow(d *jsonDecoder, b *record.Builder) string {
	if d.reader.values[gcpRequest].kind == jsonNone && d.has(gcpLogName) {
		return jsonSkipped
	}
	if reason := d.client(b, gcpClient); reason != "" {
		return reason
	}
	if reason := d.time(b, gcpTime); reason != "" {
		return reason
	}
	if reason := d.status(b, gcpStatus); reason != "" {
		return reason
	}
	if reason := d.bytes(b, gcpBytes); reason != "" {
		return reason
	}
	setURI(b, d.text(gcpURL))
	d.referer(b, gcpReferer)
	b.SetString(record.Method, d.text(gcpMethod), nil)
	b.SetString(record.UserAgent, d.text(gcpUserAgent), nil)
	b.SetString(record.Action, d.text(gcpOutcome), nil)
	b.SetText(record.RequestID, d.text(gcpInsertID), nil)
	switch {
	case string(d.text(gcpCacheHit)) == "true":
		b.SetString(record.Cache, gcpHit, nil)
	case string(d.text(gcpCacheLookup)) == "true":
		b.SetString(record.Cache, gcpMiss, nil)
	}
	return ""
}
