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
	// Entries are in address order, IPv4 first.
	Entries []Entry
	// Curve has the value of the best list of at most k entries for k up to
	// Options.Max, in the unit of the weights times 1/Options.Price.Den. It ends
	// early where more entries are worth no more.
	Curve []int64
	// Next is what the best list is worth more if there may be one entry more:
	// in all, and of either family.
	Next int64
	// Exact says that the list is the best possible. Bound is what no list is
	// worth more than.
	Exact bool
	Bound int64

	tables *forest
	picks  []pick // of k entries
}

// Value is what the list is worth, in the unit of the weights times
// 1/Options.Price.Den.
func (s *Solution) Value() int64 { return s.Curve[len(s.Curve)-1] }

// forest is a run over both families.
type forest struct {
	p      *Problem
	tables [2]tables
}

func newForest(p *Problem) *forest {
	f := &forest{p: p}
	for i, family := range p.families {
		f.tables[i].f = family
	}
	return f
}

// run runs both families for the limits and one entry more. It reports false if
// the limit on new entries takes too long.
func (f *forest) run(price rate, tax int64, l limits) bool {
	steps := maxWideSteps
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
func (p *Problem) Solve() *Solution {
	f := newForest(p)
	l := p.o.limits()
	f.run(p.o.rate(), 0, l)
	s := &Solution{Exact: true, tables: f, picks: f.picks(l)}
	for _, pick := range s.picks {
		s.Curve = append(s.Curve, pick.value)
	}
	s.Bound = s.Value()
	for _, more := range []limits{{l.all + 1, l.v4 + 1, l.v6, l.fresh}, {l.all + 1, l.v4, l.v6 + 1, l.fresh}} {
		picks := f.picks(more)
		s.Next = max(s.Next, picks[len(picks)-1].value-s.Value())
	}
	s.Entries = f.entries(s.picks[len(s.picks)-1])
	return s
}

// entries are those of a list, in address order.
func (f *forest) entries(p pick) []Entry {
	var entries []Entry
	for i := range f.tables {
		t := &f.tables[i]
		if of := p.of[i]; of.value > 0 {
			t.walkWide(int32(len(t.f.left))-1, of.x, of.y, func(node int32, o taken) {
				entries = append(entries, t.f.entry(node, o))
			})
		}
	}
	return entries
}

// entry is what is taken at a node.
func (f *family) entry(node int32, o taken) Entry {
	for f.left[node] >= 0 {
		node = f.left[node]
	}
	unit := ^f.left[node]
	key, length := f.keys[unit], int(o.length)
	u := f.unitsOf(unit, unit, length)
	s := f.sum(u)
	return Entry{
		Prefix:    network(key, length, f.v4),
		Bad:       s.bad,
		Good:      s.good,
		Unseen:    f.unseen(key, length, u, &region{}),
		Users:     s.users,
		Addresses: int(s.listed),
		Value:     o.value,
		Kept:      o.kept,
	}
}
