package abuse

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rulecast/analyze/networks"
	"rulecast/ingest/record"
)

// offences are requests that go into one bucket, one after another, with others
// as few as can be.
var offences = map[Signal]func(i int) line{
	Crawl:          func(i int) line { return line{method: "GET", status: 200, path: fmt.Sprintf("/page/%d", i)} },
	Probing:        func(i int) line { return line{method: "POST", status: 404, path: fmt.Sprintf("/page/%d", i)} },
	SensitiveFiles: func(i int) line { return line{method: "POST", status: 200, path: fmt.Sprintf("/%d/.env", i)} },
	AdminPaths:     func(i int) line { return line{method: "POST", status: 404, path: fmt.Sprintf("/%d/phpmyadmin/", i)} },
	WordPress:      func(i int) line { return line{method: "POST", status: 403, path: fmt.Sprintf("/%d/wp-x.php", i)} },
	Traversal:      func(i int) line { return line{method: "POST", status: 200, path: fmt.Sprintf("/%d/../../x", i)} },
	CacheBusting: func(i int) line {
		return line{method: "POST", status: 200, path: "/", query: fmt.Sprint(1_000_000 + i)}
	},
	Logins:         func(int) line { return line{method: "POST", status: 401, path: "/a.png"} },
	Errors:         func(int) line { return line{status: 404, path: "/a.png"} },
	Flood:          func(int) line { return line{method: "GET", status: 200, path: "/"} },
	PagesOnly:      func(i int) line { return line{method: "GET", status: 200, path: fmt.Sprintf("/page/%d", i)} },
	AgentSwitching: func(i int) line { return line{status: 200, path: "/a.png", agent: fmt.Sprint("agent ", i)} },
	Exploit:        func(int) line { return line{status: 404, path: "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php"} },
	WAF:            func(int) line { return line{status: 200, path: "/a.png", action: "Block"} },
}

// commit are n offences, so far apart; behind them, where it needs these, are
// as many requests of a visitor who loads files.
func commit(s Signal, n int, apart time.Duration) (lines []line) {
	for i := range n {
		q := offences[s](i)
		q.client, q.time = "192.0.2.1", 1_770_000_000*second+int64(i)*apart.Microseconds()
		lines = append(lines, q)
	}
	for range n {
		if s == PagesOnly {
			lines = append(lines, line{client: "192.0.2.2", status: 200, path: "/a.png", agent: chrome})
		}
	}
	return lines
}

func signalsOf(t testing.TB, lines []line) (Signals, []Evidence) {
	t.Helper()
	p := NewPlan(Options{Thresholds: DefaultThresholds()})
	s := byAddr(analyze(t, p, 100, lines).Judge(false))["192.0.2.1"]
	return s.Signals, s.Evidence
}

// TestCapacity fills each bucket and then pours in one more.
func TestCapacity(t *testing.T) {
	want := map[Signal]int{Crawl: 40, Probing: 10, SensitiveFiles: 4, AdminPaths: 2, WordPress: 3, Traversal: 3, CacheBusting: 30, Logins: 5, Errors: 50,
		Flood: 100, PagesOnly: 10, AgentSwitching: 10, Exploit: 0, WAF: 0}
	for s, capacity := range want {
		if got, _ := signalsOf(t, commit(s, capacity, 0)); got.Has(s) {
			t.Errorf("%s fires on %d requests", s, capacity)
		}
		got, evidence := signalsOf(t, commit(s, capacity+1, 0))
		if !got.Has(s) || evidence[len(evidence)-1].Peak != int64(capacity)+1 {
			t.Errorf("%s does not fire on %d requests: %v %v", s, capacity+1, got, evidence)
		}
		if s >= Exploit {
			continue
		}
		leak := DefaultThresholds()[s].Leak
		if got, _ := signalsOf(t, commit(s, capacity+100, leak)); got.Has(s) {
			t.Errorf("%s fires on requests as far apart as one takes to leak", s)
		}
		// One leaks out of the full bucket just before the last comes.
		lines := commit(s, capacity+1, 0)
		lines[capacity].time += leak.Microseconds()
		if got, _ := signalsOf(t, lines); got.Has(s) {
			t.Errorf("%s fires though one has leaked out", s)
		}
		lines[capacity].time--
		if got, _ := signalsOf(t, lines); !got.Has(s) {
			t.Errorf("%s does not fire though none has leaked out", s)
		}
		for i := range lines {
			lines[i].time = record.NoTime
		}
		if got, _ := signalsOf(t, lines); got != 0 {
			t.Errorf("%s fires without times", got)
		}
	}
}

