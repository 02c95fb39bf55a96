package choose

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// maxRuns is how often a search runs the program.
const maxRuns = 40

// search looks for a good list where a limit is on the sum of what the entries
// cost, not on their number alone: the collateral, or the new entries where
// their limit is too much work to be exact. To find the best is NP-hard. For a
// price on what is limited the program is exact, and a higher price takes less
// of it: so the search looks for the least price that keeps the limit, and then
// fills what is left. For any price at all
//
//	bound = best value at that price + price * limit
//
// is more than any list that keeps the limit is worth.
type search struct {
	p     *Problem
	run   *forest
	l     limits // those that the runs keep
	most  allowance
	base  rate  // of the options
	scale int64 // prices are tried in 1/(scale*base.den)
	taxed bool  // new entries have a price
	runs  int
	bound int64
}

// allowance is what a list of a search has to keep.
type allowance struct {
	limits
	cost int64
}

// trial is the best list at some prices.
type trial struct {
	price  int64 // of good weight, in 1/(scale*base.den)
	tax    int64 // of a new entry, in the same
	items  []item
	value  int64 // at these prices
	weight int64 // of what is limited
}

// search is Solve for what Solve cannot do at once.
func (p *Problem) search() *Solution {
	s := &search{p: p, run: newForest(p), l: p.o.limits(), base: p.o.rate(), bound: math.MaxInt64}
	s.run.steps /= maxRuns
	s.scale = p.scale
	s.most = allowance{s.l, p.o.MaxCollateral.or(math.MaxInt64)}
	start := trial{price: s.base.num * s.scale}
	if !s.run.run(s.base, 0, s.l) {
		s.l.fresh, s.taxed = noLimit, true
	}
	over, under := start, start
	if s.taxed {
		over, under = s.dual(start, int64(s.most.fresh), func(t *trial) (*int64, int64) { return &t.tax, fresh(t.items) })
	}
	if p.o.MaxCollateral.Set {
		start.tax = under.tax
		over, under = s.dual(start, s.most.cost, func(t *trial) (*int64, int64) { return &t.price, collateral(t.items) })
	}
	pool := s.pool(&over, &under)
	best := s.fill(s.repair(under.items), pool)
	if other := s.fill(s.repair(over.items), pool); total(other) > total(best) {
		best = other
	}
	s.try(&under)
	solution := s.run.solution(best, s.l)
	solution.Bound = max(s.bound, solution.Value)
	solution.Exact = solution.Bound == solution.Value
	return solution
}

// try finds the best list at the prices of a trial.
func (s *search) try(t *trial) {
	s.runs++
	s.run.run(rate{t.price, s.scale * s.base.den}, t.tax, s.l)
	best := s.run.best(s.l)
	t.items, t.value = s.run.items(best), best.value
	bound := uint64(t.value)
	for _, x := range [][2]int64{{t.price - s.base.num*s.scale, s.most.cost}, {t.tax, int64(s.most.fresh)}} {
		hi, lo := bits.Mul64(uint64(x[0]), uint64(x[1]))
		if bound += lo; hi != 0 || lo > math.MaxInt64 || bound > math.MaxInt64 {
			return
		}
	}
	s.bound = min(s.bound, int64(bound)/s.scale)
}

// dual looks for the least price at which the best list keeps a limit. of is
// the price of a trial and the weight that is limited. It returns the trials on
// either side; if the limit is kept from the start, or never, they are the same.
func (s *search) dual(start trial, limit int64, of func(*trial) (price *int64, weight int64)) (over, under trial) {
	from, _ := of(&start)
	first := *from
	at := func(price int64) trial {
		t := start
		x, _ := of(&t)
		*x = price
		s.try(&t)
		_, t.weight = of(&t)
		return t
	}
	over = at(first)
	if over.weight <= limit {
		return over, over
	}
	for x := max(1, 2*first); ; x *= 4 {
		under = at(x)
		if under.weight <= limit {
			break
		}
		over = under
		if s.runs >= maxRuns || x > math.MaxInt64/8 {
			return over, over
		}
	}
	// The value at a price falls with it along a line for each list, and the
	// least price is where the lines of two lists meet.
	for s.runs < maxRuns {
		a, _ := of(&over)
		b, _ := of(&under)
		fall := (over.value + (*a-first)*over.weight) - (under.value + (*b-first)*under.weight)
		x := first + fall/(over.weight-under.weight)
		if x <= *a || x >= *b {
			break
		}
		t := at(x)
		if t.weight > limit {
			over = t
		} else {
			under = t
		}
	}
	return over, under
}

