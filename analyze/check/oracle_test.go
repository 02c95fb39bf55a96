package check_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/check"
	"rulecast/analyze/explain"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
)

// without is a copy of a ruleset without an entry of a rule, or without the
// rule.
func without(rs *policy.Ruleset, f check.Finding) *policy.Ruleset {
	out := *rs
	out.Rules = slices.Clone(rs.Rules)
	i := slices.IndexFunc(out.Rules, func(r policy.Rule) bool { return r.ID == f.Rule })
	r := &out.Rules[i]
	isEntry := func(e policy.Entry) bool { return e.Text == f.Entry }
	switch {
	case f.Entry == "":
		r.Disabled = true
	case f.Kind == check.Excepted && !slices.ContainsFunc(r.Entries, isEntry):
		r.Except = slices.DeleteFunc(slices.Clone(r.Except), isEntry)
	default:
		r.Entries = slices.DeleteFunc(slices.Clone(r.Entries), isEntry)
	}
	return &out
}

// TestDeadIsDead removes what check calls dead from random rulesets and
// demands that no request is denied that was not, nor the other way round;
// by another rule only where an allow list's entry is gone.
func TestDeadIsDead(t *testing.T) {
	dead := []check.Kind{check.Covered, check.Excepted, check.Shadowed, check.DeniedAnyway, check.DisabledRule, check.EmptyBlock, check.NeverValid}
	rapid.Check(t, func(t *rapid.T) {
		rs := policytest.Ruleset(t)
		for i := range rs.Rules {
			r := &rs.Rules[i]
			if r.Control == policy.Country && r.Mode == policy.Block {
				r.DenyUnknown = false
			}
		}
		for _, f := range check.Ruleset(rs, check.Options{}).Findings {
			i := slices.IndexFunc(rs.Rules, func(r policy.Rule) bool { return r.ID == f.Rule })
			if !slices.Contains(dead, f.Kind) || f.Kind == check.EmptyBlock && rs.Rules[i].DenyMissing {
				continue
			}
			// A country that leaves its list may make IP rules be consulted.
			if rs.ListedCountrySkipsIP && rs.Rules[i].Control == policy.Country {
				continue
			}
			changed := without(rs, f)
			for range 5 {
				q := policytest.Request(t)
				was, is := explain.Explain(rs, q).Decided, explain.Explain(changed, q).Decided
				if was >= 0 != (is >= 0) || was != is && f.Kind != check.DeniedAnyway {
					t.Fatalf("%+v is not dead: %+v is decided by %d, without it by %d\n%+v", f, q, was, is, rs.Rules)
				}
			}
		}
	})
}
