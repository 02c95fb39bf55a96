package recommend

import (
	"math/bits"
	"net/netip"
	"slices"

	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
)

// Abusers change their addresses more often than their networks. Where a
// network had ever new bad addresses, a part of what is to be expected of it is
// not to be expected of the addresses that the log shows: it is spread over the
// network, and only an entry for all of the network has all of it.

// The networks that are looked at, and the parts that each gets.
const (
	spreadBits  = 24
	spreadParts = 16
	partBits    = spreadBits + 4
)

// What a network has to show before anything is spread over it.
const (
	spreadAddresses = 3 // bad ones
	spreadDays      = 2 // days, beside the first of the log, with bad requests
)

// turnover is how much of the bad traffic of a network comes from addresses
// that are new on that day. On the first day of the log all are: it does not
// count.
type turnover struct {
	addresses  int
	days       uint64 // a bit for each, by the day since the first modulo 64
	fresh, all int64  // bad requests, fixed-point
	moved      int64  // forecast of them
}

func (t *turnover) counts() bool {
	return t.addresses >= spreadAddresses && bits.OnesCount64(t.days) >= spreadDays && t.all > 0
}

// spread moves the part of the forecast that is not the addresses' own.
func (p *problem) spread(networks map[netip.Prefix]*turnover) {
	for i := range p.cells {
		c := &p.cells[i]
		at, ok := p.spreadNetwork(int(p.ids[c.Client]))
		if !ok || c.Bad[policy.IP] == 0 {
			continue
		}
		if t := networks[at]; t != nil && t.counts() {
			moved := min(mulDiv(c.Bad[policy.IP], t.fresh, t.all), c.Bad[policy.IP]-1)
			c.Bad[policy.IP] -= moved
			t.moved += moved
		}
	}
	var sorted []netip.Prefix
	for at, t := range networks {
		if t.moved > 0 {
			sorted = append(sorted, at)
		}
	}
	slices.SortFunc(sorted, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	for _, at := range sorted {
		p.strew(at.Addr(), networks[at].moved)
	}
}

// turnovers are the networks, looked at day by day.
type turnovers struct {
	of      map[netip.Prefix]*turnover
	counted []bool // by client id
}

func (n *turnovers) add(p *problem, c *collateral.Cell) {
	if c.Bad[policy.IP] == 0 {
		return
	}
	at, ok := p.spreadNetwork(int(c.Client))
	if !ok {
		return
	}
	t := n.of[at]
	if t == nil {
		t = &turnover{}
		n.of[at] = t
	}
	if !n.counted[c.Client] {
		n.counted[c.Client] = true
		t.addresses++
	}
	if c.Day == collateral.NoDay || c.Day == p.j.FirstDay {
		return
	}
	t.days |= 1 << (uint(c.Day-p.j.FirstDay) % 64)
	requests := c.Counts.Requests * c.Bad[policy.IP]
	t.all += requests
	if c.Day == collateral.DayOf(p.j.Clients[c.Client].First) {
		t.fresh += requests
	}
}

// spreadNetwork is that of a client, if it has an address of one.
func (p *problem) spreadNetwork(id int) (netip.Prefix, bool) {
	a := p.j.Dicts.Clients.Addr(record.ID(id)).Unmap()
	if !a.Is4() || p.j.Clients[id].Cut {
		return netip.Prefix{}, false
	}
	at, _ := a.Prefix(spreadBits) // no error: the length fits
	return at, true
}

// strew adds the same weight to each part of a network, at its first address.
// Nobody was seen there: none of these justifies an entry.
func (p *problem) strew(base netip.Addr, weight int64) {
	for part := range int64(spreadParts) {
		a := base.As4()
		a[3] = byte(part << (32 - partBits))
		cell := choose.Cell{Client: int32(len(p.clients)), Host: none}
		cell.Bad[policy.IP] = weight*(part+1)/spreadParts - weight*part/spreadParts
		p.clients = append(p.clients, choose.Client{Addr: netip.AddrFrom4(a), Country: none, Unseen: true})
		p.cells = append(p.cells, cell)
	}
}
