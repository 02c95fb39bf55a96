// Package abuse weighs how bad clients are by what they asked for. It replays
// the leaky buckets that CrowdSec and AWS publish, in the time of the log, and
// adds what a WAF and the user's lists say.
//
// # Buckets
//
// A bucket of capacity c and leak d belongs to one client. A request that it
// counts is poured in; one leaks out in each d; it fires if more than c are in
// it. Where a bucket counts distinct values, a value that it has is not poured
// again; the values are forgotten when nothing has been poured for (c+1)*d. That
// is how CrowdSec's buckets live; unlike those, a bucket that fires is not
// emptied, so that its peak tells how far over the client was. Of User-Agents
// each counts once, when the client first sent it: who goes on with the same
// few is not one who makes them up. Buckets are per client, whatever the host.
//
// Static files that were answered with a status below 400 go into no bucket but
// that of cache busting, and there only what asks for one by yet another query:
// many sites have the version of a file in its query, of each file another, but
// who asks for many versions of one means to get past the cache. Where hardly a
// visitor has such a query, it is no version: each counts, and none leaks out.
//
// Requests without a time, or before 1990 or after 2060, go into none
// either; Exploit and WAF count them all the same. A request whose denial the
// current ruleset explains is no error, no probing and no denial by a WAF, and
// remains traffic in every other way: else who is blocked would stay bad.
//
// All counts are exact, and so is what the buckets say, as long as a client has
// at most mostPerSlot requests for buckets in each ten minutes of the clock and
// all clients have mostEvents. Beyond, a client is Partial: events are missing,
// which of them depends on the requests alone (see ledger), and buckets are
// replayed so that they never hold more than they would with all events there:
// a peak is at least what it is said to be, and signals may be missing.
package abuse

