package choose

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// A key is an address at the top of 64 bits: all 32 bits of an IPv4 address,
// the first 64 of an IPv6 address. Prefix lengths count from the top.

// maskOf has the first n bits set.
func maskOf(n int) uint64 { return ^(^uint64(0) >> n) }

// keyOf is the key of an address, unmapped, and whether it is IPv4.
func keyOf(a netip.Addr) (key uint64, v4 bool) {
	if a.Is4() || a.Is4In6() {
		b := a.As4()
		return uint64(binary.BigEndian.Uint32(b[:])) << 32, true
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), false
}

// network is the prefix that a key and a length stand for.
func network(key uint64, length int, v4 bool) netip.Prefix {
	key &= maskOf(length)
	if v4 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(key>>32))
		return netip.PrefixFrom(netip.AddrFrom4(b), length)
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], key)
	return netip.PrefixFrom(netip.AddrFrom16(b), length)
}

// prefixKey is the base and length of a prefix, unmapped.
func prefixKey(p netip.Prefix) (key uint64, length int, v4 bool) {
	length = p.Bits()
	key, v4 = keyOf(p.Addr())
	if v4 && p.Addr().Is4In6() {
		if length < 96 {
			return 0, length, false // ::/n around all mapped addresses
		}
		length -= 96
	}
	return key & maskOf(min(length, 64)), length, v4
}

// span is a run of keys, both ends in it.
type span struct{ first, last uint64 }

// protect is the sorted disjoint spans of the prefixes of one family.
func protect(prefixes []netip.Prefix, wantV4 bool) []span {
	var spans []span
	for _, p := range prefixes {
		if key, length, v4 := prefixKey(p); v4 == wantV4 {
			spans = append(spans, span{key, key | ^maskOf(min(length, 64))})
		}
	}
	slices.SortFunc(spans, func(a, b span) int {
		switch {
		case a.first < b.first:
			return -1
		case a.first > b.first:
			return 1
		}
		return 0
	})
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.first <= merged[n-1].last {
			merged[n-1].last = max(merged[n-1].last, s.last)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// overlaps says whether any of the sorted spans meets first..last.
func overlaps(spans []span, first, last uint64) bool {
	lo, hi := 0, len(spans)
	for lo < hi { // the first span that does not end before first
		mid := int(uint(lo+hi) / 2)
		if spans[mid].last < first {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(spans) && spans[lo].first <= last
}

// digits are the shifts and widths of the radix sort, lowest first. None
// crosses the middle, so IPv4 keys need three of them.
var digits = [...]struct{ shift, width uint }{{0, 11}, {11, 11}, {22, 10}, {32, 11}, {43, 11}, {54, 10}}

// keyed is a key with the index of what it belongs to.
type keyed struct {
	key uint64
	id  uint32
}

// sortKeys sorts stably by key. It may return another slice than it got.
func sortKeys(keys []keyed) []keyed {
	var counts [len(digits)][1 << 11]uint32
	for i := range keys {
		for d, digit := range digits {
			counts[d][keys[i].key>>digit.shift&(1<<digit.width-1)]++
		}
	}
	var other []keyed
	for d, digit := range digits {
		count := &counts[d]
		mask := uint64(1)<<digit.width - 1
		if len(keys) == 0 || count[keys[0].key>>digit.shift&mask] == uint32(len(keys)) {
			continue // all the same
		}
		if other == nil {
			other = make([]keyed, len(keys))
		}
		at := uint32(0)
		for i, n := range count {
			count[i] = at
			at += n
		}
		for _, k := range keys {
			c := &count[k.key>>digit.shift&mask&(1<<11-1)]
			other[*c] = k
			*c++
		}
		keys, other = other, keys
	}
	return keys
}
