package collateral

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/fetch"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/replay"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// TestHarmAgreesWithOracle counts the harm of random rulesets request by
// request, by what explain says of each.
func TestHarmAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := append(traffictest.Log(t, where), hotlinkers(t)...)
		sets := []*policy.Ruleset{policytest.Ruleset(t), policytest.Ruleset(t)}
		o := options(where)
		o.Candidates, o.Changes, o.WithoutCells = sets, true, true
		if rapid.Bool().Draw(t, "in force") {
			o.Current = sets[0]
		}
		j := judgement(t, o, log)
		if err := j.Reconcile(int64(len(log))); err != nil {
			t.Fatal(err)
		}
		matched, newly := naive(j, sets, log)
		for n, rs := range sets {
			m, err := match.Compile(rs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(matched[n].harms(m), j.Harms[n]); diff != "" {
				t.Fatalf("ruleset %d: -oracle +collateral:\n%s", n, diff)
			}
			if diff := gocmp.Diff(newly[n].harms(m), j.Newly[n]); diff != "" {
				t.Fatalf("ruleset %d, where the other allows: -oracle +collateral:\n%s", n, diff)
			}
		}
		slices.Reverse(log) // and other streams, in another order
		again := judgement(t, o, log)
		if diff := gocmp.Diff(j.Harms, again.Harms); diff != "" {
			t.Fatalf("-one split +another:\n%s", diff)
		}
		if diff := gocmp.Diff(j.Newly, again.Newly); diff != "" {
			t.Fatalf("-one split +another:\n%s", diff)
		}
		agreesWithReplay(t, j, sets, log, where)
	})
}

// TestHarmOfCells demands that what cells say of a ruleset is what its requests
// say.
func TestHarmOfCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		where := traffictest.Places{}
		log := append(traffictest.Log(t, where), hotlinkers(t)...)
		rs := policytest.Ungated(policytest.Ruleset(t))
		o := options(where)
		o.Candidates = []*policy.Ruleset{rs}
		j := judgement(t, o, log)
		m, err := match.Compile(rs)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(j.Harms[0], j.Against(m)); diff != "" {
			t.Fatalf("-requests +cells:\n%s", diff)
		}
		var days []int
		for c := range j.Cells() {
			if c.Day != NoDay {
				days = append(days, c.Day)
			}
		}
		if len(days) > 0 && (j.FirstDay != slices.Min(days) || j.LastDay != slices.Max(days)) {
			t.Fatalf("days %d to %d, those of the cells are %v", j.FirstDay, j.LastDay, days)
		}
	})
}

func judgement(t *rapid.T, o Options, log []traffictest.Request) *Judgement {
	plan, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	plan.maxCells = rapid.SampledFrom([]int{2, 5, plan.maxCells}).Draw(t, "cells")
	a, err := fold.Run(context.Background(), traffictest.Streams(t, log), plan.New)
	if err != nil {
		t.Fatal(err)
	}
	return a.Judge(0, false)
}

// hotlinkers are the requests of many visitors of one site that embeds our
// files, enough to have it blocked; sometimes none.
func hotlinkers(t *rapid.T) []traffictest.Request {
	if rapid.Bool().Draw(t, "no hotlinks") {
		return nil
	}
	var out []traffictest.Request
	for i := range 40 {
		out = append(out, traffictest.Request{
			Request: &explain.Request{
				Client: netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::1", 256+i)), Class: referer.ClassHost, Referer: "b.example",
				Host: "cdn.example", Path: "/img/a.jpg",
			},
			Status: 200, Bytes: 500,
		})
	}
	if rapid.Bool().Draw(t, "viewer") { // one of them looks at a page of ours, too
		view := *out[0].Request
		view.Class, view.Referer, view.Path = referer.ClassEmpty, "", "/index.html"
		out = append(out, traffictest.Request{Request: &view, Status: 200, Bytes: 700})
	}
	return out
}

// count is harm, told request by request. The bad parts are in Ones.
type count struct {
	denied, bad, alone tally.Counts
	harmed             map[record.ID]int64 // good requests in Ones
}

func (c *count) add(q *traffictest.Request, client record.ID, bad int64, alone bool) {
	c.denied.Add(q.Bytes)
	part := tally.Counts{Requests: bad, Bytes: q.Bytes * bad}
	c.bad = c.bad.Plus(part)
	if alone {
		c.alone = c.alone.Plus(part)
	}
	if bad < One {
		c.harmed[client] += One - bad
	}
}

// counts are those of one ruleset under readable keys.
type counts struct {
	j  *Judgement
	of map[string]*count
}

func (c *counts) at(key ...any) *count {
	k := fmt.Sprintln(key...)
	if c.of[k] == nil {
		c.of[k] = &count{harmed: map[record.ID]int64{}}
	}
	return c.of[k]
}

func (c *counts) harm(key ...any) Harm {
	n := c.at(key...)
	h := Harm{Denied: n.denied, Bad: tally.Counts{Requests: n.bad.Requests / One, Bytes: n.bad.Bytes / One}, ExclusiveBad: tally.Counts{Requests: n.alone.Requests / One, Bytes: n.alone.Bytes / One}}
	for id, good := range n.harmed {
		people := c.j.Clients[id].Users
		if c.j.Clients[id].Bad < One && people == 0 {
			people = 1
		}
		h.Users += min(people*One, good)
		if c.j.Hotlinks.ViewsOwn(id) {
			h.Viewers += min(One, good)
		}
	}
	h.Users, h.Viewers = (h.Users+One-1)/One, (h.Viewers+One-1)/One
	return h
}

