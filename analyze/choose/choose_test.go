package choose

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func solve(t *testing.T, addresses []Address, o Options) *Solution {
	t.Helper()
	p, err := New(addresses, o)
	if err != nil {
		t.Fatal(err)
	}
	return p.Solve()
}

func prefixes(s *Solution) string {
	var all []string
	for _, e := range s.Entries {
		all = append(all, e.Prefix.String())
	}
	return strings.Join(all, " ")
}

func TestSolve(t *testing.T) {
	pair := []Address{{Addr: addr("192.0.2.4"), Bad: 10}, {Addr: addr("192.0.2.5"), Bad: 9}, {Addr: addr("198.51.100.1"), Bad: 5}}
	good := Address{Addr: addr("192.0.2.6"), Good: 3, Users: 2}
	shared := Address{Addr: addr("203.0.113.9"), Bad: 50, NoSingle: true}
	unseenBeside := Address{Addr: addr("192.0.2.128"), Bad: 7, Unseen: true}
	unseen := Address{Addr: addr("203.0.113.16"), Bad: 50, NoSingle: true, Unseen: true}
	for _, test := range []struct {
		name      string
		addresses []Address
		o         Options
		want      string
	}{
		{"nothing", nil, Options{Max: 3}, ""},
		{"no room", pair, Options{}, ""},
		{"one network for two addresses", pair, Options{Max: 1}, "192.0.2.4/31"},
		{"address order", pair, Options{Max: 5}, "192.0.2.4/31 198.51.100.1/32"},
		{"an entry has to earn its cost", pair, Options{Max: 5, EntryCost: 5}, "192.0.2.4/31"},
		{"only lengths allowed", pair, Options{Max: 1, V4: Lengths(24, 24)}, "192.0.2.0/24"},
		{"too much good at the price", append(pair, good), Options{Max: 1, V4: Lengths(24, 24), Price: Whole(5)}, "198.51.100.0/24"},
		{"too few bad addresses", pair, Options{Max: 1, V4: []Length{{24, 3}, {32, 0}}}, "192.0.2.4/32"},
		{"too many users", append(pair, good), Options{Max: 1, V4: Lengths(24, 24), MaxUsers: AtMost(1)}, "198.51.100.0/24"},
		{"not pure enough", append(pair, good), Options{Max: 1, V4: Lengths(24, 24), MinPurity: Ratio{9, 10}}, "198.51.100.0/24"},
		{"protected inside", pair, Options{Max: 1, Protected: []netip.Prefix{prefix("192.0.2.5/32")}}, "192.0.2.4/32"},
		{"protected around", pair, Options{Max: 3, Protected: []netip.Prefix{prefix("192.0.0.0/16")}}, "198.51.100.1/32"},
		{"protected, mapped", pair, Options{Max: 3, Protected: []netip.Prefix{prefix("::ffff:192.0.0.0/112")}}, "198.51.100.1/32"},
		{"shared alone", []Address{shared}, Options{Max: 3}, ""},
		{"shared beside another", []Address{shared, {Addr: addr("203.0.113.8"), Bad: 1}}, Options{Max: 1}, "203.0.113.8/31"},
		{"where nobody was seen", []Address{unseen}, Options{Max: 3, V4: []Length{{24, 1}, {32, 1}}}, ""},
		{"shared beside where nobody was seen", []Address{shared, unseen}, Options{Max: 3, V4: []Length{{24, 1}, {32, 1}}}, ""},
		{"unseen ones are not bad addresses", append(pair, unseenBeside), Options{Max: 3, V4: []Length{{24, 3}, {31, 2}, {32, 1}}}, "192.0.2.4/31 198.51.100.1/32"},
		{"but they weigh", append(pair, unseenBeside), Options{Max: 1, V4: []Length{{24, 2}, {32, 1}}}, "192.0.2.0/24"},
		{"cut by the log", []Address{{Addr: addr("192.0.2.77"), Bits: 24, Bad: 1}}, Options{Max: 1}, "192.0.2.0/24"},
		{"cut shorter than allowed", []Address{{Addr: addr("192.0.2.77"), Bits: 16, Bad: 1}}, Options{Max: 1}, ""},
		{"a mapped address", []Address{{Addr: addr("::ffff:192.0.2.1"), Bad: 1}}, Options{Max: 1}, "192.0.2.1/32"},
		{"IPv6 by the /64", []Address{{Addr: addr("2001:db8::1"), Bad: 1}, {Addr: addr("2001:db8::2"), Bad: 1}}, Options{Max: 3}, "2001:db8::/64"},
		{"listed twice", []Address{{Addr: addr("192.0.2.1"), Bad: 2}, {Addr: addr("192.0.2.1"), Bad: 2}, {Addr: addr("192.0.2.9"), Bad: 3}}, Options{Max: 1, V4: Lengths(32, 32)}, "192.0.2.1/32"},
		{"the lower of two equals", []Address{{Addr: addr("192.0.2.200"), Bad: 2}, {Addr: addr("192.0.2.1"), Bad: 2}}, Options{Max: 1, V4: Lengths(32, 32)}, "192.0.2.1/32"},
		{"the kept one of two equals", []Address{{Addr: addr("192.0.2.200"), Bad: 2}, {Addr: addr("192.0.2.1"), Bad: 2}},
			Options{Max: 1, V4: Lengths(32, 32), Previous: []Previous{{prefix("192.0.2.200/32"), false}}}, "192.0.2.200/32"},
		{"a wider one that is kept", pair, Options{Max: 1, Previous: []Previous{{prefix("192.0.2.0/24"), false}}}, "192.0.2.0/24"},
		{"a bonus for what was hit", pair, Options{Max: 1, Bonus: 15, Previous: []Previous{{prefix("198.51.100.1/32"), true}}}, "198.51.100.1/32"},
		{"none for what was not", pair, Options{Max: 1, Bonus: 15, Previous: []Previous{{prefix("198.51.100.1/32"), false}}}, "192.0.2.4/31"},
		{"no new ones", pair, Options{Max: 3, MaxNew: AtMost(0), Previous: []Previous{{prefix("198.51.100.1/32"), false}}}, "198.51.100.1/32"},
		{"no IPv4", pair, Options{Max: 3, MaxV4: AtMost(0)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := prefixes(solve(t, test.addresses, test.o)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEntry(t *testing.T) {
	s := solve(t, []Address{
		{Addr: addr("192.0.2.4"), Bad: 100, Good: 1, Users: 1},
		{Addr: addr("192.0.2.5"), Bad: 50},
		{Addr: addr("192.0.2.7"), Good: 2, Users: 3},
		{Addr: addr("192.0.99.1"), Good: 1 << 16},
	}, Options{Max: 1, Price: Ratio{3, 2}, EntryCost: 4, Kappa: Ratio{1, 2}, V4: Lengths(30, 30)})
	// One of four addresses was not seen, where an address has 65539/65536 of
	// good weight: half of that is less than 1.
	want := []Entry{{Prefix: prefix("192.0.2.4/30"), Bad: 150, Good: 3, Unseen: 0, Users: 4, Addresses: 2, Value: 2*(150-4) - 3*3}}
	if !slices.Equal(s.Entries, want) || s.Value != want[0].Value || s.Price != (Ratio{3, 2}) {
		t.Errorf("got %+v, want %+v", s.Entries, want)
	}
}

func TestErrors(t *testing.T) {
	one := []Address{{Addr: addr("192.0.2.1"), Bad: 1}}
	for _, test := range []struct {
		want      string
		addresses []Address
		o         Options
	}{
		{"-1 entries are not within 0 to 65533", one, Options{Max: -1}},
		{"limit -3 is negative", one, Options{MaxNew: AtMost(-3)}},
		{"cost of an entry -1 is not within", one, Options{EntryCost: -1}},
		{"bonus 1125899906842624 is negative, or over", one, Options{Max: 9, Bonus: 1 << 50}},
		{"price 1/1: the denominator is not within 1 to 1024", one, Options{Price: Ratio{1, -1}}},
		{"purity 3/2 is not within 0 to 1", one, Options{MinPurity: Ratio{3, 2}}},
		{"kappa 9/1 is not within 0 to 8", one, Options{Kappa: Whole(9)}},
		{"length /33 is not within /8 to /32", one, Options{V4: Lengths(24, 33)}},
		{"length /65 is not within /16 to /64", one, Options{V6: Lengths(65, 65)}},
		{"length /24 is given twice", one, Options{V4: []Length{{24, 1}, {24, 1}}}},
		{"length /24 asks for fewer bad addresses than a longer", one, Options{V4: []Length{{24, 1}, {25, 2}}}},
		{"length /24: -1 bad addresses are asked for", one, Options{V4: []Length{{24, -1}}}},
		{"address 0 is not valid", []Address{{}}, Options{}},
		{"address 192.0.2.1 is cut to /33", []Address{{Addr: addr("192.0.2.1"), Bits: 33}}, Options{}},
		{"address 192.0.2.1 has a negative weight", []Address{{Addr: addr("192.0.2.1"), Good: -1}}, Options{}},
		{"address 192.0.2.1 has a weight over", []Address{{Addr: addr("192.0.2.1"), Good: math.MaxInt64}}, Options{}},
		{"the weights of all addresses are over", []Address{{Addr: addr("192.0.2.1"), Bad: 1 << 50}, one[0]}, Options{}},
		{"a protected or previous network is not valid", one, Options{Protected: []netip.Prefix{{}}}},
		{"a protected or previous network is not valid", one, Options{Previous: []Previous{{}}}},
	} {
		if _, err := New(test.addresses, test.o); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}

// TestExtremes goes to the bounds of the input, where sums would overflow.
func TestExtremes(t *testing.T) {
	addresses := []Address{
		{Addr: addr("192.0.2.1"), Bad: 1 << 49, Good: 1 << 30},
		{Addr: addr("198.51.100.1"), Bad: 1<<49 - 1},
		{Addr: addr("2001:db8::"), Bad: 1, Good: 1 << 49},
	}
	o := Options{Max: 3, Price: Ratio{1 << 40, maxDen}, Kappa: Whole(8)}
	if got := prefixes(solve(t, addresses, o)); got != "198.51.100.1/32" {
		t.Errorf("at the highest price: %s", got)
	}
	o.Price = Ratio{1, maxDen}
	s := solve(t, addresses, o)
	if want := int64(1<<50-1)*maxDen - 1<<30; s.Value != want || len(s.Entries) != 2 {
		t.Errorf("at the lowest: %d, want %d", s.Value, want)
	}
	o.MaxCollateral = AtMost(1<<30 - 1)
	if s = solve(t, addresses, o); prefixes(s) != "198.51.100.1/32" || s.Bound < s.Value {
		t.Errorf("with little collateral: %s", prefixes(s))
	}
	long := solve(t, addresses, Options{Max: maxEntries})
	if len(long.Entries) != 3 || long.Next != 0 {
		t.Errorf("with room for the longest list: %s", prefixes(long))
	}
}

// TestOrder demands that the order of the addresses does not matter, of any
// size.
func TestOrder(t *testing.T) {
	addresses := slices.Concat(clustered(3000), v6(clustered(2000)), scattered(500))
	protected := []netip.Prefix{network(uint64(0x20010db8)<<32, 36, false), network(0, 1, true)}
	o := Options{Max: 60, Price: Whole(3), Kappa: Ratio{1, 4}, MaxNew: AtMost(20), MaxCollateral: AtMost(1 << 22), Bonus: 1000, Protected: protected}
	for i := range 30 {
		p := netip.PrefixFrom(addresses[i*100].Addr, 28).Masked()
		if p.Addr().Is6() {
			p = netip.PrefixFrom(p.Addr(), 60).Masked()
		}
		o.Previous = append(o.Previous, Previous{p, i%2 == 0})
	}
	want := solve(t, addresses, o)
	if len(want.Entries) < 10 {
		t.Fatalf("only %d entries", len(want.Entries))
	}
	for i, e := range want.Entries {
		if i > 0 && want.Entries[i-1].Prefix.Overlaps(e.Prefix) {
			t.Errorf("%s overlaps the one before", e.Prefix)
		}
		for _, p := range protected {
			if p.Overlaps(e.Prefix) {
				t.Errorf("%s is protected", e.Prefix)
			}
		}
	}
	frontier := want.Frontier()
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		r.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
		r.Shuffle(len(o.Previous), func(i, j int) { o.Previous[i], o.Previous[j] = o.Previous[j], o.Previous[i] })
		got := solve(t, addresses, o)
		if !slices.Equal(got.Entries, want.Entries) || got.Bound != want.Bound || got.Next != want.Next || !reflect.DeepEqual(got.Frontier(), frontier) {
			t.Fatal("another order gives another solution")
		}
	}
}

func TestSteps(t *testing.T) {
	if got := Steps(4); !slices.Equal(got, []int{1, 2, 3, 4}) {
		t.Error(got)
	}
	if got := Steps(10_000); len(got) > 300 || got[len(got)-1] != 10_000 || got[199] != 200 {
		t.Error(len(got), got[199:])
	}
	if got := Steps(0); got != nil {
		t.Error(got)
	}
}
