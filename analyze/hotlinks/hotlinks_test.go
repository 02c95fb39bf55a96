package hotlinks

import (
	"context"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/site"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// line is a line of a log: texts as it has them, "" for none.
type line struct {
	client                                           string
	time, bytes                                      int64
	status                                           uint16
	referer, host, path, agent, contentType, country string
}

var (
	someReferers = []string{"-", "", "https://www.own.example/x", "http://own.example/", "https://a.hot.example/", "https://b.hot.example/",
		"https://link.example/", "https://www.google.com/", "https://static.served.example/", "http://served.example/", "android-app://x", "https://rare.example/"}
	someHosts  = []string{"", "img.served.example", "img.served.example:443", "WWW.own.example", "rare.example", "192.0.2.7", "not a host"}
	somePaths  = []string{"", "/", "/a.jpg", "/b.PNG", "/c.html", "/dir.png/", "/d.tar.gz", "/e.mp4"}
	someAgents = []string{"", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "curl/8.4.0"}
)

func drawLine(t *rapid.T) line {
	return line{
		client: rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.2", "198.51.100.1", "203.0.113.9", "2001:db8::1", "2001:db8:0:1::1", "2001:db8:1::1"}).Draw(t, "client"),
		time: rapid.OneOf(rapid.SampledFrom([]int64{record.NoTime, -1, 0, halfHour, halfHour - 1, 2 * halfHour, 1 << 60, -1 << 60}),
			rapid.Int64Range(-5*halfHour, 100*halfHour)).Draw(t, "time"),
		bytes:       rapid.Int64Range(0, 1000).Draw(t, "bytes"),
		status:      rapid.SampledFrom([]uint16{200, 200, 200, 206, 304, 0, 301, 404}).Draw(t, "status"),
		referer:     rapid.SampledFrom(someReferers).Draw(t, "referer"),
		host:        rapid.SampledFrom(someHosts).Draw(t, "host"),
		path:        rapid.SampledFrom(somePaths).Draw(t, "path"),
		agent:       rapid.SampledFrom(someAgents).Draw(t, "agent"),
		contentType: rapid.SampledFrom([]string{"", "", "", "image/png", "text/html; charset=utf-8", "application/octet-stream"}).Draw(t, "type"),
		country:     rapid.SampledFrom([]string{"", "", "FR"}).Draw(t, "country"),
	}
}

// places are where the locator has the clients.
type places struct{}

func (places) Country(a netip.Addr) geo.Country {
	if a.Is4() {
		return geo.Parse("US")
	}
	return geo.Unknown
}

// stream hands out lines in batches of a size.
type stream struct {
	lines []line
	size  int
}

func (s stream) Each(_ context.Context, fn func(*record.Batch) error) error {
	b := record.NewBuilder((&Plan{}).Columns())
	b.SetPresent(record.AllColumns)
	for i, q := range s.lines {
		b.SetClient([]byte(q.client))
		b.SetTime(q.time)
		b.SetBytes(q.bytes)
		b.SetStatus(q.status)
		b.SetReferer([]byte(q.referer), nil)
		b.SetHost([]byte(q.host))
		b.SetText(record.Path, []byte(q.path), nil)
		b.SetString(record.UserAgent, []byte(q.agent), nil)
		b.SetString(record.ContentType, []byte(q.contentType), nil)
		b.SetCountry([]byte(q.country))
		b.Commit()
		if b.Rows() == s.size || i == len(s.lines)-1 {
			if err := fn(b.Flush(0)); err != nil {
				return err
			}
			b.Reset()
		}
	}
	return nil
}

// split cuts lines into streams.
func split(t *rapid.T, lines []line) []record.Stream {
	var streams []record.Stream
	for rest := lines; len(streams) == 0 || len(rest) > 0; {
		n := rapid.IntRange(min(1, len(rest)), len(rest)).Draw(t, "split")
		streams = append(streams, stream{rest[:n], rapid.IntRange(1, 9).Draw(t, "size")})
		rest = rest[n:]
	}
	return streams
}

func run(t *rapid.T, p *Plan, top int, streams ...record.Stream) *Result {
	a, err := fold.Run(context.Background(), streams, p.New)
	if err != nil {
		t.Fatal(err)
	}
	return a.Result(top)
}

func plan() *Plan {
	return NewPlan(Options{Own: []string{"own.example"}, Classes: KnownClasses(), From: geo.PreferLog, Locator: places{}})
}

// kindOf says what a line fetches.
func (q *line) kindOf() Kind {
	switch {
	case strings.HasPrefix(q.contentType, "image/"):
		return Embed
	case strings.HasPrefix(q.contentType, "text/html"):
		return Document
	case q.path == "":
		return Unclear
	case slices.Contains([]string{"/a.jpg", "/b.PNG", "/e.mp4"}, q.path):
		return Embed
	}
	return Document
}

func (q *line) asked() string {
	return map[string]string{"img.served.example": "served.example", "img.served.example:443": "served.example", "WWW.own.example": "own.example",
		"rare.example": "rare.example", "192.0.2.7": "192.0.2.7"}[q.host]
}

func (q *line) counts() bool { return slices.Contains([]uint16{0, 200, 206, 304}, q.status) }

// oracle looks at each line with all others beside it.
type oracle struct {
	lines []line
	own   map[string]bool
}

func newOracle(lines []line) *oracle {
	o := &oracle{own: map[string]bool{"own.example": true}}
	served := map[string]int{}
	n := 0
	for _, q := range lines {
		if q.counts() {
			o.lines = append(o.lines, q)
			if q.asked() != "" {
				served[q.asked()]++
				n++
			}
		}
	}
	for s, k := range served {
		if float64(k) >= 0.01*float64(n) {
			o.own[s] = true
		}
	}
	return o
}

// foreign is the host of a line's Referer, if that is a foreign one.
func (o *oracle) foreign(q *line) string {
	host, class := referer.Parse([]byte(q.referer))
	if class != referer.ClassHost || o.own[site.Of(host)] || site.Of(host) == q.asked() {
		return ""
	}
	return host
}

func (o *oracle) isOwnView(q *line) bool {
	_, class := referer.Parse([]byte(q.referer))
	if class == referer.ClassHost {
		return o.foreign(q) == ""
	}
	return q.kindOf() == Document
}

// occasion is a visit: a person's half hour of the clock.
type occasion struct {
	client, agent string
	slot          int64
}

func occasionOf(q *line) occasion {
	slot := int64(math.MinInt64)
	if q.time != record.NoTime {
		slot = int64(math.Floor(float64(q.time) / halfHour))
	}
	return occasion{q.client, q.agent, slot}
}

// watch is what happens on one occasion: requests by kind, and whether the
// person has an own view within half an hour of any of them.
type watch struct {
	kinds [3]int64
	near  bool
}

// witness sums up the occasions with such a host: of a client with more than
// mostVisits each counts as much less.
func (o *oracle) witness(of func(host string) bool) (w witness) {
	clients := map[string]map[occasion]*watch{}
	for _, p := range o.lines {
		if !of(o.foreign(&p)) {
			continue
		}
		if clients[p.client] == nil {
			clients[p.client] = map[occasion]*watch{}
		}
		key := occasionOf(&p)
		if clients[p.client][key] == nil {
			clients[p.client][key] = &watch{}
		}
		v := clients[p.client][key]
		v.kinds[p.kindOf()]++
		for _, q := range o.lines {
			v.near = v.near || q.client == p.client && q.agent == p.agent && o.isOwnView(&q) && near(p.time, q.time)
		}
	}
	for _, occasions := range clients {
		n := int64(len(occasions))
		part := int64(wholeVisit)
		if n > mostVisits {
			part = wholeVisit * mostVisits / n
		}
		anyNear, anyPage := false, false
		for _, v := range occasions {
			embeds, documents := v.kinds[Embed], v.kinds[Document]
			w.told += part * one(embeds+documents > 0)
			w.embedding += part * one(embeds > documents)
			w.asked += part
			w.viewed += part * one(v.near)
			w.clicked += part * one(v.near && documents > 0)
			anyNear, anyPage = anyNear || v.near, anyPage || documents > 0
		}
		w.visits, w.clients, w.empty = w.visits+n, w.clients+1, w.empty+one(anyPage && !anyNear)
	}
	return w
}

func near(t, u int64) bool {
	if t == record.NoTime || u == record.NoTime {
		return t == u
	}
	return max(t, u)-min(t, u) <= halfHour && max(t, u)-min(t, u) >= 0
}

// host collects the evidence on hosts, without judging it.
func (o *oracle) host(of func(host string) bool) Host {
	h := Host{First: record.NoTime, Last: record.NoTime}
	clients, paths, networks := map[string]int64{}, map[string]int64{}, map[netip.Prefix]bool{}
	days, from := map[int64]bool{}, map[string]int64{}
	var browsers int64
	for _, q := range o.lines {
		if !of(o.foreign(&q)) {
			continue
		}
		h.Counts.Add(q.bytes)
		h.Embeds += one(q.kindOf() == Embed)
		h.Navigations += one(q.kindOf() == Document)
		browsers += one(strings.HasPrefix(q.agent, "Mozilla"))
		clients[q.client]++
		addr := netip.MustParseAddr(q.client)
		p, _ := addr.Prefix(map[bool]int{true: 24, false: 48}[addr.Is4()])
		networks[p] = true
		if q.path != "" {
			paths[q.path]++
		}
		country := q.country
		if country == "" {
			country = places{}.Country(addr).String()
		}
		from[country]++
		if q.time != record.NoTime {
			if h.First == record.NoTime {
				h.First = q.time
			}
			h.First, h.Last = min(h.First, q.time), max(h.Last, q.time)
			d := q.time / (48 * halfHour)
			if q.time < d*48*halfHour {
				d--
			}
			days[d] = true
		}
	}
	w := o.witness(of)
	h.EmbedShare, h.EmbedLow = ratio(h.Embeds, h.Embeds+h.Navigations), wilsonLow(float64(w.embedding)/wholeVisit, float64(w.told)/wholeVisit)
	h.Clients, h.Networks, h.Objects, h.Days = int64(len(clients)), int64(len(networks)), int64(len(paths)), int64(len(days))
	h.TopClient, h.Visits = ratio(most(clients), h.Counts.Requests), w.visits
	h.OwnView, h.ClickShare, h.EmptyClicks = ratio(w.viewed, w.asked), ratio(w.clicked, w.asked), ratio(w.empty, w.clients)
	if slices.ContainsFunc(o.lines, func(q line) bool { return q.agent != "" }) {
		h.Browsers = ratio(browsers, h.Counts.Requests)
	}
	if len(paths) > 0 {
		h.TopObject = ratio(most(paths), h.Counts.Requests)
	}
	for _, c := range []string{"FR", "US", "ZZ"} {
		if from[c] > 0 {
			h.Countries = append(h.Countries, Place{geo.Parse(c), from[c]})
		}
	}
	slices.SortStableFunc(h.Countries, func(p, q Place) int { return int(q.Requests - p.Requests) })
	return h
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func most(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n = max(n, c)
	}
	return n
}

func TestAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 0, 80).Draw(t, "lines")
		got := run(t, plan(), 100, split(t, lines)...)
		if err := got.Reconcile(int64(len(lines))); err != nil {
			t.Fatal(err)
		}
		o := newOracle(lines)
		byName := map[string]Host{}
		for _, h := range got.Hosts {
			byName[h.Host] = unjudged(h)
		}
		want := map[string]Host{}
		for i := range o.lines {
			if name := o.foreign(&o.lines[i]); name != "" {
				h := o.host(func(host string) bool { return host == name })
				h.Host, h.Site = name, site.Of(name)
				want[name] = h
			}
		}
		if diff := cmp.Diff(want, byName); diff != "" {
			t.Fatalf("-oracle +hotlinks:\n%s", diff)
		}
		compareSites(t, got, o, want)
		compareEvasion(t, got, o)
	})
}

