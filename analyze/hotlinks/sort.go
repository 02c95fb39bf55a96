package hotlinks

import (
	"cmp"
	"slices"
)

// fewEntries are sorted faster by comparing them.
const fewEntries = 1 << 10

// ranked is the key of an entry with the entry's place.
type ranked struct {
	key uint64
	at  uint32
}

// sorted says in which order the entries are that of compare, of which the
// order of their keys is the beginning. It sorts the keys byte by byte from the
// last, which takes the same time however entries compare.
func (l *ledger[E]) sorted(entries []E) []ranked {
	order := make([]ranked, len(entries))
	for i := range entries {
		order[i] = ranked{l.key(&entries[i]), uint32(i)}
	}
	compare := func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.key, b.key), l.compare(&entries[a.at], &entries[b.at]))
	}
	if len(order) < fewEntries {
		slices.SortFunc(order, compare)
		return order
	}
	order = byKey(order, make([]ranked, len(order)))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && order[to].key == order[from].key {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(order[from:to], compare)
		}
		from = to
	}
	return order
}

// byKey sorts by key, with spare as room of the same length. It returns the one
// of both that holds the result.
func byKey(order, spare []ranked) []ranked {
	const digits = 8
	var count [digits][256]uint32
	for _, r := range order {
		for d := range digits {
			count[d][byte(r.key>>(8*d))]++
		}
	}
	for d := range digits {
		if count[d][byte(order[0].key>>(8*d))] == uint32(len(order)) {
			continue // all have the same
		}
		var sum uint32
		for i, n := range count[d] {
			count[d][i] = sum
			sum += n
		}
		for _, r := range order {
			to := &count[d][byte(r.key>>(8*d))]
			spare[*to] = r
			*to++
		}
		order, spare = spare, order
	}
	return order
}
