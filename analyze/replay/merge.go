package replay

import (
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// settle ends the analysis of its stream: from here on it may be merged.
func (a *Analysis) settle() {
	if a.dicts == nil { // the stream had no batch
		a.dicts = record.NewDicts()
	}
	for _, s := range a.sides {
		s.end(a.referers)
	}
}

// Merge takes in the analysis of another stream of the same plan.
func (a *Analysis) Merge(b *Analysis) {
	a.settle()
	b.settle()
	a.total = a.total.Plus(b.total)
	a.first, a.last = min(a.first, b.first), max(a.last, b.last)
	ids := a.dicts.Join(b.dicts, record.Client, record.RefererHost)
	clients, referers := ids.IDs(record.Client), ids.IDs(record.RefererHost)
	a.clients = tally.SumMapped(a.clients, b.clients, clients)
	a.referers = tally.SumMapped(a.referers, b.referers, referers)
	a.countries = tally.Sum(a.countries, b.countries)
	a.statuses = tally.Sum(a.statuses, b.statuses)
	for i, s := range a.sides {
		s.merge(b.sides[i], clients, referers)
	}
}

// merge takes in the same candidate's part of another stream, whose client and
// referer ids are translated by the tables given.
func (s *side) merge(t *side, clients, referers []uint32) {
	s.sums.merge(&t.sums)
	s.clients = tally.SumMapped(s.clients, t.clients, clients)
	s.referers = tally.SumMapped(s.referers, t.referers, referers)
	s.countries = tally.Sum(s.countries, t.countries)
	s.statuses = tally.Sum(s.statuses, t.statuses)
	for rule, set := range t.seen {
		s.seen[rule].UnionMapped(set, clients)
	}
	for v := range s.variants {
		s.variants[v].denied += t.variants[v].denied
	}
}
