package view

import (
	"fmt"
	"strings"

	"rulecast/analyze/abuse"
	"rulecast/analyze/collateral"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Recommend shows a suggested ruleset: what it has, what it does to the log,
// and how good it is.
func Recommend(r *recommend.Result, src *Source) *report.Document {
	side := &r.Replay.Sides[0]
	doc := &report.Document{Command: "recommend", Ruleset: describe(r.Ruleset)}
	doc.Tables = append([]report.Table{
		recommendSummary(r, src), suggestionsTable(r), usageTable(r), frontierTable(r), certificateTable(r), sharedTable(r), allowlistTable(r), suspectsTable(r),
	}, replayed{r.Replay, 0, &Worth{}}.tables(src)[1:]...)
	doc.Tables = append(doc.Tables, inputsTable(src))
	doc.Warnings = append(sourceWarnings(src), policyWarnings(r.Ruleset)...)
	doc.Warnings = append(doc.Warnings, sideWarnings(side, src)...)
	doc.Warnings = append(doc.Warnings, recommendWarnings(r, src)...)
	doc.About = append([]report.Fact{rulesetFact("Suggestion", r.Ruleset)}, inputFacts(src, r.Replay.First, r.Replay.Last)...)
	doc.Lead, doc.Notes = recommendLead(r), recommendNotes(r, src)
	return doc
}

func effectColumns() []report.Column {
	return columns(
		count("bad_requests", "requests", 0), count("bad_bytes", "bytes", 4), count("good_requests", "requests", 0), count("good_bytes", "bytes", 5),
		count("good_users", "users", 3), count("own_viewers", "clients", 8),
	)
}

func effectCells(h *collateral.Harm) []any { return cells(h.Bad, h.Good(), h.Users, h.Viewers) }

func recommendSummary(r *recommend.Result, src *Source) report.Table {
	side := &r.Replay.Sides[0]
	t := report.Table{Name: "summary", Title: "Summary", Layout: report.Record, Columns: columns(
		counts("", 0), counts("allowed", 1), counts("denied", 0), counts("denied_served", 0), effectColumns(),
		count("entries", "entries", 0), count("days", "days", 0), count("rejected_lines", "lines", 5), count("clients", "clients", 2), instant("first_time", 8), instant("last_time", 8),
	)}
	t.AddRow(cells(r.Replay.Total, side.Overlap[0], side.Denied, side.Served, effectCells(&r.Harms.Total),
		len(side.Entries), r.Days, src.Rejects(), r.Replay.Clients, when(r.Replay.First), when(r.Replay.Last))...)
	return t
}

func suggestionsTable(r *recommend.Result) report.Table {
	t := report.Table{Name: "suggestions", Title: "Suggested entries", Columns: columns(
		text("control"), text("entry"), report.Column{Name: "change", Type: report.String, Weight: 2}, effectColumns(), counts("exclusive_bad", 6), report.Column{Name: "watch", Type: report.Bool, Weight: 3},
		report.Column{Name: "reason", Type: report.String, Weight: 1, Prose: true},
	)}
	for i := range r.Suggestions {
		s := &r.Suggestions[i]
		t.AddRow(cells(s.Control.String(), s.Entry, string(s.Change), effectCells(&s.Harm), s.Harm.ExclusiveBad, s.Watch, s.Reason)...)
	}
	return t
}

func usageTable(r *recommend.Result) report.Table {
	t := report.Table{Name: "limits", Title: "Limits of the provider", Columns: columns(
		text("limit"), count("used", "entries", 0), count("max", "entries", 0), report.Column{Name: "verified", Type: report.String, Weight: 1}, report.Column{Name: "source", Type: report.String, Weight: 2},
	)}
	for _, u := range r.Usage {
		t.AddRow(cells(u.Limit.Name, u.Used, u.Limit.Max, u.Limit.Verified, u.Limit.Source)...)
	}
	return t
}

func frontierTable(r *recommend.Result) report.Table {
	perDay := func(name string) report.Column {
		return report.Column{Name: name, Type: report.Float, Unit: "requests a day"}
	}
	t := report.Table{Name: "frontier", Title: "What lists of other lengths would do, by forecast", Columns: columns(
		text("control"), count("entries", "entries", 0), perDay("bad_requests"), perDay("good_requests"), report.Column{Name: "chosen", Type: report.Bool},
	)}
	for _, p := range r.Frontier {
		t.AddRow(cells(p.Control.String(), p.Entries, p.Bad, p.Good, p.Chosen)...)
	}
	return t
}

func certificateTable(r *recommend.Result) report.Table {
	value := func(name string) report.Column {
		return report.Column{Name: name, Type: report.Float, Unit: "requests a day"}
	}
	t := report.Table{Name: "certificate", Title: "How good the lists are: bad requests less the price of good ones, by forecast", Columns: columns(
		text("control"), value("value"), value("upper_bound"), value("next_entry_value"),
	)}
	for _, c := range r.Certificates {
		t.AddRow(cells(c.Control.String(), c.Value, c.UpperBound, c.Next)...)
	}
	return t
}

func sharedTable(r *recommend.Result) report.Table {
	t := report.Table{Name: "shared", Title: "Addresses that many people share: limit their rate instead of blocking them", Columns: columns(
		text("client"), count("users", "users", 0), count("bad_requests", "requests", 0), count("good_requests", "requests", 0),
		report.Column{Name: "reason", Type: report.String, Weight: 1, Prose: true},
	)}
	for _, s := range r.Shared {
		t.AddRow(cells(s.Client, s.Users, s.Bad, s.Good, s.Reason)...)
	}
	return t
}

// suspectsTable is the evidence against clients, whether or not an entry is for
// them.
func suspectsTable(r *recommend.Result) report.Table {
	t := report.Table{Name: "suspects", Title: "Clients against whom something speaks", Detail: true, Columns: columns(
		text("client"), counts("", 2), count("bad_requests", "requests", 0), report.Column{Name: "weight", Type: report.Share, Weight: 1},
		count("errors", "requests", 5), count("users", "users", 4), count("active_hours", "hours", 6), instant("first_time", 8), instant("last_time", 7),
		report.Column{Name: "spared", Type: report.String, Weight: 3}, report.Column{Name: "estimated", Type: report.Bool, Weight: 9},
		report.Column{Name: "reason", Type: report.String, Weight: 1, Prose: true},
	)}
	for i := range r.Clients.Suspects {
		s := &r.Clients.Suspects[i]
		client := s.Addr.String()
		if s.Cut {
			client = s.Network.String()
		}
		var spared any
		if s.Spared != abuse.NotSpared {
			spared = strings.ReplaceAll(s.Spared.String(), "_", " ")
		}
		t.AddRow(cells(client, s.All, s.BadRequests(), share(s.Weight, abuse.One), s.Errors, int(s.Users), int(s.Hours), when(s.First), when(s.Last), spared, s.Partial, s.Reason)...)
	}
	if n := r.Clients.Rest.Clients; n > 0 {
		t.Omitted = fmt.Sprintf("%s with less are not listed", Plural(n, "client"))
	}
	return t
}

func allowlistTable(r *recommend.Result) report.Table {
	t := report.Table{Name: "allowlist", Title: "A Referer allow list instead", Columns: columns(
		report.Column{Name: "hosts", Type: report.String, Prose: true}, effectColumns(), report.Column{Name: "better", Type: report.Bool},
	)}
	if a := r.Allow; a != nil {
		t.AddRow(cells(strings.Join(a.Hosts, " "), effectCells(&a.Harm), a.Better)...)
	}
	return t
}

func recommendLead(r *recommend.Result) []string {
	total, harm := r.Replay.Total, &r.Harms.Total
	good := harm.Good()
	lead := fmt.Sprintf("The suggested %s would stop %s: %s bad (%s of the log) and ",
		entries(len(r.Replay.Sides[0].Entries)), Plural(harm.Denied.Requests, "request"),
		report.Grouped(harm.Bad.Requests), percent(harm.Bad.Requests, total.Requests))
	if good.Requests == 0 {
		lead += "no good one."
	} else {
		lead += fmt.Sprintf("%s good (%s of the log), of %s.", report.Grouped(good.Requests), percent(good.Requests, total.Requests), Plural(harm.Users, "user"))
	}
	count := map[recommend.Change]int64{}
	for i := range r.Suggestions {
		count[r.Suggestions[i].Change]++
	}
	if count[recommend.Kept]+count[recommend.Dropped] > 0 {
		lead += fmt.Sprintf(" Against the current ruleset %d added, %d kept, %d dropped.", count[recommend.Added], count[recommend.Kept], count[recommend.Dropped])
	}
	out := []string{lead}
	if len(r.Suggestions) == 0 {
		out = []string{"Nothing to block: no client and no referring host is bad enough to be worth an entry."}
	}
	if r.Allow != nil && r.Allow.Better {
		out = append(out, "A Referer allow list would do better than the block list: see table allowlist.")
	}
	return out
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return report.Grouped(int64(n)) + " entries"
}

func recommendWarnings(r *recommend.Result, src *Source) []string {
	var out []string
	out = append(out, missingColumn(src, record.Time, "their clients go into no bucket, and count as of the last day")...)
	out = append(out, missingColumn(src, record.UserAgent, "who shares an address cannot be told in them")...)
	if !uses(r.Ruleset, policy.Referer) {
		out = append(out, missingColumn(src, record.RefererHost, "hotlinks cannot be seen in them")...)
	}
	out = append(out, missingColumn(src, record.Path, "scans and crawls cannot be seen in them")...)
	out = append(out, doubtsOfOwn(r.Judgement.Hotlinks.Result)...)
	if n := r.Beyond.Referer; n > 0 {
		out = append(out, fmt.Sprintf("%s has no block list of Referers: %s that hotlinkers lead to cannot be stopped", r.Beyond.Provider, Plural(n, "request")))
	}
	if n := r.Beyond.IPv6; n > 0 {
		out = append(out, fmt.Sprintf("%s takes IPv4 only: %s of IPv6 clients cannot be stopped by address", r.Beyond.Provider, Plural(n, "bad request")))
	}
	if len(r.Others) > 0 {
		out = append(out, fmt.Sprintf("the current ruleset has rules that the suggestion neither has nor replaces, as they are no plain block lists or nothing is suggested for what they look at: %s", Names(r.Others)))
	}
	if r.Days < 2 && r.Replay.First != record.NoTime {
		out = append(out, "the log is of one day: what is bad today may be gone tomorrow; more days make better forecasts (rulecast backtest)")
	}
	return out
}

func recommendNotes(r *recommend.Result, src *Source) []string {
	out := []string{
		"bad and good are judged for each control on its own: a picture that another site embeds is bad for the referer control and good for the others",
		usersNote,
		"frontier and certificate are forecasts, in requests on a day like the next; all other figures are exact for this log",
	}
	switch r.Objective {
	case recommend.Bytes:
		out = append(out, "--objective bytes: a bad request in frontier and certificate stands for the bytes of the log's mean request")
	case recommend.Cost:
		out = append(out, "--objective cost: a bad request in frontier and certificate stands for what the log's mean request costs")
	}
	if src.Countries != "" {
		out = append(out, "countries: "+src.Countries)
	}
	return append(out, sourceNotes(src)...)
}
