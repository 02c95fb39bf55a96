package format

import (
	"encoding/binary"
	"errors"
)

// The encodings of values in Parquet pages. They are read here and not by
// parquet-go, which allocates what a run or a header claims: these make
// exactly as many values as were asked for, or fail.
// Source: Encodings.md of Apache Parquet.

var errParquetData = errors.New("page data is damaged")

// unpackBits reads n numbers of width bits, which begin at the lowest bit of
// the first byte. The width is at most 64, and src long enough.
func unpackBits(dst []uint64, src []byte, width uint) {
	if width == 0 {
		clear(dst)
		return
	}
	mask := ^uint64(0) >> (64 - width)
	for i := range dst {
		bit := uint(i) * width
		at, shift := bit/8, bit%8
		v := load64(src, at) >> shift
		if shift+width > 64 {
			v |= uint64(src[at+8]) << (64 - shift)
		}
		dst[i] = v & mask
	}
}

// load64 is the little-endian number at src[at:], zeros behind the end.
func load64(src []byte, at uint) uint64 {
	if at+8 <= uint(len(src)) {
		return binary.LittleEndian.Uint64(src[at:])
	}
	var tail [8]byte
	copy(tail[:], src[at:])
	return binary.LittleEndian.Uint64(tail[:])
}

// unpackIndices is unpackBits for numbers of at most 32 bits, of which there
// are most. The first one begins at that bit of src.
func unpackIndices(dst []uint32, src []byte, bit, width uint) {
	mask := uint64(1)<<width - 1
	for width <= maxPaired && len(dst) >= 2 && bit/8+8 <= uint(len(src)) {
		v := binary.LittleEndian.Uint64(src[bit/8:]) >> (bit % 8)
		dst[0], dst[1] = uint32(v&mask), uint32(v>>width&mask)
		dst = dst[2:]
		bit += 2 * width
	}
	for i := range dst {
		dst[i] = uint32(load64(src, bit/8) >> (bit % 8) & mask)
		bit += width
	}
}

// maxPaired is the width up to which two numbers are in any eight bytes in which
// the first one begins in the first byte.
const maxPaired = (64 - 7) / 2

// hybrid reads numbers of at most 32 bits from runs, each either one number
// repeated or bit-packed groups of eight. Some writers leave out the end of the
// last group.
type hybrid struct {
	src    []byte
	width  uint
	run    uint64 // numbers of the run at hand that were not read
	packed bool
	bit    uint   // of src, where the next one of a packed run begins
	value  uint32 // of a run that is not
}

// read fills dst with the next numbers.
func (h *hybrid) read(dst []uint32) error {
	if h.width > 32 {
		return errParquetData
	}
	for len(dst) > 0 {
		if h.run == 0 {
			if err := h.next(); err != nil {
				return err
			}
		}
		part := dst[:min(h.run, uint64(len(dst)))]
		if h.packed {
			end := h.bit + uint(len(part))*h.width
			if (end+7)/8 > uint(len(h.src)) {
				return errParquetData
			}
			unpackIndices(part, h.src, h.bit, h.width)
			h.bit = end
		} else {
			for i := range part {
				part[i] = h.value
			}
		}
		h.run -= uint64(len(part))
		dst = dst[len(part):]
	}
	return nil
}

// next begins the next run.
func (h *hybrid) next() error {
	h.src, h.bit = h.src[min(uint(len(h.src)), (h.bit+7)/8):], 0
	head, n := binary.Uvarint(h.src)
	if n <= 0 || head>>1 == 0 {
		return errParquetData
	}
	h.src = h.src[n:]
	if h.packed = head&1 != 0; h.packed {
		h.run = 8 * min(head>>1, maxPageValues)
		return nil
	}
	size := int(h.width+7) / 8
	if len(h.src) < size {
		return errParquetData
	}
	value := load64(h.src[:size], 0)
	if value>>h.width != 0 {
		return errParquetData
	}
	h.run, h.value = head>>1, uint32(value)
	h.src = h.src[size:]
	return nil
}

// allOnes reports whether hybrid data is one run of n numbers 1 of one bit: the
// levels of a page without nulls, as most writers have them.
func allOnes(src []byte, n int) bool {
	head, size := binary.Uvarint(src)
	return size > 0 && head&1 == 0 && head>>1 >= uint64(n) && len(src) > size && src[size] == 1
}

const (
	maxDeltaBlock = 1 << 16
	maxMiniBlocks = 1 << 10
)

