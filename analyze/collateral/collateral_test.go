package collateral

import (
	"context"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/abuse"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/match"
	"rulecast/analyze/networks"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/replay"
	"rulecast/analyze/traffic/traffictest"
)

// options judge random logs: one network is bad by decree, one good, and few
// requests are signals.
func options(where geo.Locator) Options {
	thresholds := abuse.DefaultThresholds()
	for i := range thresholds {
		thresholds[i].Capacity = min(thresholds[i].Capacity, 1)
	}
	list := func(name, prefix string) *networks.Set {
		return networks.NewSet(&networks.List{Name: name, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}})
	}
	return Options{
		Hotlinks: hotlinks.Options{Own: []string{"a.example"}, Classes: hotlinks.KnownClasses(), From: geo.PreferLog, Locator: where},
		Abuse:    abuse.Options{Thresholds: thresholds, Bad: list("bad", "192.0.2.1/32"), Allow: list("good", "198.51.100.0/24")},
	}
}

// TestCellsReplayAsTheRequests replays the cells of random logs: the result has
// to be that of a replay of the requests.
func TestCellsReplayAsTheRequests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(t, where)
		candidate := policytest.Ungated(policytest.Ruleset(t))
		candidate.Name = "candidate"
		plan, err := replay.NewPlan([]replay.Candidate{{Ruleset: candidate, Variants: []replay.Variant{{Switch: "s", Value: "v", Ruleset: policytest.Ungated(policytest.Variant(t, candidate))}}}}, geo.PreferLog, where)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := fold.Run(context.Background(), traffictest.Streams(t, log), plan.New)
		if err != nil {
			t.Fatal(err)
		}
		o := options(where)
		o.Current = policytest.Ruleset(t)
		j := judgement(t, o, log)
		cells, err := plan.Cells(j.Dicts, j.Traffic())
		if err != nil {
			t.Fatal(err)
		}
		top := rapid.IntRange(0, 5).Draw(t, "top")
		got, want := cells.Result(top), rows.Result(top)
		if diff := cmp.Diff(want.Sides[0], got.Sides[0], cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Candidate" }, cmp.Ignore())); diff != "" {
			t.Fatal(diff)
		}
		if err := got.Reconcile(int64(len(log))); err != nil {
			t.Fatal(err)
		}
	})
}

// TestDailyHarmAddsUp compares the harm of single days with that of all, and
// with that of a log of one day.
func TestDailyHarmAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(t, where)
		j := judgement(t, options(where), log)
		m, err := match.Compile(policytest.Ungated(policytest.Ruleset(t)))
		if err != nil {
			t.Fatal(err)
		}
		all, daily := j.Against(m), j.AgainstDaily(m)
		sum := &Harms{Rules: make([]Harm, len(all.Rules)), Entries: make([]Harm, len(all.Entries))}
		for day, h := range daily {
			if day != NoDay && (day < j.FirstDay || day > j.LastDay) {
				t.Fatalf("day %d is not within %d to %d", day, j.FirstDay, j.LastDay)
			}
			sum.Total.Denied = sum.Total.Denied.Plus(h.Total.Denied)
			for i := range h.Rules {
				sum.Rules[i].Denied = sum.Rules[i].Denied.Plus(h.Rules[i].Denied)
			}
			for i := range h.Entries {
				sum.Entries[i].Denied = sum.Entries[i].Denied.Plus(h.Entries[i].Denied)
			}
		}
		compare := func(what string, got, want *Harm) {
			if got.Denied != want.Denied {
				t.Fatalf("%s: days add up to %v, of %v", what, got.Denied, want.Denied)
			}
		}
		compare("all", &sum.Total, &all.Total)
		for i := range all.Rules {
			compare("rule", &sum.Rules[i], &all.Rules[i])
		}
		for i := range all.Entries {
			compare("entry", &sum.Entries[i], &all.Entries[i])
		}
		if len(daily) == 1 {
			for _, h := range daily {
				if diff := cmp.Diff(all, h); diff != "" {
					t.Fatalf("-all +its only day:\n%s", diff)
				}
			}
		}
	})
}
