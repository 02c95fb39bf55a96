package format

import (
	"bytes"
	"encoding/binary"
	"math/bits"
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

// markBytes writes where the first len(ends) times that c stands in line are,
// and returns how many it found and where the search ended: behind the last one
// wanted, or at the end of the line. It looks at eight bytes at a time.
func markBytes(line []byte, c byte, ends []int32) (found, end int) {
	const (
		low7 = 0x7f7f7f7f7f7f7f7f
		ones = 0x0101010101010101
	)
	wanted := ones * uint64(c)
	if len(ends) == 0 {
		return 0, 0
	}
	i := 0
	for ; i+8 <= len(line); i += 8 {
		x := binary.LittleEndian.Uint64(line[i:]) ^ wanted
		// The top bit of each byte of x that is zero, exactly: no carry leaves a byte.
		m := ^(x&low7 + low7 | x | low7)
		for ; m != 0; m &= m - 1 {
			at := i + bits.TrailingZeros64(m)>>3
			ends[found] = int32(at)
			if found++; found == len(ends) {
				return found, at + 1
			}
		}
	}
	for ; i < len(line); i++ {
		if line[i] == c {
			ends[found] = int32(i)
			if found++; found == len(ends) {
				return found, i + 1
			}
		}
	}
	return found, i
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
