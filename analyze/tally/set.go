package tally

import (
	"iter"
	"math/bits"
)

// Set is a set of small ids, one bit each. The zero value is empty.
type Set []uint64

// Add puts an id in.
func (s *Set) Add(id uint32) {
	*s = Grown(*s, int(id/64)+1)
	(*s)[id/64] |= 1 << (id % 64)
}

// Len is the number of ids in the set.
func (s Set) Len() (n int64) {
	for _, w := range s {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// Union puts the ids of another set in.
func (s *Set) Union(t Set) {
	*s = Grown(*s, len(t))
	for i, w := range t {
		(*s)[i] |= w
	}
}

// All yields the ids of the set in rising order.
func (s Set) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// UnionMapped puts the ids of another set in, translated by ids.
func (s *Set) UnionMapped(t Set, ids []uint32) {
	for id := range t.All() {
		s.Add(ids[id])
	}
}
