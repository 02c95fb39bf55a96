package format

import "encoding/binary"

// maxDigits is the most decimal digits that surely fit an int64.
const maxDigits = 18

// parseInt reads a number of decimal digits only, at most maxDigits of them.
func parseInt(raw []byte) (int64, bool) {
	if size := len(raw); size <= 8 && cap(raw) >= 8 {
		n, ok := parseEight(binary.LittleEndian.Uint64(raw[:8]), size)
		return n, ok && size > 0
	}
	if len(raw) == 0 || len(raw) > maxDigits {
		return 0, false
	}
	var n int64
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// parseEight reads the number that the first 1 <= size <= 8 bytes of x are, the lowest
// first. It has no branch, since no processor foresees how long numbers are.
func parseEight(x uint64, size int) (n int64, ok bool) {
	const each, low7 = 0x0101010101010101, 0x7f * 0x0101010101010101
	x = (x ^ '0'*each) << (uint(64-8*size) & 63) // digits are 0 to 9 now, and zeros stand before them
	ok = (x&low7+(0x80-10)*each|x)&^low7 == 0
	// Two neighbours make a number of two digits, two of these one of four, and
	// two of those one of eight.
	x = (x*10 + x>>8) & 0x00ff00ff00ff00ff
	x = (x*100 + x>>16) & 0x0000ffff0000ffff
	return int64(uint32(x*10000 + x>>32)), ok
}

// maxBytes is the largest byte count of one response that is believed: a
// petabyte. With it, the sums of 8,000 such responses still fit an int64, and
// those of any real ones.
const maxBytes = 1 << 50

// parseBytes reads a byte count; "-" is 0.
func parseBytes(raw []byte) (int64, bool) {
	if len(raw) == 1 && raw[0] == '-' {
		return 0, true
	}
	n, ok := parseInt(raw)
	return n, ok && n <= maxBytes
}

// parseStatus reads an HTTP status of at most three digits; "-" and "000" are
// 0: the request ended before there was one.
func parseStatus(raw []byte) (uint16, bool) {
	if len(raw) == 3 {
		a, b, c := raw[0]-'0', raw[1]-'0', raw[2]-'0'
		return uint16(a)*100 + uint16(b)*10 + uint16(c), a <= 9 && b <= 9 && c <= 9
	}
	if len(raw) > 3 {
		return 0, false
	}
	n, ok := parseBytes(raw)
	return uint16(n), ok
}

// parseASN reads an autonomous system number; what is none is 0.
func parseASN(raw []byte) uint32 {
	n, ok := parseInt(raw)
	if !ok || n > 1<<32-1 {
		return 0
	}
	return uint32(n)
}
