package replay

import (
	"math"

	"rulecast/analyze/geo"
	"rulecast/analyze/match"
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

	rows  []uint32 // scratch: rows of the batch at hand
	found []uint32 // scratch: the cells of rows

	sums sums // what cells of ended streams came to

	clients   tally.Table    // denied, by client id
	referers  tally.Table    // denied, by referer id
	countries []tally.Counts // denied, by geo.Country; worked out at the end unless Analysis.placing
	statuses  []tally.Counts // denied, by status
	seen      []tally.Set    // by rule: the clients it would deny
}

// cell counts the requests of one cell. It is smaller than a cache line.
type cell struct {
	all, served tally.Counts
	first, last int64
	rule        int32 // the rule that denies, or one of those below
	denies      uint32
}

// What is said of a cell in place of a rule.
const (
	noRule   = -1
	manyDeny = -2
)

func newCell(out *match.Outcome) cell {
	c := cell{first: math.MaxInt64, last: math.MinInt64, rule: noRule}
	if out.Decided != match.Allowed {
		c.rule, c.denies = int32(out.Decided), 1
	}
	if len(out.Deny) > 1 {
		c.rule = manyDeny
	}
	return c
}

func newSide(m *match.Matcher, variants []*match.Matcher, maxCells int) *side {
	s := &side{
		m: m, maxCells: maxCells,
		countries: make([]tally.Counts, geo.NumCountries),
		seen:      make([]tally.Set, len(m.Ruleset.Rules)),
		sums:      newSums(m),
	}
	var beside []*match.Matcher
	for _, v := range variants {
		if v.DiffersInReferersOnly(m) {
			s.variants = append(s.variants, variant{beside: len(beside)})
			beside = append(beside, v)
		} else {
			s.variants = append(s.variants, variant{eval: v.NewEvaluator()})
		}
	}
	s.eval = m.NewEvaluator(beside...)
	return s
}

// evaluators are those of the ruleset and of its variants.
func (s *side) evaluators() []*match.Evaluator {
	all := []*match.Evaluator{s.eval}
	for i := range s.variants {
		if e := s.variants[i].eval; e != nil {
			all = append(all, e)
		}
	}
	return all
}

// columns are those of a batch that are replayed and counted.
type columns struct {
	match.Values
	bytes, times []int64
	within       int64 // a bound for bytes (tally.SumOf)
	statuses     []uint16
}

// replay applies the ruleset and its variants to the rows of a batch. Places may
// be nil if they make no difference; within is a bound for its bytes.
func (s *side) replay(b *record.Batch, places []geo.Country, within int64) {
	with := columns{
		Values: match.Values{Clients: b.IDs(record.Client), Referers: b.IDs(record.RefererHost), Countries: places},
		bytes:  b.Ints(record.Bytes), times: b.Ints(record.Time), within: within, statuses: b.Statuses(),
	}
	rows := traffic.NewRows(b, s.m.Needs)
	s.rows = s.eval.Touched(s.rows[:0], &with.Values)
	for touched := s.rows; len(touched) > 0; {
		n := s.find(&with.Values, rows, touched)
		s.count(&with, touched[:n])
		touched = touched[n:]
	}
	for v := range s.variants {
		if s.variants[v].eval != nil {
			s.variants[v].replay(b, &with.Values, s)
		}
	}
}

// find leaves in s.found the cells of the first of the rows, and returns of how
// many: as long as there is room for cells.
func (s *side) find(values *match.Values, rows *traffic.Rows, touched []uint32) int {
	s.makeRoom()
	s.found = s.found[:0]
	if !s.m.Gated() {
		s.found = s.eval.AppendCells(s.found, touched, values, s.maxCells)
	} else {
		for _, i := range touched {
			if s.eval.Cells() >= s.maxCells {
				break
			}
			s.found = append(s.found, s.eval.Cell(rows.At(int(i), values.Country(i))))
		}
	}
	s.addCells()
	return len(s.found)
}

// makeRoom forgets all cells if there is no room for another.
func (s *side) makeRoom() {
	if s.eval.Cells() >= s.maxCells {
		s.settle()
		s.eval.Forget()
	}
}

// addCells catches up with the cells of the evaluator.
func (s *side) addCells() {
	for id := len(s.cells); id < s.eval.Cells(); id++ {
		s.cells = append(s.cells, newCell(s.eval.Outcome(uint32(id))))
	}
}

// count files these rows of a batch, whose cells are s.found, under their cells,
// and counts those that are denied. Tables of many values wait for memory: a loop
// that does nothing else waits for many rows at once. No branch depends on what
// becomes of a request, because no processor foresees that.
func (s *side) count(with *columns, rows []uint32) {
	found := s.found
	n := 0
	for j, i := range rows {
		c, bytes := &s.cells[found[j]], with.bytes[i]
		c.all.Add(bytes)
		if t := with.times[i]; t != record.NoTime {
			c.first, c.last = min(c.first, t), max(c.last, t)
		}
		served := int64(0)
		if traffic.Served(with.statuses[i]) {
			served = 1
		}
		c.served.Requests += served
		c.served.Bytes += bytes & -served
		rows[n], found[n] = i, found[j]
		n += int(c.denies)
	}
	s.countDenied(with, rows[:n], found[:n])
}

func (s *side) countDenied(with *columns, rows, cells []uint32) {
	s.clients.AddRows(rows, with.Clients, with.bytes, with.within)
	s.referers.AddRows(rows, with.Referers, with.bytes, with.within)
	for j, i := range rows {
		if rule := s.cells[cells[j]].rule; rule != manyDeny {
			s.seen[rule].Add(with.Clients[i])
			continue
		}
		for _, rule := range s.eval.Outcome(cells[j]).Deny {
			s.seen[rule].Add(with.Clients[i])
		}
	}
	for _, i := range rows {
		status := with.statuses[i]
		if int(status) >= len(s.statuses) {
			s.statuses = tally.Grown(s.statuses, int(status)+1)
		}
		s.statuses[status].Add(with.bytes[i])
	}
	if with.Countries != nil {
		for _, i := range rows {
			s.countries[with.Countries[i]].Add(with.bytes[i])
		}
	}
}

// end settles a side when its stream has ended; referers are all requests by
// Referer.
func (s *side) end(referers *tally.Table) {
	s.settle()
	for v := range s.variants {
		s.variants[v].settle(referers, s.eval)
	}
}

// settle moves what the cells have counted into the sums.
func (s *side) settle() {
	for id := range s.cells {
		c := &s.cells[id]
		if c.all.Requests == 0 {
			continue
		}
		s.sums.add(s.m, c, s.eval.Outcome(uint32(id)))
		for v := range s.variants {
			s.variants[v].correct(uint32(id), c.all.Requests, s.eval)
		}
	}
	s.cells = s.cells[:0]
}
