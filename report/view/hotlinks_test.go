package view_test

import (
	"slices"
	"strings"
	"testing"

	"rulecast/analyze/hotlinks"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/report/view"
)

// TestHotlinksDoubts looks for what a reader has to know of a result.
func TestHotlinksDoubts(t *testing.T) {
	const day = 24 * 3600 * 1_000_000
	whole := []record.Input{input("a.log", 10)}
	for name, c := range map[string]struct {
		result  hotlinks.Result
		inputs  []record.Input
		warning string // "" for none
		note    string // in one of them; "-" for none of it
	}{
		"a week":       {hotlinks.Result{First: 0, Last: 7 * day}, whole, "", "- is longer"},
		"over a week":  {hotlinks.Result{First: 0, Last: 7*day + 1}, whole, "", "the log is longer than the 7 days"},
		"no times":     {hotlinks.Result{First: record.NoTime, Last: record.NoTime}, whole, "", "- is longer"},
		"estimates":    {hotlinks.Result{Estimated: 2}, whole, "the evidence on 2 hosts with very many visits or objects is estimated", ""},
		"not ours":     {hotlinks.Result{Own: tally.Counts{Requests: 1}, Busiest: hotlinks.Host{Host: "a.example", Counts: tally.Counts{Requests: 2000}}}, whole, "a.example leads to more requests (2,000) than all own sites (1): if it is yours, name it with --own", ""},
		"not judged":   {hotlinks.Result{Unjudged: hotlinks.Sum{Hosts: 1500}}, whole, "1,500 hosts with the fewest requests were not judged: only the 65,536 busiest are", ""},
		"no Referer":   {hotlinks.Result{}, []record.Input{input("a.log", 10, record.RefererHost)}, "no Referer column in a.log (10 requests): hotlinks cannot be seen", ""},
		"no agent":     {hotlinks.Result{}, []record.Input{input("a.log", 10, record.UserAgent)}, "no user_agent column in a.log (10 requests)", ""},
		"no path":      {hotlinks.Result{}, []record.Input{input("a.log", 10, record.Path)}, "no path column in a.log (10 requests)", ""},
		"no time":      {hotlinks.Result{}, []record.Input{input("a.log", 10, record.Time)}, "no time column in a.log (10 requests)", ""},
		"what is what": {hotlinks.Result{}, whole, "", "slots: the hosts of the site that embed"},
	} {
		doc := view.Hotlinks(&c.result, &view.Source{Inputs: c.inputs})
		holds := func(list []string, text string) bool {
			return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, text) })
		}
		if c.warning == "" && len(doc.Warnings) > 0 || !holds(append(doc.Warnings, ""), c.warning) {
			t.Errorf("%s: warnings %q, want %q", name, doc.Warnings, c.warning)
		}
		absent, no := strings.CutPrefix(c.note, "-")
		if holds(doc.Notes, absent) == no {
			t.Errorf("%s: notes %q, want %q", name, doc.Notes, c.note)
		}
	}
}

// TestEvasionLeavesBlindLogsOut: a log without a Referer column says nothing
// of who hides.
func TestEvasionLeavesBlindLogsOut(t *testing.T) {
	of := func(n int64) hotlinks.Evasion {
		var e hotlinks.Evasion
		for range n {
			e.Embeds.Add(100)
			e.NoSender.Add(100)
		}
		return e
	}
	all := of(7)
	all.Embeds.Add(300)
	r := &hotlinks.Result{Evasion: all, Unsigned: []hotlinks.Evasion{of(4), of(3)}}
	blind := view.Hotlinks(r, &view.Source{Inputs: []record.Input{input("a.log", 9, record.RefererHost), input("b.log", 9)}})
	row := tables(t, blind)["evasion"][0]
	if row["embeds"] != 4.0 || row["no_referer_embeds"] != 3.0 || row["evasion_share"] != .75 || row["evasion_bytes_share"] != .5 {
		t.Errorf("%v", row)
	}
}
