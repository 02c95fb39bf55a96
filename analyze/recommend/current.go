package recommend

import "rulecast/analyze/policy"

// current is what the block lists of the current ruleset have that a suggestion
// can keep: lists that look at every request at every time.
type current struct {
	entries [policy.NumControls][]policy.Entry // each once
	others  []string                           // rules that are no such lists, or that nothing is suggested for
}

// readCurrent reads the lists of the controls that something is suggested for.
func readCurrent(rs *policy.Ruleset, suggested [policy.NumControls]bool) *current {
	c := &current{}
	if rs == nil {
		return c
	}
	seen := map[string]bool{}
	for i := range rs.Rules {
		r := &rs.Rules[i]
		switch {
		case r.Disabled:
		case !suggested[r.Control] || !plain(rs, r):
			c.others = append(c.others, r.ID)
		default:
			for _, e := range r.Entries {
				if id := r.Control.String() + " " + e.Text; !seen[id] {
					seen[id] = true
					c.entries[r.Control] = append(c.entries[r.Control], e)
				}
			}
		}
	}
	return c
}

// plain reports whether a rule is a list that a suggestion could have: what it
// blocks it blocks always.
func plain(rs *policy.Ruleset, r *policy.Rule) bool {
	if r.Mode != policy.Block || len(r.Except) > 0 || r.Scope.Kind != policy.AllRequests || !r.From.IsZero() || !r.Until.IsZero() || len(rs.Parts) > 1 || r.DenyMissing || r.Action.Kind != policy.Deny {
		return false
	}
	for _, e := range r.Entries {
		switch e.Kind {
		case policy.PrefixEntry, policy.CountryEntry, policy.HostEntry:
		default:
			return false
		}
	}
	return true
}

// has reports whether the current ruleset has an entry.
func (c *current) has(control policy.Control, text string) bool {
	for _, e := range c.entries[control] {
		if e.Text == text {
			return true
		}
	}
	return false
}
