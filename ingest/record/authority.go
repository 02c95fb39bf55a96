package record

import (
	"encoding/binary"
	"math/bits"
)

// simpleAuthority finds the authority of "http://…" and "https://…" values in
// which it has nothing that a log's escaping could have touched, so that it
// reads the same decoded or not. Anything else takes the slow path.
func simpleAuthority(raw []byte) ([]byte, bool) {
	var rest []byte
	switch {
	case len(raw) > 8 && string(raw[:8]) == "https://":
		rest = raw[8:]
	case len(raw) > 7 && string(raw[:7]) == "http://":
		rest = raw[7:]
	default:
		return nil, false
	}
	for i, c := range rest {
		switch authorityByte[c] {
		case authorityEnd:
			return rest[:i], i > 0
		case authorityOther:
			return nil, false
		}
	}
	return rest, true
}

const (
	authorityOther = iota // needs the slow path
	authorityPart
	authorityEnd
)

var authorityByte = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == ':':
			t[c] = authorityPart
		case c == '/' || c == '?' || c == '#':
			t[c] = authorityEnd
		}
	}
	return t
}()

// quickAuthority is simpleAuthority for those that are keys of a RefererHosts,
// as most are: it looks for the slash only, because no key that begins like a
// host has a byte that another could be mistaken for, or one that would have to
// be decoded. Those of other values it may find, too; they are no keys.
func quickAuthority(raw []byte) (key short, size int, ok bool) {
	const https, http = 0x2f2f3a7370747468, 0x2f2f3a70747468
	if len(raw) <= len("https://") || cap(raw) < len("https://")+shortKey {
		return short{}, 0, false
	}
	from := 0
	switch head := binary.LittleEndian.Uint64(raw[:8]); {
	case head == https:
		from = 8
	case head<<8 == http<<8:
		from = 7
	default:
		return short{}, 0, false
	}
	wide := (*[shortKey]byte)(raw[from:cap(raw)])
	if authorityByte[wide[0]] != authorityPart {
		return short{}, 0, false
	}
	key = loadWide(wide)
	end := uint64(1) << (len(raw) - from)
	end |= slashes(key.a) | slashes(key.b)<<8 | slashes(key.c)<<16 | slashes(key.d)<<24
	if size = bits.TrailingZeros64(end); size >= shortKey {
		return short{}, 0, false
	}
	return key.first(size), size, true
}

// slashes has the bit of the first byte of x that is a slash, if any is, and
// maybe of some behind it.
func slashes(x uint64) uint64 {
	const each = 0x0101010101010101
	x ^= '/' * each
	zero := (x - each) &^ x & (0x80 * each) // the lowest bit that is set is right
	// The factor brings bit 8k to bit 56+k, and no two to the same.
	return zero >> 7 * 0x0102040810204080 >> 56
}
