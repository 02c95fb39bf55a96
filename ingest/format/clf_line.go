package format

import "bytes"

// Why a line of an Apache or nginx log is rejected, beside the reasons of
// CloudFront's rows.
const (
	reasonQuotedLine  = "line begins with a quote"
	reasonNoRequest   = `no [time] and "request"`
	reasonBeforeTime  = "fields before the time are not client, identity and user"
	reasonQuote       = "quote not closed"
	reasonNoStatus    = "no status after the request"
	reasonNoBytes     = "no bytes after the status"
	reasonNoReferer   = "no Referer field"
	reasonNoUserAgent = "no User-Agent field"
	reasonGlued       = "two records on one line"
)

// logLine is a line taken apart; the slices alias it, escapes and all.
type logLine struct {
	host      []byte // nil if the line has none in front
	client    []byte // not yet known to be an address
	request   []byte
	referer   []byte // "-" when absent
	userAgent []byte // "-" when absent
	rest      []byte // behind the User-Agent
	time      int64  // µs since the Unix epoch, UTC
	bytes     int64
	status    uint16
	headers   bool // referer, userAgent and rest are set
}

// logParser takes lines of one shape apart.
type logParser struct {
	shape logShape
	times logTimeCache
}

// parse fills l from a line, or says why it cannot. It is strict about the
// places of the quotes: writers escape those of clients, so that the first
// unescaped one is the end of a field, whatever a client sends.
func (p *logParser) parse(line []byte, l *logLine) string {
	if line[0] == '"' {
		return reasonQuotedLine
	}
	bracket := findTime(line)
	if bracket < 0 {
		return reasonNoRequest
	}
	if reason := p.parseFront(line[:bracket], l); reason != "" {
		return reason
	}
	var ok bool
	if l.time, ok = p.times.parse(line[bracket+1 : bracket+1+logTimeSize]); !ok {
		return reasonTime
	}
	request, rest, ok := cutQuoted(line[bracket+timeAndQuote-1:])
	if !ok {
		return reasonQuote
	}
	l.request = request
	rest, reason := l.parseNumbers(rest)
	if reason != "" {
		return reason
	}
	if p.shape != shapeCommon {
		l.headers = true
		return l.parseHeaders(rest)
	}
	// Whatever stands there is borne; a log that became combined has the headers.
	l.headers = bytes.HasPrefix(rest, []byte(` "`)) && l.parseHeaders(rest) == ""
	return ""
}

// timeAndQuote is the length of `[02/Jan/2006:15:04:05 -0700] "`.
const timeAndQuote = logTimeSize + 4

// findTime is where the first '[' is that has `] "` where it has to be if it
// begins a time, or -1. A user name may have brackets, but no bare quote.
func findTime(line []byte) int {
	at := 0
	for {
		i := bytes.IndexByte(line[at:], '[')
		if i < 0 || len(line) < at+i+timeAndQuote {
			return -1
		}
		at += i
		if string(line[at+logTimeSize+1:at+timeAndQuote]) == `] "` {
			return at
		}
		at++
	}
}

// parseFront reads what stands before the time: the virtual host, if there is
// one, the client, identity and user. A user may have spaces, but only behind
// an identity of "-": with any other, the line may just have a field more in
// front, and then the client would be another.
func (p *logParser) parseFront(front []byte, l *logLine) string {
	l.host = nil
	space := bytes.IndexByte(front, ' ')
	if space <= 0 {
		return reasonBeforeTime
	}
	first, rest := front[:space], front[space+1:]
	if p.shape == shapeVhost || !bytes.HasPrefix(rest, []byte{'-'}) && isVhostFront(front) {
		l.host, front = first, rest
		if space = bytes.IndexByte(front, ' '); space <= 0 {
			return reasonBeforeTime
		}
		first, rest = front[:space], front[space+1:]
	}
	l.client, front = first, rest
	if string(front) == "- - " {
		return ""
	}
	space = bytes.IndexByte(front, ' ')
	if space <= 0 {
		return reasonBeforeTime
	}
	identity, user := front[:space], front[space+1:]
	if len(user) == 0 || user[len(user)-1] != ' ' {
		return reasonBeforeTime
	}
	if bytes.IndexByte(user[:len(user)-1], ' ') >= 0 && string(identity) != "-" {
		return reasonBeforeTime
	}
	return ""
}

