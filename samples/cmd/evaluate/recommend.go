package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"rulecast/samples/gen"
)

// recommendScore scores the networks that recommend suggests from all days but
// the last, by what the last day's truth says of them. Beside them are the lists
// that people make of a log, and two by which anybody can do the same who knows
// the truth about the days before, which nobody does.
type recommendScore struct {
	o       *options
	seeds   []seedCoverage
	fitted  map[string]*coverage // by way: on the days it was made from
	kinds   map[kind]*kindSum
	blocked []blockedClient
}

// asked is a way of asking for suggestions.
type asked struct {
	name string
	args []string
}

var askedFor = []asked{
	{"rulecast recommend", nil},
	{"rulecast recommend --max-collateral 0.05%", []string{"--max-collateral", "0.05%"}},
}

// judged is the list of those addresses of the day before that have most bad
// requests, by what the program says of that day alone.
const judged = "the worst addresses of the day before, as rulecast judges them"

// beaten are further lists that are shown beside those. The first two are what
// the coverage is compared with, with the one that is judged.
var beaten = []list{
	{"the busiest addresses of the day before but those of good bots", 32, 128, 1, strangers},
	{"the worst addresses of the day before, by the truth", 32, 128, 1, onlyBad},
	{"the worst /24 and /64 of 7 days, by the truth", 24, 64, 7, onlyBad},
}

// seedCoverage is what the lists do in a town, by name.
type seedCoverage struct {
	seed  uint64
	lists map[string]*coverage
}

// kind is what a client is, and of bad ones how their network is used.
type kind struct{ population, layout string }

// kindSum is what becomes of clients of a kind on the last day.
type kindSum struct {
	bad, good       int64
	badHit, goodHit map[string]int64 // by name of the list
}

// blockedClient is one with good requests that the first way denies.
type blockedClient struct {
	gen.LabelledClient
	seed      uint64
	good, bad int64 // on the last day
}

func newRecommend(o *options) *recommendScore {
	return &recommendScore{o: o, fitted: map[string]*coverage{}, kinds: map[kind]*kindSum{}}
}

func (s *recommendScore) score(ctx context.Context, p program, t *town) error {
	one := seedCoverage{seed: t.seed, lists: map[string]*coverage{}}
	last := len(t.days) - 1
	for i, way := range askedFor {
		prefixes, err := suggested(ctx, p, t, way.args)
		if err != nil {
			return err
		}
		if err := s.add(&one, t, way.name, prefixes); err != nil {
			return err
		}
		if s.fitted[way.name] == nil {
			s.fitted[way.name] = &coverage{}
		}
		if err := s.fitted[way.name].add(t, newListing(prefixes), 0, last); err != nil {
			return err
		}
		if i == 0 {
			if err := s.blame(t, newListing(prefixes)); err != nil {
				return err
			}
		}
	}
	prefixes, err := worst(ctx, p, t)
	if err != nil {
		return err
	}
	if err := s.add(&one, t, judged, prefixes); err != nil {
		return err
	}
	for _, l := range beaten {
		prefixes, err := l.choose(t)
		if err != nil {
			return err
		}
		if err := s.add(&one, t, l.name, prefixes); err != nil {
			return err
		}
	}
	s.seeds = append(s.seeds, one)
	return nil
}

// suggested are the networks that the program suggests.
func suggested(ctx context.Context, p program, t *town, more []string) ([]netip.Prefix, error) {
	var tables struct {
		Suggestions []struct {
			Control string `json:"control"`
			Entry   string `json:"entry"`
			Change  string `json:"change"`
		} `json:"suggestions"`
	}
	if err := p.ask(ctx, &tables, asking(t, more, t.days[:len(t.days)-1])...); err != nil {
		return nil, err
	}
	var entries []string
	for _, e := range tables.Suggestions {
		if e.Control == "ip" && e.Change != "dropped" {
			entries = append(entries, e.Entry)
		}
	}
	return prefixesOf(entries)
}

