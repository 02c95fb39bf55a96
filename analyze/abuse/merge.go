package abuse

import (
	"rulecast/analyze/fold"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// settle brings what was collected into its order.
func (a *Analysis) settle() {
	a.events.settle()
	a.uses.settle()
}

// Settle does what Merge needs of an analysis whose stream has ended. Events are
// sorted when they are merged: they would have to be again.
func (a *Analysis) Settle() { a.uses.settle() }

// Merge takes in the evidence of another stream of the same plan.
func (a *Analysis) Merge(b *Analysis) {
	a.MergeJoined(b, a.dicts, a.dicts.Join(b.dicts, record.Client))
}

// MergeJoined is Merge for a caller who has joined the dictionaries of both
// streams, into d.
func (a *Analysis) MergeJoined(b *Analysis, d *record.Dicts, mapping *record.Mapping) {
	a.Settle()
	b.Settle()
	a.total, a.untimed = a.total.Plus(b.total), a.untimed+b.untimed
	ids := mapping.IDs(record.Client)
	a.follow(d)
	fold.Together(
		func() { a.mergeClients(b, ids) },
		func() { a.events.merge(&b.events, ids) },
		func() { a.uses.merge(&b.uses, ids) },
	)
}

// mergeClients adds the counts of clients, which are translated by ids.
func (a *Analysis) mergeClients(b *Analysis, ids []record.ID) {
	for id := range b.clients {
		a.clients[ids[id]].merge(&b.clients[id])
		for i, word := range b.weeks[id] {
			a.weeks[ids[id]][i] |= word
		}
	}
	if a.explained != nil || b.explained != nil {
		a.explained = tally.Grown(a.explained, len(a.clients))
	}
	for id, n := range b.explained {
		a.explained[ids[id]] += n
	}
	for id, from := range b.hits {
		to := a.hits[ids[id]]
		if to == nil {
			to = &hit{}
			a.hits[ids[id]] = to
		}
		for i, n := range from {
			to[i] += n
		}
	}
}

// merge adds the counts of a client in another stream. What was noted last
// stays as it is: it says what this stream's uses have.
func (t *track) merge(u *track) {
	t.all, t.assets, t.errors = t.all.Plus(u.all), t.assets+u.assets, t.errors+u.errors
	t.first, t.last = min(t.first, u.first), max(t.last, u.last)
}
