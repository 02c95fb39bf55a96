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
	for id := range a.clients.Len() {
		if a.clients.At(id).Requests > 0 {
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
	for _, list := range []struct {
		to *[]Value
		ranking
	}{
		{&out.Countries, ranking{tally.TableOf(a.countries), tally.TableOf(s.countries), func(i int) string { return geo.Country(i).String() }}},
		{&out.Referers, ranking{&a.referers, &s.referers, func(i int) string { return a.dicts.RefererHosts.String(record.ID(i)) }}},
		{&out.TopClients, ranking{&a.clients, &s.clients, func(i int) string { return a.dicts.Clients.String(record.ID(i)) }}},
	} {
		*list.to = list.values(top)
	}
	out.Statuses = statuses(a.statuses, s.statuses)
	return out
}

// ranking orders values by denied and then by all requests.
type ranking struct {
	all, denied *tally.Table
	name        func(int) string
}

// values lists the top values.
func (r *ranking) values(top int) []Value {
	listed, rest := r.first(top)
	var out []Value
	for _, id := range listed {
		v := Value{Value: r.name(id), All: r.all.At(id), Denied: r.denied.At(id)}
		out = append(out, v)
		rest.Rest, rest.All, rest.Denied = rest.Rest-1, rest.All.Minus(v.All), rest.Denied.Minus(v.Denied)
	}
	if rest.Rest > 0 {
		out = append(out, rest)
	}
	return out
}

// first are the top values that have requests, and the sum of all. Nearly all of
// many values have fewer than the last of those kept, and are not compared.
func (r *ranking) first(top int) (kept []int, sum Value) {
	sum = Value{Value: "(other)", Other: true}
	keep := func() {
		var best []int
		for _, i := range tally.Top(top, len(kept), func(i, j int) int { return r.compare(kept[i], kept[j]) }) {
			best = append(best, kept[i])
		}
		kept = best
	}
	leastDenied, least := int64(0), int64(1)
	for id := range r.all.Len() {
		all, denied := r.all.At(id), r.denied.At(id)
		sum.All, sum.Denied = sum.All.Plus(all), sum.Denied.Plus(denied)
		if all.Requests > 0 {
			sum.Rest++
		}
		if top == 0 || denied.Requests < leastDenied || denied.Requests == leastDenied && all.Requests < least {
			continue
		}
		kept = append(kept, id)
		if len(kept)/2-32 >= top {
			keep()
			last := kept[top-1]
			leastDenied, least = r.denied.At(last).Requests, r.all.At(last).Requests
		}
	}
	keep()
	return kept, sum
}

func (r *ranking) compare(i, j int) int {
	if c := cmp.Compare(r.denied.At(j).Requests, r.denied.At(i).Requests); c != 0 {
		return c
	}
	all, other := r.all.At(i), r.all.At(j)
	if c := cmp.Compare(other.Requests, all.Requests); c != 0 {
		return c
	}
	if c := cmp.Compare(other.Bytes, all.Bytes); c != 0 {
		return c
	}
	return cmp.Compare(r.name(i), r.name(j))
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
