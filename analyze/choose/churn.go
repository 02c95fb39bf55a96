package choose

// With a limit on new entries the program needs to know how many entries are
// new and how many are kept. But kept ones are few: a node with none of them in
// its network has a table of new entries alone, and only the nodes above a
// previous entry have one of two dimensions.

// isWide stands in tables.size for a table of two dimensions.
const isWide = 1<<16 - 1

// maxWideSteps is how much work goes into such tables before the program gives
// up: a second or two. A hundred previous entries and fifty new ones take a
// tenth of it.
const maxWideSteps = 1 << 28

// grid is a table of two dimensions: the cell at x*(kept+1)+y is the best set of
// at most x new entries and y kept ones.
type grid struct {
	fresh, kept int // the most of each
	cells       []cell
}

func newGrid(fresh, kept int) grid {
	return grid{fresh, kept, make([]cell, (fresh+1)*(kept+1))}
}

func (g *grid) at(x, y int) int { return x*(g.kept+1) + y }

// wideTable is the grid of a node and where its cells are from: a cell of the
// left child's grid, or an offer taken.
type wideTable struct {
	grid
	from []uint32
}

const (
	takeNew  = 1<<32 - 1
	takeKept = 1<<32 - 2
)

// budget is what one run may use.
type budget struct {
	most    int  // entries
	fresh   int  // of them new
	limited bool // new ones are limited on their own
	steps   int  // what is left of maxWideSteps
}

// addWide makes the grid of a node that has previous entries in its network. It
// reports false if that takes too long.
func (t *tables) addWide(node, kept int, b *budget) bool {
	var left, right grid
	if t.f.left[node] >= 0 {
		right = t.popGrid(node-1, b)
		left = t.popGrid(int(t.f.left[node]), b)
	} else {
		left, right = newGrid(0, 0), newGrid(0, 0)
	}
	fresh, old := t.offeredNew(node), t.offeredKept(node, kept)
	x, y := min(b.fresh, left.fresh+right.fresh), min(b.most, left.kept+right.kept)
	w := wideTable{grid: newGrid(max(x, room(fresh, b.fresh)), max(y, room(old, b.most)))}
	w.from = make([]uint32, len(w.cells))
	if !w.join(&left, &right, b) {
		return false
	}
	w.extend(x, y)
	for i := range w.cells {
		if i > w.kept && w.cells[i].less(fresh.cell) { // x >= 1
			w.cells[i], w.from[i] = fresh.cell, takeNew
		}
		if i%(w.kept+1) > 0 && w.cells[i].less(old.cell) {
			w.cells[i], w.from[i] = old.cell, takeKept
		}
	}
	t.size[node], t.off[node] = isWide, uint32(len(t.wide))
	t.wide = append(t.wide, w)
	t.ends = append(t.ends, int32(len(t.open)))
	return true
}

// room is how many entries of an offer fit.
func room(o taken, most int) int {
	if o.length == 0 {
		return 0
	}
	return min(1, most)
}

// popGrid takes the last open table, that of a child, as a grid.
func (t *tables) popGrid(child int, b *budget) grid {
	n := len(t.ends) - 1
	from := int32(0)
	if n > 0 {
		from = t.ends[n-1]
	}
	t.ends = t.ends[:n]
	if t.size[child] == isWide {
		w := &t.wide[t.off[child]]
		g := w.grid
		w.cells = nil // its parent has what is needed of it
		return g
	}
	g := newGrid(int(t.size[child]), 0)
	copy(g.cells[1:], t.open[from:])
	t.open = t.open[:from]
	return g
}

// join fills the cells that are the sum of one on the left and one on the
// right. Of equal ones it takes that with more entries on the left, then with
// more kept ones there.
func (w *wideTable) join(left, right *grid, b *budget) bool {
	if b.steps -= len(left.cells) * len(right.cells); b.steps < 0 {
		return false
	}
	for x1 := 0; x1 <= left.fresh; x1++ {
		for y1 := 0; y1 <= left.kept; y1++ {
			i := left.at(x1, y1)
			for x2 := 0; x2 <= min(right.fresh, w.fresh-x1); x2++ {
				for y2 := 0; y2 <= min(right.kept, w.kept-y1, b.most-x1-y1-x2); y2++ {
					sum := left.cells[i].plus(right.cells[right.at(x2, y2)])
					at := w.at(x1+x2, y1+y2)
					if old := w.cells[at]; old.less(sum) || old == sum && left.cells[w.from[at]].fewer(left.cells[i]) {
						w.cells[at], w.from[at] = sum, uint32(i)
					}
				}
			}
		}
	}
	return true
}

// fewer orders sets that leave the whole equal.
func (c cell) fewer(d cell) bool {
	if a, b := c.entries(), d.entries(); a != b {
		return a < b
	}
	return c.kept() < d.kept()
}

// extend fills the cells beyond x and y, which join does not reach, as a larger
// limit alone gives nothing.
func (w *wideTable) extend(x, y int) {
	for a := 0; a <= w.fresh; a++ {
		for b := 0; b <= w.kept; b++ {
			if a > x || b > y {
				from, to := w.at(min(a, x), min(b, y)), w.at(a, b)
				w.cells[to], w.from[to] = w.cells[from], w.from[from]
			}
		}
	}
}

// walkWide is walk for at most x new and y kept entries.
func (t *tables) walkWide(node int32, x, y int, found func(node int32, o taken)) {
	if t.size[node] != isWide {
		t.walk(node, x, found)
		return
	}
	w := &t.wide[t.off[node]]
	x, y = min(x, w.fresh), min(y, w.kept)
	from := w.from[w.at(x, y)]
	switch from {
	case takeNew:
		found(node, t.offeredNew(int(node)))
		return
	case takeKept:
		found(node, t.offeredKept(int(node), t.f.keptAt(node)))
		return
	}
	left := t.f.left[node]
	if left < 0 {
		return
	}
	kept := 0 // the left child's most
	if t.size[left] == isWide {
		kept = t.wide[t.off[left]].kept
	}
	x1, y1 := int(from)/(kept+1), int(from)%(kept+1)
	t.walkWide(left, x1, y1, found)
	t.walkWide(node-1, x-x1, y-y1, found)
}