// TestDistinct asks for the same again and again.
func TestDistinct(t *testing.T) {
	for s := range numKinds {
		lines := commit(s, 1, 0)
		for range 1000 {
			lines = append(lines, lines[0])
		}
		if got, _ := signalsOf(t, lines); got.Has(s) == rules[s].distinct {
			t.Errorf("%s fires: %v", s, got.Has(s))
		}
	}
}

func TestAlone(t *testing.T) {
	for s, want := range map[Signal]string{
		Crawl: "crawl", Probing: "probing", SensitiveFiles: "sensitive_files", AdminPaths: "admin_paths", WordPress: "wordpress", Traversal: "traversal",
		CacheBusting: "cache_busting", Logins: "logins", Errors: "errors", Flood: "flood", PagesOnly: "pages_only", AgentSwitching: "agent_switching", Exploit: "exploit", WAF: "waf",
	} {
		lines := commit(s, DefaultThresholds()[s].Capacity+1, 0)
		if got, _ := signalsOf(t, lines); got.String() != want {
			t.Errorf("%d: %q, want %q", s, got, want)
		}
	}
}

// TestVersions asks for static files by queries of digits: of many files each by
// its version, and of one by many.
func TestVersions(t *testing.T) {
	var versions, busts []line
	for i := range 200 {
		q := line{client: "192.0.2.1", time: start + int64(i)*second/10, method: "GET", status: 200, path: fmt.Sprintf("/%d.png", i), query: fmt.Sprint(1_700_000_000 + i)}
		versions = append(versions, q, q)
		q.path = "/a.png"
		busts = append(busts, q)
	}
	if got, _ := signalsOf(t, versions); got != 0 {
		t.Errorf("versions of files: %s", got)
	}
	got, evidence := signalsOf(t, busts)
	if got.String() != "cache_busting" || evidence[0].Peak < 170 {
		t.Errorf("one file by many queries: %s %v", got, evidence)
	}
}

func TestExplained(t *testing.T) {
	var lines []line
	for _, s := range []Signal{Probing, AdminPaths, WordPress, Errors, WAF} {
		lines = append(lines, commit(s, DefaultThresholds()[s].Capacity+1, 0)...)
	}
	for i := range lines {
		lines[i].explained = true
	}
	p := NewPlan(Options{Thresholds: DefaultThresholds()})
	j := analyze(t, p, 100, lines).Judge(false)
	if c := j.Clients[0]; c.Signals != 0 || c.Weight != 0 || c.Errors != 0 || c.Explained != int64(len(lines)) || c.All.Requests != c.Explained {
		t.Errorf("%+v", c)
	}
	lines = commit(Flood, 101, 0)
	for i := range lines {
		lines[i].explained, lines[i].status = true, 403
	}
	lines = append(lines, commit(Exploit, 1, 0)...)
	lines[101].explained = true
	if got, _ := signalsOf(t, lines); got.String() != "flood exploit" {
		t.Errorf("what is explained is traffic still, and an exploit: %q", got)
	}
}

func TestWeight(t *testing.T) {
	th := DefaultThresholds()
	of := func(s Signal, peak int64) Evidence { return Evidence{s, peak, th[s]} }
	for _, c := range []struct {
		evidence []Evidence
		want     int64
		hard     bool
	}{
		{nil, 0, false}, {[]Evidence{of(Flood, 101)}, 384, false}, {[]Evidence{of(Crawl, 41), of(Errors, 51)}, 768, false}, {[]Evidence{of(Crawl, 79)}, 512, false},
		{[]Evidence{of(Crawl, 80)}, 768, false}, {[]Evidence{of(Crawl, 160)}, 896, false}, {[]Evidence{of(Crawl, 320)}, 960, false}, {[]Evidence{of(Crawl, 1<<60)}, 960, false},
		{[]Evidence{of(Crawl, 41), of(Flood, 101)}, 704, false}, {[]Evidence{of(SensitiveFiles, 5), of(Traversal, 4)}, 992, false},
		{[]Evidence{of(Probing, 11)}, One, true}, {[]Evidence{{Signal: Label, Peak: 1}}, One, true}, {[]Evidence{of(Exploit, 1), of(Flood, 101)}, One, true}, {[]Evidence{of(WAF, 100)}, One, true},
		{[]Evidence{of(AdminPaths, 3), {Crawl, 1, Bucket{}}}, 896, false},
	} {
		var s Signals
		for _, e := range c.evidence {
			s.put(e.Signal)
		}
		if got := weigh(c.evidence); got != c.want || s.hard() != c.hard {
			t.Errorf("%v: %d %v, want %d %v", c.evidence, got, s.hard(), c.want, c.hard)
		}
	}
	for s := range NumSignals {
		if hard := s == Probing || s >= Exploit && s != Impostor; s.Hard() != hard || rules[s].weight > One || !hard && rules[s].weight > 20*One/21 {
			t.Errorf("%s weighs %d", s, rules[s].weight)
		}
	}
}

