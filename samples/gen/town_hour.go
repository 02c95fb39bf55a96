package gen

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// hour makes the rows of one hour, session by session, and puts them in order.
// It is used again for the next hour, with the memory that it has.
type hour struct {
	chunk
	t        *town
	tally    *tally
	pages    *rand.Zipf
	day      int
	from, to int64 // µs since 1970
	rows     []line
	text     []byte

	// The session under way.
	nth     int64 // of its act
	now     int64
	me      int
	agent   string
	private bool // sends no Referer
	bad     bool
}

// line is a row in text.
type line struct {
	at         int64
	start, end int
}

// appendHour appends the lines of an hour and counts them.
func (g *Generator) appendHour(dst []byte, i int64, tl *tally) []byte {
	t := g.world.town
	rng := rand.New(rand.NewPCG(g.o.Seed, uint64(i)+1))
	h := &tl.hour
	h.chunk = chunk{g: g, rng: rng, what: rand.NewZipf(rng, 1.15, 4, uint64(len(g.world.images)-1)), buf: h.buf}
	h.pages = rand.NewZipf(rng, 1.1, 5, uint64(len(g.world.pages)-1))
	h.t, h.tally, h.day = t, tl, int(i)/hoursPerDay
	h.from = g.o.Start.UnixMicro() + i*hourLength
	h.to = h.from + hourLength
	h.rows, h.text = h.rows[:0], h.text[:0]
	for k := range t.acts {
		a := &t.acts[k]
		if int(i) < a.from || int(i) >= a.to {
			continue
		}
		for h.nth = t.begun(a, int(i)); h.nth < t.begun(a, int(i)+1); h.nth++ {
			h.bad = false
			a.script(h)
		}
	}
	slices.SortFunc(h.rows, func(p, q line) int { return cmp.Or(cmp.Compare(p.at, q.at), cmp.Compare(p.start, q.start)) })
	for _, r := range h.rows {
		dst = append(dst, h.text[r.start:r.end]...)
	}
	return dst
}

// The units of time in an hour.
const (
	millisecond = int64(1000)
	second      = 1000 * millisecond
)

// between draws a number, both ends included.
func (h *hour) between(low, high int) int { return between(h.rng, low, high) }

// chance is true so many times in a hundred.
func (h *hour) chance(percent int) bool { return h.rng.IntN(100) < percent }

// enter begins a session of so many seconds, by one of the people who share a
// client.
func (h *hour) enter(client, seconds int) {
	length := min(int64(seconds)*second, hourLength)
	h.now = h.from + h.rng.Int64N(hourLength-length+1)
	h.me = client
	who := h.t.w.clients[client].mix
	if n := h.t.crowd[client]; n > 0 {
		who = mix(int(who>>1) + h.rng.IntN(int(n)))
	}
	h.agent = h.t.agents[who%uint64(len(h.t.agents))]
	h.private = int(who>>32%100) < h.t.tell.privacy
}

// wait lets so many milliseconds pass.
func (h *hour) wait(low, high int) { h.now += int64(h.between(low, high)) * millisecond }

// ask begins a request, send writes it.
func (h *hour) ask() {
	h.r = request{
		at: min(h.now, h.to-1), clientID: h.me, client: &h.t.w.clients[h.me], refererID: -1, noReferer: true,
		method: "GET", status: 200, agent: h.agent,
	}
	h.now += int64(h.between(5, 90)) * millisecond
}

// from names a host in the Referer, unless the client keeps it to itself.
func (h *hour) sentBy(host int, path string) {
	if !h.private {
		h.refer(host, "https://", path)
	}
}

func (h *hour) send(r reason) {
	h.finish()
	h.tally.add(h.g, &h.r)
	h.tally.town.add(h, r)
	start := len(h.text)
	h.text = h.g.form.row(h.text, &h.r)
	h.rows = append(h.rows, line{h.r.at, start, len(h.text)})
}

// somePage is a page, the popular ones more often.
func (h *hour) somePage() *object { return &h.t.w.pages[h.pages.Uint64()] }

// pick draws a client.
func (h *hour) pick(p pool) int { return p.from + h.rng.IntN(p.n) }

// regular draws a client, the first ones more often.
func (h *hour) regular(p pool) int {
	k := h.rng.Uint64N(uint64(p.n))
	return p.from + int((k*k/uint64(p.n)+k)/2)
}
