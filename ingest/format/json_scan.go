package format

import (
	"encoding/binary"
	"math/bits"
)

// Faults, in place of the offset at which a scan ends.
const (
	faultCut       = -1
	faultBroken    = -2
	faultTooDeep   = -3
	faultNotObject = -4
)

// jsonReason is the reason for a fault, "" for an offset.
func jsonReason(fault int) string {
	switch {
	case fault >= 0:
		return ""
	case fault == faultNotObject:
		return jsonNotObject
	case fault == faultCut:
		return jsonCut
	case fault == faultTooDeep:
		return jsonTooDeep
	}
	return jsonBroken
}

func skipSpace(line []byte, i int) int {
	for i < len(line) && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r' || line[i] == '\n') {
		i++
	}
	return i
}

// scanKey reads a string and the colon after it.
func scanKey(line []byte, i int) (jsonValue, int) {
	if i >= len(line) {
		return jsonValue{}, faultCut
	}
	if line[i] != '"' {
		return jsonValue{}, faultBroken
	}
	key, i := scanString(line, i+1)
	if i < 0 {
		return key, i
	}
	if i = skipSpace(line, i); i == len(line) {
		return key, faultCut
	}
	if line[i] != ':' {
		return key, faultBroken
	}
	return key, skipSpace(line, i+1)
}

// scanValue reads a value of any kind with depth objects and arrays around it.
func scanValue(line []byte, i, depth int) (jsonValue, int) {
	if i >= len(line) {
		return jsonValue{}, faultCut
	}
	switch c := line[i]; {
	case c == '"':
		return scanString(line, i+1)
	case c == '-' || '0' <= c && c <= '9':
		end := scanNumber(line, i)
		if end < 0 {
			return jsonValue{}, end
		}
		return jsonValue{line[i:end], jsonNumber}, end
	case c == '{' || c == '[':
		end := skipNested(line, i, depth)
		if end < 0 {
			return jsonValue{}, end
		}
		if c == '{' {
			return jsonValue{line[i:end], jsonObject}, end
		}
		return jsonValue{line[i:end], jsonArray}, end
	case c == 't':
		return scanLiteral(line, i, "true", jsonTrue)
	case c == 'f':
		return scanLiteral(line, i, "false", jsonFalse)
	case c == 'n':
		return scanLiteral(line, i, "null", jsonNull)
	}
	return jsonValue{}, faultBroken
}

func scanLiteral(line []byte, i int, word string, kind jsonKind) (jsonValue, int) {
	end := i + len(word)
	if end <= len(line) && string(line[i:end]) == word {
		return jsonValue{line[i:end], kind}, end
	}
	if rest := line[i:]; len(rest) < len(word) && string(rest) == word[:len(rest)] {
		return jsonValue{}, faultCut
	}
	return jsonValue{}, faultBroken
}

// scanString reads a string whose first byte, after the quote, is at i.
func scanString(line []byte, i int) (jsonValue, int) {
	start, kind := i, jsonString
	for {
		i, _ = plainEnd(line, i)
		if i == len(line) {
			return jsonValue{}, faultCut
		}
		switch line[i] {
		case '"':
			return jsonValue{line[start:i], kind}, i + 1
		case '\\':
			kind = jsonEscaped
			if i = skipEscape(line, i+1); i < 0 {
				return jsonValue{}, i
			}
		default: // a control character
			return jsonValue{}, faultBroken
		}
	}
}

const (
	everyByte = 0x0101010101010101
	everyHigh = 0x8080808080808080
)

// plainEnd is the first quote, backslash or control character from i on, and
// whether all before it are ASCII. It looks at eight bytes at a time, where
// x-everyByte*n sets the high bit of each byte of x that is less than n, up to
// and including the lowest one exactly, so that trailing zeros find the first.
// With a bit flipped, the quote is just above the control characters and what
// was there is above it.
func plainEnd(line []byte, i int) (end int, ascii bool) {
	high := uint64(0)
	for ; i <= len(line)-8; i += 8 {
		w := binary.LittleEndian.Uint64(line[i:])
		quote, slash := w^everyByte*2, w^everyByte*'\\'
		found := ((quote-everyByte*0x21)&^quote | (slash-everyByte)&^slash) & everyHigh
		if found != 0 {
			n := bits.TrailingZeros64(found)
			return i + n/8, (high|w<<(63-n))&everyHigh == 0
		}
		high |= w
	}
	for ; i < len(line) && line[i] != '"' && line[i] != '\\' && line[i] >= 0x20; i++ {
		high |= uint64(line[i])
	}
	return i, high&everyHigh == 0
}

