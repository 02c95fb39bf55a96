package backtest

import (
	"net/netip"
	"slices"

	"rulecast/analyze/collateral"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
)

// Method is a way to choose lists.
type Method string

// The methods, in the order in which they are shown. All but the oracle choose
// by what is known at the end of a day.
const (
	Rulecast Method = "rulecast" // what recommend suggests, each list after the one before
	Frozen   Method = "frozen"   // the first of these lists, for ever
	TopDay   Method = "top_day"  // the worst addresses of the last day, and the hosts that embedded most on it
	TopWeek  Method = "top_week" // the worst /24 and /64 of the last seven days, and the hosts that embedded most in them
	Unpriced Method = "unpriced" // what would have stopped most bad traffic in the last seven days, whatever good traffic it stops
	Oracle   Method = "oracle"   // what would have been best on the day that it is tested on
)

// Methods are all of them.
func Methods() []Method { return []Method{Rulecast, Frozen, TopDay, TopWeek, Unpriced, Oracle} }

// list is what a method chose at the end of a day; the oracle at that of the
// day that it is tested on.
type list struct {
	method Method
	origin int
	rules  *policy.Ruleset
	// next is what one more entry would be worth, in requests a day; nil where
	// the method does not say.
	next [policy.NumControls]*float64
	// jaccard is how much of this list and the one before they have in common;
	// nil if there was none.
	jaccard [policy.NumControls]*float64
}

// rule is the rule of a control, of which there is one at most; -1 is none.
func (l *list) rule(c policy.Control) int {
	return slices.IndexFunc(l.rules.Rules, func(r policy.Rule) bool { return r.Control == c })
}

// entries are those of a control.
func (l *list) entries(c policy.Control) []policy.Entry {
	if i := l.rule(c); i >= 0 {
		return l.rules.Rules[i].Entries
	}
	return nil
}

// compare fills in what a list has in common with the one before.
func (l *list) compare(before *list) {
	for c := range policy.NumControls {
		old := map[string]bool{}
		for _, e := range before.entries(c) {
			old[e.Text] = true
		}
		both, now := 0, l.entries(c)
		for _, e := range now {
			if old[e.Text] {
				both++
			}
		}
		share := 1.0
		if either := len(old) + len(now) - both; either > 0 {
			share = float64(both) / float64(either)
		}
		l.jaccard[c] = &share
	}
}

// chain chooses lists day by day.
type chain struct {
	o      *Options
	lists  []*list
	before map[Method]*list
}

// choose adds the lists of a day.
func (c *chain) choose(j *collateral.Judgement, day int) error {
	suggested, err := c.suggested(j, day)
	if err != nil {
		return err
	}
	s := newSums(j, c.o.Terms(j.Total), day-week+1, day)
	unpriced := &list{method: Unpriced, origin: day}
	networks, next, err := s.networks(0)
	if err != nil {
		return err
	}
	unpriced.next[policy.IP] = next
	c.add(suggested)
	c.add(c.o.fill(&list{method: TopDay, origin: day}, entries{
		networks: s.worst(32, func(c *clientSums) int64 { return c.lastBad }),
		hosts:    s.hosts(func(h *hostSums) int64 { return h.lastEmbeds }),
	}))
	c.add(c.o.fill(&list{method: TopWeek, origin: day}, entries{
		networks: s.worst(24, func(c *clientSums) int64 { return c.bad }),
		hosts:    s.hosts(func(h *hostSums) int64 { return h.embeds }),
	}))
	c.add(c.o.fill(unpriced, entries{networks: networks, hosts: s.hosts(func(h *hostSums) int64 { return h.bad })}))
	return nil
}

func (c *chain) add(l *list) {
	if before := c.before[l.method]; before != nil {
		l.compare(before)
	}
	c.before[l.method] = l
	c.lists = append(c.lists, l)
}

// suggested is rulecast's own list, to follow the one of the day before.
func (c *chain) suggested(j *collateral.Judgement, day int) (*list, error) {
	o := c.o.Options
	o.Current, o.Top = nil, 0
	if before := c.before[Rulecast]; before != nil {
		o.Current = before.rules
	}
	r, err := recommend.Recommend(j, c.o.Replays, o)
	if err != nil {
		return nil, err
	}
	out := &list{method: Rulecast, origin: day, rules: r.Ruleset}
	for i := range r.Certificates {
		c := &r.Certificates[i]
		out.next[c.Control] = &c.Next
	}
	return out, nil
}

// entries are what a list is to have.
type entries struct {
	networks  []netip.Prefix
	hosts     []string
	countries []string
}

// fill gives a list its entries, in the form of the provider.
func (o *Options) fill(l *list, e entries) *list {
	l.rules = &policy.Ruleset{Name: string(l.method), Provider: o.Dialect.Name}
	var of [policy.NumControls][]policy.Entry
	for _, p := range e.networks {
		of[policy.IP] = append(of[policy.IP], policy.NetworkEntry(p))
	}
	for _, h := range e.hosts {
		of[policy.Referer] = append(of[policy.Referer], policy.Entry{Kind: policy.HostEntry, Text: h})
	}
	for _, code := range e.countries {
		of[policy.Country] = append(of[policy.Country], policy.Entry{Kind: policy.CountryEntry, Text: code})
	}
	for c := range policy.NumControls {
		if len(of[c]) > 0 {
			l.rules.Rules = append(l.rules.Rules, policy.Rule{ID: c.String(), Control: c, Mode: policy.Block, Entries: of[c]})
		}
	}
	o.Dialect.Resolve(l.rules)
	return l
}
