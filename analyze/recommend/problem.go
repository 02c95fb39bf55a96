package recommend

import (
	"slices"
	"strings"

	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
)

// none is the host of requests that no entry of a Referer list can be for.
const none = -1

// problem is a forecast of the traffic to choose lists for.
type problem struct {
	j         *collateral.Judgement
	hosts     []record.ID     // Referer hosts that can be blocked
	countries []geo.Country   // that clients are in
	ids       []record.ID     // of the clients that asked for something
	number    []int32         // by client id: where it is in ids
	clients   []choose.Client // in the order of ids
	cells     []choose.Cell
	good      int64 // weight of good traffic for the ip control
	novelty   novelty
	late      []bool // by client id: it did something bad, or was denied something, on the last day
}

// newProblem weighs the requests that were gathered. What no Referer entry can
// be for is one cell for each client, at its number.
// Hosts longer than maxHost cannot be blocked; 0 is no bound.
func newProblem(j *collateral.Judgement, s scale, maxHost int) *problem {
	p := &problem{j: j, late: make([]bool, len(j.Clients)), number: make([]int32, len(j.Clients))}
	n := int32(0)
	for id := range j.Clients {
		if j.Clients[id].All.Requests > 0 { // else it is of the dictionary only
			p.number[id] = n
			n++
		}
	}
	p.ids, p.cells = make([]record.ID, 0, n), make([]choose.Cell, 0, n)
	for id := range j.Clients {
		if j.Clients[id].All.Requests > 0 {
			p.cells = append(p.cells, choose.Cell{Client: int32(len(p.ids)), Host: none})
			p.ids = append(p.ids, record.ID(id))
		}
	}
	countryOf := make([]geo.Country, len(j.Clients))
	var networks *turnovers
	fold.Together(
		func() { p.findCells(s, maxHost) },
		func() { networks = p.lookBack(countryOf) },
	)
	p.findClients(countryOf)
	p.spread(networks)
	return p
}

// ahead is how many cells are weighed before their weights are added up: by
// themselves, so that the processor fetches what many of them are added to at
// once.
const ahead = 128

// weighed is what is to be added to a cell of the problem.
type weighed struct {
	to int32
	weights
}

// findCells puts the requests of each client and each host together.
func (p *problem) findCells(s scale, maxHost int) {
	f := newForecast(p.j)
	hostOf := p.findHosts(maxHost)
	at := map[uint64]int32{}
	var list [ahead]weighed
	n := 0
	for c := range p.j.Cells() {
		i := p.number[c.Client]
		if host := hostOf[c.Referer]; host != none {
			key := uint64(i)<<32 | uint64(host)
			known := false
			if i, known = at[key]; !known {
				i = int32(len(p.cells))
				at[key] = i
				p.cells = append(p.cells, choose.Cell{Client: p.number[c.Client], Host: host})
			}
		}
		list[n].to = i
		f.weigh(&list[n].weights, c, s)
		if n++; n == ahead {
			p.sum(list[:])
			n = 0
		}
	}
	p.sum(list[:n])
}

// sum adds weights to the cells.
func (p *problem) sum(list []weighed) {
	for i := range list {
		w := &list[i]
		cell := &p.cells[w.to]
		for control := range w.bad {
			cell.Bad[control] += w.bad[control]
			cell.Good[control] += w.good[control]
		}
		p.good += w.good[policy.IP]
	}
}

// lookBack finds out what the days of the log say of the clients and of their
// networks, and the country with most requests of each client, of equal ones
// the lower.
func (p *problem) lookBack(countryOf []geo.Country) *turnovers {
	networks, most := newTurnovers(p.j), make([]int64, len(p.j.Clients))
	fresh := p.fresh()
	for c := range p.j.Cells() {
		networks.add(p.j, c)
		if c.Day == p.j.LastDay {
			p.novelty.add(c, fresh[c.Client])
		}
		if c.Bad[policy.IP] > 0 || c.Blocked {
			p.late[c.Client] = p.late[c.Client] || c.Day == p.j.LastDay || c.Day == collateral.NoDay
		}
		if n := c.Counts.Requests; n > most[c.Client] || n == most[c.Client] && c.Country < countryOf[c.Client] {
			countryOf[c.Client], most[c.Client] = c.Country, n
		}
	}
	return networks
}

// findHosts lists the hosts to block, as far as an entry can name them, and says
// which each Referer id is.
func (p *problem) findHosts(maxHost int) []int32 {
	of := make([]int32, len(p.j.Hotlinks.Verdicts))
	for id, v := range p.j.Hotlinks.Verdicts {
		of[id] = none
		if v == hotlinks.Block && (maxHost == 0 || len(p.j.Dicts.RefererHosts.String(record.ID(id))) <= maxHost) {
			p.hosts = append(p.hosts, record.ID(id))
		}
	}
	// Ids depend on who read which part of the log, and numbers decide ties.
	name := func(id record.ID) string { return p.j.Dicts.RefererHosts.String(id) }
	slices.SortFunc(p.hosts, func(a, b record.ID) int { return strings.Compare(name(a), name(b)) })
	for i, id := range p.hosts {
		of[id] = int32(i)
	}
	return of
}

// purePart is the purity, of 100, from which on a shared address may have an
// entry of its own.
const purePart = 99

// huge is how many bad requests a day are worth an entry for a client that was
// there in one hour only.
const huge = 1000