// total is what a list is worth at the price of the options.
func total(items []item) (n int64) {
	for i := range items {
		n += items[i].value
	}
	return n
}

// fresh counts the new entries of a list.
func fresh(items []item) (n int64) {
	for i := range items {
		if !items[i].kept {
			n++
		}
	}
	return n
}

// repair leaves out the entries that are least worth it until the limits are
// kept.
func (s *search) repair(items []item) []item {
	items = slices.Clone(items)
	for extra := fresh(items) - int64(s.most.fresh); extra > 0; extra-- {
		worst := -1
		for i := range items {
			if !items[i].kept && (worst < 0 || items[i].value < items[worst].value) {
				worst = i
			}
		}
		items = slices.Delete(items, worst, worst+1)
	}
	for collateral(items) > s.most.cost {
		worst := slices.MinFunc(items, func(a, b item) int { return a.compareDensity(&b) })
		items = slices.DeleteFunc(items, func(i item) bool { return i.span == worst.span && i.family == worst.family })
	}
	return items
}

// compareDensity compares value per collateral.
func (i *item) compareDensity(j *item) int {
	hi1, lo1 := bits.Mul64(uint64(i.value), uint64(j.cost))
	hi2, lo2 := bits.Mul64(uint64(j.value), uint64(i.cost))
	return cmp.Or(cmp.Compare(hi1, hi2), cmp.Compare(lo1, lo2))
}

// poolSize is how many entries a search tries beside those of its lists, of
// each kind.
const poolSize = 1024

// pool are the entries worth a try: those of the lists on either side, and the
// ones that are worth most, at the price that is too low and at that of the
// options.
func (s *search) pool(over, under *trial) []item {
	pool := slices.Concat(over.items, under.items)
	for _, t := range []trial{*over, {price: s.base.num * s.scale}} {
		r := rate{t.price, s.scale * s.base.den}
		worth := func(o taken) int64 {
			if o.offer.cost > s.most.cost || s.base.value(*o.offer) == 0 {
				return 0
			}
			if o.kept {
				return r.value(*o.offer)
			}
			return r.value(*o.offer) - t.tax
		}
		var best tops
		s.p.every(func(family int, node int32, o taken) {
			if v := worth(o); v > 0 {
				best.add(v, poolSize)
			}
		})
		room := len(best)
		s.p.every(func(family int, node int32, o taken) {
			if room > 0 && worth(o) >= best[0] {
				pool = append(pool, s.p.item(family, node, o))
				room--
			}
		})
	}
	slices.SortFunc(pool, compareItems)
	return slices.CompactFunc(pool, func(a, b item) bool { return compareItems(a, b) == 0 })
}

// compareItems puts items in address order, wider ones first.
func compareItems(a, b item) int {
	return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.first, b.first), -cmp.Compare(a.last, b.last))
}

// every calls found with all there is on offer.
func (p *Problem) every(found func(family int, node int32, o taken)) {
	for family, f := range p.families {
		kept := f.kept
		for node := range f.left {
			if f.length[node] > 0 {
				found(family, int32(node), taken{offer: &f.offers[node], length: f.length[node]})
			}
			for ; len(kept) > 0 && int(kept[0].node) == node; kept = kept[1:] {
				found(family, int32(node), taken{offer: &kept[0].offer, length: kept[0].length, kept: true})
			}
		}
	}
}