// asking are the arguments to ask for suggestions from some days.
func asking(t *town, more, days []string) []string {
	args := []string{"recommend", "--provider", "imagekit", "--own", t.truth.Labels.Own[0], "--allow-ranges", t.ranges}
	return slices.Concat(args, more, days)
}

// worst are the addresses with most bad requests on the last day but one, as
// far as the program can tell from that day.
func worst(ctx context.Context, p program, t *town) ([]netip.Prefix, error) {
	var tables struct {
		Suspects []struct {
			Client string `json:"client"`
			Bad    int64  `json:"bad_requests"`
		} `json:"suspects"` // those with most bad requests first
	}
	if err := p.ask(ctx, &tables, asking(t, nil, t.days[len(t.days)-2:len(t.days)-1])...); err != nil {
		return nil, err
	}
	var entries []string
	for _, c := range tables.Suspects[:min(mostEntries, len(tables.Suspects))] {
		if c.Bad > 0 {
			entries = append(entries, c.Client)
		}
	}
	return prefixesOf(entries)
}

// prefixesOf reads the entries of an IP list.
func prefixesOf(entries []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, e := range entries {
		prefix, err := prefixOf(e)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

// prefixOf reads an entry of an IP list: a network or an address.
func prefixOf(entry string) (netip.Prefix, error) {
	if strings.Contains(entry, "/") {
		return netip.ParsePrefix(entry)
	}
	a, err := netip.ParseAddr(entry)
	return netip.PrefixFrom(a, a.BitLen()), err
}

// add scores a list on the last day, as a whole and by kind.
func (s *recommendScore) add(one *seedCoverage, t *town, name string, prefixes []netip.Prefix) error {
	last, l := len(t.days)-1, newListing(prefixes)
	c := &coverage{}
	if err := c.add(t, l, last, last+1); err != nil {
		return err
	}
	one.lists[name] = c
	for _, client := range t.truth.Labels.Clients {
		k := kind{client.Population, client.Layout}
		sum := s.kinds[k]
		if sum == nil {
			sum = &kindSum{badHit: map[string]int64{}, goodHit: map[string]int64{}}
			s.kinds[k] = sum
		}
		bad, good := on(client.Bad, last, last+1), on(client.Good, last, last+1)
		if name == askedFor[0].name {
			sum.bad, sum.good = sum.bad+bad, sum.good+good
		}
		hit, err := l.hit(client.Address)
		if err != nil {
			return err
		}
		if hit {
			sum.badHit[name] += bad
			sum.goodHit[name] += good
		}
	}
	return nil
}

// blame notes the clients with good requests that a list denies.
func (s *recommendScore) blame(t *town, l *listing) error {
	last := len(t.days) - 1
	for _, client := range t.truth.Labels.Clients {
		good := on(client.Good, last, last+1)
		if good == 0 {
			continue
		}
		hit, err := l.hit(client.Address)
		if err != nil {
			return err
		}
		if hit {
			s.blocked = append(s.blocked, blockedClient{client, t.seed, good, on(client.Bad, last, last+1)})
		}
	}
	return nil
}

func (s *recommendScore) print(w io.Writer) error {
	tables := []*table{s.wholeTable(), s.seedTable(), s.badTable(), s.goodTable()}
	if s.o.cases > 0 {
		tables = append(tables, s.caseTable())
	}
	for _, t := range tables {
		if err := t.print(w); err != nil {
			return err
		}
	}
	return nil
}

// names are all lists in the order of the output.
func (s *recommendScore) names() []string {
	var names []string
	for _, way := range askedFor {
		names = append(names, way.name)
	}
	names = append(names, judged)
	for _, l := range beaten {
		names = append(names, l.name)
	}
	return names
}

func (c *coverage) plus(d *coverage) {
	c.bad, c.good, c.people = c.bad+d.bad, c.good+d.good, c.people+d.people
	c.badHit, c.goodHit, c.peopleHit = c.badHit+d.badHit, c.goodHit+d.goodHit, c.peopleHit+d.peopleHit
	c.news, c.newsHit = c.news+d.news, c.newsHit+d.newsHit
	c.entries, c.entriesHit = c.entries+d.entries, c.entriesHit+d.entriesHit
}

func (s *recommendScore) wholeTable() *table {
	t := &table{title: "recommend: networks suggested from the days before, on the last day", header: append([]string{"list"}, coverageHeader...)}
	for _, name := range s.names() {
		var sum coverage
		for i := range s.seeds {
			sum.plus(s.seeds[i].lists[name])
		}
		t.add(append([]any{name}, sum.cells()...)...)
	}
	for _, way := range askedFor {
		t.add(append([]any{"the same on the days before: " + way.name}, s.fitted[way.name].cells()...)...)
	}
	return t
}

// seedTable shows that no town is covered at the cost of another.
func (s *recommendScore) seedTable() *table {
	t := &table{title: "recommend: town by town", header: []string{
		"seed", "bad covered", "good blocked", "people blocked", "entries", "times the worst as judged", "times the busiest", "times the worst by the truth",
	}}
	for i := range s.seeds {
		l := s.seeds[i].lists
		c := l[askedFor[0].name]
		t.add(s.seeds[i].seed, percent(c.badHit, c.bad), permyriad(c.goodHit, c.good), permyriad(c.peopleHit, c.people), c.entries,
			times(c.badHit, l[judged].badHit), times(c.badHit, l[beaten[0].name].badHit), times(c.badHit, l[beaten[1].name].badHit))
	}
	return t
}

func times(n, of int64) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(n)/float64(of))
}

