// Package collateral says of every request of a log what it would cost, and
// what it would help, to deny it: whether it is bad or good traffic, for each
// control on its own. A picture that another site embeds is bad traffic for
// the referer control and good traffic for the ip and country controls: the
// visitor did nothing wrong. A scan with a forged Referer is bad for the ip
// control.
//
// The requests are gathered into cells, which hold all that a ruleset without
// scopes looks at, so that rulesets can be replayed without reading the log
// again. Rulesets that are known beforehand, whatever they look at, are applied
// to the requests as these are read.
package collateral

import (
	"fmt"
	"math"

	"rulecast/analyze/abuse"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// Options say whose log it is, who is good and bad by decree, and what ruleset
// was in force.
type Options struct {
	Hotlinks hotlinks.Options
	Abuse    abuse.Options
	// Current is the ruleset in force when the log was written; nil if there
	// was none. What it denies is not held against anybody as an error.
	Current *policy.Ruleset
	// Candidates are rulesets whose harm is asked for: see Judgement.Harms.
	Candidates []*policy.Ruleset
	// Changes: there are two candidates, and what is asked for is what each of
	// them denies and the other does not, too: see Judgement.Newly.
	Changes bool
	// WithoutCells spares the memory for cells. Cells, Traffic and Against of
	// the judgement are not to be called then.
	WithoutCells bool
}

// Plan is what is shared by the analyses of all streams.
type Plan struct {
	hotlinks   *hotlinks.Plan
	abuse      *abuse.Plan
	from       geo.From
	locator    geo.Locator
	current    *match.Matcher // or nil
	candidates []*match.Matcher
	changes    bool
	cells      bool // to be gathered
	columns    record.Columns
	maxCells   int // of the rulesets' evaluators; less in tests
}

// NewPlan makes a plan.
func NewPlan(o Options) (*Plan, error) {
	p := &Plan{
		hotlinks: hotlinks.NewPlan(o.Hotlinks), abuse: abuse.NewPlan(o.Abuse), from: o.Hotlinks.From, locator: o.Hotlinks.Locator,
		changes: o.Changes, cells: !o.WithoutCells, maxCells: match.MaxCells,
	}
	if p.changes && len(o.Candidates) != 2 {
		return nil, fmt.Errorf("changes between %d rulesets", len(o.Candidates))
	}
	p.columns = p.hotlinks.Columns() | p.abuse.Columns() | traffic.Columns()
	if o.Current != nil {
		m, err := p.compile(o.Current)
		if err != nil {
			return nil, err
		}
		p.current = m
	}
	for _, rs := range o.Candidates {
		m, err := p.compile(rs)
		if err != nil {
			return nil, err
		}
		p.candidates = append(p.candidates, m)
	}
	return p, nil
}

func (p *Plan) compile(rs *policy.Ruleset) (*match.Matcher, error) {
	m, err := match.Compile(rs)
	if err != nil {
		return nil, err
	}
	p.columns |= traffic.Columns(m)
	return m, nil
}

// Columns are those that the batches must have.
func (p *Plan) Columns() record.Columns { return p.columns }

// Analysis gathers what the requests of one stream are worth.
type Analysis struct {
	plan        *Plan
	hotlinks    *hotlinks.Analysis
	abuse       *abuse.Analysis
	cells       table
	current     *counterfactual // nil: there is no current ruleset
	trial       trial
	first, last int64 // times of the earliest and the latest request; record.NoTime if none has one
	follower    *traffic.Follower
	dicts       *record.Dicts
}

// New starts the analysis of one stream.
func (p *Plan) New() *Analysis {
	a := &Analysis{plan: p, hotlinks: p.hotlinks.New(), abuse: p.abuse.New(), dicts: record.NewDicts(), first: record.NoTime, last: record.NoTime}
	var evaluators []*match.Evaluator
	if p.current != nil {
		a.current = &counterfactual{eval: p.current.NewEvaluator()}
		evaluators = append(evaluators, a.current.eval)
	}
	a.trial = newTrial(p.candidates, p.changes)
	a.follower = traffic.NewFollower(geo.NewResolver(p.from, p.locator), append(evaluators, a.trial.evals...))
	return a
}

// Add gathers a batch.
func (a *Analysis) Add(b *record.Batch) error {
	places := a.follower.Follow(b)
	a.dicts = b.Dicts
	blocked := a.current.blocked(b, places, a.plan.maxCells)
	a.hotlinks.AddPlaced(b, places, blocked)
	if err := a.abuse.AddExcept(b, blocked); err != nil {
		return err
	}
	for _, t := range b.Ints(record.Time) {
		a.meet(t, t)
	}
	if a.plan.cells {
		a.gather(b, places, blocked)
	}
	a.trial.add(b, places, a.hotlinks.Kinds(), a.plan.maxCells)
	return nil
}

// meet takes in the times of requests, from the first of them to the last.
func (a *Analysis) meet(first, last int64) {
	if first == record.NoTime {
		return
	}
	if a.first == record.NoTime || first < a.first {
		a.first = first
	}
	a.last = max(a.last, last)
}

// gather files the rows of a batch under their cells.
func (a *Analysis) gather(b *record.Batch, places []geo.Country, blocked []bool) {
	clients, referers, statuses := b.IDs(record.Client), b.IDs(record.RefererHost), b.Statuses()
	times, sizes, kinds := b.Ints(record.Time), b.Ints(record.Bytes), a.hotlinks.Kinds()
	a.cells.reserve(b.Rows)
	var r run
	var key key
	for from := 0; from < b.Rows; from += ahead {
		n := min(ahead, b.Rows-from)
		for k := range n {
			i := from + k
			key.client, key.referer, key.country, key.status = clients[i], referers[i], places[i], statuses[i]
			key.day, key.kind, key.blocked = uint16(DayOf(times[i])), kinds[i], blocked != nil && blocked[i]
			r.keys[k] = key.pack()
		}
		for k, e := range r.find(&a.cells, n) {
			e.counts.Add(sizes[from+k])
			e.meet(times[from+k], times[from+k])
		}
	}
}

// Settle does what Merge needs of an analysis whose stream has ended.
func (a *Analysis) Settle() {
	a.hotlinks.Settle()
	a.abuse.Settle()
}

// Merge takes in what was gathered of another stream of the same plan.
func (a *Analysis) Merge(b *Analysis) {
	a.meet(b.first, b.last)
	ids := a.dicts.Join(b.dicts, hotlinks.Joined()...)
	clients, referers := ids.IDs(record.Client), ids.IDs(record.RefererHost)
	fold.Together(
		func() { a.hotlinks.MergeJoined(b.hotlinks, a.dicts, ids) },
		func() { a.abuse.MergeJoined(b.abuse, a.dicts, ids) },
		func() {
			a.cells.merge(&b.cells, clients, referers)
			a.trial.denied.merge(&b.trial.denied, clients, referers)
			a.current.merge(b.current, clients)
		},
	)
}

// counterfactual finds the requests that the current ruleset answered with an
// error.
type counterfactual struct {
	eval *match.Evaluator
	rows []bool
	// served is, by client id, the last time at which something was answered
	// that the ruleset denies: it was not in force then. math.MinInt64 is never.
	served []int64
}

// blocked says of each row of a batch whether the ruleset denies it and the log
// shows that it did; nil if there is none. It is valid until the next call.
func (c *counterfactual) blocked(b *record.Batch, places []geo.Country, maxCells int) []bool {
	if c == nil {
		return nil
	}
	c.rows = tally.Grown(c.rows, b.Rows)[:b.Rows]
	clients, referers, statuses := b.IDs(record.Client), b.IDs(record.RefererHost), b.Statuses()
	times, rows := b.Ints(record.Time), traffic.NewRows(b, c.eval.Matcher().Needs)
	for i := range c.rows {
		c.rows[i] = false
		if !c.eval.Touches(clients[i], referers[i], places[i]) {
			continue
		}
		if c.eval.Cells() >= maxCells {
			c.eval.Forget()
		}
		out := c.eval.Outcome(c.eval.Cell(rows.At(i, places[i])))
		if out.Decided == match.Allowed {
			continue
		}
		if c.rows[i] = shows(out.Action, statuses[i]); !c.rows[i] && statuses[i] != 0 {
			c.serve(clients[i], times[i])
		}
	}
	return c.rows
}

func (c *counterfactual) serve(client record.ID, time int64) {
	for len(c.served) <= int(client) {
		c.served = append(c.served, math.MinInt64)
	}
	if time == record.NoTime {
		time = math.MaxInt64 // it may have been the last
	}
	c.served[client] = max(c.served[client], time)
}

func (c *counterfactual) merge(d *counterfactual, clients []record.ID) {
	if c == nil {
		return
	}
	for id, time := range d.served {
		if time != math.MinInt64 {
			c.serve(clients[id], time)
		}
	}
}

// since is the time from which on the ruleset may have been in force for a
// client.
func (c *counterfactual) since(client record.ID) int64 {
	if c == nil || int(client) >= len(c.served) {
		return math.MinInt64
	}
	return c.served[client]
}

// shows reports whether a status is the one with which an action answers.
func shows(action policy.Action, status uint16) bool {
	if action.Kind == policy.Redirect {
		return status >= 300 && status < 400
	}
	return status == 403 || action.Status != 0 && int(status) == action.Status
}
