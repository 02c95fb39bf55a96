package view

import (
	"fmt"

	"rulecast/analyze/collateral"
	"rulecast/analyze/diff"
	"rulecast/analyze/policy"
	"rulecast/analyze/savings"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Diff shows what changes from one ruleset to another.
func Diff(r *diff.Result, src *Source) *report.Document { return DiffWorth(r, &Worth{}, src) }

// DiffWorth is Diff with what the requests are worth whose fate changes.
func DiffWorth(r *diff.Result, w *Worth, src *Source) *report.Document {
	current, candidate := r.Rulesets[diff.Current], r.Rulesets[diff.Candidate]
	doc := &report.Document{Command: "diff", Ruleset: []rulesetInfo{describe(current), describe(candidate)}}
	doc.Tables = []report.Table{diffSummary(r, w, src)}
	if w.Bill != nil {
		doc.Tables = append(doc.Tables, diffSavings(r, w))
	}
	doc.Tables = append(doc.Tables, diffRules(r, w), diffEntries(r, w),
		diffValues("clients", "Clients most affected", r.Clients), diffValues("referers", "Referer hosts most affected", r.Referers),
		diffValues("countries", "Countries most affected", r.Countries), inputsTable(src),
	)
	doc.Warnings = append(sourceWarnings(src), policyWarnings(current, candidate)...)
	if uses(current, policy.Referer) || uses(candidate, policy.Referer) {
		doc.Warnings = append(doc.Warnings, missingColumn(src, record.RefererHost, "every request counts as one without a Referer")...)
	}
	doc.Warnings = append(doc.Warnings, columnWarnings(r.Needs, src, uses(current, policy.Country) || uses(candidate, policy.Country))...)
	doc.Warnings = append(append(doc.Warnings, w.warnings(src, current, candidate)...), unpriced(r, w)...)
	doc.About = append([]report.Fact{rulesetFact("Current", current), rulesetFact("Candidate", candidate)}, inputFacts(src, record.NoTime, record.NoTime)...)
	doc.Lead, doc.Notes = diffLead(r, w), w.notes()
	if src.Countries != "" {
		doc.Notes = append(doc.Notes, "countries: "+src.Countries)
	}
	doc.Notes = append(doc.Notes, sourceNotes(src)...)
	return doc
}

func diffLead(r *diff.Result, w *Worth) []string {
	current, candidate := r.Rulesets[diff.Current].Name, r.Rulesets[diff.Candidate].Name
	out := []string{fmt.Sprintf("From %s to %s: %s newly denied (%s, %s of them served) and %s newly allowed (%s).", current, candidate,
		Plural(r.NewlyDenied.Requests, "request"), percent(r.NewlyDenied.Requests, r.Total.Requests), report.Grouped(r.Served.NewlyDenied.Requests),
		Plural(r.NewlyAllowed.Requests, "request"), percent(r.NewlyAllowed.Requests, r.Total.Requests))}
	if w.Judgement != nil {
		denied, allowed := &w.Judgement.Newly[diff.Candidate].Total, &w.Judgement.Newly[diff.Current].Total
		out = append(out, fmt.Sprintf("Good traffic newly denied: %s of %s (%s own pages); newly allowed: %s of %s.",
			Plural(denied.Good().Requests, "request"), Plural(denied.Users, "user"), viewers(denied.Viewers),
			Plural(allowed.Good().Requests, "request"), Plural(allowed.Users, "user")))
	}
	if w.Bill != nil {
		denied, allowed := diffSaved(r, w)
		out = append(out, w.savingLead("The change", denied.Minus(allowed)))
	}
	return out
}

// diffSaved is the saving of what is newly denied, and that of what is newly
// allowed: it is lost.
func diffSaved(r *diff.Result, w *Worth) (denied, allowed savings.Saving) {
	for i, c := range r.Rules[diff.Candidate] {
		denied = denied.Plus(w.Bill.Of(c.Served.NewlyDenied, r.Rulesets[diff.Candidate].Rules[i].Action))
	}
	for i, c := range r.Rules[diff.Current] {
		allowed = allowed.Plus(w.Bill.Of(c.Served.NewlyAllowed, r.Rulesets[diff.Current].Rules[i].Action))
	}
	return denied, allowed
}

// changed is the saving of the change where a rule decides: negative where that
// is the current ruleset's and it decides no longer.
func changed(r *diff.Result, w *Worth, side, rule int, c diff.Change) savings.Saving {
	action := r.Rulesets[side].Rules[rule].Action
	return w.Bill.Of(c.NewlyDenied, action).Minus(w.Bill.Of(c.NewlyAllowed, action))
}

// unpriced says of how many requests the log does not tell what they will cost.
func unpriced(r *diff.Result, w *Worth) []string {
	n := r.NewlyAllowed.Requests - r.Served.NewlyAllowed.Requests
	if w.Bill == nil || n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s that would be newly allowed got an error, or have no status: what serving them will cost is in no figure", Plural(n, "request"))}
}

func diffSavings(r *diff.Result, w *Worth) report.Table {
	t := report.Table{Name: "savings", Title: "What the change saves", Layout: report.Record, Columns: columns(
		count("newly_denied_saved_bytes", "bytes", 0), money("newly_denied_saved_cost", 0),
		count("newly_allowed_lost_bytes", "bytes", 0), money("newly_allowed_lost_cost", 0),
		count("saved_requests", "requests", 0), savingColumns(0), projectedColumns(),
	)}
	denied, allowed := diffSaved(r, w)
	net := denied.Minus(allowed)
	row := append(append(w.savingCells(denied), w.savingCells(allowed)...), net.Requests)
	t.AddRow(append(append(row, w.savingCells(net)...), w.projectedCells(net)...)...)
	return t
}

func diffSummary(r *diff.Result, w *Worth, src *Source) report.Table {
	t := report.Table{Name: "summary", Title: "Summary", Layout: report.Record, Columns: columns(
		counts("", 0), counts("newly_denied", 0), counts("newly_denied_served", 0), count("newly_denied_clients", "clients", 0),
		counts("newly_allowed", 0), counts("still_denied", 0), counts("action_changed", 0),
		counts("current_denied", 0), counts("candidate_denied", 0), count("rejected_lines", "lines", 0),
	)}
	row := cells(r.Total, r.NewlyDenied, r.Served.NewlyDenied, r.ClientsDenied, r.NewlyAllowed, r.StillDenied, r.ActionChanged,
		r.Denied[diff.Current], r.Denied[diff.Candidate], src.Rejects())
	if w.Judgement != nil {
		for _, h := range diffHarms(w) {
			t.Columns, row = append(t.Columns, harmColumns(h.name, 0)...), append(row, harmCells(h.harm)...)
		}
	}
	t.AddRow(row...)
	return t
}

// namedHarm is harm with what its figures begin with.
type namedHarm struct {
	name string
	harm *collateral.Harm
}

// diffHarms are those of what is newly denied, of what is newly allowed, and of
// all that the candidate denies.
func diffHarms(w *Worth) []namedHarm {
	j := w.Judgement
	return []namedHarm{{"newly_denied", &j.Newly[diff.Candidate].Total}, {"newly_allowed", &j.Newly[diff.Current].Total}, {"candidate", &j.Harms[diff.Candidate].Total}}
}

// changeColumns are both sides' counts and what is new in them.
func changeColumns() []report.Column {
	return columns(counts("newly_denied", 0), counts("newly_allowed", 0), counts("current_denied", 3), counts("candidate_denied", 3))
}

func changeCells(c diff.Change) []any {
	return cells(c.NewlyDenied, c.NewlyAllowed, c.Denied[diff.Current], c.Denied[diff.Candidate])
}

// addChangeColumns are those of what the requests are worth whose fate changes,
// if that was asked: which requests those are, the row's ruleset says.
func (w *Worth) addChangeColumns(t *report.Table) {
	if w.Judgement != nil {
		t.Columns = append(t.Columns, harmColumns("", 2)...)
	}
	if w.Bill != nil {
		t.Columns = append(t.Columns, savingColumns(2)...)
	}
}

// diffRules lists, for the rules of either side, the requests that each one
// decides there and what the other side does with them.
func diffRules(r *diff.Result, w *Worth) report.Table {
	t := report.Table{Name: "rules", Title: "By the rule that decides", Columns: columns(
		text("ruleset"), text("rule"), report.Column{Name: "control", Type: report.String, Weight: 2}, changeColumns(), count("clients", "clients", 1),
	)}
	w.addChangeColumns(&t)
	for side, rs := range r.Rulesets {
		for i, c := range r.Rules[side] {
			row := append(cells(rs.Name, rs.Rules[i].ID, rs.Rules[i].Control.String()), append(changeCells(c.Change), c.Clients)...)
			if w.Judgement != nil {
				row = append(row, harmCells(&w.Judgement.Newly[side].Rules[i])...)
			}
			if w.Bill != nil {
				row = append(row, w.savingCells(changed(r, w, side, i, c.Served))...)
			}
			t.AddRow(row...)
		}
	}
	return t
}

// diffEntries lists the entries that decide requests whose fate changes.
func diffEntries(r *diff.Result, w *Worth) report.Table {
	t := report.Table{Name: "entries", Title: "By the entry that decides, where something changes", Columns: columns(
		text("ruleset"), text("rule"), report.Column{Name: "control", Type: report.String, Weight: 6}, text("entry"), changeColumns(),
	)}
	w.addChangeColumns(&t)
	for side, rs := range r.Rulesets {
		for i, c := range r.ByEntry[side] {
			if c.NewlyDenied == (tally.Counts{}) && c.NewlyAllowed == (tally.Counts{}) {
				continue
			}
			e := r.Entries[side][i]
			row := append(cells(rs.Name, rs.Rules[e.Rule].ID, rs.Rules[e.Rule].Control.String(), e.Text), changeCells(c.Change)...)
			if w.Judgement != nil {
				row = append(row, harmCells(&w.Judgement.Newly[side].Entries[i])...)
			}
			if w.Bill != nil {
				row = append(row, w.savingCells(changed(r, w, side, e.Rule, c.Served))...)
			}
			t.AddRow(row...)
		}
	}
	return t
}

func diffValues(name, title string, values []diff.Value) report.Table {
	t := report.Table{Name: name, Title: title, Columns: columns(text("value"), counts("", 2), changeColumns())}
	t.Columns[3].Of = "requests" // what is newly denied
	for _, v := range values {
		t.AddRow(append(cells(v.Value, v.All), changeCells(v.Change)...)...)
		if v.Other {
			t.Omitted = fmt.Sprintf("(other) sums up %d more; --top lists more of them", v.Rest)
		}
	}
	return t
}

// DiffMetrics are the figures that --fail-if can name.
func DiffMetrics(r *diff.Result, w *Worth, src *Source) map[string]float64 {
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
	if w.Judgement != nil {
		for _, h := range diffHarms(w) {
			addHarm(m, h.name, h.harm)
		}
		h := &w.Judgement.Harms[diff.Candidate].Total
		m[DeniedGood], m[goodUsers] = share(h.Good().Requests, r.Total.Requests), float64(h.Users)
	}
	return m
}
