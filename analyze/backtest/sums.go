package backtest

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/fetch"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
	"rulecast/ingest/record"
)

// week is how many days the simple methods look back.
const week = 7

// weights are traffic for one control, in fixed-point requests of One.
type weights struct{ bad, good int64 }

func (w *weights) add(c *collateral.Cell, control policy.Control, worth int64) {
	w.bad += worth * c.Bad[control] / collateral.One
	w.good += c.Counts.Requests * (collateral.One - c.Bad[control])
}

// clientSums are what is known of a client.
type clientSums struct {
	weights       // for the ip control
	lastBad int64 // of bad, that of the last day
}

// hostSums are what is known of a Referer host; nothing is of own ones.
type hostSums struct {
	weights            // for the referer control
	embeds, lastEmbeds int64
}

// sums are what the simple methods look at, and the oracle.
type sums struct {
	j         *collateral.Judgement
	terms     *recommend.Terms
	clients   []clientSums // by client id
	referrers []hostSums   // by Referer host id
	countries [geo.NumCountries]weights
}

// newSums sums up some days, from one to another and with both.
func newSums(j *collateral.Judgement, terms *recommend.Terms, from, last int) *sums {
	s := &sums{j: j, terms: terms, clients: make([]clientSums, len(j.Clients)), referrers: make([]hostSums, len(j.Hotlinks.Verdicts))}
	for c := range j.Cells() {
		if c.Day >= from && c.Day <= last {
			s.add(c, c.Day == last)
		}
	}
	return s
}

func (s *sums) add(c *collateral.Cell, last bool) {
	worth := s.terms.Worth(c.Counts)
	client := &s.clients[c.Client]
	before := client.bad
	client.add(c, policy.IP, worth)
	if last {
		client.lastBad += client.bad - before
	}
	s.countries[c.Country].add(c, policy.Country, worth)
	if s.j.Hotlinks.Verdicts[c.Referer] == "" {
		return
	}
	host := &s.referrers[c.Referer]
	host.add(c, policy.Referer, worth)
	if c.Kind == fetch.Embed {
		host.embeds += c.Counts.Requests
		if last {
			host.lastEmbeds += c.Counts.Requests
		}
	}
}

// ranked is something that a list may have.
type ranked[E any] struct {
	entry E
	by    int64
}

// first are the most first of those with a positive rank.
func first[E any](all []ranked[E], most int, compare func(a, b E) int) []E {
	all = slices.DeleteFunc(all, func(r ranked[E]) bool { return r.by <= 0 })
	slices.SortFunc(all, func(a, b ranked[E]) int { return cmp.Or(cmp.Compare(b.by, a.by), compare(a.entry, b.entry)) })
	var out []E
	for _, r := range all[:min(most, len(all))] {
		out = append(out, r.entry)
	}
	return out
}

// worst are the networks with most of something bad: IPv4 ones of a length, and
// of IPv6 those of 64 bits, which one customer has.
func (s *sums) worst(bits4 int, by func(*clientSums) int64) []netip.Prefix {
	total := map[netip.Prefix]int64{}
	for id := range s.clients {
		bad := by(&s.clients[id])
		if bad <= 0 {
			continue
		}
		addr, bits := s.j.Dicts.Clients.Addr(record.ID(id)), bits4
		if addr.Is6() {
			bits = 64
		}
		if s.j.Clients[id].Cut {
			network, _ := s.j.Dicts.Clients.Stands(record.ID(id), true)
			bits = min(bits, network.Bits())
		}
		p, _ := addr.Prefix(bits) // of a valid address: no error
		total[p] += bad
	}
	var all []ranked[netip.Prefix]
	for p, bad := range total {
		all = append(all, ranked[netip.Prefix]{p, bad})
	}
	return first(all, s.terms.Room[policy.IP], func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
}

// networks is the best list of networks at a price of good requests, and what
// one more entry would be worth.
func (s *sums) networks(price int64) (best []netip.Prefix, next *float64, err error) {
	if s.terms.Room[policy.IP] == 0 {
		return nil, nil, nil
	}
	var all []choose.Address
	for id := range s.clients {
		c := &s.clients[id]
		if c.weights == (weights{}) {
			continue
		}
		a := choose.Address{Addr: s.j.Dicts.Clients.Addr(record.ID(id)), Bad: c.bad, Good: c.good}
		if s.j.Clients[id].Cut {
			network, _ := s.j.Dicts.Clients.Stands(record.ID(id), true)
			a.Bits = uint8(network.Bits())
		}
		all = append(all, a)
	}
	p, err := choose.New(all, s.terms.Networks(price))
	if err != nil {
		return nil, nil, err
	}
	solution := p.Solve()
	for _, e := range solution.Entries {
		best = append(best, e.Prefix)
	}
	more := float64(solution.Next) / collateral.One
	return best, &more, nil
}

// hosts are the foreign Referer hosts with most of something.
func (s *sums) hosts(by func(*hostSums) int64) []string {
	var all []ranked[string]
	for id := range s.referrers {
		if n := by(&s.referrers[id]); n > 0 {
			all = append(all, ranked[string]{s.j.Dicts.RefererHosts.String(record.ID(id)), n})
		}
	}
	return first(all, s.terms.Room[policy.Referer], strings.Compare)
}

// best are the lists that are worth most for traffic that is known.
func (s *sums) best() (e entries, err error) {
	price := &s.terms.Price
	if e.networks, _, err = s.networks(price[policy.IP]); err != nil {
		return e, err
	}
	e.hosts = s.hosts(func(h *hostSums) int64 { return h.bad - price[policy.Referer]*h.good })
	var codes []ranked[string]
	for c := range s.countries {
		if w := &s.countries[c]; geo.Country(c) != geo.Unknown {
			codes = append(codes, ranked[string]{geo.Country(c).String(), w.bad - price[policy.Country]*w.good})
		}
	}
	e.countries = first(codes, s.terms.Room[policy.Country], strings.Compare)
	return e, nil
}
