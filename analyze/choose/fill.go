package choose

import "slices"

// maxFillSteps bounds the work of fill: about a second.
const maxFillSteps = 1 << 28

// filling is a list that gets better.
type filling struct {
	items []item // in address order
	most  allowance
	cheap []int // the items, those of least value first
	steps int
}

// use is what a list takes of its allowance.
type use struct {
	all, v4, v6, fresh int
	cost               int64
}

func (u *use) add(i *item, n int) {
	u.all += n
	if i.family == 0 {
		u.v4 += n
	} else {
		u.v6 += n
	}
	if !i.kept {
		u.fresh += n
	}
	u.cost += int64(n) * i.cost
}

func (a *allowance) keeps(u *use) bool {
	return u.all <= a.all && u.v4 <= a.v4 && u.v6 <= a.v6 && u.fresh <= a.fresh && u.cost <= a.cost
}

// move puts an entry on the list for those it overlaps and perhaps one more.
type move struct {
	gain     int64
	item     *item
	from, to int // the items it overlaps
	drop     int // the other item, or -1
}

// fill improves a list that keeps its limits, by the move that gains most until
// there is none.
func (s *search) fill(items, pool []item) []item {
	f := &filling{items: items, most: s.most, steps: maxFillSteps}
	for {
		best := f.bestMove(pool)
		if best.item == nil {
			return f.items
		}
		f.apply(best)
	}
}

func (f *filling) bestMove(pool []item) move {
	var now use
	f.cheap = f.cheap[:0]
	for i := range f.items {
		now.add(&f.items[i], 1)
		f.cheap = append(f.cheap, i)
	}
	slices.SortStableFunc(f.cheap, func(a, b int) int {
		return int(min(1, max(-1, f.items[a].value-f.items[b].value)))
	})
	var best move
	at := 0 // the first item that does not end before the pool's
	for i := range pool {
		p := &pool[i]
		for at < len(f.items) && f.items[at].before(p) {
			at++
		}
		m, after := move{gain: p.value, item: p, from: at, to: at, drop: -1}, now
		after.add(p, 1)
		for m.to < len(f.items) && !p.before(&f.items[m.to]) {
			m.gain -= f.items[m.to].value
			after.add(&f.items[m.to], -1)
			m.to++
		}
		if m.gain > best.gain && f.settle(&m, after, best.gain) {
			best = m
		}
		if f.steps--; f.steps < 0 {
			return move{}
		}
	}
	return best
}

// before says whether an item ends before another begins.
func (i *item) before(j *item) bool {
	return i.family < j.family || i.family == j.family && i.last < j.first
}

// settle finds what else has to go for a move to keep the limits. It reports
// false if the move then gains no more than least.
func (f *filling) settle(m *move, after use, least int64) bool {
	if f.most.keeps(&after) {
		return true
	}
	for _, i := range f.cheap {
		gain := m.gain - f.items[i].value
		if gain <= least {
			return false
		}
		f.steps--
		if i >= m.from && i < m.to {
			continue
		}
		then := after
		then.add(&f.items[i], -1)
		if f.most.keeps(&then) {
			m.gain, m.drop = gain, i
			return true
		}
	}
	return false
}

func (f *filling) apply(m move) {
	items := make([]item, 0, len(f.items)+1)
	for i := range f.items {
		if i == m.from {
			items = append(items, *m.item)
		}
		if (i < m.from || i >= m.to) && i != m.drop {
			items = append(items, f.items[i])
		}
	}
	if m.from == len(f.items) {
		items = append(items, *m.item)
	}
	f.items = items
}
