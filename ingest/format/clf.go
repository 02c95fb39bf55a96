package format

import (
	"bytes"
	"net/netip"

	"rulecast/ingest/record"
)

// logShape is one of the layouts of Apache httpd and nginx logs.
type logShape uint8

const (
	shapeNone     logShape = iota
	shapeVhost             // %v:%p and then what combined has
	shapeCombined          // common, "Referer" and "User-Agent"
	shapeCommon            // %h %l %u %t "%r" %>s %b
	numLogShapes
)

// common is Common Log Format, whatever stands behind the bytes.
func common() *Format {
	return logFormat("common", "Common Log Format (Apache, nginx)", shapeCommon)
}

// combined is Combined Log Format, which is also nginx's default; fields
// behind the User-Agent are tolerated.
func combined() *Format {
	return logFormat("combined", "Combined Log Format (Apache, nginx)", shapeCombined)
}

// vhostCombined is Apache's vhost_combined: combined behind the name of the
// virtual host, with or without its port.
func vhostCombined() *Format {
	return logFormat("vhost_combined", "Combined Log Format with the virtual host (Apache)", shapeVhost)
}

func logFormat(name, title string, shape logShape) *Format {
	return &Format{
		Name:  name,
		Title: title,
		Sniff: func(head []byte, whole bool) string { return sniffLog(head, whole, shape) },
		New: func() Decoder {
			return &logDecoder{parser: logParser{shape: shape}}
		},
	}
}

// The columns that a line has: the common ones, those of the headers behind the
// bytes if it has these, and those that some lines alone have.
var (
	commonColumns    = record.ColumnSet(record.Time, record.Client, record.Method, record.Path, record.Query, record.Status, record.Bytes)
	headerColumns    = record.ColumnSet(record.Referer, record.RefererHost, record.UserAgent)
	hostColumn       = record.ColumnSet(record.Host) // with virtual hosts, or of an absolute URI
	forwardedColumn  = record.ColumnSet(record.Forwarded)
	requestedColumns = record.ColumnSet(record.Method, record.Host, record.Path, record.Query)
)

// logDecoder reads lines of one shape.
type logDecoder struct {
	parser  logParser
	line    logLine
	request requestLine
}

// Decode implements Decoder.
func (d *logDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line, size := cutLine(block[n:])
		n += size
		at.Line++
		if len(line) == 0 {
			at.Skipped++
			continue
		}
		reason := d.parser.parse(line, &d.line)
		if reason == "" && !b.SetClient(d.line.client) {
			reason = reasonClient
		}
		if reason != "" {
			b.Reject(at.Line, reason, line)
			continue
		}
		d.set(b)
		b.Commit()
	}
	return n
}

// set fills the row from the line parsed; the client is set already.
func (d *logDecoder) set(b *record.Builder) {
	l := &d.line
	b.SetTime(l.time)
	b.SetStatus(l.status)
	b.SetBytes(l.bytes)
	present := commonColumns
	if l.host != nil {
		b.SetHost(l.host)
		present |= hostColumn
	}
	if b.Wanted()&requestedColumns != 0 && d.request.set(b, l.request, decodeEscapes) {
		present |= hostColumn
	}
	if l.headers {
		present |= headerColumns
		b.SetReferer(l.referer, decodeEscapes)
		b.SetString(record.UserAgent, l.userAgent, decodeEscapes)
		if b.Wants(record.Forwarded) && setForwarded(b, l.rest) {
			present |= forwardedColumn
		}
	}
	b.SetPresent(present)
}

// setForwarded looks behind the User-Agent: nginx's "main" has X-Forwarded-For
// as the first quoted field there.
func setForwarded(b *record.Builder, rest []byte) bool {
	start := bytes.IndexByte(rest, '"')
	if start < 0 {
		return false
	}
	v, _, ok := cutQuoted(rest[start:])
	if !ok || !isAddressList(v) {
		return false
	}
	b.SetText(record.Forwarded, v, nil)
	return true
}

// sniffLines is how many lines detection looks at.
const sniffLines = 100

// sniffLog wants most of the first lines to be of one of the shapes, and more
// of them of this shape than of any other (or as many, if it comes first).
func sniffLog(head []byte, whole bool, shape logShape) string {
	var counts [numLogShapes]int
	first, lines := shapeNone, 0
	for len(head) > 0 && lines < sniffLines {
		line, size := cutLine(head)
		if size == len(line) && !whole {
			break
		}
		head = head[size:]
		if len(line) == 0 {
			continue
		}
		lines++
		s := shapeOf(line)
		counts[s]++
		if first == shapeNone {
			first = s
		}
	}
	if lines == 0 {
		return "no whole line"
	}
	if 2*counts[shapeNone] > lines {
		return `most lines do not begin like ADDRESS - - [DATE:TIME ZONE] "REQUEST" STATUS BYTES`
	}
	most := first
	for s := shapeVhost; s < numLogShapes; s++ {
		if counts[s] > counts[most] {
			most = s
		}
	}
	if most == shape {
		return ""
	}
	return [numLogShapes]string{
		shapeVhost:    "most lines begin with a virtual host",
		shapeCombined: `most lines have "REFERER" and "USER-AGENT" behind the bytes, and no virtual host in front`,
		shapeCommon:   `most lines have no "REFERER" "USER-AGENT" behind the bytes`,
	}[most]
}

// shapeOf is the fullest shape that the line has.
func shapeOf(line []byte) logShape {
	var l logLine
	for s := shapeVhost; s < numLogShapes; s++ {
		p := logParser{shape: s}
		if p.parse(line, &l) == "" && isClient(l.client) {
			return s
		}
	}
	return shapeNone
}

// isClient agrees with Builder.SetClient, which needs a builder.
func isClient(raw []byte) bool {
	if _, err := netip.ParseAddr(string(raw)); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(string(raw))
	return err == nil
}
