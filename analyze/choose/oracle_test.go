package choose

import (
	"cmp"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The oracles read the definitions off the documentation: plain networks, no
// trie, no sums. One tries every list there is; the other, for larger
// instances, goes through the whole binary tree and keeps lists.

// world is an instance: the last bits of one IPv4 and one IPv6 network.
type world struct {
	addresses []Address
	o         Options
	bits      int // of each family
}

func (w *world) top(v4 bool) netip.Prefix {
	if v4 {
		return netip.PrefixFrom(netip.MustParseAddr("192.0.2.0"), 32-w.bits)
	}
	return netip.PrefixFrom(netip.MustParseAddr("2001:db8::"), 64-w.bits)
}

func halves(p netip.Prefix) (lower, upper netip.Prefix) {
	b := p.Addr().AsSlice()
	lower = netip.PrefixFrom(p.Addr(), p.Bits()+1)
	b[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	a, _ := netip.AddrFromSlice(b)
	return lower, netip.PrefixFrom(a, p.Bits()+1)
}

// entryOf is an entry with what the oracles compare.
type entryOf struct {
	p     netip.Prefix
	value int64
	kept  bool
	space int
	cost  int64
	own   int64 // the part of value that is not from addresses
}

type list []entryOf

func (l list) value() (v int64) {
	for _, e := range l {
		v += e.value
	}
	return v
}

func (l list) kept() (n int) {
	for _, e := range l {
		if e.kept {
			n++
		}
	}
	return n
}

func (l list) space() (n int) {
	for _, e := range l {
		n += e.space
	}
	return n
}

func (l list) within(p netip.Prefix) list {
	var in list
	for _, e := range l {
		if p.Bits() <= e.p.Bits() && p.Contains(e.p.Addr()) {
			in = append(in, e)
		}
	}
	return in
}

// compare is greater than 0 if a is the better list in the network p.
func (w *world) compare(a, b list, tops ...netip.Prefix) int {
	if c := cmp.Or(cmp.Compare(a.value(), b.value()), -cmp.Compare(len(a), len(b)),
		cmp.Compare(a.kept(), b.kept()), -cmp.Compare(a.space(), b.space())); c != 0 {
		return c
	}
	if len(tops) == 2 {
		if c := lower(a.within(tops[0]), b.within(tops[0])); c != 0 {
			return c
		}
	}
	for _, top := range tops {
		if c := w.compareHalves(a, b, top); c != 0 {
			return c
		}
	}
	return 0
}

func lower(a, b list) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a.kept(), b.kept()))
}

func (w *world) compareHalves(a, b list, p netip.Prefix) int {
	if a, b = a.within(p), b.within(p); len(a) == 0 && len(b) == 0 || slices.Equal(a, b) {
		return 0
	}
	if p.IsSingleIP() || p.Addr().Is6() && p.Bits() == 64 {
		return 0
	}
	low, up := halves(p)
	if c := lower(a.within(low), b.within(low)); c != 0 {
		return c
	}
	return cmp.Or(w.compareHalves(a, b, low), w.compareHalves(a, b, up))
}

// unitOf is the network that an address is counted as: the widest of all that
// the log cuts around it.
func (w *world) unitOf(a Address) netip.Prefix {
	widest := func(a Address) netip.Prefix {
		bits := 32
		if a.Addr.Is6() {
			bits = 64
		}
		if a.Bits > 0 {
			bits = min(bits, int(a.Bits))
		}
		return netip.PrefixFrom(a.Addr, bits).Masked()
	}
	unit := widest(a)
	for _, b := range w.addresses {
		if p := widest(b); p.Bits() < unit.Bits() && p.Contains(a.Addr) {
			unit = p
		}
	}
	return unit
}

// entry is v(p), if p is allowed and worth something.
func (w *world) entry(p netip.Prefix) (entryOf, bool) {
	e, allowed := w.allowed(p)
	return e, allowed && e.value > 0
}

