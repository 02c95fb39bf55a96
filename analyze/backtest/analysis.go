// Package backtest asks whether lists chosen on some days would have held on
// the days after: it chooses by the log up to a day, and counts what the lists
// do to the days that follow.
package backtest

import (
	"fmt"
	"maps"
	"slices"

	"rulecast/analyze/collateral"
	"rulecast/ingest/record"
)

// MostDays is how many days a backtest takes: what is known of each is kept on
// its own.
const MostDays = 62

// Plan is what is shared by the analyses of all streams.
type Plan struct{ of *collateral.Plan }

// NewPlan makes a plan of what is gathered for each day.
func NewPlan(of *collateral.Plan) *Plan { return &Plan{of} }

// Columns are those that the batches must have.
func (p *Plan) Columns() record.Columns { return p.of.Columns() }

// Analysis gathers what the requests of one stream are worth, day by day (UTC).
type Analysis struct {
	plan    *Plan
	days    map[int]*gathered // by days since 1970
	untimed int64             // requests without a time
}

// gathered is what is known of one day.
type gathered struct {
	of       *collateral.Analysis
	requests int64
}

// New starts the analysis of one stream.
func (p *Plan) New() *Analysis { return &Analysis{plan: p, days: map[int]*gathered{}} }

// Add gathers a batch, in which days come in runs. Requests without a time are
// counted and left out.
func (a *Analysis) Add(b *record.Batch) error {
	times := b.Ints(record.Time)
	for from := 0; from < b.Rows; {
		day := collateral.DayOf(times[from])
		to := from + 1
		for to < b.Rows && collateral.DayOf(times[to]) == day {
			to++
		}
		if day == collateral.NoDay {
			a.untimed += int64(to - from)
		} else if err := a.addDay(day, b, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (a *Analysis) addDay(day int, b *record.Batch, from, to int) error {
	d := a.days[day]
	if d == nil {
		d = &gathered{of: a.plan.of.New()}
		a.days[day] = d
		if err := a.tooMany(); err != nil {
			return err
		}
	}
	d.requests += int64(to - from)
	part := b.Slice(from, to)
	defer part.Release()
	return d.of.Add(part)
}

func (a *Analysis) tooMany() error {
	if len(a.days) > MostDays {
		return fmt.Errorf("the log has requests of more than %d days: choose some by --since and --until", MostDays)
	}
	return nil
}

// Merge takes in what was gathered of another stream of the same plan.
func (a *Analysis) Merge(b *Analysis) {
	a.untimed += b.untimed
	for _, day := range slices.Sorted(maps.Keys(b.days)) {
		from := b.days[day]
		if to := a.days[day]; to != nil {
			to.of.Merge(from.of)
			to.requests += from.requests
		} else {
			a.days[day] = from
		}
	}
}
