package format

import "bytes"

// decodePercent appends src to dst with one level of percent-encoding undone.
// What is not "%" and two hexadecimal digits stays as it is. It is a
// record.Decode.
func decodePercent(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, '%')
		if i < 0 {
			return append(dst, src...)
		}
		dst = append(dst, src[:i]...)
		src = src[i:]
		if c, ok := hexByte(src, 1); ok {
			dst = append(dst, c)
			src = src[3:]
		} else {
			dst = append(dst, '%')
			src = src[1:]
		}
	}
}

// decodeUserAgent is decodePercent for CloudFront's User-Agent, which was
// encoded twice from September 2013 to the end of 2019: if the value, decoded
// once, has no space but an encoded byte between %20 and %2F, it is decoded
// again.
func decodeUserAgent(dst, src []byte) []byte {
	start := len(dst)
	dst = decodePercent(dst, src)
	once := dst[start:]
	if bytes.IndexByte(once, ' ') >= 0 || !hasEncodedPunctuation(once) {
		return dst
	}
	// In place: what is written never gets ahead of what is read.
	return decodePercent(dst[:start], once)
}

func hasEncodedPunctuation(v []byte) bool {
	for {
		i := bytes.Index(v, []byte("%2"))
		if i < 0 || i+2 >= len(v) {
			return false
		}
		if c := v[i+2]; '0' <= c && c <= '9' || 'A' <= c && c <= 'F' {
			return true
		}
		v = v[i+2:]
	}
}

// decodeEscapes appends src to dst with the escapes of quoted fields undone,
// as Apache httpd writes them since 2.0.46 (\" \\ \n \t ... \xhh) and nginx by
// default (\xHH only). Both escape the backslash, so one reading serves both.
// Any other backslash stays as it is. It is a record.Decode.
func decodeEscapes(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, '\\')
		if i < 0 || i+1 == len(src) {
			return append(dst, src...)
		}
		dst = append(dst, src[:i]...)
		src = src[i:]
		if c, ok := hexByte(src, 2); ok && src[1] == 'x' {
			dst = append(dst, c)
			src = src[4:]
			continue
		}
		if c := unescaped(src[1]); c != 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '\\', src[1])
		}
		src = src[2:]
	}
}

// unescaped is the byte that a backslash and c stand for, 0 for none.
func unescaped(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case 'a':
		return '\a'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	}
	return 0
}

// hexByte is the byte that the two hexadecimal digits at v[at:] make.
func hexByte(v []byte, at int) (byte, bool) {
	if len(v) < at+2 {
		return 0, false
	}
	hi, ok1 := hexDigit(v[at])
	lo, ok2 := hexDigit(v[at+1])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
