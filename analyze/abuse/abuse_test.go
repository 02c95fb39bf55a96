package abuse

import (
	"context"
	"math"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/fold"
	"rulecast/analyze/networks"
	"rulecast/ingest/record"
)

const (
	second = 1_000_000
	chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)

// line is a line of a log: texts as it has them, "" for none.
type line struct {
	client                                          string
	time, bytes                                     int64
	status                                          uint16
	method, path, query, agent, contentType, action string
	explained                                       bool
}

// stream hands out lines in batches of a size, to an analysis that learns which
// of them are explained.
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
		b.SetText(record.Path, []byte(q.path), nil)
		b.SetText(record.Query, []byte(q.query), nil)
		b.SetString(record.Method, []byte(q.method), nil)
		b.SetString(record.UserAgent, []byte(q.agent), nil)
		b.SetString(record.ContentType, []byte(q.contentType), nil)
		b.SetString(record.Action, []byte(q.action), nil)
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

// knowing is an analysis that knows which lines of its stream are explained.
type knowing struct {
	*Analysis
	explained map[int]bool
	row       int
}

func (k *knowing) Add(b *record.Batch) error {
	explained := make([]bool, b.Rows)
	for i := range explained {
		explained[i] = k.explained[k.row+i]
	}
	k.row += b.Rows
	return k.AddExcept(b, explained)
}

func (k *knowing) Merge(l *knowing) { k.Analysis.Merge(l.Analysis) }

// analyze runs lines through a plan, cut into streams of so many lines, in
// batches of a size.
func analyze(t rapid.TB, p *Plan, size int, parts ...[]line) *Analysis {
	t.Helper()
	var whole *knowing
	for _, part := range parts {
		k := &knowing{Analysis: p.New(), explained: map[int]bool{}}
		for i, q := range part {
			k.explained[i] = q.explained
		}
		one, err := fold.Run(context.Background(), []record.Stream{stream{part, size}}, func() *knowing { return k })
		if err != nil {
			t.Fatal(err)
		}
		if whole == nil {
			whole = one
		} else {
			whole.Merge(one)
		}
	}
	return whole.Analysis
}

// byAddr are the clients of a judgement, and what speaks against them.
func byAddr(j *Judgement) map[string]Suspect {
	out := map[string]Suspect{}
	for id := range j.Clients {
		if j.Clients[id].All.Requests > 0 {
			s := j.suspect(record.ID(id))
			out[s.Addr.String()] = s
		}
	}
	return out
}

// start is a time at which a slot of the clock begins.
const start = 1_770_000_000 * second

func drawLine(t *rapid.T) line {
	return line{
		client: rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.1", "192.0.2.2", "198.51.100.0", "10.0.0.1", "2001:db8::1", "2001:db8:0:1::"}).Draw(t, "client"),
		time: rapid.OneOf(
			rapid.Int64Range(-20, 100),
			rapid.Int64Range(595, 605),
			rapid.SampledFrom([]int64{0, 0, 1800, 1 << 20}),
		).Draw(t, "time")*second/2 + start,
		bytes:       rapid.Int64Range(0, 1000).Draw(t, "bytes"),
		status:      rapid.SampledFrom([]uint16{200, 200, 304, 0, 301, 404, 404, 403, 400, 401, 405, 500}).Draw(t, "status"),
		method:      rapid.SampledFrom([]string{"GET", "GET", "GET", "HEAD", "POST", "OPTIONS", ""}).Draw(t, "method"),
		path:        rapid.SampledFrom(somePaths).Draw(t, "path"),
		query:       rapid.SampledFrom(someQueries).Draw(t, "query"),
		agent:       rapid.SampledFrom([]string{"", chrome, chrome + " Edg/1", "curl/8.4.0", "Wget/1.21", "Feed/1 (+https://feed.example)", "${jndi:ldap://x/y}"}).Draw(t, "agent"),
		contentType: rapid.SampledFrom([]string{"", "", "", "image/png", "text/html; charset=utf-8", "application/json"}).Draw(t, "type"),
		action:      rapid.SampledFrom([]string{"", "", "", "", "allow", "BLOCK", "managedChallenge"}).Draw(t, "action"),
		explained:   rapid.SampledFrom([]bool{false, false, true}).Draw(t, "explained"),
	}
}

