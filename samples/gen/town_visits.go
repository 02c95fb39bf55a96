package gen

import "net/netip"

// reason is why a request has the Referer that it has, or none.
type reason uint8

const (
	byItself   reason = iota // no Referer, an own page, or none that is planted
	embedded                 // the page of the host has it, for people who do not come to ours
	embeddedUs               // the same for people who come to our pages as well
	followed                 // somebody followed a link
	blanked                  // as embedded, by a page that hides where it is
	forged                   // a program says so
	numReasons
)

// browsing is what a visitor of own pages does: pages, each with what it needs.
// After each page, more percent go on.
func (t *town) browsing(who func(h *hour) int, more int) play {
	return play{
		script: func(h *hour) {
			h.enter(who(h), 240)
			h.browse(-1, more)
		},
		tenths: t.browseTenths(more),
	}
}

// browseTenths are the rows of browse.
func (t *town) browseTenths(more int) int { return 10 * (1 + t.tell.assets) * 100 / (100 - more) }

const mostPages = 15

// browse views pages. To the first one, a host led, or none if that is
// negative.
func (h *hour) browse(host, more int) {
	before := ""
	for n := 1; ; n++ {
		page := h.somePage()
		h.ask()
		h.page(page)
		switch {
		case before != "":
			h.sentBy(0, before)
			h.send(byItself)
		case host >= 0:
			h.sentBy(host, "/")
			h.send(followed)
		default:
			h.send(byItself)
		}
		before = page.path
		h.wait(80, 700)
		for range h.between(h.t.tell.assets-3, h.t.tell.assets+3) {
			h.ask()
			h.asset()
			h.sentBy(0, "/")
			h.send(byItself)
		}
		if n == 1 && h.rng.IntN(12) == 0 {
			h.logIn()
		}
		if n == mostPages || !h.chance(more) {
			return
		}
		h.wait(3_000, 60_000)
	}
}

// logIn may need a second try.
func (h *hour) logIn() {
	for range 3 {
		h.wait(4_000, 15_000)
		h.ask()
		h.page(&h.t.w.pages[1])
		h.r.method, h.r.path = "POST", "/login"
		h.sentBy(0, "/login")
		failed := h.chance(15)
		if failed {
			h.r.status = 401
		}
		h.send(byItself)
		if !failed {
			return
		}
	}
}

// lead is how a foreign site sends people, or has them load our files.
type lead struct {
	hosts    []int  // one of them for each visit, the first ones more often
	embeds   [2]int // files of ours in a page of theirs, from..to
	views    int    // pages of theirs that people see in a visit, at most
	click    int    // percent who follow a link to us
	own      int    // percent who come to us without one, within half an hour
	regulars int    // percent who are visitors of ours anyway
	audience pool   // the others
	gallery  [2]int // the first file that they have, and how many
	blank    bool   // their pages hide where they are
	oldStyle bool   // Referers have a path
}

// moreAfterClick is browse's for people who come from elsewhere.
const moreAfterClick = 30

// leading is a visit of such a site.
func (t *town) leading(l *lead) play {
	mean := (l.embeds[0] + l.embeds[1]) * 5 * (1 + l.views) / 2
	mean += (l.click + l.own) * t.browseTenths(moreAfterClick) / 100
	return play{script: l.visit, tenths: mean}
}

func (l *lead) visit(h *hour) {
	h.enter(l.who(h), 900)
	host := l.hosts[min(h.rng.IntN(len(l.hosts)), h.rng.IntN(len(l.hosts)))]
	click, own := h.chance(l.click), h.chance(l.own)
	if own && h.chance(50) { // they were here before
		h.browse(-1, moreAfterClick)
		h.wait(20_000, 120_000)
	}
	why := embedded
	switch {
	case click || own:
		why = embeddedUs
	case l.blank:
		why = blanked
	}
	for range h.between(1, l.views) {
		n := h.between(l.embeds[0], l.embeds[1])
		path := "/"
		if l.oldStyle {
			path = threadPaths[h.rng.IntN(len(threadPaths))]
		}
		for range n {
			h.ask()
			h.picture(&h.t.w.images[(l.gallery[0]+min(h.rng.IntN(l.gallery[1]), h.rng.IntN(l.gallery[1])))%len(h.t.w.images)])
			if !l.blank {
				h.sentBy(host, path)
			}
			h.send(why)
		}
		h.wait(4_000, 40_000)
	}
	switch {
	case click:
		h.browse(host, moreAfterClick)
	case own:
		h.wait(10_000, 200_000)
		h.browse(-1, moreAfterClick)
	}
}

func (l *lead) who(h *hour) int {
	switch {
	case h.chance(l.regulars):
		return h.regular(h.t.homes)
	case h.chance(h.t.tell.mobile):
		return h.pick(h.t.mobiles)
	}
	return h.pick(l.audience)
}

