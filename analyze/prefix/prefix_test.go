package prefix_test

import (
	"cmp"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/prefix"
)

// naive is Covering as it is documented.
func naive(prefixes []netip.Prefix, a netip.Addr) []int32 {
	var out []int32
	for i, p := range prefixes {
		if p.Contains(a) {
			out = append(out, int32(i))
		}
	}
	slices.SortStableFunc(out, func(i, j int32) int { return cmp.Compare(prefixes[j].Bits(), prefixes[i].Bits()) })
	return out
}

// drawAddr draws an address of few bits set, so that networks nest.
func drawAddr(t *rapid.T) netip.Addr {
	some := rapid.SampledFrom([]byte{0, 1, 0x80, 0xff})
	if rapid.Bool().Draw(t, "v4") {
		var b [4]byte
		for i := range b {
			b[i] = some.Draw(t, "byte")
		}
		return netip.AddrFrom4(b)
	}
	b := netip.MustParseAddr("2001:db8::").As16()
	for _, i := range []int{4, 7, 8, 15} {
		b[i] = some.Draw(t, "byte")
	}
	return netip.AddrFrom16(b)
}

func drawPrefix(t *rapid.T) netip.Prefix {
	a := drawAddr(t)
	return netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits")).Masked()
}

func TestCoveringAgreesWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefixes := rapid.SliceOfN(rapid.Custom(drawPrefix), 0, 60).Draw(t, "prefixes")
		if len(prefixes) > 0 { // one network may hold several numbers
			prefixes = append(prefixes, prefixes[0])
		}
		var m prefix.Map
		for i, p := range prefixes {
			m.Add(p, int32(i))
		}
		for range 20 {
			a := drawAddr(t)
			if got, want := m.Covering(nil, a), naive(prefixes, a); !slices.Equal(got, want) {
				t.Fatalf("%s in %v: %v, want %v", a, prefixes, got, want)
			}
		}
		for _, p := range prefixes { // the edges of each
			if got, want := m.Covering(nil, p.Addr()), naive(prefixes, p.Addr()); !slices.Equal(got, want) {
				t.Fatalf("%s in %v: %v, want %v", p.Addr(), prefixes, got, want)
			}
		}
	})
}

func TestCoveringAppends(t *testing.T) {
	var m prefix.Map
	a := netip.MustParseAddr("192.0.2.1")
	if got := m.Covering([]int32{9}, a); !slices.Equal(got, []int32{9}) {
		t.Errorf("empty map: %v", got)
	}
	for i, p := range []string{"0.0.0.0/0", "192.0.2.1/32", "192.0.0.0/16", "192.0.2.1/32", "198.51.100.0/24", "::/0"} {
		m.Add(netip.MustParsePrefix(p), int32(i))
	}
	if got := m.Covering([]int32{9}, a); !slices.Equal(got, []int32{9, 1, 3, 2, 0}) {
		t.Errorf("longest first, equal ones in order: %v", got)
	}
	if got := m.Covering(nil, netip.MustParseAddr("::1")); !slices.Equal(got, []int32{5}) {
		t.Errorf("IPv4 networks hold no IPv6 address: %v", got)
	}
}

func TestLongestOfAndOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefixes := rapid.SliceOfN(rapid.Custom(drawPrefix), 0, 20).Draw(t, "prefixes")
		var m prefix.Map
		for i, p := range prefixes {
			m.Add(p, int32(i))
		}
		q := drawPrefix(t)
		want := slices.DeleteFunc(naive(prefixes, q.Addr()), func(i int32) bool { return prefixes[i].Bits() > q.Bits() })
		if got, ok := m.LongestOf(q); ok != (len(want) > 0) || ok && got != want[0] {
			t.Fatalf("%s in %v: %d %v, want the first of %v", q, prefixes, got, ok, want)
		}
		if m.Overlaps(q) != slices.ContainsFunc(prefixes, q.Overlaps) {
			t.Fatalf("%s in %v: overlaps %v", q, prefixes, m.Overlaps(q))
		}
	})
}
