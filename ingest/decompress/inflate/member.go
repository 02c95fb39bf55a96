package inflate

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// The header of RFC 1952, section 2.3. Its other flags are ignored, as
// compress/gzip does.
const (
	flagHeaderSum = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4

	methodDeflate = 8

	// maxText is how long a name or a comment may be with its zero. RFC 1952
	// sets no limit; this one is that of compress/gzip (Go 1.26).
	maxText = 512
)

// header reads what stands before the data. Meanwhile r.sum is that of the
// header.
func (r *Reader) header() error {
	head, err := r.take(3)
	if err != nil {
		return err
	}
	if head[0] != 0x1f || head[1] != 0x8b || head[2] != methodDeflate {
		return r.fault(BadMagic)
	}
	if head, err = r.take(7); err != nil { // flags, MTIME, XFL, OS
		return err
	}
	flags := head[0]
	if flags&flagExtra != 0 {
		if err := r.skipExtra(); err != nil {
			return err
		}
	}
	for _, flag := range [...]byte{flagName, flagComment} {
		if flags&flag != 0 {
			if err := r.skipText(); err != nil {
				return err
			}
		}
	}
	if flags&flagHeaderSum != 0 {
		sum := uint16(r.sum)
		want, err := r.take(2)
		if err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(want) != sum {
			return r.fault(HeaderSum)
		}
	}
	r.sum, r.state = 0, atBlock
	return nil
}

// skipExtra skips the extra field.
func (r *Reader) skipExtra() error {
	size, err := r.take(2)
	if err != nil {
		return err
	}
	for left := int(binary.LittleEndian.Uint16(size)); left > 0; left -= len(r.scratch) {
		if _, err := r.take(min(left, len(r.scratch))); err != nil {
			return err
		}
	}
	return nil
}

// skipText skips bytes up to a zero.
func (r *Reader) skipText() error {
	for range maxText {
		if c, err := r.take(1); err != nil || c[0] == 0 {
			return err
		}
	}
	return r.fault(BadHeader)
}

// trailer checks the data, all of which were handed out or are about to be.
func (r *Reader) trailer() error {
	r.drop(r.nbits) // up to the byte
	sum := r.sum
	want, err := r.take(8)
	switch {
	case err != nil:
		return err
	case binary.LittleEndian.Uint32(want) != sum:
		return r.fault(Checksum)
	case binary.LittleEndian.Uint32(want[4:]) != r.size:
		return r.fault(Size)
	}
	return io.EOF
}

// take takes n bytes of input, which is at the start of one, and adds them to
// the sum. They are valid until the next call; n is at most len(r.scratch).
func (r *Reader) take(n int) ([]byte, error) {
	p := r.scratch[:n]
	for got := 0; got < n; {
		if r.pos == len(r.in) {
			if err := r.fill(); err != nil {
				return nil, err
			}
		}
		m := copy(p[got:], r.in[r.pos:])
		got += m
		r.pos += m
	}
	r.sum = crc32.Update(r.sum, crc32.IEEETable, p)
	return p, nil
}
