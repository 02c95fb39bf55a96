// Package order sorts long lists of entries by a number that says most about
// their order.
package order

import (
	"cmp"
	"slices"
)

// fewEntries are sorted faster by comparing them.
const fewEntries = 1 << 10

// Ranked is the key of an entry with the entry's place.
type Ranked struct {
	Key uint64
	At  uint32
}

// Of says in which order the entries are that of compare, of which the order of
// their keys is the beginning. It sorts the keys byte by byte from the last,
// which takes the same time however entries compare. There are less than 2^32.
func Of[E any](entries []E, key func(*E) uint64, compare func(a, b *E) int) []Ranked {
	order := make([]Ranked, len(entries))
	for i := range entries {
		order[i] = Ranked{key(&entries[i]), uint32(i)}
	}
	byBoth := func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), compare(&entries[a.At], &entries[b.At]))
	}
	if len(order) < fewEntries {
		slices.SortFunc(order, byBoth)
		return order
	}
	order = byKey(order, make([]Ranked, len(order)))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && order[to].Key == order[from].Key {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(order[from:to], byBoth)
		}
		from = to
	}
	return order
}

// byKey sorts by key, with spare as room of the same length. It returns the one
// of both that holds the result.
func byKey(order, spare []Ranked) []Ranked {
	const digits = 8
	var count [digits][256]uint32
	for _, r := range order {
		for d := range digits {
			count[d][byte(r.Key>>(8*d))]++
		}
	}
	for d := range digits {
		if count[d][byte(order[0].Key>>(8*d))] == uint32(len(order)) {
			continue // all have the same
		}
		var sum uint32
		for i, n := range count[d] {
			count[d][i] = sum
			sum += n
		}
		for _, r := range order {
			to := &count[d][byte(r.Key>>(8*d))]
			spare[*to] = r
			*to++
		}
		order, spare = spare, order
	}
	return order
}

// Merge puts more entries, in any order, into a sorted list, from the last to
// the first: those of the list that are equal to new ones stay in front of them.
func Merge[E any](list, more []E, key func(*E) uint64, compare func(a, b *E) int) []E {
	sorted := Of(more, key, compare)
	n := len(list)
	list = append(list, more...)
	for at := len(list) - 1; len(sorted) > 0; at-- {
		last := sorted[len(sorted)-1]
		if n > 0 && after(&list[n-1], &more[last.At], last.Key, key, compare) {
			n--
			list[at] = list[n]
			continue
		}
		list[at] = more[last.At]
		sorted = sorted[:len(sorted)-1]
	}
	return list
}

// after reports whether an entry comes after another one, which has this key.
func after[E any](e, other *E, otherKey uint64, key func(*E) uint64, compare func(a, b *E) int) bool {
	if k := key(e); k != otherKey {
		return k > otherKey
	}
	return compare(e, other) > 0
}
