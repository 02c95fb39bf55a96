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
		case limit.IPv4PerRule, limit.IPv6PerRule:
			c.divide(l)
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

func (c *converter) cut(r *policy.Rule, gone []policy.Entry, l limit.Limit) {
	for i := range gone {
		c.lose(without(r), r, &gone[i], "%s is left out: the limit is %d %s", gone[i].Text, l.Max, l.Name)
	}
}

// divide keeps a family's networks in a rule below a limit, in further rules
// where that is the same.
func (c *converter) divide(l limit.Limit) {
	var out []policy.Rule
	for _, r := range c.out.Rules {
		counted := func(e policy.Entry) bool {
			return r.Control == l.Control && e.Kind == policy.PrefixEntry && e.Prefix.Addr().Is6() == (l.What == limit.IPv6PerRule)
		}
		var family, rest []policy.Entry
		for _, e := range r.Entries {
			if counted(e) {
				family = append(family, e)
			} else {
				rest = append(rest, e)
			}
		}
		if len(family) <= l.Max {
			out = append(out, r)
			continue
		}
		first := r
		first.Entries = slices.Concat(rest, family[:l.Max])
		out = append(out, first)
		if r.Mode == policy.Allow {
			c.cut(&r, family[l.Max:], l)
			continue
		}
		chunks := slices.Collect(slices.Chunk(family[l.Max:], l.Max))
		c.lose(Same, &r, nil, "the list is divided into %d rules: the limit is %d %s", len(chunks)+1, l.Max, l.Name)
		for i, chunk := range chunks {
			more := r
			more.ID = fmt.Sprintf("%s-v%s-%d", r.ID, l.Name[3:4], i+2)
			more.Entries = chunk
			out = append(out, more)
		}
	}
	c.out.Rules = out
}
