package gen

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// population is what a client is.
type population uint8

const (
	visitor population = iota
	passer
	viewer
	shared
	abused
	office
	exit
	goodBot
	monitor
	health
	neighbourly
	scanner
	scraper
	impostor
	flooder
	buster
	stuffer
	forger
	spammer
	numPopulations
)

// populations say what they are. All that bad ones ask for is bad, and of the
// others only what abusers ask for who share an address.
var populations = [numPopulations]struct {
	name string
	bad  bool
	text string
}{
	visitor:     {"visitor", false, "views own pages, and comes again"},
	passer:      {"passer", false, "views own pages once"},
	viewer:      {"viewer", false, "views the pages of others, mostly"},
	shared:      {"shared", false, "hundreds of people behind one address of a mobile network"},
	abused:      {"shared-abused", false, "the same, and an abuser among them"},
	office:      {"office", false, "the proxy of a company"},
	exit:        {"exit", false, "an exit of a VPN, at a hoster"},
	goodBot:     {"bot", false, "a crawler in the ranges that its owner publishes"},
	monitor:     {"monitor", false, "asks every minute whether the site is up"},
	health:      {"health", false, "the same from a private address"},
	neighbourly: {"neighbour", false, "a feed reader or link preview at a hoster, often next to abusers"},
	scanner:     {"scanner", true, "looks for holes"},
	scraper:     {"scraper", true, "copies pages"},
	impostor:    {"impostor", true, "the same under the name of a good bot"},
	flooder:     {"flooder", true, "asks for too much"},
	buster:      {"buster", true, "has the cache miss by queries of digits"},
	stuffer:     {"stuffer", true, "tries passwords"},
	forger:      {"forger", true, "names sites in its Referer that it does not come from"},
	spammer:     {"spammer", true, "names a site in its Referer so that the log does"},
}

// pool is a run of clients.
type pool struct{ from, n int }

// land hands out addresses.
type land struct {
	networks []netip.Prefix        // as the table
	clients  map[netip.Addr]int    // by address
	blocks   map[netip.Prefix]bool // those in use
	draw     []int                 // indices of networks, each as often as its weight
	regions  [][]netip.Prefix      // by network: where its customers live
	hosters  [][]netip.Prefix      // the blocks of each hoster, all IPv4
}

// The blocks that are handed out: what providers announce for a place.
const (
	blockBits4 = 20
	blockBits6 = 40
)

// firstHosterASN begins the 32-bit numbers that RFC 5398 sets aside.
const firstHosterASN = 65536

func (t *town) layLand() {
	t.land = land{clients: map[netip.Addr]int{}, blocks: map[netip.Prefix]bool{}, regions: make([][]netip.Prefix, len(networks))}
	for _, nw := range networks {
		t.land.networks = append(t.land.networks, netip.MustParsePrefix(nw.prefix))
	}
	market := [2]int{t.rng.IntN(len(networks) - 1), t.rng.IntN(len(networks) - 1)}
	for i, nw := range networks {
		weight := nw.weight
		if i == market[0] || i == market[1] {
			weight += 40
		}
		for range weight {
			t.land.draw = append(t.land.draw, i)
		}
	}
	expected := int(t.o.Rows/8) + 500
	density := t.between(80, 500) // clients in a block
	for i := range networks {
		weight := 0
		for _, k := range t.land.draw {
			if k == i {
				weight++
			}
		}
		most := 1 << max(0, blockBits4-t.land.networks[i].Bits()-1) // half of it, at most
		for range min(max(1, expected*weight/len(t.land.draw)/density), most) {
			t.land.regions[i] = append(t.land.regions[i], t.block(i))
		}
	}
	for range t.between(4, 7) {
		var blocks []netip.Prefix
		k := t.rng.IntN(len(networks) - 1)
		for range t.between(1, 4) {
			blocks = append(blocks, t.block(k))
		}
		t.land.hosters = append(t.land.hosters, blocks)
	}
}

// block is one of a network that nobody has.
func (t *town) block(network int) netip.Prefix {
	whole := t.land.networks[network]
	for {
		bits := blockBits4
		if whole.Addr().Is6() {
			bits = blockBits6
		}
		p := netip.PrefixFrom(t.within(whole), bits).Masked()
		if !t.land.blocks[p] {
			t.land.blocks[p] = true
			return p
		}
	}
}

// part is a shorter network of a prefix.
func (t *town) part(p netip.Prefix, bits int) netip.Prefix {
	return netip.PrefixFrom(t.within(p), bits).Masked()
}

