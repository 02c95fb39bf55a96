package recommend_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/analyze/abuse"
	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/dialect"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/networks"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
	"rulecast/analyze/replay"
	"rulecast/ingest"
	"rulecast/ingest/record"
	"rulecast/samples/gen"
)

// town is a log of three days in which everybody is labelled.
type town struct {
	t     *testing.T
	dir   string
	db    *geo.Database
	own   []string
	allow *networks.Set
	truth *gen.Truth
}

func newTown(t *testing.T) *town {
	g, err := gen.New(gen.Options{Scenario: gen.Town, Rows: 30_000, Span: 3 * 24 * time.Hour, Seed: 77})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, dir: t.TempDir()}
	if w.truth, err = g.WriteFiles(w.dir, 3, true); err != nil {
		t.Fatal(err)
	}
	if w.db, err = geo.Builtin(); err != nil {
		t.Fatal(err)
	}
	w.own = []string{w.truth.Labels.Own[0]}
	return w
}

func (w *town) read(current *policy.Ruleset, workers int) (*collateral.Judgement, int64) {
	w.t.Helper()
	plan, err := collateral.NewPlan(collateral.Options{
		Hotlinks: hotlinks.Options{Own: w.own, Classes: hotlinks.KnownClasses(), From: geo.PreferLog, Locator: w.db},
		Abuse:    abuse.Options{Thresholds: abuse.DefaultThresholds(), Allow: w.allow},
		Current:  current,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return gather(w, plan.Columns(), plan.New, workers).Judge(1<<20, false), w.truth.Rows
}

func gather[A fold.Analysis[A]](w *town, columns record.Columns, start func() A, workers int) A {
	w.t.Helper()
	r, err := ingest.Open([]string{w.dir}, ingest.Options{Columns: columns})
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	a, err := fold.Run(context.Background(), r.Streams(workers), start)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *town) replays(c []replay.Candidate) (*replay.Plan, error) {
	return replay.NewPlan(c, geo.PreferLog, w.db)
}

// wishes are those that nobody changed.
func wishes(t *testing.T, provider string) recommend.Options {
	t.Helper()
	d, err := dialect.Named(provider)
	if err != nil {
		t.Fatal(err)
	}
	return recommend.Options{
		Dialect: d, Objective: recommend.Requests, Price: recommend.DefaultPrice, MaxCollateral: -1, MaxNew: -1, MinPrefix4: 20, MinPrefix6: 40, Top: 5,
	}
}

func (w *town) recommend(j *collateral.Judgement, o recommend.Options) *recommend.Result {
	w.t.Helper()
	r, err := recommend.Recommend(j, w.replays, o)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := r.Reconcile(w.truth.Rows); err != nil {
		w.t.Fatal(err)
	}
	for _, u := range r.Usage {
		if u.Used > u.Limit.Max {
			w.t.Errorf("%s: %d of %d", u.Limit.Name, u.Used, u.Limit.Max)
		}
	}
	return r
}

// entries are the suggested entries of a control, and what becomes of each.
func entries(r *recommend.Result, c policy.Control) map[string]recommend.Change {
	out := map[string]recommend.Change{}
	for _, s := range r.Suggestions {
		if s.Control == c {
			out[s.Entry] = s.Change
		}
	}
	return out
}

// TestAnyWorkers reads the log with one worker and with several.
func TestAnyWorkers(t *testing.T) {
	w := newTown(t)
	one, _ := w.read(nil, 1)
	many, _ := w.read(nil, 5)
	a, b := w.recommend(one, wishes(t, "imagekit")), w.recommend(many, wishes(t, "imagekit"))
	if len(entries(a, policy.IP)) == 0 || len(entries(a, policy.Referer)) == 0 {
		t.Fatalf("suggested: %v", a.Suggestions)
	}
	for what, pair := range map[string][2]any{
		"suggestions": {a.Suggestions, b.Suggestions}, "frontier": {a.Frontier, b.Frontier}, "certificates": {a.Certificates, b.Certificates},
		"shared": {a.Shared, b.Shared}, "allow": {a.Allow, b.Allow}, "harms": {a.Harms, b.Harms},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s: -one worker +five:\n%s", what, diff)
		}
	}
}

// TestNoEstimate replays the suggestion over the requests: what was said of it
// has to be that.
func TestNoEstimate(t *testing.T) {
	w := newTown(t)
	j, rows := w.read(nil, 2)
	for _, provider := range []string{"imagekit", "awswaf", "cloudfront"} {
		r := w.recommend(j, wishes(t, provider))
		plan, err := w.replays([]replay.Candidate{{Ruleset: r.Ruleset}})
		if err != nil {
			t.Fatal(err)
		}
		want := gather(w, plan.Columns(), plan.New, 2).Result(5)
		if err := want.Reconcile(rows); err != nil {
			t.Fatal(err)
		}
		got := r.Replay.Sides[0]
		got.Variants, got.Candidate = nil, want.Sides[0].Candidate
		ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Candidate" }, cmp.Ignore())
		if diff := cmp.Diff(want.Sides[0], got, ignore); diff != "" {
			t.Errorf("%s: -replayed +recommended:\n%s", provider, diff)
		}
		if r.Harms.Total.Denied != got.Denied {
			t.Errorf("%s: harm of %v, denied %v", provider, r.Harms.Total.Denied, got.Denied)
		}
	}
}

// TestRerunChangesNothing recommends again with the suggestion in force.
func TestRerunChangesNothing(t *testing.T) {
	w := newTown(t)
	j, _ := w.read(nil, 2)
	o := wishes(t, "imagekit")
	first := w.recommend(j, o)
	for range 2 {
		o.Current = first.Ruleset
		j, _ = w.read(o.Current, 2)
		again := w.recommend(j, o)
		for _, s := range again.Suggestions {
			if s.Change != recommend.Kept {
				t.Errorf("%s %s: %s: %s", s.Control, s.Entry, s.Change, s.Reason)
			}
		}
		if len(again.Suggestions) != len(first.Suggestions) {
			t.Errorf("%d entries, then %d", len(first.Suggestions), len(again.Suggestions))
		}
	}
}

// TestNeverListed protects what would be suggested, and allows the rest of it.
func TestNeverListed(t *testing.T) {
	w := newTown(t)
	j, _ := w.read(nil, 2)
	o := wishes(t, "awswaf")
	var text []byte
	for e := range entries(w.recommend(j, o), policy.IP) {
		text = append(append(text, e...), '\n')
	}
	name := filepath.Join(t.TempDir(), "protect.txt")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := networks.Read(name)
	if err != nil || len(list.Prefixes) < 2 {
		t.Fatal(list, err)
	}
	half := len(list.Prefixes) / 2
	o.Protect = networks.NewSet(&networks.List{Name: "protect", Prefixes: list.Prefixes[:half]})
	o.Allow = networks.NewSet(&networks.List{Name: "allow", Prefixes: list.Prefixes[half:]})
	for e := range entries(w.recommend(j, o), policy.IP) {
		p, err := netip.ParsePrefix(e)
		if err != nil {
			a := netip.MustParseAddr(e)
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if o.Protect.Overlaps(p) || o.Allow.Overlaps(p) || networks.Reserved().Overlaps(p) {
			t.Errorf("%s is suggested", e)
		}
	}
}

// TestWishes narrows the lists.
func TestWishes(t *testing.T) {
	w := newTown(t)
	j, _ := w.read(nil, 2)
	all := w.recommend(j, wishes(t, "imagekit"))

	o := wishes(t, "imagekit")
	o.Most[policy.IP], o.Most[policy.Referer] = choose.AtMost(2), choose.AtMost(1)
	few := w.recommend(j, o)
	if n, m := len(entries(few, policy.IP)), len(entries(few, policy.Referer)); n != 2 || m != 1 {
		t.Errorf("%d networks and %d hosts", n, m)
	}
	if c := few.Certificates[0]; c.Next <= 0 || c.Value >= all.Certificates[0].Value || c.UpperBound < c.Value {
		t.Errorf("%+v of few, %+v of all", c, all.Certificates[0])
	}

	o = wishes(t, "imagekit")
	o.MinPrefix4 = 32
	for e := range entries(w.recommend(j, o), policy.IP) {
		if _, err := netip.ParseAddr(e); err != nil {
			t.Errorf("%s, which is shorter than /32", e)
		}
	}

	o = wishes(t, "imagekit")
	o.Current, o.MaxNew = &policy.Ruleset{Name: "current", Provider: "imagekit"}, 1
	added := 0
	for _, change := range entries(w.recommend(j, o), policy.IP) {
		if change == recommend.Added {
			added++
		}
	}
	if added > 1 {
		t.Errorf("%d new networks, at most 1 is wanted", added)
	}

	// A price that nothing can pay, and no good request at all, leave only what
	// has no good traffic; what good requests cost nothing takes more.
	for what, change := range map[string]func(*recommend.Options){
		"price": func(o *recommend.Options) { o.Price = 1_000_000 }, "cap": func(o *recommend.Options) { o.MaxCollateral = 0 },
	} {
		o = wishes(t, "imagekit")
		change(&o)
		for _, s := range w.recommend(j, o).Suggestions {
			if s.Control == policy.IP && s.Harm.Good().Requests > 0 {
				t.Errorf("%s: %s denies %d good requests", what, s.Entry, s.Harm.Good().Requests)
			}
		}
	}
	o = wishes(t, "imagekit")
	o.Price = 0
	if free := w.recommend(j, o); free.Harms.Total.Bad.Requests <= all.Harms.Total.Bad.Requests {
		t.Errorf("%d bad requests for nothing, %d for their price", free.Harms.Total.Bad.Requests, all.Harms.Total.Bad.Requests)
	}

	for _, objective := range []recommend.Objective{recommend.Bytes, recommend.Cost} {
		o = wishes(t, "imagekit")
		o.Objective, o.Prices = objective, recommend.Prices{PerGB: 1}
		o.Most[policy.Referer] = choose.AtMost(1)
		if n := len(entries(w.recommend(j, o), policy.Referer)); n != 1 {
			t.Errorf("%s: %d hosts", objective, n)
		}
	}
	if c := entries(all, policy.Country); len(c) > 0 {
		t.Errorf("countries that nobody asked for: %v", c)
	}

	for _, provider := range []string{"imagekit", "netset"} {
		for e := range entries(w.recommend(j, wishes(t, provider)), policy.IP) {
			if provider == "imagekit" && slices.Contains([]byte(e), ':') {
				t.Errorf("%s for a provider of IPv4 alone", e)
			}
		}
	}
}
