package inflate

import (
	"math/bits"
	"sync"
)

// The codes of RFC 1951.
const (
	maxCodeLen  = 15 // section 3.2.7
	numLit      = 288
	maxLit      = 286 // 286 and 287 have codes in fixed blocks but never occur
	numDist     = 32
	maxDist     = 30 // likewise 30 and 31
	endOfBlock  = 256
	numPre      = 19
	preBits     = 7 // the longest code of a code length
	maxMatch    = 258
	windowSize  = 32 << 10
	maxDistBits = maxCodeLen + 13 // a distance with its extra bits
)

// How many bits the primary tables are indexed with; longer codes go on to a
// secondary table behind it. One bit more or less of either made no difference
// that could be measured; entries of two literals, where both codes fit, took
// longer to make than they saved.
//
// A secondary table of 2^k entries is there for a code of primary+k bits and so
// holds at least k+1 symbols, or the code would not be complete. So the 288
// literals and lengths make at most 57 tables of 16 entries, and the 32
// distances 4 of 64; smaller tables have fewer entries for each symbol.
const (
	litBits  = 11
	distBits = 9
	litMask  = 1<<litBits - 1
	distMask = 1<<distBits - 1
	litSize  = 1<<litBits + numLit/5*16
	distSize = 1<<distBits + numDist/7*64
)

// An entry of the literal/length table says what the next bits of input mean.
// Its low byte is the number of bits that this takes, so that it can be used
// as a shift count, and be subtracted, whole.
//
//	literal        litLiteral, the byte in 8-15
//	length         mask of the extra bits in 8-12, bits of the code in 13-16,
//	               base length in 17-25
//	end of block   litSpecial and litEnd
//	secondary      litSpecial and litSub, index bits in 0-7, start in 8-23
//	no symbol      litSpecial alone
const (
	litLiteral = 1 << 31
	litSpecial = 1 << 30
	litSub     = 1 << 29
	litEnd     = 1 << 28
)

// An entry of the distance table has the number of bits in its low byte too.
//
//	distance       bits of the code in 8-11, mask of the extra bits in 16-28,
//	               base in 32-46
//	secondary      distSpecial and distSub, index bits in 0-7, start in 8-23
//	no symbol      distSpecial alone
const (
	distSpecial = 1 << 63
	distSub     = 1 << 62
)

// tables are the two codes of a block.
type tables struct {
	lit  [litSize]uint32
	dist [distSize]uint64
}

// litEntry is what the bits mean. It may take more bits than there are.
func (t *tables) litEntry(bits uint64) uint32 {
	e := t.lit[bits&litMask]
	if e&litSub != 0 {
		e = t.litSecondary(e, bits)
	}
	return e
}

// litSecondary is the entry that the primary entry e leads to.
func (t *tables) litSecondary(e uint32, bits uint64) uint32 {
	return t.lit[uint64(e>>8&0xffff)+bits>>litBits&(1<<(e&7)-1)]
}

// distEntry is litEntry for the distance.
func (t *tables) distEntry(bits uint64) uint64 {
	e := t.dist[bits&distMask]
	if e&distSub != 0 {
		e = t.distSecondary(e, bits)
	}
	return e
}

// distSecondary is litSecondary for the distance.
func (t *tables) distSecondary(e, bits uint64) uint64 {
	return t.dist[e>>8&0xffff+bits>>distBits&(1<<(e&7)-1)]
}

// RFC 1951, section 3.2.5.
var (
	lengthBase = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
		115, 131, 163, 195, 227, 258}
	lengthExtra = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025,
		1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12,
		13, 13}
)

// litSymbol is the entry for a symbol whose code has n bits.
func litSymbol(sym int, n uint32) uint32 {
	switch {
	case sym < endOfBlock:
		return litLiteral | uint32(sym)<<8 | n
	case sym == endOfBlock:
		return litSpecial | litEnd | n
	case sym >= maxLit:
		return litSpecial | n
	}
	extra := uint32(lengthExtra[sym-257])
	return uint32(lengthBase[sym-257])<<17 | n<<13 | (1<<extra-1)<<8 | (n + extra)
}