// drawLines draws lines, some of which have no time or one that nobody lived at.
func drawLines(t *rapid.T, most int) []line {
	lines := rapid.SliceOfN(rapid.Custom(drawLine), 0, most).Draw(t, "lines")
	for i := range lines {
		if rapid.IntRange(0, 15).Draw(t, "odd") == 0 {
			lines[i].time = rapid.SampledFrom([]int64{record.NoTime, math.MaxInt64, math.MinInt64 + 1, latest, latest - 1, epoch, epoch - 1}).Draw(t, "odd time")
		}
	}
	return lines
}

var (
	somePaths = []string{"", "/", "/a", "/b", "/c.html", "/d/e", "/a.jpg", "/b.PNG", "/app.js", "/api.json", "/.env", "/.git/HEAD", "/x/.ENV", "/Admin/", "/phpMyAdmin/x.php",
		"/wp-login.php", "/wp-content/x.php", "/../../etc/passwd", "/..%2f..%2fx", "/%2E%2e/%2e%2e/x", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/dump.sql"}
	someQueries = []string{"", "", "", "", "1234567", "1234567", "7654321", "77777777", "1234568", "123456", "1234567890123", "x=1234567", "file=../../x", "a=${jndi:ldap://x}", "f=php://input"}
)

func (q *line) static() bool {
	switch {
	case q.contentType == "image/png":
		return true
	case q.contentType != "":
		return false
	}
	return slices.Contains([]string{"/a.jpg", "/b.PNG", "/app.js"}, q.path)
}

func (q *line) page() bool {
	if q.contentType != "" {
		return strings.HasPrefix(q.contentType, "text/html")
	}
	return !q.static() && q.path != "" && q.path != "/api.json"
}

func (q *line) wafDenied() bool { return q.action == "BLOCK" }

func (q *line) asset() bool { return q.static() && q.status < 400 && !q.wafDenied() }

func (q *line) timed() bool { return q.time >= epoch && q.time < latest }

// value is what a line is to a bucket: false if it does not count it.
func (q *line) value(s Signal) (string, bool) {
	target := strings.ToLower(q.path)
	if q.query != "" {
		target += "?" + strings.ToLower(q.query)
	}
	has := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(target, text) })
	}
	path := strings.ToLower(q.path)
	failed := func(statuses ...uint16) bool { return !q.explained && slices.Contains(statuses, q.status) }
	if q.asset() && s != AgentSwitching && s != CacheBusting {
		return "", false
	}
	switch s {
	case Crawl:
		return q.path, !q.static() && slices.Contains([]string{"", "GET", "HEAD"}, q.method)
	case PagesOnly:
		return q.path, q.page() && slices.Contains([]string{"", "GET"}, q.method) && !q.wafDenied() && (q.status < 300 || q.status == 304)
	case Probing:
		return q.path, !q.static() && failed(404, 403, 400)
	case SensitiveFiles:
		return q.path, strings.HasSuffix(path, ".env") || strings.HasSuffix(path, ".git/head") || strings.HasSuffix(path, ".sql")
	case AdminPaths:
		return q.path, failed(404, 403) && (strings.Contains(path, "/admin") || strings.Contains(path, "/phpmyadmin") || strings.Contains(path, "/wp-login"))
	case WordPress:
		return q.path, failed(404, 403) && strings.Contains(path, "/wp-") && strings.HasSuffix(path, ".php")
	case Traversal:
		return target, has("../", "..%2f", "%2e%2e/", "=php://")
	case CacheBusting:
		v := q.query
		if q.static() {
			v = q.path + " " + v
		}
		return v, slices.Contains([]string{"1234567", "1234568", "7654321", "77777777"}, q.query)
	case Logins:
		return "", failed(401) && q.method != "OPTIONS"
	case Errors:
		return "", failed(400, 401, 403, 404, 405)
	case Flood:
		return "", !q.static()
	case AgentSwitching:
		return q.agent, q.agent != ""
	case Exploit:
		return "", has("/util/php/eval-stdin.php", "${jndi:", "/%2e%2e/%2e%2e") || strings.HasPrefix(q.agent, "${jndi:")
	case WAF:
		return "", q.wafDenied() && !q.explained
	}
	panic("no bucket")
}

