package choose

import "math/bits"

// rules are the options that one family of addresses needs.
type rules struct {
	v4        bool
	width     int       // bits of an address: 32, of IPv6 64
	longest   [65]int8  // the longest length allowed that is no longer, or -1
	minBad    [65]int32 // bad addresses needed; -1 is no length allowed
	shortest  int       // length allowed; width+1 if there is none
	region    int       // length of the network that unseen addresses are like
	protected []span
	previous  []Previous // those of this family whose length is allowed
	purity    Ratio
	users     Limit
	kappa     Ratio
	near      Ratio
	cost      int64 // of an entry
	bonus     int64
}

func newRules(o *Options, v4 bool) *rules {
	r := &rules{v4: v4, purity: o.MinPurity, users: o.MaxUsers, kappa: o.Kappa, near: o.Near, cost: o.EntryCost, bonus: o.Bonus}
	lengths := o.V6
	r.width, r.region = 64, 40
	if v4 {
		lengths = o.V4
		r.width, r.region = 32, 16
	}
	if lengths == nil {
		lengths = Lengths(r.width*5/8, r.width) // /20 to /32 and /40 to /64
	}
	r.shortest = r.width + 1
	for b := range r.minBad {
		r.minBad[b] = -1
	}
	for _, l := range lengths {
		r.minBad[l.Bits] = int32(min(l.MinBad, 1<<30))
		r.shortest = min(r.shortest, l.Bits)
	}
	r.region = min(r.region, r.shortest)
	last := int8(-1)
	for b := range r.longest {
		if r.minBad[b] >= 0 {
			last = int8(b)
		}
		r.longest[b] = last
	}
	r.protected = protect(o.Protected, v4)
	for _, p := range o.Previous {
		if _, length, is4 := prefixKey(p.Prefix); is4 == v4 && length <= r.width && r.minBad[length] >= 0 {
			r.previous = append(r.previous, p)
		}
	}
	return r
}

// sum adds up units.
type sum struct {
	bad, good, users int64
	listed           uint32 // units with bad weight of addresses that were seen
	shared           uint32 // those of them with NoSingle
}

// units is a run of units: from lo up to hi, without it.
type units struct{ lo, hi int32 }

// leafMark stands in family.marks beside the length of a unit that is a leaf.
const leafMark = 1 << 7

// family is the trie of one family of addresses and what its nodes offer.
//
// Units are the addresses, cut as the log cuts them: disjoint networks in
// ascending order. Those with bad weight and the bases of the previous entries
// are the leaves of a path-compressed binary trie, whose nodes are numbered in
// postorder: the right child of an inner node is the one before it.
type family struct {
	*rules
	keys  []uint64 // of the units
	marks []uint8  // of the units: their length, and leafMark
	sums  []sum    // sums[i] is that of all units before i
	seen  []int64  // likewise, their addresses; nil if nothing asks for them
	close []int64  // likewise, what closeBy is of their networks; nil if nothing asks for it

	left   []int32 // the left child; of a leaf its unit, inverted
	depth  []uint8
	length []uint8 // of the offer of a node, 0 where there is none
	offers []offer
	kept   []keptOffer // in order of node
	spans  []units     // of the offers; nil unless weights change
}

// newFamily sorts the addresses of a family and merges those that the log does
// not tell apart, then builds the trie. If unitOf is not nil, it gets the unit
// of each address of the family.
func newFamily(addresses []Address, r *rules, unitOf []int32) *family {
	f := &family{rules: r}
	if unitOf != nil {
		f.spans = []units{}
	}
	keys := sortKeys(r.collect(addresses))
	f.sums = gather(keys, addresses)
	f.keys = make([]uint64, 0, len(keys))
	f.marks = make([]uint8, 0, len(keys))
	if r.kappa.Num > 0 {
		f.seen = make([]int64, 1, len(keys)+1)
	}
	var u unit
	for i, k := range keys {
		if i == 0 || k.key > u.key|^maskOf(u.bits) {
			if i > 0 {
				f.addUnit(&u)
			}
			u = unit{key: k.key, bits: r.width}
		}
		if int(k.id) < len(addresses) {
			u.add(&f.sums[i+1])
			if unitOf != nil {
				unitOf[k.id] = int32(len(f.keys))
			}
		} else {
			u.base = true
		}
	}
	if len(keys) > 0 {
		f.addUnit(&u)
	}
	f.sums = f.sums[:len(f.keys)+1]
	f.sumClose()
	f.build()
	return f
}

