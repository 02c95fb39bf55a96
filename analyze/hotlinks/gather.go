package hotlinks

import (
	"cmp"
	"net/netip"
	"slices"

	"rulecast/analyze/geo"
	"rulecast/analyze/site"
	"rulecast/ingest/record"
)

// gather fills in the evidence on the hosts with these ids, which rise.
func (a *Analysis) gather(hosts []Host, ids []int) {
	visits, objects, days := a.visits.entries, a.objects.entries, a.days.entries
	for i, id := range ids {
		h, t := &hosts[i], &a.hosts[id]
		h.Site, h.Class = site.Of(h.Host), a.plan.Classes.Of(h.Host)
		h.Counts, h.Embeds, h.Navigations = t.all, t.embeds.Requests, t.navigations
		h.EmbedShare = ratio(h.Embeds, h.Embeds+h.Navigations)
		if a.agents > 0 {
			h.Browsers = ratio(t.agents, t.all.Requests)
		}
		h.First, h.Last = record.NoTime, record.NoTime
		if t.timed {
			h.First, h.Last = t.first, t.last
		}
		var mine []visit
		mine, visits = cutRun(visits, uint32(id), func(v *visit) uint32 { return v.host })
		a.gatherVisits(h, mine)
		var theirs []object
		theirs, objects = cutRun(objects, uint32(id), func(o *object) uint32 { return o.host })
		a.gatherObjects(h, theirs)
		var on []day
		on, days = cutRun(days, uint32(id), func(d *day) uint32 { return d.host })
		h.Days = int64(len(on))
	}
}

// cutRun cuts the entries of a host off a ledger sorted by host, and what comes
// before them.
func cutRun[E any](entries []E, id uint32, host func(*E) uint32) (run, rest []E) {
	from := 0
	for from < len(entries) && host(&entries[from]) < id {
		from++
	}
	to := from
	for to < len(entries) && host(&entries[to]) == id {
		to++
	}
	return entries[from:to], entries[to:]
}

// gatherVisits sums up the visits of one host.
func (a *Analysis) gatherVisits(h *Host, visits []visit) {
	limit := uint64(1) << 32
	if len(visits) > a.keepVisits.perHost {
		limit = uint64(visits[a.keepVisits.perHost].hash)
		h.Estimated = true
	}
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
	h.Clients, h.Networks = estimated(clients, limit, 32), int64(len(networks))
	h.EmbedLow = wilsonLow(embedding, told)
	h.TopClient, h.OwnView = ratio(most, h.Counts.Requests), ratio(viewed, asked)
	for c, n := range places {
		h.Countries = append(h.Countries, Place{c, n})
	}
	slices.SortFunc(h.Countries, func(p, q Place) int {
		return cmp.Or(cmp.Compare(q.Requests, p.Requests), cmp.Compare(p.Country.String(), q.Country.String()))
	})
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

// gatherObjects sums up the objects of one host.
func (a *Analysis) gatherObjects(h *Host, objects []object) {
	limit, bits := uint64(1), 0
	if n := a.keepObjects.perHost; len(objects) > n {
		limit, bits = objects[n].hash>>32, 32
		objects = objects[:n]
		h.Estimated = true
	}
	var most int64
	for _, o := range objects {
		most = max(most, o.requests)
	}
	h.Objects = estimated(int64(len(objects)), limit, bits)
	if len(objects) > 0 {
		h.TopObject = ratio(most, h.Counts.Requests)
	}
}
