package networks

import (
	"net/netip"
	"slices"

	"rulecast/analyze/prefix"
)

// Set is the networks of several lists. A nil set is empty. It may be read by
// many goroutines.
type Set struct {
	names    []string // of the lists, in the order given
	prefixes []netip.Prefix
	table    prefix.Map
}

// NewSet makes a set of lists, which may overlap.
func NewSet(lists ...*List) *Set {
	s := &Set{}
	for _, l := range lists {
		number := int32(len(s.names))
		s.names = append(s.names, l.Name)
		for _, p := range l.Prefixes {
			s.table.Add(p, number)
		}
		s.prefixes = append(s.prefixes, l.Prefixes...)
	}
	s.prefixes = sorted(s.prefixes)
	return s
}

// Contains reports whether an unmapped address is in one of the networks.
func (s *Set) Contains(a netip.Addr) bool {
	_, ok := s.Find(a)
	return ok
}

// Find is the name of the list that has an unmapped address: of several, the
// one with the longest prefix that holds it, and of lists with the same prefix
// the first.
func (s *Set) Find(a netip.Addr) (list string, ok bool) {
	return s.FindNetwork(netip.PrefixFrom(a, a.BitLen()))
}

// FindNetwork is Find for all of a network.
func (s *Set) FindNetwork(p netip.Prefix) (list string, ok bool) {
	if s == nil {
		return "", false
	}
	number, ok := s.table.LongestOf(p)
	if !ok {
		return "", false
	}
	return s.names[number], true
}

// Overlaps reports whether a network has an address that is in the set.
func (s *Set) Overlaps(p netip.Prefix) bool { return s != nil && s.table.Overlaps(p) }

// Prefixes are the networks in the order of netip.Prefix.Compare, each once;
// some may hold others. They are not to be changed.
func (s *Set) Prefixes() []netip.Prefix {
	if s == nil {
		return nil
	}
	return s.prefixes
}

// Len is the number of networks.
func (s *Set) Len() int { return len(s.Prefixes()) }

// sorted sorts networks and drops those that are there twice.
func sorted(prefixes []netip.Prefix) []netip.Prefix {
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes)
}
