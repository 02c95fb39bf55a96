package view_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/abuse"
	"rulecast/analyze/backtest"
	"rulecast/analyze/check"
	"rulecast/analyze/collateral"
	"rulecast/analyze/convert"
	"rulecast/analyze/dialect"
	"rulecast/analyze/diff"
	"rulecast/analyze/explain"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/inspect"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/recommend"
	"rulecast/analyze/replay"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
	"rulecast/report"
	"rulecast/report/view"
)

// schema is the tables of every command with their columns, in order: what
// readers of the JSON, the CSV and the Parquet files rely on (schema_version 1).
// A name that changes here breaks them; new ones may be added.
const schema = `
inspect summary     requests bytes rejected_lines clients hosts referer_hosts first_time last_time gaps gap_hours repeated_ids
inspect formats     format title inputs requests packing recognised_by
inspect inputs      input format lines rows rejects skipped duplicates outside bytes_read packing error
inspect gaps        from until hours
inspect columns     column present filled filled_share distinct without_it
inspect addresses   family clients requests private_requests forwarded_requests masked_clients masked_share
inspect rejects     input reason lines first_line sample

replay summary      requests bytes allowed_requests allowed_bytes denied_requests denied_bytes redirected_requests redirected_bytes denied_served_requests denied_served_bytes rejected_lines clients first_time last_time
replay rules        rule control action decided_requests decided_bytes matched_requests matched_bytes exclusive_requests exclusive_bytes clients
replay entries      rule control entry decided_requests decided_bytes matched_requests matched_bytes exclusive_requests exclusive_bytes first_time last_time
replay overlap      ip country referer requests bytes
replay countries    value requests bytes denied_requests denied_bytes
replay referers     value requests bytes denied_requests denied_bytes
replay clients      value requests bytes denied_requests denied_bytes
replay statuses     value requests bytes denied_requests denied_bytes
replay sensitivity  switch value denied_requests
replay inputs       input format lines rows rejects skipped duplicates outside bytes_read packing error

diff summary        requests bytes newly_denied_requests newly_denied_bytes newly_denied_served_requests newly_denied_served_bytes newly_denied_clients newly_allowed_requests newly_allowed_bytes still_denied_requests still_denied_bytes action_changed_requests action_changed_bytes current_denied_requests current_denied_bytes candidate_denied_requests candidate_denied_bytes rejected_lines
diff rules          ruleset rule control newly_denied_requests newly_denied_bytes newly_allowed_requests newly_allowed_bytes current_denied_requests current_denied_bytes candidate_denied_requests candidate_denied_bytes clients
diff entries        ruleset rule control entry newly_denied_requests newly_denied_bytes newly_allowed_requests newly_allowed_bytes current_denied_requests current_denied_bytes candidate_denied_requests candidate_denied_bytes
diff clients        value requests bytes newly_denied_requests newly_denied_bytes newly_allowed_requests newly_allowed_bytes current_denied_requests current_denied_bytes candidate_denied_requests candidate_denied_bytes
diff referers       value requests bytes newly_denied_requests newly_denied_bytes newly_allowed_requests newly_allowed_bytes current_denied_requests current_denied_bytes candidate_denied_requests candidate_denied_bytes
diff countries      value requests bytes newly_denied_requests newly_denied_bytes newly_allowed_requests newly_allowed_bytes current_denied_requests current_denied_bytes candidate_denied_requests candidate_denied_bytes
diff inputs         input format lines rows rejects skipped duplicates outside bytes_read packing error

check findings      ruleset severity kind rule entry position finding denied_requests denied_share
check limits        ruleset limit used max source verified
check inputs        input format lines rows rejects skipped duplicates outside bytes_read packing error

explain verdict     verdict rule action
explain request     client country referer host path query time part
explain rules       order rule control mode denies why
explain flips       change

convert losses      effect rule entry position loss

backtest summary    control method days bad_requests bad_bytes bad_covered_share bad_bytes_covered_share precision good_denied_share good_users_denied entries entries_hit jaccard regret next_entry_value
backtest ages       control method age days bad_covered_share precision good_denied_share entries_hit
backtest days       control day method origin age bad_requests bad_bytes bad_covered_share bad_bytes_covered_share precision good_requests good_denied_share good_users_denied entries entries_hit jaccard regret next_entry_value
backtest horizons   control day method origin age bad_requests bad_bytes bad_covered_share bad_bytes_covered_share precision good_requests good_denied_share good_users_denied entries entries_hit jaccard regret next_entry_value
backtest inputs     input format lines rows rejects skipped duplicates outside bytes_read packing error

hotlinks summary    requests bytes answered_requests answered_bytes own_requests own_bytes foreign_requests foreign_bytes no_host_requests no_host_bytes no_referer_requests no_referer_bytes foreign_hosts rejected_lines first_time last_time
hotlinks verdicts   verdict hosts requests bytes embeds meaning
hotlinks hotlinks   host site class verdict score requests bytes embeds navigations embed_share embed_share_low clients networks visits top_client_share browser_share own_view_share click_share empty_click_share objects top_object_share active_days first_time last_time countries slots estimated reason
hotlinks sites      site hosts class verdict score requests bytes embeds navigations embed_share embed_share_low clients networks visits top_client_share browser_share own_view_share click_share empty_click_share objects top_object_share active_days first_time last_time countries slots estimated reason
hotlinks evasion    embeds embed_bytes foreign_embeds foreign_bytes no_referer_embeds no_referer_bytes no_referer_browser_embeds no_host_embeds no_host_bytes evasion_share evasion_bytes_share
hotlinks own        site source served_requests
hotlinks inputs     input format lines rows rejects skipped duplicates outside bytes_read packing error
`

