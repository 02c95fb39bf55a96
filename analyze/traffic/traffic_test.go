package traffic_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/traffic"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
)

// TestRowsAreTheRequests turns random logs into rows and applies rulesets to
// them: the verdicts have to be those that the oracle reaches from the requests
// themselves, whatever the size of the batches.
func TestRowsAreTheRequests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(t, where)
		sets := []*policy.Ruleset{policytest.Ruleset(t), policytest.Ruleset(t)}
		var matchers []*match.Matcher
		var evaluators []*match.Evaluator
		for _, rs := range sets {
			m, err := match.Compile(rs)
			if err != nil {
				t.Fatal(err)
			}
			matchers = append(matchers, m)
			evaluators = append(evaluators, m.NewEvaluator())
		}
		f := traffic.NewFollower(geo.NewResolver(geo.PreferLog, where), evaluators)
		stream := &traffictest.Stream{Requests: log, Size: rapid.IntRange(1, 9).Draw(t, "size")}
		n := 0
		err := stream.Each(context.Background(), func(b *record.Batch) error {
			places := f.Follow(b)
			for side, e := range evaluators {
				rows := traffic.NewRows(b, matchers[side].Needs)
				for i := range b.Rows {
					q := log[n+i]
					if places[i] != q.Country {
						t.Fatalf("request %d: country %s, want %s", n+i, places[i], q.Country)
					}
					want := explain.Explain(sets[side], q.Request).Decided
					if got := e.Outcome(e.Cell(rows.At(i, places[i]))).Decided; got != want {
						t.Fatalf("request %d: decided by %d, want %d", n+i, got, want)
					}
				}
			}
			n += b.Rows
			return nil
		})
		if err != nil || n != len(log) {
			t.Fatal(n, err)
		}
	})
}

// TestColumns asks for what the gates of any matcher look at and for no more.
func TestColumns(t *testing.T) {
	counted := record.ColumnSet(record.Time, record.Client, record.Country, record.Status, record.Bytes, record.RefererHost)
	if got := traffic.Columns(); got != counted {
		t.Errorf("without rulesets: %s", got)
	}
	scoped := func(s policy.Scope) *match.Matcher {
		m, err := match.Compile(&policy.Ruleset{Rules: []policy.Rule{{ID: "r", Mode: policy.Allow, Scope: s}}})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	hosts, err := match.Compile(&policy.Ruleset{
		Parts: []policy.Part{{Name: "main"}, {Name: "a", Host: "a.example"}},
		Rules: []policy.Rule{{ID: "r", Mode: policy.Allow}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := scoped(policy.Scope{Kind: policy.Homepage})
	query := scoped(policy.Scope{Kind: policy.URIs, Values: []string{"/?a"}})
	for _, tt := range []struct {
		name string
		of   []*match.Matcher
		more record.Columns
	}{
		{"a path", []*match.Matcher{path}, record.ColumnSet(record.Path)},
		{"a query", []*match.Matcher{query}, record.ColumnSet(record.Path, record.Query)},
		{"hosts", []*match.Matcher{hosts}, record.ColumnSet(record.Host)},
		{"all of them", []*match.Matcher{hosts, path, query}, record.ColumnSet(record.Host, record.Path, record.Query)},
	} {
		if got := traffic.Columns(tt.of...); got != counted.Union(tt.more) {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}

// TestSourcesOfCountries follows a log of which some lines say the country.
func TestSourcesOfCountries(t *testing.T) {
	b := record.NewBuilder(traffic.Columns())
	for _, logged := range []string{"de", "", "ZZ", "Germany"} {
		b.SetClient([]byte("192.0.2.1"))
		b.SetCountry([]byte(logged))
		b.Commit()
	}
	where := traffictest.Places{}
	batch := b.Flush(0)
	where[batch.Dicts.Clients.Addr(0)] = geo.Parse("FR")
	for _, tt := range []struct {
		from    geo.From
		present record.Columns
		want    string
	}{
		{geo.PreferLog, record.ColumnSet(record.Country), "DE FR FR FR "},
		{geo.LogOnly, record.ColumnSet(record.Country), "DE ZZ ZZ ZZ "},
		{geo.GeoIPOnly, record.ColumnSet(record.Country), "FR FR FR FR "},
		{geo.PreferLog, 0, "FR FR FR FR "}, // of another log: this one has no such column
		{geo.LogOnly, 0, "ZZ ZZ ZZ ZZ "},
	} {
		batch.Present = tt.present
		got := ""
		for _, c := range traffic.NewFollower(geo.NewResolver(tt.from, where), nil).Follow(batch) {
			got += c.String() + " "
		}
		if got != tt.want {
			t.Errorf("from %d, columns %s: %s, want %s", tt.from, tt.present, got, tt.want)
		}
	}
}

func TestServed(t *testing.T) {
	for status, want := range map[uint16]bool{0: false, 100: true, 200: true, 206: true, 304: true, 399: true, 400: false, 403: false, 499: false, 503: false} {
		if traffic.Served(status) != want {
			t.Errorf("%d: %v", status, !want)
		}
	}
}
