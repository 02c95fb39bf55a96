package record

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"rulecast/ingest/referer"
)

// PooledText is what stands for values that are taken together, and how the
// values that stand for some of them begin. No host name has parentheses.
const PooledText = "(pooled)"

// Pooling takes values together that would each be an entry of a dictionary,
// when an attacker writes more of them than fit into memory. Its functions
// depend on nothing but the value and may be called by several streams at the
// same time; one that is nil takes none together. They are called for values
// that are no entries, so that a value that stands for others has to stand for
// itself, too.
type Pooling struct {
	// Referer says which host, beginning with PooledText, stands for a canonical
	// one; "" is the class of those that are pooled.
	Referer func(host []byte) (stand string, pooled bool)
	// Text does the same for the other columns of text but Country.
	Text func(c Column, value []byte) (stand string, pooled bool)
	// Client says which network of that many bits, by its first address, an IPv6
	// address is taken for.
	Client func(ip [16]byte) (network [16]byte, pooled bool)
	Bits   int
}

// SetPooling makes the builder pool values. Its dictionaries must be empty.
func (b *Builder) SetPooling(p *Pooling) {
	b.pooling = p
	b.dicts.setPooling(p)
}

// Renew gives the builder, which has no rows, new dictionaries: batches have
// these from now on. An id that was interned before is none of theirs.
func (b *Builder) Renew() {
	b.dicts = newDicts()
	if b.pooling != nil {
		b.dicts.setPooling(b.pooling)
	}
}

func (d *Dicts) setPooling(p *Pooling) {
	d.RefererHosts.stand = p.Referer
	d.Clients.network, d.Clients.bits = p.Client, p.Bits
	for c := range NumColumns {
		if s := d.Strings(c); s != nil && c != Country && p.Text != nil {
			s.stand = func(value []byte) (string, bool) { return p.Text(c, value) }
		}
	}
}

// DictSize is the number of entries of all dictionaries.
func (b *Builder) DictSize() int {
	d := b.dicts
	n := d.Clients.Len() + d.RefererHosts.Len()
	for c := range NumColumns {
		if s := d.Strings(c); s != nil {
			n += s.Len()
		}
	}
	return n
}

// Pooled reports whether an id of a dictionary column stands for values that
// were taken together.
func (d *Dicts) Pooled(c Column, id ID) bool {
	switch c {
	case Client:
		_, pooled := d.Clients.Network(id)
		return pooled
	case RefererHost:
		return d.RefererHosts.Pooled(id)
	}
	return d.Strings(c).pooled[id]
}

// internStand finds or adds a value that stands for others.
func (s *Strings) internStand(stand string) ID {
	key := []byte(stand)
	id, h, ok := s.keys.find(key, verbatim)
	if !ok {
		id = s.insert(key, h)
	}
	if s.pooled == nil {
		s.pooled = map[ID]bool{}
	}
	s.pooled[id] = true
	return id
}

// Pooled reports whether an id stands for hosts that were taken together.
func (r *RefererHosts) Pooled(id ID) bool {
	return id == ID(referer.ClassPooled) || strings.HasPrefix(string(r.Bytes(id)), PooledText)
}

func (r *RefererHosts) internStand(stand string) ID {
	if stand == "" {
		return ID(referer.ClassPooled)
	}
	key := []byte(stand)
	id, h, ok := r.keys.find(key, verbatim)
	if !ok {
		id = r.insert(key, h)
	}
	return id
}

// Network is the network that a client's address stands for if clients are
// taken together.
func (a *Addresses) Network(id ID) (netip.Prefix, bool) {
	if a.bits == 0 {
		return netip.Prefix{}, false
	}
	addr := a.Addr(id)
	if ip := a.at(id); addr.Is4() || FirstOf(*ip, a.bits) != *ip {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, a.bits), true
}

// Stands is the network that a client stands for because clients are taken
// together, or, if cut says that there may be any, because the provider has cut
// its address (see CutNetwork).
func (a *Addresses) Stands(id ID, cut bool) (netip.Prefix, bool) {
	network, ok := a.Network(id)
	if !ok && cut {
		return CutNetwork(a.Addr(id))
	}
	return network, ok
}

// String is the address of an id, or the network that it stands for.
func (a *Addresses) String(id ID) string {
	if network, ok := a.Network(id); ok {
		return network.String()
	}
	return a.Addr(id).String()
}

// FirstOf is the first address of the network of at most 64 bits that an IPv6
// address is in.
func FirstOf(ip [16]byte, bits int) (first [16]byte) {
	binary.BigEndian.PutUint64(first[:], binary.BigEndian.Uint64(ip[:])&^(1<<(64-bits)-1))
	return first
}

// newIPv6 is the id of an address that is in the dictionary neither as itself
// nor, yet, as a network.
func (a *Addresses) newIPv6(ip *[16]byte) ID {
	entry := *ip
	if a.network != nil {
		if first, pooled := a.network(*ip); pooled {
			if id, ok := a.ipv6.find(loadIPv6(&first)); ok {
				return id
			}
			entry = first
		}
	}
	id := a.append(entry)
	a.ipv6.add(loadIPv6(&entry), id)
	return id
}
