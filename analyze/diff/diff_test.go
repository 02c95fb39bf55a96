package diff

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic/traffictest"
)

func TestDiffAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := traffictest.Log(t, where)
		current, candidate := policytest.Ruleset(t), policytest.Ruleset(t)
		plan, err := NewPlan(current, candidate, geo.PreferLog, where)
		if err != nil {
			t.Fatal(err)
		}
		plan.maxCells = rapid.SampledFrom([]int{2, 5, plan.maxCells}).Draw(t, "cells")
		a, err := fold.Run(context.Background(), traffictest.Streams(t, log), plan.New)
		if err != nil {
			t.Fatal(err)
		}
		got := a.Result(rapid.IntRange(0, 5).Draw(t, "top"))
		if err := got.Reconcile(int64(len(log))); err != nil {
			t.Fatal(err)
		}
		compare(t, got, [NumSides]*policy.Ruleset{current, candidate}, log)
		whole, err := fold.Run(context.Background(), traffictest.Streams(t, log), plan.New)
		if err != nil {
			t.Fatal(err)
		}
		if again := whole.Result(len(log)); !reflect.DeepEqual(again.Rules, got.Rules) || again.Change != got.Change {
			t.Fatalf("another split gives %+v, not %+v", again, got)
		}
	})
}

func compare(t *rapid.T, got *Result, sets [NumSides]*policy.Ruleset, log []traffictest.Request) {
	var want Change
	var served Change
	rules := map[string]Decided{}
	clients := map[string]map[netip.Addr]bool{"newly denied": {}}
	for _, q := range log {
		one := tally.Counts{Requests: 1, Bytes: q.Bytes}
		var c Change
		var decided [NumSides]int
		for side, rs := range sets {
			decided[side] = explain.Explain(rs, q.Request).Decided
			if decided[side] >= 0 {
				c.Denied[side] = one
			}
		}
		if decided[Current] < 0 && decided[Candidate] >= 0 {
			c.NewlyDenied = one
			clients["newly denied"][q.Client] = true
		}
		if decided[Current] >= 0 && decided[Candidate] < 0 {
			c.NewlyAllowed = one
		}
		want = want.plus(c)
		if q.Status > 0 && q.Status < 400 {
			served = served.plus(c)
		}
		for side, rule := range decided {
			if rule < 0 {
				continue
			}
			key := fmt.Sprint(side, " ", rule)
			decided := Decided{Change: c}
			if q.Status > 0 && q.Status < 400 {
				decided.Served = c
			}
			rules[key] = rules[key].plus(decided)
			if clients[key] == nil {
				clients[key] = map[netip.Addr]bool{}
			}
			if c.NewlyDenied.Requests+c.NewlyAllowed.Requests > 0 {
				clients[key][q.Client] = true
			}
		}
	}
	if got.Change != want || got.Served != served || got.ClientsDenied != int64(len(clients["newly denied"])) {
		t.Fatalf("changes %+v, served %+v, clients %d; oracle says %+v, %+v, %d", got.Change, got.Served, got.ClientsDenied, want, served, len(clients["newly denied"]))
	}
	for side := range got.Rules {
		for i, c := range got.Rules[side] {
			key := fmt.Sprint(side, " ", i)
			if c.Decided != rules[key] || c.Clients != int64(len(clients[key])) {
				t.Fatalf("side %d rule %d: %+v, oracle says %+v and %d clients", side, i, c, rules[key], len(clients[key]))
			}
		}
	}
}