// collect are the keys of the family's addresses with their indices, and those
// of the bases of its previous entries, with indices after all addresses.
func (r *rules) collect(addresses []Address) []keyed {
	n := len(r.previous)
	for i := range addresses {
		if a := &addresses[i].Addr; (a.Is4() || a.Is4In6()) == r.v4 {
			n++
		}
	}
	keys := make([]keyed, 0, n)
	for i := range addresses {
		a := &addresses[i]
		if key, v4 := keyOf(a.Addr); v4 == r.v4 {
			if a.Bits > 0 {
				key &= maskOf(int(a.Bits))
			}
			keys = append(keys, keyed{key, uint32(i)})
		}
	}
	for i, p := range r.previous {
		key, _, _ := prefixKey(p.Prefix)
		keys = append(keys, keyed{key, uint32(len(addresses) + i)})
	}
	return keys
}

// gather has the weights of the addresses in the order of the keys, from place
// 1, each with its Bits for listed and its marks for shared. It does nothing
// else, so that the reads from all over the place overlap.
func gather(keys []keyed, addresses []Address) []sum {
	sums := make([]sum, len(keys)+1)
	for i, k := range keys {
		if int(k.id) >= len(addresses) {
			continue
		}
		a := &addresses[k.id]
		s := sum{bad: a.Bad, good: a.Good, users: a.Users, listed: uint32(a.Bits)}
		if a.NoSingle {
			s.shared = markNoSingle
		}
		if a.Unseen {
			s.shared |= markUnseen
		}
		sums[i+1] = s
	}
	return sums
}

// What gather says of an address in sum.shared.
const (
	markNoSingle = 1 << iota
	markUnseen
)

// unit is one that is being put together.
type unit struct {
	key        uint64
	bits       int
	sum        sum
	seen, base bool // is an address of the log, of a previous entry
	listed     bool // is an address of the log with bad weight
}

// add adds an address, as gather has it.
func (u *unit) add(a *sum) {
	if a.listed > 0 {
		u.bits = min(u.bits, int(a.listed))
	}
	u.sum.bad += a.bad
	u.sum.good += a.good
	u.sum.users += a.users
	if a.shared&markUnseen == 0 {
		u.sum.shared |= a.shared
		u.seen = true
		u.listed = u.listed || a.bad > 0
	}
}

// addUnit adds a unit to the sums, where the addresses it is made of were.
func (f *family) addUnit(u *unit) {
	n := len(f.keys)
	s := f.sums[n]
	if u.listed {
		s.listed++
		s.shared += u.sum.shared
	}
	mark := uint8(u.bits)
	if u.sum.bad > 0 || u.base {
		mark |= leafMark
	}
	s.bad += u.sum.bad
	s.good += u.sum.good
	s.users += u.sum.users
	f.keys = append(f.keys, u.key)
	f.marks = append(f.marks, mark)
	f.sums[n+1] = s
	if f.seen != nil {
		before := f.seen[n]
		if u.seen {
			before += int64(1) << (f.width - u.bits)
		}
		f.seen = append(f.seen, before)
	}
}

func (f *family) sum(u units) sum {
	a, b := &f.sums[u.lo], &f.sums[u.hi]
	return sum{b.bad - a.bad, b.good - a.good, b.users - a.users, b.listed - a.listed, b.shared - a.shared}
}

