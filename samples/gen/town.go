package gen

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// The town is a scenario of several days in which everybody is labelled: who
// asks, and who sends them. Unlike the shop, whose rows are drawn one by one, it
// is made of sessions, because what tells good from bad is what a client does
// within minutes. Its sizes, shares, names and networks vary with the seed, so
// that nothing can be tuned to one of them.
//
// Time is cut into hours, which are the chunks: no session goes beyond its
// hour, and each hour depends on the seed and its number alone.

// hourLength is the length of a chunk.
const hourLength = int64(time.Hour / time.Microsecond)

// hoursPerDay is how many chunks make a day.
const hoursPerDay = 24

// The least and most that a town may be.
const (
	minTownRows = 20_000
	minTownDays = 2
	maxTownDays = 60
)

// What a town has if nobody says how much.
const (
	defaultTownRows = 400_000
	defaultTownDays = 8
)

// town is who does what, and when.
type town struct {
	o    Options
	rng  *rand.Rand // for the layout; the hours have their own
	w    *world
	land land
	days int
	tell tells

	curves [numCurves][]int64 // what of a curve is over at the beginning of each hour
	acts   []act

	population []population // by client
	layout     []layout     // by client
	crowd      []uint16     // by client: how many people share the address
	trade      []trade      // by host

	names      map[string]bool // of hosts
	translated string          // the own site, at a translator
	hotlinking []int           // hosts of hotlinkers, one of each
	good       []int           // hosts of innocents

	homes, mobiles, offices, exits, audience pool
	agents                                   []string
	ranges                                   []netip.Prefix // of good bots, as these publish them
}

// tells are what varies from town to town in everything that people do.
type tells struct {
	assets  int // of a page, on average
	privacy int // percent of people who send no Referer at all
	evening int // hour of the day (UTC) at which most people are there
	mobile  int // percent of those who see pages of others from a shared address
	click   int // percent of those who see a partner's page that come to ours
}

// act is something that somebody does again and again: sessions of one script.
type act struct {
	script   func(h *hour)
	sessions int64 // in all, in units of 1/1024
	curve    curve
	from, to int   // hours
	phase    int64 // below 1024: when the first one is due
}

// play is a script and how many rows it makes on average, in tenths.
type play struct {
	script func(h *hour)
	tenths int
}

// curve is how activity goes up and down.
type curve uint8

const (
	flat curve = iota
	people
	business // nobody at weekends
	nightly
	numCurves
)

// daily are the weights of the hours of a day, in local time.
var daily = [numCurves][hoursPerDay]int64{
	flat:     {10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10},
	people:   {12, 7, 4, 3, 3, 5, 10, 18, 25, 29, 31, 33, 34, 33, 32, 33, 35, 39, 44, 50, 54, 52, 40, 24},
	business: {1, 0, 0, 0, 0, 1, 4, 20, 45, 50, 48, 44, 38, 46, 48, 45, 38, 20, 8, 4, 2, 2, 1, 1},
	nightly:  {40, 50, 55, 55, 50, 40, 25, 10, 5, 4, 4, 4, 4, 4, 4, 4, 5, 5, 6, 8, 10, 14, 22, 30},
}

// weekend is what is left of a curve on Saturdays and Sundays, in percent.
var weekend = [numCurves]int64{flat: 100, people: 118, business: 6, nightly: 100}

// newTown lays out a town in a new world.
func newTown(o Options, w *world, rng *rand.Rand) {
	t := &town{o: o, rng: rng, w: w, days: int(o.Span / (hoursPerDay * time.Hour)), agents: townAgents(w.agents)}
	w.town = t
	t.tell = tells{assets: t.between(4, 8), privacy: t.between(3, 9), evening: t.between(0, 23), mobile: t.between(2, 10), click: t.between(25, 50)}
	t.layCurves()
	w.layObjects(rng, t.between(700, 4000), t.between(3000, 16000))
	t.layOwn()
	t.layLand()
	t.layPeople()
	left := 1000
	for _, b := range []struct {
		permille int
		lay      func(rows int64)
	}{
		{t.between(90, 200), t.layHotlinkers},
		{t.between(10, 40), t.layEvaders},
		{t.between(130, 220), t.layInnocents},
		{t.between(60, 190), t.layCampaigns},
		{t.between(20, 50), t.layBots},
		{t.between(8, 20), t.layMachines},
	} {
		left -= b.permille
		b.lay(t.rows(b.permille))
	}
	t.layVisitors(t.rows(left))
	w.hostIDs = make(map[string]int, len(w.hosts))
	for i, h := range w.hosts {
		w.hostIDs[h.name] = i
	}
}

// rows is a share of all rows.
func (t *town) rows(permille int) int64 { return t.o.Rows * int64(permille) / 1000 }

// between draws a number, both ends included.
func (t *town) between(low, high int) int { return between(t.rng, low, high) }

func between(rng *rand.Rand, low, high int) int { return low + rng.IntN(high-low+1) }

// hours is how many chunks the town has.
func (t *town) hours() int { return t.days * hoursPerDay }

func (t *town) layCurves() {
	for c := range numCurves {
		sum, shift := int64(0), t.tell.evening
		sums := []int64{0}
		for hr := range t.hours() {
			at := t.o.Start.Add(time.Duration(hr) * time.Hour)
			weight := daily[c][(hr+shift)%hoursPerDay] * 100
			if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
				weight = weight / 100 * weekend[c]
			}
			sum += weight
			sums = append(sums, sum)
		}
		t.curves[c] = sums
	}
}

// plan has a play go on for about so many rows, but at least once, from one
// hour to another.
func (t *town) plan(p play, rows int64, c curve, from, to int) {
	t.act(act{script: p.script, sessions: max(rows*10*1024/int64(max(p.tenths, 10)), 1024), curve: c, from: from, to: to})
}

// always is plan for the whole time.
func (t *town) always(p play, rows int64, c curve) { t.plan(p, rows, c, 0, t.hours()) }

func (t *town) act(a act) {
	if s := t.curves[a.curve]; s[a.to] == s[a.from] {
		a.curve = flat
	}
	a.phase = int64(t.rng.IntN(1024))
	t.acts = append(t.acts, a)
}

// begun is how many sessions of an act have begun before an hour.
func (t *town) begun(a *act, hr int) int64 {
	hr = min(max(hr, a.from), a.to)
	s := t.curves[a.curve]
	return (mulDiv(s[hr]-s[a.from], a.sessions, s[a.to]-s[a.from]) + a.phase) / 1024
}
