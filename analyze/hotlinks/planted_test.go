package hotlinks

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/ingest"
	"rulecast/samples/gen"
)

// planted makes a log of three days, in files, and says what is in it.
func planted(t *testing.T, format string) (dir string, truth *gen.Truth) {
	g, err := gen.New(gen.Options{Format: format, Rows: 120_000, Clients: 9000, Hosts: 600, Span: 72 * time.Hour, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if truth, err = g.WriteFiles(dir, 3, true); err != nil {
		t.Fatal(err)
	}
	return dir, truth
}

func readLog(t *testing.T, p *Plan, dir string, workers int) *Result {
	r, err := ingest.Open([]string{dir}, ingest.Options{Columns: p.Columns()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a, err := fold.Run(context.Background(), r.Streams(workers), p.New)
	if err != nil {
		t.Fatal(err)
	}
	return a.Result(1000)
}

// manyNames is the site of a sixth of the small hosts.
const manyNames = "pics.test"

// TestFindsThePlanted demands that the hotlinkers of a synthetic log are
// blocked, and nobody else: not the site whose visitors come to the own pages,
// too, and not the many that embed a picture now and then, but for those that
// are hosts of one site: it has a new name in every page. The first of the
// hotlinkers is the Referer that a flood forges.
func TestFindsThePlanted(t *testing.T) {
	for _, format := range []string{"combined", "cloudfront-v2"} {
		dir, truth := planted(t, format)
		db, err := geo.Builtin()
		if err != nil {
			t.Fatal(err)
		}
		ours := Options{Own: []string{"shop.example"}, Classes: KnownClasses(), From: geo.PreferLog, Locator: db}
		whole := readLog(t, NewPlan(ours), dir, 1)
		if err := whole.Reconcile(truth.Rows); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, readLog(t, NewPlan(ours), dir, 3)); diff != "" {
			t.Errorf("%s: -one worker +three:\n%s", format, diff)
		}
		byName := map[string]Host{}
		blocked := map[string]bool{}
		for _, h := range whole.Hosts {
			byName[h.Host] = h
			if h.Verdict == Block && h.Site != manyNames {
				blocked[h.Host] = true
			}
			if h.Verdict == Block && h.Score < blockPoints && (h.Site != manyNames || h.Embeds == 0) {
				t.Errorf("%s: %s is blocked: %s", format, h.Host, h.Reason)
			}
		}
		want := slices.Sorted(slices.Values(truth.Planted.Hotlinkers))
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(blocked))); diff != "" {
			t.Errorf("%s: -planted +blocked:\n%s", format, diff)
		}
		compareEstimates(t, ours, dir, byName)
	}
}

// compareEstimates reads the log with little memory, and compares with the
// evidence that is exact. Of 512 entries, an estimate is off by some 4%, and
// hardly ever by four times that.
func compareEstimates(t *testing.T, ours Options, dir string, exact map[string]Host) {
	tight := NewPlan(ours)
	tight.keep = keeping{perHost: 512, least: 512, all: 1 << 20}
	found := readLog(t, tight, dir, 2)
	if found.Estimated == 0 {
		t.Error("nothing was estimated")
	}
	near := func(what, host string, got, want, most float64) {
		if math.Abs(got-want) > most {
			t.Errorf("%s of %s: about %v, really %v", what, host, got, want)
		}
	}
	for _, h := range found.Hosts {
		e := exact[h.Host]
		if h.Counts != e.Counts || h.Embeds != e.Embeds || h.Navigations != e.Navigations || h.Browsers != e.Browsers || h.Days != e.Days || h.First != e.First {
			t.Errorf("%s: %+v, really %+v", h.Host, h, e)
		}
		near("clients", h.Host, float64(h.Clients), float64(e.Clients), .16*float64(e.Clients))
		near("objects", h.Host, float64(h.Objects), float64(e.Objects), .16*float64(e.Objects))
		if e.OwnView.Known && h.Estimated {
			near("own-view share", h.Host, h.OwnView.Value, e.OwnView.Value, .08)
		}
		if !h.Estimated && (h.Networks != e.Networks || h.OwnView != e.OwnView || h.TopClient != e.TopClient) || h.Networks > e.Networks || h.TopClient.Value > e.TopClient.Value {
			t.Errorf("%s: %+v, really %+v", h.Host, h, e)
		}
		if (h.Verdict == Block) != (e.Verdict == Block) {
			t.Errorf("%s: %s, really %s", h.Host, h.Verdict, e.Verdict)
		}
	}
}
