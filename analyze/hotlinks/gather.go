package hotlinks

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"sort"

	"rulecast/analyze/geo"
	"rulecast/ingest/record"
)

// evidence is what the ledgers have on one host, or on several that are taken
// for one. Of a host with too many entries only those are all there whose hash
// is below a limit; a limit of 2^32 is above all hashes.
type evidence struct {
	visits     []visit
	objects    []object
	days       []day
	visitsTo   uint64
	objectsTo  uint64 // of the upper half of the hash
	incomplete bool   // there were too many
}

// evidenceOn is that on the host with an id. It aliases the ledgers.
func (a *Analysis) evidenceOn(id uint32) evidence {
	e := evidence{
		visits:   runOf(a.visits.entries, id, func(v *visit) uint32 { return v.host }),
		objects:  runOf(a.objects.entries, id, func(o *object) uint32 { return o.host }),
		days:     runOf(a.days.entries, id, func(d *day) uint32 { return d.host }),
		visitsTo: 1 << 32, objectsTo: 1 << 32,
	}
	if n := a.keepVisits.perHost; len(e.visits) > n {
		e.visitsTo, e.incomplete = uint64(e.visits[n].hash), true
	}
	if n := a.keepObjects.perHost; len(e.objects) > n {
		e.objectsTo, e.incomplete = e.objects[n].hash>>32, true
	}
	return e
}

// runOf are the entries of a host in a ledger sorted by host.
func runOf[E any](entries []E, id uint32, host func(*E) uint32) []E {
	from := sort.Search(len(entries), func(i int) bool { return host(&entries[i]) >= id })
	to := from + sort.Search(len(entries)-from, func(i int) bool { return host(&entries[from+i]) > id })
	return entries[from:to]
}

// join takes in the evidence on another host, as if it were the same.
func (e *evidence) join(f evidence) {
	e.visits, e.objects, e.days = append(e.visits, f.visits...), append(e.objects, f.objects...), append(e.days, f.days...)
	e.visitsTo, e.objectsTo = min(e.visitsTo, f.visitsTo), min(e.objectsTo, f.objectsTo)
	e.incomplete = e.incomplete || f.incomplete
}

// settle sorts what was joined, under one host.
func (e *evidence) settle() {
	for i := range e.visits {
		e.visits[i].host = 0
	}
	for i := range e.objects {
		e.objects[i].host = 0
	}
	for i := range e.days {
		e.days[i].host = 0
	}
	visits := ledger[visit]{entries: e.visits, key: keyOfVisit, compare: compareVisits, join: joinVisits}
	objects := ledger[object]{entries: e.objects, key: keyOfObject, compare: compareObjects, join: joinObjects}
	days := ledger[day]{entries: e.days, key: keyOfDay, compare: compareDays, join: func(_, _ *day) {}}
	visits.compact()
	objects.compact()
	days.compact()
	e.visits, e.objects, e.days = visits.entries, objects.entries, days.entries
}

// gather fills in the evidence on a host.
func (a *Analysis) gather(h *Host, t *tracks, e evidence) {
	h.Counts, h.Embeds, h.Navigations = t.all, t.embeds.Requests, t.navigations
	h.EmbedShare = ratio(h.Embeds, h.Embeds+h.Navigations)
	if a.agents > 0 {
		h.Browsers = ratio(t.agents, t.all.Requests)
	}
	h.First, h.Last = record.NoTime, record.NoTime
	if t.timed {
		h.First, h.Last = t.first, t.last
	}
	h.Days, h.Estimated = int64(len(e.days)), e.incomplete
	a.gatherVisits(h, e.visits, e.visitsTo)
	gatherObjects(h, e.objects, e.objectsTo)
}

// gatherVisits sums up the visits of one host whose hash is below a limit.
func (a *Analysis) gatherVisits(h *Host, visits []visit, limit uint64) {
	networks := map[netip.Prefix]bool{}
	places := map[geo.Country]int64{}
	var clients, told, embedding, asked, viewed, most int64
	for len(visits) > 0 && uint64(visits[0].hash) < limit {
		client := visits[0].client
		n := 1
		for n < len(visits) && visits[n].client == client {
			n++
		}
		var requests, embeds, documents int64
		near := false
		for _, v := range visits[:n] {
			requests, embeds, documents = requests+v.requests, embeds+v.embeds, documents+v.documents
			places[geo.Country(v.country)] += v.requests
			near = near || a.own.near(client, v.slot, v.at)
		}
		clients++
		most = max(most, requests)
		if embeds+documents > 0 {
			told++
		}
		if embeds > documents {
			embedding++
		}
		networks[networkOf(a.dicts.Clients.Addr(client))] = true
		if a.own.has(visits[0].hash) {
			asked++
			if near {
				viewed++
			}
		}
		visits = visits[n:]
	}
	h.Clients, h.Networks = estimated(clients, limit), int64(len(networks))
	h.EmbedLow = wilsonLow(embedding, told)
	h.TopClient, h.OwnView = ratio(most, h.Counts.Requests), ratio(viewed, asked)
	for c, n := range places {
		h.Countries = append(h.Countries, Place{c, n})
	}
	slices.SortFunc(h.Countries, func(p, q Place) int {
		return cmp.Or(cmp.Compare(q.Requests, p.Requests), cmp.Compare(p.Country.String(), q.Country.String()))
	})
}

// viewersOf are the clients with a visit of a host near an own view.
func (a *Analysis) viewersOf(host record.ID) []record.ID {
	var out []record.ID
	for _, v := range a.evidenceOn(host).visits {
		if (len(out) == 0 || out[len(out)-1] != v.client) && a.own.near(v.client, v.slot, v.at) {
			out = append(out, v.client)
		}
	}
	return out
}

// viewsOwn reports whether a client viewed something of the own sites at any
// time, as far as that is kept.
func (a *Analysis) viewsOwn(client record.ID) bool {
	_, found := slices.BinarySearchFunc(a.own.entries, client, func(o own, client record.ID) int { return cmp.Compare(o.client, client) })
	return found
}

// networkOf is the network that stands for one place: what a provider hands to
// one customer in IPv6, and its nearest likeness in IPv4.
func networkOf(addr netip.Addr) netip.Prefix {
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	p, _ := addr.Prefix(bits) // of a valid address: no error
	return p
}

// gatherObjects sums up the objects of one host whose hash is below a limit.
func gatherObjects(h *Host, objects []object, limit uint64) {
	var n, most int64
	for _, o := range objects {
		if o.hash>>32 < limit {
			n, most = n+1, max(most, o.requests)
		}
	}
	h.Objects = estimated(n, limit)
	if len(objects) > 0 {
		h.TopObject = ratio(most, h.Counts.Requests)
	}
}

// estimated is how many there are in all if so many of them have a hash (of 32
// bits) below limit.
func estimated(n int64, limit uint64) int64 {
	return max(n, int64(math.Round(float64(n)*(1<<32)/float64(max(limit, 1)))))
}
