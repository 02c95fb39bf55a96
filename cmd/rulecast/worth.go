package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"rulecast/analyze/collateral"
	"rulecast/analyze/fold"
	"rulecast/analyze/policy"
	"rulecast/analyze/savings"
	"rulecast/ingest/record"
	"rulecast/report/view"
)

// worthHelp is what the help of a command with worthFlags says about them.
const worthHelp = `With --own DOMAIN it tells good traffic from bad and says what good requests are
denied, of how many users, and of how many clients that view own pages. Bad are,
for ip rules, clients that misbehave (scan, probe, flood) or are listed by
--label-bad; for referer and country rules these, and what sites embed that
hotlinks would block. With prices it says what denying saves: the bytes of
denied requests that were served, less those of the 403s that they get instead.`

// worthFlags ask what denied requests are worth.
type worthFlags struct {
	judgeFlags
	priceFlags
}

func (f *worthFlags) add(cmd *cobra.Command) {
	f.judgeFlags.add(cmd)
	f.priceFlags.add(cmd)
}

// worthPlan is what is asked of requests beside a question.
type worthPlan struct {
	judge    *collateral.Plan // nil: not asked
	options  *collateral.Options
	prices   *savings.Prices // nil: not asked
	warnings []string
}

// open checks the flags, reads their files and compiles the rulesets. Changes
// says that the first of them is in force, and that what changes to the second
// is asked, too.
func (f *worthFlags) open(cmd *cobra.Command, countries *countrySource, sets []*policy.Ruleset, changes bool) (*worthPlan, error) {
	p := &worthPlan{}
	judged, err := f.judgeFlags.given(cmd)
	if err != nil {
		return nil, err
	}
	if p.prices, err = f.priceFlags.open(cmd); err != nil || !judged {
		return p, err
	}
	var current *policy.Ruleset
	if changes {
		current = sets[0]
	}
	options, warnings, err := f.judgeFlags.open(countries, current)
	if err != nil {
		return nil, err
	}
	options.Candidates, options.Changes, options.WithoutCells = sets, changes, true
	p.warnings, p.options = warnings, &options
	p.judge, err = collateral.NewPlan(options)
	return p, err
}

// kept is what is kept of the values in a log, beside a question about rulesets.
func (p *worthPlan) kept(sets []*policy.Ruleset) *kept {
	k := &kept{costs: replayCosts, rulesets: sets}
	if p.judge != nil {
		k.judging(p.options)
	}
	return k
}

// columns are those that the batches must have.
func (p *worthPlan) columns() (cs record.Columns) {
	if p.judge != nil {
		cs |= p.judge.Columns()
	}
	if p.prices != nil {
		cs |= p.prices.Columns()
	}
	return cs
}

// valued is the analysis of a question, with what is asked beside it.
type valued[A fold.Analysis[A]] struct {
	main   A
	judged *collateral.Analysis // nil: not asked
	bill   *savings.Analysis    // nil: not asked
}

// startWith starts the analyses of one stream.
func startWith[A fold.Analysis[A]](p *worthPlan, main func() A) func() *valued[A] {
	return func() *valued[A] {
		v := &valued[A]{main: main()}
		if p.judge != nil {
			v.judged = p.judge.New()
		}
		if p.prices != nil {
			v.bill = p.prices.New()
		}
		return v
	}
}

func (v *valued[A]) Add(b *record.Batch) error {
	if err := v.main.Add(b); err != nil {
		return err
	}
	if v.judged != nil {
		if err := v.judged.Add(b); err != nil {
			return err
		}
	}
	if v.bill != nil {
		return v.bill.Add(b)
	}
	return nil
}

// Settle does what Merge needs before, of an analysis whose stream has ended.
func (v *valued[A]) Settle() {
	if main, ok := any(v.main).(fold.Settler); ok {
		main.Settle()
	}
	if v.judged != nil {
		v.judged.Settle()
	}
}

func (v *valued[A]) Merge(w *valued[A]) {
	v.main.Merge(w.main)
	if v.judged != nil {
		v.judged.Merge(w.judged)
	}
	if v.bill != nil {
		v.bill.Merge(w.bill)
	}
}

// Finish does what is left to do of the question when all streams are merged.
func (v *valued[A]) Finish() {
	if main, ok := any(v.main).(fold.Finisher); ok {
		main.Finish()
	}
}

// answered is the result of a question, with what the requests are worth.
type answered[R reconciler] struct {
	main  R
	worth view.Worth
	// agrees holds the judgement against the result.
	agrees func(*collateral.Judgement, R) error
}

// worth sums up what was asked beside the question. Inputs are those read.
func (v *valued[A]) worth(inputs []record.Input) (w view.Worth) {
	if v.judged != nil {
		w.Judgement = v.judged.Judge(0, slices.ContainsFunc(inputs, func(in record.Input) bool { return in.Anonymised > 0 }))
	}
	if v.bill != nil {
		w.Bill = v.bill.Bill()
	}
	return w
}

// Reconcile checks that all the counts add up to the requests read, and to each
// other.
func (p *answered[R]) Reconcile(rowsRead int64) error {
	err := p.main.Reconcile(rowsRead)
	if j := p.worth.Judgement; j != nil {
		err = errors.Join(err, j.Reconcile(rowsRead), p.agrees(j, p.main))
	}
	return err
}

// nothing is the worth of no requests, for a report of nothing.
func (p *worthPlan) nothing() *view.Worth {
	w := startWith(p, func() none { return none{} })().worth(nil)
	return &w
}

// none is the analysis of no question.
type none struct{}

func (none) Add(*record.Batch) error { return nil }
func (none) Merge(none)              {}
