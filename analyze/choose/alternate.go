package choose

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"rulecast/analyze/policy"
)

// maxSingles is how many hosts, and how many countries, the search starts from
// on their own.
const maxSingles = 8

// alternation improves one list at a time: given the other two, networks are an
// exact program, and hosts and countries, which are disjoint, are those that add
// most. It ends where none of them can be improved alone, and where that is
// depends on where it began.
type alternation struct {
	p        *JointProblem
	t        *table
	networks *networks
	allowed  []bool // countries
	weights  []weight
	values   []int64
	seen     map[string]bool // hosts and countries that networks were solved for
	best     *chosen
	score    score // of best
}

// score orders lists: by value, then those with fewer entries.
type score struct {
	value   int64
	entries int
}

func (s score) less(t score) bool {
	return s.value < t.value || s.value == t.value && s.entries > t.entries
}

// Solve finds lists that are good together. No change of one list alone makes
// them better; that none at all does is not known, but on small instances it is
// nearly always so.
func (p *JointProblem) Solve() (*JointSolution, error) {
	unit, err := p.check()
	if err != nil {
		return nil, err
	}
	a, err := newAlternation(p, unit)
	if err != nil {
		return nil, err
	}
	a.fromHosts()
	if p.MaxCountries > 0 && a.allowCountries() {
		clear(a.seen)
		a.fromCountries()
	}
	return a.solution(unit), nil
}

func newAlternation(p *JointProblem, unit int64) (*alternation, error) {
	t := newTable(p, unit)
	networks, err := newNetworks(p, t, unit)
	if err != nil {
		return nil, err
	}
	return &alternation{
		p:        p,
		t:        t,
		networks: networks,
		allowed:  make([]bool, p.Countries),
		weights:  make([]weight, len(p.Clients)),
		values:   make([]int64, max(p.Hosts, p.Countries)),
		seen:     map[string]bool{},
	}, nil
}

// fromHosts starts from no host, all that are worth it, and single ones: also
// such as do harm alone and are worth it beside other entries.
func (a *alternation) fromHosts() {
	a.climb(a.empty())
	all := a.empty()
	a.chooseHosts(all)
	a.climb(all)
	singles := min(maxSingles, a.p.MaxHosts*maxSingles) // none if none may be chosen
	for _, host := range positive(a.t.hostHope, singles, nil) {
		c := a.empty()
		c.setHosts([]int32{host})
		a.climb(c)
	}
}

// fromCountries starts from the best so far, from the countries that are worth
// it, alone and with hosts, and from single ones.
func (a *alternation) fromCountries() {
	soFar := a.best.clone()
	a.chooseCountries(soFar)
	a.climb(soFar)
	first := a.empty()
	a.chooseCountries(first)
	a.climb(first.clone())
	a.chooseHosts(first)
	a.climb(first)
	a.fromHosts()
	for _, country := range positive(a.t.countryHope, maxSingles, a.allowed) {
		c := a.empty()
		c.setCountries([]int32{country})
		a.climb(c)
	}
}

func (a *alternation) empty() *chosen {
	return &chosen{ip: make([]bool, len(a.p.Clients)), onHosts: make([]bool, a.p.Hosts), onCountry: make([]bool, a.p.Countries)}
}

func (c *chosen) clone() *chosen {
	d := *c
	d.ip, d.hosts, d.countries = slices.Clone(c.ip), slices.Clone(c.hosts), slices.Clone(c.countries)
	d.onHosts, d.onCountry = slices.Clone(c.onHosts), slices.Clone(c.onCountry)
	return &d
}

func (c *chosen) setHosts(hosts []int32) {
	c.hosts = hosts
	set(c.onHosts, hosts)
}

func (c *chosen) setCountries(countries []int32) {
	c.countries = countries
	set(c.onCountry, countries)
}

func set(on []bool, ids []int32) {
	clear(on)
	for _, id := range ids {
		on[id] = true
	}
}

// key tells lists of hosts and countries apart.
func (c *chosen) key() string {
	var b []byte
	for _, ids := range [][]int32{c.hosts, c.countries} {
		ids = slices.Clone(ids)
		slices.Sort(ids)
		for _, id := range ids {
			b = binary.LittleEndian.AppendUint32(b, uint32(id))
		}
		b = append(b, 0xff, 0xff, 0xff, 0xff)
	}
	return string(b)
}

// climb improves lists until nothing changes, or until it comes where it has
// been.
func (a *alternation) climb(c *chosen) {
	last := score{value: math.MinInt64}
	for {
		key := c.key()
		if a.seen[key] {
			return
		}
		a.seen[key] = true
		now := a.chooseNetworks(c)
		if !last.less(now) {
			return
		}
		last = now
		if a.best == nil || a.score.less(now) {
			a.best, a.score = c.clone(), now
		}
		a.chooseHosts(c)
		a.chooseCountries(c)
	}
}

// chooseNetworks finds the best networks, given hosts and countries.
func (a *alternation) chooseNetworks(c *chosen) score {
	without := a.t.toNetworks(c, a.weights)
	a.networks.weigh(a.weights)
	s := a.networks.solve(c.ip)
	return score{without + s.Value, len(s.Entries) + len(c.hosts) + len(c.countries)}
}

// chooseHosts finds the best hosts, given networks and countries.
func (a *alternation) chooseHosts(c *chosen) {
	values := a.values[:a.p.Hosts]
	a.t.toHosts(c, values)
	if hosts := positive(values, a.p.MaxHosts, nil); scoreOf(values, c.hosts).less(scoreOf(values, hosts)) {
		c.setHosts(hosts)
	}
}

// chooseCountries finds the best countries, given networks and hosts.
func (a *alternation) chooseCountries(c *chosen) {
	if !slices.Contains(a.allowed, true) {
		return
	}
	values := a.values[:a.p.Countries]
	a.t.toCountries(c, values)
	if countries := positive(values, a.p.MaxCountries, a.allowed); scoreOf(values, c.countries).less(scoreOf(values, countries)) {
		c.setCountries(countries)
	}
}

func scoreOf(values []int64, ids []int32) score {
	s := score{entries: len(ids)}
	for _, id := range ids {
		s.value += values[id]
	}
	return s
}

// positive are the ids of the greatest positive values, the greatest first, of
// equal ones the lower id. If allowed is not nil it says which.
func positive(values []int64, most int, allowed []bool) []int32 {
	var ids []int32
	for id, v := range values {
		if v > 0 && (allowed == nil || allowed[id]) {
			ids = append(ids, int32(id))
		}
	}
	slices.SortFunc(ids, func(a, b int32) int {
		return cmp.Or(-cmp.Compare(values[a], values[b]), cmp.Compare(a, b))
	})
	return ids[:min(most, len(ids))]
}

// allowCountries allows the countries whose bad weight the best lists so far,
// without countries, leave too much of. It reports whether there are any.
func (a *alternation) allowCountries() bool {
	share := a.p.FinerShare
	if share.Num == 0 {
		share = Ratio{4, 5}
	}
	all, finer := make([]int64, a.p.Countries), make([]int64, a.p.Countries)
	for i := range a.p.Cells {
		c := &a.p.Cells[i]
		country := a.p.Clients[c.Client].Country
		if country < 0 {
			continue
		}
		all[country] += c.Bad[policy.Country]
		if a.best.ip[c.Client] || c.Host >= 0 && a.best.onHosts[c.Host] {
			finer[country] += c.Bad[policy.Country]
		}
	}
	for i := range all {
		a.allowed[i] = finer[i]*share.Den < all[i]*share.Num
	}
	return slices.Contains(a.allowed, true)
}
