package convert

import (
	"net/netip"
	"slices"
	"strings"

	"rulecast/analyze/policy"
)

// join makes one rule of several where the provider has one list of a
// control: what either denies, the joined rule denies. Two block lists become
// their union, two allow lists their intersection, and an allow list loses
// what a block list names. What cannot be said in one list is left out.
func (c *converter) join() {
	var out []policy.Rule
	for _, r := range c.out.Rules {
		i := slices.IndexFunc(out, func(o policy.Rule) bool { return c.oneOnly(&o, &r) })
		if i < 0 {
			out = append(out, r)
			continue
		}
		if out[i].Disabled != r.Disabled {
			if out[i].Disabled {
				out[i], r = r, out[i]
			}
			c.lose(Same, &r, nil, "the rule is disabled and left out: %s has one %s list", c.Title, r.Control)
			continue
		}
		joined, ok := joined(out[i], r)
		if !ok {
			c.lose(Less, &r, nil, "the rule is left out: %s has one %s list for these requests, and %s is it", c.Title, r.Control, out[i].ID)
			continue
		}
		c.lose(Same, &r, nil, "the rule is joined with %s into one %s list", out[i].ID, joined.Mode)
		out[i] = joined
	}
	c.out.Rules = out
}

// oneOnly reports whether the provider has no room for both rules.
func (c *converter) oneOnly(a, b *policy.Rule) bool {
	if a.Control != b.Control {
		return false
	}
	if c.Controls[a.Control].Single {
		return true
	}
	if c.Windows { // one list in force at any time
		return !a.Disabled && !b.Disabled
	}
	for _, l := range c.Limits { // one allow list of addresses (CDNetworks)
		if l.Name == "IP whitelist rules" && l.Control == a.Control && a.Mode == policy.Allow && b.Mode == policy.Allow {
			return true
		}
	}
	return false
}

func joined(a, b policy.Rule) (policy.Rule, bool) {
	if a.Action != b.Action || a.Scope.Kind != policy.AllRequests || b.Scope.Kind != policy.AllRequests {
		return a, false
	}
	out := a
	out.DenyMissing = a.DenyMissing || b.DenyMissing
	out.DenyUnknown = a.DenyUnknown || b.DenyUnknown
	ok := true
	switch {
	case a.Mode == policy.Block && b.Mode == policy.Block:
		out.Entries = union(a.Entries, b.Entries)
	case a.Mode == policy.Allow && b.Mode == policy.Allow:
		out.Entries = intersect(a.Entries, b.Entries)
	case a.Mode == policy.Allow:
		out.Entries, ok = remove(a.Entries, b.Entries)
	default:
		out.Mode = policy.Allow
		out.Entries, ok = remove(b.Entries, a.Entries)
	}
	return out, ok
}

func union(a, b []policy.Entry) []policy.Entry {
	out := slices.Clone(a)
	seen := map[string]bool{}
	for i := range a {
		seen[a[i].Text] = true
	}
	for i := range b {
		if !seen[b[i].Text] {
			out = append(out, b[i])
		}
	}
	return out
}

// within reports whether entry a holds all of entry b.
func within(a, b policy.Entry) bool {
	switch {
	case a.Text == b.Text:
		return true
	case a.Kind == policy.PrefixEntry:
		return a.Prefix.Bits() <= b.Prefix.Bits() && a.Prefix.Overlaps(b.Prefix)
	case a.Kind == policy.SuffixEntry:
		return strings.HasSuffix(b.Text, a.Text[1:])
	}
	return false
}

func intersect(a, b []policy.Entry) []policy.Entry {
	var out []policy.Entry
	seen := map[string]bool{}
	add := func(e policy.Entry) {
		if !seen[e.Text] {
			seen[e.Text] = true
			out = append(out, e)
		}
	}
	for i := range a {
		for j := range b {
			if within(b[j], a[i]) {
				add(a[i])
			} else if within(a[i], b[j]) {
				add(b[j])
			}
		}
	}
	return out
}

// remove is what is on list a and not on list b. It fails where that is no
// list: *.example.com without one of its hosts.
func remove(a, b []policy.Entry) (out []policy.Entry, ok bool) {
	var holes []netip.Prefix
	for i := range b {
		if b[i].Kind == policy.PrefixEntry {
			holes = append(holes, b[i].Prefix)
		}
	}
	for i := range a {
		e := a[i]
		if e.Kind == policy.PrefixEntry {
			for _, p := range policy.Subtract(e.Prefix, holes) {
				n := policy.NetworkEntry(p)
				n.Pos = e.Pos
				out = append(out, n)
			}
			continue
		}
		gone := false
		for j := range b {
			gone = gone || within(b[j], e)
			if within(e, b[j]) && !within(b[j], e) {
				return nil, false
			}
		}
		if !gone {
			out = append(out, e)
		}
	}
	return out, true
}
