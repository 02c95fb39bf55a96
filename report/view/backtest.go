package view

import (
	"fmt"
	"math"
	"slices"

	"rulecast/analyze/backtest"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
	"rulecast/report"
)

// Backtest shows what lists chosen on some days do on those after.
func Backtest(r *backtest.Result, src *Source) *report.Document {
	summary := r.Summary()
	return &report.Document{
		Command: "backtest", About: backtestAbout(r, src), Lead: backtestLead(r, summary),
		Warnings: append(sourceWarnings(src), backtestWarnings(r, src)...), Notes: backtestNotes(src),
		Tables: []report.Table{backtestSummary(summary), agesTable(r), daysTable(r), horizonsTable(r), inputsTable(src)},
	}
}

func backtestAbout(r *backtest.Result, src *Source) []report.Fact {
	about := inputFacts(src, record.NoTime, record.NoTime)
	if n := len(r.Days); n > 0 {
		about = append(about, report.Fact{Label: "Days", Text: r.Days[0].Date() + " to " + r.Days[n-1].Date()})
	}
	return about
}

func fraction(name string, weight int) report.Column {
	return report.Column{Name: name, Type: report.Share, Weight: weight}
}

// mostRows is how many rows a terminal is given without being asked.
const mostRows = 100

func perDay(name, unit string, weight int) report.Column {
	return report.Column{Name: name, Type: report.Float, Unit: unit, Weight: weight}
}

