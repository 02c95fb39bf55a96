package choose

import (
	"errors"
	"fmt"
	"math/bits"
	"net/netip"

	"rulecast/analyze/policy"
)

// Client is an address of a JointProblem.
type Client struct {
	Addr     netip.Addr // as Address has it, like Bits, NoSingle, Unseen and Users
	Bits     uint8
	NoSingle bool
	Unseen   bool
	Country  int32 // from 0, or -1 for none
	Users    int64
}

// Cell is what one client asked for with one Referer host, weighed for each
// control on its own: a person who is shown a hotlinked image is bad for the
// Referer control and good for the others. There may be several cells of the
// same client and host.
type Cell struct {
	Client    int32 // in JointProblem.Clients
	Host      int32 // from 0, or -1 for none
	Bad, Good [policy.NumControls]int64
}

// JointProblem asks for lists of networks, of Referer hosts and of countries
// that are good together. A cell counts once, however many of them deny it: what
// a set of controls makes of it is the best of
//
//	worth(c) = bad(c) - price(c)*good(c)
//
// over the controls c of the set; or, where that is not above 0 and they only
// do harm, the worst of it, so that denying twice is never a way to do less
// harm. The sum over all cells, less what IP says of the entries themselves
// (EntryCost, Bonus, Kappa), is the value that is sought.
type JointProblem struct {
	Clients []Client
	Cells   []Cell

	// IP says which networks are possible, as for Problem: what an address is
	// to the rules there is the sum of its cells' weights for the IP control.
	// What MaxCollateral limits is what no other list denies.
	IP Options

	Hosts     int // how many there are
	MaxHosts  int // most that are chosen
	HostPrice Ratio

	Countries    int // how many there are
	MaxCountries int // most that are chosen; 0 for none
	CountryPrice Ratio
	// FinerShare is how much of a country's bad weight networks and hosts have
	// to stop without it for the country not to be chosen; 0 is 4/5.
	FinerShare Ratio
}

// Caught is what an entry stops, in the weights of its own control.
type Caught struct {
	Bad, Good int64
	// Exclusive weights are of cells that no other entry denies.
	ExclusiveBad, ExclusiveGood int64
}

// Network is an entry of the IP list. Value is what it adds to the other lists.
type Network struct {
	Entry
	Caught Caught
}

// Choice is a host or a country that is chosen.
type Choice struct {
	ID     int32
	Value  int64 // what it adds to all else, in the unit of JointSolution.Value
	Caught Caught
}

// JointSolution is three lists that are good together.
type JointSolution struct {
	// Value is what they are worth, in the unit of the weights times 1/Unit;
	// Unit is 1 if all prices are whole.
	Value, Unit int64

	Networks  []Network // in address order
	Hosts     []Choice  // those of most value first
	Countries []Choice  // likewise
	// NextHost and NextCountry are what one more of them would add.
	NextHost, NextCountry int64
	// IP is the solution for networks, given the hosts and countries: with what
	// one more entry would add, and the frontier.
	IP *Solution
}

// maxWorth bounds the sum of all worths, whatever their signs.
const maxWorth = 1 << 60

// check refuses what is out of bounds, but for what newProblem finds, and
// returns the unit.
func (p *JointProblem) check() (unit int64, err error) {
	err = errors.Join(
		p.IP.Price.check("price of networks", maxNum/maxDen),
		p.HostPrice.check("price of hosts", maxNum/maxDen),
		p.CountryPrice.check("price of countries", maxNum/maxDen),
		p.FinerShare.check("share of finer entries", 2))
	if err != nil {
		return 0, err
	}
	if min(p.Hosts, p.MaxHosts, p.Countries, p.MaxCountries) < 0 {
		return 0, errors.New("a number of hosts or countries is negative")
	}
	unit = 1
	for _, r := range p.prices() {
		unit = lcm(unit, max(r.Den, 1))
	}
	if unit > maxDen {
		return 0, fmt.Errorf("prices have no common denominator up to %d", maxDen)
	}
	for i := range p.Clients {
		if c := p.Clients[i].Country; c < -1 || int(c) >= p.Countries {
			return 0, fmt.Errorf("client %d is in country %d of %d", i, c, p.Countries)
		}
	}
	return unit, p.checkCells(unit)
}

func (p *JointProblem) checkCells(unit int64) error {
	var bad, good [policy.NumControls]int64
	for i := range p.Cells {
		c := &p.Cells[i]
		if c.Client < 0 || int(c.Client) >= len(p.Clients) || c.Host < -1 || int(c.Host) >= p.Hosts {
			return fmt.Errorf("cell %d is of client %d and host %d", i, c.Client, c.Host)
		}
		for control := range bad {
			if b, g := c.Bad[control], c.Good[control]; min(b, g) < 0 || max(b, g) > maxWeight {
				return fmt.Errorf("cell %d has a weight that is negative or over %d", i, int64(maxWeight))
			}
			bad[control] += c.Bad[control]
			good[control] += c.Good[control]
			if max(bad[control], good[control]) > maxWeight {
				return fmt.Errorf("the weights of all cells are over %d", int64(maxWeight))
			}
		}
	}
	for control, r := range p.prices() {
		gain := bad[control] * unit // 2^60 at most
		hi, cost := bits.Mul64(uint64(good[control]), uint64(r.Num*(unit/max(r.Den, 1))))
		if hi != 0 || cost > maxWorth || gain > maxWeight {
			return fmt.Errorf("the weights of all cells for the %s control are too great for its price", policy.Control(control))
		}
	}
	return nil
}

// prices are those of the controls.
func (p *JointProblem) prices() [policy.NumControls]Ratio {
	return [policy.NumControls]Ratio{policy.IP: p.IP.Price, policy.Country: p.CountryPrice, policy.Referer: p.HostPrice}
}

func lcm(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
