package view

import (
	"rulecast/analyze/convert"
	"rulecast/analyze/policy"
	"rulecast/report"
)

// Convert shows what is lost or changed when a ruleset is brought into another
// provider's form.
func Convert(from, to *policy.Ruleset, losses []convert.Loss) *report.Document {
	doc := &report.Document{Command: "convert", Ruleset: []rulesetInfo{describe(from), describe(to)}}
	doc.About = []report.Fact{rulesetFact("From", from), rulesetFact("To", to)}
	doc.Warnings = policyWarnings(from)
	t := report.Table{Name: "losses", Title: "From " + from.Provider + " to " + to.Provider, Columns: columns(
		text("effect"), text("rule"), text("entry"), text("position"), prose("loss"),
	)}
	for _, l := range losses {
		t.AddRow(string(l.Effect), l.Rule, l.Entry, position(l.Pos), l.Text)
	}
	doc.Tables = []report.Table{t}
	if len(losses) == 0 {
		doc.Notes = []string{"nothing is lost"}
	}
	return doc
}
