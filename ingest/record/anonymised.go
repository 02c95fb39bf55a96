package record

import "net/netip"

// How much of an address is left where a provider cuts it.
const (
	cutBits4 = 24
	cutBits6 = 64
)

// CutNetwork is the network that an address stands for if a provider has cut
// it: of an IPv4 address that ends in .0 its /24, of an IPv6 address that ends in
// 64 zero bits its /64, and of 0.0.0.0 and :: everything. Some addresses look so
// that nobody has cut; ask only about those of logs that have cut ones
// (Input.Anonymised).
func CutNetwork(a netip.Addr) (netip.Prefix, bool) {
	bits := cutBits6
	if a.Is4() {
		bits = cutBits4
	}
	network := netip.PrefixFrom(a, bits).Masked()
	switch {
	case network.Addr() != a:
		return netip.Prefix{}, false
	case a.IsUnspecified():
		bits = 0
	}
	return netip.PrefixFrom(a, bits), true
}

// SetClientOrNetwork is SetClient for logs whose provider may have cut their
// addresses. The row counts as anonymised if this one looks like it.
func (b *Builder) SetClientOrNetwork(raw []byte) bool {
	id, ok := b.dicts.Clients.intern(raw)
	if !ok {
		return false
	}
	if ids := b.ids[Client]; ids != nil {
		ids[b.rows] = id
	}
	_, b.cut = CutNetwork(b.dicts.Clients.Addr(id))
	return true
}

// TakeAnonymised returns how many rows committed since the last call have a
// client that SetClientOrNetwork took for a network.
func (b *Builder) TakeAnonymised() int64 {
	n := b.anonymised
	b.anonymised = 0
	return n
}
