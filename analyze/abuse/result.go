package abuse

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"

	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Suspect is a client against which something speaks, with the evidence.
type Suspect struct {
	Client
	Addr     netip.Addr
	Network  netip.Prefix // what the address stands for if it is Cut; else the zero value
	Evidence []Evidence
	Label    string // the list of bad networks that has it
	Spares   string // the list that spares it
	Reason   string
}

// Sum is what several clients amount to.
type Sum struct {
	Clients int64
	All     tally.Counts
	Bad     tally.Counts // the share that is bad, rounded down client by client
}

func (s *Sum) add(c *Client) {
	s.Clients++
	s.All = s.All.Plus(c.All)
	s.Bad = s.Bad.Plus(tally.Counts{Requests: c.BadRequests(), Bytes: c.BadBytes()})
}

func (s Sum) plus(t Sum) Sum { return Sum{s.Clients + t.Clients, s.All.Plus(t.All), s.Bad.Plus(t.Bad)} }

// Result is the judgement in numbers.
type Result struct {
	Total     tally.Counts // all requests
	Explained int64        // of them, those whose denial the current ruleset explains
	Untimed   int64        // of them, those that no bucket counts for want of a time
	Clients   Sum          // all
	Signals   [NumSignals]Sum
	Spared    [NumSpared]Sum // with a signal, but never bad; at NotSpared those with a weight
	Cut       int64          // clients that stand for a network
	Partial   int64          // clients with events missing

	Suspects []Suspect // the worst first
	Rest     Sum       // those with a signal that are not listed
	Innocent Sum       // those without a signal
}

// Result sums up the judgement, and lists the top suspects: by how many bad
// requests, then by requests, weight and address.
func (j *Judgement) Result(top int) *Result {
	a := j.analysis
	r := &Result{Total: a.total, Untimed: a.untimed}
	suspects := make([]tally.Counts, len(j.Clients))
	for id := range j.Clients {
		c := &j.Clients[id]
		if c.All.Requests == 0 {
			continue // of the dictionary only
		}
		r.Clients.add(c)
		r.Explained += c.Explained
		r.Cut += one(c.Cut)
		r.Partial += one(c.Partial)
		if c.Signals == 0 {
			r.Innocent.add(c)
			continue
		}
		suspects[id] = c.All
		r.Spared[c.Spared].add(c)
		for s := range NumSignals {
			if c.Signals.Has(s) {
				r.Signals[s].add(c)
			}
		}
	}
	listed, rest := tally.Listed(top, suspects, j.compare)
	for _, id := range listed {
		r.Suspects = append(r.Suspects, j.suspect(record.ID(id)))
	}
	for _, id := range rest {
		r.Rest.add(&j.Clients[id])
	}
	return r
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// compare puts the worse client first. Those without a signal come last.
func (j *Judgement) compare(x, y int) int {
	c, d := &j.Clients[x], &j.Clients[y]
	return cmp.Or(cmp.Compare(one(d.Signals != 0), one(c.Signals != 0)), cmp.Compare(d.BadRequests(), c.BadRequests()),
		cmp.Compare(d.All.Requests, c.All.Requests), cmp.Compare(d.Weight, c.Weight), j.addr(record.ID(x)).Compare(j.addr(record.ID(y))))
}

func (j *Judgement) suspect(id record.ID) Suspect {
	s := Suspect{Client: j.Clients[id], Addr: j.addr(id), Evidence: j.evidence[id], Reason: j.Reason(id)}
	if s.Cut {
		s.Network = j.place(id)
	}
	s.Label, s.Spares = j.Lists(id)
	return s
}

// Reconcile checks that all the counts add up to the requests read, which the
// reader counted on its own. A result that does not must not be shown.
func (r *Result) Reconcile(rowsRead int64) error {
	var errs []error
	check := func(what string, got, want tally.Counts) {
		if got != want {
			errs = append(errs, fmt.Errorf("%s: %d requests and %d bytes, of %d and %d", what, got.Requests, got.Bytes, want.Requests, want.Bytes))
		}
	}
	check("requests", r.Total, tally.Counts{Requests: rowsRead, Bytes: r.Total.Bytes})
	check("clients", r.Clients.All, r.Total)
	suspects := r.Rest
	for i := range r.Suspects {
		suspects.add(&r.Suspects[i].Client)
	}
	check("suspects", suspects.plus(r.Innocent).All, r.Total)
	var verdicts Sum
	for _, s := range r.Spared {
		verdicts = verdicts.plus(s)
	}
	check("verdicts", verdicts.All, suspects.All)
	check("bad", suspects.Bad, r.Clients.Bad)
	return errors.Join(errs...)
}
