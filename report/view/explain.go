package view

import (
	"fmt"
	"strings"

	"rulecast/analyze/explain"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
	"rulecast/report"
)

// Explain shows what every rule makes of one request. Where the country comes
// from is said in countries.
func Explain(rs *policy.Ruleset, q *explain.Request, res explain.Result, countries string) *report.Document {
	doc := &report.Document{Command: "explain", Ruleset: describe(rs), About: rulesetFacts(rs), Warnings: policyWarnings(rs)}
	doc.Tables = []report.Table{verdictTable(rs, res), requestTable(rs, q, res), stepsTable(rs, q, res), flipsTable(rs, q, res)}
	if countries != "" {
		doc.Notes = append(doc.Notes, "country: "+countries)
	}
	return doc
}

func verdictTable(rs *policy.Ruleset, res explain.Result) report.Table {
	t := report.Table{Name: "verdict", Title: "Verdict", Layout: report.Record, Columns: columns(text("verdict"), text("rule"), text("action"))}
	if res.Decided < 0 {
		t.AddRow("allowed", nil, nil)
		return t
	}
	r := &rs.Rules[res.Decided]
	if r.Action.Kind == policy.Redirect {
		t.AddRow("redirected", r.ID, "redirect to "+r.Action.URL)
	} else {
		t.AddRow("denied", r.ID, fmt.Sprintf("status %d", r.Action.Status))
	}
	return t
}

func requestTable(rs *policy.Ruleset, q *explain.Request, res explain.Result) report.Table {
	t := report.Table{Name: "request", Title: "Request as rules see it", Layout: report.Record, Columns: columns(
		text("client"), text("country"), text("referer"), text("host"), text("path"), text("query"), instant("time", 0),
	)}
	row := []any{q.Client.String(), q.Country.String(), refererText(q), orNil(q.Host), orNil(q.Path), orNil(q.Query), nil}
	if !q.Time.IsZero() {
		row[6] = q.Time.UTC()
	}
	if len(rs.Parts) > 1 {
		t.Columns = append(t.Columns, text("part"))
		row = append(row, rs.Parts[res.Part].Name)
	}
	t.AddRow(row...)
	return t
}

func refererText(q *explain.Request) string {
	if q.Class == referer.ClassHost {
		return q.Referer
	}
	return q.Class.String()
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func stepsTable(rs *policy.Ruleset, q *explain.Request, res explain.Result) report.Table {
	t := report.Table{Name: "rules", Title: "Rules in the order tried", Columns: columns(
		count("order", "", 0), text("rule"), text("control"), text("mode"), report.Column{Name: "denies", Type: report.Bool}, prose("why"),
	)}
	for i, s := range res.Steps {
		r := &rs.Rules[s.Rule]
		t.AddRow(int64(i+1), r.ID, r.Control.String(), r.Mode.String(), s.Denies, why(r, q, s))
	}
	return t
}

func why(r *policy.Rule, q *explain.Request, s explain.Step) string {
	var listed []string
	for _, e := range s.Entries {
		listed = append(listed, e.Text)
	}
	on := Names(listed)
	switch s.Why {
	case explain.Disabled:
		return "switched off"
	case explain.OtherPart:
		return "belongs to another part"
	case explain.OutsideWindow:
		return "not in force at that time"
	case explain.OutOfScope:
		return "does not look at this path (" + scopeText(&r.Scope) + ")"
	case explain.CountrySkipped:
		return "not consulted: " + q.Country.String() + " is on the country list"
	case explain.Excepted:
		return "on " + on + ", but excepted"
	case explain.Listed:
		return "on " + on
	case explain.Missing:
		return "the request has no Referer"
	case explain.UnknownCountry:
		return "the country is unknown"
	}
	return "not on the list"
}

func scopeText(s *policy.Scope) string {
	switch s.Kind {
	case policy.URLPattern:
		return s.Kind.String() + " " + s.Pattern
	case policy.Homepage, policy.AllRequests:
		return s.Kind.String()
	}
	return s.Kind.String() + " " + Names(s.Values)
}

func flipsTable(rs *policy.Ruleset, q *explain.Request, res explain.Result) report.Table {
	title := "Any one of these would deny it"
	if res.Decided >= 0 {
		title = "All of these together would let it pass"
	}
	t := report.Table{Name: "flips", Title: title, Columns: columns(prose("change"))}
	for _, change := range explain.Flips(rs, q, res) {
		t.AddRow(strings.TrimSpace(change))
	}
	return t
}