// peak pours lines, which are sorted by time, into one bucket, and tells how
// much was in it at most.
func peak(lines []line, s Signal, b Bucket) int64 {
	leak := b.Leak.Seconds()
	var level, most float64
	values, files := map[string]bool{}, map[string]bool{}
	last, poured := 0.0, 0.0
	for i := range lines {
		v, counts := lines[i].value(s)
		if !counts {
			continue
		}
		if s == Exploit || s == WAF {
			most++ // whatever the time
			continue
		}
		if !lines[i].timed() {
			continue
		}
		t := float64(lines[i].time) / second
		if rules[s].distinct {
			if leak > 0 && t-poured > leak*float64(b.Capacity+1) && s != AgentSwitching {
				values, files = map[string]bool{}, map[string]bool{}
			}
			if values[v] {
				continue
			}
			values[v], poured = true, t
			if s == CacheBusting && lines[i].static() && !files[lines[i].path] {
				files[lines[i].path] = true
				continue // the first query of a file may be its version
			}
		}
		if leak > 0 && level > 0 {
			level = math.Max(0, level-(t-last)/leak)
		}
		level++
		last = t
		most = math.Max(most, level)
	}
	return int64(math.Ceil(most - 1e-6))
}

// visitorsLoad reports whether clients that load files with browsers have half
// of the lines.
func visitorsLoad(lines []line) bool {
	loading := map[string]bool{}
	for _, q := range lines {
		if strings.HasPrefix(q.agent, "Mozilla") && q.asset() {
			loading[q.client] = true
		}
	}
	n := 0
	for _, q := range lines {
		n += int(one(loading[q.client]))
	}
	return len(lines) > 0 && 2*n >= len(lines)
}