// distSymbol is the entry for a symbol whose code has n bits.
func distSymbol(sym int, n uint32) uint64 {
	if sym >= maxDist {
		return distSpecial | uint64(n)
	}
	extra := distExtra[sym]
	return uint64(distBase[sym])<<32 | (1<<extra-1)<<16 | uint64(n)<<8 | uint64(n+uint32(extra))
}

// fixed are the tables of RFC 1951, section 3.2.6. Nobody writes to them.
var fixed = sync.OnceValue(func() *tables {
	var lens [numLit + numDist]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		case i < 288:
			lens[i] = 8
		default:
			lens[i] = 5
		}
	}
	t := new(tables)
	t.build(lens[:numLit], lens[numLit:])
	return t
})

// build makes the tables from the lengths of the codes and reports whether
// these make codes.
func (t *tables) build(lit, dist []uint8) bool {
	return build(t.lit[:], litBits, lit, litSpecial, litSpecial|litSub, litSymbol) &&
		build(t.dist[:], distBits, dist, distSpecial, distSpecial|distSub, distSymbol)
}

// build fills a table for the canonical code of RFC 1951, section 3.2.2, whose
// lengths are given, as deflate_decompress.c of libdeflate does: with codes in
// ascending order of length, the table growing to twice its size by copying
// itself when the length does. It reports whether the code is complete; like
// zlib and compress/flate it takes a code of nothing, and of a single symbol
// with one bit, too: the bits that mean nothing get the entry none.
func build[E uint32 | uint64](table []E, tableBits int, lens []uint8, none, sub E, entry func(int, uint32) E) bool {
	var count, offset [maxCodeLen + 2]int
	for _, n := range lens {
		count[n&15]++
	}
	space := 0 // of 1<<15
	for n := 1; n <= maxCodeLen; n++ {
		offset[n+1] = offset[n] + count[n]
		space += count[n] << (maxCodeLen - n)
	}
	used := offset[maxCodeLen+1]
	if space != 1<<maxCodeLen {
		return degenerate(table[:1<<tableBits], lens, used, count[1], none, entry)
	}
	var sorted [numLit]uint16
	for sym, n := range lens {
		if n != 0 {
			sorted[offset[n&15]] = uint16(sym)
			offset[n&15]++
		}
	}

	code, next, n := 0, 0, 1 // code has its bits in the order of the input, the last one topmost
	for ; n <= tableBits; n++ {
		for range count[n] {
			table[code] = entry(int(sorted[next]), uint32(n))
			next++
			code = successor(code, n)
		}
		if n < tableBits {
			copy(table[1<<n:2<<n], table[:1<<n])
		}
	}
	end, start, prefix := 1<<tableBits, 0, -1
	for ; n <= maxCodeLen; n++ {
		for left := count[n]; left > 0; left-- {
			if low := code & (1<<tableBits - 1); low != prefix {
				prefix, start = low, end
				k := secondaryBits(count[:], n, left, tableBits)
				end += 1 << k
				table[prefix] = sub | E(start)<<8 | E(k)
			}
			e := entry(int(sorted[next]), uint32(n))
			for i := start + code>>tableBits; i < end; i += 1 << (n - tableBits) {
				table[i] = e
			}
			next++
			code = successor(code, n)
		}
	}
	return true
}

// degenerate fills the table of a code that is not complete.
func degenerate[E uint32 | uint64](table []E, lens []uint8, used, short int, none E, entry func(int, uint32) E) bool {
	if used > 1 || used != short {
		return false
	}
	for i := range table {
		table[i] = none | E(used) // after 1 bit, or at once
	}
	for sym, n := range lens {
		if n == 1 {
			for i := 0; i < len(table); i += 2 {
				table[i] = entry(sym, 1)
			}
		}
	}
	return true
}

// successor is the code of n bits that follows in canonical order, given in the
// order of the input; the one that follows the last is arbitrary.
func successor(code, n int) int {
	zeros := code ^ (1<<n - 1)
	if zeros == 0 {
		return code
	}
	bit := 1 << (bits.Len(uint(zeros)) - 1)
	return code&(bit-1) | bit
}

// secondaryBits is by how many bits a secondary table is indexed that starts
// with a code of n bits, left of which are still to come.
func secondaryBits(count []int, n, left, tableBits int) int {
	k := n - tableBits
	for space := left; space < 1<<k; {
		k++
		space = space<<1 + count[tableBits+k]
	}
	return k
}
