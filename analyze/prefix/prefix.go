// Package prefix finds the networks that cover an address. It is the door to
// the prefix tables of gaissmai/bart.
package prefix

import (
	"net/netip"

	"github.com/gaissmai/bart"
)

// Map keeps numbers under networks. The zero value is ready to use. It may be
// read by many goroutines once it is filled.
type Map struct {
	table bart.Table[[]int32]
}

// Add files a number under a network, which may hold several. The prefix has
// to be valid, masked and unmapped.
func (m *Map) Add(p netip.Prefix, number int32) {
	m.table.Modify(p, func(old []int32, _ bool) ([]int32, bool) {
		return append(old, number), false
	})
}

// Covering appends to dst the numbers of all networks that hold the address:
// those of the longest prefix first, and of one prefix in the order added.
func (m *Map) Covering(dst []int32, a netip.Addr) []int32 {
	if !m.table.Contains(a) {
		return dst
	}
	host := netip.PrefixFrom(a, a.BitLen())
	for _, numbers := range m.table.Supernets(host) {
		dst = append(dst, numbers...)
	}
	return dst
}

// LongestOf is the first number added under the longest prefix that holds all
// of a network, which has to be valid and unmapped; false if none does.
func (m *Map) LongestOf(p netip.Prefix) (int32, bool) {
	numbers, ok := m.table.LookupPrefix(p)
	if !ok {
		return 0, false
	}
	return numbers[0], true
}

// Overlaps reports whether one of the networks has an address in common with
// another, which has to be valid and unmapped.
func (m *Map) Overlaps(p netip.Prefix) bool { return m.table.OverlapsPrefix(p) }
