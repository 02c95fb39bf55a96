package gen

import "net/netip"

// layout is where the clients of a campaign are, and how they move.
type layout uint8

const (
	none layout = iota
	single
	tight
	moving
	hopping
	scattered
	rotating
	inCrowd
	nextToCrowd
	numLayouts
)

// layouts say what they are.
var layouts = [numLayouts]struct{ name, text string }{
	none:        {"", ""},
	single:      {"single", "one to three addresses that stay"},
	tight:       {"tight", "a /24, of which others are used every day"},
	moving:      {"moving", "a /22 of a hoster with good neighbours, new addresses every day"},
	hopping:     {"hopping", "some /24 of a hoster's /20, new addresses every day"},
	scattered:   {"scattered", "anywhere among people, new addresses every day"},
	rotating:    {"rotating", "one IPv6 /64, new addresses every day"},
	inCrowd:     {"crowd", "the address of a mobile network's customers"},
	nextToCrowd: {"next-to-crowd", "the /24 of such an address"},
}

// campaign is what one abuser does, from any number of addresses.
type campaign struct {
	population population
	layout     layout
	slow       bool
	team       int     // clients that share the work of a session
	share      int     // of the rows of all campaigns, in parts
	days       [2]int  // from..to-1
	referers   []int   // forged ones
	clients    [][]int // by day
}

// weigh draws a share between its two ends, small ones more often.
func (t *town) weigh(low, high int) int {
	return low + min(t.rng.IntN(high-low+1), t.rng.IntN(high-low+1))
}

// layCampaigns lays the abusers: some of each kind, and others at random.
func (t *town) layCampaigns(rows int64) {
	list := t.everyKind()
	kinds := []population{scanner, scraper, scraper, stuffer, buster, impostor, flooder}
	where := []layout{single, tight, moving, hopping, scattered, rotating}
	for range t.between(3, 14) {
		list = append(list, campaign{
			population: kinds[t.rng.IntN(len(kinds))], layout: where[t.rng.IntN(len(where))],
			slow: t.rng.IntN(4) == 0, share: t.weigh(5, 60), days: t.someDays(),
		})
	}
	for range t.between(8, 30) {
		list = append(list, campaign{population: scanner, layout: single, share: t.weigh(1, 8), days: t.someDays()})
	}
	sum := 0
	for i := range list {
		sum += list[i].share
	}
	for i := range list {
		t.wage(&list[i], rows*int64(list[i].share)/int64(sum))
	}
}

// fewOf draws a few of a list, at least one.
func (t *town) fewOf(list []int, most int) []int {
	var few []int
	for range t.between(1, most) {
		few = append(few, list[t.rng.IntN(len(list))])
	}
	return few
}

// everyKind are campaigns of which each town has one.
func (t *town) everyKind() []campaign {
	all := [2]int{0, t.days}
	last := [2]int{t.days - 1, t.days}
	popular := append([]int{t.good[0]}, t.fewOf(t.good, 4)...)
	victims := []int{t.named(victim), t.named(victim)}
	return []campaign{
		{population: scanner, layout: tight, share: t.weigh(20, 80), days: all},
		{population: scanner, layout: moving, share: t.weigh(20, 80), days: all},
		{population: scanner, layout: inCrowd, share: t.weigh(4, 12), days: all},
		{population: scanner, layout: nextToCrowd, share: t.weigh(5, 20), days: all},
		{population: scanner, layout: single, slow: true, share: t.weigh(3, 10), days: all},
		{population: scanner, layout: tight, share: t.weigh(4, 20), days: last},
		{population: scraper, layout: moving, share: t.weigh(30, 120), days: all},
		{population: scraper, layout: hopping, share: t.weigh(30, 120), days: all},
		{population: scraper, layout: scattered, slow: true, share: t.weigh(10, 60), days: all},
		{population: scraper, layout: rotating, share: t.weigh(10, 50), days: all},
		{population: scraper, layout: inCrowd, share: t.weigh(4, 16), days: all},
		{population: scraper, layout: single, share: t.weigh(6, 30), days: last},
		{population: impostor, layout: tight, share: t.weigh(8, 40), days: all},
		{population: flooder, layout: single, share: t.weigh(10, 80), days: t.someDays()},
		{population: buster, layout: single, share: t.weigh(8, 40), days: t.someDays()},
		{population: stuffer, layout: scattered, share: t.weigh(10, 60), days: all},
		{population: stuffer, layout: tight, share: t.weigh(8, 40), days: t.someDays()},
		{population: forger, layout: single, share: t.weigh(5, 30), days: t.someDays(), referers: victims[:1]},
		{population: forger, layout: scattered, share: t.weigh(5, 30), days: all, referers: victims[1:]},
		{population: forger, layout: hopping, share: t.weigh(5, 30), days: all, referers: popular},
		{population: forger, layout: tight, share: t.weigh(5, 30), days: all, referers: t.fewOf(t.hotlinking, 4)},
		{population: spammer, layout: single, share: t.weigh(1, 4), days: all, referers: []int{t.named(spamTrade), t.named(spamTrade)}},
	}
}

