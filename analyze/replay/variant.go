package replay

import (
	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// variant counts what the ruleset denies with a switch set another way.
//
// Such a switch is mostly about Referers, and about all requests that have none,
// which are many. So if nothing else differs, requests of whose client, Referer
// and country the ruleset itself knows nothing are not looked at: the variant can
// only deny them for their Referer, and they are counted by that in the end.
type variant struct {
	eval      *match.Evaluator
	byReferer bool
	// denied are those seen. With byReferer it is what has to be added to what
	// would be denied if clients and countries met nothing.
	denied int64
}

func newVariant(m *match.Matcher, s *side) variant {
	if m.DiffersInReferersOnly(s.m) {
		return variant{eval: m.NewEvaluatorBeside(s.eval), byReferer: true}
	}
	return variant{eval: m.NewEvaluator()}
}

// replay applies a variant to all rows of a batch.
func (v *variant) replay(b *record.Batch, places []geo.Country, s *side) {
	rows := traffic.NewRows(b, v.eval.Matcher().Needs)
	s.rows = v.eval.Touched(s.rows[:0], b.IDs(record.Client), b.IDs(record.RefererHost), places)
	for _, i := range s.rows {
		if v.denies(rows.At(int(i), places[i]), s.maxCells) {
			v.denied++
		}
	}
}

func (v *variant) denies(row *match.Row, maxCells int) bool {
	if v.eval.Cells() >= maxCells {
		v.eval.Forget()
	}
	return v.eval.Outcome(v.eval.Cell(row)).Decided != match.Allowed
}

// correct takes requests, of which the ruleset knows something, into those
// variants that count by Referer.
func (s *side) correct(row *match.Row, requests int64) {
	for i := range s.variants {
		v := &s.variants[i]
		if !v.byReferer {
			continue
		}
		denies, alone := v.denies(row, s.maxCells), v.eval.WithReferer(row.Referer).Decided != match.Allowed
		switch {
		case denies && !alone:
			v.denied += requests
		case alone && !denies:
			v.denied -= requests
		}
	}
}

// settle ends the counting by Referer; all are the requests of each.
func (v *variant) settle(all []tally.Counts) {
	if !v.byReferer {
		return
	}
	v.byReferer = false
	for ref, c := range all {
		if c.Requests > 0 && v.eval.WithReferer(uint32(ref)).Decided != match.Allowed {
			v.denied += c.Requests
		}
	}
}

// addCell is replay for the requests of a cell.
func (v *variant) addCell(c *traffic.Cell, maxCells int) {
	if v.eval.Touches(c.Client, c.Referer, c.Country) && v.denies(rowOf(c), maxCells) {
		v.denied += c.Counts.Requests
	}
}
