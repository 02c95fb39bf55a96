package format

import (
	"rulecast/ingest/record"
)

// alibabaOffline is the offline logs of Alibaba Cloud CDN and DCDN. The client
// is the first address of X-Forwarded-For if a request has that header. Source:
// "Download offline logs" in Alibaba Cloud's documentation.
func alibabaOffline() *Format {
	return bracketedFormat("alibaba-cdn", "Alibaba Cloud CDN offline log", &template{
		fields: []templateField{
			{cut: byBrackets, field: fieldLogTime},
			{field: fieldClient},
			{field: fieldSkip}, // proxy
			{field: fieldSkip}, // ms
			{cut: byQuotes, field: fieldReferer},
			{cut: byQuotes, field: fieldRequest}, // without the HTTP version
			{field: fieldStatus},
			{field: fieldSkip}, // bytes received
			{field: fieldBytes},
			{field: fieldString, sets: record.Cache},
			{cut: byQuotes, field: fieldUserAgent},
			{cut: byQuotes, field: fieldString, sets: record.ContentType},
		},
		present: offlineColumns.Union(record.ColumnSet(record.ContentType)),
	})
}

// huaweiOffline is the offline logs of Huawei Cloud CDN. Their paths have no
// query. Source: "Log Management" in the CDN user guide of Huawei Cloud.
func huaweiOffline() *Format {
	return bracketedFormat("huawei-cdn", "Huawei Cloud CDN offline log", &template{
		fields: []templateField{
			{cut: byBrackets, field: fieldLogTime},
			{field: fieldClient},
			{field: fieldSkip}, // ms
			{cut: byQuotes, field: fieldReferer},
			{cut: byQuotes, field: fieldSkip}, // protocol
			{cut: byQuotes, field: fieldMethod},
			{cut: byQuotes, field: fieldHost},
			{cut: byQuotes, field: fieldText, sets: record.Path},
			{field: fieldStatus},
			{field: fieldBytes},
			{field: fieldString, sets: record.Cache},
			{cut: byQuotes, field: fieldUserAgent},
		},
		present: offlineColumns.Union(record.ColumnSet(record.Host)) &^ record.ColumnSet(record.Query),
	})
}

// bracketedFormat is a format whose rows begin with a time in brackets and an
// address.
func bracketedFormat(name, title string, t *template) *Format {
	return &Format{
		Name:  name,
		Title: title,
		New:   t.decoder,
		Sniff: func(head []byte, whole bool) string {
			f := cutFields(firstLine(head, whole))
			if f.bracketed(); !f.ok || !isClient(f.word()) {
				return "the first line does not begin with [TIME] ADDRESS"
			}
			return missedLines(head, whole, t.decoder())
		},
	}
}

// tencentOffline is the offline logs of Tencent Cloud CDN. Provinces and
// networks are numbers of Tencent's own; times are those of Beijing. Source:
// "Log Service" in Tencent Cloud's CDN documentation.
func tencentOffline() *Format {
	t := &template{
		fields: []templateField{
			{field: fieldDigits},
			{field: fieldClient},
			{field: fieldHost},
			{field: fieldTarget},
			{field: fieldBytes},
			{field: fieldSkip}, // province
			{field: fieldSkip}, // network
			{field: fieldStatus},
			{cut: byEither, field: fieldReferer},
			{field: fieldSkip}, // ms
			{cut: byEither, field: fieldUserAgent},
			{cut: byEither, field: fieldSkip}, // Range
			{field: fieldMethod},
			{field: fieldSkip}, // protocol
			{field: fieldString, sets: record.Cache},
		},
		missing: "NULL",
		east:    8 * microsPerHour,
		present: offlineColumns.Union(record.ColumnSet(record.Host)),
	}
	return &Format{
		Name:  "tencent-cdn",
		Title: "Tencent Cloud CDN offline log",
		New:   t.decoder,
		Sniff: func(head []byte, whole bool) string {
			f := cutFields(firstLine(head, whole))
			if _, ok := parseDigits(f.word()); !ok || !isClient(f.word()) {
				return "the first line does not begin with YYYYMMDDHHMMSS ADDRESS"
			}
			return missedLines(head, whole, t.decoder())
		},
	}
}

var offlineColumns = record.ColumnSet(record.Time, record.Client, record.Method, record.Path, record.Query, record.Status, record.Bytes,
	record.Referer, record.RefererHost, record.UserAgent, record.Cache)
