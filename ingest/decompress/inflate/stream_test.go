package inflate

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"math/rand/v2"
)

// bitWriter writes deflate streams that no compressor would.
type bitWriter struct {
	packed []byte
	bits   uint64
	n      uint
	data   []byte // what the stream means
}

func (w *bitWriter) put(v uint64, n int) {
	w.bits |= v << w.n
	for w.n += uint(n); w.n >= 8; w.n -= 8 {
		w.packed = append(w.packed, byte(w.bits))
		w.bits >>= 8
	}
}

func (w *bitWriter) align() {
	if w.n > 0 {
		w.put(0, int(8-w.n))
	}
}

func (w *bitWriter) block(last bool, kind uint64) {
	w.put(kind<<1|map[bool]uint64{true: 1}[last], 3)
}

func (w *bitWriter) storedBlock(last bool, p []byte) {
	w.block(last, 0)
	w.align()
	w.put(uint64(len(p))|uint64(^uint16(len(p)))<<16, 32)
	w.packed = append(w.packed, p...)
	w.data = append(w.data, p...)
}

// code is a canonical code, slowly.
type code struct {
	lens []uint8
	code []uint16
}

func newCode(lens []uint8) *code {
	c := &code{lens, make([]uint16, len(lens))}
	next := 0
	for n := uint8(1); n <= maxCodeLen; n++ {
		next <<= 1
		for sym, m := range lens {
			if m == n {
				c.code[sym] = bits.Reverse16(uint16(next)) >> (16 - n)
				next++
			}
		}
	}
	return c
}

func (w *bitWriter) symbol(c *code, sym int) { w.put(uint64(c.code[sym]), int(c.lens[sym])) }

// header writes a dynamic header in which every length stands for itself.
func (w *bitWriter) header(last bool, lit, dist []uint8) {
	w.block(last, 2)
	w.put(uint64(len(lit)-257), 5)
	w.put(uint64(len(dist)-1), 5)
	w.put(numPre-4, 4)
	pre := make([]uint8, numPre)
	for i := range 16 {
		pre[i] = 4
	}
	for _, sym := range preOrder {
		w.put(uint64(pre[sym]), 3)
	}
	c := newCode(pre)
	for _, lens := range [][]uint8{lit, dist} {
		for _, n := range lens {
			w.symbol(c, int(n))
		}
	}
}

func (w *bitWriter) literal(lit *code, b byte) {
	w.symbol(lit, int(b))
	w.data = append(w.data, b)
}

// match writes the match with the symbols and extra bits, if it is valid.
func (w *bitWriter) match(lit, dist *code, length, lengthBits, distance, distBits int) bool {
	d := int(distBase[distance]) + distBits
	if d > len(w.data) {
		return false
	}
	w.symbol(lit, 257+length)
	w.put(uint64(lengthBits), int(lengthExtra[length]))
	w.symbol(dist, distance)
	w.put(uint64(distBits), int(distExtra[distance]))
	for range int(lengthBase[length]) + lengthBits {
		w.data = append(w.data, w.data[len(w.data)-d])
	}
	return true
}

// member is the stream as a gzip member.
func (w *bitWriter) member() []byte {
	w.align()
	p := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), w.packed...)
	p = binary.LittleEndian.AppendUint32(p, crc32.ChecksumIEEE(w.data))
	return binary.LittleEndian.AppendUint32(p, uint32(len(w.data)))
}

// randomLens are the lengths of a complete code for n of the symbols, those
// needed among them.
func randomLens(rng *rand.Rand, symbols, n, longest int, needed ...int) []uint8 {
	leaves := []int{1, 1}
	for len(leaves) < n {
		i := rng.IntN(len(leaves))
		if rng.IntN(3) == 0 {
			i = len(leaves) - 1 // one-sided, to get long ones
		}
		if leaves[i] < longest {
			leaves[i]++
			leaves = append(leaves, leaves[i])
		}
	}
	lens := make([]uint8, symbols)
	order := append(needed[:len(needed):len(needed)], rng.Perm(symbols)...)
	for _, sym := range order {
		if len(leaves) > 0 && lens[sym] == 0 {
			i := rng.IntN(len(leaves))
			lens[sym] = uint8(leaves[i])
			leaves = append(leaves[:i], leaves[i+1:]...)
		}
	}
	return lens
}

// randomBlock appends a block of about n symbols.
func (w *bitWriter) randomBlock(rng *rand.Rand, last bool, n int) {
	var lit, dist *code
	switch rng.IntN(6) {
	case 0:
		p := make([]byte, rng.IntN(n+1))
		for i := range p {
			p[i] = byte(rng.IntN(256))
		}
		w.storedBlock(last, p)
		return
	case 1:
		lit, dist = fixedCodes()
		w.block(last, 1)
	default:
		litLens := randomLens(rng, 257+rng.IntN(30), 2+rng.IntN(250), 9+rng.IntN(7), endOfBlock)
		var distLens []uint8
		switch rng.IntN(4) {
		case 0:
			distLens = make([]uint8, 1+rng.IntN(30))
		case 1:
			distLens = make([]uint8, 1+rng.IntN(30))
			distLens[rng.IntN(len(distLens))] = 1
		default:
			size := 2 + rng.IntN(29)
			distLens = randomLens(rng, size, 2+rng.IntN(size-1), 5+rng.IntN(11))
		}
		lit, dist = newCode(litLens), newCode(distLens)
		w.header(last, litLens, distLens)
	}
	w.randomSymbols(rng, lit, dist, n)
	w.symbol(lit, endOfBlock)
}

func fixedCodes() (lit, dist *code) {
	lens := make([]uint8, numLit+numDist)
	for i := range lens {
		lens[i] = [...]uint8{8, 9, 7, 8, 5}[btoi(i >= 144)+btoi(i >= 256)+btoi(i >= 280)+btoi(i >= 288)]
	}
	return newCode(lens[:numLit]), newCode(lens[numLit:])
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w *bitWriter) randomSymbols(rng *rand.Rand, lit, dist *code, n int) {
	var lits, lengths, dists []int
	for sym, n := range lit.lens {
		switch {
		case n > 0 && sym < endOfBlock:
			lits = append(lits, sym)
		case n > 0 && sym > endOfBlock && sym < maxLit:
			lengths = append(lengths, sym-257)
		}
	}
	for sym, n := range dist.lens {
		if n > 0 && sym < maxDist {
			dists = append(dists, sym)
		}
	}
	matches := rng.IntN(4)
	for range n {
		if rng.IntN(4) < matches && len(lengths) > 0 && len(dists) > 0 {
			l, d := lengths[rng.IntN(len(lengths))], dists[rng.IntN(len(dists))]
			w.match(lit, dist, l, rng.IntN(1<<lengthExtra[l]), d, rng.IntN(1<<distExtra[d]))
		} else if len(lits) > 0 {
			w.literal(lit, byte(lits[rng.IntN(len(lits))]))
		}
	}
}

// randomStream is a stream of some blocks of about n symbols each.
func randomStream(rng *rand.Rand, n int) *bitWriter {
	w := new(bitWriter)
	for i := rng.IntN(5); i >= 0; i-- {
		w.randomBlock(rng, i == 0, rng.IntN(n+1))
	}
	return w
}
