package record

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
)

// ipv4Table is an open-addressing hash table from IPv4 addresses to ids. A
// slot is 8 bytes and has all there is to compare: one look-up is one line of
// memory. The hash is multiplicative with a secret factor: logs are written by
// attackers.
type ipv4Table struct {
	factor uint64
	shift  uint8 // 64 less the logarithm of len(slots)
	used   int
	slots  []ipv4Slot // len is a power of two
}

type ipv4Slot struct{ addr, next uint32 } // next is the id plus one; 0 is an empty slot

func (t *ipv4Table) init() {
	t.factor = maphash.Comparable(maphash.MakeSeed(), 0) | 1
	t.resize(firstSlots)
}

func (t *ipv4Table) resize(size int) {
	t.slots = newSlots[ipv4Slot](size)
	t.shift = uint8(64 - bits.TrailingZeros(uint(size)))
}

// home is where the search for an address begins.
func (t *ipv4Table) home(addr uint32) uint32 { return uint32(uint64(addr) * t.factor >> t.shift) }

// find returns the id of an address.
func (t *ipv4Table) find(addr uint32) (ID, bool) {
	mask := uint32(len(t.slots) - 1)
	for i := t.home(addr); ; i = (i + 1) & mask {
		s := t.slots[i&mask]
		if s.next == 0 {
			return 0, false
		}
		if s.addr == addr {
			return s.next - 1, true
		}
	}
}

// add puts an address in that find did not find.
func (t *ipv4Table) add(addr uint32, id ID) {
	if (t.used+1)*4 > len(t.slots)*3 {
		old := t.slots
		t.resize(2 * len(old))
		for _, s := range old {
			if s.next != 0 {
				t.place(s)
			}
		}
	}
	t.used++
	t.place(ipv4Slot{addr, id + 1})
}

func (t *ipv4Table) place(s ipv4Slot) {
	mask := uint32(len(t.slots) - 1)
	i := t.home(s.addr)
	for t.slots[i].next != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

// pending is, for a while, the id of a client that is not looked up yet.
const pending ID = math.MaxUint32

// resolve gives the clients that are pending their ids; addrs are the
// addresses of those. A table of many clients is larger than the caches, so
// each look-up waits for memory. Here those of a group wait together: reading
// the home slots of all of them is work without branches, of which a processor
// does many steps at once.
func (a *Addresses) resolve(ids []ID, addrs []uint32) {
	const group = 64
	var homes [group]ipv4Slot
	for len(ids) > 0 {
		n := min(len(ids), group)
		t := &a.ipv4
		mask := uint32(len(t.slots) - 1)
		for i, addr := range addrs[:n] {
			homes[i%group] = t.slots[t.home(addr)&mask]
		}
		for i, id := range ids[:n] {
			switch s := homes[i%group]; {
			case id != pending:
			case s.addr == addrs[i] && s.next != 0:
				ids[i] = s.next - 1
			default:
				ids[i] = a.internIPv4(addrs[i])
			}
		}
		ids, addrs = ids[n:], addrs[n:]
	}
}

func (a *Addresses) internIPv4(addr uint32) ID {
	if id, ok := a.ipv4.find(addr); ok {
		return id
	}
	id := a.append(mapped(addr))
	a.ipv4.add(addr, id)
	return id
}

// mappedPrefix is ::ffff:0:0/96 (RFC 4291 section 2.5.5.2).
var mappedPrefix = [12]byte{10: 0xff, 11: 0xff}

// mapped is an IPv4 address in its IPv6 form.
func mapped(addr uint32) (ip [16]byte) {
	copy(ip[:], mappedPrefix[:])
	binary.BigEndian.PutUint32(ip[12:], addr)
	return ip
}
