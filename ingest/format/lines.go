package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// rowReader sets the columns of the row at hand from a line, which is not
// empty, each on its own. It returns why it cannot, or "", or, before it has set
// anything, rowSkipped for a line that is no request and rowDuplicate for one
// that is in the log as the viewer made it, too.
type rowReader interface {
	row(line []byte, b *record.Builder) string
}

const (
	rowSkipped   = jsonSkipped
	rowDuplicate = jsonDuplicate
)

// lineDecoder decodes logs of one request per line without headers.
type lineDecoder struct {
	rows rowReader
}

// Decode implements Decoder.
func (d *lineDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line, size := cutLine(block[n:])
		n += size
		if at.Line++; at.Line == 1 {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		}
		if len(line) == 0 {
			at.Skipped++
			continue
		}
		switch reason := d.rows.row(line, b); reason {
		case "":
			b.Commit()
		case rowSkipped:
			at.Skipped++
		case rowDuplicate:
			at.Duplicates++
		default:
			b.Reject(at.Line, reason, line)
		}
	}
	return n
}

// reasonFields is why a row is rejected that is not made of the fields of its
// format.
const reasonFields = "too few fields, or one without its quotes"

// fields takes a line apart from its front. Once something is missing, ok is
// false, and everything that is cut is empty.
type fields struct {
	rest []byte
	ok   bool
}

func cutFields(line []byte) fields { return fields{rest: line, ok: true} }

// word cuts what stands before the next space, or the end, and the space.
func (f *fields) word() []byte {
	if len(f.rest) == 0 {
		f.ok = false
		return nil
	}
	end := bytes.IndexByte(f.rest, ' ')
	if end < 0 {
		end = len(f.rest)
	}
	word := f.rest[:end]
	f.rest = f.rest[min(end+1, len(f.rest)):]
	return word
}

// skip cuts n words.
func (f *fields) skip(n int) {
	for range n {
		f.word()
	}
}

// quoted cuts a quoted field in which a backslash escapes quotes, and the space
// behind it, or else a bare "-".
func (f *fields) quoted() []byte {
	if len(f.rest) > 0 && f.rest[0] == '-' {
		word := f.word()
		f.ok = f.ok && len(word) == 1
		return word
	}
	if len(f.rest) == 0 || f.rest[0] != '"' {
		f.fail()
		return nil
	}
	value, after, ok := cutQuoted(f.rest)
	if !ok || len(after) > 0 && after[0] != ' ' {
		f.fail()
		return nil
	}
	f.rest = after[min(1, len(after)):]
	return value
}

// bracketed cuts a field in brackets, and the space behind it.
func (f *fields) bracketed() []byte {
	end := bytes.IndexByte(f.rest, ']')
	if end < 0 || f.rest[0] != '[' || end+1 < len(f.rest) && f.rest[end+1] != ' ' {
		f.fail()
		return nil
	}
	value := f.rest[1:end]
	f.rest = f.rest[min(end+2, len(f.rest)):]
	return value
}

func (f *fields) fail() { f.rest, f.ok = nil, false }

// setNumbers sets status and bytes, and says why it cannot.
func setNumbers(b *record.Builder, status, bytes []byte) string {
	code, ok := parseStatus(status)
	if !ok {
		return reasonStatus
	}
	n, ok := parseBytes(bytes)
	if !ok {
		return reasonBytes
	}
	b.SetStatus(code)
	b.SetBytes(n)
	return ""
}

func isDash(v []byte) bool { return len(v) == 1 && v[0] == '-' }
