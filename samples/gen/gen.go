// Package gen makes synthetic access logs of any size, in several formats, and
// the truth about them, so that what a reader says of a log can be compared
// with what was put into it. The same options give the same bytes, on any
// machine and with any number of workers.
//
// There are two scenarios. The shop holds all that is odd, and its traffic is
// that of an image-heavy shop: visitors of its own pages, other
// sites that embed its images (hotlinks), crawlers, a scanner, a flood, and
// what attackers write into User-Agent and Referer. Sites are named below
// .example and .test (RFC 2606) but for a few search engines and social
// networks, which count as what they are. Addresses are drawn from large
// networks of one country each, so that country tables place them, and from
// 2001:db8::/32, which none does; nobody's traffic is in them.
package gen

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// chunkRows is how many rows are drawn from one random stream. A chunk depends
// on the options and on its number alone: this is what lets workers share the
// work and files be cut anywhere between chunks.
const chunkRows = 1000

// MinClients and MinHosts are the fewest distinct addresses and Referer hosts
// that hold all those that are planted.
const (
	MinClients = 64
	MinHosts   = fixedHosts
)

// The scenarios: who is in a log.
const (
	Shop = "shop" // one day of all that is odd, row by row
	Town = "town" // several days of sessions, of which everybody is labelled
)

// Scenarios are the names that Options.Scenario takes.
func Scenarios() []string { return []string{Shop, Town} }

// Options say what to make. The zero value of a field chooses its default.
//
// A town decides for itself how many clients and hosts it has, and has neither
// unreadable lines nor hostile text. Its rows are about as many as asked for,
// 400,000 by default, and its span whole days, eight by default.
type Options struct {
	Scenario string        // a name of Scenarios; "" is shop
	Format   string        // a name of Formats; "" is cloudfront
	Seed     uint64        // 0 is a seed like any other
	Rows     int64         // readable requests; at least Clients and Hosts; 0 makes 100,000
	Clients  int           // distinct addresses; 0 makes one for 15 rows
	Hosts    int           // distinct Referer hosts; 0 makes one for 250 rows
	Broken   int64         // unreadable lines, beside the rows
	Hostile  int64         // requests with text that attacks its reader, or a few less; 0 makes one for 1,000 rows, -1 none
	Start    time.Time     // of the first request; the zero value is 2026-03-02, 00:00 UTC
	Span     time.Duration // from the first request to the last; 0 is a day
}

// Generator makes one log. It is not changed after New and may be used by
// several goroutines.
type Generator struct {
	o     Options
	form  *form
	world *world
}

// New checks the options and lays out who takes part.
func New(o Options) (*Generator, error) {
	o = o.withDefaults()
	f := formNamed(o.Format)
	if f == nil {
		return nil, fmt.Errorf("format %q: not one of %v", o.Format, Formats())
	}
	check := o.check
	if o.Scenario == Town {
		check = o.checkTown
	}
	if err := check(); err != nil {
		return nil, err
	}
	return &Generator{o: o, form: f, world: newWorld(o)}, nil
}

func (o *Options) check() error {
	switch {
	case o.Scenario != Shop:
		return fmt.Errorf("scenario %q: not one of %v", o.Scenario, Scenarios())
	case o.Clients < MinClients:
		return fmt.Errorf("clients %d: at least %d are needed to hold the planted ones", o.Clients, MinClients)
	case o.Hosts < MinHosts:
		return fmt.Errorf("hosts %d: at least %d are needed to hold the planted ones", o.Hosts, MinHosts)
	case o.Rows < int64(o.Clients), o.Rows < int64(o.Hosts):
		return fmt.Errorf("rows %d: fewer than the distinct clients (%d) or hosts (%d)", o.Rows, o.Clients, o.Hosts)
	case o.Broken < 0 || o.Broken > o.Rows || o.Hostile > o.Rows:
		return fmt.Errorf("broken %d, hostile %d: not between 0 and the %d rows", o.Broken, o.Hostile, o.Rows)
	case o.Span < time.Second:
		return fmt.Errorf("span %v: shorter than a second", o.Span)
	}
	return o.checkStart()
}

