package view

import (
	"fmt"

	"rulecast/analyze/diff"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Diff shows what changes from one ruleset to another.
func Diff(r *diff.Result, src *Source) *report.Document {
	current, candidate := r.Rulesets[diff.Current], r.Rulesets[diff.Candidate]
	doc := &report.Document{Command: "diff", Ruleset: []rulesetInfo{describe(current), describe(candidate)}}
	doc.Tables = []report.Table{
		diffSummary(r, src), diffRules(r), diffEntries(r),
		diffValues("clients", "Clients most affected", r.Clients), diffValues("referers", "Referer hosts most affected", r.Referers),
		diffValues("countries", "Countries most affected", r.Countries), inputsTable(src),
	}
	doc.Warnings = append(sourceWarnings(src), policyWarnings(current, candidate)...)
	if uses(current, policy.Referer) || uses(candidate, policy.Referer) {
		doc.Warnings = append(doc.Warnings, missingColumn(src, record.RefererHost, "every request counts as one without a Referer")...)
	}
	doc.Warnings = append(doc.Warnings, columnWarnings(r.Needs, src, uses(current, policy.Country) || uses(candidate, policy.Country))...)
	doc.Lead = []string{fmt.Sprintf("From %s to %s: %s newly denied (%s, %s of them served) and %s newly allowed (%s).", current.Name, candidate.Name,
		Plural(r.NewlyDenied.Requests, "request"), percent(r.NewlyDenied.Requests, r.Total.Requests), report.Grouped(r.Served.NewlyDenied.Requests),
		Plural(r.NewlyAllowed.Requests, "request"), percent(r.NewlyAllowed.Requests, r.Total.Requests))}
	if src.Countries != "" {
		doc.Notes = append(doc.Notes, "countries: "+src.Countries)
	}
	doc.Notes = append(doc.Notes, sourceNotes(src)...)
	return doc
}

func diffSummary(r *diff.Result, src *Source) report.Table {
	t := report.Table{Name: "summary", Title: "Summary", Layout: report.Record, Columns: columns(
		counts("", 0), counts("newly_denied", 0), counts("newly_denied_served", 0), count("newly_denied_clients", "clients", 0),
		counts("newly_allowed", 0), counts("still_denied", 0), counts("action_changed", 0),
		counts("current_denied", 0), counts("candidate_denied", 0), count("rejected_lines", "lines", 0),
	)}
	t.AddRow(cells(r.Total, r.NewlyDenied, r.Served.NewlyDenied, r.ClientsDenied, r.NewlyAllowed, r.StillDenied, r.ActionChanged,
		r.Denied[diff.Current], r.Denied[diff.Candidate], src.Rejects())...)
	return t
}

// changeColumns are both sides' counts and what is new in them.
func changeColumns() []report.Column {
	return columns(counts("newly_denied", 0), counts("newly_allowed", 0), counts("current_denied", 3), counts("candidate_denied", 3))
}

func changeCells(c diff.Change) []any {
	return cells(c.NewlyDenied, c.NewlyAllowed, c.Denied[diff.Current], c.Denied[diff.Candidate])
}

// diffRules lists, for the rules of either side, the requests that each one
// decides there and what the other side does with them.
func diffRules(r *diff.Result) report.Table {
	t := report.Table{Name: "rules", Title: "By the rule that decides", Columns: columns(
		text("ruleset"), text("rule"), report.Column{Name: "control", Type: report.String, Weight: 2}, changeColumns(), count("clients", "clients", 1),
	)}
	for side, rs := range r.Rulesets {
		for i, c := range r.Rules[side] {
			t.AddRow(append(cells(rs.Name, rs.Rules[i].ID, rs.Rules[i].Control.String()), append(changeCells(c.Change), c.Clients)...)...)
		}
	}
	return t
}

// diffEntries lists the entries that decide requests whose fate changes.
func diffEntries(r *diff.Result) report.Table {
	t := report.Table{Name: "entries", Title: "By the entry that decides, where something changes", Columns: columns(
		text("ruleset"), text("rule"), report.Column{Name: "control", Type: report.String, Weight: 6}, text("entry"), changeColumns(),
	)}
	for side, rs := range r.Rulesets {
		for i, c := range r.ByEntry[side] {
			if c.NewlyDenied == (tally.Counts{}) && c.NewlyAllowed == (tally.Counts{}) {
				continue
			}
			e := r.Entries[side][i]
			t.AddRow(append(cells(rs.Name, rs.Rules[e.Rule].ID, rs.Rules[e.Rule].Control.String(), e.Text), changeCells(c.Change)...)...)
		}
	}
	return t
}

func diffValues(name, title string, values []diff.Value) report.Table {
	t := report.Table{Name: name, Title: title, Columns: columns(text("value"), counts("", 2), changeColumns())}
	for _, v := range values {
		t.AddRow(append(cells(v.Value, v.All), changeCells(v.Change)...)...)
		if v.Other {
			t.Omitted = fmt.Sprintf("(other) sums up %d more; --top lists more of them", v.Rest)
		}
	}
	return t
}

// DiffMetrics are the figures that --fail-if can name.
func DiffMetrics(r *diff.Result, src *Source) map[string]float64 {
	m := map[string]float64{
		"rejected_lines": float64(src.Rejects()), "newly_denied_clients": float64(r.ClientsDenied),
		"newly_denied_share":        share(r.NewlyDenied.Requests, r.Total.Requests),
		"newly_denied_served_share": share(r.Served.NewlyDenied.Requests, r.Total.Requests),
		"newly_allowed_share":       share(r.NewlyAllowed.Requests, r.Total.Requests),
		"denied_share":              share(r.Denied[diff.Candidate].Requests, r.Total.Requests),
	}
	for name, c := range map[string]tally.Counts{
		"": r.Total, "newly_denied_": r.NewlyDenied, "newly_denied_served_": r.Served.NewlyDenied, "newly_allowed_": r.NewlyAllowed,
		"still_denied_": r.StillDenied, "action_changed_": r.ActionChanged, "current_denied_": r.Denied[diff.Current], "candidate_denied_": r.Denied[diff.Candidate],
	} {
		m[name+"requests"], m[name+"bytes"] = float64(c.Requests), float64(c.Bytes)
	}
	return m
}
