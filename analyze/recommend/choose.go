package recommend

import (
	"errors"
	"fmt"
	"math"

	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/policy"
)

// choice is what was chosen, and how good it is.
type choice struct {
	picked       picked
	frontier     []Point
	certificates []Certificate
}

var errNoControl = errors.New("has no block list for addresses, countries or referers")

// choose solves the problem for the room that there is.
func (p *problem) choose(o *Options, c *current, why *evidence) (*choice, error) {
	room := roomOf(o.Dialect, o.Most)
	if room.entries == [policy.NumControls]int{} {
		return nil, fmt.Errorf("%s %w", o.Dialect.Title, errNoControl)
	}
	joint := &choose.JointProblem{
		Clients: p.clients, Cells: p.cells, IP: p.networkOptions(o, room),
		Hosts: len(p.hosts), MaxHosts: room.entries[policy.Referer], HostPrice: choose.Whole(refererPrice),
		Countries: len(p.countries), CountryPrice: choose.Whole(countryPrice),
	}
	if o.Countries {
		joint.MaxCountries = room.entries[policy.Country]
	}
	s, err := joint.Solve()
	if err == nil && len(c.entries[policy.IP]) > 0 {
		// Now that it is known what an entry is worth, those of the current list
		// that are still of use get a head start.
		joint.IP.Bonus = bonus(s.IP, joint.IP.Max)
		for _, e := range c.entries[policy.IP] {
			joint.IP.Previous = append(joint.IP.Previous, choose.Previous{Prefix: e.Prefix, Hit: p.hit(e, why)})
		}
		if o.MaxNew >= 0 {
			joint.IP.MaxNew = choose.AtMost(int64(o.MaxNew))
		}
		s, err = joint.Solve()
	}
	if err != nil {
		return nil, err
	}
	return p.choice(s), nil
}

// networkOptions say which networks may be chosen.
func (p *problem) networkOptions(o *Options, room room) choose.Options {
	most := room.entries[policy.IP]
	options := choose.Options{
		Max: most, Price: choose.Whole(o.Price), EntryCost: entryCost * collateral.One,
		V4: lengths(o.MinPrefix4, 32, needs4), V6: lengths(o.MinPrefix6, 64, needs6), Protected: o.never(), Kappa: choose.Whole(1),
	}
	if room.perFamily {
		options.Max, options.MaxV4, options.MaxV6 = 2*most, choose.AtMost(int64(most)), choose.AtMost(int64(most))
	}
	if !room.ipv6 {
		options.MaxV6 = choose.AtMost(0)
	}
	if o.MaxNew >= 0 {
		options.MaxNew = choose.AtMost(int64(o.MaxNew))
	}
	if o.MaxCollateral >= 0 {
		options.MaxCollateral = choose.AtMost(int64(math.Floor(o.MaxCollateral * float64(p.good))))
	}
	return options
}

// bonus is what an entry of the current list that is still of use is worth on
// top: that nobody has to look at a new one, and half of what the last entry of
// a full list is worth, so that lists do not change for little.
func bonus(s *choose.Solution, most int) int64 {
	b := int64(entryCost * collateral.One)
	if n := len(s.Curve); n > most && most > 0 {
		b = max(b, (s.Curve[n-1]-s.Curve[n-2])/2)
	}
	return b
}

// choice reads a solution. Weights are in requests a day again.
func (p *problem) choice(s *choose.JointSolution) *choice {
	requests := func(weight int64) float64 { return float64(weight) / collateral.One }
	out := &choice{}
	for _, n := range s.Networks {
		out.picked.prefixes = append(out.picked.prefixes, n.Prefix)
	}
	var hosts Point
	hosts.Control = policy.Referer
	var value int64
	for i, h := range s.Hosts {
		out.picked.hosts = append(out.picked.hosts, p.j.Dicts.RefererHosts.String(p.hosts[h.ID]))
		hosts.Entries, hosts.Bad, hosts.Good = i+1, hosts.Bad+requests(h.Caught.Bad), hosts.Good+requests(h.Caught.Good)
		hosts.Chosen = i == len(s.Hosts)-1
		value += h.Value
		out.frontier = append(out.frontier, hosts)
	}
	for _, c := range s.Countries {
		out.picked.countries = append(out.picked.countries, p.countries[c.ID].String())
	}
	var networks []Point
	for _, f := range s.IP.Frontier() {
		networks = append(networks, Point{policy.IP, f.Entries, requests(f.Bad), requests(f.Good), f.Entries == len(s.Networks)})
	}
	out.frontier = append(networks, out.frontier...)
	out.certificates = []Certificate{
		{policy.IP, requests(s.IP.Value()), requests(s.IP.Bound), requests(s.IP.Next)},
		{policy.Referer, requests(value / s.Unit), requests(value / s.Unit), requests(s.NextHost / s.Unit)},
	}
	return out
}
