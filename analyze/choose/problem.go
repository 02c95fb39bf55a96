package choose

import (
	"errors"
	"fmt"
	"net/netip"
)

// maxAddresses is the most that a Problem takes.
const maxAddresses = 1 << 27

// Problem is a set of weighted addresses and what is asked of a list for them:
// the program
//
//	v(p) = bad(p) - price*(good(p)+unseen(p)) - cost + bonus
//	choose disjoint networks p, at most Max, so that the sum of v is greatest
//
// over the networks the options allow. Of lists that are worth the same it
// prefers the one with fewer entries, then with more of the previous ones, then
// with less space (the sum of the log2 of the addresses in each entry, of
// IPv6 of the /64 networks), then with more entries in the lower half of the
// address space, and so on in each half; IPv4 is below IPv6.
//
// The list is exactly the best, but where Solution.Exact says otherwise: if
// Options.MaxCollateral leaves no room for it, or if Options.MaxNew does not and
// both lists are many hundreds of entries long. Then it is a good one, and
// Solution.Bound says how much better the best may be.
//
// A Problem does not change and may be solved by many goroutines.
type Problem struct {
	o        Options
	families [2]*family // IPv4, IPv6
	steps    int        // maxWideSteps
	scale    int64      // a search tries prices in 1/scale of that of the options
}

// New prepares a Problem, and keeps none of the addresses. An address may be
// listed more than once: its weights add up.
func New(addresses []Address, o Options) (*Problem, error) {
	return newProblem(addresses, o, nil)
}

func newProblem(addresses []Address, o Options, unitOf []int32) (*Problem, error) {
	if err := errors.Join(o.check(), checkAddresses(addresses), checkPrefixes(&o)); err != nil {
		return nil, err
	}
	p := &Problem{o: o, steps: maxWideSteps, scale: maxDen / o.rate().den}
	for i := range p.families {
		p.families[i] = newFamily(addresses, newRules(&o, i == 0), unitOf)
	}
	return p, nil
}

func checkAddresses(addresses []Address) error {
	if len(addresses) > maxAddresses {
		return fmt.Errorf("%d addresses, at most %d", len(addresses), maxAddresses)
	}
	var bad, good, users int64
	for i := range addresses {
		a := &addresses[i]
		switch {
		case !a.Addr.IsValid():
			return fmt.Errorf("address %d is not valid", i)
		case int(a.Bits) > a.Addr.BitLen():
			return fmt.Errorf("address %s is cut to /%d", a.Addr, a.Bits)
		case min(a.Bad, a.Good, a.Users) < 0:
			return fmt.Errorf("address %s has a negative weight", a.Addr)
		case max(a.Bad, a.Good, a.Users) > maxWeight:
			return fmt.Errorf("address %s has a weight over %d", a.Addr, int64(maxWeight))
		}
		bad, good, users = bad+a.Bad, good+a.Good, users+a.Users
		if max(bad, good, users) > maxWeight {
			return fmt.Errorf("the weights of all addresses are over %d", int64(maxWeight))
		}
	}
	return nil
}

func checkPrefixes(o *Options) error {
	check := func(p netip.Prefix) error {
		if !p.IsValid() {
			return errors.New("a protected or previous network is not valid")
		}
		return nil
	}
	for _, p := range o.Protected {
		if err := check(p); err != nil {
			return err
		}
	}
	for _, p := range o.Previous {
		if err := check(p.Prefix); err != nil {
			return err
		}
	}
	return nil
}

// rate is the price of the options; its den is 1 if there is none.
func (o *Options) rate() rate {
	return rate{o.Price.Num, max(o.Price.Den, 1)}
}

// limits are the most entries of a list: all, of a family, new ones.
type limits struct{ all, v4, v6, fresh int }

// noLimit is more entries than there can be.
const noLimit = 2 * maxEntries

func (o *Options) limits() limits {
	n := int64(o.Max)
	return limits{o.Max, int(o.MaxV4.or(n)), int(o.MaxV6.or(n)), int(o.MaxNew.or(noLimit))}
}