// isVhostFront reports whether a line has a virtual host in front although its
// log has none elsewhere: a name, perhaps with a port, and an address where the
// identity would be.
func isVhostFront(front []byte) bool {
	space := bytes.IndexByte(front, ' ')
	if space <= 0 || front[space-1] == ':' {
		return false
	}
	host, rest := front[:space], front[space+1:]
	if colon := bytes.IndexByte(host, ':'); colon >= 0 {
		host = host[:colon]
	}
	if !isName(host) || bytes.IndexByte(host, '.') < 0 || looksLikeAddress(host) {
		return false
	}
	space = bytes.IndexByte(rest, ' ')
	return space > 0 && looksLikeAddress(rest[:space]) && bytes.HasPrefix(rest[space:], []byte(" - "))
}

// parseNumbers reads status and bytes behind the request, and returns what
// follows.
func (l *logLine) parseNumbers(rest []byte) ([]byte, string) {
	var ok bool
	field, rest := cutField(rest)
	if len(field) == 0 {
		return nil, reasonNoStatus
	}
	if l.status, ok = parseStatus(field); !ok {
		return nil, reasonStatus
	}
	field, rest = cutField(rest)
	if len(field) == 0 {
		return nil, reasonNoBytes
	}
	if l.bytes, ok = parseBytes(field); !ok {
		return nil, reasonBytes
	}
	return rest, ""
}

// parseHeaders reads Referer and User-Agent.
func (l *logLine) parseHeaders(rest []byte) string {
	var reason string
	if l.referer, rest, reason = cutHeader(rest, reasonNoReferer); reason != "" {
		return reason
	}
	if l.userAgent, l.rest, reason = cutHeader(rest, reasonNoUserAgent); reason != "" {
		return reason
	}
	if endsInTime(l.referer) || endsInTime(l.userAgent) {
		return reasonGlued
	}
	return ""
}

// endsInTime reports whether a field ends in `[02/Jan/2006:15:04:05 -0700] `:
// it was cut off, and the next record's request follows.
func endsInTime(v []byte) bool {
	if n := len(v); n < timeAndQuote-1 || v[n-1] != ' ' || v[n-2] != ']' {
		return false
	}
	var once logTimeCache
	_, ok := once.parse(v[len(v)-2-logTimeSize : len(v)-2])
	return ok
}

// cutHeader cuts a quoted field behind a space, or a bare "-".
func cutHeader(rest []byte, missing string) (value, after []byte, reason string) {
	if len(rest) < 2 || rest[0] != ' ' {
		return nil, nil, missing
	}
	rest = rest[1:]
	if rest[0] == '-' && (len(rest) == 1 || rest[1] == ' ') {
		return rest[:1], rest[1:], ""
	}
	if rest[0] != '"' {
		return nil, nil, missing
	}
	value, after, ok := cutQuoted(rest)
	if !ok {
		return nil, nil, reasonQuote
	}
	return value, after, ""
}

// cutField cuts what stands between a space and the next, or the end.
func cutField(rest []byte) (field, after []byte) {
	if len(rest) == 0 || rest[0] != ' ' {
		return nil, nil
	}
	rest = rest[1:]
	if end := bytes.IndexByte(rest, ' '); end >= 0 {
		return rest[:end], rest[end:]
	}
	return rest, nil
}

// cutQuoted cuts v, which begins with a quote, at the next one that no
// backslash escapes.
func cutQuoted(v []byte) (value, after []byte, ok bool) {
	at := 1
	for {
		i := bytes.IndexByte(v[at:], '"')
		if i < 0 {
			return nil, nil, false
		}
		at += i
		escapes := 0
		for v[at-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return v[1:at], v[at+1:], true
		}
		at++
	}
}

// isAddressList reports whether v is one or more IP addresses, without ports,
// separated by commas and spaces, as in X-Forwarded-For. "unknown" may stand
// among them, and anything before one at the end: a proxy wrote that, and its
// client the rest.
func isAddressList(v []byte) bool {
	if looksLikeAddress(bytes.TrimSpace(v[bytes.LastIndexByte(v, ',')+1:])) {
		return true
	}
	found := false
	for more := true; more; {
		var item []byte
		item, v, more = bytes.Cut(v, []byte{','})
		item = bytes.TrimSpace(item)
		switch {
		case looksLikeAddress(item):
			found = true
		case string(item) != "unknown":
			return false
		}
	}
	return found
}

// looksLikeAddress tells addresses from the other things that stand in logs:
// durations, times of day, sizes, addresses with ports. It does not allocate.
func looksLikeAddress(v []byte) bool {
	dots, colons, digits := 0, 0, 0
	for _, c := range v {
		_, hex := hexDigit(c)
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case !hex:
			return false
		case c <= '9':
			digits++
		}
	}
	if colons > 0 {
		return len(v) <= 45 && (colons == 7 || colons < 7 && bytes.Contains(v, []byte("::")))
	}
	return dots == 3 && digits+dots == len(v) && len(v) >= 7 && len(v) <= 15
}
