// Package replay applies candidate rulesets to every request of a log and
// counts what each rule and each entry would have done.
package replay

import (
	"fmt"
	"math"

	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
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
}

// NewPlan compiles the candidates. Countries come from where from says; the
// locator must be safe for concurrent use.
func NewPlan(candidates []Candidate, from geo.From, locator geo.Locator) (*Plan, error) {
	p := &Plan{From: from, Locator: locator, candidates: candidates}
	p.columns = record.ColumnSet(record.Time, record.Client, record.Country, record.Status, record.Bytes, record.RefererHost)
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
		return nil, fmt.Errorf("%s: %w", rs.Name, err)
	}
	p.columns |= NeededColumns(m.Needs)
	return m, nil
}

// NeededColumns are the columns that a matcher's gates look at.
func NeededColumns(n match.Needs) record.Columns {
	var cs record.Columns
	if n.Host {
		cs |= record.ColumnSet(record.Host)
	}
	if n.Path {
		cs |= record.ColumnSet(record.Path)
	}
	if n.Query {
		cs |= record.ColumnSet(record.Query)
	}
	return cs
}

// Columns are those that the batches must have.
func (p *Plan) Columns() record.Columns { return p.columns }

// Candidates are what is replayed.
func (p *Plan) Candidates() []Candidate { return p.candidates }

// Analysis is the replay of the requests of one stream.
type Analysis struct {
	plan  *Plan
	total tally.Counts
	first int64 // record.NoTime: no request has a time
	last  int64

	clients   clientTable
	referers  refererTable
	countries []tally.Counts // by geo.Country
	statuses  []tally.Counts // by status
	sides     []*side        // one per candidate

	resolver *geo.Resolver
	dicts    *record.Dicts
	places   []geo.Country // scratch: the country of each row
}

// New starts a replay of one stream.
func (p *Plan) New() *Analysis {
	a := &Analysis{
		plan: p, first: math.MaxInt64, last: math.MinInt64,
		countries: make([]tally.Counts, geo.NumCountries),
		resolver:  geo.NewResolver(p.From, p.Locator),
		places:    make([]geo.Country, record.BatchRows),
	}
	for i, m := range p.matchers {
		a.sides = append(a.sides, newSide(m, p.variants[i]))
	}
	return a
}

// Add replays a batch.
func (a *Analysis) Add(b *record.Batch) error {
	a.follow(b.Dicts)
	a.place(b)
	a.count(b)
	for _, s := range a.sides {
		s.replay(b, a.places)
	}
	return nil
}

// follow catches up with the values that the stream's dictionaries have gained.
func (a *Analysis) follow(d *record.Dicts) {
	a.dicts = d
	for id := a.resolver.Clients(); id < d.Clients.Len(); id++ {
		addr := d.Clients.Addr(record.ID(id))
		a.resolver.AddClient(addr)
		for _, s := range a.sides {
			s.addClient(addr)
		}
	}
	for id := a.resolver.Logged(); id < d.Countries.Len(); id++ {
		a.resolver.AddLogged(d.Countries.Bytes(record.ID(id)))
	}
	a.clients.grow(d.Clients.Len())
	a.referers.grow(d.RefererHosts.Len())
	for _, s := range a.sides {
		s.follow(d)
	}
}

// place finds the country of each row.
func (a *Analysis) place(b *record.Batch) {
	clients := b.IDs(record.Client)
	places := a.places[:b.Rows]
	if !b.Present.Has(record.Country) {
		for i, c := range clients {
			places[i] = a.resolver.OfClient(c)
		}
		return
	}
	for i, logged := range b.IDs(record.Country) {
		places[i] = a.resolver.Of(clients[i], logged)
	}
}

// count adds the rows to the totals that no ruleset changes.
func (a *Analysis) count(b *record.Batch) {
	clients, referers := b.IDs(record.Client), b.IDs(record.RefererHost)
	bytes, statuses := b.Ints(record.Bytes), b.Statuses()
	for i, n := range bytes {
		a.total.Bytes += n
		a.clients.all[clients[i]].Add(n)
		a.referers.all[referers[i]].Add(n)
		a.countries[a.places[i]].Add(n)
		s := int(statuses[i])
		if s >= len(a.statuses) {
			a.statuses = append(a.statuses, make([]tally.Counts, s+1-len(a.statuses))...)
		}
		a.statuses[s].Add(n)
	}
	a.total.Requests += int64(b.Rows)
	for _, t := range b.Ints(record.Time) {
		if t != record.NoTime {
			a.first, a.last = min(a.first, t), max(a.last, t)
		}
	}
}