func TestShare(t *testing.T) {
	c := Client{Weight: 768}
	c.All.Requests, c.All.Bytes = 10, math.MaxInt64
	if c.BadRequests() != 7 || c.BadBytes() != math.MaxInt64/4*3+2 {
		t.Errorf("%d %d", c.BadRequests(), c.BadBytes())
	}
}

// TestSpared judges scanners in networks that are never listed.
func TestSpared(t *testing.T) {
	p := NewPlan(Options{
		Thresholds: DefaultThresholds(),
		Allow:      networks.NewSet(list("bots.json", "192.0.2.0/28")),
		Protect:    networks.NewSet(list("ours.txt", "192.0.2.8/29", "198.51.100.7/32")),
		Bad:        networks.NewSet(list("drop.txt", "203.0.113.0/24", "192.0.2.0/24", "10.0.0.0/8")),
	})
	for client, want := range map[string]struct {
		spared Spared
		weight int64
		reason string
	}{
		"203.0.113.5":  {NotSpared, One, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s; listed in drop.txt"},
		"192.0.2.1":    {GoodBot, 0, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s; listed in drop.txt; never listed: allowed bots.json"},
		"192.0.2.9":    {Protected, 0, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s; listed in drop.txt; never listed: protected ours.txt"},
		"10.1.2.3":     {Reserved, 0, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s; listed in drop.txt; never listed: private or reserved"},
		"203.0.113.0":  {NotSpared, One, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s; listed in drop.txt"},
		"198.51.100.0": {Protected, 0, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s; never listed: protected"},
		"8.8.8.0":      {Network, 0, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s; never listed: stands for a network"},
		"8.8.8.8":      {NotSpared, One, "11 paths answered 400, 403 or 404 in a bucket of 10, one leaking each 10s"},
	} {
		lines := commit(Probing, 11, 0)
		for i := range lines {
			lines[i].client = client
		}
		j := analyze(t, p, 100, lines).Judge(true)
		s := byAddr(j)[client]
		if s.Spared != want.spared || s.Weight != want.weight || s.Reason != want.reason {
			t.Errorf("%s: %s, %d, %q, want %s, %d, %q", client, s.Spared, s.Weight, s.Reason, want.spared, want.weight, want.reason)
		}
		if err := j.Result(0).Reconcile(11); err != nil {
			t.Errorf("%s: %v", client, err)
		}
	}
}

// TestUnversioned has a client that asks for many files by a query of digits
// each, among visitors some of whom do so as well.
func TestUnversioned(t *testing.T) {
	for _, c := range []struct {
		visitors, versioned int
		unversioned         bool
	}{{200, 0, true}, {200, 3, true}, {200, 4, false}, {99, 0, false}, {100, 1, true}} {
		var lines []line
		for i := range c.visitors - 1 {
			q := line{client: fmt.Sprintf("198.51.100.%d", i), time: start, status: 200, path: "/a.png", agent: chrome}
			if i < c.versioned {
				q.query = "1234567"
			}
			lines = append(lines, q)
		}
		for i := range 31 {
			lines = append(lines, line{client: "192.0.2.1", time: start, status: 200, path: fmt.Sprintf("/%d.png", i), query: fmt.Sprint(7654321 + i)})
		}
		j := analyze(t, NewPlan(Options{Thresholds: DefaultThresholds()}), 7, lines[:50], lines[50:]).Judge(false)
		if got := byAddr(j)["192.0.2.1"].Signals.Has(CacheBusting); j.Unversioned != c.unversioned || got != c.unversioned {
			t.Errorf("%d of %d visitors have versions: unversioned %v, busts %v, want %v", c.versioned, c.visitors, j.Unversioned, got, c.unversioned)
		}
	}
}

// TestBusts has a client get past the cache of files slowly, alone and with pages
// that have numbers, and more slowly than counts.
func TestBusts(t *testing.T) {
	for _, tt := range []struct {
		pages int
		every int64 // seconds
		want  bool
	}{{0, 60, true}, {0, 240, false}, {1, 60, false}} {
		var lines []line
		for i := range 100 {
			lines = append(lines, line{client: fmt.Sprintf("198.51.100.%d", i), time: start, status: 200, path: "/a.png", agent: chrome})
		}
		for i := range 40 {
			lines = append(lines, line{client: "192.0.2.1", time: start + int64(i)*tt.every*second, status: 200, path: "/a.png", query: fmt.Sprint(7654321 + i)})
		}
		for range tt.pages {
			lines = append(lines, line{client: "192.0.2.1", time: start, status: 200, path: "/article", query: "1234567"})
		}
		c := byAddr(analyze(t, NewPlan(Options{Thresholds: DefaultThresholds()}), 7, lines).Judge(false))["192.0.2.1"]
		if got := c.Signals.Has(CacheBusting); c.Busts != 40 || got != tt.want {
			t.Errorf("%+v: %d busts, %v", tt, c.Busts, got)
		}
	}
}

// TestImpostor has crawlers and others in and around the networks that the user
// allows, and elsewhere.
func TestImpostor(t *testing.T) {
	const crawler, reader, stranger = "Mozilla/5.0 (compatible; SampleBot/1.0; +http://bot.example/)", "Reader/1.0 (+https://reader.example/)", "OtherBot/2 (+https://other.example/)"
	p := NewPlan(Options{Thresholds: DefaultThresholds(), Allow: networks.NewSet(list("bots.json", "192.0.2.0/28", "198.51.100.0/24")), Protect: networks.NewSet(list("ours.txt", "203.0.113.9/32"))})
	var lines []line
	for _, l := range [][2]string{
		{"192.0.2.1", crawler}, {"198.51.100.1", reader}, {"198.51.100.1", chrome},
		{"192.0.2.200", crawler}, {"192.0.15.1", crawler}, {"192.0.16.1", crawler}, {"203.0.113.1", crawler}, {"203.0.113.1", chrome}, {"203.0.113.9", crawler},
		{"203.0.113.2", reader}, {"203.0.113.3", stranger}, {"203.0.113.4", chrome}, {"10.0.0.1", crawler}, {"2001:db8::5", crawler},
	} {
		lines = append(lines, line{client: l[0], agent: l[1], status: 200, path: "/"})
	}
	got := byAddr(analyze(t, p, 3, lines[:7], lines[7:]).Judge(false))
	for client, want := range map[string]struct {
		impostor, declared bool
	}{
		"192.0.2.1": {false, true}, "198.51.100.1": {false, false},
		"192.0.2.200": {false, true}, "192.0.15.1": {false, true}, "192.0.16.1": {true, true}, "203.0.113.1": {true, false}, "203.0.113.9": {false, true},
		"203.0.113.2": {false, true}, "203.0.113.3": {false, true}, "203.0.113.4": {false, false}, "10.0.0.1": {false, true}, "2001:db8::5": {true, true},
	} {
		c := got[client]
		if c.Signals.Has(Impostor) != want.impostor || c.Declared != want.declared {
			t.Errorf("%s: %s, declared %v, want impostor %v, declared %v", client, c.Signals, c.Declared, want.impostor, want.declared)
		}
		if want.impostor && (c.Weight != 768 || c.Reason != "calls itself a crawler that is in the allowed networks") {
			t.Errorf("%s: %d, %q", client, c.Weight, c.Reason)
		}
	}
}

func TestUsers(t *testing.T) {
	var lines []line
	for i := range 100 {
		client := "192.0.2.1"
		if i < 3 {
			client = "192.0.2.2"
		}
		lines = append(lines, line{client: client, status: 200, path: "/a.png", agent: fmt.Sprint(chrome, i%80)},
			line{client: "192.0.2.3", status: 404, path: "/a.png", agent: fmt.Sprint(chrome, i)},
			line{client: "192.0.2.4", status: 200, path: "/a", agent: fmt.Sprint(chrome, i)},
			line{client: "192.0.2.5", status: 200, path: "/a.png", agent: fmt.Sprint("curl/", i)},
			line{client: "192.0.2.6", status: 200, path: "/a.png", agent: fmt.Sprint(chrome, i), action: "BLOCK"})
	}
	p := NewPlan(Options{Thresholds: DefaultThresholds()})
	p.limit = 7
	got := byAddr(analyze(t, p, 10, lines[:200], lines[200:]).Judge(false))
	for client, want := range map[string]uint8{"192.0.2.1": MostUsers, "192.0.2.2": 3, "192.0.2.3": 0, "192.0.2.4": 0, "192.0.2.5": 0, "192.0.2.6": 0} {
		if got[client].Users != want {
			t.Errorf("%s: %d users, want %d", client, got[client].Users, want)
		}
	}
}

func TestDenials(t *testing.T) {
	for action, want := range map[string]bool{
		"block": true, "BLOCK": true, "drop": true, "DENY": true, "connectionClose": true, "jschallengeFailed": true, "": false, "allow": false, "ALLOW": false,
		"ACCEPT": false, "log": false, "skip": false, "managedChallenge": false, "CAPTCHA": false, "challengeSolved": false, "unknown": false, "COUNT": false, "blo": false,
	} {
		if got := isDenial([]byte(action)); got != want {
			t.Errorf("%q: %v", action, got)
		}
	}
}

func TestIsBusting(t *testing.T) {
	for query, want := range map[string]bool{"": false, "123456": false, "1234567": true, "123456789012": true, "1234567890123": false, "1234567a": false, "x=1234567": false} {
		if got := isBusting([]byte(query)); got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
}

// TestHunt demands that lower suspects whatever has a traversal or an exploit
// in it, also across path and query.
func TestHunt(t *testing.T) {
	h := newHunt()
	pieces := slices.Concat(traversals, exploits, []string{"/", "a", "..", ".", "%2e", "?", "=", "/products/", "index.html", "%7B", "$", "\x00", "\xff"})
	contains := func(text []byte) bool { return containsAny(text, h.traversals) || containsAny(text, h.exploits) }
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 4).Draw(t, "text"), "")
		if rapid.Bool().Draw(t, "upper") {
			text = strings.ToUpper(text)
		}
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		path, inPath := h.lower(nil, []byte(text[:at]))
		whole, inQuery := h.lower(path, []byte(text[at:]))
		if contains(whole) && !inPath && !inQuery {
			t.Fatalf("%q is not suspected", text)
		}
	})
	for _, text := range slices.Concat(traversals, exploits) {
		if _, suspect := h.lower(nil, []byte(text)); !suspect || text != strings.ToLower(text) {
			t.Errorf("%q is not suspected", text)
		}
	}
	for _, text := range []string{"/", "/products/shoes-12.html", "/static/img/a.b.png", "/de-DE/blog/2026/11/a%20b", "/search"} {
		if _, suspect := h.lower(nil, []byte(text)); suspect {
			t.Errorf("%q is suspected", text)
		}
	}
	for _, end := range sensitive {
		if !h.isSensitive([]byte("/x/"+end)) || end != strings.ToLower(end) {
			t.Errorf("%q is not sensitive", end)
		}
	}
	for _, path := range []string{"", "/", "/env", "/a.html", "/setup.exe", "/proxy.pac", "/.environment"} {
		if h.isSensitive([]byte(path)) {
			t.Errorf("%q is sensitive", path)
		}
	}
}

// TestHostile feeds what attackers write.
func TestHostile(t *testing.T) {
	long := strings.Repeat("/../.env%2e%2e${jndi:", 1<<15)
	var lines []line
	for i := range 3000 {
		lines = append(lines, line{client: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String(), time: int64(i), status: uint16(i), method: fmt.Sprint("M", i),
			path: long[:i*7%len(long)], query: long[i : i*3], agent: fmt.Sprint(i, long[:i]), contentType: fmt.Sprint("t/", i), action: fmt.Sprint("a", i)})
	}
	lines = append(lines, line{client: "192.0.2.1", time: math.MaxInt64, path: long, query: long, agent: long}, line{client: "192.0.2.1", time: math.MinInt64 + 1, path: "\x00", query: "\xff"})
	p := NewPlan(Options{Thresholds: DefaultThresholds()})
	p.limit = 100
	j := analyze(t, p, 500, lines[:1000], lines[1000:]).Judge(true)
	if err := j.Result(10).Reconcile(int64(len(lines))); err != nil {
		t.Error(err)
	}
}

func TestHours(t *testing.T) {
	for us, want := range map[int64]int64{0: 0, hourLength: 1, hourLength - 1: 0, -1: 167, -hourLength: 167, -hourLength - 1: 166, 168 * hourLength: 0, math.MaxInt64: 76, math.MinInt64 + 1: 91} {
		if h := hourOf(us); int64(h.ofWeek) != want || us < h.from || us > h.to || us == h.to && us != math.MaxInt64 {
			t.Errorf("%d: %+v, want %d", us, h, want)
		}
	}
}

func TestThresholds(t *testing.T) {
	th := DefaultThresholds()
	if err := th.Extend("mine.txt", "\ufeff# mine\r\ncrawl 100 250ms # more\r\n\nwaf off\nexploit 2 never\nflood\t5 1500ns\nerrors 7 never\n"); err != nil {
		t.Fatal(err)
	}
	want := DefaultThresholds()
	want[Crawl] = Bucket{Capacity: 100, Leak: 250 * time.Millisecond}
	want[WAF].Off = true
	want[Exploit] = Bucket{Capacity: 2}
	want[Flood] = Bucket{Capacity: 5, Leak: time.Microsecond}
	want[Errors] = Bucket{Capacity: 7}
	if th != want {
		t.Errorf("%v, want %v", th, want)
	}
	p := NewPlan(Options{Thresholds: th})
	lines := append(commit(WAF, 9, 0), commit(Exploit, 2, 0)...)
	if s := byAddr(analyze(t, p, 100, lines).Judge(false))["192.0.2.1"]; s.Signals != 0 {
		t.Errorf("%s fires", s.Signals)
	}
	if s := byAddr(analyze(t, p, 100, append(lines, commit(Exploit, 1, 0)...)).Judge(false))["192.0.2.1"]; s.Reason != "3 exploits" {
		t.Errorf("%q", s.Reason)
	}
}

func TestThresholdErrors(t *testing.T) {
	names := "crawl, probing, sensitive_files, admin_paths, wordpress, traversal, cache_busting, logins, errors, flood, pages_only, agent_switching, exploit, waf"
	for text, want := range map[string]string{
		"crawl":               `f:1: 1 words: must be a signal, a capacity and a leak, or a signal and off`,
		"# x\ncrawl 1":        `f:2: 2 words: must be a signal, a capacity and a leak, or a signal and off`,
		"crawl 1 1s 2":        `f:1: 4 words: must be a signal, a capacity and a leak, or a signal and off`,
		"crwal 1 1s":          `f:1: signal "crwal": must be one of ` + names,
		"label off":           `f:1: signal "label": must be one of ` + names,
		"crawl -1 1s":         `f:1: capacity "-1": must be a number from 0 to 10000`,
		"crawl 10001 1s":      `f:1: capacity "10001": must be a number from 0 to 10000`,
		"crawl x 1s":          `f:1: capacity "x": must be a number from 0 to 10000`,
		"crawl 1 1":           `f:1: leak "1": must be never or a time from 1us to 24h, like 10s`,
		"crawl 1 0s":          `f:1: leak "0s": must be never or a time from 1us to 24h, like 10s`,
		"crawl 1 25h":         `f:1: leak "25h": must be never or a time from 1us to 24h, like 10s`,
		"exploit 1 1s":        `f:1: leak "1s": exploit counts without time, the leak must be never`,
		"waf 1 1s\ncrawl x y": `f:1: leak "1s": waf counts without time, the leak must be never`,
	} {
		th := DefaultThresholds()
		if err := th.Extend("f", text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if words := (Evidence{Flood, 200, Bucket{Capacity: 1, Leak: 90 * time.Minute}}).words(""); words != "200 requests for pages in a bucket of 1, one leaking each 1h30m" {
		t.Error(words)
	}
}

// TestLarge has one client make more events than are kept, and demands that the
// signals are still seen, as much as they are at least.
func TestLarge(t *testing.T) {
	lines := append(commit(Crawl, 5000, 10*time.Millisecond), commit(Probing, 3000, 50*time.Millisecond)...)
	p := NewPlan(Options{Thresholds: DefaultThresholds()})
	s := byAddr(analyze(t, p, 1000, lines).Judge(false))["192.0.2.1"]
	if !s.Partial || s.Signals.String() != "crawl probing errors flood" || s.Evidence[0].Peak < 500 {
		t.Errorf("%v %s %v", s.Partial, s.Signals, s.Evidence)
	}
	p.keep.all = 1
	s = byAddr(analyze(t, p, 1000, lines).Judge(false))["192.0.2.1"]
	if !s.Partial || s.All.Requests != 8000 {
		t.Errorf("%v %+v", s.Partial, s.All)
	}
}
