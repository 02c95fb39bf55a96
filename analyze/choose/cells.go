package choose

import "rulecast/analyze/policy"

// controls is a set of controls that deny a cell.
type controls uint8

const (
	byIP      controls = 1 << policy.IP
	byCountry controls = 1 << policy.Country
	byReferer controls = 1 << policy.Referer
)

// worth is what denying a cell is worth to each control, in the unit of the
// joint solution.
type worth [policy.NumControls]int64

// of is what a set of controls makes of a cell, as JointProblem has it.
func (w *worth) of(set controls) int64 {
	best, worst := int64(0), int64(0)
	for c := range w {
		if set&(1<<c) != 0 {
			best, worst = max(best, w[c]), min(worst, w[c])
		}
	}
	if best > 0 {
		return best
	}
	return worst
}

// adds is what one more control adds to a set.
func (w *worth) adds(control, to controls) int64 { return w.of(to|control) - w.of(to) }

// weight is what something is to the program for networks: at a price, gain
// less the price times cost. Gain is in the unit of the joint solution.
type weight struct{ gain, cost int64 }

func (w *weight) add(v weight) {
	w.gain += v.gain
	w.cost += v.cost
}

func (w *weight) take(v weight) {
	w.gain -= v.gain
	w.cost -= v.cost
}

// asked is a Cell.
type asked struct {
	client, host int32
	ip           weight // if nothing else denies it
	worth        worth
}

// weight is what the cell is to networks if other controls deny it.
func (a *asked) weight(others controls) weight {
	if others == 0 {
		return a.ip
	}
	return weight{gain: a.worth.adds(byIP, others)}
}

// rest are the cells of a client whose hosts cannot be chosen, put together.
type rest struct {
	ip            weight // what they are to networks alone
	country, both int64  // what the country makes of them, alone and with networks
}

// table holds the cells of a joint problem, and sums of what they are worth to
// a control if nothing else denies them.
//
// A host none of whose cells is worth something to the Referer control can
// never be chosen. What is made of its cells no longer depends on the host.
type table struct {
	clients []Client
	prices  [policy.NumControls]int64 // in the unit of the joint solution

	cells   []asked // by client
	begins  []int32 // where those of each client begin, and the end
	byHost  []int32 // the cells, by host
	hosts   []int32 // where those of each host begin in byHost, and the end
	rest    []rest  // of each client
	ip      []weight
	referer []int64 // of each host
	country []int64 // of each country

	// What single hosts and countries are worth where they do no harm: the
	// most that they can add to anything.
	hostHope, countryHope []int64
}

func newTable(p *JointProblem, unit int64) *table {
	t := &table{
		clients: p.Clients,
		begins:  make([]int32, len(p.Clients)+1),
		hosts:   make([]int32, p.Hosts+1),
		rest:    make([]rest, len(p.Clients)),
		ip:      make([]weight, len(p.Clients)),
		referer: make([]int64, p.Hosts),
		country: make([]int64, p.Countries),

		hostHope:    make([]int64, p.Hosts),
		countryHope: make([]int64, p.Countries),
	}
	for c, r := range p.prices() {
		t.prices[c] = r.Num * (unit / max(r.Den, 1))
	}
	open := make([]bool, p.Hosts) // can be chosen
	for i := range p.Cells {
		c := &p.Cells[i]
		if c.Host >= 0 && c.Bad[policy.Referer]*unit > t.harm(c, policy.Referer) {
			open[c.Host] = true
		}
	}
	n := int32(0)
	for i := range p.Cells {
		if c := &p.Cells[i]; c.Host >= 0 && open[c.Host] {
			t.begins[c.Client]++
			t.hosts[c.Host]++
			n++
		}
	}
	t.cells, t.byHost = make([]asked, n), make([]int32, n)
	endsToBegins(t.begins)
	endsToBegins(t.hosts)
	for i := len(p.Cells) - 1; i >= 0; i-- {
		c := &p.Cells[i]
		a := t.asked(c, unit)
		t.ip[c.Client].add(a.ip)
		if country := p.Clients[c.Client].Country; country >= 0 {
			t.country[country] += a.worth[policy.Country]
			t.countryHope[country] += max(0, a.worth[policy.Country])
		}
		if c.Host >= 0 && open[c.Host] {
			t.referer[c.Host] += a.worth[policy.Referer]
			t.hostHope[c.Host] += max(0, a.worth[policy.Referer])
			t.begins[c.Client]--
			t.cells[t.begins[c.Client]] = a
			continue
		}
		r := &t.rest[c.Client]
		r.ip.add(a.ip)
		r.country += a.worth.of(byCountry)
		r.both += a.worth.of(byCountry | byIP)
	}
	for i := len(t.cells) - 1; i >= 0; i-- {
		host := t.cells[i].host
		t.hosts[host]--
		t.byHost[t.hosts[host]] = int32(i)
	}
	return t
}

