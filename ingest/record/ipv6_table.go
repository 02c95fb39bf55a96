package record

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// ipv6Table is what ipv4Table is, for IPv6 addresses. The hash is a
// multiplication and folding of both halves with secret operands.
type ipv6Table struct {
	mix   [2]uint64
	used  int
	slots []ipv6Slot // len is a power of two
}

type ipv6Slot struct {
	ip   ipv6
	next uint32 // the id plus one; 0 is an empty slot
}

type ipv6 struct{ high, low uint64 }

func loadIPv6(ip *[16]byte) ipv6 {
	return ipv6{binary.BigEndian.Uint64(ip[:]), binary.BigEndian.Uint64(ip[8:])}
}

func (t *ipv6Table) init() {
	seed := maphash.MakeSeed()
	for i := range t.mix {
		t.mix[i] = maphash.Comparable(seed, i)
	}
	t.slots = newSlots[ipv6Slot](firstSlots)
}

// home is where the search for an address begins.
func (t *ipv6Table) home(ip ipv6) uint32 {
	up, down := bits.Mul64(ip.high^t.mix[0], ip.low^t.mix[1])
	return uint32(up^down) & uint32(len(t.slots)-1)
}

// find returns the id of an address.
func (t *ipv6Table) find(ip ipv6) (ID, bool) {
	mask := uint32(len(t.slots) - 1)
	for i := t.home(ip); ; i = (i + 1) & mask {
		s := &t.slots[i&mask]
		if s.next == 0 {
			return 0, false
		}
		if s.ip == ip {
			return s.next - 1, true
		}
	}
}

// add puts an address in that find did not find.
func (t *ipv6Table) add(ip ipv6, id ID) {
	if (t.used+1)*4 > len(t.slots)*3 {
		old := t.slots
		t.slots = newSlots[ipv6Slot](2 * len(old))
		for _, s := range old {
			if s.next != 0 {
				t.place(s)
			}
		}
	}
	t.used++
	t.place(ipv6Slot{ip, id + 1})
}

func (t *ipv6Table) place(s ipv6Slot) {
	mask := uint32(len(t.slots) - 1)
	i := t.home(s.ip)
	for t.slots[i].next != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

// pendingIPv6 is, for a while, the id of a client that is not looked up yet and
// has an IPv6 address.
const pendingIPv6 = pending - 1

// resolveIPv6 is resolve for the clients that have IPv6 addresses: at says which
// of ips each one has.
func (a *Addresses) resolveIPv6(ids []ID, at []uint32, ips [][16]byte) {
	const group = 64
	var rows [group]uint32
	var homes [group]ipv6Slot
	for from := 0; from < len(ids); {
		n := 0
		for ; from < len(ids) && n < group; from++ {
			rows[n%group] = uint32(from)
			if ids[from] == pendingIPv6 {
				n++
			}
		}
		for i, row := range rows[:n] {
			homes[i%group] = a.ipv6.slots[a.ipv6.home(loadIPv6(&ips[at[row]]))]
		}
		for i, row := range rows[:n] {
			ip := &ips[at[row]]
			if s := &homes[i%group]; s.next != 0 && s.ip == loadIPv6(ip) {
				ids[row] = s.next - 1
			} else {
				ids[row] = a.internIPv6(ip)
			}
		}
	}
}
