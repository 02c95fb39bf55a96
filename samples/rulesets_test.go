package samples_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"rulecast/analyze/dialect"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/replay"
	"rulecast/ingest"
	"rulecast/samples/gen"
)

// replayed is what a ruleset does to logs/.
func replayed(t *testing.T, ruleset string) *replay.Result {
	t.Helper()
	rs, err := dialect.Load(ruleset)
	if err != nil {
		t.Fatal(err)
	}
	locator, err := geo.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := replay.NewPlan([]replay.Candidate{{Ruleset: rs}}, geo.PreferLog, locator)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := ingest.Open([]string{"logs"}, ingest.Options{Columns: plan.Columns()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := fold.Run(context.Background(), reader.Streams(2), plan.New)
	if err != nil {
		t.Fatal(err)
	}
	return a.Result(100)
}

// TestRulesetsShow demands that the two rulesets of the README have something
// to show on the logs: every set of controls denies some requests, and every
// entry but the one left over matches.
func TestRulesetsShow(t *testing.T) {
	const leftOver = "203.0.113.50"
	for _, name := range []string{"rulesets/imagekit.yaml", "rulesets/candidate.yaml"} {
		side := replayed(t, name).Sides[0]
		for set, counts := range side.Overlap {
			if counts.Requests == 0 {
				t.Errorf("%s: no request is denied by just ip %v, country %v, referer %v", name,
					set&(1<<policy.IP) != 0, set&(1<<policy.Country) != 0, set&(1<<policy.Referer) != 0)
			}
		}
		for i, e := range side.Entries {
			if matched := side.EntryCounts[i].Matched.Requests; (matched == 0) != strings.HasPrefix(e.Text, leftOver) {
				t.Errorf("%s: entry %s matches %d requests", name, e.Text, matched)
			}
		}
	}
}

// TestFormsAgree demands that one ruleset in the forms of several providers
// denies the same, and not nothing.
func TestFormsAgree(t *testing.T) {
	want := replayed(t, "rulesets/cloudflare.json").Sides[0].Overlap
	for _, name := range []string{"rulesets/cloudflare.txt", "rulesets/fastly.vcl", "rulesets/nginx.conf"} {
		if got := replayed(t, name).Sides[0].Overlap; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for _, control := range []policy.Control{policy.IP, policy.Country, policy.Referer} {
		if want[1<<control].Requests == 0 {
			t.Errorf("no request is denied by %s alone", control)
		}
	}
	json, terraform := replayed(t, "rulesets/awswaf.json").Sides[0].Overlap, replayed(t, "rulesets/awswaf.tf").Sides[0].Overlap
	if json != terraform || json[1<<policy.IP].Requests == 0 {
		t.Errorf("awswaf.json: %v, awswaf.tf: %v", json, terraform)
	}
}

// TestCountries demands that the built-in table places the generated clients
// where their logs say.
func TestCountries(t *testing.T) {
	g, err := gen.New(gen.Options{Seed: 1, Rows: 5000, Clients: 2000})
	if err != nil {
		t.Fatal(err)
	}
	locator, err := geo.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for addr, country := range g.Clients() {
		want := geo.Parse(country)
		if got := locator.Country(netip.MustParseAddr(addr)); got != want {
			wrong++
			t.Logf("%s is in %s, not %s", addr, got, want)
		}
	}
	if wrong > 20 { // tables change
		t.Errorf("%d of 2000 clients are elsewhere", wrong)
	}
}