// skipEscape reads what follows a backslash.
func skipEscape(line []byte, i int) int {
	if i == len(line) {
		return faultCut
	}
	switch line[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for end := i + 5; i+1 < end; i++ {
			if i+1 == len(line) {
				return faultCut
			}
			if _, ok := hexDigit(line[i+1]); !ok {
				return faultBroken
			}
		}
		return i + 1
	}
	return faultBroken
}

// scanNumber reads a number (RFC 8259 section 6).
func scanNumber(line []byte, i int) int {
	if line[i] == '-' {
		i++
	}
	switch {
	case i == len(line):
		return faultCut
	case line[i] == '0':
		i++
	case '1' <= line[i] && line[i] <= '9':
		i = skipDigits(line, i)
	default:
		return faultBroken
	}
	if i < len(line) && line[i] == '.' {
		start := i + 1
		if i = skipDigits(line, start); i == start {
			return faultAt(line, i)
		}
	}
	if i < len(line) && line[i]|0x20 == 'e' {
		i++
		if i < len(line) && (line[i] == '+' || line[i] == '-') {
			i++
		}
		start := i
		if i = skipDigits(line, start); i == start {
			return faultAt(line, i)
		}
	}
	return i
}

func skipDigits(line []byte, i int) int {
	for i < len(line) && '0' <= line[i] && line[i] <= '9' {
		i++
	}
	return i
}

func faultAt(line []byte, i int) int {
	if i == len(line) {
		return faultCut
	}
	return faultBroken
}

// jsonStack remembers, for each level of nesting, whether it is an object. Its
// size bounds the work; nothing recurses.
type jsonStack struct {
	objects [maxJSONDepth/64 + 1]uint64
	depth   int
}

func (s *jsonStack) push(object bool) {
	word, bit := s.depth/64, uint64(1)<<(s.depth%64)
	if object {
		s.objects[word] |= bit
	} else {
		s.objects[word] &^= bit
	}
	s.depth++
}

func (s *jsonStack) inObject() bool {
	top := s.depth - 1
	return s.objects[top/64]>>(top%64)&1 != 0
}

// skipNested reads an object or array, whose opening is at i, to its end. Depth
// others are around it.
func skipNested(line []byte, i, depth int) int {
	var s jsonStack
	for {
		// Here a value begins.
		if i < len(line) && (line[i] == '{' || line[i] == '[') {
			if s.depth+depth == maxJSONDepth {
				return faultTooDeep
			}
			s.push(line[i] == '{')
			if i = skipSpace(line, i+1); i == len(line) {
				return faultCut
			}
			if line[i] != closing(s.inObject()) {
				if i = s.element(line, i); i < 0 {
					return i
				}
				continue
			}
		} else {
			var end int
			if _, end = scanValue(line, i, 0); end < 0 {
				return end
			}
			if i = skipSpace(line, end); i == len(line) {
				return faultCut
			}
		}
		// Here a value has ended, or an empty container ends.
		for line[i] == closing(s.inObject()) {
			if s.depth--; s.depth == 0 {
				return i + 1
			}
			if i = skipSpace(line, i+1); i == len(line) {
				return faultCut
			}
		}
		if line[i] != ',' {
			return faultBroken
		}
		if i = s.element(line, skipSpace(line, i+1)); i < 0 {
			return i
		}
	}
}

// element is where the value of the next element begins: after its key, if it
// is in an object.
func (s *jsonStack) element(line []byte, i int) int {
	if !s.inObject() {
		return i
	}
	_, i = scanKey(line, i)
	return i
}

func closing(object bool) byte {
	if object {
		return '}'
	}
	return ']'
}
