package inspect_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rulecast/analyze/fold"
	"rulecast/analyze/inspect"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// request is a line of a log: texts as it has them, "" for none.
type request struct {
	client  string
	time    int64
	bytes   int64
	status  uint16
	asn     uint32
	text    map[record.Column]string
	referer string
	reject  bool // what was set of it counts for nothing
}

var texts = []record.Column{record.Country, record.Method, record.Scheme, record.Host, record.UserAgent, record.Cache, record.ContentType, record.Action}

func drawRequest(t *rapid.T) request {
	q := request{
		client: rapid.SampledFrom([]string{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1:80", "2001:db8::1", "2001:DB8:0::1",
			"192.0.2.0", "10.0.0.1", "100.64.0.0", "2001:db8::", "fd00::1"}).Draw(t, "client"),
		time: rapid.OneOf(rapid.SampledFrom([]int64{record.NoTime, -5, 0, 7, 99}),
			rapid.Map(rapid.Int64Range(-300, 300), func(h int64) int64 { return h * hour })).Draw(t, "time"),
		bytes:  rapid.Int64Range(0, 9).Draw(t, "bytes"),
		status: rapid.SampledFrom([]uint16{0, 200, 404}).Draw(t, "status"),
		asn:    rapid.Uint32Range(0, 2).Draw(t, "asn"),
		text:   map[record.Column]string{},
		reject: rapid.IntRange(0, 4).Draw(t, "reject") == 0,
	}
	q.text[record.Forwarded] = rapid.SampledFrom([]string{"", "203.0.113.7", "203.0.113.7, 192.0.2.1", "192.0.2.1,x", "2001:db8::1"}).Draw(t, "forwarded")
	for _, c := range []record.Column{record.Path, record.Query, record.RequestID} {
		q.text[c] = rapid.SampledFrom([]string{"", "/a", "/b"}).Draw(t, c.String())
	}
	for _, c := range texts {
		q.text[c] = rapid.SampledFrom([]string{"", "-", "aa", "bb", "cc"}).Draw(t, c.String())
	}
	q.referer = rapid.SampledFrom([]string{"-", "", "https://a.example/", "http://A.example:80/x", "http://b.example", "android-app://x", "about:blank"}).Draw(t, "referer")
	return q
}

const hour = 3600 * 1_000_000

var longTexts = []record.Column{record.Forwarded, record.Path, record.Query, record.RequestID}

// input is a log with the columns that it has; values of others are not set.
type input struct {
	present  record.Columns
	requests []request
}

func drawInput(t *rapid.T) input {
	in := input{present: record.ColumnSet(record.Client, record.Bytes)}
	for _, c := range []record.Column{record.Time, record.Status, record.ASN, record.RefererHost, record.Country, record.Host, record.UserAgent, record.Action, record.Forwarded, record.Path, record.RequestID} {
		if rapid.Bool().Draw(t, c.String()) {
			in.present |= record.ColumnSet(c)
		}
	}
	in.requests = rapid.SliceOfN(rapid.Custom(drawRequest), 0, 12).Draw(t, "requests")
	return in
}

// stream hands out inputs in batches of a size.
type stream struct {
	inputs []input
	size   int
}

func (s stream) Each(_ context.Context, fn func(*record.Batch) error) error {
	b := record.NewBuilder(inspect.Columns())
	for n, in := range s.inputs {
		b.NextInput()
		b.SetPresent(in.present)
		for i, q := range in.requests {
			put(b, in, q, int64(i+1))
			if b.Rows() == s.size || i == len(in.requests)-1 {
				if err := fn(b.Flush(n)); err != nil {
					return err
				}
				b.Reset()
			}
		}
	}
	return nil
}

func put(b *record.Builder, in input, q request, line int64) {
	b.SetClient([]byte(q.client))
	b.SetBytes(q.bytes)
	if in.present.Has(record.Time) {
		b.SetTime(q.time)
	}
	if in.present.Has(record.Status) {
		b.SetStatus(q.status)
	}
	if in.present.Has(record.ASN) {
		b.SetASN(q.asn)
	}
	if in.present.Has(record.RefererHost) {
		b.SetReferer([]byte(q.referer), nil)
	}
	for c, v := range q.text {
		switch {
		case !in.present.Has(c):
		case c == record.Country:
			b.SetCountry([]byte(v))
		case c == record.Host:
			b.SetHost([]byte(v))
		case slices.Contains(longTexts, c):
			b.SetText(c, []byte(v), nil)
		default:
			b.SetString(c, []byte(v), nil)
		}
	}
	if q.reject {
		b.Reject(line, "no reason", nil)
		return
	}
	b.Commit()
}

