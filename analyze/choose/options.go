// Package choose finds the best entries for blocklists of limited length:
// networks for an IP list, hosts for a Referer list, countries. It knows
// neither logs nor providers; a caller gives weights and limits as plain
// values and gets entries back.
//
// All arithmetic is on integers and every tie has a rule, so the same input
// gives the same lists to the bit, whatever the order it came in.
package choose

import (
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
)

// Bounds of the input: with them no sum below can overflow.
const (
	maxWeight  = 1 << 50 // each sum of weights
	maxDen     = 1 << 10 // of a Ratio
	maxNum     = 1 << 40 // of a price
	maxKappa   = 8
	maxEntries = 1<<16 - 3
)

// Address is what is known of one address, or of the one network that a log
// tells apart. The weights are not negative, in any one unit (requests, bytes,
// both times 1024, ...), and all of them together are at most 2^50.
type Address struct {
	Addr netip.Addr // an IPv6 address stands for its /64
	// Bits is the length of the network that Addr stands for where the log
	// cuts addresses: no entry is longer. 0 is a whole address.
	Bits uint8
	// NoSingle says that many people share the address: it takes another bad
	// address beside it to justify an entry.
	NoSingle bool
	// Unseen says that nobody was seen there: Bad is what is to be expected of
	// the network around. It weighs, but an entry has to cover bad addresses
	// beside it to have its MinBad.
	Unseen bool
	Bad    int64 // what an entry would rightly stop
	Good   int64 // what it would wrongly stop
	Users  int64 // good users seen behind the address, for Options.MaxUsers
}

// Ratio is an exact fraction. The zero value is 0, whatever its Den.
type Ratio struct{ Num, Den int64 }

// Whole is the Ratio n/1.
func Whole(n int64) Ratio { return Ratio{n, 1} }

func (r Ratio) String() string { return fmt.Sprintf("%d/%d", r.Num, max(r.Den, 1)) }

// check demands 0 <= r <= most, with a numerator and denominator in bounds.
func (r Ratio) check(name string, most int64) error {
	switch {
	case r.Num == 0:
		return nil
	case r.Den < 1 || r.Den > maxDen:
		return fmt.Errorf("%s %s: the denominator is not within 1 to %d", name, r, maxDen)
	case r.Num < 0 || r.Num > most*r.Den:
		return fmt.Errorf("%s %s is not within 0 to %d", name, r, most)
	}
	return nil
}

// Limit is a number that may not be exceeded. The zero value is no limit.
type Limit struct {
	Set bool
	N   int64
}

// AtMost is the limit n.
func AtMost(n int64) Limit { return Limit{true, n} }

func (l Limit) or(n int64) int64 {
	if l.Set {
		return min(l.N, n)
	}
	return n
}

// Length is a prefix length that entries may have.
type Length struct {
	Bits int
	// MinBad is how many bad addresses (of IPv6: /64 networks) an entry has to
	// cover to be this short. It never falls as Bits fall.
	MinBad int
}

// Lengths are all lengths from shortest to longest, for any number of bad
// addresses.
func Lengths(shortest, longest int) []Length {
	var all []Length
	for b := shortest; b <= longest; b++ {
		all = append(all, Length{Bits: b})
	}
	return all
}

// Previous is an entry of the current list.
type Previous struct {
	Prefix netip.Prefix
	Hit    bool // of late: the entry earns Options.Bonus
}

// Options say which lists are possible and what they are worth. Zero values
// mean no limit and no price, but for Max.
type Options struct {
	Max          int   // most entries of both families together, at most 65533
	MaxV4, MaxV6 Limit // and of one family
	MaxNew       Limit // and of those not in Previous

	// Price is how much bad weight has to be stopped for one unit of good
	// weight: at most 2^40.
	Price Ratio
	// EntryCost is what an entry has to earn, in the unit of the weights.
	EntryCost int64
	// Bonus is what an entry of Previous that was hit earns on top, in the
	// unit of the weights.
	Bonus    int64
	Previous []Previous

	// V4 and V6 are the lengths entries may have, nil for /20 to /32 and /40
	// to /64. They lie within 8 to 32 and 16 to 64.
	V4, V6    []Length
	Protected []netip.Prefix // no entry overlaps any of them
	MinPurity Ratio          // least Bad/(Bad+Good) of an entry, at most 1
	MaxUsers  Limit          // most good users an entry covers

	// MaxCollateral is the most good weight the whole list may stop, that
	// expected of unseen addresses included.
	MaxCollateral Limit

	// Kappa prices what was not seen, at most 8: an address of an entry that
	// never appeared counts as Kappa times the mean good weight of an address
	// in the network around it (/16, of IPv6 /40, or the shortest length
	// allowed where that is shorter). Of IPv6 the unit is the /64.
	Kappa Ratio
	// Near is how much the network close by says of an address that never
	// appeared, at most 1: where the mean of its /24, of IPv6 of its /56, is less
	// than that of the network around, this part of the difference is taken off.
	Near Ratio
}

// check refuses what is out of bounds.
func (o *Options) check() error {
	if o.Max < 0 || o.Max > maxEntries {
		return fmt.Errorf("%d entries are not within 0 to %d", o.Max, maxEntries)
	}
	for _, l := range []Limit{o.MaxV4, o.MaxV6, o.MaxNew, o.MaxUsers, o.MaxCollateral} {
		if l.N < 0 {
			return fmt.Errorf("limit %d is negative", l.N)
		}
	}
	if o.EntryCost < 0 || o.EntryCost > maxWeight {
		return fmt.Errorf("cost of an entry %d is not within 0 to %d", o.EntryCost, int64(maxWeight))
	}
	if hi, lo := bits.Mul64(uint64(o.Bonus), uint64(o.Max+1)); o.Bonus < 0 || hi != 0 || lo > maxWeight {
		return fmt.Errorf("bonus %d is negative, or over %d for all %d entries", o.Bonus, int64(maxWeight), o.Max)
	}
	return errors.Join(
		o.Price.check("price", maxNum/maxDen),
		o.MinPurity.check("purity", 1),
		o.Kappa.check("kappa", maxKappa),
		o.Near.check("near", 1),
		checkLengths(o.V4, 8, 32),
		checkLengths(o.V6, 16, 64))
}

func checkLengths(all []Length, shortest, longest int) error {
	var need [65]int // by length; -1 is not allowed
	for b := range need {
		need[b] = -1
	}
	for _, l := range all {
		switch {
		case l.Bits < shortest || l.Bits > longest:
			return fmt.Errorf("length /%d is not within /%d to /%d", l.Bits, shortest, longest)
		case l.MinBad < 0:
			return fmt.Errorf("length /%d: %d bad addresses are asked for", l.Bits, l.MinBad)
		case need[l.Bits] >= 0:
			return fmt.Errorf("length /%d is given twice", l.Bits)
		}
		need[l.Bits] = l.MinBad
	}
	least := 0
	for b := longest; b >= shortest; b-- {
		if need[b] >= 0 && need[b] < least {
			return fmt.Errorf("length /%d asks for fewer bad addresses than a longer one", b)
		}
		least = max(least, need[b])
	}
	return nil
}
