package recommend

import (
	"cmp"
	"fmt"
	"slices"

	"rulecast/analyze/collateral"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
)

// suggest lists the entries of the suggested ruleset, those that stop most
// first.
func (r *Result) suggest(c *current, m *match.Matcher, why *evidence, earned []bool) {
	for i, e := range m.Entries {
		if e.Implied {
			continue
		}
		control := r.Ruleset.Rules[e.Rule].Control
		s := Suggestion{Control: control, Entry: e.Text, Change: Added, Harm: r.Harms.Entries[i]}
		s.Watch = earned != nil && !earned[i]
		if c.has(control, e.Text) {
			s.Change = Kept
		}
		s.Reason = why.of(control, entryOf(&r.Ruleset.Rules[e.Rule], e.Text), &s.Harm)
		if s.Watch {
			s.Reason += "; on the last day not worth its slot"
		}
		r.Suggestions = append(r.Suggestions, s)
	}
	slices.SortStableFunc(r.Suggestions, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(a.Control, b.Control), cmp.Compare(b.Harm.Bad.Requests, a.Harm.Bad.Requests))
	})
}

func entryOf(r *policy.Rule, text string) policy.Entry {
	i := slices.IndexFunc(r.Entries, func(e policy.Entry) bool { return e.Text == text })
	return r.Entries[i]
}

// drop lists behind the suggestions what only the current ruleset has, with what
// it does to the log.
func (r *Result) drop(c *current, o *Options, room *room) error {
	old := &policy.Ruleset{Name: "current", Provider: r.Ruleset.Provider}
	for control, entries := range c.entries {
		rule := policy.Rule{ID: policy.Control(control).String(), Control: policy.Control(control), Mode: policy.Block}
		for _, e := range entries {
			if !r.has(policy.Control(control), e.Text) {
				rule.Entries = append(rule.Entries, e)
			}
		}
		if len(rule.Entries) > 0 {
			old.Rules = append(old.Rules, rule)
		}
	}
	if len(old.Rules) == 0 {
		return nil
	}
	m, err := match.Compile(old)
	if err != nil {
		return err
	}
	harms := r.Judgement.Against(m)
	for i, e := range m.Entries {
		if e.Implied {
			continue
		}
		rule := &old.Rules[e.Rule]
		s := Suggestion{Control: rule.Control, Entry: e.Text, Change: Dropped, Harm: harms.Entries[i]}
		s.Reason = r.whyDropped(rule.Control, entryOf(rule, e.Text), &s.Harm, o, room)
		r.Suggestions = append(r.Suggestions, s)
	}
	return nil
}

// has reports whether an entry is suggested.
func (r *Result) has(control policy.Control, text string) bool {
	return slices.ContainsFunc(r.Suggestions, func(s Suggestion) bool { return s.Control == control && s.Entry == text })
}

// whyDropped says why an entry of the current ruleset is not suggested.
func (r *Result) whyDropped(control policy.Control, e policy.Entry, h *collateral.Harm, o *Options, room *room) string {
	if control == policy.IP {
		for i := range r.Ruleset.Rules {
			for _, f := range r.Ruleset.Rules[i].Entries {
				if rule := &r.Ruleset.Rules[i]; rule.Control == policy.IP && f.Prefix.Bits() < e.Prefix.Bits() && f.Prefix.Contains(e.Prefix.Addr()) {
					return "covered by " + f.Text
				}
			}
		}
	}
	terms := o.Terms(r.Judgement.Total)
	shortest := terms.shortest6
	if e.Prefix.Addr().Is4() {
		shortest = terms.shortest4
	}
	switch {
	case control == policy.IP && !room.ipv6 && !e.Prefix.Addr().Is4():
		return o.Dialect.Title + " takes IPv4 only"
	case control == policy.IP && slices.ContainsFunc(o.never(), e.Prefix.Overlaps):
		return "has addresses that are protected, of good bots, private or reserved"
	case h.Denied.Requests == 0:
		return "no request in this log met it"
	case h.Bad.Requests == 0:
		return "nothing speaks against what it denies"
	case h.Good().Requests*terms.Price[control] > h.Bad.Requests:
		return "denies too much good traffic"
	case control == policy.IP && e.Prefix.Bits() < shortest:
		return fmt.Sprintf("is shorter than the /%d that is suggested at most", shortest)
	}
	return "stops too little to be worth an entry"
}

// mostShared is how many shared addresses are listed.
const mostShared = 20

// shared are the addresses that many people share and somebody abuses, the
// worst first.
func shared(j *collateral.Judgement) []Shared {
	why := evidence{j: j}
	var out []Shared
	for id := range j.Clients {
		c := &j.Clients[id]
		if c.Shared() && c.Bad > 0 {
			bad := c.All.Requests * c.Bad / collateral.One
			out = append(out, Shared{
				Client: j.Dicts.Clients.String(record.ID(id)), Users: c.Users, Bad: bad, Good: c.All.Requests - bad, Reason: why.ofClient(record.ID(id)),
			})
		}
	}
	slices.SortFunc(out, func(a, b Shared) int { return cmp.Or(cmp.Compare(b.Bad, a.Bad), cmp.Compare(a.Client, b.Client)) })
	return out[:min(mostShared, len(out))]
}
