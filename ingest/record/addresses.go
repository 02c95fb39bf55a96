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
	keys  keys       // texts of other addresses, and other texts of those
	addrs [][16]byte // by id; an IPv4 address in its mapped form
	text  []byte
}

func newAddresses() *Addresses {
	a := &Addresses{}
	a.ipv4.init()
	a.keys.init()
	return a
}

// Len is the number of distinct addresses so far.
func (a *Addresses) Len() int { return len(a.addrs) }

// Addr is the address of an id.
func (a *Addresses) Addr(id ID) netip.Addr { return netip.AddrFrom16(a.addrs[id]).Unmap() }

// intern finds or adds the address that raw says.
func (a *Addresses) intern(raw []byte) (ID, bool) {
	if addr, ok := parseIPv4(raw); ok {
		return a.internIPv4(addr), true
	}
	return a.internOther(raw)
}

// internOther is intern for what is not just an IPv4 address.
func (a *Addresses) internOther(raw []byte) (ID, bool) {
	id, h, ok := a.keys.find(raw, verbatim)
	if ok {
		return id, true
	}
	if len(raw) > maxAddrText {
		return 0, false
	}
	// Ports differ in nearly every line, so forms with one are not remembered.
	if bare := bareAddr(raw); len(bare) < len(raw) {
		raw = bare
		if addr, ok := parseIPv4(raw); ok {
			return a.internIPv4(addr), true
		}
		if id, h, ok = a.keys.find(raw, verbatim); ok {
			return id, true
		}
	}
	addr, ok := parseAddr(raw)
	if !ok {
		return 0, false
	}
	id = a.internAddr(addr)
	if a.text = addr.AppendTo(a.text[:0]); string(a.text) != string(raw) {
		a.keys.insert(raw, verbatim, h, id)
	}
	return id, true
}

// internAddr finds or adds an address.
func (a *Addresses) internAddr(addr netip.Addr) ID {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		ip := addr.As4()
		return a.internIPv4(binary.BigEndian.Uint32(ip[:]))
	}
	a.text = addr.AppendTo(a.text[:0])
	id, h, ok := a.keys.find(a.text, verbatim)
	if !ok {
		id = ID(len(a.addrs))
		a.addrs = append(a.addrs, addr.As16())
		a.keys.insert(a.text, verbatim, h, id)
	}
	return id
}

func (a *Addresses) join(b *Addresses) []ID {
	to := make([]ID, b.Len())
	for id := range to {
		to[id] = a.internAddr(b.Addr(ID(id)))
	}
	return to
}
