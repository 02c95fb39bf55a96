package view

import (
	"fmt"
	"slices"

	"rulecast/analyze/collateral"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/replay"
	"rulecast/analyze/savings"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Replay shows what candidate rulesets would have done. With several of them
// every table but inputs begins with a ruleset column.
func Replay(r *replay.Result, src *Source) *report.Document { return ReplayWorth(r, &Worth{}, src) }

// ReplayWorth is Replay with what the denied requests are worth.
func ReplayWorth(r *replay.Result, w *Worth, src *Source) *report.Document {
	doc := &report.Document{Command: "replay"}
	many := len(r.Sides) > 1
	var sets []*policy.Ruleset
	var infos []rulesetInfo
	var parts [][]report.Table
	for i := range r.Sides {
		s := &r.Sides[i]
		sets = append(sets, s.Candidate.Ruleset)
		infos = append(infos, describe(s.Candidate.Ruleset))
		parts = append(parts, replayed{r, i, w}.tables(src))
	}
	doc.Ruleset = infos[0]
	if many {
		doc.Ruleset = infos
	}
	doc.Tables = append(joinTables(parts, sets, many), inputsTable(src))
	doc.Warnings = append(sourceWarnings(src), policyWarnings(sets...)...)
	for i := range r.Sides {
		for _, w := range sideWarnings(&r.Sides[i], src) {
			if !slices.Contains(doc.Warnings, w) {
				doc.Warnings = append(doc.Warnings, w)
			}
		}
	}
	doc.Warnings = append(doc.Warnings, w.warnings(src, sets...)...)
	doc.About = append(rulesetFacts(sets...), inputFacts(src, r.First, r.Last)...)
	doc.Lead, doc.Notes = replayLead(r, w), append(w.notes(), replayNotes(r, src)...)
	return doc
}

// joinTables puts the tables of all candidates under each other, each row
// beginning with its ruleset.
func joinTables(parts [][]report.Table, sets []*policy.Ruleset, many bool) []report.Table {
	if !many {
		return parts[0]
	}
	var out []report.Table
	for n := range parts[0] {
		t := parts[0][n]
		rows := t.Rows
		t.Columns = append([]report.Column{text("ruleset")}, t.Columns...)
		t.Rows, t.Layout = nil, report.Grid
		for side := range parts {
			if side > 0 {
				rows = parts[side][n].Rows
			}
			for _, row := range rows {
				t.Rows = append(t.Rows, append([]any{sets[side].Name}, row...))
			}
		}
		out = append(out, t)
	}
	return out
}

// replayed is one candidate's part of a result.
type replayed struct {
	result *replay.Result
	number int
	worth  *Worth
}

func (p replayed) side() *replay.Side { return &p.result.Sides[p.number] }

// harm is what the candidate does to good traffic; nil if that was not asked.
func (p replayed) harm() *collateral.Harms {
	if p.worth.Judgement == nil {
		return nil
	}
	return p.worth.Judgement.Harms[p.number]
}

// saving is that of what a rule decides.
func (p replayed) saving(rule int, served tally.Counts) savings.Saving {
	return p.worth.Bill.Of(served, p.side().Candidate.Ruleset.Rules[rule].Action)
}

// saved is the saving of all that the candidate denies.
func (p replayed) saved() savings.Saving {
	var sum savings.Saving
	for i, c := range p.side().Rules {
		sum = sum.Plus(p.saving(i, c.Served))
	}
	return sum
}

func (p replayed) tables(src *Source) []report.Table {
	s := p.side()
	out := []report.Table{p.summary(src)}
	if p.worth.Bill != nil {
		out = append(out, p.worth.savingsTable(p.saved()))
	}
	return append(out, p.rules(), p.entries(), overlapTable(s),
		valuesTable("countries", "Countries", s.Countries), valuesTable("referers", "Referer hosts", s.Referers),
		valuesTable("clients", "Clients", s.TopClients), valuesTable("statuses", "Statuses in the log", s.Statuses),
		sensitivityTable(s),
	)
}

func (p replayed) summary(src *Source) report.Table {
	r, s := p.result, p.side()
	t := report.Table{Name: "summary", Title: "Summary", Layout: report.Record, Columns: columns(
		counts("", 0), counts("allowed", 1), counts("denied", 0), counts("redirected", 3), counts("denied_served", 0),
	)}
	row := cells(r.Total, s.Overlap[0], s.Denied, s.Redirected, s.Served)
	if h := p.harm(); h != nil {
		t.Columns, row = append(t.Columns, harmColumns("", 4)...), append(row, harmCells(&h.Total)...)
	}
	t.Columns = append(t.Columns, count("rejected_lines", "lines", 5), count("clients", "clients", 2), instant("first_time", 8), instant("last_time", 8))
	t.AddRow(append(row, cells(src.Rejects(), r.Clients, when(r.First), when(r.Last))...)...)
	return t
}

func (p replayed) rules() report.Table {
	s := p.side()
	t := report.Table{Name: "rules", Title: "Rules", Columns: columns(
		text("rule"), report.Column{Name: "control", Type: report.String, Weight: 1}, report.Column{Name: "action", Type: report.String, Weight: 2},
		counts("decided", 0), counts("matched", 3), counts("exclusive", 4), count("clients", "clients", 1),
	)}
	p.addColumns(&t, 1)
	for i, c := range s.Rules {
		rule := &s.Candidate.Ruleset.Rules[i]
		row := cells(rule.ID, rule.Control.String(), rule.Action.String(), c.Decided, c.Matched, c.Exclusive, s.RuleClients[i])
		if h := p.harm(); h != nil {
			row = append(row, harmCells(&h.Rules[i])...)
		}
		if p.worth.Bill != nil {
			row = append(row, p.worth.savingCells(p.saving(i, c.Served))...)
		}
		t.AddRow(row...)
	}
	return t
}

func (p replayed) entries() report.Table {
	s := p.side()
	t := report.Table{Name: "entries", Title: "Entries", Columns: columns(
		text("rule"), report.Column{Name: "control", Type: report.String, Weight: 6}, text("entry"),
		counts("decided", 0), counts("matched", 3), counts("exclusive", 1), instant("first_time", 7), instant("last_time", 5),
	)}
	p.addColumns(&t, 2)
	for i, c := range s.EntryCounts {
		rule := &s.Candidate.Ruleset.Rules[s.Entries[i].Rule]
		row := cells(rule.ID, rule.Control.String(), s.Entries[i].Text, c.Decided, c.Matched, c.Exclusive, when(c.First), when(c.Last))
		if h := p.harm(); h != nil {
			row = append(row, harmCells(&h.Entries[i])...)
		}
		if p.worth.Bill != nil {
			row = append(row, p.worth.savingCells(p.saving(s.Entries[i].Rule, c.Served))...)
		}
		t.AddRow(row...)
	}
	return t
}

// addColumns are those of what denied requests are worth, if that was asked.
func (p replayed) addColumns(t *report.Table, weight int) {
	if p.worth.Judgement != nil {
		t.Columns = append(t.Columns, harmColumns("", weight)...)
	}
	if p.worth.Bill != nil {
		t.Columns = append(t.Columns, savingColumns(weight)...)
	}
}

func overlapTable(s *replay.Side) report.Table {
	t := report.Table{Name: "overlap", Title: "Which controls would deny", Columns: columns(
		report.Column{Name: "ip", Type: report.Bool}, report.Column{Name: "country", Type: report.Bool},
		report.Column{Name: "referer", Type: report.Bool}, counts("", 0),
	)}
	for mask, c := range s.Overlap {
		if c.Requests > 0 {
			t.AddRow(cells(mask&1 != 0, mask&2 != 0, mask&4 != 0, c)...)
		}
	}
	return t
}

func valuesTable(name, title string, values []replay.Value) report.Table {
	t := report.Table{Name: name, Title: title, Columns: columns(text("value"), counts("", 2), counts("denied", 0))}
	t.Columns[3].Of = "requests"
	for _, v := range values {
		t.AddRow(cells(v.Value, v.All, v.Denied)...)
		if v.Other {
			t.Omitted = fmt.Sprintf("(other) sums up %d more; --top lists more of them", v.Rest)
		}
	}
	return t
}

func sensitivityTable(s *replay.Side) report.Table {
	t := report.Table{Name: "sensitivity", Title: "If the provider's undocumented switches are otherwise", Columns: columns(
		text("switch"), text("value"), count("denied_requests", "requests", 0),
	)}
	stopped := s.Denied.Plus(s.Redirected).Requests
	matters := map[string]bool{}
	for i, v := range s.Candidate.Variants {
		matters[v.Switch] = matters[v.Switch] || s.Variants[i] != stopped
	}
	for i, v := range s.Candidate.Variants {
		if matters[v.Switch] {
			if i == 0 || s.Candidate.Variants[i-1].Switch != v.Switch {
				t.AddRow(v.Switch, "as in the ruleset", stopped)
			}
			t.AddRow(v.Switch, v.Value, s.Variants[i])
		}
	}
	return t
}

// sideWarnings say where the log lacks what the ruleset looks at, and what of
// the ruleset never came into play.
func sideWarnings(s *replay.Side, src *Source) []string {
	var out []string
	rs := s.Candidate.Ruleset
	if uses(rs, policy.Referer) {
		out = append(out, missingColumn(src, record.RefererHost, "every request counts as one without a Referer")...)
	}
	out = append(out, columnWarnings(s.Needs, src, uses(rs, policy.Country))...)
	if s.Inert.Requests > 0 {
		out = append(out, fmt.Sprintf("%s: IP rules are not consulted for clients of a country on the geo-blocking list: %s that they list stay allowed or get the country's verdict",
			rs.Name, Plural(s.Inert.Requests, "request")))
	}
	for i, v := range s.Candidate.Variants {
		if d := s.Variants[i] - s.Denied.Plus(s.Redirected).Requests; d != 0 {
			out = append(out, fmt.Sprintf("%s: not documented by the provider: with %s %s, %s denied (%s)", rs.Name, v.Switch, v.Value, Plural(s.Variants[i], "request"), signed(d)))
		}
	}
	return out
}

func uses(rs *policy.Ruleset, c policy.Control) bool {
	for i := range rs.Rules {
		if rs.Rules[i].Control == c && !rs.Rules[i].Disabled {
			return true
		}
	}
	return false
}

// columnWarnings say which columns the log lacks that the result depends on.
func columnWarnings(n match.Needs, src *Source, countries bool) []string {
	var out []string
	if countries && src.CountryFromLog {
		out = append(out, missingColumn(src, record.Country, "their country counts as unknown")...)
	}
	out = append(out, gateWarnings(n, src)...)
	out = append(out, missingColumn(src, record.Status, "whether these were served cannot be told")...)
	return append(out, missingColumn(src, record.Bytes, "they count as 0 bytes")...)
}

func gateWarnings(n match.Needs, src *Source) []string {
	var out []string
	if n.Time {
		out = append(out, missingColumn(src, record.Time, "rules with a validity window that has a beginning never apply")...)
	}
	if n.Host {
		out = append(out, missingColumn(src, record.Host, "they belong to no part of the ruleset that is told by host")...)
	}
	if n.Path {
		out = append(out, missingColumn(src, record.Path, "rules with a scope do not see these requests")...)
	}
	if n.Query {
		out = append(out, missingColumn(src, record.Query, "scopes that look at it see these requests as if they had none")...)
	}
	return out
}

func replayLead(r *replay.Result, w *Worth) []string {
	var out []string
	for i := range r.Sides {
		s := &r.Sides[i]
		stopped := s.Denied.Plus(s.Redirected)
		out = append(out, fmt.Sprintf("%s would stop %s of requests and %s of bytes. %s of requests were served and would not be any more.",
			s.Candidate.Ruleset.Name, percent(stopped.Requests, r.Total.Requests), percent(stopped.Bytes, r.Total.Bytes), percent(s.Served.Requests, r.Total.Requests)))
		p := replayed{r, i, w}
		if h := p.harm(); h != nil {
			out = append(out, harmLead(s.Candidate.Ruleset.Name, &h.Total, r.Total))
		}
		if w.Bill != nil {
			out = append(out, w.savingLead(s.Candidate.Ruleset.Name, p.saved()))
		}
	}
	return out
}

func replayNotes(r *replay.Result, src *Source) []string {
	var out []string
	if src.Countries != "" {
		out = append(out, "countries: "+src.Countries)
	}
	if hasAllow(r) {
		out = append(out, "entries of an allow list deny nothing: their matched requests are those they let past the rule; (not listed) is the rest")
	}
	return append(out, sourceNotes(src)...)
}

func hasAllow(r *replay.Result) bool {
	for i := range r.Sides {
		for _, rule := range r.Sides[i].Candidate.Ruleset.Rules {
			if rule.Mode == policy.Allow {
				return true
			}
		}
	}
	return false
}

// ReplayMetrics are the figures of one candidate that --fail-if can name.
func ReplayMetrics(r *replay.Result, side int, w *Worth, src *Source) map[string]float64 {
	s := &r.Sides[side]
	stopped := s.Denied.Plus(s.Redirected)
	m := map[string]float64{
		"rejected_lines": float64(src.Rejects()), "clients": float64(r.Clients),
		"denied_share": share(stopped.Requests, r.Total.Requests), "denied_bytes_share": share(stopped.Bytes, r.Total.Bytes),
		"denied_served_share": share(s.Served.Requests, r.Total.Requests),
	}
	for name, c := range map[string]tally.Counts{
		"": r.Total, "allowed_": s.Overlap[0], "denied_": s.Denied, "redirected_": s.Redirected, "denied_served_": s.Served,
	} {
		m[name+"requests"], m[name+"bytes"] = float64(c.Requests), float64(c.Bytes)
	}
	if w.Judgement != nil {
		h := &w.Judgement.Harms[side].Total
		addHarm(m, "", h)
		m[DeniedGood] = share(h.Good().Requests, r.Total.Requests)
	}
	return m
}