// oracle judges a client by its lines. load says that visitors load files.
func oracle(p *Plan, lines []line, anonymised, load bool) Suspect {
	lines = slices.Clone(lines)
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].time < lines[j].time })
	s := Suspect{Addr: netip.MustParseAddr(lines[0].client)}
	s.First, s.Last = record.NoTime, record.NoTime
	users, hours, pages := map[string]bool{}, map[int64]bool{}, map[string]bool{}
	agents, named := 0, 0
	for _, q := range lines {
		if q.agent != "" {
			agents++
			named += int(one(strings.Contains(q.agent, "https://")))
		}
		s.All.Add(q.bytes)
		s.Assets += one(q.asset())
		s.Explained += one(q.explained)
		s.Errors += one(q.status >= 400 && !q.explained && !q.asset())
		if strings.HasPrefix(q.agent, "Mozilla") && q.asset() {
			users[q.agent] = true
		}
		if page, ok := q.value(PagesOnly); ok && q.timed() {
			pages[page] = true
		}
		if q.time != record.NoTime {
			if s.First == record.NoTime {
				s.First = q.time
			}
			s.Last = q.time
			hours[(int64(math.Floor(float64(q.time)/(3600*second)))%168+168)%168] = true
		}
	}
	s.Users, s.Hours, s.Pages = uint8(len(users)), uint8(len(hours)), uint8(min(len(pages), MostPages))
	s.Declared = agents > 0 && named == agents
	left := 1.0
	for k := range numBuckets {
		b := p.Thresholds[k]
		if k == PagesOnly && (!load || s.Assets > 0 || s.Declared) {
			continue
		}
		if n := peak(lines, k, b); n > int64(b.Capacity) && !b.Off {
			s.Evidence = append(s.Evidence, Evidence{k, n, b})
			s.Signals.put(k)
		}
	}
	network, cut := record.CutNetwork(s.Addr)
	if cut && anonymised {
		s.Cut, s.Network = true, network
	}
	if name := map[string]string{"192.0.2.2": "one", "2001:db8:0:1::": "two", "198.51.100.0": "one"}[s.Addr.String()]; name != "" && !(s.Cut && s.Addr.Is4()) {
		s.Label = name
		s.Evidence = append(s.Evidence, Evidence{Signal: Label, Peak: 1})
		s.Signals.put(Label)
	}
	crawling, reading := 1.0, 1.0
	for _, e := range s.Evidence {
		pieces := 1.0
		if n := e.Bucket.Capacity; n > 0 {
			pieces += math.Min(3, math.Floor(math.Log2(float64(e.Peak)/float64(n))))
		}
		leaves := math.Pow(1-float64(rules[e.Signal].weight)/One, pieces)
		switch e.Signal {
		case PagesOnly:
			reading = leaves
		case Crawl:
			crawling = leaves
		default:
			left *= leaves
		}
		s.Hard = s.Hard || rules[e.Signal].weight == One
	}
	left, again := left*math.Min(crawling, reading), left*crawling
	switch {
	case s.Addr.String() == "10.0.0.1":
		s.Spared, s.Spares = Reserved, "reserved address space"
	case s.Addr.String() == "2001:db8::1":
		s.Spared, s.Spares = GoodBot, "bots"
	case s.Cut && s.Label == "":
		s.Spared = Network
	default:
		s.Weight, s.Again = int64((1-left)*One), int64((1-again)*One)
	}
	return s
}

func list(name string, texts ...string) *networks.List {
	l := &networks.List{Name: name}
	for _, text := range texts {
		l.Prefixes = append(l.Prefixes, netip.MustParsePrefix(text))
	}
	return l
}

// drawPlan draws thresholds that few lines exceed.
func drawPlan(t *rapid.T) *Plan {
	th := DefaultThresholds()
	for s := range numBuckets {
		b := &th[s]
		b.Capacity = rapid.IntRange(0, 4).Draw(t, "capacity")
		if s < Exploit {
			b.Leak = rapid.SampledFrom([]time.Duration{0, 250 * time.Millisecond, time.Second, 4 * time.Second, 64 * time.Second}).Draw(t, "leak")
		}
		b.Off = rapid.IntRange(0, 9).Draw(t, "off") == 0
	}
	return NewPlan(Options{
		Thresholds: th,
		Bad:        networks.NewSet(list("one", "192.0.2.2/32", "198.51.100.0/25"), list("two", "2001:db8:0:1::/64")),
		Allow:      networks.NewSet(list("bots", "2001:db8::/64")),
	})
}

// withoutWords leaves out what the oracle does not say.
func withoutWords(s Suspect) Suspect {
	s.Reason = ""
	return s
}

func TestAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		p.limit = rapid.SampledFrom([]int{1, 3, leastLimit}).Draw(t, "limit")
		lines := drawLines(t, 80)
		anonymised := rapid.Bool().Draw(t, "anonymised")
		cut := rapid.IntRange(0, len(lines)).Draw(t, "cut")
		j := analyze(t, p, rapid.IntRange(1, 9).Draw(t, "size"), lines[:cut], lines[cut:]).Judge(anonymised)
		if err := j.Result(3).Reconcile(int64(len(lines))); err != nil {
			t.Fatal(err)
		}
		of := map[string][]line{}
		for _, q := range lines {
			of[q.client] = append(of[q.client], q)
		}
		want, got := map[string]Suspect{}, map[string]Suspect{}
		for client, own := range of {
			want[client] = oracle(p, own, anonymised, visitorsLoad(lines))
		}
		for client, s := range byAddr(j) {
			got[client] = withoutWords(s)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Fatalf("-oracle +abuse:\n%s", diff)
		}
	})
}

