package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// jsonKey is a key that a format reads. Keys of one format differ in name or in
// what they are within.
type jsonKey struct {
	name   string
	within []string       // the keys of the objects around it, the outermost first; nil in the line's own object
	sets   record.Columns // the columns that a log with this key has
	flag   bool           // true and false are values too
	first  bool           // of an array, the value is the first element; one that is empty has none
	nested bool           // objects and arrays are values too (see walkJSON)
}

// kinds is the set of the kinds of value that the key may have.
func (k *jsonKey) kinds() uint16 {
	kinds := uint16(1<<jsonString | 1<<jsonEscaped | 1<<jsonNumber | 1<<jsonNull)
	if k.flag {
		kinds |= 1<<jsonTrue | 1<<jsonFalse
	}
	if k.nested {
		kinds |= 1<<jsonObject | 1<<jsonArray
	}
	return kinds
}

// jsonDecoder reads logs of one JSON object per line.
type jsonDecoder struct {
	keys    []jsonKey
	row     jsonRow
	payload jsonPayload
	reader  *jsonReader
	found   jsonSlots      // the keys of the line before
	keyed   record.Columns // the columns that they say are present
	extra   record.Columns // and those that the row at hand says are, too, for what is in its values
	date    dateCache
	scratch []byte
}

// jsonRow sets the columns of the row at hand. It returns why it cannot,
// jsonSkipped for a line that is no request, jsonDuplicate for one that is
// in the log as the viewer made it, too, or "".
type jsonRow func(d *jsonDecoder, b *record.Builder) string

// jsonPayload is the part of a line that is the object. What it leaves out is
// no JSON.
type jsonPayload func(line []byte) []byte

const (
	jsonSkipped   = "skipped"
	jsonDuplicate = "duplicate"
)

// Why an object is rejected.
const (
	reasonJSONKind      = "JSON value of an unexpected type"
	reasonClientMissing = "no client"
)

func newJSONDecoder(keys []jsonKey, row jsonRow) *jsonDecoder {
	return &jsonDecoder{keys: keys, row: row, payload: wholeLine, reader: newJSONReader(keys)}
}

// Decode implements Decoder.
func (d *jsonDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line := block[n:]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
			n++
		}
		n += len(line)
		if at.Line++; at.Line == 1 {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		}
		if skipSpace(line, 0) == len(line) {
			at.Skipped++
			continue
		}
		switch reason := d.line(d.payload(line), b); reason {
		case "":
			b.Commit()
		case jsonSkipped:
			at.Skipped++
		case jsonDuplicate:
			at.Duplicates++
		default:
			b.Reject(at.Line, reason, line)
		}
	}
	return n
}

func (d *jsonDecoder) line(line []byte, b *record.Builder) string {
	if reason := d.reader.read(line); reason != "" {
		return reason
	}
	if d.reader.wrong && d.isWrong() {
		return reasonJSONKind
	}
	if d.reader.found != d.found {
		d.found, d.keyed = d.reader.found, d.present()
	}
	d.extra = 0
	reason := d.row(d, b)
	b.SetPresent(d.keyed.Union(d.extra))
	return reason
}

// isWrong reports whether a value is of a kind that it must not have.
func (d *jsonDecoder) isWrong() bool {
	for i, v := range d.reader.values {
		if v.kind != jsonNone && d.keys[i].kinds()>>v.kind&1 == 0 {
			return true
		}
	}
	return false
}

// present is the columns that the line at hand has.
func (d *jsonDecoder) present() record.Columns {
	var present record.Columns
	for i, v := range d.reader.values {
		if v.kind != jsonNone {
			present |= d.keys[i].sets
		}
	}
	return present
}

// text is the value of a key, unescaped: nil if it is missing or null. It is
// good until the next call.
func (d *jsonDecoder) text(key int) []byte { return d.unescaped(d.reader.values[key]) }

// unescaped is the text of a value, also of one that a walk found: nil if it is
// missing, null, an object or an array. It is good until the next call.
func (d *jsonDecoder) unescaped(v jsonValue) []byte {
	switch v.kind {
	case jsonString, jsonNumber, jsonTrue, jsonFalse:
		return v.raw
	case jsonEscaped:
		d.scratch = jsonUnescape(d.scratch[:0], v.raw)
		return d.scratch
	}
	return nil
}

// has reports whether a key has a value that is neither null nor "".
func (d *jsonDecoder) has(key int) bool {
	v := &d.reader.values[key]
	return len(v.raw) > 0 && v.kind != jsonNull
}

// status sets the status; an empty one is none.
func (d *jsonDecoder) status(b *record.Builder, key int) string {
	if !d.has(key) {
		return ""
	}
	code, ok := parseStatus(d.text(key))
	if !ok {
		return reasonStatus
	}
	b.SetStatus(code)
	return ""
}

// bytes sets the bytes; an empty value is none.
func (d *jsonDecoder) bytes(b *record.Builder, key int) string {
	if !d.has(key) {
		return ""
	}
	n, ok := parseBytes(d.text(key))
	if !ok {
		return reasonBytes
	}
	b.SetBytes(n)
	return ""
}

// sniffedJSONLines is how many lines are looked at for one that is readable.
const sniffedJSONLines = 10

// sniffJSON looks for a line that judge, which gets the values found, does not
// miss anything in.
func sniffJSON(head []byte, whole bool, keys []jsonKey, judge func(values []jsonValue) string) (missed string) {
	return sniffJSONBehind(wholeLine, head, whole, keys, judge)
}

func wholeLine(line []byte) []byte { return line }

// sniffJSONBehind is sniffJSON for objects that are the payload of their lines.
func sniffJSONBehind(payload jsonPayload, head []byte, whole bool, keys []jsonKey, judge func(values []jsonValue) string) (missed string) {
	r := newJSONReader(keys)
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	first := ""
	for looked := 0; len(head) > 0 && looked < sniffedJSONLines; {
		line, rest, ended := bytes.Cut(head, []byte{'\n'})
		head = rest
		if skipSpace(line, 0) == len(line) {
			continue
		}
		line = payload(line)
		reason := r.read(line)
		if looked++; looked == 1 {
			if missed := wholeFileJSON(line, reason, ended); missed != "" {
				return missed
			}
		}
		if reason == "" || reason == jsonCut && !ended && !whole {
			if reason = judge(r.values); reason == "" {
				return ""
			}
		}
		if first == "" {
			first = reason
		}
	}
	if first == "" {
		return jsonNotObject
	}
	return first
}

// wholeFileJSON says so if the first line shows that the file is one JSON
// value and not one on every line.
func wholeFileJSON(line []byte, reason string, ended bool) string {
	bracket := line[skipSpace(line, 0)] == '['
	if bracket || ended && reason == jsonCut {
		return "JSON, but not one object per line"
	}
	return ""
}
