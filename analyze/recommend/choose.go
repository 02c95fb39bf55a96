package recommend

import (
	"errors"
	"fmt"
	"math"
	"net/netip"

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

var errNoControl = errors.New("has no block list of addresses, countries or Referers that an entry is wanted for")

// choose solves the problem for the room that there is.
func (p *problem) choose(o *Options, c *current, room *room, why *evidence) (*choice, error) {
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
func (p *problem) networkOptions(o *Options, room *room) choose.Options {
	most := room.entries[policy.IP]
	options := choose.Options{
		Max: most, Price: choose.Whole(o.Price), EntryCost: entryCost * collateral.One,
		V4: lengths(max(o.MinPrefix4, o.Dialect.IPv4Masks.Min), 32, needs4), V6: lengths(max(o.MinPrefix6, o.Dialect.IPv6Masks.Min), 64, needs6), Protected: o.never(), Kappa: p.novelty.share(p.j), Near: p.near(),
	}
	if room.perFamily {
		options.Max, options.MaxV4, options.MaxV6 = 2*most, choose.AtMost(int64(most)), choose.AtMost(int64(most))
	}
	if !room.ipv6 {
		options.Protected = append(options.Protected, netip.PrefixFrom(netip.IPv6Unspecified(), 0))
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
// top: that nobody has to look at a new one, and half of what the least entry of
// a full list is worth, so that lists do not change for little.
func bonus(s *choose.Solution, most int) int64 {
	b := int64(entryCost * collateral.One)
	if len(s.Entries) < most || most == 0 {
		return b
	}
	least := s.Entries[0].Value
	for _, e := range s.Entries {
		least = min(least, e.Value)
	}
	return max(b, least/2)
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
		if shown(hosts.Entries, len(s.Hosts)) {
			out.frontier = append(out.frontier, hosts)
		}
	}
	for _, c := range s.Countries {
		out.picked.countries = append(out.picked.countries, p.countries[c.ID].String())
	}
	var networks []Point
	for _, k := range choose.Steps(len(s.Networks)) {
		if shown(k, len(s.Networks)) {
			f := s.IP.Frontier(k)[0]
			networks = append(networks, Point{policy.IP, k, requests(f.Bad), requests(f.Good), k == len(s.Networks)})
		}
	}
	out.frontier = append(networks, out.frontier...)
	out.certificates = []Certificate{
		{policy.IP, requests(s.IP.Value), requests(s.IP.Bound), requests(s.IP.Next / max(s.IP.Price.Den, 1))},
		{policy.Referer, requests(value / s.Unit), requests(value / s.Unit), requests(s.NextHost / s.Unit)},
	}
	return out
}

// shown reports whether a frontier has a point for so many entries, of a list
// that has most: 1, 2, 3, 5, 7, 10, 20, 30, 50, ... and the last.
func shown(k, most int) bool {
	for ; k >= 10 && k%10 == 0 && k != most; k /= 10 {
	}
	return k == most || k == 1 || k == 2 || k == 3 || k == 5 || k == 7
}
