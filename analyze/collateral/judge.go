package collateral

import (
	"errors"
	"iter"

	"rulecast/analyze/abuse"
	"rulecast/analyze/fetch"
	"rulecast/analyze/fold"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// One is the weight of a request that is bad, or good, beyond doubt: weights
// are fixed-point numbers.
const One = abuse.One

// NoDay is the Day of requests without a time.
const NoDay = noDay

// RequestsPerUser is how many good requests a person counts as who shares an
// address: few requests of many people weigh more than they look. ALGORITHMS
// takes the same scale the other way round, 20 requests to the user.
const RequestsPerUser = 20

// Judgement says of each cell what it is worth. It holds until another analysis
// is merged into its own.
type Judgement struct {
	Hotlinks *hotlinks.Judgement
	Abuse    *abuse.Judgement
	Clients  []Client // by client id; of one that is in the dictionary only All is 0
	Dicts    *record.Dicts
	Total    tally.Counts
	// FirstDay and LastDay are the UTC days of the earliest and the latest
	// request, in days since 1970; NoDay if none has a time.
	FirstDay, LastDay int
	// Harms are those that each candidate does.
	Harms []*Harms
	// Newly are, with Options.Changes, those of what one candidate denies and
	// the other does not. A request counts for the rule and the entry that
	// decide it, and for no other.
	Newly []*Harms

	cells   *table           // nil: not gathered
	viewers map[visitor]bool // of hosts to be blocked
	bad     []uint16         // Client.Bad by client id
	block   []bool           // by Referer host id: Verdicts say that it is to be blocked
}

// visitor is a client to whom a host led.
type visitor struct{ client, referer record.ID }

// Client is what one address is worth to the ip control.
type Client struct {
	*abuse.Client
	Around
	// Bad is the part of its requests that are bad, up to One.
	Bad int64
	// Users is how many people would be locked out with the address who did
	// nothing wrong, as far as the log tells them apart.
	Users int64
}

// Judge weighs what was gathered. The hotlinks' tables list the top hosts.
// anonymised says that some input had addresses that the provider had cut
// (record.Input.Anonymised). The analysis must not be added to afterwards, but
// others may be merged into it.
func (a *Analysis) Judge(top int, anonymised bool) *Judgement {
	j := &Judgement{Dicts: a.dicts, FirstDay: NoDay, LastDay: NoDay, viewers: map[visitor]bool{}}
	fold.Together(
		func() { j.Hotlinks = a.hotlinks.Judge(top) },
		func() { j.Abuse = a.abuse.JudgeSince(anonymised, a.current.since) },
	)
	j.Total = j.Hotlinks.Total
	if a.plan.cells {
		j.cells = &a.cells
	}
	j.Clients = make([]Client, len(j.Abuse.Clients))
	passing := j.passing()
	fold.Pieces(len(j.Clients), func() func(from, to int) {
		return func(from, to int) {
			for id := from; id < to; id++ {
				j.Clients[id] = weigh(&j.Abuse.Clients[id], passing[id])
			}
		}
	})
	j.lookAround()
	if a.first != record.NoTime {
		j.FirstDay, j.LastDay = DayOf(a.first), DayOf(a.last)
	}
	for id, v := range j.Hotlinks.Verdicts {
		if v == hotlinks.Block {
			for _, client := range j.Hotlinks.Viewers(record.ID(id)) {
				j.viewers[visitor{client, record.ID(id)}] = true
			}
		}
	}
	j.pack()
	j.Harms, j.Newly = a.trial.harms(j)
	return j
}

// pack puts what every cell asks for into tables that fit the caches.
func (j *Judgement) pack() {
	j.bad = make([]uint16, len(j.Clients))
	for id := range j.Clients {
		j.bad[id] = uint16(j.Clients[id].Bad)
	}
	j.block = make([]bool, len(j.Hotlinks.Verdicts))
	for id, v := range j.Hotlinks.Verdicts {
		j.block[id] = v == hotlinks.Block
	}
}

// SharedBy is how many people make an address one that is shared.
const SharedBy = 5

// requestsOfUser is how many requests a person makes at least who loads files
// with a browser: a program that calls itself another browser each time is not
// so many people.
const requestsOfUser = 4

// weigh says what an address is worth. Of one that many people share only those
// requests can be bad that are not for static files, by which browsers show
// themselves: the others are anybody's, but for what no visitor asks for. Of any
// other, the person behind it is the one who misbehaves.
func weigh(c *abuse.Client, passing bool) Client {
	visits := c.All.Requests - c.Busts
	out := Client{Client: c, Bad: c.Weight, Users: min(int64(c.Users), (visits+requestsOfUser-1)/requestsOfUser)}
	if out.Passing = passing; passing {
		out.Users = min(out.Users, 1)
		out.Bad = or(out.Bad, passingWeight)
	}
	if out.Shared() {
		out.Bad = c.Weight * (c.All.Requests - c.Assets + c.Busts) / max(c.All.Requests, 1)
	}
	return out
}

// passingWeight is how bad a client is that passes: as likely as not.
const passingWeight = One / 2

// passingPages is how many different pages others have to lead a client to
// until it is odd that it never goes on from any of them.
const passingPages = 5

// passing says of each client whether it was served pages and files, but pages
// only as others led to them, and nothing that our own pages have.
// People who follow links load what is there. Where most of those who see as
// many pages do so, the own pages are on a site that is not known as one: then
// it says nothing.
func (j *Judgement) passing() []bool {
	out := make([]bool, len(j.Abuse.Clients))
	passing, all := 0, 0
	for id := range out {
		c := &j.Abuse.Clients[id]
		if c.Pages < passingPages || c.Assets == 0 || c.Spared != abuse.NotSpared || c.Declared {
			continue
		}
		all++
		if j.Hotlinks.ViewsNothing(record.ID(id)) {
			out[id] = true
			passing++
		}
	}
	if passing*2 > all {
		clear(out)
	}
	return out
}

// Shared reports whether many people use the address.
func (c *Client) Shared() bool { return c.Users >= SharedBy }

// Cell is a number of requests that are worth the same, each.
type Cell struct {
	traffic.Cell
	Day  int // UTC, in days since 1970, or NoDay
	Kind fetch.Kind
	// Blocked: the current ruleset denied them.
	Blocked bool
	// Bad is how bad a request is by control, from 0 to One; the rest is good.
	Bad [policy.NumControls]int64
}

// Cells yields all cells. Cells of equal keys come once; their order is not
// determined.
func (j *Judgement) Cells() iter.Seq[*Cell] {
	return func(yield func(*Cell) bool) {
		var c Cell
		for e := range j.cells.all() {
			j.read(&c, e)
			if !yield(&c) {
				return
			}
		}
	}
}

// read fills in a cell.
func (j *Judgement) read(c *Cell, e *entry) {
	e.fill(&c.Cell)
	c.Day, c.Kind, c.Blocked = e.key.day(), e.key.kind(), e.key.blocked()
	j.weigh(c)
}

// weigh says how bad the requests of a cell are: that needs its client, its
// Referer and its kind. All that a hotlinker embeds is bad for the referer
// control, unless the client views our own pages, too; of anything else the
// client decides.
func (j *Judgement) weigh(c *Cell) {
	bad := int64(j.bad[c.Client])
	c.Bad[policy.IP], c.Bad[policy.Referer] = bad, bad
	if j.block[c.Referer] && c.Kind == fetch.Embed && !j.viewers[visitor{c.Client, c.Referer}] {
		c.Bad[policy.Referer] = One
	}
	c.Bad[policy.Country] = max(bad, c.Bad[policy.Referer])
}

// Reconcile checks that what was judged are the requests read, which the reader
// counted on its own.
func (j *Judgement) Reconcile(rowsRead int64) error {
	return errors.Join(j.Hotlinks.Reconcile(rowsRead), j.Abuse.Result(0).Reconcile(rowsRead))
}

// Traffic yields the cells as a replay takes them.
func (j *Judgement) Traffic() iter.Seq[traffic.Cell] {
	return func(yield func(traffic.Cell) bool) {
		var c traffic.Cell
		for e := range j.cells.all() {
			if e.fill(&c); !yield(c) {
				return
			}
		}
	}
}

// Days is how many UTC days the log spans, at least one.
func (j *Judgement) Days() int { return j.LastDay - j.FirstDay + 1 }
