package replay

import (
	"math"

	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
)

// RuleCounts is what one rule, or one entry, would have done.
type RuleCounts struct {
	Decided   tally.Counts // it was the first to deny
	Matched   tally.Counts // it would deny, whatever other rules do
	Exclusive tally.Counts // nothing else would deny
	Served    tally.Counts // of Decided: the log shows them answered below 400
}

// EntryCounts is what one entry would have done. An entry of an allow list
// denies nothing: its Matched are the requests that it lets past its rule, and
// its Exclusive those that no other entry of the rule lets past.
type EntryCounts struct {
	RuleCounts
	First, Last int64 // time of the first and last Matched, record.NoTime if none
}

// sums are the counts of a ruleset, in which nothing refers to a stream.
type sums struct {
	denied, redirected, served tally.Counts
	inert                      tally.Counts // not denied by an IP rule because of the client's country
	overlap                    [1 << policy.NumControls]tally.Counts
	rules                      []RuleCounts
	entries                    []EntryCounts
}

func newSums(m *match.Matcher) sums {
	u := sums{rules: make([]RuleCounts, len(m.Ruleset.Rules)), entries: make([]EntryCounts, len(m.Entries))}
	for i := range u.entries {
		u.entries[i].First, u.entries[i].Last = math.MaxInt64, math.MinInt64
	}
	return u
}

func (u *sums) add(m *match.Matcher, c *cell, out *match.Outcome) {
	for _, e := range out.AllowEntries {
		u.entries[e].meet(c)
		if alone(m, out.AllowEntries, e) {
			u.entries[e].Exclusive = u.entries[e].Exclusive.Plus(c.all)
		}
	}
	if out.Inert {
		u.inert = u.inert.Plus(c.all)
	}
	if out.Decided == match.Allowed {
		return
	}
	if out.Action.Kind == policy.Redirect {
		u.redirected = u.redirected.Plus(c.all)
	} else {
		u.denied = u.denied.Plus(c.all)
	}
	u.served = u.served.Plus(c.served)
	mask := 0
	for control, denies := range out.Controls {
		if denies {
			mask |= 1 << control
		}
	}
	u.overlap[mask] = u.overlap[mask].Plus(c.all)
	u.addRules(m, c, out)
}

func (u *sums) addRules(m *match.Matcher, c *cell, out *match.Outcome) {
	u.rules[out.Decided].decide(c)
	u.entries[out.DecidedEntry].decide(c)
	for _, rule := range out.Deny {
		u.rules[rule].Matched = u.rules[rule].Matched.Plus(c.all)
	}
	for _, e := range out.DenyEntries {
		u.entries[e].meet(c)
	}
	if len(out.Deny) == 1 {
		u.rules[out.Decided].Exclusive = u.rules[out.Decided].Exclusive.Plus(c.all)
	}
	if len(out.DenyEntries) == 1 {
		e := &u.entries[out.DecidedEntry]
		e.Exclusive = e.Exclusive.Plus(c.all)
	}
}

// decide counts the requests of a cell as decided.
func (r *RuleCounts) decide(c *cell) {
	r.Decided, r.Served = r.Decided.Plus(c.all), r.Served.Plus(c.served)
}

// meet counts the requests of a cell as matched.
func (e *EntryCounts) meet(c *cell) {
	e.Matched = e.Matched.Plus(c.all)
	e.First, e.Last = min(e.First, c.first), max(e.Last, c.last)
}

// alone reports whether entry is the only one of its rule among entries.
func alone(m *match.Matcher, entries []int, entry int) bool {
	for _, e := range entries {
		if e != entry && m.Entries[e].Rule == m.Entries[entry].Rule {
			return false
		}
	}
	return true
}

func (u *sums) merge(v *sums) {
	u.denied, u.redirected = u.denied.Plus(v.denied), u.redirected.Plus(v.redirected)
	u.served, u.inert = u.served.Plus(v.served), u.inert.Plus(v.inert)
	for i, c := range v.overlap {
		u.overlap[i] = u.overlap[i].Plus(c)
	}
	for i := range v.rules {
		u.rules[i].merge(&v.rules[i])
	}
	for i := range v.entries {
		e, w := &u.entries[i], &v.entries[i]
		e.merge(&w.RuleCounts)
		e.First, e.Last = min(e.First, w.First), max(e.Last, w.Last)
	}
}

func (r *RuleCounts) merge(s *RuleCounts) {
	r.Decided = r.Decided.Plus(s.Decided)
	r.Matched = r.Matched.Plus(s.Matched)
	r.Exclusive = r.Exclusive.Plus(s.Exclusive)
	r.Served = r.Served.Plus(s.Served)
}
