package format

import "bytes"

// Why a line is not of a layout.
const (
	reasonLayoutText   = "text of the log format is not where it has to be"
	reasonLayoutValue  = "value of the log format has bytes that it cannot have"
	reasonLayoutLonger = "line goes on behind the log format"
	reasonTwoWays      = "line can be read in more than one way"
)

// valueSpan is where a value stands in a line.
type valueSpan struct{ from, to int }

// layoutScanner finds the values of a layout in lines. Each line is passed
// over a fixed number of times, whatever is in it.
type layoutScanner struct {
	*logLayout
	line  []byte
	spans []valueSpan // of the values
}

func newLayoutScanner(l *logLayout) layoutScanner {
	return layoutScanner{logLayout: l, spans: make([]valueSpan, len(l.values))}
}

// value is the value of the line scanned last, escapes and all.
func (s *layoutScanner) value(i int) []byte { return s.line[s.spans[i].from:s.spans[i].to] }

// scan finds the values of a line, or says why it cannot. What it finds is the
// only way in which the line can be read, as far as it matters.
func (s *layoutScanner) scan(line []byte) string {
	if s.syslog {
		line, _ = afterSyslog(line)
	}
	s.line = line
	if len(line) < len(s.lead) || string(line[:len(s.lead)]) != s.lead {
		return reasonLayoutText
	}
	at := len(s.lead)
	for i := range s.runs {
		run := &s.runs[i]
		end, next := s.endOfRun(run, at)
		if end < 0 {
			return reasonLayoutText
		}
		if reason := s.split(run, at, end); reason != "" {
			return reason
		}
		at = next
	}
	if at != len(line) {
		return reasonLayoutLonger
	}
	return ""
}

// endOfRun is where the last value of a run that begins at from ends, and where
// the text behind it does; -1 if that text is not there.
func (s *layoutScanner) endOfRun(run *logRun, from int) (end, next int) {
	literal := s.values[run.last].literal
	if !run.quoted {
		end := len(s.line) - len(literal)
		if end < from || string(s.line[end:]) != literal || s.quotes && !run.user && s.nextQuote(from, from) >= 0 {
			return -1, 0
		}
		return end, len(s.line)
	}
	for at := s.nextQuote(from, from); at >= 0; at = s.nextQuote(from, at+2) {
		start := at - run.quote
		if start >= from && bytes.HasPrefix(s.line[start:], []byte(literal)) {
			return start, start + len(literal)
		}
		if !run.user || at+1 == len(s.line) || s.line[at+1] != '"' {
			break
		}
	}
	return -1, 0
}

// nextQuote is where the first '"' at or behind at is that no backslashes from
// from on escape; -1 if there is none.
func (s *layoutScanner) nextQuote(from, at int) int {
	for ; at < len(s.line); at++ {
		i := bytes.IndexByte(s.line[at:], '"')
		if i < 0 {
			break
		}
		at += i
		if !s.backslashes || !oddBackslashes(s.line[from:at]) {
			return at
		}
	}
	return -1
}

// oddBackslashes reports whether v ends in an odd number of backslashes.
func oddBackslashes(v []byte) bool {
	n := len(v)
	for n > 0 && v[n-1] == '\\' {
		n--
	}
	return (len(v)-n)%2 == 1
}

// split finds the values of a run within line[from:to]: from both sides those
// whose bytes tell where they end, and then the one between. Of several
// between, the first ends where the text behind it is found first, and so on;
// the line can be read in one way only if searching from the right for the
// text in front of each value finds the same.
func (s *layoutScanner) split(run *logRun, from, to int) string {
	first, last := run.first, run.last
	for ; first <= last; first++ {
		end := s.endOf(run, first, from, to)
		if end == stillUnknown {
			break
		}
		if end < 0 {
			return reasonLayoutValue
		}
		s.spans[first] = valueSpan{from, end}
		from = end
		if first < run.last {
			from += len(s.values[first].literal)
		}
	}
	for ; first < last; last-- {
		start := s.startOf(last, from, to)
		if start == stillUnknown {
			break
		}
		if start < 0 {
			return reasonLayoutValue
		}
		s.spans[last] = valueSpan{start, to}
		to = start - len(s.values[last-1].literal)
	}
	switch {
	case first > last && from != to:
		return reasonLayoutText
	case first == last:
		return s.single(first, from, to)
	case first < last:
		return s.between(first, last, from, to)
	}
	return ""
}

// single takes what is left for the one value left.
func (s *layoutScanner) single(i, from, to int) string {
	s.spans[i] = valueSpan{from, to}
	if from > to || !s.fits(i, from, to) {
		return reasonLayoutValue
	}
	return ""
}

