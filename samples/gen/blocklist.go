package gen

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// prefixLengths are those of the entries around visitors, by turns.
var prefixLengths = [...]int{32, 24, 32, 20, 28}

// everyVisitor is how far apart in the log's clients the visitors are that
// Blocklist has entries around; everyHost is the same of Referer hosts.
const (
	everyVisitor = 7
	everyHost    = 3
)

// Blocklist is what the log's shop might block: n IPv4 prefixes, no two of
// which overlap, with the planted scanners and flooders and a good many
// visitors in them, and m Referer hosts, the hotlinkers first. It is an error
// if the log has too few clients or hosts for that, or is not the shop's.
func (g *Generator) Blocklist(n, m int) ([]netip.Prefix, []string, error) {
	if g.world.town != nil {
		return nil, nil, errors.New("a town has no blocklist of its own")
	}
	prefixes := []netip.Prefix{
		netip.MustParsePrefix("12.34.56.64/26"), // scanners
		netip.MustParsePrefix("14.160.20.7/32"), // flooders
		netip.MustParsePrefix("95.24.130.9/32"),
	}
	for i := firstVisitor; i < len(g.world.clients) && len(prefixes) < n; i += everyVisitor {
		a := netip.MustParseAddr(g.world.clients[i].addr)
		if !a.Is4() {
			continue
		}
		p := netip.PrefixFrom(a, prefixLengths[len(prefixes)%len(prefixLengths)]).Masked()
		if !overlaps(prefixes, p) {
			prefixes = append(prefixes, p)
		}
	}
	hosts := slices.Clone(hotlinkHosts[:])
	others := g.world.byRole[elsewhere]
	for i := 0; i < len(others) && len(hosts) < m; i += everyHost {
		hosts = append(hosts, g.world.hosts[others[i]].name)
	}
	if len(prefixes) < n || len(hosts) < m {
		return nil, nil, fmt.Errorf("clients %d, hosts %d: too few for a blocklist of %d prefixes and %d hosts", g.o.Clients, g.o.Hosts, n, m)
	}
	return prefixes[:n], hosts[:m], nil
}

func overlaps(prefixes []netip.Prefix, p netip.Prefix) bool {
	for _, q := range prefixes {
		if p.Overlaps(q) {
			return true
		}
	}
	return false
}
