package format

import (
	"bytes"
	"cmp"
	"slices"

	"rulecast/ingest/record"
)

// meaning is what a value of a text log says.
type meaning uint8

const (
	meansNothing meaning = iota
	meansIdentity
	meansUser
	meansClient
	meansTime
	meansHost
	meansRequest // after the host, which an absolute URI in it overrules: the request line, the best source of method, path and query
	meansMethod
	meansTarget // path and query, undivided
	meansPath
	meansQuery // with or without its "?"
	meansScheme
	meansStatus
	meansBytes
	meansReferer
	meansUserAgent
	meansForwarded
	meansCountry
	meansASN
	meansCache
	meansContentType
	meansRequestID
	numMeanings
)

// valueColumns are the columns that a value of each meaning sets.
func valueColumns(m meaning) record.Columns {
	return [numMeanings]record.Columns{
		meansClient:      record.ColumnSet(record.Client),
		meansTime:        record.ColumnSet(record.Time),
		meansRequest:     record.ColumnSet(record.Method, record.Path, record.Query),
		meansMethod:      record.ColumnSet(record.Method),
		meansTarget:      record.ColumnSet(record.Path, record.Query),
		meansPath:        record.ColumnSet(record.Path),
		meansQuery:       record.ColumnSet(record.Query),
		meansScheme:      record.ColumnSet(record.Scheme),
		meansHost:        record.ColumnSet(record.Host),
		meansStatus:      record.ColumnSet(record.Status),
		meansBytes:       record.ColumnSet(record.Bytes),
		meansReferer:     record.ColumnSet(record.Referer, record.RefererHost),
		meansUserAgent:   record.ColumnSet(record.UserAgent),
		meansForwarded:   record.ColumnSet(record.Forwarded),
		meansCountry:     record.ColumnSet(record.Country),
		meansASN:         record.ColumnSet(record.ASN),
		meansCache:       record.ColumnSet(record.Cache),
		meansContentType: record.ColumnSet(record.ContentType),
		meansRequestID:   record.ColumnSet(record.RequestID),
	}[m]
}

// valueClass says which bytes a value can have, and so how its end is found.
type valueClass uint8

const (
	classFree    valueClass = iota // any: the client may have written it
	className                      // of the server's configuration: no space, no quote, and not the byte behind it
	classNumber                    // digits, points and signs
	classAddress                   // an address or a host name, perhaps with a port
	classToken                     // letters, digits and the punctuation of RFC 9110 tokens, and "/"
	classFixed                     // so many bytes
	classBraces                    // "{", any bytes but "}", and "}"
)

// has reports whether a value of the class can have the byte c.
func (class valueClass) has(c byte) bool {
	alphanumeric := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
	switch class {
	case className:
		return c != ' ' && c != '"'
	case classNumber:
		return '0' <= c && c <= '9' || c == '.' || c == '-' || c == '+'
	case classAddress:
		return alphanumeric || bytes.IndexByte([]byte(".:[]%-_"), c) >= 0
	case classToken:
		return alphanumeric || bytes.IndexByte([]byte("!#$%&'*+-.^_`|~/"), c) >= 0
	}
	return true
}

func (class valueClass) hasAll(v []byte) bool {
	for _, c := range v {
		if !class.has(c) {
			return false
		}
	}
	return true
}

// logValue is one value of a layout.
type logValue struct {
	name  string // as the format string spells it
	at    int    // where it stands there, in bytes from 1
	means meaning
	class valueClass
	// rank chooses among values of one meaning: the highest, and of these the
	// first.
	rank    int
	time    *timePattern // of meansTime
	ported  bool         // the client's port stands behind its last colon
	raw     bool         // as the client sent it, without escapes
	partial bool         // "-" is "not logged", besides "not there"
	// emptyAbsent: "" is written for a header that was not sent, and "-" for one
	// that said so.
	emptyAbsent bool
	literal     string // the text behind it
}

// width is the length of values of classFixed.
func (v *logValue) width() int { return v.time.width }

// matters reports whether it has to be known which bytes are the value's. An
// identity that is not "-" shows where the client ends.
func (v *logValue) matters() bool { return v.means != meansNothing && v.means != meansUser }

// escaping is how a server writes what clients sent.
type escaping struct {
	decode record.Decode // undoes it; nil if there is none
	// quotes: no value has a '"' but behind an odd number of backslashes, so
	// that the quotes of the layout can be told from those of clients.
	quotes      bool
	backslashes bool // a backslash can stand before a '"' within a value
}

// logLayout is a text log whose lines are the same texts around other values.
// It is not changed once it is made.
type logLayout struct {
	escaping
	syslog bool   // a line may have the header of syslog in front
	lead   string // the text before the first value
	values []logValue
	runs   []logRun
	set    []int // the values that set columns, by meaning
	once   record.Columns
}

// logRun is a part of a layout whose end is known before its values are: by a
// quote, or by the end of the line.
type logRun struct {
	first, last int // of the values
	quoted      bool
	quote       int  // where the '"' stands in the text behind the last value, if quoted
	user        bool // a user is among the values, which Apache writes as "" if it is empty
}

// newLogLayout makes a layout of a text, values each with the text behind it,
// and the way in which clients' bytes are escaped. No two values stand side by
// side without a text, but those of classFixed and classBraces.
func newLogLayout(lead string, values []logValue, e escaping) *logLayout {
	l := &logLayout{escaping: e, lead: lead, values: chosenValues(values)}
	first := 0
	for i, v := range l.values {
		quote := -1
		if e.quotes {
			quote = bytes.IndexByte([]byte(v.literal), '"')
		}
		if quote >= 0 || i == len(l.values)-1 {
			run := logRun{first: first, last: i, quoted: quote >= 0, quote: quote}
			run.user = slices.ContainsFunc(l.values[first:i+1], func(v logValue) bool { return v.means == meansUser })
			l.runs = append(l.runs, run)
			first = i + 1
		}
	}
	for i, v := range l.values {
		if columns := valueColumns(v.means); columns != 0 {
			l.set = append(l.set, i)
			l.once = l.once.Union(columns)
		}
	}
	slices.SortStableFunc(l.set, func(i, j int) int { return cmp.Compare(l.values[i].means, l.values[j].means) })
	return l
}

// chosenValues makes values that say what another says better mean nothing.
func chosenValues(values []logValue) []logValue {
	values = slices.Clone(values)
	var best [numMeanings]*logValue
	for i := range values {
		v := &values[i]
		if valueColumns(v.means) == 0 {
			continue
		}
		b := &best[v.means]
		if *b != nil && (*b).rank >= v.rank {
			v.means = meansNothing
			continue
		}
		if *b != nil {
			(*b).means = meansNothing
		}
		*b = v
	}
	drop := func(worse ...meaning) {
		for _, m := range worse {
			if best[m] != nil {
				best[m].means = meansNothing
			}
		}
	}
	if best[meansRequest] != nil {
		drop(meansMethod, meansTarget, meansPath, meansQuery)
	} else if best[meansTarget] != nil {
		drop(meansPath, meansQuery)
	}
	return values
}
