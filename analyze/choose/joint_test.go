package choose

import (
	"net/netip"
	"slices"
	"testing"

	"rulecast/analyze/policy"
)

// joint draws a joint problem over a small world.
func (n source) joint(bits, most int) (*JointProblem, *world) {
	w := n.world(bits, most)
	p := &JointProblem{Hosts: n(4), Countries: n(3)}
	p.MaxHosts, p.MaxCountries = n(3), n(2)
	p.HostPrice, p.CountryPrice = Ratio{int64(n(4)), 1}, Ratio{int64(n(8)), int64(1 + n(1))}
	p.FinerShare = Whole(2) // all countries may be chosen
	for i := range w.addresses {
		a := &w.addresses[i]
		a.Bad, a.Good = 0, 0
		p.Clients = append(p.Clients, Client{Addr: a.Addr, Bits: a.Bits, NoSingle: a.NoSingle, Users: a.Users, Country: int32(n(p.Countries)) - 1})
		for range n(3) {
			c := Cell{Client: int32(i), Host: int32(n(p.Hosts)) - 1}
			for control := range c.Bad {
				if n.one(2) {
					c.Bad[control] = int64(n(10))
				} else {
					c.Good[control] = int64(n(3))
				}
			}
			a.Bad += c.Bad[policy.IP]
			a.Good += c.Good[policy.IP]
			p.Cells = append(p.Cells, c)
		}
	}
	p.IP = w.o
	return p, w
}

// worthOf is what lists are worth, by the documentation of JointProblem.
func (p *JointProblem) worthOf(networks list, hosts, countries []int32, unit int64) int64 {
	total := int64(0)
	price := unit / max(p.IP.Price.Den, 1)
	for _, e := range networks {
		total += e.own * price
	}
	for _, cell := range p.Cells {
		client := p.Clients[cell.Client]
		var worths []int64
		deny := func(control policy.Control, r Ratio) {
			r.Den = max(r.Den, 1)
			worths = append(worths, unit*cell.Bad[control]-unit/r.Den*r.Num*cell.Good[control])
		}
		if slices.ContainsFunc(networks, func(e entryOf) bool { return e.p.Contains(client.Addr) }) {
			deny(policy.IP, p.IP.Price)
		}
		if slices.Contains(hosts, cell.Host) {
			deny(policy.Referer, p.HostPrice)
		}
		if slices.Contains(countries, client.Country) {
			deny(policy.Country, p.CountryPrice)
		}
		if len(worths) > 0 {
			if best := slices.Max(worths); best > 0 {
				total += best
			} else {
				total += slices.Min(worths)
			}
		}
	}
	return total
}

// subsets calls found with each set of at most so many ids.
func subsets(ids, most int, found func([]int32)) {
	for set := range 1 << ids {
		var chosen []int32
		for id := range ids {
			if set>>id&1 != 0 {
				chosen = append(chosen, int32(id))
			}
		}
		if len(chosen) <= most {
			found(chosen)
		}
	}
}

// bestJoint is the value of the best lists there are.
func (p *JointProblem) bestJoint(w *world, unit int64) (best int64) {
	lists := []list{nil}
	l := w.o.limits()
	w.everyList(w.touched, func(all list) {
		if w.allows(all, l) {
			lists = append(lists, all)
		}
	})
	subsets(p.Hosts, p.MaxHosts, func(hosts []int32) {
		subsets(p.Countries, p.MaxCountries, func(countries []int32) {
			for _, all := range lists {
				best = max(best, p.worthOf(all, hosts, countries, unit))
			}
		})
	})
	return best
}

// touched is allowed for networks that hold an address or are previous ones.
func (w *world) touched(p netip.Prefix) (entryOf, bool) {
	e, ok := w.allowed(p)
	return e, ok && (e.kept || slices.ContainsFunc(w.addresses, func(a Address) bool { return p.Contains(a.Addr) }))
}

func ids(choices []Choice) []int32 {
	var ids []int32
	for _, c := range choices {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestJoint(t *testing.T) {
	sum, n, same := 0.0, 0, 0
	for seed := range uint64(1500) {
		p, w := even(seed).joint(3, 8)
		s, err := p.Solve()
		if err != nil {
			t.Fatal(err)
		}
		var networks list
		for _, e := range s.Networks {
			entry, ok := w.allowed(e.Prefix)
			if !ok {
				t.Fatalf("seed %d: %s is not allowed", seed, e.Prefix)
			}
			networks = append(networks, entry)
		}
		if l := w.o.limits(); !w.allows(networks, l) || len(s.Hosts) > p.MaxHosts || len(s.Countries) > p.MaxCountries {
			t.Fatalf("seed %d: the lists are too long", seed)
		}
		if got := p.worthOf(networks, ids(s.Hosts), ids(s.Countries), s.Unit); got != s.Value {
			t.Fatalf("seed %d: value %d, by the cells %d", seed, s.Value, got)
		}
		best := p.bestJoint(w, s.Unit)
		if best < s.Value {
			t.Fatalf("seed %d: value %d is over the best, %d", seed, s.Value, best)
		}
		if best > 0 {
			n++
			sum += float64(s.Value) / float64(best)
			if best == s.Value {
				same++
			}
		}
	}
	t.Logf("%.2f%% of the best on average of %d, %d of them the best", 100*sum/float64(n), n, same)
	if sum < 0.99*float64(n) {
		t.Error("too far from the best")
	}
}
