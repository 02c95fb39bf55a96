// Package unwrap takes JSON logs out of what they are wrapped in: the elements
// of an array, or objects over many lines, become one line each. It neither
// holds what it reads nor judges it: an element that is no good JSON becomes a
// line that is none.
package unwrap

import (
	"bytes"
	"errors"
	"io"
)

// Kind is how the records of an input are wrapped.
type Kind int

// The kinds.
const (
	Lines   Kind = iota // not at all
	Array               // elements of a top-level array
	Records             // elements of the array "records" of a top-level object
	Objects             // top-level objects over many lines
)

// What is wrong with a container.
var (
	ErrTruncated = errors.New("the JSON that holds the records is cut off")
	ErrNoRecords = errors.New(`a JSON object among those that hold records has no array "records"`)
)

// recordsKey is the key of the array in which Azure Monitor, Event Hubs and
// others wrap records.
const recordsKey = "records"

// Detect tells the kind of an input from its beginning, without a byte order
// mark.
func Detect(head []byte) Kind {
	head = skipSpace(head)
	if len(head) == 0 {
		return Lines
	}
	inside := skipSpace(head[1:])
	switch head[0] {
	case '[':
		// Text may begin with a bracket, too.
		if len(inside) > 0 && (inside[0] == '{' || inside[0] == ']' && len(skipSpace(inside[1:])) == 0) {
			return Array
		}
	case '{':
		switch {
		case hasRecords(head):
			return Records
		case len(inside) > 0 && inside[0] == '"' && bytes.IndexByte(head[:len(head)-len(inside)], '\n') > 0:
			return Objects
		}
	}
	return Lines
}

func skipSpace(v []byte) []byte { return bytes.TrimLeft(v, " \t\r\n") }

// hasRecords reports whether the first object has an array of objects as its
// records, as far as it can be seen.
func hasRecords(head []byte) bool {
	u := New(Records)
	for i, c := range head {
		if u.outer(c); u.array {
			inside := skipSpace(head[i+1:])
			return len(inside) > 0 && (inside[0] == '{' || inside[0] == ']')
		}
		if !u.inObject {
			break
		}
	}
	return false
}

// Unwrapper turns the bytes of an input into lines. Where they are cut makes no
// difference.
type Unwrapper struct {
	records bool // of top-level objects the array of records is read, else they themselves
	fault   error
	out     []byte

	inObject bool // a top-level object that has records
	array    bool // an array of records
	found    bool // the object had records
	part     part // of the object
	key      []byte

	inElement bool
	scalar    bool // the element is neither object, array nor string
	spaced    bool // white space came last of the element

	// Of the element or else of the object:
	depth   int
	quoted  bool
	escaped bool
}

// part is what comes next in an object.
type part int

const (
	partKey part = iota
	partColon
	partValue
	partComma
)

// New makes an Unwrapper of a kind other than Lines.
func New(kind Kind) *Unwrapper { return &Unwrapper{records: kind == Records} }

// Next returns the lines that come of the next bytes, which may end within one
// and are valid until the next call. Err is what came with the bytes; where
// that is io.EOF, Next returns what is wrong with the input, if anything.
func (u *Unwrapper) Next(data []byte, err error) ([]byte, error) {
	u.out = u.out[:0]
	for len(data) > 0 {
		if u.inElement {
			data = data[u.element(data):]
		} else {
			u.outer(data[0])
			data = data[1:]
		}
	}
	if err != io.EOF {
		return u.out, err
	}
	if u.inObject || u.array || u.inElement && !u.scalar {
		return u.out, ErrTruncated
	}
	if u.fault != nil {
		return u.out, u.fault
	}
	return u.out, io.EOF
}

// outer reads a byte that is not within an element, but may begin one.
func (u *Unwrapper) outer(c byte) {
	switch {
	case u.array:
		switch {
		case c == ']':
			u.array = false
		case !isSpace(c) && c != ',':
			u.begin(c)
		}
	case u.inObject:
		u.member(c)
	case c == '[':
		u.array = true
	case c == '{' && u.records:
		u.inObject, u.found, u.part, u.depth = true, false, partKey, 1
	case !isSpace(c) && c != ',':
		u.begin(c)
	}
}

