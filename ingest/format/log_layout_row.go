package format

import (
	"bytes"
	"sync"

	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// layoutFormat is a format whose lines have one of some layouts, which are made
// once.
func layoutFormat(name, title string, layouts func() []*logLayout) *Format {
	layouts = sync.OnceValue(layouts)
	return &Format{
		Name:  name,
		Title: title,
		Sniff: func(head []byte, whole bool) string { return sniffLayouts(head, whole, layouts()) },
		New:   func() Decoder { return newLayoutDecoder(layouts()) },
	}
}

// layoutDecoder reads lines of layouts that undo escapes in the same way.
type layoutDecoder struct {
	scanners []layoutScanner // the first that a line is of counts
	request  requestLine
	decode   record.Decode // of path and query
	times    logTimeCache
	dates    dateCache
}

func newLayoutDecoder(layouts []*logLayout) *layoutDecoder {
	d := &layoutDecoder{decode: layouts[0].decode}
	for _, l := range layouts {
		d.scanners = append(d.scanners, newLayoutScanner(l))
	}
	return d
}

// Decode implements Decoder.
func (d *layoutDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line, size := cutLine(block[n:])
		n += size
		at.Line++
		if len(line) == 0 {
			at.Skipped++
			continue
		}
		if reason := d.row(line, b); reason != "" {
			b.Reject(at.Line, reason, line)
			continue
		}
		b.Commit()
	}
	return n
}

// row sets the columns of a line, or says why it is of none of the layouts:
// the first, if they differ.
func (d *layoutDecoder) row(line []byte, b *record.Builder) string {
	first := ""
	for i := range d.scanners {
		s := &d.scanners[i]
		reason := s.scan(line)
		if reason == "" {
			return d.columns(s, b)
		}
		if first == "" {
			first = reason
		}
	}
	return first
}

func (d *layoutDecoder) columns(s *layoutScanner, b *record.Builder) string {
	present := s.once
	for _, i := range s.set {
		v := &s.values[i]
		raw := s.value(i)
		if v.partial && string(raw) == "-" {
			present &^= valueColumns(v.means)
			continue
		}
		if reason := d.number(v, raw, b); reason != "" {
			return reason
		}
		if d.text(v, raw, b) {
			present |= hostColumn
		}
	}
	b.SetPresent(present)
	return ""
}

// number sets the columns that are no text, or says why it cannot.
func (d *layoutDecoder) number(v *logValue, raw []byte, b *record.Builder) string {
	switch v.means {
	case meansClient:
		if v.ported {
			raw = beforePort(raw)
		}
		if !b.SetClient(raw) {
			return reasonClient
		}
	case meansTime:
		us, ok := v.time.parse(raw, d)
		if !ok {
			return reasonTime
		}
		b.SetTime(us)
	case meansStatus:
		if string(raw) == "-1" {
			raw = raw[:1]
		}
		code, ok := parseStatus(raw)
		if !ok {
			return reasonStatus
		}
		b.SetStatus(code)
	case meansBytes:
		n, ok := parseBytes(bytes.TrimPrefix(raw, []byte{'+'}))
		if !ok {
			return reasonBytes
		}
		b.SetBytes(n)
	case meansASN:
		b.SetASN(parseASN(bytes.TrimPrefix(raw, []byte("AS"))))
	}
	return ""
}

// beforePort is what stands before the last colon: an address of version 6 and
// a port are not told apart by their bytes.
func beforePort(raw []byte) []byte {
	if colon := bytes.LastIndexByte(raw, ':'); colon >= 0 {
		return raw[:colon]
	}
	return nil
}

// text sets the columns that are text, and reports whether the request named
// a host.
func (d *layoutDecoder) text(v *logValue, raw []byte, b *record.Builder) (hosted bool) {
	decode := d.decode
	if v.raw {
		decode = nil
	}
	switch v.means {
	case meansRequest:
		return b.Wanted()&requestedColumns != 0 && d.request.set(b, raw, decode)
	case meansTarget:
		return b.Wanted()&requestedColumns != 0 && d.request.setTarget(b, raw, decode)
	case meansMethod:
		b.SetString(record.Method, raw, decode)
	case meansPath:
		b.SetText(record.Path, raw, decode)
	case meansQuery:
		b.SetText(record.Query, bytes.TrimPrefix(raw, []byte{'?'}), decode)
	case meansScheme:
		b.SetString(record.Scheme, raw, decode)
	case meansHost:
		b.SetHost(raw)
	case meansReferer:
		setLaidReferer(v, raw, decode, b)
	case meansUserAgent:
		b.SetString(record.UserAgent, raw, decode)
	case meansForwarded:
		b.SetText(record.Forwarded, raw, decode)
	case meansCountry:
		b.SetCountry(raw)
	case meansCache:
		b.SetString(record.Cache, raw, decode)
	case meansContentType:
		b.SetString(record.ContentType, raw, decode)
	case meansRequestID:
		b.SetText(record.RequestID, raw, decode)
	}
	return false
}

// setLaidReferer sets the header as v writes it.
func setLaidReferer(v *logValue, raw []byte, decode record.Decode, b *record.Builder) {
	if !v.emptyAbsent {
		b.SetReferer(raw, decode)
		return
	}
	switch string(raw) {
	case "":
	case "-":
		b.SetID(record.RefererHost, record.ID(referer.ClassNoScheme))
		b.SetValue(record.Referer, raw)
	default:
		b.SetReferer(raw, decode)
	}
}

// sniffLayouts wants most of the first lines to be of the layouts.
func sniffLayouts(head []byte, whole bool, layouts []*logLayout) string {
	d, b := newLayoutDecoder(layouts), record.NewBuilder(0)
	first := ""
	good, lines := countLines(head, whole, func(line []byte) bool {
		reason := d.row(line, b)
		if first == "" {
			first = reason
		}
		return reason == ""
	})
	switch {
	case lines == 0:
		return "no whole line"
	case 2*good <= lines:
		return "most lines are not of its layout; of the first such: " + first
	}
	return ""
}

// countLines counts the first lines of head, but for empty ones, and those
// that are good, until most of them cannot be good any more.
func countLines(head []byte, whole bool, isGood func(line []byte) bool) (good, lines int) {
	for len(head) > 0 && lines < sniffLines && lines-good < sniffLines/2 {
		line, size := cutLine(head)
		if size == len(line) && !whole {
			break
		}
		head = head[size:]
		if len(line) == 0 {
			continue
		}
		lines++
		if isGood(line) {
			good++
		}
	}
	return good, lines
}