// sources account for a log of some rows as the reader would, doubts and all.
func sources(rows int64) *view.Source {
	return &view.Source{
		Inputs: []record.Input{
			{Name: "a.log", Format: "combined", Packing: "plain", Lines: rows + 3, Rows: rows, Rejects: 2, Skipped: 1, BytesRead: 99,
				Present: everywhere(rows), Reasons: []record.Reason{{Reason: "quote not closed", Count: 2, First: record.Reject{Line: 7, Reason: "quote not closed", Sample: []byte("\x1b[2J=1+1\xff")}}}},
			{Name: "b.log", Err: errors.New("no known log format")},
		},
		Countries: "a table",
	}
}

// documents are those of all commands for one log and two rulesets. The
// rulesets have to have two parts.
func documents(t testing.TB, log []traffictest.Request, streams []record.Stream, where traffictest.Places, sets [2]*policy.Ruleset) []*report.Document {
	src := sources(int64(len(log)))
	candidates := []replay.Candidate{{Ruleset: sets[0], Variants: []replay.Variant{{Switch: "missing_referer", Value: "denied", Ruleset: sets[1]}}}}
	one := run(t, must(replay.NewPlan(candidates, geo.PreferLog, where)).New, streams).Result(3)
	changes := run(t, must(diff.NewPlan(sets[0], sets[1], geo.PreferLog, where)).New, streams).Result(3)
	ours := hotlinks.Options{Own: []string{"example.com"}, Classes: hotlinks.KnownClasses(), From: geo.PreferLog, Locator: where}
	embedders := run(t, hotlinks.NewPlan(ours).New, streams).Result(3)
	if err := errors.Join(one.Reconcile(src.Rows()), changes.Reconcile(src.Rows()), embedders.Reconcile(src.Rows())); err != nil {
		t.Fatal(err)
	}
	q := &explain.Request{Client: netip.MustParseAddr("192.0.2.1"), Path: "/"}
	findings := check.Result{
		Findings: []check.Finding{{Severity: check.Danger, Kind: check.Inert, Rule: "r0", Entry: "192.0.2.0/24", Text: "is inert"}, {Text: "of all"}, {Rule: "r0", With: "r1", Text: "of two"}},
		Usage:    []limit.Usage{{Limit: limit.Limit{Name: "IP entries", Max: 9, Source: "s", Verified: "v"}, Used: 1}},
	}
	return []*report.Document{
		view.Inspect(run(t, inspect.New, streams).Result(), src),
		view.Replay(one, src),
		view.Diff(changes, src),
		view.Check([]view.Checked{{Ruleset: sets[0], Result: findings, Replay: &one.Sides[0]}, {Ruleset: sets[1], Replay: &one.Sides[0]}}, one.Total.Requests, src),
		view.Explain(sets[0], q, explain.Explain(sets[0], q), "as the log says"),
		view.Convert(sets[0], sets[1], []convert.Loss{{Rule: "r", Entry: "e", Effect: convert.Less, Text: "lost"}}),
		view.Backtest(backtested(t, streams, ours), src),
		view.Hotlinks(embedders, src),
	}
}