// unjudged is the evidence alone.
func unjudged(h Host) Host {
	h.Class, h.Verdict, h.Score, h.Reason, h.Slots, h.Hosts = "", "", 0, "", 0, 0
	return h
}

func compareSites(t *rapid.T, got *Result, o *oracle, hosts map[string]Host) {
	want, found := map[string]Host{}, map[string]Host{}
	number, slots := map[string]int64{}, map[string]int64{}
	for _, h := range hosts {
		number[h.Site]++
		slots[h.Site] += one(h.Embeds > 0)
	}
	for s, n := range number {
		if n > 1 {
			h := o.host(func(host string) bool { return host != "" && site.Of(host) == s })
			h.Site = s
			want[s] = h
		}
	}
	for _, h := range got.Joint {
		found[h.Site] = unjudged(h)
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Fatalf("sites: -oracle +hotlinks:\n%s", diff)
	}
	for _, h := range append(slices.Clone(got.Hosts), got.Joint...) {
		if h.Hosts != number[h.Site] || h.Slots != slots[h.Site] {
			t.Fatalf("%s %s: %d hosts, %d slots, oracle says %d, %d", h.Host, h.Site, h.Hosts, h.Slots, number[h.Site], slots[h.Site])
		}
	}
}

func compareEvasion(t *rapid.T, got *Result, o *oracle) {
	var want Evasion
	var foreign tally.Counts
	for _, q := range o.lines {
		if o.foreign(&q) != "" {
			foreign.Add(q.bytes)
		}
		if q.kindOf() != Embed {
			continue
		}
		want.Embeds.Add(q.bytes)
		_, class := referer.Parse([]byte(q.referer))
		switch class.State() {
		case referer.Missing:
			want.NoSender.Add(q.bytes)
			want.Browsers += one(strings.HasPrefix(q.agent, "Mozilla"))
		case referer.None:
			want.NoHost.Add(q.bytes)
		}
		if o.foreign(&q) != "" {
			want.Foreign.Add(q.bytes)
		}
	}
	var unsigned Evasion
	for _, e := range got.Unsigned {
		unsigned = e
	}
	if want.NoSender != unsigned.NoSender || want.NoSender != unsigned.Embeds || want.Browsers != unsigned.Browsers {
		t.Fatalf("without Referer %+v, oracle says %+v", unsigned, want)
	}
	if got.Evasion != want || got.Foreign != foreign {
		t.Fatalf("evasion %+v of %v, oracle says %+v of %v", got.Evasion, got.Foreign, want, foreign)
	}
}

