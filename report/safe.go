package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow each other. No script needs
// more on one letter; hundreds of them would write over the lines around.
const maxMarks = 4

// SafeText makes a string fit to be shown in one line of a terminal or in a
// cell of a spreadsheet: a reader sees every character, and none has an effect.
// Control characters (line breaks too), direction overrides, zero-width and
// other invisible characters, and bytes that are not UTF-8 become visible
// escapes as in Go: \n, \x1b, \u202e, \xff. A backslash stays as it is, so an
// escape cannot be told from a text that held the same characters; the JSON and
// Parquet outputs hold the exact text.
func SafeText(s string) string {
	return safe(s, false)
}

// SafeLines is SafeText for a message of several lines: line feeds stay.
func SafeLines(s string) string {
	return safe(s, true)
}

func safe(s string, lines bool) string {
	clean := 0
	var seen marks
	var b *strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if seen.allow(r) && visible(r, size) || lines && r == '\n' {
			i += size
			continue
		}
		if b == nil {
			b = &strings.Builder{}
			b.Grow(len(s) + 16)
		}
		b.WriteString(s[clean:i])
		writeEscape(b, s[i:i+size], r, size)
		i += size
		clean = i
	}
	if b == nil {
		return s
	}
	b.WriteString(s[clean:])
	return b.String()
}

// marks counts the combining marks in a row. The zero value is ready to use.
type marks int

// allow counts a rune and reports whether it is not a mark too many.
func (m *marks) allow(r rune) bool {
	if r < utf8.RuneSelf || !unicode.In(r, unicode.Mn, unicode.Me) {
		*m = 0
		return true
	}
	*m++
	return *m <= maxMarks
}

// visible reports whether a rune of that many bytes can be shown as it is.
func visible(r rune, size int) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	if r == utf8.RuneError && size == 1 {
		return false // a byte that is not UTF-8
	}
	// IsPrint leaves out controls, format characters (directions, joiners,
	// tags), private use, what is not assigned, and every space but the plain
	// one. The other two are letters and marks that show nothing.
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

const hexDigits = "0123456789abcdef"

func writeEscape(b *strings.Builder, raw string, r rune, size int) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf, r == utf8.RuneError && size == 1:
		writeHexByte(b, raw[0])
	case r <= 0xffff:
		b.WriteString(`\u`)
		writeHex(b, r, 4)
	default:
		b.WriteString(`\U`)
		writeHex(b, r, 8)
	}
}

func writeHexByte(b *strings.Builder, c byte) {
	b.WriteString(`\x`)
	writeHex(b, rune(c), 2)
}

func writeHex(b *strings.Builder, r rune, digits int) {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b.WriteByte(hexDigits[r>>shift&15])
	}
}

// validText replaces each byte that is not UTF-8 by \xNN. It is the exact text
// otherwise, with all control characters.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			writeHexByte(&b, s[i])
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}
