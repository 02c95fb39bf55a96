package check

import (
	"fmt"
	"net/netip"
	"slices"

	"rulecast/analyze/policy"
)

// rule finds what is odd about one rule: alone, and after those before it.
func (c *checker) rule(i int) {
	r := &c.rs.Rules[i]
	switch {
	case r.Disabled:
		c.add(Note, DisabledRule, r, nil, "the rule is disabled and denies nothing")
		return
	case never(r):
		c.add(Danger, NeverValid, r, nil, "the rule is never in force: its window ends before it begins")
		return
	}
	switch {
	case len(r.Entries) > 0:
	case r.Mode == policy.Allow:
		c.add(Danger, EmptyAllow, r, nil, "the allow list is empty: the rule denies every request in its scope"+c.passing(r))
	default:
		c.add(Note, EmptyBlock, r, nil, "the block list is empty: the rule denies nothing"+c.alsoMissing(r))
	}
	c.within(i)
	for j := range r.Entries {
		c.address(r, &r.Entries[j])
	}
	c.shadowed(i)
}

// passing says who passes even an empty allow list.
func (c *checker) passing(r *policy.Rule) string {
	switch {
	case r.Control == policy.Referer && !r.DenyMissing:
		return " that has a Referer"
	case r.Control == policy.Country && !r.DenyUnknown:
		return " of a known country"
	}
	return ""
}

func (c *checker) alsoMissing(r *policy.Rule) string {
	if r.DenyMissing {
		return " but requests without a Referer"
	}
	return ""
}

// within finds entries that add nothing to their own rule.
func (c *checker) within(i int) {
	r, s := &c.rs.Rules[i], c.sets[i]
	seen := make(map[string]bool, len(r.Entries))
	for j := range r.Entries {
		e := &r.Entries[j]
		switch by := s.coverIn(e); {
		case seen[e.Text]:
			c.add(Warning, Duplicate, r, e, e.Text+" is in the list twice")
		case by >= 0:
			c.add(Warning, Covered, r, e, fmt.Sprintf("%s is in %s of the same list already", e.Text, r.Entries[by].Text))
		case e.Kind == policy.PrefixEntry && s.exceptsWhole(e.Prefix):
			c.add(Warning, Excepted, r, e, e.Text+" is taken away whole by the rule's exceptions")
		}
		seen[e.Text] = true
	}
	for j := range r.Except {
		e := &r.Except[j]
		if !s.touches(e) {
			c.add(Warning, Excepted, r, e, "exception "+e.Text+" touches nothing on the list")
		}
	}
}

// coverIn is the other entry of the rule that holds all of an entry, or -1.
func (s *set) coverIn(e *policy.Entry) int {
	switch e.Kind {
	case policy.PrefixEntry:
		for _, j := range s.networks.covering(e.Prefix) {
			if s.rule.Entries[j].Prefix != e.Prefix {
				return j
			}
		}
	case policy.HostEntry, policy.SuffixEntry:
		return s.suffix(e.Text)
	}
	return -1
}

func (s *set) exceptsWhole(p netip.Prefix) bool {
	return len(s.except.covering(p)) > 0 || len(policy.Subtract(p, s.except.within(p))) == 0
}

// shadowed finds what of a rule an earlier rule, or for an allow list any
// other rule, denies in any case.
func (c *checker) shadowed(i int) {
	r := &c.rs.Rules[i]
	var hiding []int
	for j := range c.rs.Rules {
		if j == i || j > i && r.Mode == policy.Block || !c.hides(j, r) {
			continue
		}
		if j < i && c.sets[j].deniesAll() {
			c.add(Warning, Shadowed, r, nil, fmt.Sprintf("the rule never decides: rule %s before it denies everything", c.rs.Rules[j].ID))
			return
		}
		if c.rs.Rules[j].Control == r.Control {
			hiding = append(hiding, j)
		}
	}
	for k := range r.Entries {
		e := &r.Entries[k]
		denies := func(j int) bool { return c.sets[j].denies(e) }
		first := slices.IndexFunc(hiding, denies)
		if first < 0 {
			continue
		}
		other := &c.rs.Rules[hiding[first]]
		if r.Mode == policy.Allow {
			c.add(Warning, DeniedAnyway, r, e, fmt.Sprintf("%s is on the allow list, but rule %s denies it all the same", e.Text, other.ID))
		} else {
			c.add(Warning, Shadowed, r, e, fmt.Sprintf("%s never decides: rule %s before it denies all of it%s", e.Text, other.ID, actions(other, r)))
		}
	}
}

// hides reports whether rule j meets every request that r meets.
func (c *checker) hides(j int, r *policy.Rule) bool {
	other := &c.rs.Rules[j]
	// Where a listed country skips the IP rules, an IP rule hides others of its
	// kind only.
	skipped := c.rs.ListedCountrySkipsIP && other.Control == policy.IP && r.Control != policy.IP
	return always(other) && other.Part == r.Part && !skipped && other.Scope.Covers(&r.Scope)
}

func actions(first, second *policy.Rule) string {
	if first.Action.Kind == second.Action.Kind {
		return ""
	}
	return fmt.Sprintf(" (with %s, not %s)", first.Action, second.Action)
}

// The sizes from which a network is a large part of the internet: 1/256 of
// IPv4, and for IPv6 more than any registry gives to one holder.
const (
	hugeIPv4 = 8
	hugeIPv6 = 16
)

// address finds networks that are reserved or huge.
func (c *checker) address(r *policy.Rule, e *policy.Entry) {
	if e.Kind != policy.PrefixEntry {
		return
	}
	huge := hugeIPv4
	if e.Prefix.Addr().Is6() {
		huge = hugeIPv6
	}
	if e.Prefix.Bits() <= huge {
		c.add(Warning, Huge, r, e, fmt.Sprintf("%s is 1/%d of all %s addresses", e.Text, 1<<e.Prefix.Bits(), family(e.Prefix)))
	}
	for _, n := range reserved {
		if n.prefix.Bits() <= e.Prefix.Bits() && n.prefix.Overlaps(e.Prefix) {
			c.add(Note, Reserved, r, e, fmt.Sprintf("%s is in %s, %s: no client comes from there", e.Text, n.prefix, n.name))
			return
		}
	}
}

func family(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// reserved is the networks of the IANA special-purpose registries (RFC 6890
// and updates) that are not globally reachable, with multicast (RFC 5771, RFC
// 4291).
var reserved = [...]struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private use"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared space behind carriers' NAT"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private use"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private use"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	{netip.MustParsePrefix("::/127"), "unspecified and loopback"},
	{netip.MustParsePrefix("100::/64"), "discard only"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
	{netip.MustParsePrefix("fc00::/7"), "unique local"},
	{netip.MustParsePrefix("fe80::/10"), "link local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}
