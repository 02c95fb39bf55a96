package choose

import "slices"

// tables hold what one run of the program over a family decided. They may be
// run again, which forgets the run before.
//
// Without a limit on new entries the table F of a node has in F(k) the best
// set of at most k entries in its network:
//
//	leaf:   F(1) = w, what it offers, if that is positive
//	inner:  C(k) = max over i+j=k of F_left(i)+F_right(j)
//	        F(k) = max(C(k), w) for k >= 1
//
// F(0) = 0 is not stored. F ends where it no longer grows, so that each further
// cell of it needs one more entry. As w is the same for all k and C grows, w is
// taken for k up to some take.
//
// F also ends where its entries would do better elsewhere. A block is a part of
// the trie that no offer reaches beyond. If most+1 blocks each have an offer
// worth floor, a list of at most so many entries leaves one of them free for
// each entry that it has in another block: so it never has k entries in a
// network where F(k)-k*floor is less than F(i)-i*floor for some i < k.
type tables struct {
	f     *family
	price rate
	tax   int64 // on each new entry, in the unit of the values

	size   []uint16 // of F; isWide if it has two dimensions
	take   []uint16
	off    []uint32 // of the splits of k = take+1...size in choices, or of the table in wide
	splits slab     // how many entries the left child gets

	wide []wideTable // of nodes with previous entries; only if maxNew is set

	floor int64
	tops  tops // the most+1 best offers of the blocks so far

	open  []cell // the tables of the nodes that have no parent yet, one after another
	ends  []int32
	cells []cell
	split []uint16
}

// run fills the tables. With a limit on new entries it reports false if that
// takes too long.
func (t *tables) run(b *budget) bool {
	t.reset(b.most)
	kept := 0
	for node, left := range t.f.left {
		for kept < len(t.f.kept) && int(t.f.kept[kept].node) < node {
			kept++
		}
		switch {
		case b.limited && t.hasKept(node, kept):
			if !t.addWide(node, kept, b) {
				return false
			}
		case left < 0:
			t.addLeaf(node, t.offered(node, kept).cell, b.fresh)
		default:
			t.addInner(node, t.offered(node, kept).cell, b)
		}
	}
	return true
}

// hasKept says whether a node or one of its children has kept offers.
func (t *tables) hasKept(node, kept int) bool {
	if kept < len(t.f.kept) && int(t.f.kept[kept].node) == node {
		return true
	}
	left := t.f.left[node]
	return left >= 0 && (t.size[left] == isWide || t.size[node-1] == isWide)
}

func (t *tables) reset(most int) {
	n := len(t.f.left)
	if t.size == nil {
		t.size, t.take, t.off = make([]uint16, n), make([]uint16, n), make([]uint32, n)
	}
	if wide := most > 255; wide != t.splits.wide {
		t.splits = slab{wide: wide}
	}
	t.splits.used = 0
	t.floor, t.tops = 0, t.tops[:0]
	t.open, t.ends, t.wide = t.open[:0], t.ends[:0], t.wide[:0]
}

// taken is an offer that is worth taking.
type taken struct {
	cell
	offer  *offer
	length uint8 // 0 if none is
	kept   bool
}

// offered is the best offer of a node. kept is where its kept ones would begin.
func (t *tables) offered(node, kept int) taken {
	best := t.offeredNew(node)
	if kept < len(t.f.kept) {
		if old := t.offeredKept(node, kept); best.less(old.cell) {
			return old
		}
	}
	return best
}

func (t *tables) offeredNew(node int) taken {
	length := t.f.length[node]
	if length == 0 {
		return taken{}
	}
	v := t.price.value(t.f.offers[node]) - t.tax
	if v <= 0 {
		return taken{}
	}
	return taken{single(v, false, t.f.width-int(length)), &t.f.offers[node], length, false}
}

func (t *tables) offeredKept(node, kept int) taken {
	var best taken
	for ; kept < len(t.f.kept) && int(t.f.kept[kept].node) == node; kept++ {
		k := &t.f.kept[kept]
		if v := t.price.value(k.offer); v > 0 {
			if c := single(v, true, t.f.width-int(k.length)); best.less(c) {
				best = taken{c, &k.offer, k.length, true}
			}
		}
	}
	return best
}

// keptAt is where the kept offers of a node would begin.
func (f *family) keptAt(node int32) int {
	at, _ := slices.BinarySearchFunc(f.kept, node, func(k keptOffer, n int32) int { return int(k.node) - int(n) })
	return at
}

func (t *tables) addLeaf(node int, w cell, most int) {
	t.size[node], t.take[node] = 0, 0
	if w.value > 0 && w.value >= t.floor && most > 0 {
		t.size[node], t.take[node] = 1, 1
		t.open = append(t.open, w)
	}
	t.ends = append(t.ends, int32(len(t.open)))
}

