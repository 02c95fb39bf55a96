package diff

import (
	"cmp"
	"errors"
	"fmt"

	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Result is what changes between two rulesets. Everything in it is exact.
type Result struct {
	Total tally.Counts
	Change
	StillDenied   tally.Counts // by both, or redirected
	ActionChanged tally.Counts // of those: not with the same status, or to the same URL
	Served        Change       // of requests that the log shows answered below 400
	ClientsDenied int64        // distinct clients with newly denied requests

	Rulesets [NumSides]*policy.Ruleset
	Entries  [NumSides][]match.Entry
	Needs    match.Needs // what the gates of either look at
	Rules    [NumSides][]RuleChange
	ByEntry  [NumSides][]Decided

	Countries, Referers, Clients []Value
}

// RuleChange is the change of the requests that a rule decides.
type RuleChange struct {
	Decided
	Clients int64 // distinct clients whose fate changes
}

// Value is the change for one value of a column.
type Value struct {
	Value string
	All   tally.Counts
	Change
	Other bool // the sum of Rest values that are not listed
	Rest  int
}

// Result sums up the analysis, which must not be added to afterwards. Tables
// of values list the top by changed requests, and sum up the rest in one row.
func (a *Analysis) Result(top int) *Result {
	a.settle()
	u := &a.sums
	r := &Result{Total: a.total, ActionChanged: u.actionChanged, Served: u.served, ByEntry: u.entries, ClientsDenied: u.clientsDenied.Len()}
	for current, row := range u.verdicts {
		for candidate, c := range row {
			r.addVerdicts(current, candidate, c)
		}
	}
	for side, m := range a.plan.matchers {
		r.Rulesets[side], r.Entries[side] = m.Ruleset, m.Entries
		r.Needs = r.Needs.Union(m.Needs)
		for i, c := range u.rules[side] {
			r.Rules[side] = append(r.Rules[side], RuleChange{Decided: c, Clients: u.changed[side][i].Len()})
		}
	}
	r.Countries = values(top, a.countries, a.byCountry, func(i int) string { return geo.Country(i).String() })
	r.Referers = values(top, a.referers, a.byReferer, func(i int) string { return a.dicts.RefererHosts.String(record.ID(i)) })
	r.Clients = values(top, a.clients, a.byClient, func(i int) string { return a.dicts.Clients.String(record.ID(i)) })
	return r
}

func (r *Result) addVerdicts(current, candidate int, c tally.Counts) {
	if current > 0 {
		r.Denied[Current] = r.Denied[Current].Plus(c)
	}
	if candidate > 0 {
		r.Denied[Candidate] = r.Denied[Candidate].Plus(c)
	}
	switch {
	case current == 0 && candidate > 0:
		r.NewlyDenied = r.NewlyDenied.Plus(c)
	case current > 0 && candidate == 0:
		r.NewlyAllowed = r.NewlyAllowed.Plus(c)
	case current > 0 && candidate > 0:
		r.StillDenied = r.StillDenied.Plus(c)
	}
}

func values(top int, all []tally.Counts, changed changes, name func(int) string) []Value {
	listed, rest := tally.Listed(top, all, func(i, j int) int {
		if c := cmp.Compare(changed[uint32(j)].moved(), changed[uint32(i)].moved()); c != 0 {
			return c
		}
		if c := cmp.Compare(all[j].Requests, all[i].Requests); c != 0 {
			return c
		}
		return cmp.Compare(name(i), name(j))
	})
	var out []Value
	for _, i := range listed {
		out = append(out, Value{Value: name(i), All: all[i], Change: changed[uint32(i)]})
	}
	if len(rest) > 0 {
		other := Value{Value: "(other)", Other: true, Rest: len(rest)}
		for _, i := range rest {
			other.All, other.Change = other.All.Plus(all[i]), other.Change.plus(changed[uint32(i)])
		}
		out = append(out, other)
	}
	return out
}

// Reconcile checks that all the counts of the result add up to the requests
// read, which the reader counted on its own. A result that does not must not
// be shown.
func (r *Result) Reconcile(rowsRead int64) error {
	var errs []error
	check := func(what string, got, want Change) {
		if got != want {
			errs = append(errs, fmt.Errorf("%s: %+v, of %+v", what, got, want))
		}
	}
	if r.Total.Requests != rowsRead {
		errs = append(errs, fmt.Errorf("requests: %d, of %d", r.Total.Requests, rowsRead))
	}
	for side := range r.Rules {
		var rules, entries Decided
		for _, c := range r.Rules[side] {
			rules = rules.plus(c.Decided)
		}
		for _, c := range r.ByEntry[side] {
			entries = entries.plus(c)
		}
		check("entries of "+r.Rulesets[side].Name, entries.Change, rules.Change)
		check("served entries of "+r.Rulesets[side].Name, entries.Served, rules.Served)
		if rules.Served.Denied[side] != r.Served.Denied[side] {
			errs = append(errs, fmt.Errorf("served rules of %s: %+v, of %+v", r.Rulesets[side].Name, rules.Served.Denied[side], r.Served.Denied[side]))
		}
		if rules.Denied[side] != r.Denied[side] {
			errs = append(errs, fmt.Errorf("rules of %s: %+v, of %+v", r.Rulesets[side].Name, rules.Denied[side], r.Denied[side]))
		}
	}
	for what, list := range map[string][]Value{"countries": r.Countries, "referers": r.Referers, "clients": r.Clients} {
		var all tally.Counts
		var change Change
		for _, v := range list {
			all, change = all.Plus(v.All), change.plus(v.Change)
		}
		check(what, change, r.Change)
		if all != r.Total {
			errs = append(errs, fmt.Errorf("%s: %+v, of %+v", what, all, r.Total))
		}
	}
	return errors.Join(errs...)
}