// harm is the good weight of a cell at the price of a control.
func (t *table) harm(c *Cell, control policy.Control) int64 {
	return t.prices[control] * c.Good[control]
}

func (t *table) asked(c *Cell, unit int64) asked {
	a := asked{client: c.Client, host: c.Host, ip: weight{c.Bad[policy.IP] * unit, c.Good[policy.IP]}}
	for control := range a.worth {
		a.worth[control] = c.Bad[control]*unit - t.harm(c, policy.Control(control))
	}
	return a
}

// endsToBegins turns counts into the ends of runs, which become their begins
// as the runs are filled from behind. The last place gets the sum.
func endsToBegins(counts []int32) {
	sum := int32(0)
	for i := range counts {
		sum += counts[i]
		counts[i] = sum
	}
}

// chosen are the lists of a joint solution, by what is on them.
type chosen struct {
	ip        []bool // of clients: a network denies it
	hosts     []int32
	countries []int32
	onHosts   []bool // by host
	onCountry []bool // by country
}

// others are the controls but networks that deny a cell of a client.
func (t *table) others(client, host int32, c *chosen) controls {
	var set controls
	if country := t.clients[client].Country; country >= 0 && c.onCountry[country] {
		set |= byCountry
	}
	if host >= 0 && c.onHosts[host] {
		set |= byReferer
	}
	return set
}

// toNetworks is what each client is to networks, given hosts and countries, and
// what these are worth without networks.
func (t *table) toNetworks(c *chosen, weights []weight) (without int64) {
	copy(weights, t.ip)
	for _, host := range c.hosts {
		for _, at := range t.byHost[t.hosts[host]:t.hosts[host+1]] {
			a := &t.cells[at]
			others := t.others(a.client, host, c)
			if others&byCountry != 0 {
				continue
			}
			without += a.worth.of(others)
			weights[a.client].take(a.ip)
			weights[a.client].add(a.weight(others))
		}
	}
	if len(c.countries) == 0 {
		return without
	}
	for i := range t.clients {
		if t.others(int32(i), -1, c) == 0 {
			continue
		}
		r := &t.rest[i]
		without += r.country
		w := weight{gain: r.both - r.country}
		for at := t.begins[i]; at < t.begins[i+1]; at++ {
			a := &t.cells[at]
			others := t.others(a.client, a.host, c)
			without += a.worth.of(others)
			w.add(a.weight(others))
		}
		weights[i] = w
	}
	return without
}

// toHosts is what each host adds to networks and countries.
func (t *table) toHosts(c *chosen, values []int64) {
	copy(values, t.referer)
	for i := range t.clients {
		others := t.others(int32(i), -1, c)
		if c.ip[i] {
			others |= byIP
		}
		if others == 0 {
			continue
		}
		for at := t.begins[i]; at < t.begins[i+1]; at++ {
			a := &t.cells[at]
			values[a.host] += a.worth.adds(byReferer, others) - a.worth[policy.Referer]
		}
	}
}

// toCountries is what each country adds to networks and hosts.
func (t *table) toCountries(c *chosen, values []int64) {
	copy(values, t.country)
	change := func(a *asked, others controls) {
		if country := t.clients[a.client].Country; country >= 0 {
			values[country] += a.worth.adds(byCountry, others) - a.worth[policy.Country]
		}
	}
	for _, host := range c.hosts {
		for _, at := range t.byHost[t.hosts[host]:t.hosts[host+1]] {
			if a := &t.cells[at]; !c.ip[a.client] {
				change(a, byReferer)
			}
		}
	}
	for i, denied := range c.ip {
		country := t.clients[i].Country
		if !denied || country < 0 {
			continue
		}
		r := &t.rest[i]
		values[country] += r.both - (r.ip.gain - t.prices[policy.IP]*r.ip.cost) - r.country
		for at := t.begins[i]; at < t.begins[i+1]; at++ {
			a := &t.cells[at]
			others := byIP
			if c.onHosts[a.host] {
				others |= byReferer
			}
			change(a, others)
		}
	}
}
