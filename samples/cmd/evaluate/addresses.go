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
	bad    bool
}

var lists = []list{
	{"the busiest addresses of the day before", 32, 128, 1, false},
	{"the worst addresses of the day before", 32, 128, 1, true},
	{"the worst addresses of 7 days", 32, 128, 7, true},
	{"the worst /24 and /64 of the day before", 24, 64, 1, true},
	{"the worst /24 and /64 of 7 days", 24, 64, 7, true},
	{"the worst /20 and /48 of 7 days", 20, 48, 7, true},
	{"the worst addresses of the day itself", 32, 128, 0, true},
	{"the worst /24 and /64 of the day itself", 24, 64, 0, true},
}

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
		if err := sum.add(t, prefixes); err != nil {
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
		if !l.bad {
			n += on(c.Good, from, to)
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

// coverage is what lists do on the last day of towns.
type coverage struct {
	bad, good, people          int64 // all there are
	badHit, goodHit, peopleHit int64 // in the listed networks
	news, newsHit              int64 // bad requests of addresses that had none before
	entries, entriesHit        int64
}

// add scores a list on the last day of a town. Prefixes may overlap.
func (c *coverage) add(t *town, prefixes []netip.Prefix) error {
	last := len(t.days) - 1
	listed := map[netip.Prefix]bool{} // and whether it was hit
	lengths := map[int]bool{}
	for _, p := range prefixes {
		listed[p] = false
		lengths[p.Bits()] = true
	}
	for _, client := range t.truth.Labels.Clients {
		a, err := netip.ParseAddr(client.Address)
		if err != nil {
			return err
		}
		bad, good := on(client.Bad, last, last+1), on(client.Good, last, last+1)
		if bad+good == 0 {
			continue
		}
		hit := false
		for bits := range lengths {
			p, err := a.Prefix(bits)
			if err != nil {
				continue // an IPv6 length for an IPv4 address
			}
			if _, ok := listed[p]; ok {
				hit, listed[p] = true, true
			}
		}
		c.count(bad, good, int64(max(1, client.People)), hit)
		if bad > 0 && on(client.Bad, 0, last) == 0 {
			c.news += bad
			if hit {
				c.newsHit += bad
			}
		}
	}
	for _, hit := range listed {
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

func (s *addressesScore) print(w io.Writer) error {
	t := &table{
		title:  fmt.Sprintf("addresses: lists of %d, on the last day", mostEntries),
		header: []string{"list", "bad covered", "new bad addresses covered", "precision", "good blocked", "people blocked", "entries", "of these hit"},
	}
	for _, l := range lists {
		c := s.sums[l.name]
		t.add(l.name, percent(c.badHit, c.bad), percent(c.newsHit, c.news), percent(c.badHit, c.badHit+c.goodHit),
			percent(c.goodHit, c.good), percent(c.peopleHit, c.people), c.entries, percent(c.entriesHit, c.entries))
	}
	return t.print(w)
}
