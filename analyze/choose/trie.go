package choose

import (
	"cmp"
	"math/bits"
	"slices"
)

// offer is an entry that the rules allow.
type offer struct {
	gain int64 // bad weight, less the cost of an entry, with the bonus
	cost int64 // good weight, with that expected of unseen addresses
}

// keptOffer is one that is an entry of the previous list.
type keptOffer struct {
	offer
	units  units
	node   int32
	length uint8
}

// subtree is a part of the trie that waits for its place.
type subtree struct {
	node  int32
	first int32 // unit
	from  int   // bits in common with the leaf before it; -1 if there is none
}

// build makes the trie and what its nodes offer.
func (f *family) build() {
	leaves := 0
	for _, m := range f.marks {
		if m >= leafMark {
			leaves++
		}
	}
	if leaves == 0 {
		return
	}
	nodes := 2*leaves - 1
	f.left = make([]int32, 0, nodes)
	f.depth = make([]uint8, 0, nodes)
	f.length = make([]uint8, 0, nodes)
	f.offers = make([]offer, 0, nodes)
	var open []subtree
	var around region
	from := -1
	for leaf := f.nextLeaf(0); leaf >= 0; {
		next, to := f.nextLeaf(leaf+1), -1
		if next >= 0 {
			to = bits.LeadingZeros64(f.keys[leaf] ^ f.keys[next])
		}
		bitsOfLeaf := int(f.marks[leaf] &^ leafMark)
		open = append(open, subtree{f.addNode(^leaf, bitsOfLeaf, max(from, to), units{leaf, leaf}, &around), leaf, from})
		for n := len(open); n > 1 && open[n-1].from > to; n-- {
			left, right := open[n-2], open[n-1]
			node := f.addNode(left.node, right.from, max(left.from, to), units{left.first, leaf}, &around)
			open[n-2].node = node
			open = open[:n-1]
		}
		leaf, from = next, to
	}
	f.findKept()
}

func (f *family) nextLeaf(unit int32) int32 {
	for int(unit) < len(f.marks) {
		if f.marks[unit] >= leafMark {
			return unit
		}
		unit++
	}
	return -1
}

// addNode adds a node that holds the units from u.lo to u.hi, both in it, with
// what the edge above it offers. On that edge the bad weight is the same for
// all lengths, and good weight, users and what the rules ask for only grow as
// the length falls: so the longest length allowed is as good as any, and one
// that is not allowed rules out the shorter ones.
func (f *family) addNode(left int32, depth, parent int, u units, around *region) int32 {
	node := int32(len(f.left))
	f.left = append(f.left, left)
	f.depth = append(f.depth, uint8(depth))
	length := int(f.longest[depth])
	var o offer
	var at units
	ok := length > parent
	if ok {
		at = f.unitsOf(u.lo, u.hi, length)
		o, ok = f.offer(f.keys[u.lo], length, at, around)
	}
	if !ok {
		length = 0
	}
	f.length = append(f.length, uint8(length))
	f.offers = append(f.offers, o)
	if f.spans != nil {
		f.spans = append(f.spans, at)
	}
	return node
}

// offer is the entry of a length around a key, if the rules allow it. u are
// the units in it.
func (f *family) offer(key uint64, length int, u units, around *region) (offer, bool) {
	s := f.sum(u)
	base := key & maskOf(length)
	switch {
	case s.listed < uint32(f.minBad[length]),
		s.listed == 1 && s.shared == 1,
		s.bad*f.purity.Den < f.purity.Num*(s.bad+s.good),
		f.users.Set && s.users > f.users.N,
		len(f.protected) > 0 && overlaps(f.protected, base, base|^maskOf(length)):
		return offer{}, false
	}
	return offer{s.bad - f.cost, s.good + f.unseen(base, length, u, around)}, true
}

// findKept finds the places of the previous entries. Their bases are leaves, so
// that there are places; but one that is longer than what the log tells apart
// has none. Where a previous entry is what an edge offers anyway, it is no
// longer offered as a new one.
func (f *family) findKept() {
	for _, p := range f.previous {
		key, length, _ := prefixKey(p.Prefix)
		node, leaf := f.find(key, length)
		if node < 0 {
			continue
		}
		at := f.unitsOf(leaf, leaf, length)
		o, ok := f.offer(key, length, at, &region{})
		if !ok {
			continue
		}
		if p.Hit {
			o.gain += f.bonus
		}
		f.kept = append(f.kept, keptOffer{o, at, node, uint8(length)})
		if int(f.length[node]) == length {
			f.length[node] = 0
		}
	}
	slices.SortFunc(f.kept, func(a, b keptOffer) int {
		return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.length, b.length), -cmp.Compare(a.gain, b.gain))
	})
	f.kept = slices.CompactFunc(f.kept, func(a, b keptOffer) bool {
		return a.node == b.node && a.length == b.length
	})
}

// find is the node with a network of the trie on the edge above it, and a leaf
// in it; -1 if the network is longer than the unit it is part of.
func (f *family) find(key uint64, length int) (node, leaf int32) {
	node = int32(len(f.left)) - 1
	for int(f.depth[node]) < length {
		if f.left[node] < 0 {
			return -1, 0
		}
		if key<<f.depth[node]>>63 == 0 {
			node = f.left[node]
		} else {
			node--
		}
	}
	return node, ^f.left[f.firstLeaf(node)]
}

// firstLeaf is the lowest leaf of a node.
func (f *family) firstLeaf(node int32) int32 {
	for f.left[node] >= 0 {
		node = f.left[node]
	}
	return node
}
