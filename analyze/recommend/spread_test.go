package recommend

import (
	"net/netip"
	"testing"

	"rulecast/analyze/abuse"
	"rulecast/analyze/choose"
	"rulecast/analyze/collateral"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
)

// TestStrew spreads a weight that does not divide evenly: nothing is lost, each
// part gets the same but for one, and nobody was seen there.
func TestStrew(t *testing.T) {
	var p problem
	network := netip.MustParsePrefix("192.0.2.0/24")
	const weight = 1000
	p.strew(network.Addr(), weight)
	parts := map[netip.Prefix]int64{}
	var sum int64
	for i, c := range p.cells {
		client := p.clients[c.Client]
		part, _ := client.Addr.Prefix(partBits)
		if int(c.Client) != i || c.Host != none || !client.Unseen || !network.Contains(client.Addr) {
			t.Errorf("%+v of %+v", c, client)
		}
		parts[part] += c.Bad[policy.IP]
		sum += c.Bad[policy.IP]
	}
	if sum != weight || len(parts) != spreadParts {
		t.Errorf("%d in %d parts", sum, len(parts))
	}
	for part, n := range parts {
		if n != weight/spreadParts && n != weight/spreadParts+1 {
			t.Errorf("%s has %d", part, n)
		}
	}
}

// TestSpreadLeavesBadAddresses has all of a network's traffic come from new
// addresses: they stay bad ones, of which an entry has to have some.
func TestSpreadLeavesBadAddresses(t *testing.T) {
	b := record.NewBuilder(record.ColumnSet(record.Client))
	p := &problem{}
	const each = 100
	for i := range 3 {
		b.SetClientAddr(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		b.Commit()
		c := choose.Cell{Client: int32(i), Host: none}
		c.Bad[policy.IP] = each
		p.cells, p.ids = append(p.cells, c), append(p.ids, record.ID(i))
		p.clients = append(p.clients, choose.Client{})
	}
	p.j = &collateral.Judgement{Dicts: b.Flush(0).Dicts}
	for range p.ids {
		p.j.Clients = append(p.j.Clients, collateral.Client{Client: &abuse.Client{}})
	}
	p.spread(&turnovers{list: []turnover{{base: 192<<24 | 2<<8, addresses: 3, days: 0b110, fresh: 7, all: 7}}, place: make([]int32, 3)})
	var sum int64
	for i, c := range p.cells {
		sum += c.Bad[policy.IP]
		if i < 3 && c.Bad[policy.IP] != 1 {
			t.Errorf("address %d is left %d", i, c.Bad[policy.IP])
		}
	}
	if sum != 3*each {
		t.Errorf("%d, of %d", sum, 3*each)
	}
}

func TestTurnover(t *testing.T) {
	for _, c := range []struct {
		turnover
		want bool
	}{
		{turnover{addresses: 3, days: 0b110, fresh: 1, all: 2}, true},
		{turnover{addresses: 2, days: 0b110, fresh: 1, all: 2}, false},
		{turnover{addresses: 9, days: 0b100, fresh: 1, all: 2}, false},
		{turnover{addresses: 9}, false},
	} {
		if got := c.counts(); got != c.want {
			t.Errorf("%+v: %v", c.turnover, got)
		}
	}
}
