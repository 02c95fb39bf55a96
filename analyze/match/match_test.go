package match_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/ingest/referer"
)

func TestMatchAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := policytest.Ruleset(t)
		m, err := match.Compile(rs)
		if err != nil {
			t.Fatal(err)
		}
		e := m.NewEvaluator()
		var ids, touched []uint32
		var countries []geo.Country
		for i := range uint32(rapid.IntRange(1, 12).Draw(t, "requests")) {
			q := policytest.Request(t)
			e.AddClient(q.Client)
			e.AddReferer(q.Class, []byte(q.Referer))
			row := &match.Row{Client: i, Referer: i, Country: q.Country, Host: []byte(q.Host), Path: []byte(q.Path), Query: []byte(q.Query), Time: -1 << 63}
			if !q.Time.IsZero() {
				row.Time = q.Time.UnixMicro()
			}
			want := explain.Explain(rs, q)
			cell := uint32(0)
			if e.Touches(row.Client, row.Referer, row.Country) {
				cell = e.Cell(row)
				touched = append(touched, i)
			}
			compare(t, m, e.Outcome(cell), want)
			ids, countries = append(ids, i), append(countries, q.Country)
		}
		if got := e.Touched(nil, &match.Values{Clients: ids, Referers: ids, Countries: countries}); !slices.Equal(got, touched) {
			t.Fatalf("requests %v are touched, one by one %v", got, touched)
		}
	})
}

// TestBesideAgreesWithOracle asks an evaluator about a ruleset that differs from
// its own in Referers, by the cells of its own.
func TestBesideAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := policytest.Ungated(policytest.Ruleset(t))
		variant := policytest.Variant(t, rs)
		m, err := match.Compile(rs)
		if err != nil {
			t.Fatal(err)
		}
		beside, err := match.Compile(variant)
		if err != nil {
			t.Fatal(err)
		}
		if !beside.DiffersInReferersOnly(m) {
			t.Skip("another ruleset")
		}
		e := m.NewEvaluator(beside)
		var v match.Values
		var rows []uint32
		var requests []*explain.Request
		for i := range uint32(rapid.IntRange(1, 12).Draw(t, "requests")) {
			q := policytest.Request(t)
			e.AddClient(q.Client)
			e.AddReferer(q.Class, []byte(q.Referer))
			v.Clients, v.Referers, v.Countries = append(v.Clients, i), append(v.Referers, i), append(v.Countries, q.Country)
			rows, requests = append(rows, i), append(requests, q)
		}
		touched := e.Touched(nil, &v)
		for _, i := range rows {
			if denies := explain.Explain(variant, requests[i]).Decided >= 0; !slices.Contains(touched, i) && e.BesideByReferer(0, i) != denies {
				t.Fatalf("request %d, which meets nothing: denied beside is %v", i, !denies)
			}
		}
		for n, cell := range e.AppendCells(nil, touched, &v, match.MaxCells) {
			i := touched[n]
			compare(t, m, e.Outcome(cell), explain.Explain(rs, requests[i]))
			denies, alone := e.Beside(0, cell)
			if want := explain.Explain(variant, requests[i]).Decided >= 0; denies != want || alone != e.BesideByReferer(0, i) {
				t.Fatalf("request %d: denied beside is %v, by its Referer %v", i, denies, alone)
			}
		}
	})
}

// TestAppendCellsOfManyFacts adds values one by one, until there are too many
// facts for a grid: rows are in the same cells as one by one.
func TestAppendCellsOfManyFacts(t *testing.T) {
	const values, listed = 600, 300
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(2 + i/256), byte(i)}) }
	rs := &policy.Ruleset{Rules: []policy.Rule{{ID: "ip"}, {ID: "referer", Control: policy.Referer}}}
	for i := range listed {
		a := address(i)
		host := fmt.Sprintf("h%d.example", i)
		rs.Rules[0].Entries = append(rs.Rules[0].Entries, policy.Entry{Text: a.String(), Prefix: netip.PrefixFrom(a, 32)})
		rs.Rules[1].Entries = append(rs.Rules[1].Entries, policy.Entry{Kind: policy.HostEntry, Text: host})
	}
	m, err := match.Compile(rs)
	if err != nil {
		t.Fatal(err)
	}
	whole, single := m.NewEvaluator(), m.NewEvaluator()
	var v match.Values
	for i := range values {
		for _, e := range []*match.Evaluator{whole, single} {
			e.AddClient(address(i))
			e.AddReferer(referer.ClassHost, fmt.Appendf(nil, "h%d.example", (i*7)%values))
		}
		v.Clients, v.Referers = append(v.Clients, uint32(i)), append(v.Referers, uint32(i*31%(i+1)))
		rows := whole.Touched(nil, &v)
		cells := whole.AppendCells(nil, rows, &v, match.MaxCells)
		if len(cells) != len(rows) {
			t.Fatalf("%d cells of %d rows", len(cells), len(rows))
		}
		for n, row := range rows {
			if want := single.Cell(&match.Row{Client: v.Clients[row], Referer: v.Referers[row]}); cells[n] != want {
				t.Fatalf("with %d values: row %d is in cell %d, alone in %d", i+1, row, cells[n], want)
			}
		}
	}
}

