package view_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/abuse"
	"rulecast/analyze/collateral"
	"rulecast/analyze/diff"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/replay"
	"rulecast/analyze/savings"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
	"rulecast/report"
	"rulecast/report/view"
)

// worthSchema is schema for what --own and prices add.
const worthSchema = `
replay summary  bad_requests good_requests good_users own_viewers
replay savings  denied_served_requests denied_served_bytes answer_bytes saved_requests saved_bytes saved_cost saved_cost_per_day saved_cost_per_30_days
replay rules    bad_requests good_requests good_users own_viewers saved_bytes saved_cost
replay entries  bad_requests good_requests good_users own_viewers saved_bytes saved_cost
diff summary    newly_denied_bad_requests newly_denied_good_requests newly_denied_good_users newly_denied_own_viewers newly_allowed_bad_requests newly_allowed_good_requests newly_allowed_good_users newly_allowed_own_viewers candidate_bad_requests candidate_good_requests candidate_good_users candidate_own_viewers
diff savings    newly_denied_saved_bytes newly_denied_saved_cost newly_allowed_lost_bytes newly_allowed_lost_cost saved_requests saved_bytes saved_cost saved_cost_per_day saved_cost_per_30_days
diff rules      bad_requests good_requests good_users own_viewers saved_bytes saved_cost
diff entries    bad_requests good_requests good_users own_viewers saved_bytes saved_cost
`

// valued is a replay and a diff of one log, and what its requests are worth.
type valued struct {
	played       *replay.Result
	changed      *diff.Result
	worth        view.Worth
	src          *view.Source
	plain, whole [2]*report.Document // of the replay and the diff, without worth and with it
}

func valuedDocuments(t testing.TB, log []traffictest.Request, streams []record.Stream, where traffictest.Places, sets [2]*policy.Ruleset) *valued {
	v := &valued{src: sources(int64(len(log)))}
	v.played = run(t, must(replay.NewPlan([]replay.Candidate{{Ruleset: sets[0]}, {Ruleset: sets[1]}}, geo.PreferLog, where)).New, streams).Result(3)
	v.changed = run(t, must(diff.NewPlan(sets[0], sets[1], geo.PreferLog, where)).New, streams).Result(3)
	judged := run(t, must(collateral.NewPlan(collateral.Options{
		Hotlinks:   hotlinks.Options{Own: []string{"a.example"}, Classes: hotlinks.KnownClasses(), From: geo.PreferLog, Locator: where},
		Abuse:      abuse.Options{Thresholds: abuse.DefaultThresholds()},
		Candidates: sets[:], Changes: true, WithoutCells: true,
	})).New, streams)
	prices := savings.Prices{PerGB: 1e6, PerMillion: 1e6, Answer: savings.Unknown, DeniedFree: len(log)%2 == 0}
	v.worth = view.Worth{Judgement: judged.Judge(0, false), Bill: run(t, prices.New, streams).Bill()}
	if err := errors.Join(v.played.Reconcile(v.src.Rows()), v.changed.Reconcile(v.src.Rows()), v.worth.Judgement.Reconcile(v.src.Rows())); err != nil {
		t.Fatal(err)
	}
	v.played.Sides = v.played.Sides[:1]
	v.plain = [2]*report.Document{view.Replay(v.played, v.src), view.Diff(v.changed, v.src)}
	v.whole = [2]*report.Document{view.ReplayWorth(v.played, &v.worth, v.src), view.DiffWorth(v.changed, &v.worth, v.src)}
	return v
}

func TestWorthSchema(t *testing.T) {
	sets := [2]*policy.Ruleset{{Name: "a"}, {Name: "b"}}
	v := valuedDocuments(t, nil, []record.Stream{&traffictest.Stream{}}, nil, sets)
	var got strings.Builder
	for n, doc := range v.whole {
		plain := map[string][]report.Column{}
		for _, table := range v.plain[n].Tables {
			plain[table.Name] = table.Columns
		}
		for _, table := range doc.Tables {
			var added []string
			for _, c := range table.Columns {
				if !slices.Contains(plain[table.Name], c) {
					added = append(added, c.Name)
				}
			}
			if len(added) > 0 {
				fmt.Fprintln(&got, doc.Command, table.Name, strings.Join(added, " "))
			}
		}
	}
	if diff := cmp.Diff(strings.Fields(worthSchema), strings.Fields(got.String())); diff != "" {
		t.Errorf("-schema +documents:\n%s\nall:\n%s", diff, got.String())
	}
}

