package format

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"

	"rulecast/ingest/record"
)

// maxPlanColumns bounds the columns that are looked at: CloudFront has fewer
// than 60 to choose from. Those beyond are counted only.
const maxPlanColumns = 256

// fieldKind is how a column of a row is read.
type fieldKind uint8

const (
	fieldDate   fieldKind = iota // YYYY-MM-DD
	fieldClock                   // HH:MM:SS
	fieldMillis                  // ms since the Unix epoch
	fieldClient
	fieldStatus
	fieldBytes
	fieldHost
	fieldReferer
	fieldUserAgent
	fieldText   // percent-encoded text, whatever it is
	fieldString // the same for a dictionary
	fieldCountry
	fieldASN
)

// namedField is a column by the name that #Fields gives it.
type namedField struct {
	name   string
	field  fieldKind
	sets   record.Column
	always bool // read also when nobody asked, since a bad value rejects the row
}

// cloudFrontFields are the columns that are read; the first of two for the
// same record column is preferred. Source: "Standard log file fields" in
// Amazon's CloudFront Developer Guide.
func cloudFrontFields() []namedField {
	return []namedField{
		{"timestamp(ms)", fieldMillis, record.Time, true},
		{"date", fieldDate, record.Time, true},
		{"time", fieldClock, record.Time, true},
		{"c-ip", fieldClient, record.Client, true},
		{"x-forwarded-for", fieldText, record.Forwarded, false},
		{"c-country", fieldCountry, record.Country, false},
		{"asn", fieldASN, record.ASN, false},
		{"cs-method", fieldString, record.Method, false},
		{"cs-protocol", fieldString, record.Scheme, false},
		{"x-host-header", fieldHost, record.Host, false},
		{"cs(host)", fieldHost, record.Host, false},
		{"cs-uri-stem", fieldText, record.Path, false},
		{"cs-uri-query", fieldText, record.Query, false},
		{"sc-status", fieldStatus, record.Status, true},
		{"sc-bytes", fieldBytes, record.Bytes, true},
		{"cs(referer)", fieldReferer, record.Referer, false},
		{"cs(user-agent)", fieldUserAgent, record.UserAgent, false},
		{"x-edge-result-type", fieldString, record.Cache, false},
		{"sc-content-type", fieldString, record.ContentType, false},
		{"x-edge-request-id", fieldText, record.RequestID, false},
	}
}

// fieldPlan is what a #Fields line comes to for the columns wanted.
type fieldPlan struct {
	columns   int // in a row
	needed    int // of those, up to the last one that is read
	hasClient bool
	hasTime   bool
	present   record.Columns
	steps     []planStep
}

type planStep struct {
	column  int // from 0
	instead int // the column that is read when this one is "-", or -1
	field   fieldKind
	sets    record.Column
}

// planFields reads what follows "#Fields:". Names are separated by white space
// (also TABs) or commas and compared without regard to case; of a name that
// stands twice the first counts.
func planFields(header []byte, wants record.Columns) *fieldPlan {
	names := headerNames(header)
	p := &fieldPlan{columns: len(names)}
	places := make(map[string]int)
	for i, name := range names[:min(len(names), maxPlanColumns)] {
		name = strings.ToLower(name)
		if _, twice := places[name]; !twice {
			places[name] = i
		}
	}
	column := func(name string) int {
		if at, ok := places[name]; ok {
			return at
		}
		return -1
	}
	dated := column("timestamp(ms)") < 0 && column("date") >= 0 && column("time") >= 0
	for _, f := range cloudFrontFields() {
		at := column(f.name)
		half := f.field == fieldDate || f.field == fieldClock // of a time: both or none
		if at < 0 || half && !dated || !half && p.present.Has(f.sets) {
			continue
		}
		p.present = p.present.Union(record.ColumnSet(f.sets))
		if f.sets == record.Referer {
			p.present = p.present.Union(record.ColumnSet(record.RefererHost))
		}
		if !f.always && !wants.Has(f.sets) && !(f.sets == record.Referer && wants.Has(record.RefererHost)) {
			continue
		}
		step := planStep{column: at, instead: -1, field: f.field, sets: f.sets}
		if f.name == "x-host-header" {
			step.instead = column("cs(host)")
		}
		p.steps = append(p.steps, step)
		p.needed = max(p.needed, at+1, step.instead+1)
	}
	p.hasClient, p.hasTime = p.present.Has(record.Client), p.present.Has(record.Time)
	return p
}

func headerNames(header []byte) []string {
	return strings.FieldsFunc(string(header), func(r rune) bool { return r <= ' ' || r == ',' })
}

// missedInHeader is what a #Fields line lacks to be CloudFront's.
func missedInHeader(header []byte) string {
	var client, edge, event bool
	for _, name := range headerNames(header) {
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

// markTabs writes where the first len(ends) TABs of line are, and returns how
// many it found and where the search ended: behind the last one wanted, or at
// the end of the line. It looks at eight bytes at a time.
func markTabs(line []byte, ends []int32) (found, end int) {
	const (
		low7 = 0x7f7f7f7f7f7f7f7f
		tabs = 0x0909090909090909
	)
	if len(ends) == 0 {
		return 0, 0
	}
	i := 0
	for ; i+8 <= len(line); i += 8 {
		x := binary.LittleEndian.Uint64(line[i:]) ^ tabs
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
		if line[i] == '\t' {
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
