package recommend

import (
	"fmt"
	"testing"

	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
)

// TestScale counts an average request of the log as one, under any objective.
func TestScale(t *testing.T) {
	log := tally.Counts{Requests: 1000, Bytes: 2_000_000}
	for _, c := range []struct {
		objective Objective
		prices    Prices
		of        tally.Counts
		want      float64 // requests
	}{
		{Requests, Prices{}, tally.Counts{Requests: 3, Bytes: 1}, 3},
		{Bytes, Prices{}, tally.Counts{Requests: 3, Bytes: 4000}, 2},
		{Cost, Prices{PerMillion: 7}, tally.Counts{Requests: 3, Bytes: 4000}, 3},
		{Cost, Prices{PerGB: 7}, tally.Counts{Requests: 3, Bytes: 4000}, 2},
		{Cost, Prices{PerGB: 1, PerMillion: 2}, tally.Counts{Requests: 1, Bytes: 0}, 0.5},
		{Cost, Prices{}, tally.Counts{Requests: 3, Bytes: 4000}, 3}, // nothing costs anything
	} {
		if got := newScale(c.objective, c.prices, log).worth(c.of); got != int64(c.want*collateral.One) {
			t.Errorf("%s %+v: %+v is worth %d/1024 requests, want %v", c.objective, c.prices, c.of, got, c.want)
		}
	}
}

// TestSqueeze fits hosts into an expression of limited length, however often
// that has to be tried.
func TestSqueeze(t *testing.T) {
	d, err := dialect.Named("cloudflare/expression")
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for i := range 400 {
		hosts = append(hosts, fmt.Sprintf("host-%03d.a-rather-long-name-of-a-site.example", i))
	}
	r := roomOf(d, [policy.NumControls]choose.Limit{policy.Referer: choose.AtMost(int64(len(hosts)))})
	fit := func() *policy.Ruleset {
		return build(d, &picked{hosts: hosts[:min(r.entries[policy.Referer], len(hosts))]}, nil)
	}
	rs := fit()
	if len(d.Check(rs)) == 0 {
		t.Fatal("all fit: the test is too small")
	}
	for tries := 0; r.squeeze(d, rs); rs = fit() {
		if tries++; tries > len(hosts) {
			t.Fatal("it never fits")
		}
	}
	if v := d.Check(rs); len(v) > 0 || len(rs.Rules) != 1 || len(rs.Rules[0].Entries) < 20 {
		t.Errorf("%d rules: %v", len(rs.Rules), v)
	}
}