// TestAnySplit compares whole results, with bounds so tight that most of the
// evidence is estimated: which part of it is kept may not depend on how the
// lines are spread over streams, nor on the order of streams.
func TestAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 0, 120).Draw(t, "lines")
		p := plan()
		p.keep = keeping{perHost: rapid.IntRange(1, 16).Draw(t, "per host"), least: rapid.IntRange(1, 4).Draw(t, "least"), all: rapid.IntRange(1, 40).Draw(t, "all")}
		p.mostOwn = rapid.IntRange(1, 12).Draw(t, "own")
		p.limit = rapid.SampledFrom([]int{1, 2, 10, leastLimit}).Draw(t, "limit")
		p.judged = rapid.IntRange(1, 8).Draw(t, "judged")
		top := rapid.IntRange(0, 8).Draw(t, "top")
		whole := run(t, p, top, stream{lines, 1000})
		if err := whole.Reconcile(int64(len(lines))); err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(0, len(lines)).Draw(t, "cut")
		if diff := cmp.Diff(whole, run(t, p, top, append(split(t, lines[n:]), split(t, lines[:n])...)...)); diff != "" {
			t.Fatalf("-whole +split:\n%s", diff)
		}
	})
}

// TestJudgedInBetween judges after every merge: what comes of the whole may not
// depend on it, with the tightest bounds either.
func TestJudgedInBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 0, 120).Draw(t, "lines")
		p := plan()
		p.mostOwn = rapid.IntRange(1, 12).Draw(t, "own")
		p.limit = rapid.SampledFrom([]int{1, 2, 10, leastLimit}).Draw(t, "limit")
		whole := run(t, p, 8, stream{lines, 1000})
		all := p.New()
		for _, s := range split(t, lines) {
			a, err := fold.Run(context.Background(), []record.Stream{s}, p.New)
			if err != nil {
				t.Fatal(err)
			}
			all.Merge(a)
			all.Result(8)
		}
		if diff := cmp.Diff(whole, all.Result(8)); diff != "" {
			t.Fatalf("-whole +judged in between:\n%s", diff)
		}
	})
}
