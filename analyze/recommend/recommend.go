package recommend

import (
	"errors"
	"fmt"
	"net/netip"

	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/dialect"
	"rulecast/analyze/fold"
	"rulecast/analyze/limit"
	"rulecast/analyze/match"
	"rulecast/analyze/networks"
	"rulecast/analyze/policy"
	"rulecast/analyze/replay"
	"rulecast/ingest/record"
)

// The prices of ALGORITHMS section 3: so many bad requests have to be stopped
// for one good one. A hotlinker's visitors lose a picture, an address is locked
// out, and a country is many people.
const (
	DefaultPrice = 20 // of the ip control
	refererPrice = 10
	countryPrice = 100
)

// entryCost is how many bad requests a day an entry has to stop to be worth a
// line that somebody has to read.
const entryCost = 10

// leastDays are the days that a log needs for its last one to put the others to
// the test.
const leastDays = 3

// Options say what is wanted.
type Options struct {
	Dialect   *dialect.Dialect
	Current   *policy.Ruleset // in force now; nil if there is none
	Objective Objective
	Prices    Prices
	Most      [policy.NumControls]choose.Limit // entries wanted at most, beside what the provider takes
	// Price is how many bad requests have to be stopped for one good request
	// that an IP entry denies.
	Price int64
	// MaxCollateral is the share of good requests that IP entries may deny; -1
	// is no limit.
	MaxCollateral float64
	// MinPrefix4 and MinPrefix6 are the shortest networks suggested.
	MinPrefix4, MinPrefix6 int
	MaxNew                 int // entries that the current ruleset does not have; -1 is no limit
	Countries              bool
	Protect, Allow         *networks.Set
	Top                    int // rows of the replay's tables of values
}

// Recommend suggests lists for the traffic that was gathered.
func Recommend(j *collateral.Judgement, plan func([]replay.Candidate) (*replay.Plan, error), o Options) (*Result, error) {
	var p *problem
	var why *evidence
	var worthy []referrer
	fold.Together(
		func() { p = newProblem(j, newScale(o.Objective, o.Prices, j.Total), o.Dialect.MaxHost) },
		func() {
			why = newEvidence(j)
			if o.Dialect.Controls[policy.Referer].Allow {
				worthy = referrers(j)
			}
		},
	)
	room := roomOf(o.Dialect, o.Most)
	c := readCurrent(o.Current, o.suggested(&room))
	var chosen *choice
	var rs *policy.Ruleset
	for again := true; again; again = room.squeeze(o.Dialect, rs) {
		var err error
		if chosen, err = p.choose(&o, c, &room, why); err != nil {
			return nil, err
		}
		rs = build(o.Dialect, chosen.picked.sorted(), o.Current)
	}
	if v := o.Dialect.Check(rs); len(v) > 0 {
		return nil, fmt.Errorf("what was chosen is not a ruleset for %s, which is a defect of rulecast: %s", o.Dialect.Title, v[0].Text)
	}
	r := &Result{
		Ruleset: rs, Usage: limit.Use(*rs, o.Dialect.Limits...), Days: j.Days(), Objective: o.Objective, Beyond: beyond(j, o.Dialect), Frontier: chosen.frontier, Certificates: chosen.certificates,
		Judgement: j, Others: c.others,
	}
	m, err := match.Compile(rs)
	if err != nil {
		return nil, err
	}
	var errs [3]error
	fold.Together(
		func() { r.Replay, errs[0] = replayed(j, plan, rs, o.Top) },
		func() {
			r.Harms = j.Against(m)
			var earned []bool
			if j.Days() >= leastDays {
				earned = o.Earned(j, m, j.LastDay)
			}
			r.suggest(c, m, why, earned)
			errs[1] = r.drop(c, &o, &room)
		},
		func() {
			r.Shared, r.Clients = shared(j), j.Abuse.Result(mostSuspects)
			r.Allow, errs[2] = allowlist(j, o.Dialect, worthy[:min(len(worthy), room.entries[policy.Referer])])
		},
	)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if r.Allow != nil {
		r.Allow.compare(r)
	}
	return r, nil
}

// mostSuspects is how many clients against whom something speaks are listed.
const mostSuspects = 200

// beyond counts what the lists of a provider cannot name.
func beyond(j *collateral.Judgement, d *dialect.Dialect) Beyond {
	out := Beyond{Provider: d.Title}
	if d.Controls[policy.IP].Block && !d.IPv6 {
		for id := range j.Clients {
			if c := &j.Clients[id]; c.Bad > 0 && !j.Dicts.Clients.Addr(record.ID(id)).Unmap().Is4() {
				out.IPv6 += c.All.Requests * c.Bad
			}
		}
	}
	if !d.Controls[policy.Referer].Block {
		for c := range j.Cells() {
			out.Referer += c.Counts.Requests * (c.Bad[policy.Referer] - c.Bad[policy.IP])
		}
	}
	out.IPv6, out.Referer = out.IPv6/collateral.One, out.Referer/collateral.One
	return out
}

// replayed is the exact replay of a ruleset over what was gathered.
func replayed(j *collateral.Judgement, plan func([]replay.Candidate) (*replay.Plan, error), rs *policy.Ruleset, top int) (*replay.Result, error) {
	candidate := replay.Candidate{Ruleset: rs}
	for _, v := range dialect.Variants(rs) {
		candidate.Variants = append(candidate.Variants, replay.Variant(v))
	}
	p, err := plan([]replay.Candidate{candidate})
	if err != nil {
		return nil, err
	}
	a, err := p.Cells(j.Dicts, j.Traffic())
	if err != nil {
		return nil, err
	}
	return a.Result(top), nil
}

// suggested are the controls that entries are suggested for.
func (o *Options) suggested(room *room) (out [policy.NumControls]bool) {
	for c := range out {
		out[c] = room.entries[c] > 0
	}
	out[policy.Country] = out[policy.Country] && o.Countries
	return out
}

// never are the networks that no entry may touch.
func (o *Options) never() []netip.Prefix {
	out := networks.Reserved().Prefixes()
	for _, s := range []*networks.Set{o.Protect, o.Allow} {
		if s != nil {
			out = append(out, s.Prefixes()...)
		}
	}
	return out
}

// lengths are the prefix lengths that entries may have, and how many bad
// addresses (of IPv6: /64 networks) each has to cover: the more of the space an
// entry takes, the more has to speak for it.
func lengths(shortest, longest int, needs map[int]int) []choose.Length {
	var out []choose.Length
	need := 1
	for bits := longest; bits >= shortest; bits-- {
		if n, ok := needs[bits]; ok {
			need = n
		}
		out = append(out, choose.Length{Bits: bits, MinBad: need})
	}
	return out
}

// The bad addresses that networks need. A /24 and a /48 are what one customer
// of a hoster has; shorter ones are several customers.
var (
	needs4 = map[int]int{31: 2, 24: 3, 23: 5, 22: 8, 21: 12, 20: 16}
	needs6 = map[int]int{63: 2, 56: 3, 48: 4, 47: 8, 44: 12, 40: 16}
)
