package view

import (
	"fmt"
	"time"

	"rulecast/analyze/policy"
	"rulecast/ingest/record"
	"rulecast/report"
)

// rulesetFact says which ruleset was looked at.
func rulesetFact(label string, rs *policy.Ruleset) report.Fact {
	info := describe(rs)
	text := info.Name + ": "
	if info.Provider != "" {
		text += info.Provider + ", "
	}
	text += Plural(int64(info.Rules), "rule") + ", " + entries(info.Entries)
	for _, s := range rs.Settings {
		text += ", " + s.Name + " " + s.Value
	}
	return report.Fact{Label: label, Text: text}
}

func rulesetFacts(sets ...*policy.Ruleset) []report.Fact {
	var out []report.Fact
	for _, rs := range sets {
		out = append(out, rulesetFact("Ruleset", rs))
	}
	return out
}

// inputFacts say which logs were read, and of what time (in µs, or
// record.NoTime).
func inputFacts(src *Source, first, last int64) []report.Fact {
	var names []string
	for i := range src.Inputs {
		names = append(names, src.Inputs[i].Name)
	}
	label := "Inputs"
	if len(names) == 1 {
		label = "Input"
	}
	out := []report.Fact{{Label: label, Text: fmt.Sprintf("%s: %s, %s", Names(names), Plural(src.Lines(), "line"), Plural(src.Rows(), "request"))}}
	if first != record.NoTime && last != record.NoTime {
		out = append(out, report.Fact{Label: "Time", Text: instantText(first) + " to " + instantText(last)})
	}
	return out
}

func instantText(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02 15:04:05 MST") }
