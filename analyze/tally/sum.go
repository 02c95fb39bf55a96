package tally

// Grown is s with at least n elements, the new ones zero. Its capacity doubles:
// append copies a large slice five times until it has as many elements. What is
// not yet in use of it is not written to, as append would, so that it takes no
// memory of the system's.
func Grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n > cap(s) {
		grown := make([]T, n, max(n, 2*len(s)))
		copy(grown, s)
		return grown
	}
	clear(s[len(s):n])
	return s[:n]
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
