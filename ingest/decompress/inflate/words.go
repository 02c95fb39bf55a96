package inflate

import "encoding/binary"

// These are single instructions behind one check of the bounds each: the third
// index tells the compiler that the slice is never empty.

// load64 reads the eight bytes at b[i:].
func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8 : i+8]) }

// store64 writes eight bytes at b[i:].
func store64(b []byte, i int, v uint64) { binary.LittleEndian.PutUint64(b[i:i+8:i+8], v) }

// copyStep copies step bytes from b[from:] to b[to:], sixteen at a time, so that
// they may repeat if they are sixteen or more apart.
func copyStep(b []byte, to, from int) {
	dst, src := (*[step]byte)(b[to:to+step:to+step]), (*[step]byte)(b[from:from+step:from+step])
	copy(dst[0:16], src[0:16])
	copy(dst[16:32], src[16:32])
	copy(dst[32:48], src[32:48])
	copy(dst[48:64], src[48:64])
}
