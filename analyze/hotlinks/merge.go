package hotlinks

import (
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// settle ends the analysis of its stream: from here on it may be merged.
func (a *Analysis) settle() {
	for client := range a.clients {
		a.flush(record.ID(client))
		a.clients[client].recent = recent{}
	}
	for i := range a.lateVisits {
		if v := &a.lateVisits[i]; v.requests > 0 {
			a.visits.add(v)
			*v = visit{}
		}
	}
	for i := range a.lateObjects {
		if o := &a.lateObjects[i]; o.requests > 0 {
			a.objects.add(o)
			*o = object{}
		}
	}
	a.visits.compact()
	a.objects.compact()
	a.days.compact()
	a.own.compact()
}

// Settle does what Merge needs of an analysis whose stream has ended.
func (a *Analysis) Settle() { a.settle() }

// Joined are the columns whose dictionaries Merge joins.
func Joined() []record.Column { return []record.Column{record.Client, record.RefererHost, record.Host} }

// Merge takes in the evidence of another stream of the same plan.
func (a *Analysis) Merge(b *Analysis) { a.MergeJoined(b, a.dicts, a.dicts.Join(b.dicts, Joined()...)) }

// MergeJoined is Merge for a caller who has joined the dictionaries of both
// streams, into d.
func (a *Analysis) MergeJoined(b *Analysis, d *record.Dicts, ids *record.Mapping) {
	a.dicts = d
	a.settle()
	b.settle()
	a.total = a.total.Plus(b.total)
	for o := range a.origins {
		a.origins[o] = a.origins[o].plus(b.origins[o])
	}
	a.nobody = tally.Grown(a.nobody, len(b.nobody))
	for input, s := range b.nobody {
		a.nobody[input] = a.nobody[input].plus(s)
	}
	a.agents += b.agents
	if a.first == record.NoTime || b.first != record.NoTime && b.first < a.first {
		a.first = b.first
	}
	a.last = max(a.last, b.last)
	clients, referers, hosts := ids.IDs(record.Client), ids.IDs(record.RefererHost), ids.IDs(record.Host)
	a.follow(a.dicts)
	for id, n := range b.served {
		a.served[hosts[id]] += n
	}
	for id := range b.hosts {
		a.hosts[referers[id]].merge(&b.hosts[id])
	}
	a.keepVisits.perHost = min(a.keepVisits.perHost, b.keepVisits.perHost)
	a.keepObjects.perHost = min(a.keepObjects.perHost, b.keepObjects.perHost)
	a.visits.merge(&b.visits, func(v *visit) { v.host, v.client = referers[v.host], clients[v.client] })
	a.objects.merge(&b.objects, func(o *object) { o.host = referers[o.host] })
	a.days.merge(&b.days, func(d *day) { d.host = referers[d.host] })
	a.own.zeros = max(a.own.zeros, b.own.zeros)
	a.own.merge(&b.own.ledger, func(o *own) { o.client = clients[o.client] })
}

func (t *tracks) merge(u *tracks) {
	t.sums = t.sums.plus(u.sums)
	t.navigations += u.navigations
	t.agents += u.agents
	switch {
	case !u.timed:
	case !t.timed:
		t.first, t.last, t.timed = u.first, u.last, true
	default:
		t.first, t.last = min(t.first, u.first), max(t.last, u.last)
	}
}

// requestsOf are the counts of hosts by id.
func requestsOf(hosts []tracks) []tally.Counts {
	out := make([]tally.Counts, len(hosts))
	for id := range hosts {
		out[id] = hosts[id].all
	}
	return out
}
