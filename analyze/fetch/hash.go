package fetch

import "encoding/binary"

// Hash is a number for a path, a query, a User-Agent or an address. It is the
// same in every run, so that what is kept of too much is the same, too: eight
// bytes at a time, its bits mixed as in MurmurHash3 (its 64-bit finalizer).
func Hash(text []byte) uint64 {
	h := uint64(len(text)) * 0x9e3779b97f4a7c15
	for ; len(text) >= 8; text = text[8:] {
		h = mixed(h ^ binary.LittleEndian.Uint64(text))
	}
	var rest uint64
	for i, c := range text {
		rest |= uint64(c) << (8 * i)
	}
	return mixed(h ^ rest)
}

func mixed(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
