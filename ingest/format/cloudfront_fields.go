package format

import (
	"bytes"
	"strings"

	"rulecast/ingest/record"
)

// cloudFrontTable is the columns of standard logs that are read. Source:
// "Standard log file fields" in Amazon's CloudFront Developer Guide.
func cloudFrontTable() *columnTable {
	return &columnTable{
		fields: []namedField{
			{"timestamp(ms)", fieldMillis, record.Time},
			{"date", fieldDate, record.Time},
			{"time", fieldClock, record.Time},
			{"c-ip", fieldClient, record.Client},
			{"x-forwarded-for", fieldText, record.Forwarded},
			{"c-country", fieldCountry, record.Country},
			{"asn", fieldASN, record.ASN},
			{"cs-method", fieldString, record.Method},
			{"cs-protocol", fieldString, record.Scheme},
			{"x-host-header", fieldHost, record.Host},
			{"cs(host)", fieldHost, record.Host},
			{"cs-uri-stem", fieldText, record.Path},
			{"cs-uri-query", fieldText, record.Query},
			{"sc-status", fieldStatus, record.Status},
			{"sc-bytes", fieldBytes, record.Bytes},
			{"cs(referer)", fieldReferer, record.Referer},
			{"cs(user-agent)", fieldUserAgent, record.UserAgent},
			{"x-edge-result-type", fieldString, record.Cache},
			{"sc-content-type", fieldString, record.ContentType},
			{"x-edge-request-id", fieldText, record.RequestID},
		},
		decode:    decodePercent,
		userAgent: decodeUserAgent,
		otherHost: "cs(host)", // x-host-header is "-" in rows of old
	}
}

// missedInHeader is what a #Fields line lacks to be CloudFront's.
func missedInHeader(header []byte) string {
	var client, edge, event bool
	for _, name := range headerNames(string(header)) {
		name = strings.ToLower(name)
		switch {
		case name == "c-ip":
			client = true
		case name == "x-event":
			event = true
		case strings.HasPrefix(name, "x-edge-") || name == "x-host-header" || name == "timestamp(ms)" || name == "fle-status":
			edge = true
		}
	}
	switch {
	case event:
		return "#Fields has x-event: a streaming (RTMP) log, not one of HTTP requests"
	case !client:
		return "#Fields has no c-ip"
	case !edge:
		return "#Fields has no column that only CloudFront has, such as x-edge-location or x-host-header"
	}
	return ""
}

// cutWord is the first of the words of line, which spaces separate, and the
// rest; nil if there is none.
func cutWord(line []byte) (word, rest []byte) {
	start := 0
	for start < len(line) && line[start] == ' ' {
		start++
	}
	if start == len(line) {
		return nil, nil
	}
	line = line[start:]
	if end := bytes.IndexByte(line, ' '); end >= 0 {
		return line[:end], line[end:]
	}
	return line, nil
}

func countWords(line []byte) int {
	n := 0
	for {
		var word []byte
		if word, line = cutWord(line); word == nil {
			return n
		}
		n++
	}
}
