package convert

import (
	"fmt"
	"slices"

	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// fit makes the lists fit the provider's limits. A block list of which each
// part may be a rule is divided; of any other list, the entries beyond the
// limit are left out, in file order.
func (c *converter) fit() {
	for _, l := range c.Limits {
		switch l.What {
		case limit.Entries:
			c.cutAll(l)
		case limit.IPv4PerRule, limit.IPv6PerRule, limit.EntriesPerRule:
			c.divide(l)
		case limit.Measured:
			c.cutMeasured(l)
		}
	}
}

func (c *converter) cutAll(l limit.Limit) {
	used := 0
	for i := range c.out.Rules {
		r := &c.out.Rules[i]
		if r.Control != l.Control {
			continue
		}
		room := min(len(r.Entries), max(0, l.Max-used))
		used += room
		c.cut(r, r.Entries[room:], l)
		r.Entries = r.Entries[:room]
	}
}

// cutMeasured leaves out what does not fit of a rule. Room is also left by what
// the rule says beside its list, so a rule may lose all.
func (c *converter) cutMeasured(l limit.Limit) {
	for i := range c.out.Rules {
		r := &c.out.Rules[i]
		if r.Control != l.Control || l.Measure(r) <= l.Max {
			continue
		}
		room := l.Room(r)
		c.cut(r, r.Entries[room:], l)
		r.Entries = r.Entries[:room]
	}
}

// empty makes up for the provider's not having empty lists.
func (c *converter) empty() {
	c.out.Rules = slices.DeleteFunc(c.out.Rules, func(r policy.Rule) bool {
		switch {
		case len(r.Entries) > 0 || !c.Controls[r.Control].NonEmpty:
			return false
		case r.Mode == policy.Allow:
			c.lose(Less, &r, nil, "the rule is left out: its allow list is empty, and those of %s have at least one entry", c.Title)
		case r.DenyMissing:
			c.lose(Less, &r, nil, "the rule is left out: its block list is empty, and those of %s have at least one entry; it denied a missing Referer", c.Title)
		default:
			c.lose(Same, &r, nil, "the rule is left out: its block list is empty and denies nothing")
		}
		return true
	})
}

func (c *converter) cut(r *policy.Rule, gone []policy.Entry, l limit.Limit) {
	for i := range gone {
		c.lose(without(r), r, &gone[i], "%s is left out: the limit is %d %s", gone[i].Text, l.Max, l.Name)
	}
}

// family is what stands in the ids of the rules that a list is divided into.
func family(w limit.What) string {
	switch w {
	case limit.IPv4PerRule:
		return "v4-"
	case limit.IPv6PerRule:
		return "v6-"
	}
	return ""
}

// divide keeps a rule's networks, or those of one family, below a limit, in
// further rules where that is the same.
func (c *converter) divide(l limit.Limit) {
	var out []policy.Rule
	for _, r := range c.out.Rules {
		counted := func(e policy.Entry) bool {
			return r.Control == l.Control && e.Kind == policy.PrefixEntry &&
				(l.What == limit.EntriesPerRule || e.Prefix.Addr().Is6() == (l.What == limit.IPv6PerRule))
		}
		var listed, rest []policy.Entry
		for _, e := range r.Entries {
			if counted(e) {
				listed = append(listed, e)
			} else {
				rest = append(rest, e)
			}
		}
		if len(listed) <= l.Max {
			out = append(out, r)
			continue
		}
		first := r
		first.Entries = slices.Concat(rest, listed[:l.Max])
		out = append(out, first)
		if r.Mode == policy.Allow {
			c.cut(&r, listed[l.Max:], l)
			continue
		}
		chunks := slices.Collect(slices.Chunk(listed[l.Max:], l.Max))
		c.lose(Same, &r, nil, "the list is divided into %d rules: the limit is %d %s", len(chunks)+1, l.Max, l.Name)
		for i, chunk := range chunks {
			more := r
			more.ID = fmt.Sprintf("%s-%s%d", r.ID, family(l.What), i+2)
			more.Entries = chunk
			out = append(out, more)
		}
	}
	c.out.Rules = out
}
