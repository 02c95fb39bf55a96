package hotlinks

import "slices"

// fewEntries are sorted faster by comparing them.
const fewEntries = 1 << 10

// ranked is the key of an entry with the entry's place.
type ranked struct {
	key uint64
	at  uint32
}

// sort puts the entries into the order of compare, of which the order of their
// keys is the beginning. It sorts the keys byte by byte from the last, which
// takes the same time however entries compare, and then moves each entry once.
func (l *ledger[E]) sort() {
	if len(l.entries) < fewEntries {
		slices.SortFunc(l.entries, l.compare)
		return
	}
	order := make([]ranked, len(l.entries))
	for i := range l.entries {
		order[i] = ranked{l.key(&l.entries[i]), uint32(i)}
	}
	order = byKey(order, make([]ranked, len(order)))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && order[to].key == order[from].key {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(order[from:to], func(a, b ranked) int { return l.compare(l.entries[a.at], l.entries[b.at]) })
		}
		from = to
	}
	permute(l.entries, order)
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

// permute moves to each place the entry that order has there, cycle by cycle,
// and uses up order.
func permute[E any](entries []E, order []ranked) {
	for i := range order {
		if int(order[i].at) == i {
			continue
		}
		first, j := entries[i], i
		for {
			k := int(order[j].at)
			order[j].at = uint32(j)
			if k == i {
				entries[j] = first
				break
			}
			entries[j] = entries[k]
			j = k
		}
	}
}