func (o *Options) checkStart() error {
	if o.Start.Year() < 1971 || o.Start.Add(o.Span).Year() > 2200 {
		return fmt.Errorf("start %v: not between the years 1971 and 2200", o.Start)
	}
	return nil
}

func (o *Options) checkTown() error {
	const day = hoursPerDay * time.Hour
	switch {
	case o.Clients != 0 || o.Hosts != 0 || o.Broken != 0 || o.Hostile > 0:
		return errors.New("clients, hosts, broken, hostile: not for a town, which has its own")
	case o.Rows < minTownRows:
		return fmt.Errorf("rows %d: a town has at least %d", o.Rows, minTownRows)
	case o.Span%day != 0 || o.Span < minTownDays*day || o.Span > maxTownDays*day:
		return fmt.Errorf("span %v: a town has %d to %d days", o.Span, minTownDays, maxTownDays)
	case !o.Start.Equal(o.Start.UTC().Truncate(day)):
		return fmt.Errorf("start %v: a town begins at midnight, UTC", o.Start)
	}
	return o.checkStart()
}

func (o Options) withDefaults() Options {
	o.Scenario = cmp.Or(o.Scenario, Shop)
	o.Start = o.Start.UTC()
	if o.Format == "" {
		o.Format = "cloudfront"
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	}
	if o.Scenario == Town {
		o.Rows = cmp.Or(o.Rows, defaultTownRows)
		o.Span = cmp.Or(o.Span, defaultTownDays*hoursPerDay*time.Hour)
		return o
	}
	if o.Rows == 0 {
		o.Rows = 100_000
	}
	if o.Clients == 0 {
		o.Clients = max(MinClients, int(o.Rows/15))
	}
	if o.Hosts == 0 {
		o.Hosts = max(MinHosts, int(o.Rows/250))
	}
	if o.Hostile == 0 {
		o.Hostile = o.Rows / 1000
	}
	o.Hostile = max(o.Hostile, 0)
	if o.Span == 0 {
		o.Span = 24 * time.Hour
	}
	return o
}

// Clients are the addresses that the log's clients have, and their countries,
// "" for one that no table places.
func (g *Generator) Clients() iter.Seq2[string, string] {
	return func(yield func(addr, country string) bool) {
		for i := range g.world.clients {
			if c := &g.world.clients[i]; !yield(c.addr, c.country) {
				return
			}
		}
	}
}

// Days is how many days a town has: as many files hold a day each. It is an
// error for other scenarios, whose rows are cut by their number.
func (g *Generator) Days() (int, error) {
	if g.world.town == nil {
		return 0, fmt.Errorf("scenario %s: only a town is cut into days", g.o.Scenario)
	}
	return g.world.town.days, nil
}

// chunks is how many chunks there are; the last may be shorter.
func (g *Generator) chunks() int64 {
	if t := g.world.town; t != nil {
		return int64(t.hours())
	}
	return (g.o.Rows + chunkRows - 1) / chunkRows
}

// appendChunk appends the lines of chunk i and counts them.
func (g *Generator) appendChunk(dst []byte, i int64, t *tally) []byte {
	if g.world.town != nil {
		return g.appendHour(dst, i, t)
	}
	rng := rand.New(rand.NewPCG(g.o.Seed, uint64(i)+1))
	c := newChunk(g, rng)
	for row := i * chunkRows; row < min((i+1)*chunkRows, g.o.Rows); row++ {
		r := c.next(row)
		t.add(g, r)
		dst = g.form.row(dst, r)
		if k, ok := turn(row, g.o.Broken, g.o.Rows); ok {
			dst = g.appendBroken(dst, r, k)
			t.rejects++
		}
	}
	return dst
}

// turn spreads n events evenly over rows: it reports whether this row has one,
// and which.
func turn(row, n, rows int64) (k int64, ok bool) {
	k = mulDiv(row, n, rows)
	return k, mulDiv(row+1, n, rows) > k
}
