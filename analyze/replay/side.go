package replay

import (
	"math"

	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// side is one candidate's part of an analysis.
type side struct {
	m        *match.Matcher
	eval     *match.Evaluator
	maxCells int
	cells    []cell // by cell of eval; those of cell 0 are worked out at the end
	variants []variant
	rows     []uint32 // scratch: rows of the batch at hand

	sums sums // what cells of ended streams came to

	clients   []tally.Counts // denied, by client id
	referers  []tally.Counts // denied, by referer id
	countries []tally.Counts // denied, by geo.Country
	statuses  []tally.Counts // denied, by status
	seen      []tally.Set    // by rule: the clients it would deny
}

// cell counts the requests of one cell.
type cell struct {
	all, served tally.Counts
	first, last int64
}

func newSide(m *match.Matcher, variants []*match.Matcher, maxCells int) *side {
	s := &side{
		m: m, eval: m.NewEvaluator(), maxCells: maxCells,
		countries: make([]tally.Counts, geo.NumCountries),
		seen:      make([]tally.Set, len(m.Ruleset.Rules)),
		sums:      newSums(m),
	}
	for _, v := range variants {
		s.variants = append(s.variants, newVariant(v, s))
	}
	return s
}

// follow makes room for the values that the dictionaries have gained.
func (s *side) follow(d *record.Dicts) {
	s.clients = tally.Grown(s.clients, d.Clients.Len())
	s.referers = tally.Grown(s.referers, d.RefererHosts.Len())
}

// replay applies the ruleset and its variants to the rows of a batch.
func (s *side) replay(b *record.Batch, places []geo.Country) {
	rows := traffic.NewRows(b, s.m.Needs)
	clients, referers := b.IDs(record.Client), b.IDs(record.RefererHost)
	s.rows = s.eval.Touched(s.rows[:0], clients, referers, places)
	denied := s.rows[:0]
	with := counted{bytes: b.Ints(record.Bytes), times: b.Ints(record.Time), statuses: b.Statuses()}
	for _, i := range s.rows {
		row := rows.At(int(i), places[i])
		s.correct(row, 1)
		if s.count(&with, int(i), row) {
			denied = append(denied, i)
		}
	}
	// The counts of clients are in a large table that waits for memory. This loop
	// waits for many rows at once.
	for _, i := range denied {
		s.clients[clients[i]].Add(with.bytes[i])
	}
	for _, i := range denied {
		s.referers[referers[i]].Add(with.bytes[i])
		s.countries[places[i]].Add(with.bytes[i])
	}
	for v := range s.variants {
		if !s.variants[v].byReferer {
			s.variants[v].replay(b, places, s)
		}
	}
}

// counted are the columns of a batch that are counted.
type counted struct {
	bytes, times []int64
	statuses     []uint16
}

// count files row i of the batch under its cell, and reports whether it is
// denied.
func (s *side) count(with *counted, i int, row *match.Row) (denied bool) {
	c, out := s.open(row)
	bytes, status := with.bytes[i], with.statuses[i]
	c.all.Add(bytes)
	if t := with.times[i]; t != record.NoTime {
		c.first, c.last = min(c.first, t), max(c.last, t)
	}
	if out.Decided == match.Allowed {
		return false
	}
	if traffic.Served(status) {
		c.served.Add(bytes)
	}
	if int(status) >= len(s.statuses) {
		s.statuses = tally.Grown(s.statuses, int(status)+1)
	}
	s.statuses[status].Add(bytes)
	for _, rule := range out.Deny {
		s.seen[rule].Add(row.Client)
	}
	return true
}

// RuleCounts is what one rule, or one entry, would have done.
type RuleCounts struct {
	Decided   tally.Counts // it was the first to deny
	Matched   tally.Counts // it would deny, whatever other rules do
	Exclusive tally.Counts // nothing else would deny
	Served    tally.Counts // of Decided: the log shows them answered below 400
}

// EntryCounts is what one entry would have done. An entry of an allow list
// denies nothing: its Matched are the requests that it lets past its rule, and
// its Exclusive those that no other entry of the rule lets past.
type EntryCounts struct {
	RuleCounts
	First, Last int64 // time of the first and last Matched, record.NoTime if none
}

// sums are the counts of a ruleset, in which nothing refers to a stream.
type sums struct {
	denied, redirected, served tally.Counts
	inert                      tally.Counts // not denied by an IP rule because of the client's country
	overlap                    [1 << policy.NumControls]tally.Counts
	rules                      []RuleCounts
	entries                    []EntryCounts
}

func newSums(m *match.Matcher) sums {
	u := sums{rules: make([]RuleCounts, len(m.Ruleset.Rules)), entries: make([]EntryCounts, len(m.Entries))}
	for i := range u.entries {
		u.entries[i].First, u.entries[i].Last = math.MaxInt64, math.MinInt64
	}
	return u
}

// open is the cell of a request, and what the ruleset says of it.
func (s *side) open(row *match.Row) (*cell, *match.Outcome) {
	if s.eval.Cells() >= s.maxCells {
		s.settle()
		s.eval.Forget()
	}
	id := s.eval.Cell(row)
	for int(id) >= len(s.cells) {
		s.cells = append(s.cells, cell{first: math.MaxInt64, last: math.MinInt64})
	}
	return &s.cells[id], s.eval.Outcome(id)
}

// end settles a side when its stream has ended; referers are all requests by
// Referer.
func (s *side) end(referers []tally.Counts) {
	s.settle()
	for v := range s.variants {
		s.variants[v].settle(referers)
	}
}

// settle moves what the cells have counted into the sums.
func (s *side) settle() {
	for id := range s.cells {
		c := &s.cells[id]
		if c.all.Requests > 0 {
			s.sums.add(s.m, c, s.eval.Outcome(uint32(id)))
		}
	}
	s.cells = nil
}

func (u *sums) add(m *match.Matcher, c *cell, out *match.Outcome) {
	for _, e := range out.AllowEntries {
		u.entries[e].meet(c)
		if alone(m, out.AllowEntries, e) {
			u.entries[e].Exclusive = u.entries[e].Exclusive.Plus(c.all)
		}
	}
	if out.Inert {
		u.inert = u.inert.Plus(c.all)
	}
	if out.Decided == match.Allowed {
		return
	}
	if out.Action.Kind == policy.Redirect {
		u.redirected = u.redirected.Plus(c.all)
	} else {
		u.denied = u.denied.Plus(c.all)
	}
	u.served = u.served.Plus(c.served)
	mask := 0
	for control, denies := range out.Controls {
		if denies {
			mask |= 1 << control
		}
	}
	u.overlap[mask] = u.overlap[mask].Plus(c.all)
	u.addRules(m, c, out)
}

func (u *sums) addRules(m *match.Matcher, c *cell, out *match.Outcome) {
	u.rules[out.Decided].decide(c)
	u.entries[out.DecidedEntry].decide(c)
	for _, rule := range out.Deny {
		u.rules[rule].Matched = u.rules[rule].Matched.Plus(c.all)
	}
	for _, e := range out.DenyEntries {
		u.entries[e].meet(c)
	}
	if len(out.Deny) == 1 {
		u.rules[out.Decided].Exclusive = u.rules[out.Decided].Exclusive.Plus(c.all)
	}
	if len(out.DenyEntries) == 1 {
		e := &u.entries[out.DecidedEntry]
		e.Exclusive = e.Exclusive.Plus(c.all)
	}
}

// decide counts the requests of a cell as decided.
func (r *RuleCounts) decide(c *cell) {
	r.Decided, r.Served = r.Decided.Plus(c.all), r.Served.Plus(c.served)
}

// meet counts the requests of a cell as matched.
func (e *EntryCounts) meet(c *cell) {
	e.Matched = e.Matched.Plus(c.all)
	e.First, e.Last = min(e.First, c.first), max(e.Last, c.last)
}

// alone reports whether entry is the only one of its rule among entries.
func alone(m *match.Matcher, entries []int, entry int) bool {
	for _, e := range entries {
		if e != entry && m.Entries[e].Rule == m.Entries[entry].Rule {
			return false
		}
	}
	return true
}

func (u *sums) merge(v *sums) {
	u.denied, u.redirected = u.denied.Plus(v.denied), u.redirected.Plus(v.redirected)
	u.served, u.inert = u.served.Plus(v.served), u.inert.Plus(v.inert)
	for i, c := range v.overlap {
		u.overlap[i] = u.overlap[i].Plus(c)
	}
	for i := range v.rules {
		u.rules[i].merge(&v.rules[i])
	}
	for i := range v.entries {
		e, w := &u.entries[i], &v.entries[i]
		e.merge(&w.RuleCounts)
		e.First, e.Last = min(e.First, w.First), max(e.Last, w.Last)
	}
}

func (r *RuleCounts) merge(s *RuleCounts) {
	r.Decided = r.Decided.Plus(s.Decided)
	r.Matched = r.Matched.Plus(s.Matched)
	r.Exclusive = r.Exclusive.Plus(s.Exclusive)
	r.Served = r.Served.Plus(s.Served)
}
