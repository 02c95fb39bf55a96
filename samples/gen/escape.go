package gen

import "unicode/utf8"

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

// byteSet tells bytes that stand for themselves from those to escape.
type byteSet [256]bool

// plainFor is all printable ASCII but the bytes of special.
func plainFor(special string) *byteSet {
	var s byteSet
	for c := ' '; c < 0x7f; c++ {
		s[c] = true
	}
	for i := range len(special) {
		s[special[i]] = false
	}
	return &s
}

var (
	// CloudFront encodes the bytes 0 to 32, from 127 on, and those that
	// RFC 1738 calls unsafe.
	plainInCloudFront = plainFor(" <>\"#%{}|\\^~[]`'")
	plainInText       = plainFor("\"\\")
)

// appendCloudFront percent-encodes as CloudFront does, over what was on the
// wire; nothing is "-".
func appendCloudFront[T string | []byte](dst []byte, s T) []byte {
	if len(s) == 0 {
		return append(dst, '-')
	}
	start := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; !plainInCloudFront[c] {
			dst = append(append(dst, s[start:i]...), '%', upperHex[c>>4], upperHex[c&15])
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}

// appendNginx escapes as nginx does by default: \xHH.
func appendNginx[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; !plainInText[c] && c != 0x7f {
			dst = append(append(dst, s[start:i]...), '\\', 'x', upperHex[c>>4], upperHex[c&15])
			start = i + 1
		}
	}
	return append(dst, s[start:]...)
}

// appendApache escapes as Apache does: \" and \\, C's letters for what has
// one, \xhh for other bytes that cannot be printed.
func appendApache[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plainInText[c] {
			continue
		}
		dst = append(append(dst, s[start:i]...), '\\')
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, c)
		case '\b':
			dst = append(dst, 'b')
		case '\n':
			dst = append(dst, 'n')
		case '\r':
			dst = append(dst, 'r')
		case '\t':
			dst = append(dst, 't')
		case '\v':
			dst = append(dst, 'v')
		default:
			dst = append(dst, 'x', lowerHex[c>>4], lowerHex[c&15])
		}
	}
	return append(dst, s[start:]...)
}

// appendJSON appends the inside of a JSON string. Bytes that are not UTF-8
// become the replacement character, as encoders make of them.
func appendJSON[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plainInText[c] || c == 0x7f {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))])); r != utf8.RuneError {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		default:
			dst = append(dst, string(utf8.RuneError)...)
		}
		i++
		start = i
	}
	return append(dst, s[start:]...)
}
