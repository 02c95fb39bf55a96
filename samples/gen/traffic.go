package gen

import (
	"math"
	"math/rand/v2"
	"strconv"
)

// request is one row before it is written. Its slices are good until the next
// request of the chunk.
type request struct {
	at        int64 // µs since 1970, UTC
	client    *client
	clientID  int
	host      string
	method    string
	object    *object
	path      string // as requested
	query     []byte // as requested, without "?"
	status    int    // 0: the client left before the answer
	header    int64  // bytes of the answer's header
	body      int64  // bytes of the answer's body
	referer   []byte // as sent
	noReferer bool   // not sent at all
	refererID int    // its host; -1 for none
	class     string // why it has no host; "" if it has one
	agent     string // as sent
	forwarded string
	result    string // what the cache did, in CloudFront's words
	took      int64  // ms
	id        [4]uint64
	badTime   bool // for lines that are to be rejected
}

// chunk draws the requests of one chunk, in order.
type chunk struct {
	g     *Generator
	rng   *rand.Rand
	which *rand.Zipf // visitors
	where *rand.Zipf // hosts elsewhere; nil if there is none
	what  *rand.Zipf // images
	r     request
	buf   [2][]byte // under r.query and r.referer

	// A burst is a run of requests of one planted client, interleaved with
	// nothing: left of it are to come, the next one at burstAt.
	burst   int
	left    int
	burstAt int64
	bursts  [2]int // rows of the chunk at which a scan and a flood begin, or -1
}

func newChunk(g *Generator, rng *rand.Rand) *chunk {
	w := g.world
	c := &chunk{
		g: g, rng: rng,
		which: rand.NewZipf(rng, 1.08, 3, uint64(len(w.clients)-firstVisitor-1)),
		what:  rand.NewZipf(rng, 1.15, 4, uint64(len(w.images)-1)),
	}
	if n := len(w.byRole[elsewhere]); n > 0 {
		c.where = rand.NewZipf(rng, 1.1, 2, uint64(n-1))
	}
	c.buf = [2][]byte{make([]byte, 0, 256), make([]byte, 0, 256)}
	c.bursts = [2]int{-1, -1}
	if rng.IntN(3) == 0 {
		c.bursts[0] = rng.IntN(chunkRows / 5)
	}
	if rng.IntN(4) == 0 {
		c.bursts[1] = 300 + rng.IntN(chunkRows/5)
	}
	return c
}

// next draws the request of a row. It is valid until the next call.
func (c *chunk) next(row int64) *request {
	o := &c.g.o
	if row < chunkRows { // every log has both, and early
		c.bursts = [2]int{40, 150}
	}
	c.startBurst(int(row % chunkRows))
	c.r = request{at: c.clock(row), refererID: -1, noReferer: true, method: "GET", status: 200}
	clientTurn, isClient := turn(row, int64(o.Clients), o.Rows)
	hostTurn, isHost := turn(row, int64(o.Hosts), o.Rows)
	odd, isHostile := turn(row, o.Hostile, o.Rows)

	switch {
	case isHost:
		c.referred(int(hostTurn))
	case isHostile:
		c.hostile(int(odd))
	case c.left > 0 && !isClient:
		c.burstRow()
		return c.finish()
	default:
		c.ordinary()
	}
	if isClient {
		c.as(int(clientTurn))
	}
	if isHostile && odd%2 == 1 {
		c.r.agent = hostileAgents[int(odd)/2%len(hostileAgents)]
	}
	return c.finish()
}

// clock is the time of a row: the rows of a day are thinner at night, and a
// little out of order, as logs are.
func (c *chunk) clock(row int64) int64 {
	o := &c.g.o
	span := o.Span.Microseconds()
	share := (float64(row) + c.rng.Float64()) / float64(o.Rows)
	days := o.Span.Hours() / 24
	if days >= 1 {
		turns := 2 * math.Pi * days
		share -= 0.6 / turns * math.Sin(turns*share)
	}
	at := int64(share*float64(span)) + c.rng.Int64N(4_000_000) - 2_000_000
	return o.Start.UnixMicro() + min(max(at, 0), span-1)
}

func (c *chunk) startBurst(row int) {
	switch row {
	case c.bursts[0]:
		c.burst, c.left = firstScanner+c.rng.IntN(firstFlooder-firstScanner), 30+c.rng.IntN(30)
	case c.bursts[1]:
		c.burst, c.left = firstFlooder+c.rng.IntN(firstCrawler-firstFlooder), 115+c.rng.IntN(60)
	default:
		return
	}
	c.burstAt = 0
}

// burstRow is a request of the scan or the flood under way.
func (c *chunk) burstRow() {
	r := &c.r
	c.left--
	if c.burstAt > 0 {
		r.at = min(c.burstAt, c.g.o.Start.Add(c.g.o.Span).UnixMicro()-1)
	}
	c.as(c.burst)
	if c.burst < firstFlooder {
		r.host, r.object, r.path = ownHost, &c.g.world.pages[0], probes[c.rng.IntN(len(probes))]
		r.status = [...]int{404, 404, 404, 403, 400}[c.rng.IntN(5)]
		c.burstAt = r.at + 200_000 + c.rng.Int64N(300_000)
		return
	}
	c.page(&c.g.world.pages[0])
	r.path = "/search"
	r.query = strconv.AppendInt(append(c.buf[0][:0], "q="...), c.rng.Int64N(1e9), 10)
	if c.rng.IntN(8) == 0 { // forged
		c.refer(c.g.world.byRole[hotlinker][0], "https://", "/")
	}
	c.burstAt = r.at + 100_000 + c.rng.Int64N(500_000)
}