// naive looks at one request after the other and remembers all values.
func naive(inputs []input) *inspect.Result {
	r := &inspect.Result{First: record.NoTime, Last: record.NoTime}
	columns := map[record.Column]*inspect.Column{}
	values := map[record.Column]map[string]bool{}
	for c := range record.NumColumns {
		columns[c], values[c] = &inspect.Column{Column: c}, map[string]bool{}
	}
	fill := func(c record.Column, value string, is bool) {
		if is {
			columns[c].Filled++
			values[c][value] = true
		}
	}
	peers, times := map[netip.Addr]*inspect.Peer{}, map[int64]bool{}
	for _, in := range inputs {
		for _, q := range in.requests {
			if q.reject {
				continue
			}
			r.Total.Add(q.bytes)
			fill(record.Bytes, "", true)
			fill(record.Client, address(q.client), true)
			addr := netip.MustParseAddr(address(q.client))
			if peers[addr] == nil {
				peers[addr] = &inspect.Peer{Addr: addr}
			}
			peers[addr].Requests++
			hops := strings.Split(q.text[record.Forwarded], ",")
			if in.present.Has(record.Forwarded) && q.text[record.Forwarded] != "" && strings.TrimSpace(hops[len(hops)-1]) != addr.String() {
				peers[addr].Forwarded++
			}
			fill(record.Time, "", in.present.Has(record.Time) && q.time != record.NoTime)
			fill(record.Status, "", in.present.Has(record.Status) && q.status != 0)
			fill(record.ASN, "", in.present.Has(record.ASN) && q.asn != 0)
			for c, v := range q.text {
				fill(c, v, in.present.Has(c) && v != "" && v != "-")
			}
			host, class := referer.Parse([]byte(q.referer))
			if in.present.Has(record.RefererHost) && class.State() != referer.Missing {
				columns[record.RefererHost].Filled++
				if class == referer.ClassHost {
					values[record.RefererHost][host] = true
				}
			}
			if in.present.Has(record.Time) && q.time != record.NoTime {
				if r.First == record.NoTime || q.time < r.First {
					r.First = q.time
				}
				r.Last = max(r.Last, q.time)
				times[int64(math.Floor(float64(q.time)/hour))] = true
			}
		}
	}
	r.Gaps = naiveGaps(times)
	r.Repeats.Requests = columns[record.RequestID].Filled - int64(len(values[record.RequestID]))
	naivePeers(r, peers)
	r.Clients, r.Hosts, r.Referers = int64(len(values[record.Client])), int64(len(values[record.Host])), int64(len(values[record.RefererHost]))
	for c := range record.NumColumns {
		if !inspect.Columns().Has(c) {
			continue
		}
		columns[c].Distinct = int64(len(values[c]))
		if slices.Contains(append([]record.Column{record.Time, record.ASN, record.Status, record.Bytes}, longTexts...), c) {
			columns[c].Distinct = -1
		}
		r.Columns = append(r.Columns, *columns[c])
	}
	return r
}

func naiveGaps(hours map[int64]bool) (g inspect.Gaps) {
	if len(hours) == 0 {
		return g
	}
	list := slices.Sorted(maps.Keys(hours))
	var gap inspect.Gap
	var all []inspect.Gap
	for h := list[0]; h <= list[len(list)-1]; h++ {
		switch {
		case hours[h] && gap != inspect.Gap{}:
			all = append(all, gap)
			gap = inspect.Gap{}
		case !hours[h] && gap == inspect.Gap{}:
			gap.From = h * hour
			fallthrough
		case !hours[h]:
			gap.Until = (h + 1) * hour
			g.Hours++
		}
	}
	g.Count = int64(len(all))
	slices.SortStableFunc(all, func(a, b inspect.Gap) int { return cmp.Compare(b.Until-b.From, a.Until-a.From) })
	g.Longest = all[:min(len(all), 5)]
	return g
}

var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"),
}

func naivePeers(r *inspect.Result, peers map[netip.Addr]*inspect.Peer) {
	for a, p := range peers {
		family := &r.V4
		if a.Is6() {
			family = &r.V6
		}
		family.Clients++
		family.Requests += p.Requests
		family.Forwarded += p.Forwarded
		if slices.ContainsFunc(private, func(n netip.Prefix) bool { return n.Contains(a) }) {
			family.Private += p.Requests
		}
		if a.Is4() && strings.HasSuffix(a.String(), ".0") || a.Is6() && netip.PrefixFrom(a, 64).Masked().Addr() == a {
			family.Masked++
		}
		if p.Forwarded > 0 && float64(p.Forwarded) >= 0.9*float64(p.Requests) {
			r.Proxies.Top = append(r.Proxies.Top, *p)
			r.Proxies.Count++
			r.Proxies.Requests += p.Requests
		}
	}
	slices.SortFunc(r.Proxies.Top, func(p, q inspect.Peer) int {
		return cmp.Or(cmp.Compare(q.Requests, p.Requests), p.Addr.Compare(q.Addr))
	})
	r.Proxies.Top = r.Proxies.Top[:min(len(r.Proxies.Top), inspect.MostProxies)]
}

