package record

import (
	"encoding/binary"
	"net/netip"
)

// Addresses is the dictionary of clients: textual forms of one address meet in
// one id. IPv4-mapped IPv6 addresses are unmapped and zones dropped. There is
// no Absent entry: a record without an address is a reject.
type Addresses struct {
	ipv4  ipv4Table
	ipv6  ipv6Table
	keys  keys // texts that are read slowly
	addrs []*[addrChunk][16]byte
	used  int // how many of addrs, by id; an IPv4 address in its mapped form

	network func(ip [16]byte) (first [16]byte, pooled bool) // nil: none are pooled
	bits    int                                             // of networks; 0: none are pooled
}

// addrChunk is how many addresses stand together. They are read once, so that
// what it costs to find them does not matter, and a slice that grows is copied.
const addrChunk = 1 << 10

func newAddresses() *Addresses {
	a := &Addresses{}
	a.ipv4.init()
	a.ipv6.init()
	a.keys.init()
	return a
}

// Len is the number of distinct addresses so far.
func (a *Addresses) Len() int { return a.used }

// Addr is the address of an id.
func (a *Addresses) Addr(id ID) netip.Addr { return netip.AddrFrom16(*a.at(id)).Unmap() }

func (a *Addresses) at(id ID) *[16]byte { return &a.addrs[id/addrChunk][id%addrChunk] }

// intern finds or adds the address that raw says.
func (a *Addresses) intern(raw []byte) (ID, bool) {
	if addr, ok := parseIPv4(raw); ok {
		return a.internIPv4(addr), true
	}
	return a.internOther(raw)
}

// internOther is intern for what is not just an IPv4 address.
func (a *Addresses) internOther(raw []byte) (ID, bool) {
	if ip, ok := parseIPv6(raw); ok {
		return a.internIPv6(&ip), true
	}
	return a.internText(raw)
}

// internText is intern for what is neither just an IPv4 nor just an IPv6 address.
func (a *Addresses) internText(raw []byte) (ID, bool) {
	id, h, ok := a.keys.find(raw, verbatim)
	if ok {
		return id, true
	}
	if len(raw) > maxAddrText {
		return 0, false
	}
	// Ports differ in nearly every line, so forms with one are not remembered.
	if bare := bareAddr(raw); len(bare) < len(raw) {
		return a.internBare(bare)
	}
	return a.internSlow(raw, h)
}

// internBare is intern for what stood before a port or between brackets.
func (a *Addresses) internBare(bare []byte) (ID, bool) {
	if addr, ok := parseIPv4(bare); ok {
		return a.internIPv4(addr), true
	}
	if ip, ok := parseIPv6(bare); ok {
		return a.internIPv6(&ip), true
	}
	id, h, ok := a.keys.find(bare, verbatim)
	if ok {
		return id, true
	}
	return a.internSlow(bare, h)
}

// internSlow reads text that is not among the keys under hash h.
func (a *Addresses) internSlow(text []byte, h uint64) (ID, bool) {
	addr, ok := parseAddr(text)
	if !ok {
		return 0, false
	}
	id := a.internAddr(addr)
	if len(a.keys.entries) < maxSlowForms {
		a.keys.insert(text, verbatim, h, id)
	}
	return id, true
}

// internAddr finds or adds an address.
func (a *Addresses) internAddr(addr netip.Addr) ID {
	ip := addr.As16()
	return a.internIPv6(&ip)
}

// internIPv6 finds or adds an address, which may be an IPv4-mapped one.
func (a *Addresses) internIPv6(ip *[16]byte) ID {
	if [12]byte(ip[:12]) == mappedPrefix {
		return a.internIPv4(binary.BigEndian.Uint32(ip[12:]))
	}
	id, ok := a.ipv6.find(loadIPv6(ip))
	if !ok {
		id = a.newIPv6(ip)
	}
	return id
}

// append gives an address that is new an id.
func (a *Addresses) append(ip [16]byte) ID {
	id := ID(a.used)
	if id%addrChunk == 0 {
		a.addrs = append(a.addrs, new([addrChunk][16]byte))
	}
	a.used++
	*a.at(id) = ip
	return id
}

func (a *Addresses) join(b *Addresses) []ID {
	a.bits = max(a.bits, b.bits)
	to := make([]ID, b.Len())
	c := &clientsAtOnce{all: a}
	for from := 0; from < len(to); from += len(c.at) {
		part := to[from:min(from+len(c.at), len(to))]
		c.wide = c.wide[:0]
		for i := range part {
			part[i] = c.placeAddr(i, b.at(ID(from+i)))
		}
		c.resolve(part)
	}
	return to
}
