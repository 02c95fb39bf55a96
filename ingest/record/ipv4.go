package record

import (
	"encoding/binary"
	"math/bits"
)

// longestIPv4 is the length of the longest IPv4 address as text.
const longestIPv4 = len("255.255.255.255")

// wideIPv4 is how many bytes are looked at to read one.
const wideIPv4 = 16

// parseIPv4 reads an IPv4 address in the one form that netip.ParseAddr takes:
// four numbers without leading zeros.
func parseIPv4(raw []byte) (addr uint32, ok bool) {
	if len(raw) > longestIPv4 {
		return 0, false
	}
	if cap(raw) >= wideIPv4 {
		return readIPv4((*[wideIPv4]byte)(raw[:wideIPv4]), len(raw)) // what stands behind the address is not looked at
	}
	var wide [wideIPv4]byte
	copy(wide[:], raw)
	return readIPv4(&wide, len(raw))
}

// slowIPv4 is readIPv4 for any processor. It has no branch that depends on the
// lengths of the numbers, which no processor predicts.
func slowIPv4(wide *[wideIPv4]byte, size int) (addr uint32, ok bool) {
	all := uint32(1) << (size & 31)
	others := otherMask(wide)&(all-1) | all // the bytes that are no digits
	wrong, from, end := uint32(0), uint32(0), uint32(0)
	for i := range 4 {
		if others == 0 || from > wideIPv4-4 {
			return 0, false
		}
		end = uint32(bits.TrailingZeros32(others))
		others &= others - 1
		long := end - from
		if long-1 > 2 {
			return 0, false
		}
		if i < 3 {
			wrong |= uint32(wide[end%wideIPv4]) ^ '.'
		}
		// The digits go to the upper bytes, and zeros before them.
		digits := binary.LittleEndian.Uint32(wide[from:]) << (32 - 8*long&31)
		n := digits>>8&15*100 + digits>>16&15*10 + digits>>24&15
		least := uint32(0x640a00) >> (8 * (long - 1) & 31) & 0xff // 0, 10, 100: no leading zero
		wrong |= (n-least)>>31 | (255-n)>>31
		addr = addr<<8 | n
		from = end + 1
	}
	return addr, wrong|others == 0
}

// otherMask has the bit of each of the bytes that is no digit.
func otherMask(wide *[wideIPv4]byte) uint32 {
	const low7, each = 0x7f7f7f7f7f7f7f7f, 0x0101010101010101
	var mask uint32
	for i := range 2 {
		x := binary.LittleEndian.Uint64(wide[8*i:]) ^ '0'*each
		other := (x&low7 + (0x80-10)*each | x) &^ low7 >> 7 // the lowest bit of each byte of x above 9
		// The factor brings bit 8k to bit 56+k, and no two to the same.
		mask |= uint32(other*0x0102040810204080>>56) << (8 * i)
	}
	return mask
}
