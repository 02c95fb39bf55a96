package inflate

// What one turn of the loop of fast needs.
const (
	// fastReads is how many bytes of input it looks at: two refills, each of
	// which loads 8 bytes and moves on by at most 7.
	fastReads = 7 + 8

	// fastWrites is how many bytes of data it makes: three literals and a match.
	fastWrites = 3 + maxMatch

	// step is how many bytes of a match are copied at a time, and so bounds what
	// is scribbled behind the data.
	step = 64
)

// fast decodes symbols while there are more than fastReads bytes of input and
// the chunk is not full, or until the block ends, or a symbol is at fault. The
// input must be that long at the start.
//
// It is decompress_template.h of libdeflate for the most part: eight bytes are
// loaded into b at once, of which so many count as make up 56 to 63 bits; n is
// their number, in its low byte, with garbage above, so that whole entries can
// be subtracted. That lasts for three literals, of litBits at most each, and
// either another or a length, of 20. The next entry is looked up before a match
// is copied, so as not to wait for that.
//
// It is one long function because it lives on keeping its state in registers.
// Each index is in range by the bounds of its loop: pos+fastReads < len(in), w
// < windowSize+ChunkSize = len(out)-slack, and 0 <= from < w. (As out has a
// constant length and w is compared as uint, the compiler finds most of that out
// by itself; doing without all checks by unsafe gained 2 to 6 percent.)
func (r *Reader) fast() Fault {
	const wEnd = windowSize + ChunkSize
	t := r.code
	in, out := r.in, r.out[:]
	w := r.w
	posEnd := len(in) - fastReads
	end := false
	var f Fault

	b, n, pos := refill(in, r.pos, r.bits, uint64(r.nbits))
	e := t.lit[b&litMask]
	for pos < posEnd && uint(w) < wEnd {
		if int32(e) < 0 {
			w, b, n = literal(out, w, b, n, e)
			e = t.lit[b&litMask]
			if int32(e) < 0 {
				w, b, n = literal(out, w, b, n, e)
				e = t.lit[b&litMask]
				if int32(e) < 0 {
					w, b, n = literal(out, w, b, n, e)
					e = t.lit[b&litMask]
					if int32(e) < 0 {
						w, b, n = literal(out, w, b, n, e)
						b, n, pos = refill(in, pos, b, n)
						e = t.lit[b&litMask]
						continue
					}
				}
			}
		}

		if e&litSpecial != 0 {
			if e&litSub != 0 {
				e = t.litSecondary(e, b)
			}
			if int32(e) < 0 {
				w, b, n = literal(out, w, b, n, e)
				b, n, pos = refill(in, pos, b, n)
				e = t.lit[b&litMask]
				continue
			}
			if e&litSpecial != 0 {
				b >>= e & 63
				n -= uint64(e)
				end = e&litEnd != 0
				if !end {
					f = BadCode
				}
				break
			}
		}
		length := int(e>>17) + int(b>>(e>>13&15)&uint64(e>>8&31))
		b >>= e & 63
		n -= uint64(e)

		if uint8(n) < maxDistBits {
			b, n, pos = refill(in, pos, b, n)
		}
		d := t.dist[b&distMask]
		if int64(d) < 0 {
			if d&distSub != 0 {
				d = t.distSecondary(d, b)
			}
			if int64(d) < 0 {
				b >>= d & 63
				n -= d
				f = BadCode
				break
			}
		}
		dist := int(d>>32) + int(b>>(d>>8&15)&(d>>16&0x1fff))
		b >>= d & 63
		n -= d
		to, from := w, w-dist
		if from < 0 {
			f = BadDistance
			break
		}
		w += length
		b, n, pos = refill(in, pos, b, n)
		e = t.lit[b&litMask]

		switch {
		case dist >= 16:
			copyStep(out, to, from)
			for length > step {
				to += step
				from += step
				length -= step
				copyStep(out, to, from)
			}
		case dist >= 8:
			for ; to < w; to, from = to+8, from+8 {
				store64(out, to, load64(out, from))
			}
		case dist == 1:
			v := uint64(out[from]) * 0x0101010101010101
			for ; to < w; to += 8 {
				store64(out, to, v)
			}
		default:
			for ; to < w; to, from = to+1, from+1 {
				out[to] = out[from]
			}
		}
	}

	n &= 0xff
	r.pos, r.w = pos-int(n>>3), w // bytes that were not begun go back
	n &= 7
	r.bits, r.nbits = b&(1<<n-1), uint(n)
	if end {
		r.endBlock()
	}
	return f
}

// refill loads so many bytes at pos that there are 56 bits or more.
func refill(in []byte, pos int, b, n uint64) (bits, count uint64, next int) {
	return b | load64(in, pos)<<(n&63), n | 56, pos + 7 - int(n>>3&7)
}

// literal writes the literal of the entry.
func literal(out []byte, w int, b, n uint64, e uint32) (next int, bits, count uint64) {
	out[w] = byte(e >> 8)
	return w + 1, b >> (e & 63), n - uint64(e)
}