// someDays is a run of days.
func (t *town) someDays() [2]int {
	from := t.rng.IntN(t.days)
	return [2]int{from, t.between(from+1, t.days)}
}

// wage plans a campaign day by day.
func (t *town) wage(c *campaign, rows int64) {
	days := c.days[1] - c.days[0]
	c.team = 1
	if c.layout != single && t.rng.IntN(2) == 0 {
		c.team = t.between(2, 6)
	}
	p := t.attack(c)
	sessions := int(rows*10/int64(p.tenths))/days + 1
	t.enlist(c, sessions*c.team)
	which := [...]curve{flat, flat, nightly, people}[t.rng.IntN(4)]
	for d := c.days[0]; d < c.days[1]; d++ {
		t.plan(p, rows/int64(days), which, d*hoursPerDay, (d+1)*hoursPerDay)
	}
}

// enlist chooses the clients of each day: at most as many as there are
// sessions, and a part of them those of the day before.
func (t *town) enlist(c *campaign, sessions int) {
	where, n, kept := t.camp(c)
	n = max(1, min(n, sessions))
	c.clients = make([][]int, t.days)
	for d := c.days[0]; d < c.days[1]; d++ {
		var today []int
		if d > c.days[0] {
			before := c.clients[d-1]
			today = append(today, before[:len(before)*kept/100]...)
		}
		for len(today) < n {
			id := t.client(where(), c.population)
			if t.population[id] == shared {
				t.population[id] = abused
			}
			t.layout[id] = c.layout
			today = append(today, id)
		}
		t.rng.Shuffle(len(today), func(i, j int) { today[i], today[j] = today[j], today[i] })
		c.clients[d] = today
	}
}

// camp is where a campaign takes its clients from, how many it has in a day,
// and how many of them, in percent, it has kept from the day before.
func (t *town) camp(c *campaign) (where func() netip.Addr, clients, kept int) {
	in := func(p netip.Prefix) func() netip.Addr { return func() netip.Addr { return t.fresh(p) } }
	crowded := netip.MustParseAddr(t.w.clients[t.mobiles.from+t.rng.IntN(t.mobiles.n)].addr)
	switch c.layout {
	case tight:
		return t.members(t.part(t.quarter(), 24), t.between(15, 60)), t.between(8, 30), t.between(20, 70)
	case moving:
		p := t.part(t.quarter(), 22)
		for range t.between(0, 4) {
			t.befriend(p, t.o.Rows/4000)
		}
		return in(p), t.between(15, 60), t.between(10, 40)
	case hopping:
		block := t.quarter()
		var networks []netip.Prefix
		for range t.between(3, 6) {
			networks = append(networks, t.part(block, 24))
		}
		return func() netip.Addr { return t.fresh(networks[t.rng.IntN(len(networks))]) }, t.between(20, 80), t.between(10, 40)
	case scattered:
		return func() netip.Addr { return t.fresh(t.region()) }, t.between(60, 400), t.between(0, 10)
	case rotating:
		return in(t.part(t.land.regions[len(networks)-1][0], 64)), t.between(10, 80), 0
	case inCrowd:
		return func() netip.Addr { return crowded }, 1, 100
	case nextToCrowd:
		around, bits := crowded, 24
		if around.Is6() {
			bits = 64
		}
		return in(netip.PrefixFrom(around, bits).Masked()), t.between(1, 6), t.between(30, 90)
	}
	where = func() netip.Addr { return t.fresh(t.region()) }
	if t.rng.IntN(3) > 0 {
		where = func() netip.Addr { return t.fresh(t.quarter()) }
	}
	return where, t.between(1, 3), 100
}

// members draws from so many addresses of a network.
func (t *town) members(p netip.Prefix, n int) func() netip.Addr {
	var all []netip.Addr
	for range n {
		all = append(all, t.fresh(p))
	}
	return func() netip.Addr { return all[t.rng.IntN(len(all))] }
}
