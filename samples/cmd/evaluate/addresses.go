package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
)

// mostEntries is how long a list of addresses may be: ImageKit's limit.
const mostEntries = 100

// addressesScore scores lists of networks that are made from what happened
// before the last day, by what the last day's truth says of them. Here are the
// lists that anybody makes who sorts and cuts; what a better choice has to beat.
type addressesScore struct {
	sums map[string]*coverage // by list
}

func newAddresses() *addressesScore {
	return &addressesScore{sums: map[string]*coverage{}}
}

// list is a way of making a list. Weights are summed up by network, and the
// heaviest networks are listed.
type list struct {
	name   string
	v4, v6 int // lengths of its prefixes
	days   int // before the last one
	what   what
}

// what of a network's requests are its weight.
type what uint8

const (
	everything what = iota
	strangers       // all, but of the ranges that good bots publish
	onlyBad         // those that the truth says are bad, which nobody knows
)

var lists = []list{
	{"the busiest addresses of the day before", 32, 128, 1, everything},
	{"the worst addresses of the day before", 32, 128, 1, onlyBad},
	{"the worst addresses of 7 days", 32, 128, 7, onlyBad},
	{"the worst /24 and /64 of the day before", 24, 64, 1, onlyBad},
	{"the worst /24 and /64 of 7 days", 24, 64, 7, onlyBad},
	{"the worst /20 and /48 of 7 days", 20, 48, 7, onlyBad},
	{"the worst addresses of the day itself", 32, 128, 0, onlyBad},
	{"the worst /24 and /64 of the day itself", 24, 64, 0, onlyBad},
}

// goodBot is the population whose ranges are published.
const goodBot = "bot"

func (s *addressesScore) score(_ context.Context, _ program, t *town) error {
	for _, l := range lists {
		sum := s.sums[l.name]
		if sum == nil {
			sum = &coverage{}
			s.sums[l.name] = sum
		}
		prefixes, err := l.choose(t)
		if err != nil {
			return err
		}
		last := len(t.days) - 1
		if err := sum.add(t, newListing(prefixes), last, last+1); err != nil {
			return err
		}
	}
	return nil
}

// choose makes the list of a town.
func (l *list) choose(t *town) ([]netip.Prefix, error) {
	last := len(t.days) - 1
	from, to := max(0, last-l.days), last
	if l.days == 0 {
		from, to = last, last+1
	}
	weights := map[netip.Prefix]int64{}
	for _, c := range t.truth.Labels.Clients {
		p, err := networkOf(c.Address, l.v4, l.v6)
		if err != nil {
			return nil, err
		}
		n := on(c.Bad, from, to)
		if l.what != onlyBad {
			n += on(c.Good, from, to)
		}
		if l.what == strangers && c.Population == goodBot {
			n = 0
		}
		if n > 0 {
			weights[p] += n
		}
	}
	var chosen []netip.Prefix
	for p := range weights {
		chosen = append(chosen, p)
	}
	slices.SortFunc(chosen, func(p, q netip.Prefix) int {
		return cmp.Or(cmp.Compare(weights[q], weights[p]), p.Addr().Compare(q.Addr()))
	})
	return chosen[:min(mostEntries, len(chosen))], nil
}

func networkOf(address string, v4, v6 int) (netip.Prefix, error) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, err
	}
	bits := v4
	if a.Is6() {
		bits = v6
	}
	return a.Prefix(bits)
}

// on sums up the days from..to-1; nil is none.
func on(days []int64, from, to int) int64 {
	var sum int64
	if days != nil {
		for _, n := range days[from:to] {
			sum += n
		}
	}
	return sum
}

// listing is a list of networks, and whether each was hit.
type listing struct {
	entries map[netip.Prefix]bool
	lengths map[int]bool
}

// newListing is a list of networks, which may overlap.
func newListing(prefixes []netip.Prefix) *listing {
	l := &listing{map[netip.Prefix]bool{}, map[int]bool{}}
	for _, p := range prefixes {
		l.entries[p] = false
		l.lengths[p.Bits()] = true
	}
	return l
}

// hit reports whether an address is listed, and marks what lists it.
func (l *listing) hit(address string) (bool, error) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false, err
	}
	hit := false
	for bits := range l.lengths {
		p, err := a.Prefix(bits)
		if err != nil {
			continue // an IPv6 length for an IPv4 address
		}
		if _, ok := l.entries[p]; ok {
			hit, l.entries[p] = true, true
		}
	}
	return hit, nil
}

// coverage is what lists do on some days of towns.
type coverage struct {
	bad, good, people          int64 // all there are
	badHit, goodHit, peopleHit int64 // in the listed networks
	news, newsHit              int64 // bad requests of addresses that had none before
	entries, entriesHit        int64
}

// add scores a list on the days from..to-1 of a town.
func (c *coverage) add(t *town, l *listing, from, to int) error {
	for _, client := range t.truth.Labels.Clients {
		bad, good := on(client.Bad, from, to), on(client.Good, from, to)
		if bad+good == 0 {
			continue
		}
		hit, err := l.hit(client.Address)
		if err != nil {
			return err
		}
		c.count(bad, good, int64(max(1, client.People)), hit)
		if bad > 0 && on(client.Bad, 0, from) == 0 {
			c.news += bad
			if hit {
				c.newsHit += bad
			}
		}
	}
	for _, hit := range l.entries {
		c.entries++
		if hit {
			c.entriesHit++
		}
	}
	return nil
}

func (c *coverage) count(bad, good, people int64, hit bool) {
	c.bad, c.good = c.bad+bad, c.good+good
	if good > 0 {
		c.people += people
	}
	if !hit {
		return
	}
	c.badHit, c.goodHit = c.badHit+bad, c.goodHit+good
	if good > 0 {
		c.peopleHit += people
	}
}

var coverageHeader = []string{"bad covered", "new bad addresses covered", "precision", "good blocked", "people blocked", "entries", "of these hit"}

func (c *coverage) cells() []any {
	return []any{
		percent(c.badHit, c.bad), percent(c.newsHit, c.news), percent(c.badHit, c.badHit+c.goodHit),
		permyriad(c.goodHit, c.good), permyriad(c.peopleHit, c.people), c.entries, percent(c.entriesHit, c.entries),
	}
}

func (s *addressesScore) print(w io.Writer) error {
	t := &table{title: fmt.Sprintf("addresses: lists of %d, on the last day", mostEntries), header: append([]string{"list"}, coverageHeader...)}
	for _, l := range lists {
		t.add(append([]any{l.name}, s.sums[l.name].cells()...)...)
	}
	return t.print(w)
}
