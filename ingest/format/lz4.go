package format

import (
	"encoding/binary"
	"errors"
)

var errLZ4 = errors.New("lz4 data is damaged")

// lz4Frame appends what an LZ4 frame holds to dst, which is empty and does not
// grow beyond size bytes. Checksums are not compared: Arrow's writers leave them
// out.
// Source: lz4_Frame_format.md 1.6.4 and lz4_Block_format.md of LZ4.
func lz4Frame(dst, src []byte, size int) ([]byte, error) {
	const magic = 0x184d2204
	if len(src) < 7 || binary.LittleEndian.Uint32(src) != magic || src[4]>>6 != 1 {
		return nil, errLZ4
	}
	flags := src[4]
	head := 7 // magic, flags, block size, checksum of the header
	if flags&8 != 0 {
		head += 8 // content size
	}
	if flags&1 != 0 || len(src) < head { // of a dictionary nobody knows
		return nil, errLZ4
	}
	src = src[head:]
	for {
		if len(src) < 4 {
			return nil, errLZ4
		}
		n := binary.LittleEndian.Uint32(src)
		if src = src[4:]; n == 0 {
			return dst, nil
		}
		packed := n>>31 == 0
		if n &^= 1 << 31; uint64(n) > uint64(len(src)) {
			return nil, errLZ4
		}
		block := src[:n]
		src = src[n:]
		if flags&16 != 0 { // a checksum of the block
			src = src[min(4, len(src)):]
		}
		var err error
		if packed {
			dst, err = lz4Block(dst, block, size)
		} else if len(block) <= size-len(dst) {
			dst = append(dst, block...)
		} else {
			err = errLZ4
		}
		if err != nil {
			return nil, err
		}
	}
}

// lz4Block appends a block to dst, from where it may copy, up to size bytes.
func lz4Block(dst, src []byte, size int) ([]byte, error) {
	for len(src) > 0 {
		token := src[0]
		literals, src2, ok := lz4Length(int(token>>4), src[1:])
		if !ok || literals > len(src2) || literals > size-len(dst) {
			return nil, errLZ4
		}
		dst = append(dst, src2[:literals]...)
		if src = src2[literals:]; len(src) == 0 {
			return dst, nil // the last sequence has no match
		}
		if len(src) < 2 {
			return nil, errLZ4
		}
		back := int(binary.LittleEndian.Uint16(src))
		match, src2, ok := lz4Length(int(token&15), src[2:])
		src = src2
		const least = 4
		if match += least; !ok || back == 0 || back > len(dst) || match > size-len(dst) {
			return nil, errLZ4
		}
		for match > 0 { // what is copied may have just been written
			from := len(dst) - back
			n := min(match, back)
			dst = append(dst, dst[from:from+n]...)
			match -= n
			back += n
		}
	}
	return dst, nil
}

// lz4Length reads the rest of a length of which the token has n.
func lz4Length(n int, src []byte) (int, []byte, bool) {
	if n < 15 {
		return n, src, true
	}
	for i, c := range src {
		if n += int(c); c < 255 {
			return n, src[i+1:], true
		}
	}
	return 0, nil, false
}
