package recommend

import (
	"rulecast/analyze/collateral"
	"rulecast/analyze/match"
)

// Earned says of each entry of a matcher, by its number, whether it earned its
// slot on one day of the log: whether what it stopped then was worth the good
// requests and the line. What has not on the last day is to be watched, and not
// to be blocked, however much there was of it before.
func (o *Options) Earned(j *collateral.Judgement, m *match.Matcher, day int) []bool {
	earned := make([]bool, len(m.Entries))
	harms := j.AgainstOn(m, day)
	terms := o.Terms(j.Total)
	for i := range harms.Entries {
		h, control := &harms.Entries[i], m.Ruleset.Rules[m.Entries[i].Rule].Control
		earned[i] = terms.Worth(h.Bad) > (terms.Price[control]*h.Good().Requests+entryCost)*collateral.One
	}
	return earned
}