// TestWorthAddsUp reads what the requests of random logs are worth back, and
// adds it up.
func TestWorthAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(rt, where)
		v := valuedDocuments(t, log, traffictest.Streams(rt, log), where, [2]*policy.Ruleset{policytest.Ruleset(rt), policytest.Ruleset(rt)})
		for _, doc := range v.whole {
			if err := report.WriteText(io.Discard, doc, report.TextOptions{Width: 60}); err != nil {
				rt.Fatal(err)
			}
		}
		equal := func(what string, got, want float64) {
			if got != want {
				rt.Fatalf("%s: %v, want %v", what, got, want)
			}
		}
		number := func(row map[string]any, name string) float64 { return row[name].(float64) }
		sum := func(rows []map[string]any, name string) (n float64) {
			for _, row := range rows {
				n += number(row, name)
			}
			return n
		}
		played, changed := tables(t, v.whole[0]), tables(t, v.whole[1])
		s := played["summary"][0]
		equal("denied", number(s, "bad_requests")+number(s, "good_requests"), number(s, "denied_requests")+number(s, "redirected_requests"))
		for _, row := range played["rules"] {
			equal("rule", number(row, "bad_requests")+number(row, "good_requests"), number(row, "matched_requests"))
		}
		saved := number(played["savings"][0], "saved_bytes")
		equal("saved by rules", sum(played["rules"], "saved_bytes"), saved)
		equal("saved by entries", sum(played["entries"], "saved_bytes"), saved)
		s = changed["summary"][0]
		for _, name := range []string{"newly_denied", "newly_allowed"} {
			equal(name, number(s, name+"_bad_requests")+number(s, name+"_good_requests"), number(s, name+"_requests"))
		}
		equal("candidate", number(s, "candidate_bad_requests")+number(s, "candidate_good_requests"), number(s, "candidate_denied_requests"))
		for _, name := range []string{"rules", "entries"} {
			for _, row := range changed[name] {
				equal(name, number(row, "bad_requests")+number(row, "good_requests"), number(row, "newly_denied_requests")+number(row, "newly_allowed_requests"))
			}
			equal("saved by "+name, sum(changed[name], "saved_bytes"), number(changed["savings"][0], "saved_bytes"))
		}
		for n, metrics := range []map[string]float64{view.ReplayMetrics(v.played, 0, &v.worth, v.src), view.DiffMetrics(v.changed, &v.worth, v.src)} {
			for name, value := range tables(t, v.whole[n])["summary"][0] {
				if figure, isNumber := value.(float64); isNumber && metrics[name] != figure {
					rt.Fatalf("%s is %v, as a metric %v", name, figure, metrics[name])
				}
			}
			for _, name := range []string{"good_users", view.DeniedGood} {
				if _, ok := metrics[name]; !ok {
					rt.Fatalf("no metric %s", name)
				}
			}
		}
	})
}

