package format

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonUnescape is the record.Decode of what stands between the quotes of a
// JSON string, and does what encoding/json does: bytes that are not UTF-8 and
// halves of surrogate pairs become U+FFFD. A backslash that begins no escape,
// which the reader of lines lets none pass, stands for itself.
func jsonUnescape(dst, src []byte) []byte {
	for len(src) > 0 {
		slash := bytes.IndexByte(src, '\\')
		if slash < 0 {
			return appendValid(dst, src)
		}
		dst = appendValid(dst, src[:slash])
		src = src[slash:]
		if r, size := unescapeRune(src); size > 0 {
			dst, src = utf8.AppendRune(dst, r), src[size:]
		} else {
			dst, src = append(dst, '\\'), src[1:]
		}
	}
	return dst
}

// unescapeRune reads the escape at the beginning of src; size 0 is none.
func unescapeRune(src []byte) (r rune, size int) {
	if len(src) < 2 {
		return 0, 0
	}
	switch c := src[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r := unescapeUnit(src)
		if r < 0 {
			return 0, 0
		}
		if utf16.IsSurrogate(r) {
			if both := utf16.DecodeRune(r, unescapeUnit(src[6:])); both != utf8.RuneError {
				return both, 12
			}
			return utf8.RuneError, 6
		}
		return r, 6
	}
	return 0, 0
}

// unescapeUnit reads \uHHHH at the beginning of src; -1 is none.
func unescapeUnit(src []byte) rune {
	if len(src) < 6 || src[0] != '\\' || src[1] != 'u' {
		return -1
	}
	high, ok1 := hexByte(src, 2)
	low, ok2 := hexByte(src, 4)
	if !ok1 || !ok2 {
		return -1
	}
	return rune(high)<<8 | rune(low)
}

// appendValid appends src with U+FFFD for every byte that is not of UTF-8.
func appendValid(dst, src []byte) []byte {
	if utf8.Valid(src) {
		return append(dst, src...)
	}
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		dst = utf8.AppendRune(dst, r)
		src = src[size:]
	}
	return dst
}
