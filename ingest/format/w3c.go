package format

import (
	"bytes"
	"slices"
	"strings"

	"rulecast/ingest/record"
)

// w3cExtended is the W3C Extended Log File Format (WD-logfile-960323) as IIS,
// Akamai's Log Delivery Service, Incapsula and others write it: rows of values
// separated by spaces or TABs under a "#Fields:" line. Times are in UTC. Rows
// without a date are of the day that "#Date:" says. "-" is "none".
func w3cExtended() *Format {
	return &Format{
		Name:   "w3c",
		Title:  "W3C extended log (IIS, Akamai LDS)",
		Sniff:  sniffW3C,
		New:    func() Decoder { return new(w3cDecoder) },
		Header: lastW3CHeader,
	}
}

// The directives that mean something for rows.
const (
	dateDirective     = "#Date:"
	softwareDirective = "#Software:"
)

// w3cTable is the columns that are read, of which Akamai alone has cs-ip, whose
// URIs begin with the name of a host (see withoutARLHost).
func w3cTable(columns []string) *columnTable {
	uri := namedField{"cs-uri", fieldTarget, record.Path}
	if slices.Contains(columns, "cs-ip") {
		uri.field = fieldARL
	}
	return &columnTable{
		fields: []namedField{
			{"date", fieldDate, record.Time},
			{"time", fieldW3CTime, record.Time},
			{"c-ip", fieldClient, record.Client},
			{"cs-ip", fieldClient, record.Client},
			{"x-forwarded-for", fieldText, record.Forwarded},
			{"cs(x-forwarded-for)", fieldText, record.Forwarded},
			{"cs-method", fieldMethod, record.Method},
			{"cs-host", fieldHost, record.Host},
			{"cs(host)", fieldHost, record.Host},
			{"cs-uri-stem", fieldText, record.Path},
			{"cs-uri-query", fieldText, record.Query},
			uri,
			{"sc-status", fieldStatus, record.Status},
			{"sc-bytes", fieldBytes, record.Bytes},
			{"bytes", fieldBytes, record.Bytes},
			{"cs(referer)", fieldReferer, record.Referer},
			{"cs(referrer)", fieldReferer, record.Referer}, // as Oracle and Incapsula spell it
			{"cs(user-agent)", fieldUserAgent, record.UserAgent},
			{"sc(content-type)", fieldString, record.ContentType},
		},
		userAgent: decodeW3CUserAgent,
	}
}

// w3cDecoder reads rows as the last directives say.
type w3cDecoder struct {
	plannedRow
	names  []string // of the last #Fields
	start  w3cStart
	bare   bool   // values are never quoted
	joined []byte // a row whose values do not stand with one space between them
}

// w3cStart is the time that #Date says: when the first row was written.
type w3cStart struct {
	day, clock int64 // µs
	known      bool
}

// Decode implements Decoder.
func (d *w3cDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line, size := cutLine(block[n:])
		n += size
		at.Line++
		if len(line) > 0 && line[0] == byteOrderMark[0] {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark)) // also in the middle, where files were joined
		}
		if len(line) == 0 || line[0] == '#' {
			d.directive(line, b)
			at.Skipped++
			continue
		}
		if reason := d.row(line, b); reason != "" {
			b.Reject(at.Line, reason, line)
		} else {
			b.Commit()
		}
	}
	return n
}

// directive takes over what the rows below it need.
func (d *w3cDecoder) directive(line []byte, b *record.Builder) {
	if text, ok := bytes.CutPrefix(line, []byte(fieldsDirective)); ok {
		d.names = headerNames(strings.ToLower(string(text)))
	} else if text, ok := bytes.CutPrefix(line, []byte(dateDirective)); ok {
		d.start = parseW3CStart(text)
	} else if text, ok := bytes.CutPrefix(line, []byte(softwareDirective)); ok {
		d.bare = bytes.HasPrefix(bytes.TrimSpace(text), []byte("Microsoft "))
		return
	} else {
		return
	}
	if d.names == nil {
		return
	}
	table := w3cTable(d.names)
	table.dateless = d.start.known
	d.plan = planFields(d.names, table, b.Wanted())
	b.SetPresent(d.plan.present)
}

// parseW3CStart reads "2006-01-02", perhaps with a time of day behind it.
func parseW3CStart(text []byte) (s w3cStart) {
	words := bytes.Fields(text)
	if len(words) == 0 {
		return s
	}
	s.day, s.known = parseDate(words[0])
	if len(words) > 1 {
		s.clock, _ = parseW3CTime(words[1])
	}
	return s
}

