package replay

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"

	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Result is what a replay found. Everything in it is exact.
type Result struct {
	Total       tally.Counts
	Clients     int64 // distinct
	First, Last int64 // times of the earliest and latest request; record.NoTime if none has one
	Sides       []Side
}

// Side is one candidate's part of a result.
type Side struct {
	Candidate Candidate
	Entries   []match.Entry
	Needs     match.Needs // what its gates look at

	Denied, Redirected tally.Counts
	// Served are the denied or redirected requests that the log shows answered
	// with a status below 400: what would really change.
	Served tally.Counts
	// Inert are the requests that an IP rule would have denied if it had been
	// consulted for clients of a listed country.
	Inert tally.Counts
	// Overlap counts by the set of controls that would deny: bit 0 is ip, bit 1
	// country, bit 2 referer.
	Overlap     [1 << policy.NumControls]tally.Counts
	Rules       []RuleCounts // as in the ruleset
	RuleClients []int64      // distinct clients that the rule would deny
	EntryCounts []EntryCounts
	Variants    []int64 // requests denied under each variant of the candidate

	Countries, Referers, TopClients, Statuses []Value
}

// Value is what one value of a column was asked for and denied.
type Value struct {
	Value       string
	All, Denied tally.Counts
	// Other says that this is the sum of Rest values that are not listed.
	Other bool
	Rest  int
}

// Result sums up the analysis, which must not be added to afterwards. Tables
// of values list the top by denied and then by all requests, and sum up the
// rest in one row; statuses are listed in full.
func (a *Analysis) Result(top int) *Result {
	a.Finish()
	r := &Result{Total: a.total, First: orNoTime(a.first, math.MaxInt64), Last: orNoTime(a.last, math.MinInt64)}
	for _, c := range a.clients {
		if c.Requests > 0 {
			r.Clients++
		}
	}
	for i, s := range a.sides {
		r.Sides = append(r.Sides, a.sideResult(a.plan.candidates[i], s, top))
	}
	return r
}

func orNoTime(t, none int64) int64 {
	if t == none {
		return record.NoTime
	}
	return t
}

func (a *Analysis) sideResult(c Candidate, s *side, top int) Side {
	u := &s.sums
	out := Side{
		Candidate: c, Entries: s.m.Entries, Needs: s.m.Needs, Denied: u.denied, Redirected: u.redirected, Served: u.served, Inert: u.inert,
		Overlap: u.overlap, Rules: u.rules, EntryCounts: u.entries,
	}
	out.Overlap[0] = a.total.Minus(u.denied).Minus(u.redirected)
	for i := range out.EntryCounts {
		e := &out.EntryCounts[i]
		e.First, e.Last = orNoTime(e.First, math.MaxInt64), orNoTime(e.Last, math.MinInt64)
	}
	for _, set := range s.seen {
		out.RuleClients = append(out.RuleClients, set.Len())
	}
	for _, v := range s.variants {
		out.Variants = append(out.Variants, v.denied)
	}
	out.Countries = values(top, a.countries, s.countries, func(i int) string { return geo.Country(i).String() })
	out.Referers = values(top, a.referers, s.referers, func(i int) string { return a.dicts.RefererHosts.String(record.ID(i)) })
	out.TopClients = values(top, a.clients, s.clients, func(i int) string { return a.dicts.Clients.String(record.ID(i)) })
	out.Statuses = statuses(a.statuses, s.statuses)
	return out
}

func values(top int, all, denied []tally.Counts, name func(int) string) []Value {
	denied = tally.Grown(denied, len(all))
	listed, rest := tally.Listed(top, all, func(i, j int) int {
		if c := cmp.Compare(denied[j].Requests, denied[i].Requests); c != 0 {
			return c
		}
		if c := cmp.Compare(all[j].Requests, all[i].Requests); c != 0 {
			return c
		}
		if c := cmp.Compare(all[j].Bytes, all[i].Bytes); c != 0 {
			return c
		}
		return cmp.Compare(name(i), name(j))
	})
	var out []Value
	for _, i := range listed {
		out = append(out, Value{Value: name(i), All: all[i], Denied: denied[i]})
	}
	if len(rest) > 0 {
		other := Value{Value: "(other)", Other: true, Rest: len(rest)}
		for _, i := range rest {
			other.All, other.Denied = other.All.Plus(all[i]), other.Denied.Plus(denied[i])
		}
		out = append(out, other)
	}
	return out
}

// statuses lists every status in numerical order. A log without one has
// "000".
func statuses(all, denied []tally.Counts) []Value {
	denied = tally.Grown(denied, len(all))
	var out []Value
	for s, c := range all {
		if c.Requests > 0 {
			name := strconv.Itoa(s)
			if s < 100 {
				name = fmt.Sprintf("%03d", s)
			}
			out = append(out, Value{Value: name, All: c, Denied: denied[s]})
		}
	}
	return out
}

// Reconcile checks that all the counts of the result add up to the requests
// read, which the reader counted on its own. A result that does not must not
// be shown.
func (r *Result) Reconcile(rowsRead int64) error {
	var errs []error
	check := func(what string, got, want tally.Counts) {
		if got != want {
			errs = append(errs, fmt.Errorf("%s: %d requests and %d bytes, of %d and %d", what, got.Requests, got.Bytes, want.Requests, want.Bytes))
		}
	}
	check("requests", r.Total, tally.Counts{Requests: rowsRead, Bytes: r.Total.Bytes})
	for i := range r.Sides {
		s := &r.Sides[i]
		name := s.Candidate.Ruleset.Name
		stopped := s.Denied.Plus(s.Redirected)
		var overlap, decided, served tally.Counts
		for _, c := range s.Overlap {
			overlap = overlap.Plus(c)
		}
		check(name+": overlap of controls", overlap, r.Total)
		byRule, servedBy := make([]tally.Counts, len(s.Rules)), make([]tally.Counts, len(s.Rules))
		for e, c := range s.EntryCounts {
			rule := s.Entries[e].Rule
			byRule[rule], servedBy[rule] = byRule[rule].Plus(c.Decided), servedBy[rule].Plus(c.Served)
		}
		for rule, c := range s.Rules {
			decided, served = decided.Plus(c.Decided), served.Plus(c.Served)
			check(fmt.Sprintf("%s: entries of rule %d", name, rule), byRule[rule], c.Decided)
			check(fmt.Sprintf("%s: served entries of rule %d", name, rule), servedBy[rule], c.Served)
		}
		check(name+": rules", decided, stopped)
		check(name+": served rules", served, s.Served)
		for what, list := range map[string][]Value{"countries": s.Countries, "referers": s.Referers, "clients": s.TopClients, "statuses": s.Statuses} {
			var all, denied tally.Counts
			for _, v := range list {
				all, denied = all.Plus(v.All), denied.Plus(v.Denied)
			}
			check(name+": "+what, all, r.Total)
			check(name+": denied "+what, denied, stopped)
		}
	}
	return errors.Join(errs...)
}
