package view_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rulecast/analyze/inspect"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/replay"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/report/view"
)

// input is one that was read whole and has all columns but some.
func input(name string, rows int64, lacks ...record.Column) record.Input {
	in := record.Input{Name: name, Lines: rows, Rows: rows, Present: everywhere(rows)}
	for _, c := range lacks {
		in.Present.Rows[c] = 0
	}
	return in
}

// partly is an input of which some requests have a column.
func partly(name string, rows, having int64, c record.Column) record.Input {
	in := input(name, rows)
	in.Present.Rows[c] = having
	return in
}

// rejecting is an input with one row and rejects for one reason.
func rejecting(name string, rejects int64) record.Input {
	in := input(name, 1)
	in.Lines += rejects
	in.Rejects = rejects
	in.Reasons = []record.Reason{{Reason: "no reason", Count: rejects, First: record.Reject{Line: 7}}}
	return in
}

// anonymised is an input of which the provider has cut all addresses.
func anonymised(name string, rows int64) record.Input {
	in := input(name, rows)
	in.Anonymised = rows
	return in
}

func TestWarnings(t *testing.T) {
	broken := input("broken.log", 5)
	broken.Err = errors.New("truncated gzip archive")
	refererRule := policy.Rule{Control: policy.Referer}
	disabled := policy.Rule{Control: policy.Referer, Disabled: true}
	tests := []struct {
		name string
		side replay.Side
		src  view.Source
		want []string
	}{
		{"nothing in doubt", replay.Side{}, view.Source{Inputs: []record.Input{input("a", 1)}}, nil},
		{"inputs", replay.Side{}, view.Source{Inputs: []record.Input{broken, rejecting("b", 1), rejecting("c", 1200)}, Warnings: []string{"of the database"}}, []string{
			"of the database",
			"broken.log: truncated gzip archive",
			"1,201 lines of 1,208 lines could not be read and are in no other number",
		}},
		{"cut addresses", replay.Side{}, view.Source{Inputs: []record.Input{anonymised("a", 1000), input("b", 1), anonymised("c", 1)}}, []string{
			"the provider has cut the addresses of 1,001 requests to their network: what a list of single addresses would do to them cannot be told"}},
		{"no Referer, and no rule that asks for it", replay.Side{Candidate: replay.Candidate{Ruleset: &policy.Ruleset{Rules: []policy.Rule{disabled}}}},
			view.Source{Inputs: []record.Input{input("a", 1, record.RefererHost)}}, nil},
		{"no Referer", replay.Side{Candidate: replay.Candidate{Ruleset: &policy.Ruleset{Rules: []policy.Rule{refererRule}}}},
			view.Source{Inputs: []record.Input{input("a", 1, record.RefererHost), input("b", 9), input("c", 2000, record.RefererHost)}}, []string{
				"no Referer column in a, c (2,001 requests): every request counts as one without a Referer"}},
		{"many inputs, and one without requests", replay.Side{}, view.Source{Inputs: []record.Input{input("a", 1, record.Status), input("b", 1, record.Status),
			input("c", 1, record.Status), input("d", 1, record.Status), input("e", 1, record.Status), input("f", 0, record.Status)}}, []string{
			"no status column in a, b, c and 2 more (5 requests): whether these were served cannot be told"}},
		{"half of an input", replay.Side{}, view.Source{Inputs: []record.Input{partly("a", 10, 4, record.Status), partly("b", 10, 10, record.Status)}}, []string{
			"no status column in a (6 requests): whether these were served cannot be told"}},
		{"what gates look at", replay.Side{Needs: match.Needs{Time: true, Host: true, Path: true}},
			view.Source{Inputs: []record.Input{input("a", 1, record.Time, record.Host, record.Path)}}, []string{
				"no time column in a (1 request): rules with a validity window that has a beginning never apply",
				"no host column in a (1 request): they belong to no part of the ruleset that is told by host",
				"no path column in a (1 request): rules with a scope do not see these requests"}},
		{"switches that the provider leaves open", replay.Side{
			Denied: tally.Counts{Requests: 2}, Redirected: tally.Counts{Requests: 1}, Variants: []int64{1, 3},
			Candidate: replay.Candidate{Ruleset: &policy.Ruleset{Name: "r"}, Variants: []replay.Variant{{Switch: "s", Value: "on"}, {Switch: "s", Value: "off"}}},
		}, view.Source{}, []string{"r: not documented by the provider: with s on, 1 request denied (-2)"}},
		{"doubts of the ruleset", replay.Side{Candidate: replay.Candidate{Ruleset: &policy.Ruleset{Warnings: []policy.Warning{
			{Pos: policy.Pos{File: "r.yaml", Line: 3, Column: 4}, Text: "a"}, {Pos: policy.Pos{File: "r.yaml"}, Text: "b"}, {Text: "c"}}}}},
			view.Source{}, []string{"r.yaml:3:4: a", "r.yaml: b", "c"}},
	}
	for _, tt := range tests {
		if tt.side.Candidate.Ruleset == nil {
			tt.side.Candidate.Ruleset = &policy.Ruleset{}
		}
		doc := view.Replay(&replay.Result{Sides: []replay.Side{tt.side}}, &tt.src)
		if diff := cmp.Diff(tt.want, doc.Warnings); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
}

// TestWarningsOnce has two candidates in the same doubt about the log.
func TestWarningsOnce(t *testing.T) {
	side := replay.Side{Candidate: replay.Candidate{Ruleset: &policy.Ruleset{Rules: []policy.Rule{{Control: policy.Referer}}}}}
	doc := view.Replay(&replay.Result{Sides: []replay.Side{side, side}}, &view.Source{Inputs: []record.Input{input("a", 1, record.RefererHost)}})
	if len(doc.Warnings) != 1 {
		t.Errorf("%q", doc.Warnings)
	}
}

func TestNotes(t *testing.T) {
	src := &view.Source{Countries: "a table", Inputs: []record.Input{rejecting("a", 1), input("b", 1), rejecting("c", 2), rejecting("d", 1), rejecting("e", 1)}}
	want := []string{"countries: a table", "a:7: no reason", "c:7: no reason (2 rejects in all; rulecast inspect lists them)", "d:7: no reason"}
	side := replay.Side{Candidate: replay.Candidate{Ruleset: &policy.Ruleset{}}}
	if diff := cmp.Diff(want, view.Replay(&replay.Result{Sides: []replay.Side{side}}, src).Notes); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	side.Candidate.Ruleset.Rules = []policy.Rule{{Mode: policy.Allow}}
	side.Rules, side.RuleClients = make([]replay.RuleCounts, 1), make([]int64, 1)
	notes := view.Replay(&replay.Result{Sides: []replay.Side{side}}, &view.Source{}).Notes
	if len(notes) != 1 || notes[0][:25] != "entries of an allow list " {
		t.Errorf("%q", notes)
	}
}

// TestInspectWarnings says what cannot be known of requests whose log lacks a
// column.
func TestInspectWarnings(t *testing.T) {
	columns := []inspect.Column{{Column: record.Time}, {Column: record.Country}, {Column: record.Status}, {Column: record.RefererHost}}
	src := &view.Source{Inputs: []record.Input{input("a", 2, record.Time, record.Country), partly("b", 3, 1, record.RefererHost)}}
	doc := view.Inspect(&inspect.Result{Total: tally.Counts{Requests: 5}, Columns: columns}, src)
	want := []string{
		"no time column in a (2 requests): validity windows cannot be replayed, and --since and --until leave all of it out",
		"no Referer column in b (2 requests): hotlinks cannot be seen, and every request counts as one without a Referer",
	}
	if diff := cmp.Diff(want, doc.Warnings); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if doc := view.Inspect(&inspect.Result{Columns: columns}, &view.Source{}); doc.Warnings != nil {
		t.Errorf("nothing was read: %q", doc.Warnings)
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int64]string{0: "0 lines", 1: "1 line", 999: "999 lines", 1000: "1,000 lines", 1002003: "1,002,003 lines"} {
		if got := view.Plural(n, "line"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// A folder of other files does not bury the report in warnings.
func TestManyFaults(t *testing.T) {
	src := &view.Source{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		in := input(name, 0)
		in.Err = errors.New("no known log format")
		src.Inputs = append(src.Inputs, in)
	}
	want := []string{"a: no known log format", "b: no known log format", "c: no known log format",
		"and 2 more inputs could not be read whole (the table of inputs names them)"}
	if diff := cmp.Diff(want, view.Inspect(&inspect.Result{}, src).Warnings); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