// TestWorthWords looks for what a reader has to know.
func TestWorthWords(t *testing.T) {
	deny, redirect := policy.Action{}, policy.Action{Kind: policy.Redirect}
	mean := savings.Bill{Prices: savings.Prices{PerGB: 1, Answer: savings.Unknown}, First: record.NoTime}
	with := func(change func(*savings.Bill)) savings.Bill {
		b := mean
		change(&b)
		return b
	}
	const day = 24 * 3600 * 1_000_000
	for name, c := range map[string]struct {
		bill   savings.Bill
		served int64 // bytes
		action policy.Action
		words  []string // in the lead, a warning or a note; with "-" in none
	}{
		"nothing known":      {mean, 2e9, deny, []string{"r.yaml would save 2.00 GB, worth 2.00.", "the log has no answer with 403", "less 0 bytes (the mean of the log's 0 answers with 403)"}},
		"one answer":         {with(func(b *savings.Bill) { b.Forbidden = tally.Counts{Requests: 1, Bytes: 7} }), 2e9, deny, []string{"-no answer with 403", "less 7 bytes (the mean of the log's 1 answer with 403) for each answer, and denied requests are billed"}},
		"told":               {with(func(b *savings.Bill) { b.Answer = 1 }), 2e9, deny, []string{"-no answer with 403", "less 1 byte (--denied-bytes)"}},
		"free":               {with(func(b *savings.Bill) { b.DeniedFree = true }), 2e9, deny, []string{"-no answer with 403", "denied ones and their answers are not billed"}},
		"free, but for one":  {with(func(b *savings.Bill) { b.DeniedFree = true }), 2e9, redirect, []string{"no answer with 403"}},
		"a day":              {with(func(b *savings.Bill) { b.First, b.Last = 0, day }), 2e9, deny, []string{"worth 2.00 (2.00 a day)."}},
		"ten days":           {with(func(b *savings.Bill) { b.First, b.Last = 0, 10*day }), 2e9, deny, []string{"worth 2.00 (0.20 a day, 6.00 in 30 days)."}},
		"little":             {mean, 1_230_000, deny, []string{"save 1.23 MB, worth 0.0012."}},
		"next to nothing":    {mean, 1000, deny, []string{"save 1.00 kB, worth 0.000001."}},
		"nothing":            {mean, 0, deny, []string{"save 0 B, worth 0.00."}},
		"less than nothing":  {with(func(b *savings.Bill) { b.Answer = 1e7 }), 5e6, deny, []string{"r.yaml would cost 5.00 MB more, worth 0.0050."}},
		"more than it saves": {with(func(b *savings.Bill) { b.PerGB, b.Answer = 1000, 1e7 }), 5e9, deny, []string{"save 4.99 GB, worth 4990.00."}},
	} {
		rs := &policy.Ruleset{Name: "r.yaml", Rules: []policy.Rule{{ID: "r", Action: c.action}}}
		r := &replay.Result{Sides: []replay.Side{{
			Candidate: replay.Candidate{Ruleset: rs}, RuleClients: []int64{1},
			Rules: []replay.RuleCounts{{Served: tally.Counts{Requests: 1, Bytes: c.served}}},
		}}}
		doc := view.ReplayWorth(r, &view.Worth{Bill: &c.bill}, &view.Source{})
		all := strings.Join(slices.Concat(doc.Lead, doc.Warnings, doc.Notes), "\n")
		for _, words := range c.words {
			absent, no := strings.CutPrefix(words, "-")
			if strings.Contains(all, absent) == no {
				t.Errorf("%s: %q in\n%s", name, words, all)
			}
		}
	}
}

// TestJudgedWords looks for what a reader has to know of the judgement.
func TestJudgedWords(t *testing.T) {
	judged := func(h collateral.Harm) *view.Worth {
		return &view.Worth{Judgement: &collateral.Judgement{
			Hotlinks: &hotlinks.Judgement{Result: &hotlinks.Result{Busiest: hotlinks.Host{Host: "b.example", Counts: tally.Counts{Requests: 5}}, Sites: []hotlinks.OwnSite{{Site: "own.example"}}}},
			Harms:    []*collateral.Harms{{Total: h}},
			Clients:  []collateral.Client{{Client: &abuse.Client{Partial: true}}, {Client: &abuse.Client{}}},
		}}
	}
	r := &replay.Result{Total: tally.Counts{Requests: 100}, Sides: []replay.Side{{Candidate: replay.Candidate{Ruleset: &policy.Ruleset{Name: "r.yaml"}}}}}
	src := &view.Source{Inputs: []record.Input{input("a.log", 10, record.UserAgent, record.Time, record.Path)}}
	doc := view.ReplayWorth(r, judged(collateral.Harm{Denied: tally.Counts{Requests: 9}, Bad: tally.Counts{Requests: 5}, Users: 3, Viewers: 1}), src)
	all := strings.Join(slices.Concat(doc.Lead, doc.Warnings, doc.Notes), "\n")
	for _, words := range []string{
		"Good traffic that r.yaml would deny: 4 requests (4.0%) of 3 users; 1 client views own pages.",
		"no user_agent column in a.log (10 requests): how many people share an address cannot be told", "no time column in a.log", "no path column in a.log",
		"1 client with very many requests is estimated", "b.example leads to more requests (5) than all own sites (0)", "own sites: own.example",
	} {
		if !strings.Contains(all, words) {
			t.Errorf("%q is not in\n%s", words, all)
		}
	}
	doc = view.ReplayWorth(r, judged(collateral.Harm{Denied: tally.Counts{Requests: 9}, Bad: tally.Counts{Requests: 9}}), src)
	if !slices.Contains(doc.Lead, "r.yaml would deny no good request.") {
		t.Errorf("lead %q", doc.Lead)
	}
}
