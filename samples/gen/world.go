package gen

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// world is who and what appears in a log: drawn once, from the seed.
type world struct {
	clients []client
	hosts   []host // Referer hosts; the first one has the pages
	hostIDs map[string]int
	town    *town // nil if the scenario is the shop

	pageHost, imageHost string // of the site whose log it is

	pages, images, scripts, videos []object
	agents                         []string // browsers

	byRole [elsewhere + 1][]int // Referer hosts by what they do
}

type client struct {
	addr    string // canonical
	country string // "" when no table places the address
	asn     uint32
	mix     uint64 // decides what stays the same for the client
}

type host struct {
	name string
	role hostRole
}

// object is something that can be asked for.
type object struct {
	path        string // as requested
	contentType string
	size        int64
}

// networks are each in one country; weight is their share of the visitors.
var networks = []struct {
	prefix, country string
	weight          int
}{
	{"12.0.0.0/8", "US", 18}, {"99.224.0.0/11", "CA", 4}, {"86.128.0.0/10", "GB", 9}, {"79.192.0.0/10", "DE", 11},
	{"176.128.0.0/10", "FR", 8}, {"83.32.0.0/11", "ES", 4}, {"79.0.0.0/10", "IT", 4}, {"83.0.0.0/11", "PL", 4},
	{"77.160.0.0/12", "NL", 4}, {"78.64.0.0/12", "SE", 2}, {"78.160.0.0/11", "TR", 3}, {"95.24.0.0/13", "RU", 3},
	{"117.192.0.0/10", "IN", 12}, {"61.128.0.0/10", "CN", 4}, {"153.128.0.0/9", "JP", 6}, {"175.192.0.0/10", "KR", 2},
	{"179.128.0.0/11", "BR", 7}, {"189.128.0.0/10", "MX", 3}, {"186.128.0.0/12", "AR", 2}, {"41.0.0.0/11", "ZA", 2},
	{"41.32.0.0/12", "EG", 2}, {"105.112.0.0/12", "NG", 2}, {"39.192.0.0/10", "ID", 5}, {"14.160.0.0/11", "VN", 4},
	{"1.128.0.0/11", "AU", 3}, {"46.200.0.0/15", "UA", 2}, {"2001:db8::/32", "", 16},
}

func newWorld(o Options) *world {
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	w := &world{agents: browserAgents(), pageHost: ownHost, imageHost: imageHost}
	if o.Scenario == Town {
		newTown(o, w, rng)
		return w
	}
	w.layObjects(rng, 160, 2400)
	w.layHosts(o.Hosts)
	w.layClients(rng, o.Clients)
	return w
}

// firstDocumentationASN starts the numbers that RFC 5398 sets aside.
const firstDocumentationASN = 64496

func (w *world) layClients(rng *rand.Rand, n int) {
	w.clients = make([]client, 0, n)
	taken := make(map[netip.Addr]bool, n)
	for i, p := range plantedClients {
		a := netip.MustParseAddr(p.addr)
		taken[a] = true
		w.clients = append(w.clients, client{a.String(), p.country, firstDocumentationASN, mix(i)})
	}
	prefixes := make([]netip.Prefix, len(networks))
	last := make([]netip.Addr, len(networks))
	var draw []int
	for i, nw := range networks {
		prefixes[i] = netip.MustParsePrefix(nw.prefix)
		for range nw.weight {
			draw = append(draw, i)
		}
	}
	for i := len(w.clients); i < n; {
		k := draw[rng.IntN(len(draw))]
		a := hostIn(prefixes[k], rng.Uint64())
		if last[k].IsValid() && rng.IntN(3) == 0 { // a neighbour of the one before
			a = neighbour(last[k], rng.Uint64())
		}
		if taken[a] {
			continue
		}
		taken[a], last[k] = true, a
		w.clients = append(w.clients, client{a.String(), networks[k].country, firstDocumentationASN + uint32(k%16), mix(i)})
		i++
	}
}

// hostIn is an address in p whose bits below the prefix come from random. In
// IPv6, the interface identifier is left small, as servers and privacy-minded
// examples have it, and the network varies.
func hostIn(p netip.Prefix, random uint64) netip.Addr {
	if p.Addr().Is4() {
		a := p.Addr().As4()
		v := binary.BigEndian.Uint32(a[:]) | uint32(random)&(math.MaxUint32>>p.Bits())
		binary.BigEndian.PutUint32(a[:], v)
		return netip.AddrFrom4(a)
	}
	a := p.Addr().As16()
	binary.BigEndian.PutUint32(a[4:], uint32(random))
	binary.BigEndian.PutUint16(a[14:], uint16(random>>32))
	return netip.AddrFrom16(a)
}

