package choose

import (
	"math/big"
	"net/netip"
	"testing"
)

// closeBy is what the networks of 256 units say of the unseen units of p: the
// one that p is in, or those in p.
func (w *world) closeBy(p netip.Prefix, width int) *big.Int {
	sum := big.NewInt(0)
	of := map[netip.Prefix]bool{}
	for _, a := range w.addresses {
		n, _ := a.Addr.Unmap().Prefix(width - 8)
		if !n.Overlaps(p) || of[n] {
			continue
		}
		of[n] = true
		within := p
		if n.Bits() > p.Bits() {
			within = n
		}
		good, free, seen := int64(0), int64(1)<<(width-within.Bits()), map[netip.Prefix]bool{}
		for _, b := range w.addresses {
			if n.Contains(b.Addr.Unmap()) {
				good += b.Good
			}
			if u := w.unitOf(b); within.Contains(b.Addr.Unmap()) && !b.Unseen && !seen[u] {
				seen[u] = true
				free -= int64(1) << (width - u.Bits())
			}
		}
		part := new(big.Int).Mul(big.NewInt(good*w.o.Kappa.Num), big.NewInt(free))
		sum.Add(sum, part.Div(part, new(big.Int).Lsh(big.NewInt(w.o.Kappa.Den), 8)))
	}
	return sum
}

// TestNear has a network of which half is said by what is close by: of a /24
// what it has itself, of a /23 what each half has for its own.
func TestNear(t *testing.T) {
	addresses := []Address{
		{Addr: addr("192.0.2.1"), Bad: 1 << 40}, {Addr: addr("192.0.2.2"), Good: 510},
		{Addr: addr("192.0.3.1"), Bad: 1 << 40}, {Addr: addr("192.0.4.1"), Good: 1<<20 - 510},
	}
	const inEach = 16 // good weight of an address of the /16
	for _, c := range []struct {
		length int
		list   []string
		unseen []int64
	}{
		{24, []string{"192.0.2.0/24", "192.0.3.0/24"}, []int64{(inEach*254 + 510*254/256) / 2, inEach*255 - inEach*255/2}},
		{23, []string{"192.0.2.0/23"}, []int64{inEach*509 - (inEach*509-510*254/256)/2}},
	} {
		p, err := New(addresses, Options{Max: 9, Price: Whole(1), Kappa: Whole(1), Near: Ratio{1, 2}, V4: Lengths(c.length, c.length)})
		if err != nil {
			t.Fatal(err)
		}
		s := p.Solve()
		if len(s.Entries) != len(c.list) {
			t.Fatalf("%v, want %v", s.Entries, c.list)
		}
		for i, e := range s.Entries {
			if e.Prefix != prefix(c.list[i]) || e.Unseen != c.unseen[i] {
				t.Errorf("%s with %d unseen, want %s with %d", e.Prefix, e.Unseen, c.list[i], c.unseen[i])
			}
		}
	}
}
