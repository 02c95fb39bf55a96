package format

import (
	"bytes"
	"unicode/utf8"
)

// Parquet's strings are UTF-8, and readers refuse files in which they are not;
// what attackers send need not be. So each byte that is not of UTF-8 is
// written as a character of the private use area, U+EF00 + the byte (as in
// MirBSD's OPTU-8), and so is each byte of such a character. This is read back
// without loss, and all other text is written as it is.
const (
	rawFirst = 0xef80
	rawLast  = 0xefff
	rawLead  = 0xee // the first byte of all of them in UTF-8
)

// ParquetText is a value as compact writes it: value itself, or a copy.
func ParquetText(value []byte) []byte {
	if utf8.Valid(value) && bytes.IndexByte(value, rawLead) < 0 {
		return value
	}
	var text []byte
	for len(value) > 0 {
		r, size := utf8.DecodeRune(value)
		if r == utf8.RuneError && size == 1 || rawFirst <= r && r <= rawLast {
			for _, c := range value[:size] {
				text = utf8.AppendRune(text, rawFirst&^0xff|rune(c))
			}
		} else {
			text = append(text, value[:size]...)
		}
		value = value[size:]
	}
	return text
}

// decodeParquetText undoes ParquetText. It is a record.Decode.
func decodeParquetText(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, rawLead)
		if i < 0 {
			return append(dst, src...)
		}
		dst, src = append(dst, src[:i]...), src[i:]
		r, size := utf8.DecodeRune(src)
		if rawFirst <= r && r <= rawLast {
			dst = append(dst, byte(r))
		} else {
			dst = append(dst, src[:size]...)
		}
		src = src[size:]
	}
}
