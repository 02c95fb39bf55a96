package replay

import (
	"testing"
	"time"

	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// TestCellsRefuse: neither a ruleset nor a variant of it can look at what cells
// do not have.
func TestCellsRefuse(t *testing.T) {
	plain := &policy.Ruleset{Name: "plain", Rules: []policy.Rule{{ID: "r", Control: policy.Referer, Mode: policy.Block}}}
	timed := &policy.Ruleset{Name: "timed", Rules: []policy.Rule{{ID: "r", Control: policy.Referer, Mode: policy.Block, From: time.Unix(100, 0)}}}
	for _, c := range []struct {
		of, variant *policy.Ruleset
		good        bool
	}{{plain, plain, true}, {timed, plain, false}, {plain, timed, false}} {
		p, err := NewPlan([]Candidate{{Ruleset: c.of, Variants: []Variant{{Ruleset: c.variant}}}}, geo.LogOnly, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Cells(record.NewDicts(), func(func(traffic.Cell) bool) {}); (err == nil) != c.good {
			t.Errorf("%s with variant %s: %v", c.of.Name, c.variant.Name, err)
		}
	}
}