// allowed is v(p), if p is allowed.
func (w *world) allowed(p netip.Prefix) (entryOf, bool) {
	o := &w.o
	width, region, lengths := 64, 40, o.V6
	if p.Addr().Is4() {
		width, region, lengths = 32, 16, o.V4
	}
	at := slices.IndexFunc(lengths, func(l Length) bool { return l.Bits == p.Bits() })
	for _, q := range o.Protected {
		if q.Overlaps(p) {
			return entryOf{}, false
		}
	}
	if at < 0 {
		return entryOf{}, false
	}
	for _, l := range lengths {
		region = min(region, l.Bits)
	}
	around := netip.PrefixFrom(p.Addr(), region).Masked()
	var bad, good, users, goodAround int64
	units := map[netip.Prefix]*Address{}
	for _, a := range w.addresses {
		u := w.unitOf(a)
		if around.Contains(a.Addr) {
			goodAround += a.Good
		}
		if u.Bits() < p.Bits() && u.Overlaps(p) {
			return entryOf{}, false
		}
		if !p.Contains(a.Addr) {
			continue
		}
		bad, good, users = bad+a.Bad, good+a.Good, users+a.Users
		if a.Unseen {
			continue
		}
		if units[u] == nil {
			units[u] = &Address{}
		}
		units[u].Bad += a.Bad
		units[u].NoSingle = units[u].NoSingle || a.NoSingle
	}
	listed, shared, free := 0, 0, int64(1)<<(width-p.Bits())
	for u, a := range units {
		free -= 1 << (width - u.Bits())
		if a.Bad > 0 {
			listed++
			if a.NoSingle {
				shared++
			}
		}
	}
	if listed < lengths[at].MinBad || listed == 1 && shared == 1 ||
		o.MinPurity.Num > 0 && bad*o.MinPurity.Den < o.MinPurity.Num*(bad+good) ||
		o.MaxUsers.Set && users > o.MaxUsers.N {
		return entryOf{}, false
	}
	unseen := big.NewInt(0)
	if o.Kappa.Num > 0 {
		unseen.Mul(big.NewInt(goodAround*o.Kappa.Num), big.NewInt(free))
		unseen.Div(unseen, new(big.Int).Lsh(big.NewInt(o.Kappa.Den), uint(width-region)))
		if here := w.closeBy(p, width); o.Near.Num > 0 && here.Cmp(unseen) < 0 {
			less := new(big.Int).Sub(unseen, here)
			less.Div(less.Mul(less, big.NewInt(o.Near.Num)), big.NewInt(o.Near.Den))
			unseen.Sub(unseen, less)
		}
	}
	price := o.rate()
	e := entryOf{p: p, space: width - p.Bits(), cost: good + unseen.Int64()}
	e.value = price.den*(bad-o.EntryCost) - price.num*(good+unseen.Int64())
	hit := false
	for _, r := range o.Previous {
		if r.Prefix == p {
			e.kept = true
			hit = hit || r.Hit
		}
	}
	if hit {
		e.value += price.den * o.Bonus
	}
	e.own = e.value - price.den*bad + price.num*good
	return e, true
}

// every calls found with each list of disjoint networks in p that entry takes.
func (w *world) every(p netip.Prefix, entry func(netip.Prefix) (entryOf, bool), found func(list)) {
	if e, ok := entry(p); ok {
		found(list{e})
	}
	if p.IsSingleIP() || p.Bits() == w.top(p.Addr().Is4()).Bits()+w.bits {
		found(nil)
		return
	}
	low, up := halves(p)
	var uppers []list
	w.every(up, entry, func(l list) { uppers = append(uppers, l) })
	w.every(low, entry, func(l list) {
		for _, u := range uppers {
			found(slices.Concat(l, u))
		}
	})
}

func (w *world) allows(l list, limits limits) bool {
	v4 := len(l.within(w.top(true)))
	return len(l) <= limits.all && v4 <= limits.v4 && len(l)-v4 <= limits.v6 && len(l)-l.kept() <= limits.fresh
}

// everyList calls found with each list of both families that entry takes.
func (w *world) everyList(entry func(netip.Prefix) (entryOf, bool), found func(list)) {
	var v6 []list
	w.every(w.top(false), entry, func(l list) { v6 = append(v6, l) })
	w.every(w.top(true), entry, func(l list) {
		for _, m := range v6 {
			found(slices.Concat(l, m))
		}
	})
}

// stops is the good weight that a list stops, with that of unseen addresses.
func (w *world) stops(l list) (n int64) {
	for _, e := range l {
		n += e.cost
	}
	return n
}

// best is the best list of at most k entries for each k, of all lists there are.
func (w *world) best(limits limits) []list {
	best := make([]list, limits.all+1)
	w.everyList(w.entry, func(all list) {
		if !w.allows(all, limits) {
			return
		}
		for k := len(all); k < len(best); k++ {
			if w.compare(all, best[k], w.top(true), w.top(false)) > 0 {
				best[k] = all
			}
		}
	})
	return best
}

// slow is best by a program over the whole binary tree: for each number of
// entries and of new ones the best list.
func (w *world) slow(limits limits) []list {
	type size struct{ all, fresh int }
	var tables func(p netip.Prefix) map[size]list
	join := func(a, b map[size]list, tops ...netip.Prefix) map[size]list {
		out := map[size]list{}
		for _, l := range a {
			for _, m := range b {
				all := slices.Concat(l, m)
				s := size{len(all), len(all) - all.kept()}
				if s.all <= limits.all && s.fresh <= limits.fresh && w.compare(all, out[s], tops...) > 0 {
					out[s] = all
				}
			}
		}
		out[size{}] = nil
		return out
	}
	tables = func(p netip.Prefix) map[size]list {
		out := map[size]list{{}: nil}
		if p.Bits() < w.top(p.Addr().Is4()).Bits()+w.bits {
			low, up := halves(p)
			out = join(tables(low), tables(up), p)
		}
		if e, ok := w.entry(p); ok {
			s := size{1, 1}
			if e.kept {
				s.fresh = 0
			}
			if w.compare(list{e}, out[s], p) > 0 {
				out[s] = list{e}
			}
		}
		return out
	}
	only := func(t map[size]list, most int) map[size]list {
		for s := range t {
			if s.all > most {
				delete(t, s)
			}
		}
		return t
	}
	all := join(only(tables(w.top(true)), limits.v4), only(tables(w.top(false)), limits.v6), w.top(true), w.top(false))
	best := make([]list, limits.all+1)
	for s, l := range all {
		for k := s.all; k < len(best); k++ {
			if w.compare(l, best[k], w.top(true), w.top(false)) > 0 {
				best[k] = l
			}
		}
	}
	return best
}