// unitsOf are the units in the network of a length around those from first up
// to last, both in it. It looks outwards, as most often little is there.
func (f *family) unitsOf(first, last int32, length int) units {
	base := f.keys[first] & maskOf(length)
	end := base | ^maskOf(length)
	lo, step := first, int32(1)
	for lo >= step && f.keys[lo-step] >= base {
		lo -= step
		step *= 2
	}
	for below := max(lo-step, -1); lo-below > 1; {
		if mid := (lo + below) / 2; f.keys[mid] >= base {
			lo = mid
		} else {
			below = mid
		}
	}
	hi, n := last, int32(len(f.keys))
	for step = 1; n-hi > step && f.keys[hi+step] <= end; step *= 2 {
		hi += step
	}
	for above := min(hi+step, n); above-hi > 1; {
		if mid := hi + (above-hi)/2; f.keys[mid] <= end {
			hi = mid
		} else {
			above = mid
		}
	}
	return units{lo, hi + 1}
}

// region is the network around that was looked at last, and the one close by.
type region struct {
	base  uint64
	good  int64
	known bool

	close     uint64
	closeGood int64
	closeIs   bool
}

// closeBits is how much longer a network close by is than a unit: a /24, of
// IPv6 a /56, is 256 of them.
const closeBits = 8

// unseen is the good weight expected of the addresses of a network that were
// never seen.
func (f *family) unseen(base uint64, length int, u units, around *region) int64 {
	if f.kappa.Num == 0 {
		return 0
	}
	if base := base & maskOf(f.region); !around.known || around.base != base {
		s := f.sum(f.unitsOf(u.lo, u.hi-1, f.region))
		around.base, around.good, around.known = base, s.good, true
	}
	n := scaled(around.good, f.kappa, f.free(length, u), f.width-f.region)
	if f.near.Num > 0 {
		if here := f.closeBy(base, length, u, around); here < n {
			hi, lo := bits.Mul64(uint64(n-here), uint64(f.near.Num))
			less, _ := bits.Div64(hi, lo, uint64(f.near.Den))
			n -= int64(less)
		}
	}
	return n
}

// free is how many addresses of a network were not seen.
func (f *family) free(length int, u units) uint64 {
	return uint64(1)<<(f.width-length) - uint64(f.seen[u.hi]-f.seen[u.lo])
}

// scaled is the good weight of so many addresses of a network of 1<<width, which
// has so much in all, times kappa.
func scaled(good int64, kappa Ratio, addresses uint64, width int) int64 {
	hi, lo := bits.Mul64(uint64(good*kappa.Num), addresses)
	n, _ := bits.Div64(hi, lo, uint64(kappa.Den)<<width)
	return int64(n)
}

// closeBy is unseen, as the networks close by say: each for its own addresses,
// so that a shorter network is never expected to be better than one in it.
func (f *family) closeBy(base uint64, length int, u units, around *region) int64 {
	if length <= f.width-closeBits {
		return f.close[u.hi] - f.close[u.lo]
	}
	if base := base & maskOf(f.width-closeBits); !around.closeIs || around.close != base {
		around.close, around.closeIs = base, true
		around.closeGood = f.sum(f.unitsOf(u.lo, u.hi-1, f.width-closeBits)).good
	}
	return scaled(around.closeGood, f.kappa, f.free(length, u), closeBits)
}

// sumClose adds up what is expected of the unseen addresses of each network
// close by, at its last unit.
func (f *family) sumClose() {
	if f.near.Num == 0 || f.seen == nil {
		return
	}
	length := f.width - closeBits
	f.close = make([]int64, len(f.keys)+1)
	first := 0
	for i, key := range f.keys {
		f.close[i+1] = f.close[i]
		if i+1 < len(f.keys) && (f.keys[i+1]^key)&maskOf(length) == 0 {
			continue
		}
		u := units{int32(first), int32(i + 1)}
		if int(f.marks[i]&^leafMark) >= length {
			f.close[i+1] += scaled(f.sum(u).good, f.kappa, f.free(length, u), closeBits)
		}
		first = i + 1
	}
}