func (c *counts) harms(m *match.Matcher) *Harms {
	out := &Harms{Total: c.harm("all")}
	for i := range m.Ruleset.Rules {
		out.Rules = append(out.Rules, c.harm("rule", i))
	}
	for _, e := range m.Entries {
		out.Entries = append(out.Entries, c.harm("entry", e.Rule, e.Text))
	}
	return out
}

// denial is what a ruleset says of a request, from explain's steps.
type denial struct {
	rules   []int
	entries [][2]any // rule and text
}

func denialOf(rs *policy.Ruleset, q *explain.Request) (d denial) {
	for _, s := range explain.Explain(rs, q).Steps {
		if !s.Denies {
			continue
		}
		d.rules = append(d.rules, s.Rule)
		if text, ok := map[explain.Why]string{explain.NotListed: match.NotListed, explain.Missing: match.MissingReferer, explain.UnknownCountry: match.UnknownCountry}[s.Why]; ok {
			d.entries = append(d.entries, [2]any{s.Rule, text})
			continue
		}
		for _, e := range slices.SortedStableFunc(slices.Values(s.Entries), func(e, f policy.Entry) int { return cmp.Compare(width(f), width(e)) }) {
			d.entries = append(d.entries, [2]any{s.Rule, e.Text})
		}
	}
	return d
}

// width is the greater the less an entry holds: of several, the narrowest
// decides.
func width(e policy.Entry) int {
	switch e.Kind {
	case policy.PrefixEntry:
		return e.Prefix.Bits()
	case policy.HostEntry:
		return 1 << 10
	case policy.SuffixEntry:
		return len(e.Text)
	}
	return -1
}

// naive counts one request at a time, with the weights of the judgement.
func naive(j *Judgement, sets []*policy.Ruleset, log []traffictest.Request) (matched, newly []*counts) {
	for range sets {
		matched = append(matched, &counts{j, map[string]*count{}})
		newly = append(newly, &counts{j, map[string]*count{}})
	}
	for i := range log {
		q := &log[i]
		client, bad := weights(j, q)
		var denials []denial
		for _, rs := range sets {
			denials = append(denials, denialOf(rs, q.Request))
		}
		for n, d := range denials {
			if len(d.rules) == 0 {
				continue
			}
			control := func(rule int) policy.Control { return sets[n].Rules[rule].Control }
			var worst int64
			for _, rule := range d.rules {
				worst = max(worst, bad[control(rule)])
				matched[n].at("rule", rule).add(q, client, bad[control(rule)], len(d.rules) == 1)
			}
			for _, e := range d.entries {
				matched[n].at("entry", e[0], e[1]).add(q, client, bad[control(e[0].(int))], len(d.entries) == 1)
			}
			matched[n].at("all").add(q, client, worst, false)
			if len(denials[1-n].rules) == 0 {
				first, e := d.rules[0], d.entries[0]
				newly[n].at("all").add(q, client, worst, false)
				newly[n].at("rule", first).add(q, client, bad[control(first)], len(d.rules) == 1)
				newly[n].at("entry", e[0], e[1]).add(q, client, bad[control(first)], len(d.entries) == 1)
			}
		}
	}
	return matched, newly
}

// weights says who made a request, and how bad it is by control.
func weights(j *Judgement, q *traffictest.Request) (client record.ID, bad [policy.NumControls]int64) {
	for id := range j.Dicts.Clients.Len() {
		if j.Dicts.Clients.Addr(record.ID(id)) == q.Client {
			client = record.ID(id)
		}
	}
	for control := range bad {
		bad[control] = j.Clients[client].Bad
	}
	if q.Class != referer.ClassHost || fetch.OfPath([]byte(q.Path)) != fetch.Embed {
		return client, bad
	}
	for id := range j.Dicts.RefererHosts.Len() {
		host := record.ID(id)
		if j.Dicts.RefererHosts.String(host) == q.Referer && j.Hotlinks.Verdicts[id] == hotlinks.Block && !slices.Contains(j.Hotlinks.Viewers(host), client) {
			bad[policy.Referer], bad[policy.Country] = One, One
		}
	}
	return client, bad
}

// agreesWithReplay holds the denied requests against those of a replay.
func agreesWithReplay(t *rapid.T, j *Judgement, sets []*policy.Ruleset, log []traffictest.Request, where geo.Locator) {
	plan, err := replay.NewPlan([]replay.Candidate{{Ruleset: sets[0]}, {Ruleset: sets[1]}}, geo.PreferLog, where)
	if err != nil {
		t.Fatal(err)
	}
	a, err := fold.Run(context.Background(), traffictest.Streams(t, log), plan.New)
	if err != nil {
		t.Fatal(err)
	}
	for n, side := range a.Result(0).Sides {
		var rules []tally.Counts
		for _, r := range side.Rules {
			rules = append(rules, r.Matched)
		}
		if err := j.Harms[n].Reconcile("harm", side.Denied.Plus(side.Redirected), rules); err != nil {
			t.Fatal(err)
		}
	}
}
