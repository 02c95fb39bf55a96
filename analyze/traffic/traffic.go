// Package traffic turns the rows of a batch into what rules are matched
// against: it keeps resolvers and evaluators in step with the dictionaries of
// a stream, places clients in countries, and hands out match rows.
package traffic

import (
	"rulecast/analyze/geo"
	"rulecast/analyze/match"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Columns are the columns that rows for these matchers are made from, with
// those that are counted by.
func Columns(matchers ...*match.Matcher) record.Columns {
	cs := record.ColumnSet(record.Time, record.Client, record.Country, record.Status, record.Bytes, record.RefererHost)
	for _, m := range matchers {
		if m.Needs.Host {
			cs |= record.ColumnSet(record.Host)
		}
		if m.Needs.Path {
			cs |= record.ColumnSet(record.Path)
		}
		if m.Needs.Query {
			cs |= record.ColumnSet(record.Query)
		}
	}
	return cs
}

// Cell is a number of requests that differ in nothing that rules without scope,
// part and window look at.
type Cell struct {
	Client, Referer record.ID
	Country         geo.Country
	Status          uint16
	Counts          tally.Counts
	First, Last     int64 // record.NoTime if none of them has a time
}

// Follower keeps the evaluators of one stream in step with its dictionaries.
type Follower struct {
	evaluators []*match.Evaluator
	resolver   *geo.Resolver
	countries  []geo.Country
}

// NewFollower makes a follower for evaluators that have seen no value yet.
func NewFollower(resolver *geo.Resolver, evaluators []*match.Evaluator) *Follower {
	return &Follower{evaluators: evaluators, resolver: resolver, countries: make([]geo.Country, record.BatchRows)}
}

// Follow catches up with what the dictionaries have gained, and returns the
// country of each row, valid until the next call.
func (f *Follower) Follow(b *record.Batch) []geo.Country {
	f.FollowDicts(b.Dicts)
	return f.place(b)
}

// FollowDicts catches up with what the dictionaries have gained.
func (f *Follower) FollowDicts(d *record.Dicts) {
	for id := f.resolver.Clients(); id < d.Clients.Len(); id++ {
		f.resolver.AddClient(d.Clients.Addr(record.ID(id)))
	}
	for id := f.resolver.Logged(); id < d.Countries.Len(); id++ {
		f.resolver.AddLogged(d.Countries.Bytes(record.ID(id)))
	}
	f.FollowUnplaced(d)
}

// FollowUnplaced is FollowDicts for who does not ask for countries yet: no
// client is looked up.
func (f *Follower) FollowUnplaced(d *record.Dicts) {
	for _, e := range f.evaluators {
		for id := e.Clients(); id < d.Clients.Len(); id++ {
			e.AddClient(d.Clients.Addr(record.ID(id)))
		}
		for id := e.Referers(); id < d.RefererHosts.Len(); id++ {
			e.AddReferer(d.RefererHosts.Class(record.ID(id)), d.RefererHosts.Bytes(record.ID(id)))
		}
	}
}

func (f *Follower) place(b *record.Batch) []geo.Country {
	clients := b.IDs(record.Client)
	countries := f.countries[:b.Rows]
	if !b.Present.Has(record.Country) {
		for i, c := range clients {
			countries[i] = f.resolver.OfClient(c)
		}
		return countries
	}
	for i, logged := range b.IDs(record.Country) {
		countries[i] = f.resolver.Of(clients[i], logged)
	}
	return countries
}

// Rows makes match rows of a batch, filling what the gates need.
type Rows struct {
	needs             match.Needs
	clients, referers []record.ID
	times             []int64
	hosts             []record.ID
	hostDict          *record.Strings
	paths, queries    record.Text
	row               match.Row
}

// NewRows makes the rows of a batch, as long as that is valid.
func NewRows(b *record.Batch, needs match.Needs) *Rows {
	r := &Rows{needs: needs, clients: b.IDs(record.Client), referers: b.IDs(record.RefererHost)}
	if needs.Time {
		r.times = b.Ints(record.Time)
	}
	if needs.Host {
		r.hosts, r.hostDict = b.IDs(record.Host), b.Dicts.Hosts
	}
	if needs.Path {
		r.paths = b.Text(record.Path)
	}
	if needs.Query {
		r.queries = b.Text(record.Query)
	}
	return r
}

// At is row i, valid until the next call.
func (r *Rows) At(i int, country geo.Country) *match.Row {
	r.row.Client, r.row.Referer, r.row.Country = r.clients[i], r.referers[i], country
	if r.times != nil {
		r.row.Time = r.times[i]
	}
	if r.hosts != nil {
		r.row.Host = r.hostDict.Bytes(r.hosts[i])
	}
	if r.paths.OK() {
		r.row.Path = r.paths.At(i)
	}
	if r.queries.OK() {
		r.row.Query = r.queries.At(i)
	}
	return &r.row
}

// Served reports whether a status means that the client got what it asked for:
// from 400 on it got an error (RFC 9110 section 15). 0 is "no status".
func Served(status uint16) bool { return status-1 < 399 }