// addInner joins the last two open tables.
func (t *tables) addInner(node int, w cell, b *budget) {
	n := len(t.ends)
	from := int32(0)
	if n > 2 {
		from = t.ends[n-3]
	}
	left, right := t.open[from:t.ends[n-2]], t.open[t.ends[n-2]:]
	t.ends = t.ends[:n-1]
	if int(t.f.depth[node]) < t.f.shortest {
		if len(left) > 0 && int(t.f.depth[t.f.left[node]]) >= t.f.shortest {
			t.addBlock(left[0].value, b.most)
		}
		if len(right) > 0 && int(t.f.depth[node-1]) >= t.f.shortest {
			t.addBlock(right[0].value, b.most)
		}
	}
	joined := len(left) > 0 && len(right) > 0
	table := t.open[from:] // if one of them is empty it is the other one
	switch {
	case joined && w.value >= left[len(left)-1].value+right[len(right)-1].value:
		table, joined = table[:0], false // w beats them all, and is one entry
	case joined:
		table = t.join(left, right, min(b.fresh, len(left)+len(right)))
	}
	size, take := len(table), 0
	for take < size && table[take].less(w) {
		table[take] = w
		take++
	}
	if size == 0 && w.value > 0 && b.fresh > 0 {
		table = append(table, w)
		take = 1
	}
	size = t.cut(table)
	take = min(take, size)
	if joined && size > take {
		t.off[node] = t.splits.put(t.split[take:size])
	}
	t.open = append(t.open[:from], table[:size]...)
	t.ends[n-2] = int32(len(t.open))
	t.size[node], t.take[node] = uint16(size), uint16(take)
}

// cut is where a table ends.
func (t *tables) cut(table []cell) int {
	size := len(table)
	for size > 1 && table[size-1].value == table[size-2].value {
		size--
	}
	best, at := int64(0), 0
	for i, c := range table[:size] {
		if v := c.value - int64(i+1)*t.floor; v >= best {
			best, at = v, i+1
		}
	}
	return at
}

// addBlock notes the best offer of a block.
func (t *tables) addBlock(v int64, most int) {
	t.tops.add(v, most+1)
	if len(t.tops) > most {
		t.floor = t.tops[0]
	}
}

// tops is a heap of the greatest numbers, the least of them first.
type tops []int64

// add adds a number, and drops the least where there are more than most.
func (t *tops) add(v int64, most int) {
	h := *t
	if len(h) < most {
		h = append(h, v)
		*t = h
		for i := len(h) - 1; i > 0 && h[(i-1)/2] > h[i]; i = (i - 1) / 2 {
			h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		}
		return
	}
	if most == 0 || v <= h[0] {
		return
	}
	i := 0
	for {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if child >= len(h) || h[child] >= v {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = v
}

// join is C for k = 1...most, with the splits in t.split. Of equal splits it
// takes the one with more entries on the left. No table is empty.
func (t *tables) join(left, right []cell, most int) []cell {
	if cap(t.cells) < most+len(right) || cap(t.split) < most {
		t.cells, t.split = make([]cell, 2*most+len(right)), make([]uint16, 2*most)
	}
	out, split := t.cells[:most], t.split[:most]
	back := t.cells[most : most+len(right)] // right, backwards
	for j, c := range right {
		back[len(back)-1-j] = c
	}
	for k := range out { // k+1 entries
		var best cell
		at := 0
		if k < len(right) {
			best = right[k]
		}
		// i+1 entries left and k-i right: back[len(right)-k+i].
		i := max(0, k-len(right))
		l := left[i:min(k, len(left))]
		r := back[len(right)-k+i:]
		r = r[:len(l)]
		for x := range l {
			v := l[x].value + r[x].value
			if v < best.value {
				continue
			}
			o := l[x].order + r[x].order
			if v > best.value || o >= best.order {
				best, at = cell{v, o}, i+x+1
			}
		}
		if k < len(left) && !left[k].less(best) {
			best, at = left[k], k+1
		}
		out[k], split[k] = best, uint16(at)
	}
	return out
}

// walk calls found with the entries that make up F(k) of a node.
func (t *tables) walk(node int32, k int, found func(node int32, o taken)) {
	for {
		k = min(k, int(t.size[node]))
		switch {
		case k == 0:
			return
		case k <= int(t.take[node]):
			found(node, t.offered(int(node), t.f.keptAt(node)))
			return
		}
		left, right := t.f.left[node], node-1
		i := 0
		switch {
		case t.size[right] == 0:
			i = k
		case t.size[left] != 0:
			i = t.splits.get(t.off[node] + uint32(k) - uint32(t.take[node]) - 1)
		}
		t.walk(left, i, found)
		node, k = right, k-i
	}
}