// findClients describes the clients, whose cells are there, to the program.
func (p *problem) findClients(countryOf []geo.Country) {
	number := p.findCountries(countryOf)
	var bad, good = make([]int64, len(p.ids)), make([]int64, len(p.ids))
	for i := range p.cells {
		c := &p.cells[i]
		bad[c.Client] += c.Bad[policy.IP]
		good[c.Client] += c.Good[policy.IP]
	}
	units := p.units(bad, good)
	p.clients = make([]choose.Client, len(p.ids))
	for n, id := range p.ids {
		of := &p.j.Clients[id]
		c := choose.Client{Addr: p.j.Dicts.Clients.Addr(id), Country: none, Users: of.Users}
		if country := countryOf[id]; country != geo.Unknown {
			c.Country = number[country]
		}
		if of.Cut {
			network, _ := p.j.Dicts.Clients.Stands(record.ID(id), true)
			c.Bits = uint8(network.Bits())
		}
		u := units.of(n)
		c.NoSingle = u.few() || u.impure()
		p.clients[n] = c
		// People count, however little they ask for.
		p.cells[n].Good[policy.IP] += max(0, p.people(of)-good[n])
	}
}

// findCountries numbers the countries that clients are in, by their codes.
func (p *problem) findCountries(of []geo.Country) map[geo.Country]int32 {
	number := map[geo.Country]int32{}
	for _, c := range of {
		if _, known := number[c]; !known && c != geo.Unknown {
			number[c] = 0
			p.countries = append(p.countries, c)
		}
	}
	slices.Sort(p.countries)
	for i, c := range p.countries {
		number[c] = int32(i)
	}
	return number
}

// hit reports whether a network of the current list was of use on the last day.
func (p *problem) hit(e policy.Entry, why *evidence) bool {
	for _, id := range why.within(e.Prefix) {
		if p.late[id] {
			return true
		}
	}
	return false
}

// unit is what the program tells apart: an IPv4 address, or an IPv6 /64.
type unit struct {
	bad, good, users int64
	first, last      int64 // record.NoTime if no request has a time
}

// units are those of all clients.
type units struct {
	list []unit
	ipv6 map[int]int // of the clients of IPv6: where the unit is in the list
}

// of is the unit of a client, by its number.
func (u *units) of(n int) *unit {
	if at, ok := u.ipv6[n]; ok {
		return &u.list[at]
	}
	return &u.list[n]
}

// units adds up the clients: a unit of IPv4 is at its client's number, and one
// of IPv6 at that of its first client.
func (p *problem) units(bad, good []int64) *units {
	out := &units{list: make([]unit, len(p.ids)), ipv6: map[int]int{}}
	first := map[[8]byte]int{}
	for n, id := range p.ids {
		of, at := &p.j.Clients[id], n
		if a := p.j.Dicts.Clients.Addr(id); a.Is6() {
			ip := a.As16()
			network, known := [8]byte(ip[:8]), false
			if at, known = first[network]; !known {
				first[network], at = n, n
			}
			out.ipv6[n] = at
		}
		u := &out.list[at]
		if at == n {
			u.first, u.last = record.NoTime, record.NoTime
		}
		u.bad, u.good, u.users = u.bad+bad[n], u.good+good[n], u.users+of.Users
		if of.Last != record.NoTime {
			if u.first == record.NoTime || of.First < u.first {
				u.first = of.First
			}
			u.last = max(u.last, of.Last)
		}
	}
	return out
}

// few reports whether all of it is of one hour of the clock: who comes once is
// gone when the list is in force.
func (u *unit) few() bool {
	const microsPerHour = 60 * 60 * 1_000_000
	return u.bad < huge*collateral.One && (u.first == record.NoTime || u.first/microsPerHour == u.last/microsPerHour)
}

// impure reports whether it is shared, and too many are good.
func (u *unit) impure() bool {
	return u.users >= collateral.SharedBy && u.bad*(100-purePart) < u.good*purePart
}

// novelty counts good requests of the last day of the log, and those of them
// that come from addresses that were not seen before.
type novelty struct{ fresh, all int64 }

func (n *novelty) add(c *collateral.Cell, fresh bool) {
	good := c.Counts.Requests * (collateral.One - c.Bad[policy.IP]) / collateral.One
	n.all += good
	if fresh {
		n.fresh += good
	}
}

// fresh says of each client whether it was not seen before the last day.
func (p *problem) fresh() []bool {
	out := make([]bool, len(p.j.Clients))
	for id := range out {
		first := p.j.Clients[id].First
		out[id] = first != record.NoTime && collateral.DayOf(first) >= p.j.LastDay
	}
	return out
}

// share is the part that is new: all, of a log of one day. It says how much is
// to be expected of what an entry covers and the log does not show.
func (n *novelty) share(j *collateral.Judgement) choose.Ratio {
	if j.FirstDay == j.LastDay || n.all == 0 {
		return choose.Whole(1)
	}
	return choose.Ratio{Num: (n.fresh*collateral.One + n.all - 1) / n.all, Den: collateral.One}
}

// near is how much a network's own traffic says of its addresses that nobody
// was seen at: as much as all around it after a day, and more with each day.
func (p *problem) near() choose.Ratio {
	days := int64(min(p.j.Days(), goodMemory))
	return choose.Ratio{Num: days, Den: days + 1}
}

// people is the good weight of those who share an address, on a day like the
// next: each of them was there on one of its days at least.
func (p *problem) people(c *collateral.Client) int64 {
	days := int64(p.j.Days())
	span := days
	if c.Last != record.NoTime {
		span = int64(collateral.DayOf(c.Last) - collateral.DayOf(c.First) + 1)
	}
	return collateral.RequestsPerUser * collateral.One * c.Users * span / days
}
