package choose

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
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
		p.Clients = append(p.Clients, Client{Addr: a.Addr, Bits: a.Bits, NoSingle: a.NoSingle, Unseen: a.Unseen, Users: a.Users, Country: int32(n(p.Countries)) - 1})
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

// checkParts holds what a solution says of its parts against the documentation.
func (p *JointProblem) checkParts(s *JointSolution, networks list) error {
	hosts, countries := ids(s.Hosts), ids(s.Countries)
	if got := p.worthOf(networks, hosts, countries, s.Unit); got != s.Value {
		return fmt.Errorf("value %d, by the cells %d", s.Value, got)
	}
	without := func(ids []int32, i int) []int32 { return slices.Delete(slices.Clone(ids), i, i+1) }
	denies := func(cell *Cell) (ip, host, country int) {
		client := p.Clients[cell.Client]
		ip = slices.IndexFunc(networks, func(e entryOf) bool { return e.p.Contains(client.Addr) })
		return ip, slices.Index(hosts, cell.Host), slices.Index(countries, client.Country)
	}
	caught := func(control policy.Control, entry int) (c Caught) {
		for i := range p.Cells {
			cell := &p.Cells[i]
			ip, host, country := denies(cell)
			if [...]int{policy.IP: ip, policy.Referer: host, policy.Country: country}[control] == entry {
				c.add(cell.Bad[control], cell.Good[control], ip+host+country == entry-2)
			}
		}
		return c
	}
	check := func(what string, adds, value int64, got, want Caught) error {
		if adds != value || got != want {
			return fmt.Errorf("%s adds %d, want %d; catches %v, want %v", what, value, adds, got, want)
		}
		return nil
	}
	var err error
	for i, e := range s.Networks {
		adds := s.Value - p.worthOf(slices.Delete(slices.Clone(networks), i, i+1), hosts, countries, s.Unit)
		err = errors.Join(err, check(e.Prefix.String(), adds, e.Value, e.Caught, caught(policy.IP, i)))
	}
	for i, c := range s.Hosts {
		adds := s.Value - p.worthOf(networks, without(hosts, i), countries, s.Unit)
		err = errors.Join(err, check(fmt.Sprint("host ", c.ID), adds, c.Value, c.Caught, caught(policy.Referer, i)))
	}
	for i, c := range s.Countries {
		adds := s.Value - p.worthOf(networks, hosts, without(countries, i), s.Unit)
		err = errors.Join(err, check(fmt.Sprint("country ", c.ID), adds, c.Value, c.Caught, caught(policy.Country, i)))
	}
	next := int64(0)
	for host := range int32(p.Hosts) {
		if !slices.Contains(hosts, host) {
			next = max(next, p.worthOf(networks, append(slices.Clone(hosts), host), countries, s.Unit)-s.Value)
		}
	}
	if next != s.NextHost {
		err = errors.Join(err, fmt.Errorf("another host adds %d, want %d", s.NextHost, next))
	}
	return err
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
		if err := p.checkParts(s, networks); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
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

// TestJointMaxCollateral holds the limit to what no other list denies.
func TestJointMaxCollateral(t *testing.T) {
	met := 0
	for seed := range uint64(500) {
		r := even(seed)
		p, w := r.joint(4, 16)
		p.IP.Price = Ratio{}
		p.IP.MaxCollateral = AtMost(int64(r(10)))
		w.o = p.IP
		s, err := p.Solve()
		if err != nil {
			t.Fatal(err)
		}
		var networks list
		cost := int64(0)
		for _, e := range s.Networks {
			entry, _ := w.allowed(e.Prefix)
			networks = append(networks, entry)
			cost += e.Caught.ExclusiveGood + e.Unseen
		}
		if cost > p.IP.MaxCollateral.N {
			t.Fatalf("seed %d: %d good are stopped, at most %d", seed, cost, p.IP.MaxCollateral.N)
		}
		if err := p.checkParts(s, networks); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if s.IP.Price.Num > 0 {
			met++
		}
	}
	if met < 50 {
		t.Errorf("only %d instances meet the limit", met)
	}
}

// TestClimb follows each step of the search: none may lose.
func TestClimb(t *testing.T) {
	for seed := range uint64(300) {
		p, w := even(seed).joint(4, 16)
		unit, err := p.check()
		if err != nil {
			t.Fatal(err)
		}
		a, err := newAlternation(p, unit)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.allowed {
			a.allowed[i] = true
		}
		c := a.empty()
		var networks list
		last := int64(0)
		check := func(step string) {
			now := p.worthOf(networks, c.hosts, c.countries, unit)
			if now < last {
				t.Fatalf("seed %d: %s turn %d into %d", seed, step, last, now)
			}
			last = now
		}
		for range 4 {
			a.t.toNetworks(c, a.weights)
			a.networks.weigh(a.weights)
			networks = nil
			for _, e := range a.networks.solve(c.ip).Entries {
				entry, _ := w.allowed(e.Prefix)
				networks = append(networks, entry)
			}
			check("networks")
			a.chooseHosts(c)
			check("hosts")
			a.chooseCountries(c)
			check("countries")
		}
	}
}

// TestJointOrder demands that the order of clients and cells does not matter.
func TestJointOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for seed := range uint64(100) {
		p, _ := even(seed).joint(6, 40)
		want, err := p.Solve()
		if err != nil {
			t.Fatal(err)
		}
		places := r.Perm(len(p.Clients))
		clients := make([]Client, len(places))
		for i, place := range places {
			clients[place] = p.Clients[i]
		}
		p.Clients = clients
		for i := range p.Cells {
			p.Cells[i].Client = int32(places[p.Cells[i].Client])
		}
		r.Shuffle(len(p.Cells), func(i, j int) { p.Cells[i], p.Cells[j] = p.Cells[j], p.Cells[i] })
		got, err := p.Solve()
		if err != nil {
			t.Fatal(err)
		}
		got.IP, want.IP = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: got %+v, want %+v", seed, got, want)
		}
	}
}

