// Package inspect says what is in a log: how many requests, over what time,
// and how often each column has a value.
package inspect

import (
	"math"
	"net/netip"

	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// counted are the columns whose values are counted: all but the long texts.
var counted = []record.Column{
	record.Time, record.Client, record.Country, record.ASN, record.Method, record.Scheme, record.Host, record.Status,
	record.Bytes, record.RefererHost, record.UserAgent, record.Cache, record.ContentType, record.Action,
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
	Columns     []Column
}

// Column is how often a column has a value.
type Column struct {
	Column   record.Column
	Present  int64 // requests of inputs whose log has the column
	Filled   int64 // requests that have a value in it
	Distinct int64 // distinct values; -1 where they are not counted
}

// Analysis inspects the requests of one stream.
type Analysis struct {
	total       tally.Counts
	first, last int64
	present     [record.NumColumns]int64
	filled      [record.NumColumns]int64
	dicts       *record.Dicts
	used        [record.NumColumns]tally.Set // ids seen in a row: a reject may have left others
	clients     map[netip.Addr]struct{}
	values      [record.NumColumns]map[string]struct{}
}

// New starts an inspection of one stream.
func New() *Analysis {
	a := &Analysis{first: math.MaxInt64, last: math.MinInt64, clients: map[netip.Addr]struct{}{}}
	for c := range a.values {
		a.values[c] = map[string]struct{}{}
	}
	return a
}

// Add inspects a batch.
func (a *Analysis) Add(b *record.Batch) error {
	a.dicts = b.Dicts
	a.total.Requests += int64(b.Rows)
	for _, n := range b.Ints(record.Bytes) {
		a.total.Bytes += n
	}
	for _, c := range counted {
		if b.Present.Has(c) || c == record.RefererHost && b.Present.Has(record.Referer) {
			a.present[c] += int64(b.Rows)
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
				n++
			}
		}
	case record.Bytes:
		n = int64(b.Rows)
	case record.Client:
		n = int64(b.Rows)
		a.use(b, c)
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

// settle ends the analysis of its stream: from here on nothing refers to it.
func (a *Analysis) settle() {
	d := a.dicts
	if d == nil {
		return
	}
	a.dicts = nil
	for id := range a.used[record.Client].All() {
		a.clients[d.Clients.Addr(id)] = struct{}{}
	}
	for id := range a.used[record.RefererHost].All() {
		if d.RefererHosts.Class(id) == referer.ClassHost {
			a.values[record.RefererHost][d.RefererHosts.String(id)] = struct{}{}
		}
	}
	for _, c := range counted {
		if values := d.Strings(c); values != nil {
			for id := range a.used[c].All() {
				if id != record.Absent {
					a.values[c][values.String(id)] = struct{}{}
				}
			}
		}
	}
}

// Merge takes in the inspection of another stream.
func (a *Analysis) Merge(b *Analysis) {
	a.settle()
	b.settle()
	a.total = a.total.Plus(b.total)
	a.first, a.last = min(a.first, b.first), max(a.last, b.last)
	for c := range a.values {
		a.present[c] += b.present[c]
		a.filled[c] += b.filled[c]
		for v := range b.values[c] {
			a.values[c][v] = struct{}{}
		}
	}
	for addr := range b.clients {
		a.clients[addr] = struct{}{}
	}
}

// Result sums up the inspection, which must not be added to afterwards.
func (a *Analysis) Result() *Result {
	a.settle()
	r := &Result{
		Total: a.total, Clients: int64(len(a.clients)), Hosts: int64(len(a.values[record.Host])),
		Referers: int64(len(a.values[record.RefererHost])), First: record.NoTime, Last: record.NoTime,
	}
	if a.last != math.MinInt64 {
		r.First, r.Last = a.first, a.last
	}
	for _, c := range counted {
		column := Column{Column: c, Present: a.present[c], Filled: a.filled[c], Distinct: int64(len(a.values[c]))}
		switch c {
		case record.Client:
			column.Distinct = r.Clients
		case record.Time, record.ASN, record.Status, record.Bytes:
			column.Distinct = -1
		}
		r.Columns = append(r.Columns, column)
	}
	return r
}