// cell is one that may have no value.
func cell(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

func backtestSummary(means []backtest.Mean) report.Table {
	t := report.Table{Name: "summary", Title: "An average day, with the lists chosen at the end of the day before", Columns: columns(
		text("control"), text("method"), count("days", "days", 5), perDay("bad_requests", "requests", 3), count("bad_bytes", "bytes", 9),
		fraction("bad_covered_share", 0), fraction("bad_bytes_covered_share", 8), fraction("precision", 1), fraction("good_denied_share", 0),
		perDay("good_users_denied", "users", 4), perDay("entries", "entries", 2), perDay("entries_hit", "entries", 2), fraction("jaccard", 6),
		perDay("regret", "requests", 7), perDay("next_entry_value", "requests", 10),
	)}
	for i := range means {
		m := &means[i]
		t.AddRow(cells(m.Control.String(), string(m.Method), m.Days, m.BadRequests(), int64(math.Round(m.BadBytes())), cell(m.BadCovered()), cell(m.BadBytesCovered()),
			cell(m.Precision()), cell(m.GoodDenied()), m.GoodUsersDenied(), m.Entries(), m.EntriesHit(), cell(m.Jaccard()), m.Regret(), cell(m.Next()))...)
	}
	return t
}

// agesTable says what becomes of lists that are kept.
func agesTable(r *backtest.Result) report.Table {
	t := report.Table{Name: "ages", Title: "The lists of rulecast, so many days old", Columns: columns(
		text("control"), text("method"), count("age", "days", 0), count("days", "days", 1), fraction("bad_covered_share", 0), fraction("precision", 0),
		fraction("good_denied_share", 0), perDay("entries_hit", "entries", 1),
	)}
	means := r.Ages()
	for i := range means {
		m := &means[i]
		t.AddRow(cells(m.Control.String(), string(m.Method), m.Age, m.Days, cell(m.BadCovered()), cell(m.Precision()), cell(m.GoodDenied()), m.EntriesHit())...)
	}
	return t
}

func scoreTable(name, title string) report.Table {
	return report.Table{Name: name, Title: title, Columns: columns(
		text("control"), text("day"), text("method"), report.Column{Name: "origin", Type: report.String, Weight: 8}, count("age", "days", 9),
		count("bad_requests", "requests", 3), count("bad_bytes", "bytes", 10),
		fraction("bad_covered_share", 0), fraction("bad_bytes_covered_share", 10), fraction("precision", 1),
		count("good_requests", "requests", 6), fraction("good_denied_share", 0), count("good_users_denied", "users", 4),
		count("entries", "entries", 2), count("entries_hit", "entries", 2), fraction("jaccard", 5),
		perDay("regret", "requests", 7), perDay("next_entry_value", "requests", 11),
	)}
}

func addScore(t *report.Table, s *backtest.Score) {
	bad, good := s.Harm.Bad, s.Harm.Good()
	t.AddRow(cells(s.Control.String(), backtest.Date(s.Day), string(s.Method), backtest.Date(s.Origin), s.Age(), bad,
		cell(backtest.Share(bad.Requests, s.Bad.Requests)), cell(backtest.Share(bad.Bytes, s.Bad.Bytes)), cell(backtest.Share(bad.Requests, s.Harm.Denied.Requests)),
		good.Requests, cell(backtest.Share(good.Requests, s.Good.Requests)), s.Harm.Users, s.Entries, s.Hit, cell(s.Jaccard), s.Regret, cell(s.Next))...)
}

func daysTable(r *backtest.Result) report.Table {
	t := scoreTable("days", "Day by day, with the lists chosen at the end of the day before")
	for i := range r.Scores {
		if s := &r.Scores[i]; s.Fresh {
			addScore(&t, s)
		}
	}
	t.Detail = len(t.Rows) > mostRows
	return t
}

func horizonsTable(r *backtest.Result) report.Table {
	t := scoreTable("horizons", "Each list on each day that it was tested on")
	t.Detail = true
	for i := range r.Scores {
		addScore(&t, &r.Scores[i])
	}
	return t
}

// The shares of what the best lists for a day stop from which on the lists of
// the day before are said to have held, wholly or in part.
const (
	heldShare = 0.75
	partShare = 0.4
)

// kinds are what a list of each control is against.
var kinds = [policy.NumControls]struct{ by, what, usual string }{
	policy.IP:      {"By address", "bad traffic", "%s that were worst the day before"},
	policy.Country: {"By country", "bad traffic", ""},
	policy.Referer: {"By Referer", "bad traffic from foreign sites", "%s that embedded most the day before"},
}

func backtestLead(r *backtest.Result, summary []backtest.Mean) []string {
	of := map[policy.Control]map[backtest.Method]*backtest.Mean{}
	for i := range summary {
		m := &summary[i]
		if of[m.Control] == nil {
			of[m.Control] = map[backtest.Method]*backtest.Mean{}
		}
		of[m.Control][m.Method] = m
	}
	var out []string
	for c := range policy.NumControls {
		if of[c] != nil {
			out = append(out, controlLead(r, c, of[c]))
		}
	}
	return out
}

// controlLead says in a paragraph whether the lists of a control would have
// held.
func controlLead(r *backtest.Result, c policy.Control, of map[backtest.Method]*backtest.Mean) string {
	kind := &kinds[c]
	own, best := of[backtest.Rulecast], of[backtest.Oracle]
	covered, most := own.BadCovered(), best.BadCovered()
	switch {
	case covered == nil:
		return fmt.Sprintf("%s: nothing to stop on %s.", kind.by, Plural(int64(own.Days), "day"))
	case own.Entries() == 0 && *most == 0:
		return fmt.Sprintf("%s: no list was worth having, in hindsight either.", kind.by)
	}
	verdict := "the lists would not have held"
	switch {
	case *covered >= heldShare**most:
		verdict = "the lists would have held"
	case *covered >= partShare**most:
		verdict = "the lists would have held in part"
	}
	text := fmt.Sprintf("%s, on %s: %s. Of the next day's %s, the list chosen the day before would have stopped %s, at %s of good requests",
		kind.by, Plural(int64(own.Days), "day"), verdict, kind.what, ofAll(covered), ofAll(own.GoodDenied()))
	text += fmt.Sprintf("; the best list in hindsight, %s at %s.", ofAll(most), ofAll(best.GoodDenied()))
	if usual := of[backtest.TopDay]; kind.usual != "" && usual.Entries() > 0 {
		text += fmt.Sprintf(" The usual list, the "+kind.usual+": %s at %s.", topOf(r, c), ofAll(usual.BadCovered()), ofAll(usual.GoodDenied()))
	}
	return text + kept(r, c)
}

// topOf is like "100 addresses".
func topOf(r *backtest.Result, c policy.Control) string {
	n := int64(r.Terms.Room[c])
	switch {
	case c == policy.Referer:
		return Plural(n, "host")
	case n == 1:
		return "1 address"
	}
	return report.Grouped(n) + " addresses"
}

// kept says what the lists do when they are oldest.
func kept(r *backtest.Result, c policy.Control) string {
	ages := r.Ages()
	ages = slices.DeleteFunc(ages, func(m backtest.Mean) bool {
		return m.Control != c || m.Method != backtest.Rulecast || m.Age < 2 || m.BadCovered() == nil
	})
	if len(ages) == 0 {
		return ""
	}
	last := &ages[len(ages)-1]
	return fmt.Sprintf(" Kept for %d days, it would still stop %s at %s.", last.Age, ofAll(last.BadCovered()), ofAll(last.GoodDenied()))
}

func ofAll(share *float64) string {
	if share == nil {
		return report.Percent(0)
	}
	return report.Percent(*share)
}

func backtestWarnings(r *backtest.Result, src *Source) []string {
	var out []string
	out = append(out, missingColumn(src, record.UserAgent, "who shares an address cannot be told in them")...)
	if r.Untimed > 0 {
		out = append(out, fmt.Sprintf("%s without a time: they belong to no day, and are in no number", Plural(r.Untimed, "request")))
	}
	if n := len(r.Days) - r.Slight(); n > 0 && n <= fewDays {
		out = append(out, fmt.Sprintf("the log has %d days to choose and test lists on: that is little, and a week or more says more", n))
	}
	var slight []string
	missing := 0
	for i, d := range r.Days {
		if d.Slight {
			slight = append(slight, fmt.Sprintf("%s (%s)", d.Date(), Plural(d.Requests, "request")))
		}
		if i > 0 {
			missing += d.Day - r.Days[i-1].Day - 1
		}
	}
	if len(slight) > 0 {
		out = append(out, fmt.Sprintf("too little is there of some days (UTC) to choose or test lists on them: %s", Names(slight)))
	}
	if missing > 0 {
		out = append(out, fmt.Sprintf("the log has nothing of %s between its first and its last", Plural(int64(missing), "day")))
	}
	return out
}

// fewDays are so few that a backtest is an anecdote.
const fewDays = 3

func backtestNotes(src *Source) []string {
	out := []string{
		"rulecast: what recommend suggests by the days before, each list after the last; frozen: the first of these, kept; top_day: the worst addresses (IPv6: /64) of the last day, and the hosts that embedded most on it; " +
			"top_week: the worst /24 (IPv6: /64) of seven days, and the hosts that embedded most in them; unpriced: what would have stopped most in seven days, whatever the harm; oracle: what is best for the day itself",
		"bad and good on the days tested are judged by the whole log, for each control on its own: lists were chosen by what was known before",
		"shares are of all bad, or good, requests of the days; of the referer control bad ones are those that foreign hosts lead to",
		"regret: what the oracle's list is worth more, in bad requests less the price of good ones; next_entry_value: what one more entry would be worth, by forecast",
	}
	if src.Countries != "" {
		out = append(out, "countries: "+src.Countries)
	}
	return append(out, sourceNotes(src)...)
}
