package replay

import (
	"rulecast/analyze/fold"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Settle ends the analysis of its stream: from here on it may be merged.
func (a *Analysis) Settle() {
	if a.dicts == nil { // the stream had no batch
		a.dicts = record.NewDicts()
	}
	if a.settled {
		return
	}
	a.settled = true
	for _, s := range a.sides {
		s.end(&a.referers)
	}
}

// Merge takes in the analysis of another stream of the same plan. Nearly all
// of it is about clients, so that is what is done at the same time.
func (a *Analysis) Merge(b *Analysis) {
	a.Settle()
	b.Settle()
	if a.placing != b.placing {
		a.place()
		b.place()
	}
	fold.Together(func() { a.mergeClients(b) }, func() { a.mergeOthers(b) })
}

// mergeClients takes in what is kept by client.
func (a *Analysis) mergeClients(b *Analysis) {
	ids := a.dicts.Join(b.dicts, record.Client).IDs(record.Client)
	a.makeRoomForClients(a.dicts)
	fold.Together(
		func() { a.clients.Merge(&b.clients, ids) },
		func() {
			for i, s := range a.sides {
				t := b.sides[i]
				s.clients.Merge(&t.clients, ids)
				for rule, set := range t.seen {
					s.seen[rule].UnionMapped(set, ids)
				}
			}
		},
	)
}

// mergeOthers takes in all that is not kept by client.
func (a *Analysis) mergeOthers(b *Analysis) {
	a.total = a.total.Plus(b.total)
	a.first, a.last = min(a.first, b.first), max(a.last, b.last)
	ids := a.dicts.Join(b.dicts, record.RefererHost).IDs(record.RefererHost)
	a.makeRoomForReferers(a.dicts)
	a.referers.Merge(&b.referers, ids)
	a.countries = tally.Sum(a.countries, b.countries)
	a.statuses = tally.Sum(a.statuses, b.statuses)
	for i, s := range a.sides {
		t := b.sides[i]
		s.sums.merge(&t.sums)
		s.referers.Merge(&t.referers, ids)
		s.countries = tally.Sum(s.countries, t.countries)
		s.statuses = tally.Sum(s.statuses, t.statuses)
		for v := range s.variants {
			s.variants[v].denied += t.variants[v].denied
		}
	}
}
