package recommend

import (
	"rulecast/analyze/choose"
	"rulecast/analyze/dialect"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// How many entries are suggested where neither the provider nor the user sets
// a limit: as many as the strictest provider takes, so that a person can still
// read the list.
const (
	defaultIPs       = 100
	defaultReferers  = 30
	defaultCountries = 10
)

// room is what the provider has room for.
type room struct {
	entries [policy.NumControls]int // 0: the provider has no block list of this control
	// perFamily: IPv4 and IPv6 networks have entries[policy.IP] each.
	perFamily bool
	ipv6      bool
}

// roomOf is the room that a provider's block lists have, and at most as much as
// the user wants.
func roomOf(d *dialect.Dialect, most [policy.NumControls]choose.Limit) room {
	r := room{ipv6: d.IPv6}
	fallback := [policy.NumControls]int{policy.IP: defaultIPs, policy.Country: defaultCountries, policy.Referer: defaultReferers}
	for c := range policy.NumControls {
		if !d.Controls[c].Block {
			continue
		}
		provider := 0
		for _, l := range d.Limits {
			if l.Control != c || l.What == limit.AllowRules || l.What == limit.Measured {
				continue
			}
			if l.What == limit.IPv4PerRule || l.What == limit.IPv6PerRule {
				r.perFamily = true
			}
			if provider == 0 || l.Max < provider {
				provider = l.Max
			}
		}
		r.entries[c] = fallback[c]
		if most[c].Set {
			r.entries[c] = int(most[c].N)
		}
		if provider > 0 {
			r.entries[c] = min(r.entries[c], provider)
		}
	}
	return r
}

// squeeze makes the room smaller where the lists of a ruleset use more than the
// provider's measured limits, such as the length of an expression: what fits
// depends on the entries. It reports whether it did.
func (r *room) squeeze(d *dialect.Dialect, rs *policy.Ruleset) bool {
	squeezed := false
	for i := range rs.Rules {
		rule := &rs.Rules[i]
		for _, l := range d.Limits {
			if l.Control != rule.Control || l.What != limit.Measured || l.Measure(rule) <= l.Max {
				continue
			}
			if n := min(l.Room(rule), len(rule.Entries)-1); n < r.entries[rule.Control] {
				r.entries[rule.Control] = n
				squeezed = true
			}
		}
	}
	return squeezed
}
