package budget

import (
	"math"
	"sort"
)

// frequency says at least how often each value comes: a count-min sketch
// (Cormode and Muthukrishnan 2005). It never says less than there are, and it is
// the same in whatever order the requests come.
type frequency struct {
	rows [sketchRows][]uint32 // of a power of two
}

// sketchRows is as many as a digest has words.
const sketchRows = 4

func newFrequency(width int) *frequency {
	f := &frequency{}
	for i := range f.rows {
		f.rows[i] = make([]uint32, width)
	}
	return f
}

// add counts n more requests of a value. Counters stay at their greatest number.
func (f *frequency) add(d *digest, n uint64) {
	for i, row := range f.rows {
		c := &row[d.word(i)&uint64(len(row)-1)]
		*c += uint32(min(n, uint64(math.MaxUint32-*c)))
	}
}

// of is an upper bound of the requests of a value.
func (f *frequency) of(d *digest) uint32 {
	least := uint32(math.MaxUint32)
	for i, row := range f.rows {
		least = min(least, row[d.word(i)&uint64(len(row)-1)])
	}
	return least
}

// reaching estimates for how many of so many different values of gives least or
// more: as many as have filled so many counters of the fullest row, and those
// of the others that find all of theirs filled.
func (f *frequency) reaching(least uint32, values int64) int64 {
	width, most, chance := float64(len(f.rows[0])), 0.0, 1.0
	for _, row := range f.rows {
		n := 0
		for _, c := range row {
			if c >= least {
				n++
			}
		}
		most = max(most, float64(n))
		chance *= float64(n) / width
	}
	if most == width {
		return values
	}
	return min(values, int64(math.Ceil(width*math.Log(width/(width-most))+float64(values)*chance)))
}

// threshold is the least number of requests, from 2 on, that at most so many of
// the values reach. Nothing reaches one more than the greatest number.
func (f *frequency) threshold(values, most int64) uint32 {
	return uint32(2 + sort.Search(math.MaxUint32-2, func(n int) bool { return f.reaching(uint32(2+n), values) <= most }))
}
