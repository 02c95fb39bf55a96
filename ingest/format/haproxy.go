package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// haproxy is HAProxy's "option httplog" and "option httpslog", behind the
// header of syslog or without: CLIENT:PORT [TIME] FRONTEND BACKEND/SERVER
// TIMERS STATUS BYTES ... "REQUEST". Times have no zone and are read as UTC.
// Captured headers stand there without their names: there is no Referer and no
// User-Agent. What HAProxy says of itself and of connections that ended before
// a request is skipped.
//
// Source: "HTTP log format" in HAProxy's configuration manual, section 8.2.3.
func haproxy() *Format {
	return &Format{
		Name:  "haproxy",
		Title: "HAProxy HTTP log (times read as UTC)",
		Sniff: sniffHAProxy,
		New:   func() Decoder { return newHAProxyDecoder() },
	}
}

// Why a line of HAProxy is rejected.
const (
	reasonNotHAProxy = "no CLIENT:PORT [TIME] FRONTEND BACKEND/SERVER"
	reasonTCP        = "connection without a request (TCP log)"
	reasonTimers     = "no five timers before the status"
)

// haproxyMessage is the reason of lines that are skipped.
const haproxyMessage = "message of HAProxy"

type haproxyDecoder struct {
	time    *timePattern
	request requestLine
}

func newHAProxyDecoder() *haproxyDecoder {
	return &haproxyDecoder{time: haproxyTime()}
}

// Decode implements Decoder.
func (d *haproxyDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line, size := cutLine(block[n:])
		n += size
		at.Line++
		if len(line) == 0 {
			at.Skipped++
			continue
		}
		switch reason := d.row(line, b); reason {
		case "":
			b.Commit()
		case haproxyMessage:
			at.Skipped++
		default:
			b.Reject(at.Line, reason, line)
		}
	}
	return n
}

func (d *haproxyDecoder) row(line []byte, b *record.Builder) string {
	message, headed := afterSyslog(line)
	client, rest := cutToken(message)
	us, rest, ok := d.cutTime(rest)
	if !ok || bytes.LastIndexByte(client, ':') < 0 {
		if headed {
			return haproxyMessage
		}
		return reasonNotHAProxy
	}
	frontend, rest := cutToken(rest)
	if n := len(frontend); n > 0 && frontend[n-1] == ':' {
		return haproxyMessage // FRONTEND/BIND: and why the connection ended
	}
	server, rest := cutToken(rest)
	timers, rest := cutToken(rest)
	if bytes.IndexByte(server, '/') < 0 {
		return reasonNotHAProxy
	}
	switch slashes := bytes.Count(timers, []byte{'/'}); {
	case !isTimers(timers):
		return reasonTimers
	case slashes == 2:
		return reasonTCP
	case slashes != 4:
		return reasonTimers
	}
	if !b.SetClient(beforePort(client)) {
		return reasonClient
	}
	b.SetTime(us)
	return d.response(rest, b)
}

// cutTime reads "[02/Jan/2006:15:04:05.000] ".
func (d *haproxyDecoder) cutTime(rest []byte) (us int64, after []byte, ok bool) {
	end := d.time.width + 1
	if len(rest) < end+2 || rest[0] != '[' || string(rest[end:end+2]) != "] " {
		return 0, nil, false
	}
	us, ok = d.time.parsePieces(rest[1:end])
	return us, rest[end+2:], ok
}

// isTimers reports whether v is numbers between slashes.
func isTimers(v []byte) bool {
	for _, c := range v {
		if c != '/' && !classNumber.has(c) {
			return false
		}
	}
	return true
}

// response reads status, bytes and, behind what is not needed, the request.
// Cookies are logged as they were sent: with a quote in one, it would not be
// known where the request begins.
func (d *haproxyDecoder) response(rest []byte, b *record.Builder) string {
	field, rest := cutToken(rest)
	if string(field) == "-1" {
		field = field[:1]
	}
	code, ok := parseStatus(field)
	if !ok {
		return reasonStatus
	}
	field, rest = cutToken(rest)
	size, ok := parseBytes(bytes.TrimPrefix(field, []byte{'+'}))
	if !ok {
		return reasonBytes
	}
	begin, end := bytes.IndexByte(rest, '"'), bytes.LastIndexByte(rest, '"')
	switch {
	case begin < 0:
		return reasonNoRequest
	case begin == end:
		return reasonQuote
	}
	request := rest[begin+1 : end]
	if bytes.IndexByte(request, '"') >= 0 {
		return reasonTwoWays
	}
	b.SetStatus(code)
	b.SetBytes(size)
	present := commonColumns
	if b.Wanted()&requestedColumns != 0 && d.request.set(b, request, decodeHash) {
		present |= hostColumn
	}
	b.SetPresent(present)
	return ""
}

// sniffHAProxy wants most of the first lines to be HAProxy's, and some to be
// requests.
func sniffHAProxy(head []byte, whole bool) string {
	d, b := newHAProxyDecoder(), record.NewBuilder(0)
	requests, connections, messages, marked := 0, 0, 0, 0
	_, lines := countLines(head, whole, func(line []byte) bool {
		if bytes.Contains(line[:min(len(line), 200)], []byte("haproxy[")) {
			marked++
		}
		switch d.row(line, b) {
		case "":
			requests++
		case reasonTCP:
			connections++
		case haproxyMessage:
			messages++
		default:
			return false
		}
		return true
	})
	switch {
	case lines == 0:
		return "no whole line"
	case requests == 0 && connections > 0:
		return "HAProxy's TCP log, which has connections and no requests"
	case requests == 0 && messages > 0 && marked > 0:
		return "HAProxy's log without requests (no option httplog)"
	case requests == 0 || 2*(requests+connections+messages) <= lines:
		return "most lines are not CLIENT:PORT [TIME] FRONTEND BACKEND/SERVER TIMERS STATUS BYTES"
	}
	return ""
}
