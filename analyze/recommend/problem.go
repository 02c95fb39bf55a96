package recommend

import (
	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
)

// noHost is the host of requests that no entry of a Referer list can be for.
const noHost = -1

// weighed is what the requests of one client from one Referer host are worth.
type weighed struct {
	client record.ID
	host   int32 // of problem.hosts, or noHost
	weights
}

// problem is a forecast of the traffic to choose lists for.
type problem struct {
	j     *collateral.Judgement
	hosts []record.ID // Referer hosts that can be blocked
	// rest is what clients ask for beside cells, by client id; cells are the
	// requests that one of the hosts led to, in the order of client and host.
	rest  []weights
	cells []weighed
}

// newProblem weighs the requests that were gathered.
func newProblem(j *collateral.Judgement, s scale) *problem {
	p := &problem{j: j, rest: make([]weights, len(j.Clients))}
	hostOf := make([]int32, len(j.Hotlinks.Verdicts))
	for id, v := range j.Hotlinks.Verdicts {
		hostOf[id] = noHost
		if v == hotlinks.Block {
			hostOf[id] = int32(len(p.hosts))
			p.hosts = append(p.hosts, record.ID(id))
		}
	}
	f := newForecast(j)
	at := map[weighedKey]int{}
	for c := range j.Cells() {
		w := f.weigh(c, s)
		host := hostOf[c.Referer]
		if host == noHost {
			p.rest[c.Client].add(&w)
			continue
		}
		key := weighedKey{c.Client, host}
		i, ok := at[key]
		if !ok {
			i = len(p.cells)
			at[key] = i
			p.cells = append(p.cells, weighed{client: c.Client, host: host})
		}
		p.cells[i].add(&w)
	}
	return p
}

type weighedKey struct {
	client record.ID
	host   int32
}

func (w *weights) add(v *weights) {
	for c := range w.bad {
		w.bad[c] += v.bad[c]
		w.good[c] += v.good[c]
	}
}

// purePart is the purity, of 100, from which on a shared address may have an
// entry of its own.
const purePart = 99

// huge is how many bad requests a day are worth an entry for a client that was
// there in one hour only.
const huge = 1000

// leastHours is in how many hours a client has to be there to earn an entry of
// its own: who comes once is gone when the list is in force.
const leastHours = 2

// addresses are the clients as an IP list sees them.
func (p *problem) addresses(ipv6 bool, hours int) []choose.Address {
	total := make([]weights, len(p.rest))
	copy(total, p.rest)
	for i := range p.cells {
		total[p.cells[i].client].add(&p.cells[i].weights)
	}
	var out []choose.Address
	for id := range p.j.Clients {
		c := &p.j.Clients[id]
		addr := p.j.Dicts.Clients.Addr(record.ID(id))
		if c.All.Requests == 0 || addr.Is6() && !ipv6 {
			continue
		}
		a := choose.Address{Addr: addr, Bad: total[id].bad[policy.IP], Good: total[id].good[policy.IP], Users: c.Users}
		a.Good = max(a.Good, collateral.RequestsPerUser*collateral.One*c.Users)
		if c.Cut {
			network, _ := record.CutNetwork(addr)
			a.Bits = uint8(network.Bits())
		}
		few := int(c.Hours) < min(leastHours, hours) && a.Bad < huge*collateral.One
		impure := c.Shared() && a.Bad*(100-purePart) < a.Good*purePart
		a.NoSingle = few || impure
		out = append(out, a)
	}
	return out
}
