package replay

import (
	"context"
	"net/netip"
	"sync/atomic"
	"testing"

	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// counting places all clients in one country, and counts how often it is asked.
type counting struct{ asked atomic.Int64 }

func (c *counting) Country(netip.Addr) geo.Country {
	c.asked.Add(1)
	return geo.Parse("FR")
}

// clients is a stream of one batch.
type clients struct {
	of      []string
	logged  string // the log's country, if present has it
	present record.Columns
}

func (c clients) Each(_ context.Context, fn func(*record.Batch) error) error {
	b := record.NewBuilder(record.AllColumns)
	for _, client := range c.of {
		b.SetClient([]byte(client))
		b.SetCountry([]byte(c.logged))
		b.SetReferer([]byte("-"), nil)
		b.SetStatus(200)
		b.SetBytes(10)
		b.Commit()
	}
	batch := b.Flush(0)
	batch.Present = c.present
	return fn(batch)
}

// TestPlacedOnce looks each client up once if all logs leave countries out, and
// before the analysis is handed out: who asks whether look-ups failed asks then.
func TestPlacedOnce(t *testing.T) {
	country := record.ColumnSet(record.Country)
	byCountry := policy.Rule{ID: "c", Control: policy.Country, Mode: policy.Block, Entries: []policy.Entry{{Kind: policy.CountryEntry, Text: "FR"}}}
	byAddress := policy.Rule{ID: "i", Control: policy.IP, Mode: policy.Block, Entries: []policy.Entry{
		{Kind: policy.PrefixEntry, Text: "192.0.2.1", Prefix: netip.MustParsePrefix("192.0.2.1/32")},
	}}
	one, two := []string{"192.0.2.1", "192.0.2.2", "192.0.2.1"}, []string{"192.0.2.3", "192.0.2.1"}
	for _, tt := range []struct {
		name    string
		rule    policy.Rule
		streams []record.Stream
		asked   int64
		want    map[string][2]int64 // all and denied
	}{
		{"no column", byAddress, []record.Stream{clients{of: one}, clients{of: two}}, 3, map[string][2]int64{"FR": {5, 3}}},
		{"a column", byAddress, []record.Stream{clients{one, "DE", country}, clients{two, "DE", country}}, 4, map[string][2]int64{"DE": {5, 3}}},
		{"one of two", byAddress, []record.Stream{clients{one, "DE", country}, clients{of: two}}, 4, map[string][2]int64{"DE": {3, 2}, "FR": {2, 1}}},
		{"the other of two", byAddress, []record.Stream{clients{of: one}, clients{two, "DE", country}}, 4, map[string][2]int64{"DE": {2, 1}, "FR": {3, 2}}},
		{"no column, but a rule", byCountry, []record.Stream{clients{of: one}, clients{of: two}}, 4, map[string][2]int64{"FR": {5, 5}}},
	} {
		locator := &counting{}
		plan, err := NewPlan([]Candidate{{Ruleset: &policy.Ruleset{Name: "a", Rules: []policy.Rule{tt.rule}}}}, geo.PreferLog, locator)
		if err != nil {
			t.Fatal(err)
		}
		a, err := fold.Run(context.Background(), tt.streams, plan.New)
		if err != nil {
			t.Fatal(err)
		}
		if asked := locator.asked.Load(); asked != tt.asked {
			t.Errorf("%s: %d look-ups, want %d", tt.name, asked, tt.asked)
		}
		r := a.Result(9)
		if err := r.Reconcile(5); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if n := len(r.Sides[0].Countries); n != len(tt.want) {
			t.Errorf("%s: %d countries, want %d", tt.name, n, len(tt.want))
		}
		for _, v := range r.Sides[0].Countries {
			if n := tt.want[v.Value]; v.All != (tally.Counts{Requests: n[0], Bytes: 10 * n[0]}) || v.Denied.Requests != n[1] {
				t.Errorf("%s: country %s %+v, want %v", tt.name, v.Value, v, n)
			}
		}
		if locator.asked.Load() != tt.asked {
			t.Errorf("%s: look-ups while the result is summed up", tt.name)
		}
	}
}
