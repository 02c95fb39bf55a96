package replay

import (
	"math/bits"
	"net/netip"

	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// clientTable counts by client. While its stream runs, ids are those of the
// stream's dictionary; own makes the addresses the table's own, so that tables
// of other streams can be joined to it.
type clientTable struct {
	all   []tally.Counts
	addrs []netip.Addr // nil until own
	index map[netip.Addr]uint32
}

func (t *clientTable) grow(n int) { t.all = grown(t.all, n) }

func (t *clientTable) own(d *record.Dicts) {
	if t.addrs != nil || d == nil {
		return
	}
	t.addrs = make([]netip.Addr, len(t.all))
	for id := range t.addrs {
		t.addrs[id] = d.Clients.Addr(record.ID(id))
	}
}

// join takes in another table and returns, for each of its ids, the id here.
func (t *clientTable) join(u *clientTable) []uint32 {
	if t.index == nil {
		t.index = make(map[netip.Addr]uint32, len(t.addrs)+len(u.addrs))
		for id, a := range t.addrs {
			t.index[a] = uint32(id)
		}
	}
	to := make([]uint32, len(u.addrs))
	for id, a := range u.addrs {
		here, ok := t.index[a]
		if !ok {
			here = uint32(len(t.addrs))
			t.index[a] = here
			t.addrs = append(t.addrs, a)
			t.all = append(t.all, tally.Counts{})
		}
		to[id] = here
		t.all[here] = t.all[here].Plus(u.all[id])
	}
	return to
}

// refererTable counts by Referer host, as clientTable does by client. The
// labels of classes without a host are names like any other: no host can be
// called so.
type refererTable struct {
	all   []tally.Counts
	names []string // nil until own
	index map[string]uint32
}

func (t *refererTable) grow(n int) { t.all = grown(t.all, n) }

func (t *refererTable) own(d *record.Dicts) {
	if t.names != nil || d == nil {
		return
	}
	t.names = make([]string, len(t.all))
	for id := range t.names {
		t.names[id] = d.RefererHosts.String(record.ID(id))
	}
}

func (t *refererTable) join(u *refererTable) []uint32 {
	if t.index == nil {
		t.index = make(map[string]uint32, len(t.names)+len(u.names))
		for id, name := range t.names {
			t.index[name] = uint32(id)
		}
	}
	to := make([]uint32, len(u.names))
	for id, name := range u.names {
		here, ok := t.index[name]
		if !ok {
			here = uint32(len(t.names))
			t.index[name] = here
			t.names = append(t.names, name)
			t.all = append(t.all, tally.Counts{})
		}
		to[id] = here
		t.all[here] = t.all[here].Plus(u.all[id])
	}
	return to
}

// settle ends the analysis of its stream: from here on nothing refers to it.
func (a *Analysis) settle() {
	a.clients.own(a.dicts)
	a.referers.own(a.dicts)
	for _, s := range a.sides {
		s.settle()
	}
	a.dicts = nil
}

// Merge takes in the analysis of another stream of the same plan.
func (a *Analysis) Merge(b *Analysis) {
	a.settle()
	b.settle()
	a.total = a.total.Plus(b.total)
	a.first, a.last = min(a.first, b.first), max(a.last, b.last)
	clients := a.clients.join(&b.clients)
	referers := a.referers.join(&b.referers)
	addCounts(a.countries, b.countries)
	a.statuses = grown(a.statuses, len(b.statuses))
	addCounts(a.statuses, b.statuses)
	for i, s := range a.sides {
		s.merge(b.sides[i], clients, referers)
		s.clients = grown(s.clients, len(a.clients.all))
		s.referers = grown(s.referers, len(a.referers.all))
	}
}

// addCounts adds the counts of from, which is not longer, to those of to.
func addCounts(to, from []tally.Counts) {
	for i, c := range from {
		to[i] = to[i].Plus(c)
	}
}

// merge takes in the same candidate's part of another stream, whose client and
// referer ids are translated by the tables given.
func (s *side) merge(t *side, clients, referers []uint32) {
	s.sums.merge(&t.sums)
	s.clients = addMapped(s.clients, t.clients, clients)
	s.referers = addMapped(s.referers, t.referers, referers)
	addCounts(s.countries, t.countries)
	s.statuses = grown(s.statuses, len(t.statuses))
	addCounts(s.statuses, t.statuses)
	for rule, set := range t.seen {
		s.seen[rule] = unionMapped(s.seen[rule], set, clients)
	}
	for v := range s.variants {
		s.variants[v].denied += t.variants[v].denied
	}
}

func addMapped(to, from []tally.Counts, ids []uint32) []tally.Counts {
	for id, c := range from {
		if c.Requests > 0 {
			to = grown(to, int(ids[id])+1)
			to[ids[id]] = to[ids[id]].Plus(c)
		}
	}
	return to
}

func unionMapped(to, from []uint64, ids []uint32) []uint64 {
	for w, word := range from {
		for ; word != 0; word &= word - 1 {
			id := ids[w*64+bits.TrailingZeros64(word)]
			to = grown(to, int(id)/64+1)
			to[id/64] |= 1 << (id % 64)
		}
	}
	return to
}

func population(set []uint64) (n int64) {
	for _, w := range set {
		n += int64(bits.OnesCount64(w))
	}
	return n
}
