// Package inspect says what is in a log: how many requests, over what time,
// and how often each column has a value.
package inspect

import (
	"math"
	"slices"

	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// counted are the columns whose values are counted: all but Referer, which has
// one wherever RefererHost has.
var counted = []record.Column{
	record.Time, record.Client, record.Forwarded, record.Country, record.ASN, record.Method, record.Scheme, record.Host,
	record.Path, record.Query, record.Status, record.Bytes, record.RefererHost, record.UserAgent, record.Cache,
	record.ContentType, record.RequestID, record.Action,
}

// dictionaries are those of them whose distinct values are counted.
var dictionaries = []record.Column{
	record.Client, record.Country, record.Method, record.Scheme, record.Host, record.RefererHost, record.UserAgent,
	record.Cache, record.ContentType, record.Action,
}

// Columns are those that the batches must have.
func Columns() record.Columns { return record.ColumnSet(counted...) }

// Result is what an inspection found.
type Result struct {
	Total       tally.Counts
	Clients     int64 // distinct
	Hosts       int64 // distinct, absent ones not counted
	Referers    int64 // distinct Referer hosts
	First, Last int64 // record.NoTime if no request has a time
	Gaps        Gaps
	Repeats     Repeats
	V4, V6      Addresses
	Proxies     Proxies
	Columns     []Column
}

// Column is how often a column has a value.
type Column struct {
	Column   record.Column
	Filled   int64 // requests that have a value in it
	Distinct int64 // distinct values; -1 where they are not counted
}

// Analysis inspects the requests of one stream.
type Analysis struct {
	total       tally.Counts
	first, last int64
	filled      [record.NumColumns]int64
	dicts       *record.Dicts
	used        [record.NumColumns]tally.Set // ids seen in a row: a reject may have left others
	peers       []peer                       // by client id
	hours       hours
	repeats     repeats
	text        []byte // scratch: an address
}

// New starts an inspection of one stream.
func New() *Analysis {
	return &Analysis{first: math.MaxInt64, last: math.MinInt64, dicts: record.NewDicts()}
}

// Add inspects a batch.
func (a *Analysis) Add(b *record.Batch) error {
	a.dicts = b.Dicts
	a.total.Requests += int64(b.Rows)
	for _, n := range b.Ints(record.Bytes) {
		a.total.Bytes += n
	}
	for _, c := range counted {
		if b.Present.Has(c) {
			a.filled[c] += a.fill(b, c)
		}
	}
	return nil
}

// fill counts the rows of a batch that have a value in a column.
func (a *Analysis) fill(b *record.Batch, c record.Column) (n int64) {
	switch c {
	case record.Time:
		for _, t := range b.Ints(c) {
			if t != record.NoTime {
				a.first, a.last = min(a.first, t), max(a.last, t)
				a.hours.add(t)
				n++
			}
		}
	case record.Bytes:
		n = int64(b.Rows)
	case record.Client:
		n = int64(b.Rows)
		a.addPeers(b)
	case record.RequestID:
		ids := b.Text(c)
		for i := range b.Rows {
			if id := ids.At(i); len(id) > 0 {
				a.repeats.add(id)
				n++
			}
		}
	case record.Forwarded, record.Path, record.Query:
		text := b.Text(c)
		for i := range b.Rows {
			n += one(len(text.At(i)) > 0)
		}
	case record.Status:
		for _, s := range b.Statuses() {
			n += one(s != 0)
		}
	case record.ASN:
		for _, s := range b.ASNs() {
			n += one(s != 0)
		}
	case record.RefererHost:
		a.use(b, c)
		for _, id := range b.IDs(c) {
			n += one(b.Dicts.RefererHosts.Class(id).State() != referer.Missing)
		}
	default:
		a.use(b, c)
		for _, id := range b.IDs(c) {
			n += one(id != record.Absent)
		}
	}
	return n
}

func (a *Analysis) use(b *record.Batch, c record.Column) {
	for _, id := range b.IDs(c) {
		a.used[c].Add(id)
	}
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// Merge takes in the inspection of another stream.
func (a *Analysis) Merge(b *Analysis) {
	a.total = a.total.Plus(b.total)
	a.first, a.last = min(a.first, b.first), max(a.last, b.last)
	ids := a.dicts.Join(b.dicts, dictionaries...)
	for c := range record.NumColumns {
		a.filled[c] += b.filled[c]
		a.used[c].UnionMapped(b.used[c], ids.IDs(c))
	}
	a.mergePeers(b.peers, ids.IDs(record.Client))
	a.hours.union(&b.hours)
	a.repeats.merge(&b.repeats)
}

// Result sums up the inspection, which must not be added to afterwards.
func (a *Analysis) Result() *Result {
	r := &Result{
		Total: a.total, Clients: a.distinct(record.Client), Hosts: a.distinct(record.Host),
		Referers: a.distinct(record.RefererHost), First: record.NoTime, Last: record.NoTime, Gaps: a.hours.gaps(), Repeats: a.repeats.result(),
	}
	r.V4, r.V6, r.Proxies = a.sumPeers()
	if a.last != math.MinInt64 {
		r.First, r.Last = a.first, a.last
	}
	for _, c := range counted {
		r.Columns = append(r.Columns, Column{Column: c, Filled: a.filled[c], Distinct: a.distinct(c)})
	}
	return r
}

// distinct is the number of values of a dictionary column that requests have,
// -1 for other columns.
func (a *Analysis) distinct(c record.Column) (n int64) {
	if !slices.Contains(dictionaries, c) {
		return -1
	}
	if c == record.Client {
		for _, p := range a.peers {
			n += one(p.requests > 0)
		}
		return n
	}
	for id := range a.used[c].All() {
		if c == record.RefererHost {
			n += one(a.dicts.RefererHosts.Class(id) == referer.ClassHost)
		} else {
			n += one(id != record.Absent)
		}
	}
	return n
}
