package convert

import (
	"net/netip"
	"slices"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/policy"
)

// rule converts one rule. It is given and returned by value: the lists of the
// original are not touched.
func (c *converter) rule(r policy.Rule) (policy.Rule, bool) {
	control := c.Controls[r.Control]
	window := !r.From.IsZero() || !r.Until.IsZero()
	switch {
	case r.Disabled && !c.Disabling:
		c.lose(Same, &r, nil, "the rule is disabled and left out: %s has no disabled rules", c.Title)
		return r, false
	case r.Part > 0 && !c.Aliases:
		c.lose(Less, &r, nil, "the rule is of alias %s and left out: %s has no aliases", c.from.Parts[r.Part].Name, c.Title)
		return r, false
	case !control.Block && !control.Allow:
		c.lose(Less, &r, nil, "the rule is left out: %s has no %s rules", c.Title, r.Control)
		return r, false
	case r.Scope.Kind != policy.AllRequests && !c.Scopes:
		c.lose(Less, &r, nil, "the rule is left out: rules of %s look at all requests, not only at some (%s)", c.Title, r.Scope.Kind)
		return r, false
	case window && !c.Windows:
		c.lose(Less, &r, nil, "the rule is left out: rules of %s are in force at all times", c.Title)
		return r, false
	}
	if r.Action.Kind == policy.Redirect && !c.Redirects {
		c.lose(Same, &r, nil, "redirect to %s becomes a denial with 403", r.Action.URL)
		r.Action = policy.Action{Kind: policy.Deny, Status: 403}
	}
	if r.Priority != 0 && !c.Priorities {
		order := "has an order of its own"
		if c.FileOrder {
			order = "tries the rules in the order of the list"
		}
		c.lose(Same, &r, nil, "priority %d is left out: %s %s", r.Priority, c.Title, order)
		r.Priority = 0
	}
	r.Entries = slices.Clone(r.Entries)
	switch r.Control {
	case policy.IP:
		return c.addresses(r)
	case policy.Referer:
		r.Entries = c.hosts(&r)
	}
	return r, true
}

func (c *converter) hosts(r *policy.Rule) []policy.Entry {
	return slices.DeleteFunc(r.Entries, func(e policy.Entry) bool {
		switch {
		case e.Kind == policy.SuffixEntry && !c.Wildcards:
			c.lose(without(r), r, &e, "%s is left out: %s takes no wildcards", e.Text, c.Title)
		case c.MaxHost > 0 && len(strings.TrimPrefix(e.Text, "*.")) > c.MaxHost:
			c.lose(without(r), r, &e, "%s is left out: %s takes hosts of at most %d characters", e.Text, c.Title, c.MaxHost)
		default:
			return false
		}
		return true
	})
}

// addresses converts an IP rule.
func (c *converter) addresses(r policy.Rule) (policy.Rule, bool) {
	if c.Exceptions && c.Words {
		return r, true
	}
	if r.Mode == policy.Block && len(r.Except) > 0 && len(r.Entries) == 1 && r.Entries[0].Kind == policy.AllEntry &&
		c.Controls[policy.IP].Allow {
		c.lose(Same, &r, nil, "a block list of all with exceptions becomes an allow list of the exceptions, which is the same")
		r.Mode, r.Entries, r.Except = policy.Allow, slices.Clone(r.Except), nil
	}
	if !c.Controls[policy.IP].Has(r.Mode) {
		c.lose(Less, &r, nil, "the rule is left out: %s has IP %s lists only, and an %s list cannot become one", c.Title,
			c.Controls[policy.IP].Modes(), r.Mode)
		return r, false
	}
	had := len(r.Entries)
	r.Entries = c.subtract(&r, c.plain(&r))
	r.Except = nil
	if had > 0 && len(r.Entries) == 0 && r.Mode == policy.Block {
		return r, false // every entry is among the losses
	}
	return r, true
}

// plain is the entries of a rule as networks that the provider takes.
func (c *converter) plain(r *policy.Rule) []policy.Entry {
	var out []policy.Entry
	for i := range r.Entries {
		e := r.Entries[i]
		for _, p := range spelled(e) {
			n := policy.NetworkEntry(p)
			n.Pos = e.Pos
			masks := c.Masks(p)
			switch {
			case p.Addr().Is6() && !c.IPv6:
				c.lose(without(r), r, &e, "%s is left out: %s takes IPv4 only", n.Text, c.Title)
			case p.Bits() > masks.Max:
				c.lose(without(r), r, &e, "%s is left out: %s takes %s networks from /%d to /%d", n.Text, c.Title,
					profile.Family(p), masks.Min, masks.Max)
			case p.Bits() < masks.Min:
				out = append(out, c.narrower(r, e, p)...)
			default:
				out = append(out, n)
			}
		}
	}
	return out
}

// narrower is a network as those of the shortest mask that the provider takes.
func (c *converter) narrower(r *policy.Rule, e policy.Entry, p netip.Prefix) []policy.Entry {
	parts := []netip.Prefix{p}
	masks := c.Masks(p)
	for parts[0].Bits() < masks.Min {
		var halves []netip.Prefix
		for _, part := range parts {
			low, high := policy.Halves(part)
			halves = append(halves, low, high)
		}
		parts = halves
	}
	text := policy.NetworkEntry(p).Text
	if masks.Min == 1 {
		c.lose(Same, r, &e, "%s becomes %s and %s: %s takes any mask but /0", text, parts[0], parts[1], c.Title)
	} else {
		c.lose(Same, r, &e, "%s becomes %d networks: %s takes %s networks from /%d to /%d", text, len(parts), c.Title,
			profile.Family(p), masks.Min, masks.Max)
	}
	out := make([]policy.Entry, len(parts))
	for i, part := range parts {
		out[i] = policy.NetworkEntry(part)
		out[i].Pos = e.Pos
	}
	return out
}

// spelled is the networks that an IP entry stands for.
func spelled(e policy.Entry) []netip.Prefix {
	v4, v6 := netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	switch e.Kind {
	case policy.AllEntry:
		return []netip.Prefix{v4, v6}
	case policy.AllIPv4Entry:
		return []netip.Prefix{v4}
	case policy.AllIPv6Entry:
		return []netip.Prefix{v6}
	}
	return []netip.Prefix{e.Prefix}
}

// subtract takes the exceptions out of the entries, exactly.
func (c *converter) subtract(r *policy.Rule, entries []policy.Entry) []policy.Entry {
	if len(r.Except) == 0 {
		return entries
	}
	var holes []netip.Prefix
	for i := range r.Except {
		holes = append(holes, r.Except[i].Prefix)
	}
	var out []policy.Entry
	for i := range entries {
		e := entries[i]
		rest := policy.Subtract(e.Prefix, holes)
		if len(rest) == 1 && rest[0] == e.Prefix {
			out = append(out, e)
			continue
		}
		c.lose(Same, r, &e, "%s becomes %d networks: the exceptions are taken out of it, as %s has none", e.Text, len(rest), c.Title)
		for _, p := range rest {
			n := policy.NetworkEntry(p)
			n.Pos = e.Pos
			if masks := c.Masks(p); p.Bits() > masks.Max {
				c.lose(without(r), r, &n, "%s, a part of %s, is left out: %s takes %s networks from /%d to /%d", n.Text, e.Text, c.Title,
					profile.Family(p), masks.Min, masks.Max)
				continue
			}
			out = append(out, n)
		}
	}
	return out
}