// neighbour is another address of the same /24 or /64.
func neighbour(a netip.Addr, random uint64) netip.Addr {
	if a.Is4() {
		b := a.As4()
		b[3] = byte(random)
		return netip.AddrFrom4(b)
	}
	b := a.As16()
	binary.BigEndian.PutUint16(b[14:], uint16(random))
	return netip.AddrFrom16(b)
}

func (w *world) layHosts(n int) {
	w.hosts = make([]host, 0, n)
	for _, h := range namedHosts {
		w.hosts = append(w.hosts, host{h.name, h.role})
	}
	for _, h := range hotlinkHosts {
		w.hosts = append(w.hosts, host{h, hotlinker})
	}
	shapes := [...]string{"www.site%d.example", "blog%d.example", "forum.board%d.test", "m.mag%d.example", "cdn%d.pics.test", "shop%d.test"}
	for i := len(w.hosts); i < n; i++ {
		w.hosts = append(w.hosts, host{fmt.Sprintf(shapes[mix(i)%uint64(len(shapes))], i), elsewhere})
	}
	w.hostIDs = make(map[string]int, n)
	for i, h := range w.hosts {
		w.hostIDs[h.name] = i
		w.byRole[h.role] = append(w.byRole[h.role], i)
	}
}

func (w *world) layObjects(rng *rand.Rand, pages, images int) {
	size := func(median, spread float64) int64 { // log-normal, in bytes
		return int64(median * math.Exp(spread*rng.NormFloat64()))
	}
	w.pages = []object{{"/", "text/html", size(18000, .3)}, {"/cart", "text/html", size(9000, .3)}}
	for i := range pages {
		path := fmt.Sprintf("/product/%d/%s", 1000+i, words[rng.IntN(len(words))])
		switch i % 40 {
		case 7:
			path = fmt.Sprintf("/suche/gr%%C3%%BC%%C3%%9Fe-%d", i) // percent-encoded by the client
		case 19:
			path = fmt.Sprintf("/list/summer%%20sale%%20%d", i)
		}
		w.pages = append(w.pages, object{path, "text/html", size(21000, .5)})
	}
	kinds := [...][2]string{{"jpg", "image/jpeg"}, {"jpg", "image/jpeg"}, {"png", "image/png"}, {"webp", "image/webp"}, {"JPG", "image/jpeg"}, {"gif", "image/gif"}}
	transforms := [...]string{"", "", "/tr:w-300,h-200", "/tr:w-800", "/thumb"}
	for i := range images {
		kind := kinds[rng.IntN(len(kinds))]
		path := fmt.Sprintf("%s/media/%04x/%s-%d.%s", transforms[rng.IntN(len(transforms))], rng.IntN(1<<16), words[rng.IntN(len(words))], i, kind[0])
		w.images = append(w.images, object{path, kind[1], size(46000, 1.1)})
	}
	for i := range 24 {
		w.scripts = append(w.scripts,
			object{fmt.Sprintf("/static/js/chunk-%x.js", mix(i)>>40), "application/javascript", size(38000, .8)},
			object{fmt.Sprintf("/static/css/%s.css", words[i%len(words)]), "text/css", size(14000, .6)},
			object{fmt.Sprintf("/static/fonts/f%d.woff2", i), "font/woff2", size(28000, .3)})
	}
	for i := range 30 {
		w.videos = append(w.videos, object{fmt.Sprintf("/video/clip-%02d.mp4", i), "video/mp4", size(9e6, .7)})
	}
}

var words = strings.Fields(`amber basin cedar delta ember fjord grove harbor island juniper kettle lantern meadow nectar
orchard pebble quartz ribbon saddle timber umber velvet willow yarrow zephyr`)

func browserAgents() []string {
	var agents []string
	desktop := [...]string{"Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"}
	for v := 128; v <= 146; v += 3 {
		for _, p := range desktop {
			agents = append(agents,
				fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", p, v),
				fmt.Sprintf("Mozilla/5.0 (%s; rv:%d.0) Gecko/20100101 Firefox/%d.0", p, v, v))
		}
		agents = append(agents,
			fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36 Edg/%d.0.0.0", v, v),
			fmt.Sprintf("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Mobile Safari/537.36", v),
			fmt.Sprintf("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/%d.0 Chrome/%d.0.0.0 Mobile Safari/537.36", v/5, v))
	}
	for v := 15; v <= 18; v++ {
		agents = append(agents,
			fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS %d_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.5 Mobile/15E148 Safari/604.1", v, v),
			fmt.Sprintf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.5 Safari/605.1.15", v))
	}
	return agents
}
