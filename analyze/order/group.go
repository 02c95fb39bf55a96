package order

// pileChunk is how many entries a Pile makes room for at once.
const pileChunk = 1 << 12

// Pile is a list in any order that grows without moving its entries. The zero
// value is empty.
type Pile[E any] struct {
	chunks [][]E // all full but for the last in use, and those behind it empty
	used   int   // of chunks
	n      int
}

// Len is the number of entries.
func (p *Pile[E]) Len() int { return p.n }

// Add adds an entry.
func (p *Pile[E]) Add(e E) {
	if p.used == 0 || len(p.chunks[p.used-1]) == pileChunk {
		if p.used == len(p.chunks) {
			p.chunks = append(p.chunks, make([]E, 0, pileChunk))
		}
		p.used++
	}
	last := &p.chunks[p.used-1]
	*last = append(*last, e)
	p.n++
}

// Lists are the entries, as lists that are valid until the pile is cleared.
func (p *Pile[E]) Lists() [][]E { return p.chunks[:p.used] }

// Clear empties the pile and keeps its memory.
func (p *Pile[E]) Clear() {
	for i := range p.Lists() {
		p.chunks[i] = p.chunks[i][:0]
	}
	p.used, p.n = 0, 0
}

// Grouped is a list of the entries of all lists, sorted by their ids, which are
// below n, and those of one id by compare, of which that is the beginning. It
// takes time in proportion to n and to the entries where those of an id are few,
// or in order.
func Grouped[E any](n int, id func(*E) uint32, compare func(a, b E) int, lists ...[]E) []E {
	ends := make([]uint32, n) // where the entries of each id end, of those that are there
	for _, list := range lists {
		for i := range list {
			ends[id(&list[i])]++
		}
	}
	var sum uint32
	for i, count := range ends {
		ends[i] = sum
		sum += count
	}
	out := make([]E, sum)
	for _, list := range lists {
		for i := range list {
			end := &ends[id(&list[i])]
			out[*end] = list[i]
			*end++
		}
	}
	s := sorter[E]{compare: compare}
	var from uint32
	for _, to := range ends {
		s.sort(out[from:to])
		from = to
	}
	return out
}

// shortRun is how many entries at most are sorted by putting each into its place.
const shortRun = 32

// sorter sorts lists that are sorted in parts: it merges the runs that it finds.
type sorter[E any] struct {
	compare func(a, b E) int
	ends    []int // of the runs of the list at hand
	spare   []E
}

func (s *sorter[E]) sort(list []E) {
	s.ends = s.ends[:0]
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && s.compare(list[to-1], list[to]) <= 0 {
			to++
		}
		if to-from < shortRun && to < len(list) {
			sorted := to - from
			to = min(from+shortRun, len(list))
			s.insert(list[from:to], sorted)
		}
		s.ends = append(s.ends, to)
		from = to
	}
	for len(s.ends) > 1 {
		merged, from := s.ends[:0], 0
		for i := 0; i < len(s.ends); i += 2 {
			to := s.ends[min(i+1, len(s.ends)-1)]
			s.merge(list[from:to], s.ends[i]-from)
			merged = append(merged, to)
			from = to
		}
		s.ends = merged
	}
}

// insert sorts a list of which the first are sorted.
func (s *sorter[E]) insert(list []E, sorted int) {
	for ; sorted < len(list); sorted++ {
		e, at := list[sorted], sorted
		for ; at > 0 && s.compare(list[at-1], e) > 0; at-- {
			list[at] = list[at-1]
		}
		list[at] = e
	}
}

// merge sorts a list of which the first half and the second are sorted.
func (s *sorter[E]) merge(list []E, half int) {
	if half == len(list) || s.compare(list[half-1], list[half]) <= 0 {
		return
	}
	s.spare = append(s.spare[:0], list[:half]...)
	first, second, to := s.spare, list[half:], 0
	for ; len(first) > 0 && len(second) > 0; to++ {
		if s.compare(first[0], second[0]) <= 0 {
			list[to], first = first[0], first[1:]
		} else {
			list[to], second = second[0], second[1:]
		}
	}
	copy(list[to:], first)
}