// within is an address in a prefix. In IPv6, the part below the /64 is small.
func (t *town) within(p netip.Prefix) netip.Addr {
	random := t.rng.Uint64()
	if p.Addr().Is4() {
		return hostIn(p, random)
	}
	a := p.Addr().As16()
	if p.Bits() < 64 {
		network := binary.BigEndian.Uint64(a[:8]) | random>>p.Bits()
		binary.BigEndian.PutUint64(a[:8], network)
	}
	binary.BigEndian.PutUint16(a[14:], uint16(1+t.rng.IntN(1<<16-1)))
	return netip.AddrFrom16(a)
}

// fresh is an address in a prefix that no client has; a prefix that is full
// gives one that has been taken.
func (t *town) fresh(p netip.Prefix) netip.Addr {
	const tries = 64
	a := t.within(p)
	for i := 0; i < tries && (t.has(a) || isEdge(a)); i++ {
		a = t.within(p)
	}
	return a
}

func (t *town) has(a netip.Addr) bool {
	_, ok := t.land.clients[a]
	return ok
}

// privateSpace is where the own machines are (RFC 1918).
var privateSpace = netip.MustParsePrefix("10.0.0.0/8")

// isEdge reports whether an IPv4 address is a /24's own or its broadcast
// address, which are hardly ever a client's.
func isEdge(a netip.Addr) bool {
	return a.Is4() && (a.As4()[3] == 0 || a.As4()[3] == 255)
}

// client adds a client, or finds the one that has the address already.
func (t *town) client(a netip.Addr, p population) int {
	if id, ok := t.land.clients[a]; ok {
		return id
	}
	id := len(t.w.clients)
	t.land.clients[a] = id
	c := client{addr: a.String(), mix: mix(id) ^ t.o.Seed*0x9e3779b97f4a7c15}
	for i, nw := range t.land.networks {
		if nw.Contains(a) {
			c.country, c.asn = networks[i].country, firstDocumentationASN+uint32(i%16)
		}
	}
	for i, blocks := range t.land.hosters {
		for _, b := range blocks {
			if b.Contains(a) {
				c.asn = firstHosterASN + uint32(i%16)
			}
		}
	}
	t.w.clients = append(t.w.clients, c)
	t.population = append(t.population, p)
	t.layout = append(t.layout, none)
	t.crowd = append(t.crowd, 0)
	return id
}

// region is a block in which customers live, the first ones of a network more
// often than the last.
func (t *town) region() netip.Prefix {
	regions := t.land.regions[t.land.draw[t.rng.IntN(len(t.land.draw))]]
	return regions[min(t.rng.IntN(len(regions)), t.rng.IntN(len(regions)))]
}

// quarter is a block of a hoster.
func (t *town) quarter() netip.Prefix {
	blocks := t.land.hosters[t.rng.IntN(len(t.land.hosters))]
	return blocks[t.rng.IntN(len(blocks))]
}

// settle adds clients who live in regions.
func (t *town) settle(n int, p population) pool {
	from := len(t.w.clients)
	for len(t.w.clients) < from+n {
		t.client(t.fresh(t.region()), p)
	}
	return pool{from, n}
}

// layPeople adds everybody of whom many acts take some.
func (t *town) layPeople() {
	t.homes = t.settle(int(t.o.Rows)/t.between(35, 70), visitor)
	scale := max(1, int(t.o.Rows/defaultTownRows))
	t.mobiles = t.gather(t.between(25, 100)*scale, shared, func() netip.Prefix {
		return t.part(t.region(), 24)
	}, 8, [2]int{40, 600})
	t.offices = t.gather(t.between(6, 20)*scale, office, t.region, 1, [2]int{15, 150})
	t.exits = t.gather(t.between(4, 12), exit, func() netip.Prefix { return t.part(t.quarter(), 24) }, 2, [2]int{8, 60})
}

// gather adds n clients that many people share, a few in each network.
func (t *town) gather(n int, p population, where func() netip.Prefix, each int, people [2]int) pool {
	from := len(t.w.clients)
	for len(t.w.clients) < from+n {
		network := where()
		for range min(t.between(1, each), from+n-len(t.w.clients)) {
			a := t.fresh(network)
			if t.has(a) {
				continue
			}
			id := t.client(a, p)
			t.crowd[id] = uint16(t.between(people[0], people[1]))
		}
	}
	return pool{from, n}
}

// townAgents are browsers as many as a mobile network's customers use.
func townAgents(browsers []string) []string {
	agents := append([]string(nil), browsers...)
	models := []string{"SM-A546B", "SM-S918B", "Pixel 8", "Pixel 7a", "2201117TG", "M2101K6G", "moto g54", "CPH2481", "V2247", "RMX3710"}
	for i, m := range models {
		for android := 11; android <= 15; android++ {
			for _, v := range []int{133, 140, 145} {
				agents = append(agents, fmt.Sprintf("Mozilla/5.0 (Linux; Android %d; %s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.%d.%d Mobile Safari/537.36", android, m, v, 6000+v, 40+i))
			}
		}
	}
	return agents
}
