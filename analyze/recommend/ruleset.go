package recommend

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

// picked is what was chosen, by control, in the order in which it is written:
// networks by address, the others by name.
type picked struct {
	prefixes  []netip.Prefix
	hosts     []string
	countries []string
}

// build writes a ruleset of block lists in the form of a provider.
func build(d *dialect.Dialect, p *picked, current *policy.Ruleset) *policy.Ruleset {
	rs := &policy.Ruleset{Name: "suggested", Provider: d.Name}
	if current != nil && current.Provider == d.Name {
		rs.Settings = slices.Clone(current.Settings)
	}
	var lists [policy.NumControls][]policy.Entry
	for _, prefix := range p.prefixes {
		lists[policy.IP] = append(lists[policy.IP], policy.NetworkEntry(prefix))
	}
	for _, code := range p.countries {
		lists[policy.Country] = append(lists[policy.Country], policy.Entry{Kind: policy.CountryEntry, Text: code})
	}
	for _, host := range p.hosts {
		lists[policy.Referer] = append(lists[policy.Referer], policy.Entry{Kind: policy.HostEntry, Text: host})
	}
	for c, entries := range lists {
		if len(entries) > 0 {
			control := policy.Control(c)
			rs.Rules = append(rs.Rules, policy.Rule{ID: control.String(), Control: control, Mode: policy.Block, Entries: entries})
		}
	}
	d.Resolve(rs)
	return rs
}

// sorted puts what was picked into the order in which it is written.
func (p *picked) sorted() *picked {
	slices.SortFunc(p.prefixes, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	slices.SortFunc(p.hosts, strings.Compare)
	slices.SortFunc(p.countries, strings.Compare)
	return p
}
