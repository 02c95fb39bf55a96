package choose

import "net/netip"

// Entry is one network of a list, with what it covers.
type Entry struct {
	Prefix    netip.Prefix
	Bad, Good int64 // weights
	Unseen    int64 // good weight expected of addresses never seen
	Users     int64 // good users
	Addresses int   // with bad weight; of IPv6, /64 networks
	Value     int64 // v, times Options.Price.Den
	Kept      bool  // it is one of Options.Previous
}

// Solution is a list, and what shorter lists would be.
type Solution struct {
	Entries []Entry // in address order, IPv4 first
	Value   int64   // the sum of theirs
	// Exact says that no list is worth more; else none is worth more than Bound.
	Exact bool
	Bound int64
	// Price is what good weight was priced at to get here: more than
	// Options.Price if MaxCollateral asked for it.
	Price Ratio
	// Next is what one entry more would be worth, where the limits on all
	// entries and on either family are one higher; at Price, in the unit of the
	// weights times 1/Price.Den.
	Next int64

	items  []item // the entries
	run    *forest
	limits limits
}

// forest is a run over both families.
type forest struct {
	p      *Problem
	steps  int // what may go into tables of two dimensions
	tables [2]tables
}

func newForest(p *Problem) *forest {
	f := &forest{p: p, steps: p.steps}
	for i, family := range p.families {
		f.tables[i].f = family
	}
	return f
}

// run runs both families for the limits and one entry more. It reports false if
// the limit on new entries takes too long.
func (f *forest) run(price rate, tax int64, l limits) bool {
	steps := f.steps
	for i, most := range [2]int{l.v4, l.v6} {
		t := &f.tables[i]
		t.price, t.tax = price, tax
		most = min(most, l.all) + 1
		b := budget{most, min(most, l.fresh), l.fresh <= l.all, steps}
		if !t.run(&b) {
			return false
		}
		steps = b.steps
	}
	return true
}

// state is one of the sets that a family may add to a list.
type state struct {
	cell
	x, y int // the most new and kept entries; all are new if it does not matter
}

// states are the sets of at most so many entries.
func (t *tables) states(most int) []state {
	root := len(t.size) - 1
	if root >= 0 && t.size[root] == isWide {
		var all []state
		w := &t.wide[t.off[root]]
		for x := 0; x <= min(w.fresh, most); x++ {
			for y := 0; y <= min(w.kept, most-x); y++ {
				all = append(all, state{w.cells[w.at(x, y)], x, y})
			}
		}
		return all
	}
	all := make([]state, 1, len(t.open)+1)
	for k := range min(most, len(t.open)) {
		all = append(all, state{t.open[k], k + 1, 0})
	}
	return all
}

// pick is how the best list of some length divides over the families.
type pick struct {
	cell
	of [2]state
}

// picks are the best lists of at most k entries for k up to l.all, or as long
// as there is more to gain.
func (f *forest) picks(l limits) []pick {
	picks := make([]pick, l.all+1)
	v6 := f.tables[1].states(l.v6)
	for _, left := range f.tables[0].states(l.v4) {
		for _, right := range v6 {
			k := left.x + left.y + right.x + right.y
			if k > l.all {
				if right.y == 0 {
					break
				}
				continue
			}
			if left.x+right.x > l.fresh {
				break
			}
			sum := left.plus(right.cell)
			if best := &picks[k]; best.less(sum) || best.cell == sum && best.of[0].fewer(left.cell) {
				*best = pick{sum, [2]state{left, right}}
			}
		}
	}
	last := 0
	for k := 1; k < len(picks); k++ {
		if picks[k].less(picks[k-1].cell) {
			picks[k] = picks[k-1]
		}
		if picks[k].value > picks[last].value {
			last = k
		}
	}
	return picks[:last+1]
}

// Solve finds the best list.
func (p *Problem) Solve() *Solution { return p.solve(newForest(p)) }

// solve is Solve with tables that may have been used before.
func (p *Problem) solve(f *forest) *Solution {
	l := p.o.limits()
	if !f.run(p.o.rate(), 0, l) {
		return p.search()
	}
	items := f.items(f.best(l))
	if limit := p.o.MaxCollateral; limit.Set && collateral(items) > limit.N {
		return p.search()
	}
	s := f.solution(items, l)
	s.Exact, s.Bound = true, s.Value
	return s
}

// solution is a list with what a run has to say of others.
func (f *forest) solution(items []item, l limits) *Solution {
	price := f.tables[0].price
	s := &Solution{Price: Ratio{price.num, price.den}, items: items, run: f, limits: l}
	for i := range items {
		s.Entries = append(s.Entries, items[i].entry(f.p))
		s.Value += items[i].value
	}
	before := f.best(l).value
	for _, more := range []limits{{l.all + 1, l.v4 + 1, l.v6, l.fresh}, {l.all + 1, l.v4, l.v6 + 1, l.fresh}} {
		s.Next = max(s.Next, f.best(more).value-before)
	}
	return s
}

// best is the best list for limits that are at most one higher than those of
// the run.
func (f *forest) best(l limits) pick {
	picks := f.picks(l)
	return picks[len(picks)-1]
}

// item is an entry that is on a list or could be.
type item struct {
	span
	offer
	value  int64 // at the price of the options, times its den
	node   int32
	family uint8 // in Problem.families
	length uint8
	kept   bool
}

// item is what is taken at a node.
func (p *Problem) item(family int, node int32, o taken) item {
	f := p.families[family]
	base := f.keys[^f.left[f.firstLeaf(node)]] & maskOf(int(o.length))
	return item{
		span:   span{base, base | ^maskOf(int(o.length))},
		offer:  *o.offer,
		value:  p.o.rate().value(*o.offer),
		node:   node,
		family: uint8(family),
		length: o.length,
		kept:   o.kept,
	}
}

// items are those of a list, in address order.
func (f *forest) items(p pick) []item {
	var items []item
	for i := range f.tables {
		t := &f.tables[i]
		if of := p.of[i]; of.value > 0 {
			t.walkWide(int32(len(t.f.left))-1, of.x, of.y, func(node int32, o taken) {
				items = append(items, f.p.item(i, node, o))
			})
		}
	}
	return items
}

// unitsOfItem are the units in the network of an item.
func (f *family) unitsOfItem(i *item) units {
	unit := ^f.left[f.firstLeaf(i.node)]
	return f.unitsOf(unit, unit, int(i.length))
}

func (i *item) entry(p *Problem) Entry {
	f, length := p.families[i.family], int(i.length)
	u := f.unitsOfItem(i)
	s := f.sum(u)
	return Entry{
		Prefix:    network(i.first, length, f.v4),
		Bad:       s.bad,
		Good:      s.good,
		Unseen:    f.unseen(i.first, length, u, &region{}),
		Users:     s.users,
		Addresses: int(s.listed),
		Value:     i.value,
		Kept:      i.kept,
	}
}

// collateral is the good weight that a list stops.
func collateral(items []item) (n int64) {
	for i := range items {
		n += items[i].cost
	}
	return n
}