// bounded is a plan that keeps less than the lines have.
func bounded(t *rapid.T, p *Plan) *Plan {
	q := *p
	q.keep = keeping{perSlot: rapid.IntRange(1, 12).Draw(t, "per slot"), least: rapid.IntRange(1, 6).Draw(t, "least"), all: rapid.IntRange(1, 40).Draw(t, "all")}
	q.keepUses = keepingUses{users: rapid.IntRange(1, 3).Draw(t, "users"), earliest: rapid.IntRange(1, 5).Draw(t, "earliest")}
	q.limit = rapid.SampledFrom([]int{1, 2, 10, leastLimit}).Draw(t, "limit")
	return &q
}

// parts cuts lines into streams, in another order.
func parts(t *rapid.T, lines []line) (out [][]line) {
	lines = rapid.Permutation(lines).Draw(t, "order")
	for len(out) == 0 || len(lines) > 0 {
		n := rapid.IntRange(min(1, len(lines)), len(lines)).Draw(t, "split")
		out = append(out, lines[:n])
		lines = lines[n:]
	}
	return out
}

// TestAnySplit compares whole results, with bounds so tight that events are
// missing: which of them may not depend on the order of the lines, nor on how
// they are spread over streams.
func TestAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := drawLines(t, 120)
		p := drawPlan(t)
		if rapid.Bool().Draw(t, "bounded") {
			p = bounded(t, p)
		}
		top := rapid.IntRange(0, 8).Draw(t, "top")
		whole := analyze(t, p, 1000, lines).Judge(true)
		split := analyze(t, p, rapid.IntRange(1, 9).Draw(t, "size"), parts(t, lines)...).Judge(true)
		compareAddrs := cmp.Options{cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}
		if diff := cmp.Diff(byAddr(whole), byAddr(split), compareAddrs); diff != "" {
			t.Fatalf("-whole +split:\n%s", diff)
		}
		if diff := cmp.Diff(whole.Result(top), split.Result(top), compareAddrs); diff != "" {
			t.Fatalf("-whole +split:\n%s", diff)
		}
	})
}

// TestBoundsOnlySpare compares what bounds leave with what is there: no client
// may look worse, and who looks better has to be known as one of whom not all
// is there.
func TestBoundsOnlySpare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := drawLines(t, 150)
		p := drawPlan(t)
		all, less := byAddr(analyze(t, p, 1000, lines).Judge(false)), byAddr(analyze(t, bounded(t, p), 1000, lines).Judge(false))
		for addr, s := range less {
			whole := all[addr]
			if s.Weight > whole.Weight || s.Users > whole.Users || s.All != whole.All || s.Assets != whole.Assets || s.Errors != whole.Errors {
				t.Fatalf("%s: %+v with bounds, %+v without", addr, s, whole)
			}
			peaks := map[Signal]int64{}
			for _, e := range whole.Evidence {
				peaks[e.Signal] = e.Peak
			}
			for _, e := range s.Evidence {
				if e.Peak > peaks[e.Signal] {
					t.Fatalf("%s: %+v with bounds, a peak of %d without", addr, e, peaks[e.Signal])
				}
				if e.Peak == peaks[e.Signal] {
					delete(peaks, e.Signal)
				}
			}
			delete(peaks, AgentSwitching) // of the first User-Agents only, in any case
			if len(peaks) > 0 && !s.Partial {
				t.Fatalf("%s: %v is missing or lower, and nothing says so", addr, peaks)
			}
		}
	})
}

func TestTrackIsCacheLine(t *testing.T) {
	if n := unsafe.Sizeof(track{}); n != 64 {
		t.Errorf("%d bytes", n)
	}
}
