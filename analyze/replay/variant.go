package replay

import (
	"rulecast/analyze/match"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// variant counts what the ruleset denies with a switch set another way.
//
// Such a switch is mostly about Referers, and about all requests that have none,
// which are many. So if nothing else differs, requests are not looked at: those
// of whose client, Referer and country the ruleset itself knows nothing the
// variant can only deny for their Referer, and they are counted by that in the
// end. The others are counted by the ruleset's own cells, which are fine enough.
type variant struct {
	eval   *match.Evaluator // nil: counted by Referer and by cells
	beside int              // its number among the matchers beside the ruleset's, if so
	// denied are those seen. Before the end of a stream that is counted by Referer
	// it is what has to be added to what would be denied if clients and countries
	// met nothing.
	denied int64
}

// replay applies a variant to all rows of a batch.
func (v *variant) replay(b *record.Batch, values *match.Values, s *side) {
	rows := traffic.NewRows(b, v.eval.Matcher().Needs)
	s.rows = v.eval.Touched(s.rows[:0], values)
	for _, i := range s.rows {
		if v.denies(rows.At(int(i), values.Country(i)), s.maxCells) {
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

// correct takes in the requests of a cell, of which the ruleset knows something,
// if the variant is counted by Referer.
func (v *variant) correct(cell uint32, requests int64, eval *match.Evaluator) {
	if v.eval != nil {
		return
	}
	switch denies, alone := eval.Beside(v.beside, cell); {
	case denies && !alone:
		v.denied += requests
	case alone && !denies:
		v.denied -= requests
	}
}

// settle ends the counting by Referer; all are the requests of each.
func (v *variant) settle(all *tally.Table, eval *match.Evaluator) {
	if v.eval != nil {
		return
	}
	for ref := range all.Len() {
		if n := all.At(ref).Requests; n > 0 && eval.BesideByReferer(v.beside, uint32(ref)) {
			v.denied += n
		}
	}
}

// addCell is replay for the requests of a cell.
func (v *variant) addCell(c *traffic.Cell, maxCells int) {
	if v.eval.Touches(c.Client, c.Referer, c.Country) && v.denies(rowOf(c), maxCells) {
		v.denied += c.Counts.Requests
	}
}
