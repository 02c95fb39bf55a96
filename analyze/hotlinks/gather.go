package hotlinks

import (
	"cmp"
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"sort"

	"rulecast/analyze/fold"
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
	visits := ledger[visit]{fresh: e.visits, key: keyOfVisit, compare: compareVisits, join: joinVisits}
	objects := ledger[object]{fresh: e.objects, key: keyOfObject, compare: compareObjects, join: joinObjects}
	days := ledger[day]{fresh: e.days, key: keyOfDay, compare: compareDays, join: joinDays}
	visits.compact()
	objects.compact()
	days.compact()
	e.visits, e.objects, e.days = visits.entries, objects.entries, days.entries
}

// compare says of every visit whether it is near an own view. What joins visits
// keeps that: the joined one is near what any of them is near to.
func (a *Analysis) compare() {
	fold.Pieces(len(a.visits.entries), func() func(from, to int) {
		return func(from, to int) {
			for i := range a.visits.entries[from:to] {
				v := &a.visits.entries[from+i]
				v.near = a.own.near(v)
			}
		}
	})
}

// gatherer has room for what is summed up of one host at a time.
type gatherer struct {
	*Analysis
	networks []uint64
	places   [geo.NumCountries]int64
	met      []geo.Country // of which places are not 0
}

// gather fills in the evidence on a host.
func (a *gatherer) gather(h *Host, t *tracks, e evidence) {
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
func (a *gatherer) gatherVisits(h *Host, visits []visit, limit uint64) {
	a.networks = a.networks[:0]
	var clients, most int64
	var all witness
	for len(visits) > 0 && uint64(visits[0].hash) < limit {
		n := runLength(visits, func(v *visit) uint32 { return v.client })
		var requests int64
		for i := range visits[:n] {
			requests += int64(visits[i].requests)
			a.place(geo.Country(visits[i].country), int64(visits[i].requests))
		}
		clients++
		most = max(most, requests)
		a.networks = append(a.networks, networkOf(a.dicts.Clients.Addr(visits[0].client)))
		all.add(a.witness(visits[:n]))
		visits = visits[n:]
	}
	slices.Sort(a.networks)
	h.Networks = int64(len(slices.Compact(a.networks)))
	h.Clients, h.Visits = estimated(clients, limit), estimated(all.visits, limit)
	h.TopClient = ratio(most, h.Counts.Requests)
	h.EmbedLow = wilsonLow(float64(all.embedding)/wholeVisit, float64(all.told)/wholeVisit)
	h.OwnView, h.ClickShare, h.EmptyClicks = ratio(all.viewed, all.asked), ratio(all.clicked, all.asked), ratio(all.empty, all.clients)
	a.listPlaces(h)
}

// place counts requests from a country.
func (a *gatherer) place(c geo.Country, requests int64) {
	if a.places[c] == 0 {
		a.met = append(a.met, c)
	}
	a.places[c] += requests
}

// listPlaces fills in the countries counted, and forgets them.
func (a *gatherer) listPlaces(h *Host) {
	for _, c := range a.met {
		h.Countries = append(h.Countries, Place{c, a.places[c]})
		a.places[c] = 0
	}
	a.met = a.met[:0]
	slices.SortFunc(h.Countries, func(p, q Place) int {
		return cmp.Or(cmp.Compare(q.Requests, p.Requests), cmp.Compare(p.Country.String(), q.Country.String()))
	})
}

// wholeVisit is what a visit counts of a client with no more than mostVisits.
const wholeVisit = 1 << 20

// mostVisits is how many visits of a client count as evidence: of one with
// more, each counts less. Who comes again sees the links of the host again, but
// is the same person still, and one client must not outweigh others.
const mostVisits = 3

// witness is what the visits of clients to a host say. A visit is a person's
// half hour. But for visits, the counts of visits are in parts of wholeVisit.
type witness struct {
	visits                 int64
	told, embedding        int64 // visits whose requests are known for what they fetch, and those most of whose embed
	asked, viewed, clicked int64 // visits of clients whose own views are kept; those near an own view; those that asked for a page, too
	clients, empty         int64 // such clients; those that asked for pages with the host, and viewed nothing near any visit
}

func (w *witness) add(o witness) {
	w.visits, w.told, w.embedding = w.visits+o.visits, w.told+o.told, w.embedding+o.embedding
	w.asked, w.viewed, w.clicked = w.asked+o.asked, w.viewed+o.viewed, w.clicked+o.clicked
	w.clients, w.empty = w.clients+o.clients, w.empty+o.empty
}

// witness sums up the visits of one client.
func (a *Analysis) witness(visits []visit) witness {
	var w witness
	kept := a.own.has(visits[0].hash)
	var documents int64
	for len(visits) > 0 {
		n := 1
		for n < len(visits) && visits[n].agent == visits[0].agent && visits[n].slot == visits[0].slot {
			n++ // its country changed
		}
		var one visit
		near := false
		for i := range visits[:n] {
			one.embeds, one.documents = plus(one.embeds, visits[i].embeds), plus(one.documents, visits[i].documents)
			near = near || kept && visits[i].near
		}
		documents += int64(one.documents)
		w.visits++
		w.told += count(one.embeds > 0 || one.documents > 0)
		w.embedding += count(one.embeds > one.documents)
		w.viewed += count(near)
		w.clicked += count(near && one.documents > 0)
		visits = visits[n:]
	}
	if kept {
		w.clients, w.asked, w.empty = 1, w.visits, count(documents > 0 && w.viewed == 0)
	}
	weight := wholeVisit * mostVisits / max(w.visits, mostVisits)
	w.told, w.embedding = w.told*weight, w.embedding*weight
	w.asked, w.viewed, w.clicked = w.asked*weight, w.viewed*weight, w.clicked*weight
	return w
}

// count is 1 for what is to be counted.
func count(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// runLength is how many visits from the first one on have the same id.
func runLength(visits []visit, id func(*visit) uint32) int {
	n := 1
	for n < len(visits) && id(&visits[n]) == id(&visits[0]) {
		n++
	}
	return n
}

// viewersOf are the clients with a visit of a host near an own view.
func (a *Analysis) viewersOf(host record.ID) []record.ID {
	var out []record.ID
	visits := a.evidenceOn(host).visits
	for i := range visits {
		if v := &visits[i]; v.near && (len(out) == 0 || out[len(out)-1] != v.client) {
			out = append(out, v.client)
		}
	}
	return out
}

// viewsOwn reports whether a client viewed something of the own sites at any
// time, as far as that is kept.
func (a *Analysis) viewsOwn(client record.ID) bool { return len(a.own.of(client)) > 0 }

// networkOf is a number for the network that stands for one place: what a
// provider hands to one customer in IPv6 (/48), and its nearest likeness in IPv4
// (/24).
func networkOf(addr netip.Addr) uint64 {
	b := addr.As16()
	if addr.Is4() {
		return 1<<48 | uint64(binary.BigEndian.Uint32(b[12:])>>8) // no /48 has that bit
	}
	return binary.BigEndian.Uint64(b[:8]) >> 16
}

// gatherObjects sums up the objects of one host whose hash is below a limit.
func gatherObjects(h *Host, objects []object, limit uint64) {
	var n, most int64
	for _, o := range objects {
		if o.hash>>32 < limit {
			n, most = n+1, max(most, int64(o.requests))
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
