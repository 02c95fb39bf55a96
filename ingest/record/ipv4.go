package record

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
)

// longestIPv4 is the length of the longest IPv4 address as text.
const longestIPv4 = len("255.255.255.255")

// wideIPv4 is how many bytes are looked at to read one.
const wideIPv4 = 16

// parseIPv4 reads an IPv4 address in the one form that netip.ParseAddr takes:
// four numbers without leading zeros.
func parseIPv4(raw []byte) (addr uint32, ok bool) {
	if len(raw) > longestIPv4 {
		return 0, false
	}
	var padded [wideIPv4]byte
	wide := &padded
	if cap(raw) >= wideIPv4 {
		wide = (*[wideIPv4]byte)(raw[:wideIPv4]) // what stands behind the address is not looked at
	} else {
		copy(padded[:], raw)
	}
	end := uint32(1) << (len(raw) & 31)
	addr, size := readIPv4(wide, otherMask(wide)&(end-1)|end)
	return addr, size > 0 && size == len(raw)
}

// cutIPv4 is parseIPv4 of what stands in wide before the fourth byte that is no
// digit. The size is 0 if that is no address.
func cutIPv4(wide *[wideIPv4]byte) (addr uint32, size int) {
	return readIPv4(wide, otherMask(wide))
}

// readIPv4 reads the address that ends before the fourth of the others, which are
// the bytes that are no digits. It has no branch that depends on the lengths of
// the numbers, which no processor predicts.
func readIPv4(wide *[wideIPv4]byte, others uint32) (addr uint32, size int) {
	wrong, from, end := uint32(0), uint32(0), uint32(0)
	for i := range 4 {
		if others == 0 || from > wideIPv4-4 {
			return 0, 0
		}
		end = uint32(bits.TrailingZeros32(others))
		others &= others - 1
		size := end - from
		if size-1 > 2 {
			return 0, 0
		}
		if i < 3 {
			wrong |= uint32(wide[end%wideIPv4]) ^ '.'
		}
		// The digits go to the upper bytes, and zeros before them.
		digits := binary.LittleEndian.Uint32(wide[from:]) << (32 - 8*size&31)
		n := digits>>8&15*100 + digits>>16&15*10 + digits>>24&15
		least := uint32(0x640a00) >> (8 * (size - 1) & 31) & 0xff // 0, 10, 100: no leading zero
		wrong |= (n-least)>>31 | (255-n)>>31
		addr = addr<<8 | n
		from = end + 1
	}
	if wrong != 0 {
		return 0, 0
	}
	return addr, int(end)
}

// otherMask has the bit of each of the bytes that is no digit.
func otherMask(wide *[wideIPv4]byte) uint32 {
	const low7, each = 0x7f7f7f7f7f7f7f7f, 0x0101010101010101
	var mask uint32
	for i := range 2 {
		x := binary.LittleEndian.Uint64(wide[8*i:]) ^ '0'*each
		other := (x&low7 + (0x80-10)*each | x) &^ low7 >> 7 // the lowest bit of each byte of x above 9
		// The factor brings bit 8k to bit 56+k, and no two to the same.
		mask |= uint32(other*0x0102040810204080>>56) << (8 * i)
	}
	return mask
}

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
