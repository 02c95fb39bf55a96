package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// cloudFront is the W3C text of CloudFront standard logs, legacy and v2: rows
// of TAB-separated values under a "#Fields:" line that names them, in any
// number and order. Values are percent-encoded once over what was on the wire.
func cloudFront() *Format {
	return &Format{
		Name:   "cloudfront",
		Title:  "CloudFront standard log (W3C text)",
		Sniff:  sniffCloudFront,
		New:    func() Decoder { return new(cloudFrontDecoder) },
		Header: lastCloudFrontHeader,
	}
}

// Why a row of a text log is rejected.
const (
	reasonNoFields  = "row before any #Fields line"
	reasonNoClient  = "#Fields has no c-ip"
	reasonColumns   = "number of columns differs from #Fields"
	reasonDelimiter = "columns fit #Fields both by spaces and by commas"
	reasonDate      = "date is not valid"
	reasonTime      = "time is not valid"
	reasonClient    = "client is not an address"
	reasonStatus    = "status is not a number"
	reasonBytes     = "bytes are not a number"
	reasonMethod    = "method is none of HTTP"
)

const (
	fieldsDirective = "#Fields:"
	byteOrderMark   = "\ufeff"
)

// cloudFrontDecoder reads rows as the last header's plan says.
type cloudFrontDecoder struct {
	plannedRow
	tabbed []byte // a row brought back to TABs
}

// Decode implements Decoder.
func (d *cloudFrontDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line, size := d.next(block[n:], '\t')
		n += size
		at.Line++
		if len(line) > 0 && line[0] == byteOrderMark[0] {
			line = d.withoutMark(line)
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

// withoutMark takes off the byte order mark that a line may begin with, also in
// the middle, where files were joined.
func (d *cloudFrontDecoder) withoutMark(line []byte) []byte {
	line = bytes.TrimPrefix(line, []byte(byteOrderMark))
	if d.plan != nil {
		d.mark(line, '\t')
	}
	return line
}

// cutLine is the first line of block, without its end, and its size with it.
func cutLine(block []byte) (line []byte, size int) {
	size = len(block)
	line = block
	if end := bytes.IndexByte(block, '\n'); end >= 0 {
		line, size = block[:end], end+1
	}
	if last := len(line) - 1; last >= 0 && line[last] == '\r' {
		line = line[:last]
	}
	return line, size
}

// directive takes a new header over. The other directives and comments tell
// nothing: #Version is 1.0 for any set of columns.
func (d *cloudFrontDecoder) directive(line []byte, b *record.Builder) {
	if names, ok := bytes.CutPrefix(line, []byte(fieldsDirective)); ok {
		d.plan = planFields(headerNames(string(names)), cloudFrontTable(), b.Wanted())
		b.SetPresent(d.plan.present)
	}
}

// row sets the columns of one row, or says why it cannot.
func (d *cloudFrontDecoder) row(line []byte, b *record.Builder) string {
	if d.plan == nil && d.assumeLegacy(line, b) {
		d.mark(line, '\t')
	}
	p := d.plan
	if p == nil {
		return reasonNoFields
	}
	if !p.hasClient {
		return reasonNoClient
	}
	if d.found == 0 && p.columns > 1 {
		if reason := d.retab(line); reason != "" {
			return reason
		}
		line = d.tabbed
		d.mark(line, '\t')
	}
	trailing := d.found == p.columns && line[len(line)-1] == '\t' // seen in the wild: an empty column more
	if d.found != p.columns-1 && !trailing {
		return reasonColumns
	}
	us, reason := d.set(line, b)
	if reason == "" && p.hasTime {
		b.SetTime(us)
	}
	return reason
}

// retab brings a row without any TAB back to TABs if it has the right number
// of columns separated by spaces (TABs lost in copying, or v2 with another
// delimiter) or by commas (v2), but not by both.
func (d *cloudFrontDecoder) retab(line []byte) string {
	columns := d.plan.columns
	spaced := countWords(line) == columns
	commas := bytes.Count(line, []byte{','}) == columns-1
	d.tabbed = d.tabbed[:0]
	switch {
	case spaced && commas:
		return reasonDelimiter
	case spaced:
		for rest := line; ; {
			var word []byte
			if word, rest = cutWord(rest); word == nil {
				break
			}
			d.tabbed = append(append(d.tabbed, word...), '\t')
		}
		d.tabbed = d.tabbed[:len(d.tabbed)-1]
		return ""
	case commas:
		d.tabbed = append(d.tabbed, line...)
		for i, c := range d.tabbed {
			if c == ',' {
				d.tabbed[i] = '\t'
			}
		}
		return ""
	}
	return reasonColumns
}

// sniffCloudFront wants a #Fields line, before any row, that has c-ip and a
// column that only CloudFront has, or else a row of a legacy log.
func sniffCloudFront(head []byte, whole bool) string {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	for len(head) > 0 {
		line, size := cutLine(head)
		if size == len(line) && !whole {
			break // cut short, unless the input ends without a newline
		}
		head = head[size:]
		if names, ok := bytes.CutPrefix(line, []byte(fieldsDirective)); ok {
			return missedInHeader(names)
		}
		if len(line) > 0 && line[0] != '#' {
			if _, ok := legacyRow(line); ok {
				return ""
			}
			break
		}
	}
	return "no #Fields line before the first row, which is none of a legacy log either"
}