// abroad is a problem with one country whose clients are all bad, so many of
// them on one network and the others each on their own.
func abroad(near, far int) *JointProblem {
	p := &JointProblem{IP: Options{Max: 1, Price: Whole(20)}, Countries: 1, MaxCountries: 1, CountryPrice: Whole(100)}
	for i := range near + far {
		a := v4(0xc6336400 | uint32(i)) // 198.51.100.0
		if i >= near {
			a = v4(uint32(i) << 20)
		}
		p.Clients = append(p.Clients, Client{Addr: a})
		cell := Cell{Client: int32(i), Host: -1}
		cell.Bad[policy.IP], cell.Bad[policy.Country] = 1, 1
		p.Cells = append(p.Cells, cell)
	}
	return p
}

func TestFinerShare(t *testing.T) {
	for _, test := range []struct {
		near, far int
		share     Ratio
		want      int
	}{
		{7, 3, Ratio{}, 1}, // the network stops 7 of 10
		{8, 2, Ratio{}, 0}, // and 8
		{8, 2, Ratio{9, 10}, 1},
		{9, 1, Ratio{9, 10}, 0},
		{2, 8, Ratio{1, 4}, 1},
		{3, 7, Ratio{1, 4}, 0},
	} {
		p := abroad(test.near, test.far)
		p.FinerShare = test.share
		s, err := p.Solve()
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Countries) != test.want {
			t.Errorf("%d near and %d far, share %s: %+v", test.near, test.far, test.share, s)
		}
	}
}

// TestHarm holds that denying twice is no way to do less harm: a good network
// in a country that is blocked is not listed because its price is lower.
func TestHarm(t *testing.T) {
	p := abroad(0, 50)
	p.Clients = append(p.Clients, Client{Addr: addr("192.0.2.1")}, Client{Addr: addr("192.0.2.2")})
	good, mixed := Cell{Client: 50, Host: -1}, Cell{Client: 51, Host: -1}
	good.Good[policy.IP], good.Good[policy.Country] = 1, 1
	mixed.Bad[policy.IP], mixed.Good[policy.IP], mixed.Bad[policy.Country] = 1, 1, 1
	p.Cells = append(p.Cells, good, mixed)
	p.CountryPrice = Whole(30)
	s, err := p.Solve()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Countries) != 1 || len(s.Networks) != 0 || s.Value != 51-30 {
		t.Errorf("%+v", s)
	}
}

func TestJointErrors(t *testing.T) {
	for _, test := range []struct {
		want   string
		change func(*JointProblem)
	}{
		{"cell 0 is of client 9 and host -1", func(p *JointProblem) { p.Cells[0].Client = 9 }},
		{"cell 1 is of client 1 and host 0", func(p *JointProblem) { p.Cells[1].Host = 0 }},
		{"client 0 is in country 1 of 1", func(p *JointProblem) { p.Clients[0].Country = 1 }},
		{"a number of hosts or countries is negative", func(p *JointProblem) { p.MaxHosts = -1 }},
		{"price of hosts 1/2000: the denominator", func(p *JointProblem) { p.HostPrice = Ratio{1, 2000} }},
		{"prices have no common denominator", func(p *JointProblem) { p.HostPrice, p.CountryPrice = Ratio{1, 1023}, Ratio{1, 1024} }},
		{"cell 0 has a weight that is negative", func(p *JointProblem) { p.Cells[0].Good[policy.Referer] = -1 }},
		{"the weights of all cells for the ip control are too great for its price", func(p *JointProblem) { p.Cells[0].Good[policy.IP], p.IP.Price = 1<<50, Whole(1<<20) }},
		{"address 0 is not valid", func(p *JointProblem) { p.Clients[0].Addr = netip.Addr{} }},
		{"-1 entries are not within", func(p *JointProblem) { p.IP.Max = -1 }},
	} {
		p := abroad(2, 2)
		test.change(p)
		if _, err := p.Solve(); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}
