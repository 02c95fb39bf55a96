// Package replay applies candidate rulesets to every request of a log and
// counts what each rule and each entry would have done.
package replay

import (
	"math"
	"slices"

	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// Candidate is a ruleset to replay, with the forms it takes when a switch that
// its provider leaves undocumented is set another way.
type Candidate struct {
	Ruleset  *policy.Ruleset
	Variants []Variant
}

// Variant is a ruleset with one undocumented switch set to Value.
type Variant struct {
	Switch, Value string
	Ruleset       *policy.Ruleset
}

// Plan is what a replay does: compiled once, shared by all its analyses.
type Plan struct {
	From    geo.From
	Locator geo.Locator

	candidates []Candidate
	matchers   []*match.Matcher
	variants   [][]*match.Matcher
	columns    record.Columns
	maxCells   int // match.MaxCells, less in tests
}

// NewPlan compiles the candidates. Countries come from where from says; the
// locator must be safe for concurrent use.
func NewPlan(candidates []Candidate, from geo.From, locator geo.Locator) (*Plan, error) {
	p := &Plan{From: from, Locator: locator, candidates: candidates, maxCells: match.MaxCells}
	p.columns = traffic.Columns()
	for _, c := range candidates {
		m, err := p.compile(c.Ruleset)
		if err != nil {
			return nil, err
		}
		p.matchers = append(p.matchers, m)
		var variants []*match.Matcher
		for _, v := range c.Variants {
			m, err := p.compile(v.Ruleset)
			if err != nil {
				return nil, err
			}
			variants = append(variants, m)
		}
		p.variants = append(p.variants, variants)
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

// Analysis is the replay of the requests of one stream.
type Analysis struct {
	plan  *Plan
	total tally.Counts
	first int64 // record.NoTime: no request has a time
	last  int64

	clients   tally.Table    // by client id
	referers  tally.Table    // by referer id
	countries []tally.Counts // by geo.Country
	statuses  []tally.Counts // by status
	sides     []*side        // one per candidate

	follower *traffic.Follower
	dicts    *record.Dicts
	placing  bool // requests are counted by country as they come; see place
	settled  bool // the stream has ended
}

// New starts a replay of one stream.
func (p *Plan) New() *Analysis {
	a := &Analysis{
		plan: p, first: math.MaxInt64, last: math.MinInt64,
		countries: make([]tally.Counts, geo.NumCountries),
	}
	var evaluators []*match.Evaluator
	for i, m := range p.matchers {
		s := newSide(m, p.variants[i], p.maxCells)
		a.sides = append(a.sides, s)
		evaluators = append(evaluators, s.evaluators()...)
	}
	a.placing = slices.ContainsFunc(evaluators, (*match.Evaluator).AsksForCountries)
	a.follower = traffic.NewFollower(geo.NewResolver(p.From, p.Locator), evaluators)
	return a
}

// Add replays a batch.
func (a *Analysis) Add(b *record.Batch) error {
	a.dicts = b.Dicts
	places := a.follow(b)
	a.makeRoomForClients(b.Dicts)
	a.makeRoomForReferers(b.Dicts)
	within := a.count(b, places)
	for _, s := range a.sides {
		s.replay(b, places, within)
	}
	return nil
}

func (a *Analysis) makeRoomForClients(d *record.Dicts) {
	a.clients.Grow(d.Clients.Len())
	for _, s := range a.sides {
		s.clients.Grow(d.Clients.Len())
	}
}

func (a *Analysis) makeRoomForReferers(d *record.Dicts) {
	a.referers.Grow(d.RefererHosts.Len())
	for _, s := range a.sides {
		s.referers.Grow(d.RefererHosts.Len())
	}
}

// count adds the rows to the totals that no ruleset changes, and returns a bound
// for their bytes (tally.SumOf). It takes one total after the other: tables of
// many values wait for memory, and a loop that does nothing else waits for many
// rows at once.
func (a *Analysis) count(b *record.Batch, places []geo.Country) (within int64) {
	bytes, statuses := b.Ints(record.Bytes), b.Statuses()
	sum, within := tally.SumOf(bytes)
	a.total = a.total.Plus(tally.Counts{Requests: int64(b.Rows), Bytes: sum})
	a.clients.Add(b.IDs(record.Client), bytes, within)
	a.referers.Add(b.IDs(record.RefererHost), bytes, within)
	for i, place := range places {
		a.countries[place].Add(bytes[i])
	}
	for i, s := range statuses {
		if int(s) >= len(a.statuses) {
			a.statuses = tally.Grown(a.statuses, int(s)+1)
		}
		a.statuses[s].Add(bytes[i])
	}
	first, last := a.first, a.last
	for _, t := range b.Ints(record.Time) {
		if t != record.NoTime {
			first, last = min(first, t), max(last, t)
		}
	}
	a.first, a.last = first, last
	return within
}
