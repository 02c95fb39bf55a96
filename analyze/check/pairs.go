package check

import (
	"fmt"
	"net/netip"
	"slices"

	"rulecast/analyze/policy"
)

// blockAndAllow names each pair of a block list and an allow list that look
// at the same requests: being on the allow list does not let a request past
// the block list, so both deny, and what is left is often nothing.
func (c *checker) blockAndAllow() {
	for i := range c.rs.Rules {
		allow := &c.rs.Rules[i]
		if allow.Mode != policy.Allow {
			continue
		}
		for j := range c.rs.Rules {
			block := &c.rs.Rules[j]
			if block.Mode != policy.Block || block.Control != allow.Control || !meet(allow, block) || len(block.Entries) == 0 {
				continue
			}
			c.pair(block, allow, c.sets[j])
		}
	}
}

func (c *checker) pair(block, allow *policy.Rule, listed *set) {
	left := 0
	for k := range allow.Entries {
		if !listed.denies(&allow.Entries[k]) {
			left++
		}
	}
	text := fmt.Sprintf("block list %s and allow list %s look at the same requests, and being on %s does not let a request past %s: "+
		"%s denies what its %s name, %s denies all but what its %s name; ",
		block.ID, allow.ID, allow.ID, block.ID, block.ID, entries(len(block.Entries)), allow.ID, entries(len(allow.Entries)))
	severity := Warning
	if left == 0 {
		severity = Danger
		text += "together they deny every request that both look at" + c.passing(allow)
	} else {
		text += fmt.Sprintf("what can pass is in %d of the %s of %s", left, entries(len(allow.Entries)), allow.ID)
	}
	c.add(severity, BlockAndAllow, allow, nil, text)
	c.findings[len(c.findings)-1].With = block.ID
}

// Pairs is, for each finding about two rules and in their order, the ruleset
// with these two alone in force: what it denies on a log is what the two deny
// together. The lists are shared with the ruleset.
func Pairs(rs *policy.Ruleset, findings []Finding) []*policy.Ruleset {
	var out []*policy.Ruleset
	for _, f := range findings {
		if f.With == "" {
			continue
		}
		pair := *rs
		pair.Rules = slices.Clone(rs.Rules)
		for i := range pair.Rules {
			r := &pair.Rules[i]
			r.Disabled = r.Disabled || r.ID != f.Rule && r.ID != f.With
		}
		out = append(out, &pair)
	}
	return out
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// inert finds networks that are not consulted because geo-blocking lists the
// country they are in.
func (c *checker) inert() {
	for i := range c.rs.Rules {
		ip := &c.rs.Rules[i]
		if ip.Control != policy.IP {
			continue
		}
		for j := range c.rs.Rules {
			geo := &c.rs.Rules[j]
			if geo.Control != policy.Country || !meet(ip, geo) {
				continue
			}
			for k := range ip.Entries {
				c.inertEntry(ip, geo, &ip.Entries[k])
			}
		}
	}
}

func (c *checker) inertEntry(ip, geo *policy.Rule, e *policy.Entry) {
	if e.Kind != policy.PrefixEntry {
		return
	}
	probes, exact := probe(e.Prefix)
	var countries []string
	hits := 0
	for _, a := range probes {
		code := c.options.Country(a)
		listed := func(g policy.Entry) bool { return g.Text == code }
		if slices.ContainsFunc(geo.Entries, listed) {
			hits++
			if !slices.Contains(countries, code) {
				countries = append(countries, code)
			}
		}
	}
	if hits == 0 {
		return
	}
	where := countries[0]
	if len(countries) > 1 {
		where = fmt.Sprintf("%d countries, %s among them,", len(countries), where)
	}
	verdict := "is inert"
	switch {
	case hits < len(probes) && exact:
		verdict = fmt.Sprintf("is inert for %d of its %d addresses", hits, len(probes))
	case hits < len(probes):
		verdict = fmt.Sprintf("may be inert in part (at %d of %d addresses tried)", hits, len(probes))
	case !exact:
		verdict = fmt.Sprintf("may be inert as a whole (at all %d addresses tried)", len(probes))
	}
	c.add(Danger, Inert, ip, e, fmt.Sprintf("%s %s: rule %s lists %s, and IP rules are not consulted for clients from a listed country",
		e.Text, verdict, geo.ID, where))
}

// probe is every address of a small network, and of a large one both ends
// and the first address of each of its 256 parts.
func probe(p netip.Prefix) (addrs []netip.Addr, exact bool) {
	const small = 8 // bits: 256 addresses
	free := p.Addr().BitLen() - p.Bits()
	step := max(0, free-small)
	for a, n := p.Addr(), 0; n < 1<<min(free, small); n++ {
		addrs = append(addrs, a)
		a = advance(a, step)
	}
	if step == 0 {
		return addrs, true
	}
	return append(addrs, policy.LastAddr(p)), false
}

// advance adds 2^shift to an address.
func advance(a netip.Addr, shift int) netip.Addr {
	b := a.AsSlice()
	add := 1 << (shift % 8)
	for i := len(b) - 1 - shift/8; i >= 0 && add > 0; i-- {
		sum := int(b[i]) + add
		b[i], add = byte(sum), sum>>8
	}
	out, _ := netip.AddrFromSlice(b)
	return out
}
