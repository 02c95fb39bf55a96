// Package diff applies two rulesets to every request of a log and says what
// changes between them.
package diff

import (
	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// The sides of a diff.
const (
	Current = iota
	Candidate
	NumSides
)

// Plan is what a diff does: compiled once, shared by its analyses.
type Plan struct {
	from     geo.From
	locator  geo.Locator
	matchers [NumSides]*match.Matcher
	maxCells int // match.MaxCells, less in tests
}

// NewPlan compiles the two rulesets. The locator must be safe for concurrent
// use.
func NewPlan(current, candidate *policy.Ruleset, from geo.From, locator geo.Locator) (*Plan, error) {
	p := &Plan{from: from, locator: locator, maxCells: match.MaxCells}
	for i, rs := range []*policy.Ruleset{current, candidate} {
		m, err := match.Compile(rs)
		if err != nil {
			return nil, err
		}
		p.matchers[i] = m
	}
	return p, nil
}

// Columns are those that the batches must have.
func (p *Plan) Columns() record.Columns {
	return traffic.Columns(p.matchers[:]...)
}

// Change is how often a request's fate differs between the two rulesets.
// Denied stands for denied or redirected.
type Change struct {
	Denied       [NumSides]tally.Counts // by each ruleset
	NewlyDenied  tally.Counts           // allowed by the current, not by the candidate
	NewlyAllowed tally.Counts           // the other way round
}

func (c Change) plus(d Change) Change {
	for side := range c.Denied {
		c.Denied[side] = c.Denied[side].Plus(d.Denied[side])
	}
	c.NewlyDenied, c.NewlyAllowed = c.NewlyDenied.Plus(d.NewlyDenied), c.NewlyAllowed.Plus(d.NewlyAllowed)
	return c
}

// Decided is the change of the requests that one rule or one entry of a side
// decides there.
type Decided struct {
	Change
	Served Change // of requests that the log shows answered below 400
}

func (d Decided) plus(e Decided) Decided {
	return Decided{d.Change.plus(e.Change), d.Served.plus(e.Served)}
}

// moved is the number of requests whose fate changes.
func (c Change) moved() int64 { return c.NewlyDenied.Requests + c.NewlyAllowed.Requests }

// changes holds the changes by id of some value; most values have none.
type changes map[uint32]Change

func (c changes) sum(d changes, ids []uint32) {
	for id, change := range d {
		if ids != nil {
			id = ids[id]
		}
		c[id] = c[id].plus(change)
	}
}

// Analysis is the diff over the requests of one stream.
type Analysis struct {
	plan       *Plan
	total      tally.Counts
	evaluators [NumSides]*match.Evaluator
	follower   *traffic.Follower
	dicts      *record.Dicts
	pairs      map[pair]*pairCounts

	clients   []tally.Counts // by client id
	referers  []tally.Counts // by referer id
	countries []tally.Counts

	byClient, byReferer, byCountry changes

	sums sums
}

// pair is one cell of either ruleset.
type pair [NumSides]uint32

type pairCounts struct {
	all, served tally.Counts
	clients     tally.Set // those whose fate changes
}

// sums are the counts in which nothing refers to a stream.
type sums struct {
	verdicts      [2][2]tally.Counts // by the verdicts of the current and the candidate
	actionChanged tally.Counts       // denied by both, not with the same action
	served        Change             // of requests that the log shows answered below 400
	rules         [NumSides][]Decided
	entries       [NumSides][]Decided
	changed       [NumSides][]tally.Set // by rule: clients whose fate changes where it decides
	clientsDenied tally.Set             // clients with newly denied requests
}

// New starts a diff of one stream.
func (p *Plan) New() *Analysis {
	a := &Analysis{
		plan: p, pairs: map[pair]*pairCounts{}, countries: make([]tally.Counts, geo.NumCountries),
		byClient: changes{}, byReferer: changes{}, byCountry: changes{},
	}
	for i, m := range p.matchers {
		a.evaluators[i] = m.NewEvaluator()
		a.sums.rules[i] = make([]Decided, len(m.Ruleset.Rules))
		a.sums.entries[i] = make([]Decided, len(m.Entries))
		a.sums.changed[i] = make([]tally.Set, len(m.Ruleset.Rules))
	}
	a.follower = traffic.NewFollower(geo.NewResolver(p.from, p.locator), a.evaluators[:])
	return a
}

// Add compares the verdicts on the requests of a batch.
func (a *Analysis) Add(b *record.Batch) error {
	places := a.follower.Follow(b)
	a.dicts = b.Dicts
	a.clients = tally.Grown(a.clients, b.Dicts.Clients.Len())
	a.referers = tally.Grown(a.referers, b.Dicts.RefererHosts.Len())
	rows := [NumSides]*traffic.Rows{traffic.NewRows(b, a.plan.matchers[Current].Needs), traffic.NewRows(b, a.plan.matchers[Candidate].Needs)}
	clients, referers, bytes := b.IDs(record.Client), b.IDs(record.RefererHost), b.Ints(record.Bytes)
	for i, c := range clients {
		a.total.Add(bytes[i])
		a.clients[c].Add(bytes[i])
		a.referers[referers[i]].Add(bytes[i])
		a.countries[places[i]].Add(bytes[i])
		var cells pair
		for side, e := range a.evaluators {
			if e.Touches(c, referers[i], places[i]) {
				cells[side] = e.Cell(rows[side].At(i, places[i]))
			}
		}
		if cells != (pair{}) {
			a.count(b, i, cells, places[i])
		}
		a.bound()
	}
	return nil
}

// bound settles what has been counted by cell before that takes much memory.
func (a *Analysis) bound() {
	for _, e := range a.evaluators {
		if e.Cells() >= a.plan.maxCells {
			a.settle()
			for _, e := range a.evaluators {
				e.Forget()
			}
			return
		}
	}
}

// verdict is 1 if a ruleset denies or redirects a request, else 0.
func verdict(o *match.Outcome) int {
	if o.Decided == match.Allowed {
		return 0
	}
	return 1
}

// changeOf is the change that one request is.
func changeOf(verdicts [NumSides]int, bytes int64) Change {
	var c Change
	one := tally.Counts{Requests: 1, Bytes: bytes}
	for side, v := range verdicts {
		if v > 0 {
			c.Denied[side] = one
		}
	}
	switch {
	case verdicts[Current] == 0 && verdicts[Candidate] > 0:
		c.NewlyDenied = one
	case verdicts[Current] > 0 && verdicts[Candidate] == 0:
		c.NewlyAllowed = one
	}
	return c
}

// count files row i, which at least one ruleset touches.
func (a *Analysis) count(b *record.Batch, i int, cells pair, country geo.Country) {
	var verdicts [NumSides]int
	for side, e := range a.evaluators {
		verdicts[side] = verdict(e.Outcome(cells[side]))
	}
	if verdicts == [NumSides]int{} {
		return
	}
	bytes, status, client := b.Ints(record.Bytes)[i], b.Statuses()[i], b.IDs(record.Client)[i]
	p := a.pairs[cells]
	if p == nil {
		p = &pairCounts{}
		a.pairs[cells] = p
	}
	p.all.Add(bytes)
	if traffic.Served(status) {
		p.served.Add(bytes)
	}
	change := changeOf(verdicts, bytes)
	add := func(c changes, id uint32) { c[id] = c[id].plus(change) }
	add(a.byClient, client)
	add(a.byReferer, b.IDs(record.RefererHost)[i])
	add(a.byCountry, uint32(country))
	if (verdicts[Current] == 0) != (verdicts[Candidate] == 0) {
		p.clients.Add(client)
	}
}

// settle ends the analysis of its stream: from here on it may be merged.
func (a *Analysis) settle() {
	if a.dicts == nil { // the stream had no batch
		a.dicts = record.NewDicts()
	}
	for cells, p := range a.pairs {
		outcomes := [NumSides]*match.Outcome{a.evaluators[Current].Outcome(cells[Current]), a.evaluators[Candidate].Outcome(cells[Candidate])}
		a.sums.add(p, outcomes)
	}
	clear(a.pairs)
}

func (u *sums) add(p *pairCounts, outcomes [NumSides]*match.Outcome) {
	verdicts := [NumSides]int{verdict(outcomes[Current]), verdict(outcomes[Candidate])}
	u.verdicts[verdicts[Current]][verdicts[Candidate]] = u.verdicts[verdicts[Current]][verdicts[Candidate]].Plus(p.all)
	scale := func(c tally.Counts) Change {
		var out Change
		unit := changeOf(verdicts, 0)
		for side := range unit.Denied {
			if unit.Denied[side].Requests > 0 {
				out.Denied[side] = c
			}
		}
		if unit.NewlyDenied.Requests > 0 {
			out.NewlyDenied = c
		}
		if unit.NewlyAllowed.Requests > 0 {
			out.NewlyAllowed = c
		}
		return out
	}
	if verdicts == [NumSides]int{1, 1} && outcomes[Current].Action != outcomes[Candidate].Action {
		u.actionChanged = u.actionChanged.Plus(p.all)
	}
	change := Decided{scale(p.all), scale(p.served)}
	u.served = u.served.plus(change.Served)
	for side, o := range outcomes {
		if o.Decided == match.Allowed {
			continue
		}
		u.rules[side][o.Decided] = u.rules[side][o.Decided].plus(change)
		u.entries[side][o.DecidedEntry] = u.entries[side][o.DecidedEntry].plus(change)
		u.changed[side][o.Decided].Union(p.clients)
	}
	if change.NewlyDenied.Requests > 0 {
		u.clientsDenied.Union(p.clients)
	}
}

// Merge takes in the diff of another stream of the same plan.
func (a *Analysis) Merge(b *Analysis) {
	a.settle()
	b.settle()
	a.total = a.total.Plus(b.total)
	ids := a.dicts.Join(b.dicts, record.Client, record.RefererHost)
	clients, referers := ids.IDs(record.Client), ids.IDs(record.RefererHost)
	a.clients = tally.SumMapped(a.clients, b.clients, clients)
	a.referers = tally.SumMapped(a.referers, b.referers, referers)
	a.countries = tally.Sum(a.countries, b.countries)
	a.byClient.sum(b.byClient, clients)
	a.byReferer.sum(b.byReferer, referers)
	a.byCountry.sum(b.byCountry, nil)
	a.sums.merge(&b.sums, clients)
}

func (u *sums) merge(v *sums, clients []uint32) {
	for i := range u.verdicts {
		for j := range u.verdicts[i] {
			u.verdicts[i][j] = u.verdicts[i][j].Plus(v.verdicts[i][j])
		}
	}
	u.served = u.served.plus(v.served)
	u.actionChanged = u.actionChanged.Plus(v.actionChanged)
	for side := range u.rules {
		for i, c := range v.rules[side] {
			u.rules[side][i] = u.rules[side][i].plus(c)
		}
		for i, c := range v.entries[side] {
			u.entries[side][i] = u.entries[side][i].plus(c)
		}
		for i, set := range v.changed[side] {
			u.changed[side][i].UnionMapped(set, clients)
		}
	}
	u.clientsDenied.UnionMapped(v.clientsDenied, clients)
}
