package abuse

import (
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"rulecast/analyze/fold"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Spared is why a client is never bad, whatever it does.
type Spared uint8

// The reasons, the first that holds.
const (
	NotSpared Spared = iota
	Reserved         // its address is in private or reserved space
	Protected        // the user protects its network
	GoodBot          // its network is among those that the user allows
	// Network: the provider has cut the address. It stands for a network, and
	// buckets are made for one client; only what covers the whole network says
	// something about it.
	Network
	NumSpared
)

func (s Spared) String() string {
	switch s {
	case Reserved:
		return "reserved"
	case Protected:
		return "protected"
	case GoodBot:
		return "good_bot"
	case Network:
		return "network"
	}
	return ""
}

// Client is what the requests of an address say about it. One without requests
// is the zero value but for First and Last.
type Client struct {
	All         tally.Counts
	Assets      int64 // answered with a static file
	Errors      int64 // with a status from 400 on that the current ruleset does not explain
	Explained   int64 // whose denial it explains
	Busts       int64 // by queries that no visitor sends, to get past the cache
	First, Last int64 // record.NoTime if no request has a time
	Weight      int64 // how bad what it asked for is, of One
	Again       int64 // the same without PagesOnly, which says already that it loads no file
	Signals     Signals
	Users       uint8 // User-Agents of browsers that loaded static files; MostUsers are that many or more
	Pages       uint8 // different ones that were served to it; MostPages are that many or more
	Hours       uint8 // hours of the week (UTC) with a request; of a log of more than a week those a week apart are one
	Spared      Spared
	Declared    bool // every User-Agent it sent says who is responsible for it
	Hard        bool // one of the signals alone says that it is bad
	Cut         bool // the address stands for a network: see record.Addresses.Stands
	Partial     bool // events are missing: signals may be
}

// BadRequests is the share of its requests that is bad, rounded down.
func (c *Client) BadRequests() int64 { return share(c.All.Requests, c.Weight) }

// BadBytes is the share of its bytes that is bad, rounded down.
func (c *Client) BadBytes() int64 { return share(c.All.Bytes, c.Weight) }

// share is n*weight/One, without overflow.
func share(n, weight int64) int64 { return n/One*weight + n%One*weight/One }

// Judgement is what the evidence of all streams says of each client.
type Judgement struct {
	Clients []Client // by client id of the analysis's Dicts
	// Unversioned: hardly a visitor asks for a static file by a query of digits.
	Unversioned bool

	analysis *Analysis
	evidence map[record.ID][]Evidence // in the order of the signals
}

// Judge weighs the clients. anonymised says that some input had addresses that
// the provider had cut (record.Input.Anonymised). The analysis must not be
// added to afterwards.
func (a *Analysis) Judge(anonymised bool) *Judgement { return a.JudgeSince(anonymised, nil) }

// JudgeSince is Judge for a log of which the current ruleset was in force for a
// part: since is the time, in µs since 1970, from which on it may have denied
// something to a client. What AddExcept was told to be explained is explained
// after that only; nil is all along.
func (a *Analysis) JudgeSince(anonymised bool, since func(client record.ID) int64) *Judgement {
	a.settle()
	j := &Judgement{Clients: make([]Client, len(a.clients)), analysis: a, evidence: map[record.ID][]Evidence{}}
	for id := range a.clients {
		t := &a.clients[id]
		c := &j.Clients[id]
		*c = Client{All: t.all, Assets: t.assets, Errors: t.errors, First: t.first, Last: t.last}
		c.Partial = a.events.keep.zeros > 0 && t.assets < t.all.Requests
		if id < len(a.explained) {
			c.Explained = a.explained[id]
		}
		if t.last == record.NoTime {
			c.First = record.NoTime
		}
		for _, word := range a.weeks[id] {
			c.Hours += uint8(bits.OnesCount64(word))
		}
	}
	j.replay(since)
	for id := range j.Clients {
		j.judge(record.ID(id), anonymised)
	}
	j.findImpostors()
	return j
}

// replay collects the evidence of buckets.
func (j *Judgement) replay(since func(client record.ID) int64) {
	a := j.analysis
	j.Unversioned = j.isUnversioned()
	j.replayEvents(since)
	r := j.replayer()
	for run := range runs(a.uses.entries, func(u *use) uint32 { return u.client }) {
		id := run[0].client
		found, users := r.uses(run)
		j.Clients[id].Users = uint8(users)
		j.add(id, found...)
	}
	for id, h := range a.hits {
		for i, n := range h {
			s := Exploit + Signal(i)
			if b := a.plan.Thresholds[s]; n > int64(b.Capacity) && !b.Off {
				j.add(id, Evidence{s, n, b})
			}
		}
	}
}

func (j *Judgement) replayer() *replayer {
	a := j.analysis
	return &replayer{unversioned: j.Unversioned, thresholds: &a.plan.Thresholds, keep: &a.events.keep, addrs: a.dicts.Clients, keepUses: a.plan.keepUses, since: math.MinInt64}
}

// replayEvents replays the events of many clients at once.
func (j *Judgement) replayEvents(since func(client record.ID) int64) {
	loading := j.visitorsLoad()
	for run := range runs(j.analysis.uses.entries, func(u *use) uint32 { return u.client }) {
		j.Clients[run[0].client].Declared = declared(run)
	}
	events := j.analysis.events.events
	var adding sync.Mutex
	fold.Pieces(len(events), func() func(from, to int) {
		r := j.replayer()
		return func(from, to int) {
			for run := range runs(events[runAt(events, from, clientOfEvent):runAt(events, to, clientOfEvent)], clientOfEvent) {
				id := run[0].client
				if since != nil {
					r.since = sinceEpoch(since(id))
				}
				c := &j.Clients[id]
				found, partial := r.events(run, loading && c.Assets == 0 && !c.Declared)
				c.Partial = c.Partial || partial
				c.Pages = pages(run)
				if j.Unversioned {
					c.Busts = busts(run)
				}
				if len(found) > 0 {
					adding.Lock()
					j.add(id, found...)
					adding.Unlock()
				}
			}
		}
	})
}

func (j *Judgement) add(id record.ID, found ...Evidence) {
	if len(found) == 0 {
		return
	}
	j.evidence[id] = append(j.evidence[id], found...)
	for _, e := range found {
		j.Clients[id].Signals.put(e.Signal)
	}
}

// judge gives a client its weight.
func (j *Judgement) judge(id record.ID, anonymised bool) {
	c := &j.Clients[id]
	p := j.analysis.plan
	_, c.Cut = j.analysis.dicts.Clients.Stands(id, anonymised)
	place := j.place(id)
	if _, ok := p.Bad.FindNetwork(place); ok {
		j.add(id, Evidence{Signal: Label, Peak: 1})
	}
	c.Hard = c.Signals.hard()
	switch {
	case p.reserved.Overlaps(place):
		c.Spared = Reserved
	case p.Protect.Overlaps(place):
		c.Spared = Protected
	case p.Allow.Overlaps(place):
		c.Spared = GoodBot
	case c.Cut && !c.Signals.Has(Label):
		c.Spared = Network
	default:
		c.Weight = weigh(j.evidence[id])
		c.Again = c.Weight
		if c.Signals.Has(PagesOnly) {
			c.Again = weigh(slices.DeleteFunc(slices.Clone(j.evidence[id]), func(e Evidence) bool { return e.Signal == PagesOnly }))
		}
	}
}

// place is the network that a client stands for: itself, unless it is cut.
func (j *Judgement) place(id record.ID) netip.Prefix {
	a := j.addr(id)
	if j.Clients[id].Cut {
		network, _ := j.analysis.dicts.Clients.Stands(id, true)
		return network
	}
	return netip.PrefixFrom(a, a.BitLen())
}

func (j *Judgement) addr(id record.ID) netip.Addr { return j.analysis.dicts.Clients.Addr(id) }

// Evidence is what speaks against a client, in the order of the signals; it is
// not to be changed.
func (j *Judgement) Evidence(id record.ID) []Evidence { return j.evidence[id] }

// Lists are the names of the lists that have the client: of bad networks, and of
// those that spare it; "" is none, or one that has a part of the network that
// it stands for.
func (j *Judgement) Lists(id record.ID) (bad, spares string) {
	p, place := j.analysis.plan, j.place(id)
	bad, _ = p.Bad.FindNetwork(place)
	switch j.Clients[id].Spared {
	case Reserved:
		spares, _ = p.reserved.FindNetwork(place)
	case Protected:
		spares, _ = p.Protect.FindNetwork(place)
	case GoodBot:
		spares, _ = p.Allow.FindNetwork(place)
	}
	return bad, spares
}

// Reason is the evidence in words; "" if there is none.
func (j *Judgement) Reason(id record.ID) string {
	var words []string
	bad, spares := j.Lists(id)
	for _, e := range j.evidence[id] {
		words = append(words, e.words(bad))
	}
	switch j.Clients[id].Spared {
	case Reserved:
		words = append(words, "never listed: private or reserved")
	case Protected:
		words = append(words, strings.TrimSpace("never listed: protected "+spares))
	case GoodBot:
		words = append(words, strings.TrimSpace("never listed: allowed "+spares))
	case Network:
		words = append(words, "never listed: stands for a network")
	}
	return strings.Join(words, "; ")
}

// words are like "15 paths answered 400, 403 or 404 in a bucket of 10, one
// leaking each 10s".
func (e Evidence) words(list string) string {
	switch {
	case e.Signal == Label:
		return "listed in " + list
	case e.Signal == Impostor:
		return "calls itself a crawler that is in the allowed networks"
	case e.Bucket.Leak == 0:
		return fmt.Sprintf("%d %s", e.Peak, rules[e.Signal].counts)
	}
	return fmt.Sprintf("%d %s in a bucket of %d, one leaking each %s", e.Peak, rules[e.Signal].counts, e.Bucket.Capacity, short(e.Bucket.Leak))
}

// short is a duration without zero minutes and seconds behind hours.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
