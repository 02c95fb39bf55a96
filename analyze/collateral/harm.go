package collateral

import (
	"errors"
	"fmt"
	"iter"

	"rulecast/analyze/match"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Harm is what denying some requests does: to whom it is meant for, and to
// others.
type Harm struct {
	Denied       tally.Counts
	Bad          tally.Counts // the part of Denied that is bad traffic for the control that denies it, rounded down
	ExclusiveBad tally.Counts // the part of Bad that nothing else in the ruleset denies
	// Users are people who did nothing wrong and would be denied something: those
	// of each client (see Client.Users), but no more than it has good requests
	// denied. Parts of people are summed, and then rounded up, so that there are
	// never more of them than good requests.
	Users   int64
	Viewers int64 // likewise clients denied something good who viewed own pages
}

// Good is the part of the denied requests that is not bad.
func (h *Harm) Good() tally.Counts { return h.Denied.Minus(h.Bad) }

// Harms is the harm that a ruleset does, as a whole, by rule, and by entry of
// its match.Matcher. What several rules or entries deny counts for each.
type Harms struct {
	Total   Harm
	Rules   []Harm
	Entries []Harm
}

// harming adds up harm. What is bad or good in part is summed before it is rounded.
type harming struct {
	denied, bad, exclusive tally.Counts // the latter two in Ones
	good                   perClient    // requests in Ones
}

// perClient is a number for each client: for few of them a table, for many a
// list, which is faster. The zero value has none.
type perClient struct {
	few  map[record.ID]int64
	many []int64 // by client id
}

// fewClients is how many clients make a list of a table, of so many in all.
func fewClients(clients int) int { return clients / 16 }

// add adds to the number of a client, of so many.
func (p *perClient) add(client record.ID, n int64, clients int) {
	if p.many != nil {
		p.many[client] += n
		return
	}
	if p.few == nil {
		p.few = map[record.ID]int64{}
	}
	p.few[client] += n
	if len(p.few) > fewClients(clients) {
		p.many = make([]int64, clients)
		for client, n := range p.few {
			p.many[client] = n
		}
		p.few = nil
	}
}

// all yields the clients whose number is not 0.
func (p *perClient) all() iter.Seq2[record.ID, int64] {
	return func(yield func(record.ID, int64) bool) {
		for client, n := range p.many {
			if n != 0 && !yield(record.ID(client), n) {
				return
			}
		}
		for client, n := range p.few {
			if n != 0 && !yield(client, n) {
				return
			}
		}
	}
}

// harmed is everything that a ruleset does harm by.
type harmed struct {
	j       *Judgement
	m       *match.Matcher
	total   harming
	rules   []harming
	entries []harming
	parts   []part // room for those of one outcome
}

func newHarmed(j *Judgement, m *match.Matcher) *harmed {
	return &harmed{j: j, m: m, rules: make([]harming, len(m.Ruleset.Rules)), entries: make([]harming, len(m.Entries))}
}

// add takes in requests that a part of the ruleset denies.
func (h *harmed) add(c *Cell, p part) {
	rules := part(masks + 2*len(h.rules))
	switch {
	case p < masks:
		h.total.add(h.j, c, worst(c, p), false)
	case p < rules:
		rule := (p - masks) / 2
		h.rules[rule].add(h.j, c, c.Bad[h.m.Ruleset.Rules[rule].Control], (p-masks)%2 == 1)
	default:
		entry := (p - rules) / 2
		h.entries[entry].add(h.j, c, c.Bad[h.m.Ruleset.Rules[h.m.Entries[entry].Rule].Control], (p-rules)%2 == 1)
	}
}

// addAll takes in requests of which the ruleset says this.
func (h *harmed) addAll(c *Cell, out *match.Outcome) {
	h.parts = matching(h.parts[:0], h.m, out)
	for _, p := range h.parts {
		h.add(c, p)
	}
}

// worst is how bad requests are that all of these controls deny: the one counts
// that has most reason.
func worst(c *Cell, controls part) (bad int64) {
	for control, of := range c.Bad {
		if controls>>control&1 != 0 {
			bad = max(bad, of)
		}
	}
	return bad
}

func (h *harming) add(j *Judgement, c *Cell, bad int64, alone bool) {
	part := tally.Counts{Requests: c.Counts.Requests * bad, Bytes: c.Counts.Bytes * bad}
	h.denied, h.bad = h.denied.Plus(c.Counts), h.bad.Plus(part)
	if alone {
		h.exclusive = h.exclusive.Plus(part)
	}
	if bad < One {
		h.good.add(c.Client, c.Counts.Requests*(One-bad), len(j.Clients))
	}
}

func (h *harming) harm(j *Judgement) Harm {
	out := Harm{
		Denied: h.denied, Bad: tally.Counts{Requests: h.bad.Requests / One, Bytes: h.bad.Bytes / One},
		ExclusiveBad: tally.Counts{Requests: h.exclusive.Requests / One, Bytes: h.exclusive.Bytes / One},
	}
	for client, good := range h.good.all() {
		out.Users += min(j.people(client)*One, good)
		if j.Hotlinks.ViewsOwn(client) {
			out.Viewers += min(One, good)
		}
	}
	out.Users, out.Viewers = (out.Users+One-1)/One, (out.Viewers+One-1)/One
	return out
}

// people is how many people a client stands for who are denied something good.
// Of one that never loaded anything with a browser, nothing is known but that
// it is there.
func (j *Judgement) people(client record.ID) int64 {
	c := &j.Clients[client]
	if c.Bad < One {
		return max(c.Users, 1)
	}
	return c.Users
}

func (h *harmed) harms() *Harms {
	out := &Harms{Total: h.total.harm(h.j)}
	for i := range h.rules {
		out.Rules = append(out.Rules, h.rules[i].harm(h.j))
	}
	for i := range h.entries {
		out.Entries = append(out.Entries, h.entries[i].harm(h.j))
	}
	return out
}

// Against is the harm that a ruleset without gates would have done to the
// requests gathered, all of them.
func (j *Judgement) Against(m *match.Matcher) *Harms {
	h := newHarmed(j, m)
	j.decide(m, anyDay, h.addAll)
	return h.harms()
}

// AgainstOn is Against for the requests of one day (Cell.Day).
func (j *Judgement) AgainstOn(m *match.Matcher, day int) *Harms {
	h := newHarmed(j, m)
	j.decide(m, day, h.addAll)
	return h.harms()
}

// AgainstDaily is Against day by day (Cell.Day). Days on which the ruleset looks
// at nothing are not there.
func (j *Judgement) AgainstDaily(m *match.Matcher) map[int]*Harms {
	days := map[int]*harmed{}
	j.decide(m, anyDay, func(c *Cell, out *match.Outcome) {
		if days[c.Day] == nil {
			days[c.Day] = newHarmed(j, m)
		}
		days[c.Day].addAll(c, out)
	})
	out := map[int]*Harms{}
	for day, h := range days {
		out[day] = h.harms()
	}
	return out
}

// anyDay is no day.
const anyDay = -1

// decide hands out the cells, of a day or anyDay, that a ruleset without gates
// looks at, with what it says of them.
func (j *Judgement) decide(m *match.Matcher, day int, yield func(*Cell, *match.Outcome)) {
	eval := m.NewEvaluator()
	for id := range j.Dicts.Clients.Len() {
		eval.AddClient(j.Dicts.Clients.Addr(record.ID(id)))
	}
	for id := range j.Dicts.RefererHosts.Len() {
		eval.AddReferer(j.Dicts.RefererHosts.Class(record.ID(id)), j.Dicts.RefererHosts.Bytes(record.ID(id)))
	}
	var c Cell
	for e := range j.cells.all() {
		if day != anyDay && e.key.day() != day {
			continue
		}
		client, referer := e.key.ids()
		if eval.Touches(client, referer, e.key.country()) {
			if eval.Cells() >= match.MaxCells {
				eval.Forget()
			}
			j.read(&c, e)
			yield(&c, eval.Outcome(eval.Cell(&match.Row{Client: c.Client, Referer: c.Referer, Country: c.Country})))
		}
	}
}

// Reconcile checks that the requests counted are those of another count: all,
// and by rule.
func (h *Harms) Reconcile(name string, total tally.Counts, rules []tally.Counts) error {
	var errs []error
	check := func(what string, got *Harm, want tally.Counts) {
		if got.Denied != want {
			errs = append(errs, fmt.Errorf("%s: harm of %s: %d requests and %d bytes, of %d and %d", name, what, got.Denied.Requests, got.Denied.Bytes, want.Requests, want.Bytes))
		}
		if good := got.Good(); good.Requests < 0 || good.Bytes < 0 {
			errs = append(errs, fmt.Errorf("%s: harm of %s: more is bad than is denied", name, what))
		}
	}
	check("all", &h.Total, total)
	for i, want := range rules {
		check(fmt.Sprintf("rule %d", i), &h.Rules[i], want)
	}
	return errors.Join(errs...)
}
