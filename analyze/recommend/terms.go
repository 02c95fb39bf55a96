package recommend

import (
	"net/netip"

	"rulecast/analyze/choose"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
)

// Terms are what lists have to keep to and what they are worth, for who chooses
// them by other means.
type Terms struct {
	// Room is how many entries a list may have; 0 is no list.
	Room [policy.NumControls]int
	// Price is how many bad requests have to be stopped for a good one.
	Price [policy.NumControls]int64

	perFamily, ipv6      bool
	never                []netip.Prefix
	shortest4, shortest6 int
	scale                scale
}

// Terms are those of the options for a log with so much traffic.
func (o *Options) Terms(total tally.Counts) *Terms {
	r := roomOf(o.Dialect, o.Most)
	if !o.Countries {
		r.entries[policy.Country] = 0
	}
	return &Terms{
		Room:      r.entries,
		Price:     [policy.NumControls]int64{policy.IP: o.Price, policy.Country: countryPrice, policy.Referer: refererPrice},
		perFamily: r.perFamily, ipv6: r.ipv6, never: o.never(),
		shortest4: max(o.MinPrefix4, o.Dialect.IPv4Masks.Min), shortest6: max(o.MinPrefix6, o.Dialect.IPv6Masks.Min),
		scale: newScale(o.Objective, o.Prices, total),
	}
}

// Worth is what stopping bad requests is worth by the objective: as much as so
// many average requests, in fixed-point numbers of collateral.One.
func (t *Terms) Worth(c tally.Counts) int64 { return t.scale.worth(c) }

// Networks are the options of the best list of networks for traffic that is
// known: nothing is asked of an entry but that it is worth its price.
func (t *Terms) Networks(price int64) choose.Options {
	most := t.Room[policy.IP]
	o := choose.Options{
		Max: most, Price: choose.Whole(price), Protected: t.never,
		V4: choose.Lengths(t.shortest4, 32), V6: choose.Lengths(t.shortest6, 64),
	}
	if t.perFamily {
		o.Max, o.MaxV4, o.MaxV6 = 2*most, choose.AtMost(int64(most)), choose.AtMost(int64(most))
	}
	if !t.ipv6 {
		o.Protected = append(o.Protected[:len(o.Protected):len(o.Protected)], netip.PrefixFrom(netip.IPv6Unspecified(), 0))
	}
	return o
}
