package backtest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"rulecast/analyze/abuse"
	"rulecast/analyze/collateral"
	"rulecast/analyze/dialect"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
	"rulecast/analyze/replay"
	"rulecast/ingest"
	"rulecast/ingest/record"
	"rulecast/samples/gen"
)

// nowhere places nobody.
type nowhere struct{}

func (nowhere) Country(netip.Addr) geo.Country { return geo.Unknown }

func plan(t *testing.T) *collateral.Plan {
	t.Helper()
	p, err := collateral.NewPlan(collateral.Options{
		Hotlinks: hotlinks.Options{Classes: hotlinks.KnownClasses(), From: geo.PreferLog, Locator: nowhere{}},
		Abuse:    abuse.Options{Thresholds: abuse.DefaultThresholds()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func options(t *testing.T) Options {
	t.Helper()
	d, err := dialect.Named("imagekit")
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Options: recommend.Options{Dialect: d, Objective: recommend.Requests, Price: recommend.DefaultPrice, MaxCollateral: -1, MaxNew: -1, MinPrefix4: 20, MinPrefix6: 40, Countries: true},
		Replays: func(c []replay.Candidate) (*replay.Plan, error) {
			return replay.NewPlan(c, geo.PreferLog, nowhere{})
		},
	}
}

// town writes the log of a small town and returns its files, one a day.
func town(t *testing.T, days int) []string {
	t.Helper()
	g, err := gen.New(gen.Options{Scenario: gen.Town, Format: "combined", Rows: 20_000, Seed: 3, Span: time.Duration(days) * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := g.WriteFiles(dir, days, false); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != days {
		t.Fatalf("files %v, %v", files, err)
	}
	return files
}

// run reads logs with an analysis in each of some streams.
func run[A fold.Analysis[A]](t *testing.T, start func() A, columns record.Columns, workers int, files ...string) A {
	t.Helper()
	r, err := ingest.Open(files, ingest.Options{Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	a, err := fold.Run(context.Background(), r.Streams(workers), start)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return a
}

// judged is all that a judgement says, in terms that do not depend on ids.
type judged struct {
	Clients  map[string]string
	Verdicts map[string]hotlinks.Verdict
	Cells    []string
	Hotlinks *hotlinks.Result
}

func judgedBy(j *collateral.Judgement) judged {
	out := judged{Clients: map[string]string{}, Verdicts: map[string]hotlinks.Verdict{}, Hotlinks: j.Hotlinks.Result}
	for id := range j.Clients {
		if c := &j.Clients[id]; c.All.Requests > 0 {
			out.Clients[j.Dicts.Clients.Addr(record.ID(id)).String()] = fmt.Sprintf("%+v bad %d users %d %v", *c.Client, c.Bad, c.Users, j.Abuse.Evidence(record.ID(id)))
		}
	}
	for id, v := range j.Hotlinks.Verdicts {
		if v != "" {
			out.Verdicts[j.Dicts.RefererHosts.String(record.ID(id))] = v
		}
	}
	for c := range j.Cells() {
		text := fmt.Sprintf("%s %s ", j.Dicts.Clients.Addr(c.Client), j.Dicts.RefererHosts.String(c.Referer))
		d := *c
		d.Client, d.Referer = 0, 0
		out.Cells = append(out.Cells, text+fmt.Sprintf("%+v", d))
	}
	slices.Sort(out.Cells)
	return out
}

// TestChain merges the days of a log one after the other and judges in between:
// what is known at the end of a day has to be what the log up to it says, and
// the last judgement that of the whole log.
func TestChain(t *testing.T) {
	files := town(t, 3)
	p := plan(t)
	for workers := 1; workers <= 3; workers += 2 {
		a := run(t, NewPlan(p).New, p.Columns(), workers, files...)
		days, err := a.listed()
		if err != nil || len(days) != len(files) {
			t.Fatalf("days %v, %v", days, err)
		}
		all := a.days[days[0].Day].of
		var current *policy.Ruleset
		for i, d := range days {
			if i > 0 {
				all.Merge(a.days[d.Day].of)
			}
			chained, whole := all.Judge(hotlinks.MostJudged, false), run(t, p.New, p.Columns(), 1, files[:i+1]...).Judge(hotlinks.MostJudged, false)
			current = sameLists(t, chained, whole, current)
			got, want := judgedBy(chained), judgedBy(whole)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("%d workers, up to %s: -log +chain:\n%.4000s", workers, d.Date(), diff)
			}
			if len(want.Clients) == 0 || len(want.Cells) == 0 {
				t.Fatal("nothing there")
			}
		}
	}
}

// sameLists demands that both judgements lead to the same lists.
func sameLists(t *testing.T, chained, whole *collateral.Judgement, current *policy.Ruleset) *policy.Ruleset {
	t.Helper()
	o := options(t)
	o.Current = current
	var of [2]*recommend.Result
	for i, j := range []*collateral.Judgement{whole, chained} {
		r, err := recommend.Recommend(j, o.Replays, o.Options)
		if err != nil {
			t.Fatal(err)
		}
		of[i] = r
	}
	if diff := gocmp.Diff(of[0].Suggestions, of[1].Suggestions); diff != "" {
		t.Fatalf("-log +chain:\n%.4000s", diff)
	}
	if len(of[0].Suggestions) == 0 {
		t.Fatal("nothing suggested")
	}
	return of[0].Ruleset
}

// TestResult compares the results of any number of workers, and holds the
// figures to what has to be true of them.
func TestResult(t *testing.T) {
	files := town(t, 4)
	p := NewPlan(plan(t))
	r, err := run(t, p.New, p.Columns(), 1, files...).Run(options(t))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(files)
	other, err := run(t, p.New, p.Columns(), 3, files...).Run(options(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(r.Scores, other.Scores); diff != "" {
		t.Fatalf("-one +three workers:\n%s", diff)
	}
	if len(r.Tested()) != 3 {
		t.Fatalf("tested on %v", r.Tested())
	}
	count := map[Method]int{}
	for i := range r.Scores {
		s := &r.Scores[i]
		if s.Control == policy.IP {
			count[s.Method]++
		}
		at := fmt.Sprintf("%s %s of %s on %s", s.Control, s.Method, Date(s.Origin), Date(s.Day))
		price := float64(r.Terms.Price[s.Control])
		// Bad traffic is rounded, and the price takes that many times.
		switch within := s.Method == Rulecast || s.Method == Unpriced || s.Method == Frozen; {
		case s.Method == Oracle && (s.Regret != 0 || s.Age() != 0), within && s.Regret < -1-price:
			t.Errorf("%s: regret %v", at, s.Regret)
		case s.Method != Oracle && s.Age() < 1:
			t.Errorf("%s: chosen too late", at)
		case s.Harm.Bad.Requests > s.Bad.Requests || s.Harm.Good().Requests > s.Good.Requests || s.Hit > s.Entries || s.Entries > r.Terms.Room[s.Control]:
			t.Errorf("%s: %+v", at, *s)
		}
	}
	// Lists of three days, tested on three, two and one.
	if want := map[Method]int{Rulecast: 6, TopDay: 6, TopWeek: 6, Unpriced: 6, Frozen: 3, Oracle: 3}; !gocmp.Equal(count, want) {
		t.Errorf("scores %v, want %v", count, want)
	}
	for _, m := range r.Summary() {
		if m.Days != 3 {
			t.Errorf("%s %s: mean of %d days", m.Control, m.Method, m.Days)
		}
	}
}

// log writes a log with some requests at each of some times, and returns its
// name.
func log(t *testing.T, times ...string) string {
	t.Helper()
	var text strings.Builder
	for _, at := range times {
		fmt.Fprintf(&text, "192.0.2.1 - - [%s +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"curl/8\"\n", at)
	}
	name := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(name, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDays(t *testing.T) {
	often := func(at string, n int) []string { return slices.Repeat([]string{at}, n) }
	for _, c := range []struct {
		name  string
		times []string
		want  string // the days, slight ones in brackets, or the error
	}{
		{"nothing", nil, "there is no request to test lists on"},
		{"one day", []string{"02/Mar/2026:10:00:00", "02/Mar/2026:11:00:00"}, "the log is of one day (2026-03-02): a backtest needs a day to choose lists by, and another to test them on"},
		{"gap", []string{"02/Mar/2026:10:00:00", "05/Mar/2026:10:00:00"}, "2026-03-02 2026-03-05"},
		{"mixed", []string{"03/Mar/2026:00:00:00", "02/Mar/2026:23:59:59", "03/Mar/2026:00:00:01"}, "2026-03-02 2026-03-03"},
		{"slight", slices.Concat(often("01/Mar/2026:23:59:59", 1), often("02/Mar/2026:10:00:00", 25), often("03/Mar/2026:10:00:00", 30)), "(2026-03-01) 2026-03-02 2026-03-03"},
		{"not slight", slices.Concat(often("01/Mar/2026:23:59:59", 1), often("02/Mar/2026:10:00:00", 24), often("03/Mar/2026:10:00:00", 30)), "2026-03-01 2026-03-02 2026-03-03"},
		{"slight but for one", slices.Concat(often("01/Mar/2026:23:59:59", 1), often("02/Mar/2026:10:00:00", 25)), "the log is of one day (2026-03-02): a backtest needs a day to choose lists by, and another to test them on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewPlan(plan(t))
			a := run(t, p.New, p.Columns(), 1, log(t, c.times...))
			days, err := a.listed()
			var got []string
			for _, d := range days {
				if d.Slight {
					got = append(got, "("+d.Date()+")")
				} else {
					got = append(got, d.Date())
				}
			}
			text := strings.Join(got, " ")
			if short := (*TooShortError)(nil); errors.As(err, &short) {
				text = err.Error()
			}
			if text != c.want {
				t.Errorf("%q, want %q", text, c.want)
			}
			if err != nil {
				return
			}
			r, err := a.Run(options(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Reconcile(int64(len(c.times))); err != nil {
				t.Error(err)
			}
			if r.Reconcile(1) == nil {
				t.Error("reconciles with any number")
			}
		})
	}
}

func TestTooManyDays(t *testing.T) {
	var times []string
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range MostDays + 1 {
		times = append(times, first.AddDate(0, 0, i).Format("02/Jan/2006:15:04:05"))
	}
	p := NewPlan(plan(t))
	run(t, p.New, p.Columns(), 1, log(t, times[1:]...))
	r, err := ingest.Open([]string{log(t, times...)}, ingest.Options{Columns: p.Columns()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fold.Run(context.Background(), r.Streams(1), p.New); err == nil || !strings.Contains(err.Error(), "more than 62 days") {
		t.Errorf("error %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestJaccard compares lists of entries with each other.
func TestJaccard(t *testing.T) {
	o := options(t)
	of := func(hosts ...string) *list { return o.fill(&list{method: TopDay}, entries{hosts: hosts}) }
	for _, c := range []struct {
		before, now *list
		want        float64
	}{
		{of(), of(), 1},
		{of("a.example"), of(), 0},
		{of(), of("a.example"), 0},
		{of("a.example", "b.example"), of("b.example", "a.example"), 1},
		{of("a.example", "b.example", "c.example"), of("b.example", "d.example"), 0.25},
	} {
		c.now.compare(c.before)
		if got := *c.now.jaccard[policy.Referer]; got != c.want {
			t.Errorf("%v and %v: %v, want %v", c.before.entries(policy.Referer), c.now.entries(policy.Referer), got, c.want)
		}
	}
}