// ordinary is a request of the kinds that make up a day.
func (c *chunk) ordinary() {
	w := c.g.world
	switch p := c.rng.IntN(1000); {
	case p < 90: // a page, from a link or typed in
		c.as(c.visitor())
		c.page(&w.pages[c.rng.IntN(len(w.pages))])
		c.arrive()
	case p < 560: // what a page needs
		c.as(c.visitor())
		c.asset()
		c.refer(0, "https://", pick(c, w.pages).path)
	case p < 680: // the same without a Referer: privacy settings, apps, downloads
		c.as(c.visitor())
		c.asset()
	case p < 800:
		c.referred(c.hotlinkHost())
	case p < 830:
		c.referred(w.byRole[partner][0])
	case p < 885:
		c.referred(c.otherHost())
	case p < 905:
		c.as(c.visitor())
		c.asset()
		c.oddReferer(oddReferers[c.rng.IntN(len(oddReferers))])
	case p < 960:
		c.crawl()
	case p < 985: // many people behind one address
		c.as(firstShared + c.rng.IntN(firstVisitor-firstShared))
		c.asset()
		c.refer(0, "https://", pick(c, w.pages).path)
	default:
		c.as(c.visitor())
		c.page(&w.pages[0])
		c.r.method, c.r.path = "POST", "/api/events"
		c.refer(0, "https://", "/cart")
	}
}

// referred is a request that the Referer host h led to.
func (c *chunk) referred(h int) {
	w := c.g.world
	role := w.hosts[h].role
	embeds := role == hotlinker || role == ownSite || role == oddly || role == elsewhere && mix(h)%3 > 0
	switch {
	case role == hotlinker:
		c.as(c.audience())
	case role == partner:
		c.as(c.visitor())
		embeds = c.rng.IntN(3) > 0
	case c.rng.IntN(2) == 0:
		c.as(c.audience())
	default:
		c.as(c.visitor())
	}
	if embeds {
		c.image()
	} else {
		c.page(&w.pages[c.rng.IntN(len(w.pages))])
	}
	if role == elsewhere && mix(h)%5 == 0 { // sites with an old referrer policy
		c.refer(h, "http://", "/thread.php?t="+strconv.Itoa(c.rng.IntN(90000)))
		return
	}
	c.refer(h, "https://", "/")
}

// arrive gives a page the Referer of a visit: a search, a link, the page
// before, or none.
func (c *chunk) arrive() {
	w := c.g.world
	switch c.rng.IntN(10) {
	case 0, 1, 2:
		hosts := w.byRole[search]
		c.refer(hosts[min(c.rng.IntN(len(hosts)), c.rng.IntN(len(hosts)))], "https://", "/")
	case 3:
		c.refer(pick(c, w.byRole[social]), "https://", "/")
	case 4, 5, 6:
		c.refer(0, "https://", pick(c, w.pages).path)
	}
	if c.rng.IntN(6) == 0 {
		c.r.query = append(c.buf[0][:0], "utm_source=mail&utm_campaign=spring%20sale&x=%E2%9C%93"...)
	}
}

func (c *chunk) crawl() {
	k := c.rng.IntN(firstShared - firstCrawler)
	c.as(firstCrawler + k)
	if c.rng.IntN(4) == 0 {
		c.image()
	} else {
		c.page(&c.g.world.pages[c.rng.IntN(len(c.g.world.pages))])
	}
	if c.rng.IntN(20) == 0 {
		c.r.path = "/robots.txt"
	}
}

// hostile is an image with, every other time, a Referer that attacks; at the
// other times it is the User-Agent, which next sets.
func (c *chunk) hostile(k int) {
	c.as(c.visitor())
	c.image()
	if k%2 == 0 {
		c.oddReferer(hostileReferers[k/2%len(hostileReferers)])
	}
}

// as makes a client send the request.
func (c *chunk) as(id int) {
	r := &c.r
	r.clientID, r.client = id, &c.g.world.clients[id]
	m := r.client.mix
	agents := c.g.world.agents
	switch {
	case id < firstFlooder:
		r.agent = scannerAgents[m%uint64(len(scannerAgents))]
	case id >= firstCrawler && id < firstShared:
		r.agent = crawlerAgents[id-firstCrawler]
	case id >= firstShared && id < firstVisitor:
		r.agent = agents[c.rng.IntN(len(agents))]
	default:
		r.agent = agents[m%uint64(len(agents))]
	}
}

// visitor draws a client of the own pages, audience one that only ever sees
// other sites.
func (c *chunk) visitor() int {
	id := firstVisitor + int(c.which.Uint64())
	if id%4 == 3 {
		id--
	}
	return id
}

func (c *chunk) audience() int {
	id := firstVisitor + int(c.which.Uint64())
	return min(id-id%4+3, len(c.g.world.clients)-1)
}

func (c *chunk) hotlinkHost() int {
	hosts := c.g.world.byRole[hotlinker]
	return hosts[min(c.rng.IntN(len(hosts)), c.rng.IntN(len(hosts)))]
}

func (c *chunk) otherHost() int {
	if c.where == nil {
		return c.hotlinkHost()
	}
	return c.g.world.byRole[elsewhere][c.where.Uint64()]
}

func pick[T any](c *chunk, from []T) (t T) { return from[c.rng.IntN(len(from))] }
