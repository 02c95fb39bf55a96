// Package cut finds where rows of delimited text end, and where their columns
// do. Processors with AVX2 have a loop of their own for that, in assembler; the
// build tag purego leaves it out.
package cut

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// MaxColumns is the most columns of which the ends can be asked for.
const MaxColumns = 256

// Ends is where columns end, counted from the beginning of the row. Behind the
// ends asked for, anything may stand: 64 bytes are looked at together, and the
// ends in them written in steps.
type Ends [MaxColumns + 64 + stepEnds]int32

// Row finds the end of the row that block begins with, which is its first
// newline or the end of the block, and the separators in it. At most the first
// wanted <= MaxColumns of them are sure to be in ends; found counts them all. The
// size is that of the row without its newline. The separator must not be a
// newline.
func Row(block []byte, separator byte, wanted int, ends *Ends) (found, size int) {
	if found, size = quickRow(block, separator, wanted, ends); size >= 0 {
		return found, size
	}
	return slowRow(block, separator, wanted, ends)
}

// slowRow is Row for any processor, and for rows of which the end is too near
// the end of the block.
func slowRow(block []byte, separator byte, wanted int, ends *Ends) (found, size int) {
	row := block
	if end := bytes.IndexByte(block, '\n'); end >= 0 {
		row = block[:end]
	}
	found, end := Mark(row, separator, ends[:wanted])
	return found + bytes.Count(row[end:], []byte{separator}), len(row)
}

// Mark writes where the first len(ends) separators in row are, and returns how
// many it found and where the search ended: behind the last one wanted, or at
// the end of the row. It looks at eight bytes at a time.
func Mark(row []byte, separator byte, ends []int32) (found, end int) {
	const each, low7 = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	if len(ends) == 0 {
		return 0, 0
	}
	i := 0
	for ; i+8 <= len(row); i += 8 {
		x := binary.LittleEndian.Uint64(row[i:]) ^ uint64(separator)*each
		// The top bit of each byte of x that is zero, exactly: no carry leaves a byte.
		m := ^(x&low7 + low7 | x | low7)
		for ; m != 0; m &= m - 1 {
			at := i + bits.TrailingZeros64(m)>>3
			ends[found] = int32(at)
			if found++; found == len(ends) {
				return found, at + 1
			}
		}
	}
	for ; i < len(row); i++ {
		if row[i] == separator {
			ends[found] = int32(i)
			if found++; found == len(ends) {
				return found, i + 1
			}
		}
	}
	return found, i
}
