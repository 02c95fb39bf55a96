package gen

import "strconv"

// attack is a session of a campaign, by one of the clients of its day.
func (t *town) attack(c *campaign) play {
	do, n := t.means(c)
	style := t.rng.IntN(3)
	browser := t.agents[t.rng.IntN(len(t.agents))]
	return play{tenths: 5 * (n.low + n.high), script: func(h *hour) {
		clients := c.clients[h.day]
		first, count := h.rng.IntN(len(clients)), h.between(n.low, n.high)
		h.enter(clients[first], count*(n.gap[0]+n.gap[1])/2000+1)
		h.bad, h.private = true, false
		for range count {
			if c.team > 1 {
				h.me = clients[(first+h.rng.IntN(c.team))%len(clients)]
			}
			switch {
			case c.population == impostor:
				h.agent = crawlerAgents[0]
			case style == 0 && c.population != spammer:
				h.agent = toolAgents[h.t.w.clients[h.me].mix%uint64(len(toolAgents))]
			case style == 1:
				h.agent = browser
			case style == 2:
				h.agent = h.t.agents[h.rng.IntN(len(h.t.agents))]
			}
			h.ask()
			do(h)
			h.wait(n.gap[0], n.gap[1])
		}
	}}
}

var toolAgents = []string{
	"python-requests/2.31.0", "Go-http-client/1.1", "curl/8.4.0", "Mozilla/5.0 zgrab/0.x", "Scrapy/2.11.0 (+https://scrapy.org)",
	"okhttp/4.12.0", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/128.0.0.0 Safari/537.36",
}

// pace is how many requests a session has, and the milliseconds between them.
type pace struct {
	low, high int
	gap       [2]int
}

// means are what a campaign does, request by request, and how fast.
func (t *town) means(c *campaign) (func(h *hour), pace) {
	switch c.population {
	case scanner:
		if c.slow {
			return probe, pace{8, 24, [2]int{12_000, 60_000}}
		}
		return probe, pace{22, 90, [2]int{60, 700}}
	case scraper, impostor:
		if c.slow {
			return scrape, pace{15, 70, [2]int{3_000, 20_000}}
		}
		return scrape, pace{60, 260, [2]int{80, 420}}
	case flooder:
		return flood, pace{200, 700, [2]int{5, 150}}
	case buster:
		return bust, pace{50, 200, [2]int{80, 600}}
	case stuffer:
		if c.layout == scattered {
			return stuff, pace{6, 30, [2]int{400, 5_000}}
		}
		return stuff, pace{20, 120, [2]int{150, 1_200}}
	case spammer:
		return spam(c.referers), pace{2, 6, [2]int{5_000, 90_000}}
	}
	return forge(c.referers), pace{15, 120, [2]int{100, 2_500}}
}

// probe asks for what others have left open.
func probe(h *hour) {
	h.page(&h.t.w.pages[0])
	h.r.path = probes[h.rng.IntN(len(probes))]
	if h.chance(40) {
		h.r.path = "/" + words[h.rng.IntN(len(words))] + moreProbes[h.rng.IntN(len(moreProbes))]
	}
	h.r.status = [...]int{404, 404, 404, 404, 403, 400}[h.rng.IntN(6)]
	h.send(byItself)
}

var moreProbes = []string{".php", "/.env", "/wp-login.php", ".bak", ".sql", "/admin.php", ".tar.gz", "/.git/HEAD", "/config.json", "/wp-includes/wlwmanifest.xml"}

// scrape takes one page after the other, whether many read it or not.
func scrape(h *hour) {
	h.page(&h.t.w.pages[h.rng.IntN(len(h.t.w.pages))])
	h.send(byItself)
}

func flood(h *hour) {
	h.page(&h.t.w.pages[0])
	if h.chance(70) {
		h.r.path = "/search"
		h.r.query = strconv.AppendInt(append(h.buf[0][:0], "q="...), h.rng.Int64N(1e9), 10)
		h.buf[0] = h.r.query
	}
	if h.chance(12) {
		h.r.status = 503
	}
	h.send(byItself)
}

// bust asks for a file that the cache has by a name that it has not.
func bust(h *hour) {
	h.image()
	h.r.query = strconv.AppendInt(h.buf[0][:0], h.rng.Int64N(1e12), 10)
	h.buf[0] = h.r.query
	h.send(byItself)
}

func stuff(h *hour) {
	h.page(&h.t.w.pages[1])
	h.r.method, h.r.path = "POST", "/login"
	h.r.status = [...]int{401, 401, 401, 401, 401, 401, 401, 401, 403, 302}[h.rng.IntN(10)]
	h.sentBy(0, "/login")
	h.send(byItself)
}

// forge names hosts that did not lead to the request.
func forge(referers []int) func(h *hour) {
	return func(h *hour) {
		if h.chance(70) {
			h.image()
		} else {
			h.page(h.somePage())
		}
		h.sentBy(referers[h.rng.IntN(len(referers))], "/")
		h.send(forged)
	}
}

// spam asks for pages only.
func spam(referers []int) func(h *hour) {
	return func(h *hour) {
		h.page(h.somePage())
		h.sentBy(referers[int(h.now>>30)%len(referers)], "/")
		h.send(forged)
	}
}