// decodeDelta fills dst with DELTA_BINARY_PACKED numbers and returns the rest
// of src. Sums wrap around, as the format wants.
func decodeDelta(dst []int64, src []byte) ([]byte, error) {
	var head [3]uint64 // values in a block, miniblocks in a block, values in all
	for i := range head {
		v, n := binary.Uvarint(src)
		if n <= 0 {
			return nil, errParquetData
		}
		head[i], src = v, src[n:]
	}
	first, n := binary.Varint(src)
	if n <= 0 || head[2] != uint64(len(dst)) {
		return nil, errParquetData
	}
	src = src[n:]
	block, minis := head[0], head[1]
	if block == 0 || block > maxDeltaBlock || minis == 0 || minis > maxMiniBlocks || block%minis != 0 || block/minis%8 != 0 {
		return nil, errParquetData
	}
	if len(dst) == 0 {
		return src, nil
	}
	dst[0] = first
	deltas := make([]uint64, block/minis)
	for at := 1; at < len(dst); {
		var err error
		if at, src, err = deltaBlock(dst, at, src, int(minis), deltas); err != nil {
			return nil, err
		}
	}
	return src, nil
}

// deltaBlock reads one block, from dst[at] on.
func deltaBlock(dst []int64, at int, src []byte, minis int, deltas []uint64) (int, []byte, error) {
	least, n := binary.Varint(src)
	if n <= 0 || len(src)-n < minis {
		return 0, nil, errParquetData
	}
	widths := src[n : n+minis]
	src = src[n+minis:]
	for _, width := range widths {
		if at == len(dst) {
			break // miniblocks that are not needed have no data
		}
		size := int(width) * len(deltas) / 8
		if width > 64 || size > len(src) {
			return 0, nil, errParquetData
		}
		unpackBits(deltas, src[:size], uint(width))
		src = src[size:]
		for _, d := range deltas[:min(len(deltas), len(dst)-at)] {
			dst[at] = dst[at-1] + least + int64(d)
			at++
		}
	}
	return at, src, nil
}

// spans are the values of a page of byte strings: places in data.
type spans struct {
	data []byte
	ends []uint64 // start<<32 | end
}

func span(start, end int) uint64 { return uint64(start)<<32 | uint64(end) }

func (s *spans) at(i int) []byte { return s.cut(s.ends[i]) }

func (s *spans) cut(place uint64) []byte {
	start, end := place>>32, place&(1<<32-1)
	return s.data[start:end:end]
}

// decodePlain finds n PLAIN byte strings in data, which it keeps.
func (s *spans) decodePlain(data []byte, n int) error {
	if n > len(data)/4 { // each has its size before it
		return errParquetData
	}
	s.data, s.ends = data, sized(s.ends, n)
	at := 0
	for i := range s.ends {
		if len(data)-at < 4 {
			return errParquetData
		}
		size := binary.LittleEndian.Uint32(data[at:])
		at += 4
		if uint64(size) > uint64(len(data)-at) {
			return errParquetData
		}
		s.ends[i] = span(at, at+int(size))
		at += int(size)
	}
	return nil
}

// decodeDeltaLength finds n DELTA_LENGTH_BYTE_ARRAY strings: all lengths, then
// all bytes.
func (s *spans) decodeDeltaLength(data []byte, n int) error {
	sizes := make([]int64, n)
	rest, err := decodeDelta(sizes, data)
	if err != nil {
		return err
	}
	s.data, s.ends = rest, s.ends[:0]
	at := 0
	for _, size := range sizes {
		if size < 0 || size > int64(len(rest)-at) {
			return errParquetData
		}
		s.ends = append(s.ends, span(at, at+int(size)))
		at += int(size)
	}
	return nil
}

// decodeDeltaStrings makes n DELTA_BYTE_ARRAY strings: of each, how much it
// has in common with the one before, and the rest.
func (s *spans) decodeDeltaStrings(data []byte, n int) error {
	prefixes := make([]int64, n)
	rest, err := decodeDelta(prefixes, data)
	if err != nil {
		return err
	}
	var suffixes spans
	if err := suffixes.decodeDeltaLength(rest, n); err != nil {
		return err
	}
	s.data, s.ends = nil, s.ends[:0]
	last := 0
	for i, prefix := range prefixes {
		start, suffix := len(s.data), suffixes.at(i)
		if prefix < 0 || prefix > int64(start-last) || start+int(prefix)+len(suffix) > maxPageBytes {
			return errParquetData
		}
		s.data = append(s.data, s.data[last:last+int(prefix)]...)
		s.data = append(s.data, suffix...)
		s.ends = append(s.ends, span(start, len(s.data)))
		last = start
	}
	return nil
}

// decodePlainInts reads n PLAIN numbers of 4 or 8 bytes.
func decodePlainInts(dst []int64, data []byte, size int) error {
	if len(data)/size < len(dst) {
		return errParquetData
	}
	for i := range dst {
		if size == 4 {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(data[4*i:])))
		} else {
			dst[i] = int64(binary.LittleEndian.Uint64(data[8*i:]))
		}
	}
	return nil
}
