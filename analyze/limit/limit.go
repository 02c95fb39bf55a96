// Package limit holds a ruleset against what a provider takes. A limit says
// where it is written and when somebody last looked.
package limit

import (
	"fmt"
	"sort"

	"rulecast/analyze/policy"
)

// What says what a limit counts.
type What uint8

// The things counted.
const (
	// Entries of all rules of the control together.
	Entries What = iota
	// EntriesPerRule counts each rule of the control on its own.
	EntriesPerRule
	// IPv4PerRule and IPv6PerRule count the networks of one family in each IP
	// rule on its own.
	IPv4PerRule
	IPv6PerRule
	// AllowRules counts the rules of the control with mode Allow.
	AllowRules
	// Measured is what Limit.Measure says of each rule of the control on its
	// own.
	Measured
)

// Limit is the largest number of something that a provider takes.
type Limit struct {
	Name    string // as reports show it: "IP entries"
	Max     int
	What    What
	Control policy.Control
	// Measure is how much of a Measured limit a rule uses. What is above Max
	// stays above it when an entry is added at the end of the list.
	Measure  func(*policy.Rule) int
	Source   string // the provider's page
	Verified string // the day on which the page said so, as 2006-01-02
}

// Usage is how much of a limit a ruleset uses.
type Usage struct {
	Limit Limit
	Rule  string // the rule counted, or "" for the whole ruleset
	Used  int
	// Entry is the first entry beyond the limit, and Pos its place (of a limit
	// of rules: the rule's id and place). Zero while Used <= Max.
	Entry string
	Pos   policy.Pos
}

// Violation is a limit that is exceeded.
type Violation Usage

// Error is the message without the place.
func (v Violation) Error() string {
	of := ""
	if v.Rule != "" {
		of = fmt.Sprintf(" in rule %s", v.Rule)
	}
	where := fmt.Sprintf("is number %d", v.Limit.Max+1)
	if v.Limit.What == Measured {
		where = "is the first entry beyond it"
	}
	return fmt.Sprintf("%d %s%s, the limit is %d: %q %s (%s, verified %s)",
		v.Used, v.Limit.Name, of, v.Limit.Max, v.Entry, where, v.Limit.Source, v.Limit.Verified)
}

// Check is every limit that the ruleset exceeds, in the order given.
func Check(rs policy.Ruleset, limits ...Limit) []Violation {
	var out []Violation
	for _, u := range Use(rs, limits...) {
		if u.Used > u.Limit.Max {
			out = append(out, Violation(u))
		}
	}
	return out
}

// Use is how much of each limit the ruleset uses, in the order given; for
// limits per rule one element for each rule that they count.
func Use(rs policy.Ruleset, limits ...Limit) []Usage {
	var out []Usage
	for _, l := range limits {
		out = append(out, l.use(&rs)...)
	}
	return out
}

func (l Limit) use(rs *policy.Ruleset) []Usage {
	total := Usage{Limit: l}
	var perRule []Usage
	for i := range rs.Rules {
		r := &rs.Rules[i]
		if r.Control != l.Control {
			continue
		}
		switch l.What {
		case AllowRules:
			if r.Mode == policy.Allow {
				total.count(r.ID, r.Pos)
			}
		case Measured:
			perRule = append(perRule, l.measure(r))
		case Entries:
			for j := range r.Entries {
				total.count(r.Entries[j].Text, r.Entries[j].Pos)
			}
		default:
			u := Usage{Limit: l, Rule: r.ID}
			for j := range r.Entries {
				if l.counts(&r.Entries[j]) {
					u.count(r.Entries[j].Text, r.Entries[j].Pos)
				}
			}
			perRule = append(perRule, u)
		}
	}
	if l.What == Entries || l.What == AllowRules {
		return []Usage{total}
	}
	return perRule
}

func (l Limit) measure(r *policy.Rule) Usage {
	u := Usage{Limit: l, Rule: r.ID, Used: l.Measure(r), Pos: r.Pos}
	if u.Used <= l.Max {
		u.Pos = policy.Pos{}
		return u
	}
	if n := l.Room(r); n < len(r.Entries) {
		u.Entry, u.Pos = r.Entries[n].Text, r.Entries[n].Pos
	}
	return u
}

// Room is how many entries of a rule, from the first on, are within a Measured
// limit.
func (l Limit) Room(r *policy.Rule) int {
	return sort.Search(len(r.Entries), func(n int) bool {
		part := *r
		part.Entries = r.Entries[:n+1]
		return l.Measure(&part) > l.Max
	})
}

func (l Limit) counts(e *policy.Entry) bool {
	switch l.What {
	case IPv4PerRule:
		return e.Kind == policy.PrefixEntry && e.Prefix.Addr().Is4()
	case IPv6PerRule:
		return e.Kind == policy.PrefixEntry && e.Prefix.Addr().Is6()
	}
	return true
}

func (u *Usage) count(text string, pos policy.Pos) {
	u.Used++
	if u.Used == u.Limit.Max+1 {
		u.Entry, u.Pos = text, pos
	}
}
