package replay

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
)

func TestReplayAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(t, where)
		rs := policytest.Ruleset(t)
		if rapid.Bool().Draw(t, "ungated") {
			rs = policytest.Ungated(rs)
		}
		variant := policytest.Variant(t, rs)
		rs.Name, variant.Name = "a", "b"
		plan, err := NewPlan([]Candidate{{Ruleset: rs, Variants: []Variant{{Switch: "s", Value: "v", Ruleset: variant}}}, {Ruleset: variant}}, geo.PreferLog, where)
		if err != nil {
			t.Fatal(err)
		}
		plan.maxCells = rapid.SampledFrom([]int{2, 5, plan.maxCells}).Draw(t, "cells")
		top := rapid.SampledFrom([]int{0, 1, 5, 1000}).Draw(t, "top")
		streams := traffictest.Streams(t, log)
		a, err := fold.Run(context.Background(), streams, plan.New)
		if err != nil {
			t.Fatal(err)
		}
		got := a.Result(top)
		if err := got.Reconcile(int64(len(log))); err != nil {
			t.Fatal(err)
		}
		for i, set := range []*policy.Ruleset{rs, variant} {
			want := naive(set, log)
			if top < 1000 {
				maps.DeleteFunc(want.counts, func(key string, _ tally.Counts) bool { return strings.HasPrefix(key, "country") })
				got.Sides[i].Countries = nil
			}
			compareSide(t, &got.Sides[i], want)
		}
		if want := naive(variant, log).stopped; got.Sides[0].Variants[0] != want {
			t.Fatalf("variant denies %d, oracle says %d", got.Sides[0].Variants[0], want)
		}
		compareTotals(t, got, log)
	})
}

func compareTotals(t *rapid.T, got *Result, log []traffictest.Request) {
	var total tally.Counts
	clients := map[netip.Addr]bool{}
	first, last := record.NoTime, record.NoTime
	for _, q := range log {
		total.Add(q.Bytes)
		clients[q.Client] = true
		if us := q.Time.UnixMicro(); !q.Time.IsZero() {
			if first == record.NoTime || us < first {
				first = us
			}
			last = max(last, us)
		}
	}
	if got.Total != total || got.Clients != int64(len(clients)) || got.First != first || got.Last != last {
		t.Fatalf("totals %+v %d %d %d, oracle says %+v %d %d %d", got.Total, got.Clients, got.First, got.Last, total, len(clients), first, last)
	}
}

// oracle holds counts under readable keys.
type oracle struct {
	stopped int64
	counts  map[string]tally.Counts
	clients map[int]map[netip.Addr]bool
	span    map[string][2]int64
}

func (o *oracle) add(n int64, key ...any) {
	k := fmt.Sprintln(key...)
	c := o.counts[k]
	c.Add(n)
	o.counts[k] = c
}

// naive counts one request at a time, by what explain says of it.
func naive(rs *policy.Ruleset, log []traffictest.Request) *oracle {
	o := &oracle{counts: map[string]tally.Counts{}, clients: map[int]map[netip.Addr]bool{}, span: map[string][2]int64{}}
	for _, q := range log {
		res := explain.Explain(rs, q.Request)
		var controls [policy.NumControls]bool
		var deny []string // rule and entry
		denyingRules := 0
		for _, s := range res.Steps {
			r := &rs.Rules[s.Rule]
			if s.Denies {
				denyingRules++
				controls[r.Control] = true
				o.add(q.Bytes, "rule matched", s.Rule)
				if o.clients[s.Rule] == nil {
					o.clients[s.Rule] = map[netip.Addr]bool{}
				}
				o.clients[s.Rule][q.Client] = true
			}
			for _, e := range entriesMet(r, s) {
				key := fmt.Sprint(s.Rule, " ", e)
				o.add(q.Bytes, "entry matched", key)
				o.see(key, q)
				if s.Denies {
					deny = append(deny, key)
				} else if len(s.Entries) == 1 {
					o.add(q.Bytes, "entry exclusive", key)
				}
			}
		}
		o.add(q.Bytes, "overlap", controls)
		o.add(q.Bytes, "country", q.Country)
		if res.Decided < 0 {
			continue
		}
		o.add(q.Bytes, "country denied", q.Country)
		o.stopped++
		o.add(q.Bytes, "rule decided", res.Decided)
		o.add(q.Bytes, "action", rs.Rules[res.Decided].Action.Kind)
		if q.Status > 0 && q.Status < 400 {
			o.add(q.Bytes, "served")
			o.add(q.Bytes, "rule served", res.Decided)
		}
		if denyingRules == 1 {
			o.add(q.Bytes, "rule exclusive", res.Decided)
		}
		if len(deny) == 1 {
			o.add(q.Bytes, "entry exclusive", deny[0])
		}
	}
	return o
}

