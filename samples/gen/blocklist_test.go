package gen

import (
	"net/netip"
	"slices"
	"testing"
)

// TestBlocklist demands of the entries what ImageKit does, that no two overlap,
// and that all of them find something in the log.
func TestBlocklist(t *testing.T) {
	o := Options{Format: "cloudfront", Seed: 9, Rows: 40_000, Clients: 2_700, Hosts: 160}
	g := mustNew(t, o)
	prefixes, hosts, err := g.Blocklist(100, 30)
	if err != nil || len(prefixes) != 100 || len(hosts) != 30 {
		t.Fatalf("%d prefixes, %d hosts, %v", len(prefixes), len(hosts), err)
	}
	var clients []netip.Addr
	for addr := range g.Clients() {
		clients = append(clients, netip.MustParseAddr(addr))
	}
	for i, p := range prefixes {
		if !p.Addr().Is4() || p != p.Masked() {
			t.Errorf("%v: not an IPv4 network", p)
		}
		if !slices.ContainsFunc(clients, p.Contains) {
			t.Errorf("%v: no client of the log is in it", p)
		}
		if overlaps(prefixes[:i], p) {
			t.Errorf("%v overlaps one before it", p)
		}
	}
	for i, h := range hosts {
		if _, ok := g.world.hostIDs[h]; !ok || slices.Contains(hosts[:i], h) {
			t.Errorf("%s: no host of the log, or there twice", h)
		}
	}
	for _, p := range plantedClients[:firstCrawler] {
		if !slices.ContainsFunc(prefixes, func(q netip.Prefix) bool { return q.Contains(netip.MustParseAddr(p.addr)) }) {
			t.Errorf("%s: planted, and in no entry", p.addr)
		}
	}
	again, _, err := mustNew(t, o).Blocklist(100, 30)
	if err != nil || !slices.Equal(again, prefixes) {
		t.Errorf("the same options give other prefixes: %v, %v", again, err)
	}
	if _, _, err := g.Blocklist(5_000, 30); err == nil {
		t.Error("more entries than clients: no error")
	}
	if _, _, err := g.Blocklist(100, 300); err == nil {
		t.Error("more hosts than the log has: no error")
	}
}