// row sets the columns of one row, or says why it cannot.
func (d *w3cDecoder) row(line []byte, b *record.Builder) string {
	p := d.plan
	if p == nil {
		return reasonNoFields
	}
	if !p.hasClient {
		return reasonNoClient
	}
	d.mark(line, ' ')
	if d.found != p.columns-1 || !d.isPlain(line) {
		if !d.join(line, !d.bare) && (d.bare || !d.join(line, false)) {
			return reasonColumns
		}
		line = d.joined
	}
	us, reason := d.set(line, b)
	if reason != "" || !p.hasTime {
		return reason
	}
	if !p.hasDate {
		us += d.start.dayOf(us)
	}
	b.SetTime(us)
	return ""
}

// dayOf is the day of a row with this time of day: the next one if it is much
// earlier than the first row. Servers log at the end of a request, so rows of
// the same day may be somewhat earlier than the first.
func (s *w3cStart) dayOf(clock int64) int64 {
	if clock+microsPerHour < s.clock {
		return s.day + 24*microsPerHour
	}
	return s.day
}

// isPlain reports whether single spaces separate all values, and none needs
// its quotes taken off.
func (d *w3cDecoder) isPlain(line []byte) bool {
	if line[0] == ' ' || line[len(line)-1] == ' ' || bytes.Contains(line, []byte("  ")) || bytes.IndexByte(line, '\t') >= 0 {
		return false
	}
	return d.bare || bytes.IndexByte(line, '"') < 0
}

// join writes the values to joined, with one byte between them, and reports
// whether there are as many as columns. Any number of spaces and TABs separate
// values. If they may be quoted, those that begin with a quote go on to the
// next one that is not doubled; an empty one is "-", as Incapsula writes it.
//
// Where quotes may stand is not known of most writers. A row that does not have
// the right number of columns so may have the quote of a client in it, and is
// read once more with quotes around single words only. Neither reading can make
// two columns of one unnoticed.
func (d *w3cDecoder) join(line []byte, quoted bool) bool {
	d.joined = d.joined[:0]
	columns := 0
	for {
		line = bytes.TrimLeft(line, " \t")
		if len(line) == 0 {
			break
		}
		if columns > 0 {
			d.joined = append(d.joined, ' ')
		}
		from := len(d.joined)
		if quoted && line[0] == '"' {
			var ok bool
			if line, ok = d.unquote(line); !ok {
				return false
			}
		} else {
			end := bytes.IndexAny(line, " \t")
			if end < 0 {
				end = len(line)
			}
			word := line[:end]
			if last := end - 1; !d.bare && last > 0 && word[0] == '"' && word[last] == '"' {
				word = word[1:last]
			}
			d.joined = append(d.joined, word...)
			line = line[end:]
		}
		if len(d.joined) == from {
			d.joined = append(d.joined, '-')
		}
		if columns < d.plan.needed {
			d.ends[columns] = int32(len(d.joined))
		}
		columns++
	}
	return columns == d.plan.columns
}

// unquote appends the quoted value that line begins with to joined and returns
// what follows.
func (d *w3cDecoder) unquote(line []byte) (rest []byte, ok bool) {
	line = line[1:]
	for {
		end := bytes.IndexByte(line, '"')
		if end < 0 {
			return nil, false
		}
		d.joined = append(d.joined, line[:end]...)
		line = line[end+1:]
		switch {
		case len(line) == 0 || line[0] == ' ' || line[0] == '\t':
			return line, true
		case line[0] != '"':
			return nil, false
		}
		d.joined = append(d.joined, '"')
		line = line[1:]
	}
}

// decodeW3CUserAgent undoes how writers keep spaces out of a User-Agent: IIS
// has "+" in their place, Akamai encodes by percent, and who quotes has to do
// neither. Of two "+" the second is taken for one that the client sent: most
// are in "(compatible; +http://...". It is a record.Decode.
func decodeW3CUserAgent(dst, src []byte) []byte {
	switch {
	case bytes.IndexByte(src, ' ') >= 0:
		return append(dst, src...)
	case bytes.Contains(src, []byte("%20")):
		return decodePercent(dst, src)
	}
	for i, c := range src {
		if c == '+' && (i == 0 || src[i-1] != '+') {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

// withoutARLHost is a URI of Akamai's without the host that it begins with, as
// in "/www.example.com/path". That is the name that the property has for its
// content, and need not be the one that the viewer asked for.
func withoutARLHost(v []byte) []byte {
	if len(v) == 0 || v[0] != '/' {
		return v
	}
	end := bytes.IndexByte(v[1:], '/')
	if end < 0 {
		return v
	}
	host := v[1 : end+1]
	dot := bytes.LastIndexByte(host, '.')
	if dot <= 0 || dot+2 >= len(host) || bytes.ContainsFunc(host[dot+1:], func(r rune) bool { return r < 'A' || r > 'z' }) {
		return v
	}
	return v[end+1:]
}