var threadPaths = []string{"/viewtopic.php?f=12&t=48211", "/showthread.php?t=90412&page=3", "/threads/spring-sale.5521/", "/t/19377", "/index.php?topic=204.0"}

// layVisitors has people view own pages, for the rows that are left.
func (t *town) layVisitors(rows int64) {
	once := pool{}
	passing := t.browsing(func(h *hour) int { return once.from + int(h.nth) }, 22)
	share := func(percent int) int64 { return rows * int64(percent) / 100 }
	passers := t.between(14, 30)
	t.always(passing, share(passers), people)
	last := &t.acts[len(t.acts)-1]
	once = t.settle(int(t.begun(last, last.to)), passer)

	left := 100 - passers
	for _, c := range []struct {
		pool  pool
		share int
		curve curve
	}{
		{t.mobiles, t.between(8, 18), people},
		{t.offices, t.between(4, 10), business},
		{t.exits, t.between(1, 3), people},
	} {
		t.always(t.browsing(func(h *hour) int { return h.regular(c.pool) }, 45), share(c.share), c.curve)
		left -= c.share
	}
	t.always(t.browsing(func(h *hour) int { return h.regular(t.homes) }, 55), share(left), people)
}

// layBots lays good bots, each with the ranges that it publishes.
func (t *town) layBots(rows int64) {
	agents := [...]string{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
		"Mozilla/5.0 (compatible; PriceSample/3.0; +https://www.price-compare.test/bot)",
	}
	for i, agent := range agents[:t.between(2, len(agents))] {
		ranges := []int{t.between(24, 27)}
		if i == 0 {
			ranges = []int{26, 27, 64}
		}
		var members []int
		for _, bits := range ranges {
			network := t.rng.IntN(len(networks) - 1)
			if bits == 64 {
				network = len(networks) - 1
			}
			p := t.part(t.block(network), bits)
			t.ranges = append(t.ranges, p)
			for range t.between(3, 14) {
				members = append(members, t.client(t.fresh(p), goodBot))
			}
		}
		p := t.crawling(members, agent)
		t.always(p, rows*int64(50/(i+1))/100, flat)
	}
}

// crawling is what good bots do: a walk over pages, not in a hurry.
func (t *town) crawling(members []int, agent string) play {
	return play{tenths: 10 * 41, script: func(h *hour) {
		n := h.between(20, 60)
		h.enter(members[h.rng.IntN(len(members))], n*4)
		h.agent = agent
		h.ask()
		h.page(&h.t.w.pages[0])
		h.r.path = "/robots.txt"
		h.send(byItself)
		for range n {
			h.wait(700, 5_000)
			h.ask()
			if h.chance(15) {
				h.image()
			} else {
				h.page(&h.t.w.pages[h.rng.IntN(len(h.t.w.pages))])
			}
			h.send(byItself)
		}
	}}
}

// layMachines lays monitors, a health checker on private space, and the good
// programs at hosters.
func (t *town) layMachines(rows int64) {
	one := func(id int, agent, path string) play {
		return play{tenths: 10, script: func(h *hour) {
			h.enter(id, 0)
			h.agent = agent
			h.ask()
			h.page(&h.t.w.pages[0])
			h.r.path = path
			h.send(byItself)
		}}
	}
	monitors := t.between(2, 6)
	for range monitors {
		id := t.client(t.fresh(t.part(t.quarter(), 24)), monitor)
		t.always(one(id, "UptimeSample/1.0 (+https://uptime.example/)", "/"), rows*40/100/int64(monitors), flat)
	}
	private := t.client(t.fresh(t.part(privateSpace, 24)), health)
	t.always(one(private, "HealthCheck/2", "/healthz"), rows*25/100, flat)
	for range t.between(4, 12) {
		t.befriend(t.quarter(), rows*35/100/8)
	}
}

// befriend puts a good program into a hoster's network: it takes a few pages,
// now and then.
func (t *town) befriend(p netip.Prefix, rows int64) {
	id := t.client(t.fresh(p), neighbourly)
	agent := neighbourAgents[t.rng.IntN(len(neighbourAgents))]
	t.always(play{tenths: 20, script: func(h *hour) {
		n := h.between(1, 3)
		h.enter(id, 60)
		h.agent = agent
		for range n {
			h.ask()
			h.page(h.somePage())
			h.send(byItself)
			h.wait(500, 8_000)
		}
	}}, rows, people)
}

var neighbourAgents = []string{
	"FeedSample/2.1 (+https://reader.example/fetcher)", "Mozilla/5.0 (compatible; PreviewSample/1.0; +https://chat.example/preview)",
	"LinkCheckSample/0.9", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
}
