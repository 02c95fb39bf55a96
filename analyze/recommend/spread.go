package recommend

import (
	"cmp"
	"encoding/binary"
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
	base       uint32 // the first address
	addresses  int
	days       uint64 // a bit for each, by the day since the first modulo 64
	fresh, all int64  // bad requests, fixed-point
	moved      int64  // forecast of them
}

func (t *turnover) counts() bool {
	return t.addresses >= spreadAddresses && bits.OnesCount64(t.days) >= spreadDays && t.all > 0
}

// spread moves the part of the forecast that is not the addresses' own.
func (p *problem) spread(networks *turnovers) {
	for i := range p.cells {
		c := &p.cells[i]
		t := networks.of(p.ids[c.Client])
		if t != nil && c.Bad[policy.IP] > 0 && t.counts() {
			moved := min(mulDiv(c.Bad[policy.IP], t.fresh, t.all), c.Bad[policy.IP]-1)
			c.Bad[policy.IP] -= moved
			t.moved += moved
		}
	}
	slices.SortFunc(networks.list, func(a, b turnover) int { return cmp.Compare(a.base, b.base) })
	for _, t := range networks.list {
		if t.moved > 0 {
			var ip [4]byte
			binary.BigEndian.PutUint32(ip[:], t.base)
			p.strew(netip.AddrFrom4(ip), t.moved)
		}
	}
}

// turnovers are the networks with addresses that are bad, looked at day by day.
type turnovers struct {
	list  []turnover
	place []int32 // by client id: of its network in list; none
}

// newTurnovers finds the networks, and nothing about their days.
func newTurnovers(j *collateral.Judgement) *turnovers {
	n := &turnovers{place: make([]int32, len(j.Clients))}
	known := map[uint32]int32{}
	for id := range j.Clients {
		n.place[id] = none
		c := &j.Clients[id]
		a := j.Dicts.Clients.Addr(record.ID(id))
		if c.Bad == 0 || c.All.Requests == 0 || c.Cut || !a.Is4() {
			continue
		}
		ip := a.As4()
		base := binary.BigEndian.Uint32(ip[:]) >> (32 - spreadBits) << (32 - spreadBits)
		at, ok := known[base]
		if !ok {
			at = int32(len(n.list))
			known[base] = at
			n.list = append(n.list, turnover{base: base})
		}
		n.place[id] = at
		n.list[at].addresses++
	}
	return n
}

// of is the network of a client; nil if none is looked at. It is valid until
// the list changes.
func (n *turnovers) of(client record.ID) *turnover {
	if at := n.place[client]; at != none {
		return &n.list[at]
	}
	return nil
}

func (n *turnovers) add(j *collateral.Judgement, c *collateral.Cell) {
	t := n.of(c.Client)
	if t == nil || c.Day == collateral.NoDay || c.Day == j.FirstDay {
		return
	}
	t.days |= 1 << (uint(c.Day-j.FirstDay) % 64)
	requests := c.Counts.Requests * c.Bad[policy.IP]
	t.all += requests
	if c.Day == collateral.DayOf(j.Clients[c.Client].First) {
		t.fresh += requests
	}
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