func (o *oracle) see(key string, q traffictest.Request) {
	if q.Time.IsZero() {
		return
	}
	us := q.Time.UnixMicro()
	span, ok := o.span[key]
	if !ok {
		span = [2]int64{us, us}
	}
	o.span[key] = [2]int64{min(span[0], us), max(span[1], us)}
}

// entriesMet are the entries, implied ones included, that count as matched.
func entriesMet(r *policy.Rule, s explain.Step) (out []string) {
	switch {
	case s.Denies && s.Why == explain.NotListed:
		return []string{"(not listed)"}
	case s.Denies && s.Why == explain.Missing:
		return []string{"(missing)"}
	case s.Denies && s.Why == explain.UnknownCountry:
		return []string{"(unknown)"}
	case s.Why == explain.Listed && (s.Denies || r.Mode == policy.Allow):
		for _, e := range s.Entries {
			out = append(out, e.Text)
		}
	}
	return out
}

func compareSide(t *rapid.T, got *Side, want *oracle) {
	counts := map[string]tally.Counts{}
	set := func(c tally.Counts, key ...any) {
		if c.Requests > 0 {
			counts[fmt.Sprintln(key...)] = c
		}
	}
	set(got.Denied, "action", policy.Deny)
	set(got.Redirected, "action", policy.Redirect)
	set(got.Served, "served")
	for mask, c := range got.Overlap {
		set(c, "overlap", [policy.NumControls]bool{mask&1 != 0, mask&2 != 0, mask&4 != 0})
	}
	for _, v := range got.Countries {
		set(v.All, "country", v.Value)
		set(v.Denied, "country denied", v.Value)
	}
	for i, r := range got.Rules {
		set(r.Decided, "rule decided", i)
		set(r.Matched, "rule matched", i)
		set(r.Exclusive, "rule exclusive", i)
		set(r.Served, "rule served", i)
		if n := len(want.clients[i]); got.RuleClients[i] != int64(n) {
			t.Fatalf("rule %d: %d clients, oracle says %d", i, got.RuleClients[i], n)
		}
	}
	for i, e := range got.EntryCounts {
		key := fmt.Sprint(got.Entries[i].Rule, " ", got.Entries[i].Text)
		set(e.Matched, "entry matched", key)
		set(e.Exclusive, "entry exclusive", key)
		span, ok := want.span[key]
		if !ok {
			span = [2]int64{record.NoTime, record.NoTime}
		}
		if e.First != span[0] || e.Last != span[1] {
			t.Fatalf("entry %s: %d to %d, oracle says %v", key, e.First, e.Last, span)
		}
	}
	if diff := cmp.Diff(want.counts, counts); diff != "" {
		t.Fatalf("-oracle +replay:\n%s", diff)
	}
}

// TestAnySplit compares whole results: they may not depend on how requests are
// spread over streams, nor on the order of streams.
func TestAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(t, where)
		rs := policytest.Ruleset(t)
		plan, err := NewPlan([]Candidate{{Ruleset: rs}}, geo.PreferLog, where)
		if err != nil {
			t.Fatal(err)
		}
		run := func(streams ...record.Stream) *Result {
			a, err := fold.Run(context.Background(), streams, plan.New)
			if err != nil {
				t.Fatal(err)
			}
			return a.Result(3)
		}
		n := rapid.IntRange(0, len(log)).Draw(t, "cut")
		whole := run(&traffictest.Stream{Requests: log, Size: 100})
		split := run(&traffictest.Stream{Requests: log[n:], Size: 2}, &traffictest.Stream{Requests: log[:n], Size: 3}, &traffictest.Stream{})
		if !reflect.DeepEqual(whole, split) {
			t.Fatalf("whole log %+v\nsplit log %+v", whole, split)
		}
	})
}