// fits reports whether line[from:to] can be value i. Servers write "-" for
// nothing, unless it is a text like any other or in quotes.
func (s *layoutScanner) fits(i, from, to int) bool {
	v := &s.values[i]
	if from == to && !v.emptyAbsent && (v.class != classFree || v.means == meansIdentity) {
		return false
	}
	switch v.class {
	case classFree:
		return true
	case classFixed:
		return to-from == v.width()
	case classBraces:
		return to-from >= 2 && s.line[from] == '{' && bytes.IndexByte(s.line[from:to], '}') == to-from-1
	}
	return v.class.hasAll(s.line[from:to])
}

// stillUnknown is the end of a value that its own bytes do not tell.
const stillUnknown = -2

// endOf is where the value that begins at from ends: -1 if it cannot, and
// stillUnknown if its bytes do not tell.
func (s *layoutScanner) endOf(run *logRun, i, from, to int) int {
	v := &s.values[i]
	literal := v.literal
	if i == run.last {
		literal = ""
	}
	if from > to {
		return -1
	}
	rest, end := s.line[from:to], -1
	switch {
	case v.class == classFixed:
		end = v.width()
	case v.class == classBraces:
		end = bytes.IndexByte(rest, '}') + 1
	case v.means == meansIdentity && len(rest) > 0 && rest[0] == '-' && bytes.HasPrefix(rest[1:], []byte(literal)):
		end = 1
	case v.class == classFree || literal != "" && v.class != className && v.class.has(literal[0]):
		return stillUnknown
	case literal == "":
		end = len(rest)
	default:
		end = bytes.IndexByte(rest, literal[0])
	}
	if end < 0 || end > len(rest) || !s.fits(i, from, from+end) || !bytes.HasPrefix(rest[end:], []byte(literal)) {
		return -1
	}
	return from + end
}

// startOf is where the value that ends at to begins, as endOf; it is not the
// first of its run.
func (s *layoutScanner) startOf(i, from, to int) int {
	v := &s.values[i]
	literal := s.values[i-1].literal
	if from > to {
		return -1
	}
	rest, start := s.line[from:to], -1
	switch {
	case v.class == classFixed:
		start = len(rest) - v.width()
	case v.class == classBraces:
		start = bytes.LastIndexByte(rest, '{')
	case literal == "" || v.class == classFree || v.class != className && v.class.has(literal[len(literal)-1]):
		return stillUnknown
	default:
		start = bytes.LastIndexByte(rest, literal[len(literal)-1]) + 1
	}
	if start < 0 || !s.fits(i, from+start, to) || !bytes.HasSuffix(rest[:start], []byte(literal)) {
		return -1
	}
	return from + start
}

// between finds the values first to last within line[from:to]. The first and
// the last do not tell by their bytes where they end.
func (s *layoutScanner) between(first, last, from, to int) string {
	begin := from
	for i := first; i < last; i++ {
		end := s.nextText(i, from, to)
		if end < 0 {
			return reasonLayoutText
		}
		if !s.fits(i, from, end) {
			return reasonTwoWays
		}
		s.spans[i] = valueSpan{from, end}
		from = end + len(s.values[i].literal)
	}
	if reason := s.single(last, from, to); reason != "" {
		return reason
	}
	for i := last; i > first; i-- {
		start := s.lastText(i, begin, to)
		if start < 0 || !s.fits(i, start, to) {
			return reasonTwoWays
		}
		if start != s.spans[i].from && (s.values[i].matters() || s.values[i-1].matters()) {
			return reasonTwoWays
		}
		to = start - len(s.values[i-1].literal)
	}
	return ""
}

// nextText is where value i, which begins at from, ends if the text behind it
// is the first such; -1 if there is none.
func (s *layoutScanner) nextText(i, from, to int) int {
	v := &s.values[i]
	end := from
	switch v.class {
	case classFixed:
		end += v.width()
	case classBraces:
		end += bytes.IndexByte(s.line[from:to], '}') + 1
	default:
		at := bytes.Index(s.line[from:to], []byte(v.literal))
		if at < 0 {
			return -1
		}
		return from + at
	}
	if end > to || !bytes.HasPrefix(s.line[end:to], []byte(v.literal)) {
		return -1
	}
	return end
}

// lastText is where value i, which ends at to, begins if the text before it is
// the last such; -1 if there is none.
func (s *layoutScanner) lastText(i, from, to int) int {
	literal := s.values[i-1].literal
	if to < from {
		return -1
	}
	start := to
	switch v := &s.values[i]; v.class {
	case classFixed:
		start -= v.width()
	case classBraces:
		start = from + bytes.LastIndexByte(s.line[from:to], '{')
	default:
		at := bytes.LastIndex(s.line[from:to], []byte(literal))
		if at < 0 {
			return -1
		}
		return from + at + len(literal)
	}
	if start < from || !bytes.HasSuffix(s.line[from:start], []byte(literal)) {
		return -1
	}
	return start
}