import (
	"math"

	"rulecast/analyze/fetch"
	"rulecast/analyze/networks"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Options say what is known of networks beforehand. A nil set is empty.
type Options struct {
	Thresholds Thresholds
	Allow      *networks.Set // published ranges of good bots and other friends
	Protect    *networks.Set // what the user never wants listed
	Bad        *networks.Set // lists of bad networks: Label
}

// Plan is what is shared by the analyses of all streams.
type Plan struct {
	Options
	reserved *networks.Set
	hunt     *hunt
	keep     keeping // less in tests, as the two that follow
	keepUses keepingUses
	limit    int
}

// NewPlan makes a plan.
func NewPlan(o Options) *Plan {
	// A quarter more than fits into the largest bucket, so that what leaks out
	// meanwhile does not keep it from firing.
	least := max(leastPerSlot, o.Thresholds.largest()*5/4+1)
	return &Plan{
		Options: o, reserved: networks.Reserved(), hunt: newHunt(), limit: leastLimit,
		keep:     keeping{perSlot: max(mostPerSlot, least), least: least, all: mostEvents},
		keepUses: keepingUses{users: MostUsers, earliest: max(MostUsers, o.Thresholds[AgentSwitching].Capacity*5/4+1)},
	}
}

// Columns are those that the batches must have.
func (p *Plan) Columns() record.Columns {
	return record.ColumnSet(record.Time, record.Client, record.Method, record.Path, record.Query, record.Status, record.Bytes,
		record.UserAgent, record.ContentType, record.Action)
}

// track is what is counted of every client. It is read and written for each
// request, in no order: it has to be a line of the cache, 64 bytes.
type track struct {
	all         tally.Counts
	assets      int64     // static files answered
	errors      int64     // see Client.Errors
	first, last int64     // of requests with a time; math.MaxInt64 and record.NoTime if there are none
	since       int64     // the first time of the last use that was noted; untimed if it has none
	agent       record.ID // the User-Agent of that use
	loaded      bool      // it was noted as one that loaded a static file
	hour        uint8     // of the week, from 1: the last that was noted
}

// week has a bit for each hour of the week.
type week [hourWords]uint64

// hit is how often a client set off what fires without time.
type hit [WAF - Exploit + 1]int64

// agentInfo is what is known of a User-Agent.
type agentInfo struct {
	hash             uint32
	name             fetch.Name
	browser, exploit bool
}

// Analysis collects the evidence in the requests of one stream.
type Analysis struct {
	plan    *Plan
	total   tally.Counts
	untimed int64 // requests that go into no bucket for want of a time

	clients   []track // by client id
	explained []int64 // by client id; nil if nothing is
	weeks     []week  // by client id
	hits      map[record.ID]*hit
	agents    []agentInfo  // by user agent id
	content   []fetch.Kind // by content type id
	methods   []method     // by method id
	denied    []bool       // by action id

	events ledger
	uses   uses
	hour   hour
	lower  []byte // the target of the request at hand, in lower case
	dicts  *record.Dicts
}

// New starts the analysis of one stream.
func (p *Plan) New() *Analysis {
	d := record.NewDicts()
	return &Analysis{
		plan: p, dicts: d, hits: map[record.ID]*hit{},
		events: ledger{limit: p.limit, keep: p.keep, addrs: d.Clients},
		uses:   uses{limit: p.limit, keepingUses: p.keepUses},
	}
}

// Dicts are the dictionaries of the stream, and after Merge of all streams: the
// ids of Judge are those of their clients.
func (a *Analysis) Dicts() *record.Dicts { return a.dicts }

// follow catches up with what the dictionaries have gained.
func (a *Analysis) follow(d *record.Dicts) {
	a.dicts, a.events.addrs = d, d.Clients
	a.weeks = tally.Grown(a.weeks, d.Clients.Len())
	known := len(a.clients)
	a.clients = tally.Grown(a.clients, d.Clients.Len())
	for id := known; id < len(a.clients); id++ {
		a.clients[id].first, a.clients[id].last = math.MaxInt64, record.NoTime
	}
	for id := len(a.agents); id < d.UserAgents.Len(); id++ {
		agent := d.UserAgents.Bytes(record.ID(id))
		a.agents = append(a.agents, agentInfo{uint32(fetch.Hash(agent) >> 32), fetch.NameOf(agent), fetch.IsBrowser(agent), a.isExploit(agent)})
	}
	for id := len(a.content); id < d.ContentTypes.Len(); id++ {
		a.content = append(a.content, fetch.OfContentType(d.ContentTypes.Bytes(record.ID(id))))
	}
	for id := len(a.methods); id < d.Methods.Len(); id++ {
		a.methods = append(a.methods, methodOf(d.Methods.Bytes(record.ID(id))))
	}
	for id := len(a.denied); id < d.Actions.Len(); id++ {
		a.denied = append(a.denied, isDenial(d.Actions.Bytes(record.ID(id))))
	}
}

// isExploit reports whether a header holds an exploit.
func (a *Analysis) isExploit(header []byte) bool {
	var suspect bool
	a.lower, suspect = a.plan.hunt.lower(a.lower[:0], header[:min(len(header), longestTarget)])
	return suspect && containsAny(a.lower, a.plan.hunt.exploits)
}

// Add collects the evidence in a batch.
func (a *Analysis) Add(b *record.Batch) error { return a.AddExcept(b, nil) }

// AddExcept is Add for a log that was written while a ruleset was in force:
// explained says of each row whether that ruleset explains its denial; nil is
// none.
func (a *Analysis) AddExcept(b *record.Batch, explained []bool) error {
	a.follow(b.Dicts)
	if explained != nil {
		a.explained = tally.Grown(a.explained, b.Dicts.Clients.Len())
	}
	clients, agents, contents, methods, actions := b.IDs(record.Client), b.IDs(record.UserAgent), b.IDs(record.ContentType), b.IDs(record.Method), b.IDs(record.Action)
	times, sizes, statuses := b.Ints(record.Time), b.Ints(record.Bytes), b.Statuses()
	paths, queries := b.Text(record.Path), b.Text(record.Query)
	var clocked [ahead]int64
	var q request
	for i := range b.Rows {
		if i%ahead == 0 {
			to := min(i+ahead, b.Rows)
			a.count(clients[i:to], sizes[i:to], times[i:to], &clocked)
		}
		// One by one: a literal would be made elsewhere, and wait to be copied.
		q.client, q.agent, q.time, q.status = clients[i], agents[i], times[i], statuses[i]
		q.denied, q.explained = a.denied[actions[i]], explained != nil && explained[i]
		c := &a.clients[q.client]
		kind := a.content[contents[i]]
		if kind == fetch.Unclear {
			kind = fetch.OfPath(paths.At(i))
		}
		q.static, q.page = kind == fetch.Embed, kind == fetch.Document
		asset := q.static && q.status < 400 && !q.denied
		if first := clocked[i%ahead]; q.agent != record.Absent && (q.agent != c.agent || first < c.since || asset && !c.loaded) {
			a.note(c, &q, first, asset)
		}
		if asset {
			c.assets++
			if n := len(queries.At(i)); n >= leastDigits && n <= mostDigits {
				q.path, q.query = paths.At(i), queries.At(i)
				a.bust(&q)
			}
		}
		if q.explained {
			a.explained[q.client]++
		}
		if !asset {
			q.path, q.query, q.method = paths.At(i), queries.At(i), a.methods[methods[i]]
			a.examine(&q)
		}
	}
	return nil
}

// ahead is how many requests are counted before the rest is looked at: their
// clients have to stay in the first cache of the processor.
const ahead = 128

// count counts some requests, and their times, which it returns in clocked. Each
// of its loops waits for one table only, and for many clients at once.
func (a *Analysis) count(clients []record.ID, sizes, times []int64, clocked *[ahead]int64) {
	for k, client := range clients {
		a.clients[client].all.Add(sizes[k])
		a.total.Add(sizes[k])
	}
	for k, client := range clients {
		clocked[k] = a.clock(&a.clients[client], client, times[k])
	}
}

// request is a row of a batch.
type request struct {
	client, agent record.ID
	time          int64
	status        uint16
	static        bool
	page          bool
	denied        bool // by a WAF
	explained     bool
	method        method
	path, query   []byte
}

// note files that a client sent a User-Agent, the first time at first.
func (a *Analysis) note(c *track, q *request, first int64, asset bool) {
	info := &a.agents[q.agent]
	if c.agent == q.agent {
		c.since, c.loaded = min(c.since, first), c.loaded || asset
	} else {
		c.agent, c.since, c.loaded = q.agent, first, asset
	}
	a.uses.add(use{client: q.client, hash: info.hash, first: first, loaded: asset && info.browser, name: info.name})
}

// clock counts the time of a request of a client, and returns it; untimed if it
// is none that buckets know.
func (a *Analysis) clock(c *track, client record.ID, time int64) int64 {
	if time == record.NoTime {
		a.untimed++
		return untimed
	}
	c.first, c.last = min(c.first, time), max(c.last, time)
	if time < a.hour.from || time >= a.hour.to {
		a.hour = hourOf(time)
	}
	if c.hour != a.hour.ofWeek+1 {
		c.hour = a.hour.ofWeek + 1
		a.weeks[client][a.hour.ofWeek/64] |= 1 << (a.hour.ofWeek % 64)
	}
	if time < epoch || time >= latest {
		a.untimed++
		return untimed
	}
	return time
}

// hourLength is how long an hour is, in µs; hoursPerWeek are those that have a
// bit each.
const (
	hourLength   = 60 * 60 * 1_000_000
	hoursPerWeek = 7 * 24
	hourWords    = (hoursPerWeek + 63) / 64
)

// hour is one of the clock.
type hour struct {
	from, to int64 // to is not in it
	ofWeek   uint8
}

func hourOf(us int64) hour {
	n := us / hourLength
	if us < n*hourLength {
		n-- // rounded towards zero
	}
	h := hour{math.MinInt64, math.MaxInt64, uint8((n%hoursPerWeek + hoursPerWeek) % hoursPerWeek)}
	if n >= math.MinInt64/hourLength {
		h.from = n * hourLength
	}
	if n < math.MaxInt64/hourLength {
		h.to = (n + 1) * hourLength
	}
	return h
}
