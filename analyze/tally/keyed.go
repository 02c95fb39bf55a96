package tally

// Keyed counts by the ids of a stream's dictionary, and can be joined with
// another stream's, whose ids differ, by the values that the ids stand for.
// The zero value is ready to use.
type Keyed[K comparable] struct {
	Counts []Counts // by id
	keys   []K      // by id; set by Own
	owned  bool
	index  map[K]uint32
}

// Grow makes room for ids below n.
func (t *Keyed[K]) Grow(n int) { t.Counts = Grown(t.Counts, n) }

// Own makes the values of all ids the table's own. It is called once the
// stream has ended; further calls do nothing.
func (t *Keyed[K]) Own(key func(id uint32) K) {
	if t.owned {
		return
	}
	t.owned = true
	t.keys = make([]K, len(t.Counts))
	for id := range t.keys {
		t.keys[id] = key(uint32(id))
	}
}

// Key is the value of an id. The table must own its values.
func (t *Keyed[K]) Key(id int) K { return t.keys[id] }

// Join adds another table, which like this one must own its values, and
// returns for each of its ids the id here.
func (t *Keyed[K]) Join(u *Keyed[K]) []uint32 {
	if t.index == nil {
		t.index = make(map[K]uint32, len(t.keys)+len(u.keys))
		for id, k := range t.keys {
			t.index[k] = uint32(id)
		}
	}
	to := make([]uint32, len(u.keys))
	for id, k := range u.keys {
		here, ok := t.index[k]
		if !ok {
			here = uint32(len(t.keys))
			t.index[k] = here
			t.keys = append(t.keys, k)
			t.Counts = append(t.Counts, Counts{})
		}
		to[id] = here
		t.Counts[here] = t.Counts[here].Plus(u.Counts[id])
	}
	return to
}

// Grown is s with at least n elements, the new ones zero.
func Grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s))...)
}

// Sum adds the counts of from to those of to, which is grown to hold them.
func Sum(to, from []Counts) []Counts {
	to = Grown(to, len(from))
	for i, c := range from {
		to[i] = to[i].Plus(c)
	}
	return to
}

// SumMapped is Sum with the ids of from translated by ids.
func SumMapped(to, from []Counts, ids []uint32) []Counts {
	for id, c := range from {
		if c.Requests > 0 {
			to = Grown(to, int(ids[id])+1)
			to[ids[id]] = to[ids[id]].Plus(c)
		}
	}
	return to
}
