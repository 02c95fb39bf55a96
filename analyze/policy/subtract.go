package policy

import (
	"net/netip"
	"slices"
)

// Subtract is what is left of a network when others are taken out of it, as
// the fewest networks, in order. It is exact: an address is in the result if
// and only if it is in p and in none of the holes. All prefixes have to be
// masked and unmapped. Taking a host out of a /8 leaves 24 networks.
func Subtract(p netip.Prefix, holes []netip.Prefix) []netip.Prefix {
	var inside []netip.Prefix
	for _, h := range holes {
		if h.Overlaps(p) {
			if h.Bits() <= p.Bits() {
				return nil
			}
			inside = append(inside, h)
		}
	}
	if len(inside) == 0 {
		return []netip.Prefix{p}
	}
	low, high := Halves(p)
	return slices.Concat(Subtract(low, inside), Subtract(high, inside))
}

// Halves is the two networks that a network of more than one address is made
// of.
func Halves(p netip.Prefix) (low, high netip.Prefix) {
	bits := p.Bits() + 1
	low = netip.PrefixFrom(p.Addr(), bits)
	b := p.Addr().AsSlice()
	b[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	a, _ := netip.AddrFromSlice(b)
	return low, netip.PrefixFrom(a, bits)
}

// LastAddr is the highest address of a network.
func LastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