func address(text string) string {
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr().Unmap().String()
	}
	return netip.MustParseAddr(text).Unmap().String()
}

func TestInspectAgreesWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := rapid.SliceOfN(rapid.Custom(drawInput), 0, 5).Draw(t, "inputs")
		want := naive(inputs)
		// Any distribution of the inputs over streams, some of them empty.
		streams := make([]record.Stream, rapid.IntRange(1, 4).Draw(t, "streams"))
		for i := range streams {
			streams[i] = stream{size: rapid.IntRange(1, 5).Draw(t, "size")}
		}
		for _, in := range inputs {
			i := rapid.IntRange(0, len(streams)-1).Draw(t, "stream")
			s := streams[i].(stream)
			s.inputs = append(s.inputs, in)
			streams[i] = s
		}
		a, err := fold.Run(context.Background(), streams, inspect.New)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, a.Result(), cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Fatalf("-naive +inspect:\n%s", diff)
		}
	})
}

func TestNothing(t *testing.T) {
	r := inspect.New().Result()
	if r.Total != (tally.Counts{}) || r.First != record.NoTime || r.Last != record.NoTime || r.Clients != 0 {
		t.Errorf("%+v", r)
	}
	want := inspect.Columns().String()
	got := ""
	for _, c := range r.Columns {
		if got != "" {
			got += " "
		}
		got += fmt.Sprint(c.Column)
	}
	if got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
}

// Times that are far apart are given up as soon as there are too many of them,
// in whatever order they come.
func TestScatteredHours(t *testing.T) {
	const words = 1 << 16
	add := func(a *inspect.Analysis, from, n int64) {
		b := record.NewBuilder(inspect.Columns())
		for i := range n {
			b.SetPresent(record.ColumnSet(record.Client, record.Time))
			b.SetClient([]byte("192.0.2.1"))
			b.SetTime((from + i) * 64 * hour)
			b.Commit()
			if b.Full() || i == n-1 {
				if err := a.Add(b.Flush(0)); err != nil {
					t.Fatal(err)
				}
				b.Reset()
			}
		}
	}
	whole, half := inspect.New(), inspect.New()
	add(whole, 0, words)
	if g := whole.Result().Gaps; g.Unknown || g.Count != words-1 || g.Hours != 63*(words-1) || len(g.Longest) != inspect.MostGaps || g.Longest[0].From != hour {
		t.Errorf("%+v", g)
	}
	add(half, words, 1)
	half.Merge(whole)
	if g := half.Result().Gaps; !g.Unknown {
		t.Errorf("%+v", g)
	}
}

// However many ids there are, the same ones are remembered in whatever order
// they come, and tell how many are repeated.
func TestManyIDs(t *testing.T) {
	const distinct, repeated = 300_000, 30_000
	add := func(a *inspect.Analysis, from, n int) {
		b := record.NewBuilder(inspect.Columns())
		for i := range n {
			b.SetPresent(record.ColumnSet(record.Client, record.RequestID))
			b.SetClient([]byte("192.0.2.1"))
			b.SetText(record.RequestID, fmt.Appendf(nil, "id-%d==", from+i), nil)
			b.Commit()
			if b.Full() || i == n-1 {
				if err := a.Add(b.Flush(0)); err != nil {
					t.Fatal(err)
				}
				b.Reset()
			}
		}
	}
	one := inspect.New()
	add(one, 0, distinct)
	add(one, 0, repeated)
	got := one.Result().Repeats
	if !got.Estimated || math.Abs(float64(got.Requests)-repeated) > 0.05*repeated {
		t.Errorf("%+v, want some %d", got, repeated)
	}
	parts := []*inspect.Analysis{inspect.New(), inspect.New(), inspect.New()}
	add(parts[0], 0, repeated)
	add(parts[1], distinct/3, distinct-distinct/3)
	add(parts[2], 0, distinct/3)
	parts[1].Merge(parts[0])
	parts[2].Merge(parts[1])
	if other := parts[2].Result().Repeats; other != got {
		t.Errorf("%+v in another order, %+v in one go", other, got)
	}
}

// What is called anonymised is far from what chance gives, and what chance
// gives is not.
func TestAnonymised(t *testing.T) {
	for _, tt := range []struct {
		masked, clients int64
		v6, want        bool
	}{
		{0, 0, false, false}, {0, 10, false, false}, {1, 1, false, false}, {3, 3, false, false}, {4, 4, false, true},
		{4, 1024, false, false}, {20, 1024, false, false}, {52, 1024, false, true}, {1024, 1024, false, true},
		{1, 1, true, false}, {2, 2, true, true}, {2, 100, true, false}, {10, 100, true, true},
	} {
		a := inspect.Addresses{Clients: tt.clients, Masked: tt.masked}
		if got := a.Anonymised(tt.v6); got != tt.want {
			t.Errorf("%d of %d (IPv6: %t): %t", tt.masked, tt.clients, tt.v6, got)
		}
	}
}
