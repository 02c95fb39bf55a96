package collateral

import (
	"rulecast/analyze/fetch"
	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// part is a part of a ruleset that denies requests: first the ruleset as a
// whole, by the set of controls that deny (bit 0 is that of control 0, and so
// on); then twice each rule and twice each entry of the matcher, the second
// time for requests that nothing else of its kind denies. So there are few,
// whatever a log makes of a ruleset's gates.
type part uint32

// masks are the parts that are the ruleset as a whole.
const masks = 1 << policy.NumControls

// partsOf is the number of parts of a ruleset.
func partsOf(m *match.Matcher) part { return part(masks + 2*len(m.Ruleset.Rules) + 2*len(m.Entries)) }

func rulePart(rule int, alone bool) part { return part(masks + 2*rule + one(alone)) }

func entryPart(m *match.Matcher, entry int, alone bool) part {
	return part(masks + 2*len(m.Ruleset.Rules) + 2*entry + one(alone))
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// maskOf is the ruleset as a whole, with the controls that deny.
func maskOf(out *match.Outcome) (mask part) {
	for control, denies := range out.Controls {
		mask |= part(one(denies)) << control
	}
	return mask
}

// matching appends the parts that deny, whatever others do; none if the
// requests are allowed.
func matching(parts []part, m *match.Matcher, out *match.Outcome) []part {
	if out.Decided == match.Allowed {
		return parts
	}
	parts = append(parts, maskOf(out))
	for _, rule := range out.Deny {
		parts = append(parts, rulePart(rule, len(out.Deny) == 1))
	}
	for _, e := range out.DenyEntries {
		parts = append(parts, entryPart(m, e, len(out.DenyEntries) == 1))
	}
	return parts
}

// deciding appends the whole, and the rule and the entry that decide.
func deciding(parts []part, m *match.Matcher, out *match.Outcome) []part {
	return append(parts, maskOf(out), rulePart(out.Decided, len(out.Deny) == 1), entryPart(m, out.DecidedEntry, len(out.DenyEntries) == 1))
}

// trial applies the candidates to the requests of one stream, and keeps what
// any of them denies.
type trial struct {
	evals   []*match.Evaluator
	from    []part // of each candidate, and with changes a second time of each: the number of its first part
	changes bool
	denied  table

	parts []part // of the row at hand
}

func newTrial(candidates []*match.Matcher, changes bool) trial {
	t := trial{changes: changes}
	var next part
	for range 1 + one(changes) {
		for _, m := range candidates {
			t.from = append(t.from, next)
			next += partsOf(m)
		}
	}
	for _, m := range candidates {
		t.evals = append(t.evals, m.NewEvaluator())
	}
	return t
}

// add applies the candidates to the rows of a batch, which fetch these kinds.
func (t *trial) add(b *record.Batch, places []geo.Country, kinds []fetch.Kind, maxCells int) {
	if len(t.evals) == 0 {
		return
	}
	var rows []*traffic.Rows
	for _, e := range t.evals {
		rows = append(rows, traffic.NewRows(b, e.Matcher().Needs))
	}
	outcomes := make([]*match.Outcome, len(t.evals))
	clients, referers, sizes := b.IDs(record.Client), b.IDs(record.RefererHost), b.Ints(record.Bytes)
	for i, client := range clients {
		touched := false
		for n, e := range t.evals {
			outcomes[n] = nil
			if e.Touches(client, referers[i], places[i]) {
				outcomes[n], touched = evaluate(e, rows[n].At(i, places[i]), maxCells), true
			}
		}
		if !touched {
			continue
		}
		t.parts = t.parts[:0]
		t.collect(outcomes)
		t.denied.reserve(len(t.parts))
		for _, p := range t.parts {
			k := packed{pair(client, referers[i]), uint64(p) | uint64(kinds[i])<<32}
			t.denied.find(k, k.hash()).counts.Add(sizes[i])
		}
	}
}

// evaluate is what a ruleset says of a row; nil if it allows it. It is valid
// until the next call.
func evaluate(e *match.Evaluator, row *match.Row, maxCells int) *match.Outcome {
	if e.Cells() >= maxCells {
		e.Forget()
	}
	if out := e.Outcome(e.Cell(row)); out.Decided != match.Allowed {
		return out
	}
	return nil
}

// collect numbers the parts of all candidates that deny a row: nil are those
// that allow it.
func (t *trial) collect(outcomes []*match.Outcome) {
	for n, out := range outcomes {
		if out == nil {
			continue
		}
		m := t.evals[n].Matcher()
		t.number(t.from[n], matching, m, out)
		if t.changes && outcomes[1-n] == nil {
			t.number(t.from[len(outcomes)+n], deciding, m, out)
		}
	}
}

// number collects what list appends, numbered from a part on.
func (t *trial) number(from part, list func([]part, *match.Matcher, *match.Outcome) []part, m *match.Matcher, out *match.Outcome) {
	start := len(t.parts)
	t.parts = list(t.parts, m, out)
	for i := start; i < len(t.parts); i++ {
		t.parts[i] += from
	}
}

// harms are those of each candidate, and of what each denies that the other
// does not.
func (t *trial) harms(j *Judgement) (all, newly []*Harms) {
	var each []*harmed
	for range 1 + one(t.changes) {
		for _, e := range t.evals {
			each = append(each, newHarmed(j, e.Matcher()))
		}
	}
	var c Cell
	for e := range t.denied.all() {
		c.Client, c.Referer = e.key.ids()
		c.Kind, c.Counts = fetch.Kind(e.key.b>>32), e.counts
		j.weigh(&c)
		p := part(e.key.b)
		n := len(t.from) - 1
		for t.from[n] > p {
			n--
		}
		each[n].add(&c, p-t.from[n])
	}
	for n, h := range each {
		if n < len(t.evals) {
			all = append(all, h.harms())
		} else {
			newly = append(newly, h.harms())
		}
	}
	return all, newly
}