// backtested is a backtest of ImageKit's lists; of nothing if the log is of one
// day.
func backtested(t testing.TB, streams []record.Stream, ours hotlinks.Options) *backtest.Result {
	plan := backtest.NewPlan(must(collateral.NewPlan(collateral.Options{Hotlinks: ours, Abuse: abuse.Options{Thresholds: abuse.DefaultThresholds()}})))
	r, err := run(t, plan.New, streams).Run(backtest.Options{
		Options: recommend.Options{Dialect: must(dialect.Named("imagekit")), Price: 1, MaxCollateral: -1, MaxNew: -1, MinPrefix4: 20, MinPrefix6: 40, Countries: true},
		Replays: func(c []replay.Candidate) (*replay.Plan, error) {
			return replay.NewPlan(c, ours.From, ours.Locator)
		},
	})
	if short := (*backtest.TooShortError)(nil); errors.As(err, &short) {
		return &backtest.Result{}
	}
	return must(r, err)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func run[A fold.Analysis[A]](t testing.TB, start func() A, streams []record.Stream) A {
	a, err := fold.Run(context.Background(), streams, start)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSchema(t *testing.T) {
	sets := [2]*policy.Ruleset{{Name: "a", Parts: []policy.Part{{Name: "main"}, {Name: "x", Host: "x.example"}}}, {Name: "b"}}
	var got strings.Builder
	for _, doc := range documents(t, nil, []record.Stream{&traffictest.Stream{}}, nil, sets) {
		for i := range doc.Tables {
			table := &doc.Tables[i]
			var names []string
			for _, c := range table.Columns {
				names = append(names, c.Name)
			}
			fmt.Fprintf(&got, "%-19s %s\n", doc.Command+" "+table.Name, strings.Join(names, " "))
		}
		got.WriteString("\n")
	}
	if diff := cmp.Diff(strings.Fields(schema), strings.Fields(got.String())); diff != "" {
		t.Errorf("-schema +documents:\n%s\nall:\n%s", diff, got.String())
	}
}

// TestDocumentsAreValid writes the documents of random logs and rulesets in
// every form: the writers refuse a table that is not what it says.
func TestDocumentsAreValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(rt, where)
		var sets [2]*policy.Ruleset
		for i := range sets {
			sets[i] = policytest.Ruleset(rt)
			sets[i].Name = string(rune('a' + i))
			sets[i].Warnings = []policy.Warning{{Pos: policy.Pos{File: "f", Line: 1, Column: 2}, Text: "a doubt"}}
		}
		for _, doc := range documents(t, log, traffictest.Streams(rt, log), where, sets) {
			if err := report.WriteText(io.Discard, doc, report.TextOptions{Width: 60, Color: true}); err != nil {
				rt.Fatalf("%s: %v", doc.Command, err)
			}
			if err := report.WriteHTML(io.Discard, doc); err != nil || len(doc.About) == 0 {
				rt.Fatalf("%s: about %q, %v", doc.Command, doc.About, err)
			}
			if !json.Valid(asJSON(t, doc)) {
				rt.Fatalf("%s: no JSON", doc.Command)
			}
			for i := range doc.Tables {
				if err := report.WriteCSV(io.Discard, &doc.Tables[i]); err != nil {
					rt.Fatalf("%s %s: %v", doc.Command, doc.Tables[i].Name, err)
				}
			}
		}
	})
}

func asJSON(t testing.TB, doc *report.Document) []byte {
	var b bytes.Buffer
	if err := report.WriteJSON(&b, doc); err != nil {
		t.Fatalf("%s: %v", doc.Command, err)
	}
	return b.Bytes()
}

// tables reads a document back as a reader of its JSON would.
func tables(t testing.TB, doc *report.Document) map[string][]map[string]any {
	var read struct {
		Tables map[string][]map[string]any
	}
	if err := json.Unmarshal(asJSON(t, doc), &read); err != nil {
		t.Fatal(err)
	}
	return read.Tables
}

// TestFiguresAddUp reads random replays and diffs back and adds them up.
func TestFiguresAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(rt, where)
		sets := [2]*policy.Ruleset{policytest.Ruleset(rt), policytest.Ruleset(rt)}
		docs := documents(t, log, traffictest.Streams(rt, log), where, sets)
		played, changed := tables(t, docs[1]), tables(t, docs[2])
		sum := func(rows []map[string]any, column string) (n float64) {
			for _, row := range rows {
				n += row[column].(float64)
			}
			return n
		}
		for _, unit := range []string{"requests", "bytes"} {
			s := played["summary"][0]
			of := func(name string) float64 { return s[name+unit].(float64) }
			stopped := of("denied_") + of("redirected_")
			equal := func(what string, got, want float64) {
				if got != want {
					rt.Fatalf("%s %s: %v, want %v", what, unit, got, want)
				}
			}
			equal("all", of("allowed_")+stopped, of(""))
			equal("rules", sum(played["rules"], "decided_"+unit), stopped)
			equal("entries", sum(played["entries"], "decided_"+unit), stopped)
			equal("overlap", sum(played["overlap"], unit), of(""))
			for _, name := range []string{"countries", "referers", "clients", "statuses"} {
				equal(name, sum(played[name], unit), of(""))
				equal("denied "+name, sum(played[name], "denied_"+unit), stopped)
			}
			d := changed["summary"][0]
			of = func(name string) float64 { return d[name+unit].(float64) }
			equal("current", of("current_denied_"), stopped)
			equal("change", of("current_denied_")+of("newly_denied_")-of("newly_allowed_"), of("candidate_denied_"))
			equal("still", of("still_denied_")+of("newly_denied_"), of("candidate_denied_"))
			for _, name := range []string{"countries", "referers", "clients"} {
				equal(name, sum(changed[name], "newly_denied_"+unit), of("newly_denied_"))
				equal(name, sum(changed[name], "newly_allowed_"+unit), of("newly_allowed_"))
			}
		}
	})
}