// badTable says what becomes of each kind of abuser.
func (s *recommendScore) badTable() *table {
	t := &table{title: "recommend: who is stopped", header: append([]string{"population, layout", "bad requests", "of all"}, s.names()...)}
	var all int64
	for _, sum := range s.kinds {
		all += sum.bad
	}
	for _, k := range s.sorted(func(sum *kindSum) int64 { return sum.bad }) {
		sum := s.kinds[k]
		row := []any{k.population + ", " + k.layout, sum.bad, percent(sum.bad, all)}
		for _, name := range s.names() {
			row = append(row, percent(sum.badHit[name], sum.bad))
		}
		t.add(row...)
	}
	return t
}

// goodTable says who is blocked and should not be.
func (s *recommendScore) goodTable() *table {
	t := &table{title: "recommend: good requests blocked", header: append([]string{"population", "good requests"}, s.names()...)}
	for _, k := range s.sorted(func(sum *kindSum) int64 { return sum.good }) {
		sum := s.kinds[k]
		name := k.population
		if k.layout != "" {
			name += ", " + k.layout
		}
		row := []any{name, sum.good}
		for _, name := range s.names() {
			row = append(row, sum.goodHit[name])
		}
		t.add(row...)
	}
	return t
}

// sorted are the kinds that have some of what is asked for, most of it first.
func (s *recommendScore) sorted(of func(*kindSum) int64) []kind {
	var kinds []kind
	for k, sum := range s.kinds {
		if of(sum) > 0 {
			kinds = append(kinds, k)
		}
	}
	slices.SortFunc(kinds, func(j, k kind) int {
		return cmp.Or(cmp.Compare(of(s.kinds[k]), of(s.kinds[j])), cmp.Compare(j.population, k.population), cmp.Compare(j.layout, k.layout))
	})
	return kinds
}

// caseTable lists the clients with most good requests blocked.
func (s *recommendScore) caseTable() *table {
	t := &table{title: "recommend: blocked by mistake", header: []string{"client", "seed", "population", "people", "good requests", "bad requests"}}
	slices.SortStableFunc(s.blocked, func(a, b blockedClient) int { return cmp.Compare(b.good, a.good) })
	for _, c := range s.blocked[:min(s.o.cases, len(s.blocked))] {
		t.add(c.Address, c.seed, c.Population, c.People, c.good, c.bad)
	}
	return t
}
