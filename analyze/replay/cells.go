package replay

import (
	"fmt"
	"iter"

	"rulecast/analyze/match"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// Cells replays requests that were gathered into cells, whose ids are those of
// d. The result is the same as that of a replay of the requests. Rulesets that
// look at more than a cell has are an error.
func (p *Plan) Cells(d *record.Dicts, cells iter.Seq[traffic.Cell]) (*Analysis, error) {
	for i, m := range p.matchers {
		needs := m.Needs
		for _, v := range p.variants[i] {
			needs = needs.Union(v.Needs)
		}
		if needs != (match.Needs{}) {
			return nil, fmt.Errorf("%s: has rules that look at single requests", p.candidates[i].Ruleset.Name)
		}
	}
	a := p.New()
	a.placing, a.dicts = true, d
	a.follower.FollowUnplaced(d)
	a.makeRoomForClients(d)
	a.makeRoomForReferers(d)
	for c := range cells {
		a.addCell(&c)
	}
	return a, nil
}

func (a *Analysis) addCell(c *traffic.Cell) {
	a.total = a.total.Plus(c.Counts)
	a.clients.AddCounts(c.Client, c.Counts)
	a.referers.AddCounts(c.Referer, c.Counts)
	a.countries[c.Country] = a.countries[c.Country].Plus(c.Counts)
	a.statuses = tally.Grown(a.statuses, int(c.Status)+1)
	a.statuses[c.Status] = a.statuses[c.Status].Plus(c.Counts)
	if c.First != record.NoTime {
		a.first, a.last = min(a.first, c.First), max(a.last, c.Last)
	}
	for _, s := range a.sides {
		s.addCell(c)
		for v := range s.variants {
			if s.variants[v].eval != nil {
				s.variants[v].addCell(c, s.maxCells)
			}
		}
	}
}

func rowOf(c *traffic.Cell) *match.Row {
	return &match.Row{Client: c.Client, Referer: c.Referer, Country: c.Country}
}

// addCell is count for the requests of a cell.
func (s *side) addCell(c *traffic.Cell) {
	if !s.eval.Touches(c.Client, c.Referer, c.Country) {
		return
	}
	s.makeRoom()
	id := s.eval.Cell(rowOf(c))
	s.addCells()
	to, out := &s.cells[id], s.eval.Outcome(id)
	to.all = to.all.Plus(c.Counts)
	if c.First != record.NoTime {
		to.first, to.last = min(to.first, c.First), max(to.last, c.Last)
	}
	if out.Decided == match.Allowed {
		return
	}
	if traffic.Served(c.Status) {
		to.served = to.served.Plus(c.Counts)
	}
	s.clients.AddCounts(c.Client, c.Counts)
	s.referers.AddCounts(c.Referer, c.Counts)
	s.countries[c.Country] = s.countries[c.Country].Plus(c.Counts)
	s.statuses = tally.Grown(s.statuses, int(c.Status)+1)
	s.statuses[c.Status] = s.statuses[c.Status].Plus(c.Counts)
	for _, rule := range out.Deny {
		s.seen[rule].Add(c.Client)
	}
}