func compare(t *rapid.T, m *match.Matcher, got *match.Outcome, want explain.Result) {
	if got.Decided != want.Decided {
		t.Fatalf("decided by rule %d, oracle says %d", got.Decided, want.Decided)
	}
	var deny []int
	var denied, allowed []string
	inert := false
	for _, s := range want.Steps {
		rule := &m.Ruleset.Rules[s.Rule]
		if s.Denies {
			deny = append(deny, s.Rule)
			switch s.Why {
			case explain.Listed:
				denied = append(denied, texts(s)...)
			case explain.NotListed:
				denied = append(denied, fmt.Sprint(s.Rule, match.NotListed))
			case explain.Missing:
				denied = append(denied, fmt.Sprint(s.Rule, match.MissingReferer))
			case explain.UnknownCountry:
				denied = append(denied, fmt.Sprint(s.Rule, match.UnknownCountry))
			}
		} else if s.Why == explain.Listed && rule.Mode == policy.Allow {
			allowed = append(allowed, texts(s)...)
		}
		if s.Why == explain.CountrySkipped {
			inert = inert || wouldDeny(m.Ruleset, s)
		}
	}
	if !reflect.DeepEqual(got.Deny, deny) {
		t.Fatalf("rules that deny: %v, oracle says %v", got.Deny, deny)
	}
	if g, w := names(m, got.DenyEntries), sorted(denied); !reflect.DeepEqual(g, w) {
		t.Fatalf("entries that deny: %v, oracle says %v", g, w)
	}
	if g, w := names(m, got.AllowEntries), sorted(allowed); !reflect.DeepEqual(g, w) {
		t.Fatalf("entries that list: %v, oracle says %v", g, w)
	}
	if inert && !got.Inert {
		t.Fatal("a listed client of a skipped block rule without exceptions is not inert")
	}
}

// wouldDeny is a sufficient condition for a skipped IP rule's denial.
func wouldDeny(rs *policy.Ruleset, s explain.Step) bool {
	r := &rs.Rules[s.Rule]
	if r.Mode == policy.Allow {
		return len(s.Entries) == 0
	}
	return len(s.Entries) > 0 && len(r.Except) == 0
}

func texts(s explain.Step) (out []string) {
	for _, e := range s.Entries {
		out = append(out, fmt.Sprint(s.Rule, e.Text))
	}
	return out
}

func names(m *match.Matcher, entries []int) (out []string) {
	for _, e := range entries {
		out = append(out, fmt.Sprint(m.Entries[e].Rule, m.Entries[e].Text))
	}
	return sorted(out)
}

func sorted(s []string) []string {
	sort.Strings(s)
	return s
}

func TestMostSpecificEntryDecides(t *testing.T) {
	rs := &policy.Ruleset{Rules: []policy.Rule{{ID: "ip", Entries: []policy.Entry{
		{Text: "192.0.2.0/23", Prefix: netip.MustParsePrefix("192.0.2.0/23")},
		{Text: "192.0.2.1", Prefix: netip.MustParsePrefix("192.0.2.1/32")},
	}}}}
	m, err := match.Compile(rs)
	if err != nil {
		t.Fatal(err)
	}
	e := m.NewEvaluator()
	e.AddClient(netip.MustParseAddr("192.0.2.1"))
	e.AddReferer(referer.ClassAbsent, nil)
	out := e.Outcome(e.Cell(&match.Row{}))
	if got := m.Entries[out.DecidedEntry].Text; got != "192.0.2.1" {
		t.Fatalf("decided by entry %s", got)
	}
}
