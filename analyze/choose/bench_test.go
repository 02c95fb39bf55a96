package choose

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"rulecast/analyze/policy"
)

// scattered draws addresses that are all over the place: no two share a network
// that an entry could have, so that each has its own.
func scattered(n int) []Address {
	r := rand.New(rand.NewPCG(1, 2))
	addresses := make([]Address, n)
	for i := range addresses {
		addresses[i] = Address{Addr: v4(r.Uint32()), Bad: 1 + r.Int64N(1<<20), Good: r.Int64N(1 << 12)}
	}
	return addresses
}

// clustered draws addresses of networks that hold many.
func clustered(n int) []Address {
	r := rand.New(rand.NewPCG(1, 2))
	addresses := make([]Address, n)
	var near uint32
	for i := range addresses {
		if i%64 == 0 {
			near = r.Uint32() &^ 0xffff
		}
		a := Address{Addr: v4(near | r.Uint32()>>(16+r.Uint32N(12))), Bad: 1 + r.Int64N(1<<20)>>r.Uint32N(20)}
		if r.Uint32N(8) == 0 {
			a.Good = r.Int64N(1 << 20)
		}
		addresses[i] = a
	}
	return addresses
}

func v4(x uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], x)
	return netip.AddrFrom4(b)
}

// v6 moves addresses to the /64 networks of an IPv6 /32.
func v6(addresses []Address) []Address {
	for i := range addresses {
		b := [16]byte{0: 0x20, 1: 1, 2: 0xd, 3: 0xb8}
		four := addresses[i].Addr.As4()
		copy(b[4:], four[:])
		addresses[i].Addr = netip.AddrFrom16(b)
	}
	return addresses
}

// BenchmarkSolve takes a million bad addresses from the slice to the list.
func BenchmarkSolve(b *testing.B) {
	const n = 1_000_000
	for _, in := range []struct {
		name      string
		addresses []Address
		max       int
	}{
		{"clustered", clustered(n), 100},
		{"scattered", scattered(n), 100},
		{"v6", v6(clustered(n)), 100},
		{"clustered", clustered(n), 1000},
		{"scattered", scattered(n), 1000},
	} {
		o := Options{Max: in.max, Price: Whole(20)}
		b.Run(fmt.Sprintf("%s/%d", in.name, in.max), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := New(in.addresses, o)
				if err != nil {
					b.Fatal(err)
				}
				if s := p.Solve(); len(s.Entries) != in.max {
					b.Fatalf("%d entries", len(s.Entries))
				}
			}
		})
		b.Run(fmt.Sprintf("%s/%d/again", in.name, in.max), func(b *testing.B) {
			p, err := New(in.addresses, o)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				p.Solve()
			}
		})
	}
}

// BenchmarkMaxNew limits how many entries of a list of 100 may be new.
func BenchmarkMaxNew(b *testing.B) {
	addresses := clustered(1_000_000)
	for _, most := range []int{100, 1000} {
		o := Options{Max: most, Price: Whole(20), MaxNew: AtMost(int64(most) / 2)}
		for i := range most {
			o.Previous = append(o.Previous, Previous{netip.PrefixFrom(addresses[i*1000].Addr, 28).Masked(), true})
		}
		b.Run(fmt.Sprint(most), func(b *testing.B) {
			p, err := New(addresses, o)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s := p.Solve()
				b.ReportMetric(float64(s.Value)/float64(s.Bound), "of-bound")
			}
		})
	}
}

// BenchmarkMaxCollateral searches a million bad addresses for a list that stops
// little good.
func BenchmarkMaxCollateral(b *testing.B) {
	addresses := clustered(1_000_000)
	for _, most := range []int{100, 10_000} {
		b.Run(fmt.Sprint(most), func(b *testing.B) {
			p, err := New(addresses, Options{Max: most, Price: Whole(1), MaxCollateral: AtMost(int64(most) << 17)})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s := p.Solve()
				b.ReportMetric(float64(s.Value)/float64(s.Bound), "of-bound")
				b.ReportMetric(float64(len(s.Entries)), "entries")
			}
		})
	}
}

// BenchmarkJoint chooses among 300,000 clients, 17,000 hosts and 250 countries.
func BenchmarkJoint(b *testing.B) {
	const clients, hosts, countries, cells = 300_000, 17_000, 250, 1_500_000
	r := rand.New(rand.NewPCG(1, 2))
	p := &JointProblem{
		IP: Options{Max: 100, Price: Whole(20)}, Hosts: hosts, MaxHosts: 30, HostPrice: Whole(10),
		Countries: countries, CountryPrice: Whole(100),
	}
	abusive := make([]bool, clients)
	for i, a := range clustered(clients) {
		abusive[i] = r.Uint32N(10) == 0
		country := int32(binary.BigEndian.Uint32(a.Addr.AsSlice()) >> 16 % countries)
		p.Clients = append(p.Clients, Client{Addr: a.Addr, Country: country})
	}
	for range cells {
		c := Cell{Client: int32(r.IntN(clients)), Host: int32(r.ExpFloat64() * hosts / 20)}
		if int(c.Host) >= hosts || r.Uint32N(3) == 0 {
			c.Host = -1
		}
		n := 1 + r.Int64N(1<<r.Uint32N(12))
		scan, embed := abusive[c.Client], c.Host >= 0 && c.Host%3 == 0 && r.Uint32N(20) > 0
		for control := range policy.NumControls {
			if bad := scan; bad && control != policy.Referer || embed && control == policy.Referer {
				c.Bad[control] = n
			} else {
				c.Good[control] = n
			}
		}
		p.Cells = append(p.Cells, c)
	}
	for _, p.MaxCountries = range []int{0, 10} {
		b.Run(fmt.Sprintf("countries%d", p.MaxCountries), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := p.Solve()
				if err != nil || len(s.Networks) == 0 || len(s.Hosts) == 0 {
					b.Fatal(s, err)
				}
			}
		})
	}
}
