package choose

import (
	"math/rand/v2"
	"net/netip"

	"pgregory.net/rapid"
)

// source draws a number from 0 to most: evenly, or as rapid thinks fit.
type source func(most int) int

func even(seed uint64) source {
	r := rand.New(rand.NewPCG(seed, 0))
	return func(most int) int { return r.IntN(most + 1) }
}

func fromRapid(t *rapid.T) source {
	return func(most int) int { return rapid.IntRange(0, most).Draw(t, "number") }
}

func (n source) one(in int) bool { return n(in-1) == 0 }

// world draws an instance.
func (n source) world(bits, most int) *world {
	w := &world{bits: bits}
	families := [][]bool{{true}, {false}, {true, false}}[n(2)]
	draw := func(shortest int) netip.Prefix {
		top := w.top(families[n(len(families)-1)])
		b := top.Addr().AsSlice()
		x := byte(n(1<<bits - 1))
		if top.Addr().Is4() {
			b[3] |= x
		} else {
			b[7] |= x
		}
		a, _ := netip.AddrFromSlice(b)
		return netip.PrefixFrom(a, top.Bits()+shortest+n(bits-shortest)).Masked()
	}
	weight := []int{3, 40}[n(1)] // small ones make ties
	for range most - n(most) {
		a := Address{Addr: draw(bits).Addr(), Bad: int64(n(weight)), Users: int64(n(3)), NoSingle: n.one(8), Unseen: n.one(8)}
		if n.one(2) {
			a.Good = int64(n(weight/10 + 1))
		}
		if n.one(8) {
			a.Bits = uint8(draw(bits - 2).Bits())
		}
		if top := w.top(a.Addr.Is4()).Bits(); a.Bits > 0 {
			a.Bits = uint8(max(top, min(int(a.Bits), top+bits)))
		}
		w.addresses = append(w.addresses, a)
	}
	n.options(w, draw)
	return w
}

// options draws what is asked of the list.
func (n source) options(w *world, draw func(shortest int) netip.Prefix) {
	limit := func(in, most int) Limit {
		if n.one(in) {
			return AtMost(int64(n(most)))
		}
		return Limit{}
	}
	o := &w.o
	o.Max = 6 - n(6)
	o.MaxV4, o.MaxV6 = limit(4, 4), limit(4, 4)
	o.MaxNew, o.MaxUsers = limit(3, 4), limit(4, 12)
	o.Price = Ratio{int64(n(4)), int64(1 + n(2))}
	o.EntryCost, o.Bonus = int64(n(3)), int64(n(5))
	o.V4, o.V6 = n.lengths(32-w.bits, 32), n.lengths(64-w.bits, 64)
	for range n(6) {
		o.Previous = append(o.Previous, Previous{draw(0), n.one(2)})
	}
	for range n(2) {
		o.Protected = append(o.Protected, draw(w.bits/2))
	}
	if n.one(3) {
		o.MinPurity = Ratio{int64(n(10)), 10}
	}
	if n.one(3) {
		o.Kappa = Ratio{1000 * int64(n(8)), 1000}
		o.Near = Ratio{int64(n(4)), 4}
	}
}

func (n source) lengths(shortest, longest int) []Length {
	all := []Length{}
	need := 0
	if n.one(2) {
		shortest = longest - n(3)
	}
	for b := longest; b >= shortest; b-- {
		if !n.one(5) {
			all = append(all, Length{b, need})
		}
		if n.one(5) {
			need++
		}
	}
	return all
}