func (l list) String() string {
	s := ""
	for _, e := range l {
		s += fmt.Sprintf(" %s=%d kept %t", e.p, e.value, e.kept)
	}
	return s
}

func sameEntry(a, b entryOf) bool {
	a.own, b.own = 0, 0
	return a == b
}

// solved is a solution as the oracles see it.
func solved(entries []Entry) list {
	var l list
	for _, e := range entries {
		space := 64 - e.Prefix.Bits()
		if e.Prefix.Addr().Is4() {
			space = 32 - e.Prefix.Bits()
		}
		l = append(l, entryOf{e.Prefix, e.Value, e.Kept, space, e.Good + e.Unseen, 0})
	}
	return l
}

// compareWith compares the solution with an oracle's, and returns it.
func (w *world) compareWith(oracle func(limits) []list) (*Solution, error) {
	p, err := New(w.addresses, w.o)
	if err != nil {
		return nil, err
	}
	s := p.Solve()
	l := w.o.limits()
	want := oracle(l)
	if got := solved(s.Entries); !slices.EqualFunc(got, want[l.all], sameEntry) {
		return nil, fmt.Errorf("got\n%v\nwant\n%v", got, want[l.all])
	}
	for k, point := range s.Frontier(Steps(l.all)...) {
		if best := want[k+1]; point.Value != best.value() || point.Kept != best.kept() {
			return nil, fmt.Errorf("%d entries are worth %d, want %d", k+1, point.Value, best.value())
		}
	}
	if !s.Exact || s.Value != want[l.all].value() || s.Bound != s.Value {
		return nil, fmt.Errorf("value %d, exact %t, bound %d, want %d", s.Value, s.Exact, s.Bound, want[l.all].value())
	}
	l.all++
	l.v4++
	next := oracle(l)[l.all].value()
	l.v4--
	l.v6++
	next = max(next, oracle(l)[l.all].value())
	if got := next - s.Value; got != s.Next {
		return nil, fmt.Errorf("one more entry is worth %d, want %d", s.Next, got)
	}
	return s, nil
}

// TestOracles compares the program with both oracles on many instances, and
// demands that the instances are worth it.
func TestOracles(t *testing.T) {
	var entries [8]int
	kept, next := 0, 0
	for seed := range uint64(1500) {
		w := even(seed).world(6, 30)
		oracle := w.slow
		if seed%3 == 0 {
			w = even(seed).world(3, 10)
			oracle = w.best
		}
		s, err := w.compareWith(oracle)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		entries[len(s.Entries)]++
		if slices.ContainsFunc(s.Entries, func(e Entry) bool { return e.Kept }) {
			kept++
		}
		if s.Next > 0 {
			next++
		}
	}
	t.Logf("lists by number of entries %v, %d with kept ones, %d where one more were worth something", entries, kept, next)
	if entries[0] > 600 || kept < 200 || next < 250 {
		t.Error("the instances are too easy")
	}
}

// TestOraclesRapid is TestOracles with instances that shrink.
func TestOraclesRapid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := fromRapid(t).world(5, 24)
		if _, err := w.compareWith(w.slow); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSlowOracle(t *testing.T) {
	for seed := range uint64(500) {
		w := even(seed).world(3, 10)
		l := w.o.limits()
		if a, b := w.slow(l), w.best(l); !slices.EqualFunc(a, b, func(a, b list) bool { return slices.EqualFunc(a, b, sameEntry) }) {
			t.Fatalf("seed %d: %v\nand\n%v", seed, a, b)
		}
	}
}

// TestJoinAfterJoin joins tables of any sizes one after the other: what memory
// one leaves is enough for the next.
func TestJoinAfterJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var used tables
		for range rapid.IntRange(1, 5).Draw(t, "joins") {
			table := func(name string) []cell {
				values := rapid.SliceOfN(rapid.Int64Range(1, 9), 1, 30).Draw(t, name)
				out := make([]cell, len(values))
				for i, v := range values {
					out[i].value = v
					if i > 0 {
						out[i].value += out[i-1].value
					}
				}
				return out
			}
			left, right := table("left"), table("right")
			most := rapid.IntRange(1, len(left)+len(right)).Draw(t, "most")
			got := slices.Clone(used.join(left, right, most))
			var fresh tables
			if want := fresh.join(left, right, most); !slices.Equal(got, want) || !slices.Equal(used.split[:most], fresh.split[:most]) {
				t.Fatalf("%v, in fresh memory %v", got, want)
			}
		}
	})
}