// begin begins an element.
func (u *Unwrapper) begin(c byte) {
	u.inElement, u.spaced, u.depth = true, false, 0
	u.quoted, u.escaped, u.scalar = false, false, false
	switch c {
	case '{', '[':
		u.depth = 1
	case '"':
		u.quoted = true
	default:
		u.scalar = true
	}
	u.out = append(u.out, c)
}

// end ends the line of an element.
func (u *Unwrapper) end() {
	u.inElement, u.depth = false, 1
	u.out = append(u.out, '\n')
}

// member reads a byte of an object with records, other than of the records.
func (u *Unwrapper) member(c byte) {
	if u.quoted {
		u.inString(c)
		if !u.quoted && u.depth == 1 && u.part == partKey {
			u.part = partColon
		} else if u.quoted && u.depth == 1 && u.part == partKey && len(u.key) <= len(recordsKey) {
			u.key = append(u.key, c)
		}
		return
	}
	switch c {
	case '"':
		u.quoted = true
		if u.part == partKey {
			u.key = u.key[:0]
		}
	case ':':
		if u.depth == 1 && u.part == partColon {
			u.part = partValue
		}
	case ',':
		if u.depth == 1 {
			u.part = partKey
		}
	case '{', '[':
		if c == '[' && u.depth == 1 && u.part == partValue && string(u.key) == recordsKey {
			u.array, u.found, u.part = true, true, partComma
			return
		}
		u.depth++
	case '}', ']':
		if u.depth--; u.depth == 0 {
			u.inObject = false
			if !u.found && u.fault == nil {
				u.fault = ErrNoRecords
			}
		}
	}
}

// inString reads a byte of a string.
func (u *Unwrapper) inString(c byte) {
	switch {
	case u.escaped:
		u.escaped = false
	case c == '\\':
		u.escaped = true
	case c == '"':
		u.quoted = false
	}
}

// element reads bytes of an element, up to its end or theirs, and returns how
// many there were.
func (u *Unwrapper) element(data []byte) int {
	if u.scalar {
		return u.bare(data)
	}
	n, from := 0, 0 // data[from:n] is to be copied
	for n < len(data) && (u.quoted || u.depth > 0) {
		if u.quoted {
			n += u.text(data[n:])
			if u.quoted && n < len(data) { // a newline is none of JSON, and remains that as another control character
				u.out = append(append(u.out, data[from:n]...), '\r')
				n++
				from, u.escaped = n, false
			}
			continue
		}
		c := data[n]
		if isSpace(c) {
			u.out = append(u.out, data[from:n]...)
			if !u.spaced {
				u.out = append(u.out, ' ')
			}
			u.spaced = true
			n++
			from = n
			continue
		}
		n++
		u.spaced = false
		switch c {
		case '"':
			u.quoted = true
		case '{', '[':
			u.depth++
		case '}', ']':
			u.depth--
		}
	}
	u.out = append(u.out, data[from:n]...)
	if !u.quoted && u.depth == 0 {
		u.end()
	}
	return n
}

// text is the number of bytes up to the end of a string, with its quote, or a
// newline.
func (u *Unwrapper) text(data []byte) int {
	escaped := u.escaped
	for n, c := range data {
		switch {
		case c == '\n':
			u.escaped = escaped
			return n
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			u.quoted, u.escaped = false, false
			return n + 1
		}
	}
	u.escaped = escaped
	return len(data)
}

// bare reads bytes of an element that is neither object, array nor string.
func (u *Unwrapper) bare(data []byte) int {
	for n, c := range data {
		if isSpace(c) || u.array && (c == ',' || c == ']') {
			u.out = append(u.out, data[:n]...)
			u.end()
			return n
		}
	}
	u.out = append(u.out, data...)
	return len(data)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
