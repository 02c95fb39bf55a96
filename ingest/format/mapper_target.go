package format

import (
	"strings"

	"rulecast/ingest/record"
)

// target is what a value of a mapped log becomes. Targets are set in their
// order, so that what is said of the host on its own prevails over what a URL
// says, and a URL over a request line.
type target uint8

const (
	toRequest target = iota // "GET /path?query HTTP/1.1"
	toURL                   // absolute, or path and query
	toTime
	toDate
	toClock
	toClient
	toForwarded
	toCountry
	toASN
	toMethod
	toScheme
	toHost
	toPath
	toQuery
	toStatus
	toBytes
	toReferer
	toUserAgent
	toCache
	toContentType
	toRequestID
	toAction
	numTargets
)

// valueForm is how the value of a target is read.
type valueForm uint8

const (
	formRequest valueForm = iota
	formURL
	formTime
	formDate
	formClock
	formClient
	formCountry
	formASN
	formHost
	formStatus
	formBytes
	formReferer
	formString // of a dictionary
	formText
)

// targetInfo describes a target.
type targetInfo struct {
	name   string // as --field has it
	form   valueForm
	column record.Column
	also   record.Columns // further columns that every value sets
}

var targets = [numTargets]targetInfo{
	toRequest:     {"request", formRequest, record.Path, record.ColumnSet(record.Method, record.Query)},
	toURL:         {"url", formURL, record.Path, record.ColumnSet(record.Query)},
	toTime:        {"time", formTime, record.Time, 0},
	toDate:        {"date", formDate, record.Time, 0},
	toClock:       {"clock", formClock, record.Time, 0},
	toClient:      {"client", formClient, record.Client, 0},
	toForwarded:   {"forwarded", formText, record.Forwarded, 0},
	toCountry:     {"country", formCountry, record.Country, 0},
	toASN:         {"asn", formASN, record.ASN, 0},
	toMethod:      {"method", formString, record.Method, 0},
	toScheme:      {"scheme", formString, record.Scheme, 0},
	toHost:        {"host", formHost, record.Host, 0},
	toPath:        {"path", formText, record.Path, 0},
	toQuery:       {"query", formText, record.Query, 0},
	toStatus:      {"status", formStatus, record.Status, 0},
	toBytes:       {"bytes", formBytes, record.Bytes, 0},
	toReferer:     {"referer", formReferer, record.Referer, record.ColumnSet(record.RefererHost)},
	toUserAgent:   {"user_agent", formString, record.UserAgent, 0},
	toCache:       {"cache", formString, record.Cache, 0},
	toContentType: {"content_type", formString, record.ContentType, 0},
	toRequestID:   {"request_id", formText, record.RequestID, 0},
	toAction:      {"action", formString, record.Action, 0},
}

// FieldNames are the names that a field of Mapped may have.
func FieldNames() []string {
	names := make([]string, numTargets)
	for i, t := range targets {
		names[i] = t.name
	}
	return names
}

func targetNamed(name string) (target, bool) {
	for i, t := range targets {
		if t.name == name {
			return target(i), true
		}
	}
	return 0, false
}

func (t target) String() string { return targets[t].name }

// sets is the columns that any value of t sets.
func (t target) sets() record.Columns {
	return record.ColumnSet(targets[t].column).Union(targets[t].also)
}

// always reports whether values are read even if nobody asked for the columns:
// because a bad one rejects the row, or because what it sets depends on it.
func (t target) always() bool {
	switch targets[t].form {
	case formRequest, formURL, formTime, formDate, formClock, formClient, formStatus, formBytes:
		return true
	}
	return false
}

// encoded reports whether the value may be written in an encoding.
func (t target) encoded() bool {
	switch targets[t].form {
	case formRequest, formURL, formReferer, formString, formText:
		return true
	}
	return false
}

// flag reports whether true and false are values.
func (t target) flag() bool { return t == toCache || t == toAction }

// targetSet is a set of targets.
type targetSet uint32

func (s targetSet) has(t target) bool { return s>>t&1 != 0 }

func (s targetSet) with(t target) targetSet { return s | 1<<t }

// encoding is how a value is written, by the name that stands behind its path.
type encoding struct {
	name   string
	decode record.Decode
}

var encodings = []encoding{
	{"percent", decodePercent},
	{"backslash", decodeEscapes},
}

// cutEncoding cuts ":percent" or another encoding off the end of a path; the
// encoding is the zero value if there is none.
func cutEncoding(path string) (string, encoding) {
	for _, e := range encodings {
		if rest, ok := strings.CutSuffix(path, ":"+e.name); ok {
			return rest, e
		}
	}
	return path, encoding{}
}
