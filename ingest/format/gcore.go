package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// gcore is the raw logs of Gcore's CDN, and of EdgeCenter's, which has the same
// platform: nginx's fields, each in quotes and the time in brackets, too. Fields
// were and are appended. Records of requests that an edge made of a shield are
// in it if the owner has asked for them, and nothing marks them: $shield_type
// only says whether the resource has a shield. Source: "Log format example" in
// Gcore's documentation of raw logs.
func gcore() *Format {
	t := gcoreTemplate()
	return &Format{
		Name:  "gcore",
		Title: "Gcore CDN raw log",
		New:   t.decoder,
		Sniff: func(head []byte, whole bool) string {
			line := firstLine(head, whole)
			if !bytes.HasPrefix(line, []byte{'"'}) || !bytes.Contains(line, []byte(`" "[`)) {
				return `the first line does not begin with "ADDRESS" "-" "USER" "[TIME]"`
			}
			return missedLines(head, whole, t.decoder())
		},
	}
}

// gcoreTemplate is the fields up to the last one that is read.
func gcoreTemplate() *template {
	skip := templateField{cut: byQuotes, field: fieldSkip}
	return &template{
		fields: []templateField{
			{cut: byQuotes, field: fieldClient},
			skip, skip, // "-", user
			{cut: byQuotedTime, field: fieldLogTime},
			{cut: byQuotes, field: fieldRequest},
			{cut: byQuotes, field: fieldStatus},
			skip, // bytes of the body
			{cut: byQuotes, field: fieldReferer},
			{cut: byQuotes, field: fieldUserAgent},
			{cut: byQuotes, field: fieldBytes},
			skip, // edge
			{cut: byQuotes, field: fieldString, sets: record.Scheme},
			{cut: byQuotes, field: fieldHost},
			skip, skip, skip, skip, skip, // times, length, Range, node
			{cut: byQuotes, field: fieldString, sets: record.Cache},
			skip, skip, skip, skip, skip, skip, // upstream, ids, cookies
			{cut: byQuotes, field: fieldCountry},
			skip, skip, // city, shield
		},
		present: record.ColumnSet(record.Time, record.Client, record.Country, record.Method, record.Scheme, record.Host, record.Path, record.Query,
			record.Status, record.Bytes, record.Referer, record.RefererHost, record.UserAgent, record.Cache),
	}
}