// TestHotlinksAddUp reads the hosts and verdicts of random logs back and adds
// them up.
func TestHotlinksAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(rt, where)
		sets := [2]*policy.Ruleset{policytest.Ruleset(rt), policytest.Ruleset(rt)}
		docs := documents(t, log, traffictest.Streams(rt, log), where, sets)
		found := tables(t, docs[len(docs)-1])
		s := found["summary"][0]
		for _, unit := range []string{"requests", "bytes"} {
			if got, want := s["own_"+unit].(float64)+s["foreign_"+unit].(float64)+s["no_host_"+unit].(float64)+s["no_referer_"+unit].(float64), s["answered_"+unit]; got != want {
				rt.Fatalf("referers: %v %s, want %v", got, unit, want)
			}
			for _, name := range []string{"hotlinks", "verdicts"} {
				var sum float64
				for _, row := range found[name] {
					sum += row[unit].(float64)
				}
				if sum != s["foreign_"+unit] {
					rt.Fatalf("%s: %v %s, want %v", name, sum, unit, s["foreign_"+unit])
				}
			}
		}
	})
}

// TestEveryFigureIsAMetric holds --fail-if to the summaries: each number in
// them has its name there, with the same value.
func TestEveryFigureIsAMetric(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(rt, where)
		streams := traffictest.Streams(rt, log)
		sets := [2]*policy.Ruleset{policytest.Ruleset(rt), policytest.Ruleset(rt)}
		src := sources(int64(len(log)))
		one := run(t, must(replay.NewPlan([]replay.Candidate{{Ruleset: sets[0]}}, geo.PreferLog, where)).New, streams).Result(3)
		changes := run(t, must(diff.NewPlan(sets[0], sets[1], geo.PreferLog, where)).New, streams).Result(3)
		for _, c := range []struct {
			doc     *report.Document
			metrics map[string]float64
		}{
			{view.Replay(one, src), view.ReplayMetrics(one, 0, &view.Worth{}, src)},
			{view.Diff(changes, src), view.DiffMetrics(changes, &view.Worth{}, src)},
		} {
			for name, value := range tables(t, c.doc)["summary"][0] {
				figure, isNumber := value.(float64)
				if metric, ok := c.metrics[name]; isNumber && (!ok || metric != figure) {
					rt.Fatalf("%s: %s is %v, as a metric %v (%v)", c.doc.Command, name, figure, metric, ok)
				}
			}
		}
	})
}

// TestSeveralCandidates compares the tables of several candidates with those
// that each has alone.
func TestSeveralCandidates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(rt, where)
		streams := []record.Stream{&traffictest.Stream{Requests: log, Size: 7}}
		src := sources(int64(len(log)))
		var candidates []replay.Candidate
		alone := map[string]map[string][]map[string]any{}
		for _, name := range []string{"a", "b", "c"} {
			rs := policytest.Ruleset(rt)
			rs.Name = name
			c := replay.Candidate{Ruleset: rs}
			candidates = append(candidates, c)
			r := run(t, must(replay.NewPlan([]replay.Candidate{c}, geo.PreferLog, where)).New, streams).Result(3)
			alone[name] = tables(t, view.Replay(r, src))
		}
		r := run(t, must(replay.NewPlan(candidates, geo.PreferLog, where)).New, streams).Result(3)
		doc := view.Replay(r, src)
		for i := range doc.Tables {
			table := &doc.Tables[i]
			first := table.Columns[0].Name
			if (first == "ruleset") == (table.Name == "inputs") {
				rt.Fatalf("table %s begins with %s", table.Name, first)
			}
			for n, row := range table.Rows {
				if len(row) != len(table.Columns) {
					rt.Fatalf("%s, row %d: %d cells for %d columns", table.Name, n, len(row), len(table.Columns))
				}
			}
		}
		for name, rows := range tables(t, doc) {
			if name == "inputs" {
				continue
			}
			var want []map[string]any
			for _, c := range candidates {
				for _, row := range alone[c.Ruleset.Name][name] {
					row["ruleset"] = c.Ruleset.Name
					want = append(want, row)
				}
			}
			if len(rows) == 0 && len(want) == 0 {
				continue
			}
			if diff := cmp.Diff(want, rows); diff != "" {
				rt.Fatalf("%s: -alone +together\n%s", name, diff)
			}
		}
	})
}

// everywhere is the presence of every column in all of so many rows.
func everywhere(rows int64) (p record.Presence) {
	for c := range p.Rows {
		p.Rows[c] = rows
	}
	return p
}
