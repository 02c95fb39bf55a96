package choose

import (
	"encoding/binary"
	"math/bits"
)

// rate says what offers are worth: den*gain - num*cost.
type rate struct{ num, den int64 }

// value is that of an offer, or 0 if it is worth nothing or less.
func (r rate) value(o offer) int64 {
	if o.gain <= 0 {
		return 0
	}
	won := uint64(o.gain) * uint64(r.den)
	hi, lost := bits.Mul64(uint64(o.cost), uint64(r.num))
	if hi != 0 || lost >= won {
		return 0
	}
	return int64(won - lost)
}

// cell is what a set of entries is worth. Cells add up, and compare by value,
// then by order.
type cell struct {
	value int64
	order int64 // -entries*2^40 + kept*2^23 - log2 of the space of each
}

const (
	entryOrder = 1 << 40
	keptOrder  = 1 << 23
)

// single is the cell of one entry.
func single(value int64, kept bool, space int) cell {
	c := cell{value, -entryOrder - int64(space)}
	if kept {
		c.order += keptOrder
	}
	return c
}

func (c cell) less(d cell) bool {
	return c.value < d.value || c.value == d.value && c.order < d.order
}

func (c cell) plus(d cell) cell { return cell{c.value + d.value, c.order + d.order} }

// entries is how many the cell counts.
func (c cell) entries() int64 { return (-c.order + entryOrder/2) / entryOrder }

// kept is how many of them are previous ones.
func (c cell) kept() int64 { return (c.entries()*entryOrder + c.order + keptOrder/2) / keptOrder }

// slab is a growing store of small numbers that never moves. All numbers of
// one run lie together.
type slab struct {
	chunks [][]byte
	used   uint32 // in numbers, chunks filled to the end
	wide   bool   // two bytes a number
}

const slabNumbers = 1 << 18

// put stores at most slabNumbers numbers and returns where.
func (s *slab) put(numbers []uint16) uint32 {
	if room := -s.used % slabNumbers; int(room) < len(numbers) {
		s.used += room
	}
	at := s.used
	s.used += uint32(len(numbers))
	chunk := int(at / slabNumbers)
	if chunk == len(s.chunks) {
		s.chunks = append(s.chunks, make([]byte, slabNumbers<<s.shift()))
	}
	b := s.chunks[chunk][at%slabNumbers<<s.shift():]
	if s.wide {
		for i, n := range numbers {
			binary.LittleEndian.PutUint16(b[2*i:], n)
		}
	} else {
		b = b[:len(numbers)]
		for i, n := range numbers {
			b[i] = uint8(n)
		}
	}
	return at
}

func (s *slab) shift() int {
	if s.wide {
		return 1
	}
	return 0
}

func (s *slab) get(at uint32) int {
	b := s.chunks[at/slabNumbers][at%slabNumbers<<s.shift():]
	if s.wide {
		return int(binary.LittleEndian.Uint16(b))
	}
	return int(b[0])
}
