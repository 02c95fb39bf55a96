package check

import (
	"net/netip"
	"slices"
	"strings"

	"rulecast/analyze/policy"
	"rulecast/analyze/prefix"
)

// set answers whether the list of a rule covers, or touches, a value. A rule
// may have ten thousand entries, so it does so without looking at each.
type set struct {
	rule            *policy.Rule
	all, all4, all6 bool
	networks        networks
	except          networks
	texts           map[string]int // countries, hosts and *.hosts: the first entry
}

func newSet(r *policy.Rule) *set {
	s := &set{rule: r, texts: map[string]int{}}
	for i := range r.Entries {
		e := &r.Entries[i]
		switch e.Kind {
		case policy.AllEntry:
			s.all = true
		case policy.AllIPv4Entry:
			s.all4 = true
		case policy.AllIPv6Entry:
			s.all6 = true
		case policy.PrefixEntry:
			s.networks.add(e.Prefix, i)
		default:
			if _, twice := s.texts[e.Text]; !twice {
				s.texts[e.Text] = i
			}
		}
	}
	for i := range r.Except {
		if r.Except[i].Kind == policy.PrefixEntry {
			s.except.add(r.Except[i].Prefix, i)
		}
	}
	s.networks.sort()
	s.except.sort()
	return s
}

// networks is a list of networks.
type networks struct {
	table  prefix.Map
	all    []netip.Prefix // in the order added
	index  []int
	sorted []netip.Prefix
}

func (n *networks) add(p netip.Prefix, index int) {
	n.table.Add(p, int32(len(n.all)))
	n.all = append(n.all, p)
	n.index = append(n.index, index)
}

func (n *networks) sort() {
	n.sorted = slices.Clone(n.all)
	slices.SortFunc(n.sorted, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
}

// covering is the entries whose network holds all of p, the narrowest first.
func (n *networks) covering(p netip.Prefix) []int {
	var out []int
	for _, number := range n.table.Covering(nil, p.Addr()) {
		if n.all[number].Bits() <= p.Bits() {
			out = append(out, n.index[number])
		}
	}
	return out
}

// within is the networks that lie inside p.
func (n *networks) within(p netip.Prefix) []netip.Prefix {
	from, _ := slices.BinarySearchFunc(n.sorted, p.Addr(), func(q netip.Prefix, a netip.Addr) int { return q.Addr().Compare(a) })
	to := from
	for to < len(n.sorted) && p.Contains(n.sorted[to].Addr()) {
		to++
	}
	return slices.DeleteFunc(slices.Clone(n.sorted[from:to]), func(q netip.Prefix) bool { return q.Bits() < p.Bits() })
}

// overlaps reports whether a network holds an address of p.
func (n *networks) overlaps(p netip.Prefix) bool {
	if len(n.covering(p)) > 0 {
		return true
	}
	from, _ := slices.BinarySearchFunc(n.sorted, p.Addr(), func(q netip.Prefix, a netip.Addr) int { return q.Addr().Compare(a) })
	return from < len(n.sorted) && p.Contains(n.sorted[from].Addr())
}

// lists reports whether the list holds all of an entry: for networks, also
// by several that make it up.
func (s *set) lists(e *policy.Entry) bool {
	switch e.Kind {
	case policy.AllEntry:
		return s.all || s.all4 && s.all6
	case policy.AllIPv4Entry:
		return s.all || s.all4
	case policy.AllIPv6Entry:
		return s.all || s.all6
	case policy.PrefixEntry:
		is4 := e.Prefix.Addr().Is4()
		return s.all || s.all4 && is4 || s.all6 && !is4 || len(s.networks.covering(e.Prefix)) > 0 ||
			len(policy.Subtract(e.Prefix, s.networks.within(e.Prefix))) == 0
	}
	if _, ok := s.texts[e.Text]; ok {
		return true
	}
	return e.Kind != policy.CountryEntry && s.suffix(e.Text) >= 0
}

// suffix is the entry *.x that holds a host or a *.host, or -1.
func (s *set) suffix(text string) int {
	host := strings.TrimPrefix(text, "*.")
	for {
		if text != "*."+host {
			if i, ok := s.texts["*."+host]; ok && host != text {
				return i
			}
		}
		_, rest, ok := strings.Cut(host, ".")
		if !ok {
			return -1
		}
		host = rest
	}
}

// touches reports whether the list holds some of an entry.
func (s *set) touches(e *policy.Entry) bool {
	if s.lists(e) || s.all {
		return true
	}
	switch e.Kind {
	case policy.AllEntry:
		return len(s.rule.Entries) > 0
	case policy.AllIPv4Entry, policy.AllIPv6Entry:
		want6 := e.Kind == policy.AllIPv6Entry
		return slices.ContainsFunc(s.networks.all, func(p netip.Prefix) bool { return p.Addr().Is6() == want6 })
	case policy.PrefixEntry:
		return s.networks.overlaps(e.Prefix)
	case policy.SuffixEntry:
		for text := range s.texts {
			if strings.HasSuffix(text, e.Text[1:]) {
				return true
			}
		}
	}
	return false
}

// denies reports whether the rule certainly denies every request of an entry
// of the same control, where it is in force.
func (s *set) denies(e *policy.Entry) bool {
	if s.rule.Mode == policy.Allow {
		return !s.touches(e)
	}
	return s.lists(e) && !s.excepts(e)
}

// excepts reports whether an exception takes away some of an entry.
func (s *set) excepts(e *policy.Entry) bool {
	if e.Kind == policy.PrefixEntry {
		return s.except.overlaps(e.Prefix)
	}
	return len(s.except.all) > 0
}

// deniesAll reports whether the rule denies every request in its scope.
func (s *set) deniesAll() bool {
	r := s.rule
	if r.Mode == policy.Allow {
		passes := r.Control == policy.Referer && !r.DenyMissing || r.Control == policy.Country && !r.DenyUnknown
		return len(r.Entries) == 0 && !passes
	}
	return (s.all || s.all4 && s.all6) && len(s.rule.Except) == 0
}
