package inflate

// block reads the header of a block (RFC 1951, section 3.2.3).
func (r *Reader) block() error {
	if err := r.need(3); err != nil {
		return err
	}
	r.last = r.bits&1 != 0
	kind := r.bits >> 1 & 3
	r.drop(3)
	switch kind {
	case 0:
		return r.storedHeader()
	case 1:
		r.code, r.state = fixed(), inCode
		return nil
	case 2:
		return r.dynamicHeader()
	}
	return r.fault(BadBlock)
}

// storedHeader reads the lengths of section 3.2.4.
func (r *Reader) storedHeader() error {
	r.drop(r.nbits) // up to the byte
	if err := r.need(32); err != nil {
		return err
	}
	size, complement := uint16(r.bits), uint16(r.bits>>16)
	r.drop(32)
	if size != ^complement {
		return r.fault(BadStored)
	}
	r.stored, r.state = int(size), inStored
	return nil
}

// copyStored copies what there is of a stored block.
func (r *Reader) copyStored() error {
	for r.stored > 0 {
		if r.full() {
			return nil
		}
		if r.pos == len(r.in) {
			if err := r.fill(); err != nil {
				return err
			}
		}
		n := min(r.stored, len(r.in)-r.pos, len(r.out)-slack-r.w)
		copy(r.out[r.w:], r.in[r.pos:r.pos+n])
		r.w += n
		r.pos += n
		r.stored -= n
	}
	r.endBlock()
	return nil
}

// preOrder is the order of section 3.2.7.
var preOrder = [numPre]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicHeader reads the codes of section 3.2.7.
func (r *Reader) dynamicHeader() error {
	if err := r.need(14); err != nil {
		return err
	}
	nlit := int(r.bits&31) + 257
	ndist := int(r.bits>>5&31) + 1
	npre := int(r.bits>>10&15) + 4
	r.drop(14)
	if nlit > maxLit || ndist > maxDist {
		return r.fault(BadTable)
	}
	var pre [numPre]uint8
	for _, sym := range preOrder[:npre] {
		if err := r.need(3); err != nil {
			return err
		}
		pre[sym] = uint8(r.bits & 7)
		r.drop(3)
	}
	if !build(r.pre[:], preBits, pre[:], 0, 0, preSymbol) {
		return r.fault(BadTable)
	}
	lens := r.lens[:nlit+ndist]
	if err := r.codeLengths(lens); err != nil {
		return err
	}
	if !r.dynamic.build(lens[:nlit], lens[nlit:]) {
		return r.fault(BadTable)
	}
	r.code, r.state = r.dynamic, inCode
	return nil
}

// preValid marks an entry of the table of code lengths that has a symbol, in
// the byte above its number of bits.
const preValid = 1 << 16

func preSymbol(sym int, n uint32) uint32 { return preValid | uint32(sym)<<8 | n }

// codeLengths reads the lengths of both codes.
func (r *Reader) codeLengths(lens []uint8) error {
	for i := 0; i < len(lens); {
		e := r.pre[r.bits&(1<<preBits-1)]
		for uint(e&0xff) > r.nbits || e&preValid == 0 && r.nbits == 0 {
			if err := r.more(); err != nil {
				return err
			}
			e = r.pre[r.bits&(1<<preBits-1)]
		}
		if e&preValid == 0 {
			return r.fault(BadCode)
		}
		r.drop(uint(e & 0xff))
		sym := uint8(e >> 8)
		if sym < 16 {
			lens[i] = sym
			i++
			continue
		}
		n, value, err := r.repeat(sym, lens[:i])
		if err != nil {
			return err
		}
		if n > len(lens)-i {
			return r.fault(BadTable)
		}
		for ; n > 0; n-- {
			lens[i] = value
			i++
		}
	}
	return nil
}

// repeat reads how often which length follows those before.
func (r *Reader) repeat(sym uint8, before []uint8) (n int, value uint8, err error) {
	extra, n := uint(2), 3
	switch {
	case sym == 17:
		extra = 3
	case sym == 18:
		extra, n = 7, 11
	case len(before) == 0:
		return 0, 0, r.fault(BadTable)
	default:
		value = before[len(before)-1]
	}
	if err := r.need(extra); err != nil {
		return 0, 0, err
	}
	n += int(r.bits & (1<<extra - 1))
	r.drop(extra)
	return n, value, nil
}

// decodeCode decodes symbols until the chunk is full or the block ends.
func (r *Reader) decodeCode() error {
	for r.state == inCode && !r.full() {
		if len(r.in)-r.pos > fastReads {
			if f := r.fast(); f != 0 {
				return r.fault(f)
			}
			if r.state != inCode || r.full() {
				return nil
			}
		}
		if err := r.symbol(); err != nil {
			return err
		}
	}
	return nil
}

// symbol decodes one symbol, and the distance if it is a length, taking no byte
// of input before it turns out to be needed.
func (r *Reader) symbol() error {
	e := r.code.litEntry(r.bits)
	for uint(e&0xff) > r.nbits {
		if err := r.more(); err != nil {
			return err
		}
		e = r.code.litEntry(r.bits)
	}
	bits := r.bits
	r.drop(uint(e & 0xff))
	switch {
	case e&litLiteral != 0:
		r.out[r.w] = byte(e >> 8)
		r.w++
		return nil
	case e&litEnd != 0:
		r.endBlock()
		return nil
	case e&litSpecial != 0:
		return r.fault(BadCode)
	}
	return r.match(int(e>>17) + int(bits>>(e>>13&15)&uint64(e>>8&31)))
}

// match decodes the distance for a length and copies.
func (r *Reader) match(length int) error {
	e := r.code.distEntry(r.bits)
	for uint(e&0xff) > r.nbits {
		if err := r.more(); err != nil {
			return err
		}
		e = r.code.distEntry(r.bits)
	}
	bits := r.bits
	r.drop(uint(e & 0xff))
	if e&distSpecial != 0 {
		return r.fault(BadCode)
	}
	dist := int(e>>32) + int(bits>>(e>>8&15)&(e>>16&0x1fff))
	if dist > r.w {
		return r.fault(BadDistance)
	}
	for range length {
		r.out[r.w] = r.out[r.w-dist]
		r.w++
	}
	return nil
}
