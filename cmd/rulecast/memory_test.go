package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/analyze/replay"
	"rulecast/analyze/tally"
	"rulecast/ingest/budget"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// visit is a request of a log that may be under attack.
type visit struct {
	client  netip.Addr
	referer string
	agent   string
	host    string
	path    string
	time    int64
	bytes   int64
}

// log hands out visits in batches of a few rows.
type log struct {
	visits  []visit
	pooling *record.Pooling
	renew   bool
	meter   *budget.Meter
	dicts   *record.Dicts // the last
}

func (l *log) Each(_ context.Context, fn func(*record.Batch) error) error {
	b := record.NewBuilder(record.AllColumns)
	if l.pooling != nil {
		b.SetPooling(l.pooling)
	}
	gauge := l.meter.Gauge()
	const rows = 50
	for i, v := range l.visits {
		b.SetClientAddr(v.client)
		b.SetReferer([]byte(v.referer), nil)
		b.SetString(record.UserAgent, []byte(v.agent), nil)
		b.SetHost([]byte(v.host))
		b.SetText(record.Path, []byte(v.path), nil)
		b.SetTime(v.time)
		b.SetBytes(v.bytes)
		b.Commit()
		if b.Rows() < rows && i < len(l.visits)-1 {
			continue
		}
		batch := b.Flush(0)
		l.dicts = batch.Dicts
		if err := gauge.Read(batch.Dicts); err != nil {
			return err
		}
		if err := fn(batch); err != nil {
			return err
		}
		b.Reset()
		if l.renew {
			b.Renew()
		}
	}
	return gauge.End()
}

// cut cuts a log into streams, which are set up alike.
func cut(t *rapid.T, visits []visit, set func(*log)) (streams []record.Stream) {
	for rest := visits; len(streams) == 0 || len(rest) > 0; {
		n := rapid.IntRange(min(1, len(rest)), len(rest)).Draw(t, "split")
		l := &log{visits: rest[:n]}
		set(l)
		streams = append(streams, l)
		rest = rest[n:]
	}
	return streams
}

// drawVisits draws what rulesets of policytest often meet, and rare values
// around it.
func drawVisits(t *rapid.T) []visit {
	seed := rapid.Uint64().Draw(t, "seed")
	r := rand.New(rand.NewPCG(seed, 0))
	seen := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) visit {
		q := policytest.Request(t)
		v := visit{client: q.Client, agent: "a/1", host: q.Host, path: q.Path, referer: q.Class.String()}
		if q.Class == referer.ClassHost {
			v.referer = "https://" + q.Referer + "/"
		}
		if !q.Time.IsZero() {
			v.time = q.Time.UnixMicro()
		}
		return v
	}), 1, 20).Draw(t, "visits")
	var visits []visit
	for i := range rapid.IntRange(1, 400).Draw(t, "requests") {
		v := seen[r.IntN(len(seen))]
		switch r.IntN(3) {
		case 0:
			v.referer = fmt.Sprintf("http://f%d.example/x", r.IntN(1000))
		case 1:
			v.referer = fmt.Sprintf("http://F%d.%s", r.IntN(1000), [...]string{"a.example", "y.b.example:80", "b.example.", "test"}[r.IntN(4)])
		}
		if r.IntN(2) == 0 {
			ip := netip.MustParseAddr("2001:db8::").As16()
			binary.BigEndian.PutUint32(ip[4:], r.Uint32N(3))
			binary.BigEndian.PutUint64(ip[8:], r.Uint64N(1<<r.IntN(64)))
			v.client = netip.AddrFrom16(ip)
		}
		if r.IntN(2) == 0 {
			v.agent = fmt.Sprintf("Agent/%d", r.IntN(1000))
		}
		if r.IntN(2) == 0 {
			v.host = fmt.Sprintf("h%d.example", r.IntN(1000))
		}
		v.bytes = int64(i)
		visits = append(visits, v)
	}
	return visits
}

// entriesOf lists clients, as a ruleset after an attack may.
func entriesOf(visits []visit) (entries []policy.Entry) {
	seen := map[netip.Prefix]bool{}
	for i, v := range visits {
		p, _ := v.client.Prefix(v.client.BitLen() - i%3*16)
		if i%20 == 0 && !seen[p] {
			seen[p] = true
			entries = append(entries, policy.NetworkEntry(p))
		}
	}
	return entries
}

// pool surveys a log and plans.
func pool(t *rapid.T, visits []visit, limit int64, spared *budget.Spared) (*budget.Pool, bool) {
	survey := budget.NewSurvey(limit, replayCosts)
	streams := cut(t, visits, func(l *log) { l.renew = true })
	if _, err := fold.Run(t.Context(), streams, survey.New); err != nil {
		t.Fatal(err)
	}
	return survey.Plan(spared)
}

// TestPooledReplay replays logs with rare values taken together, and demands the
// counts that they have when they are not.
func TestPooledReplay(t *testing.T) {
	db, err := geo.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	pooledAny := false
	rapid.Check(t, func(t *rapid.T) {
		rs := policytest.Ruleset(t)
		visits := drawVisits(t)
		rs.Rules = append(rs.Rules, policy.Rule{ID: "seen", Control: policy.IP, Entries: entriesOf(visits)})
		plan, err := replay.NewPlan([]replay.Candidate{{Ruleset: rs}}, geo.PreferLog, db)
		if err != nil {
			t.Fatal(err)
		}
		r := &reading{kept: &kept{costs: replayCosts, rulesets: []*policy.Ruleset{rs}}, countries: &countrySource{db: db}}
		limit := rapid.Int64Range(25_000, 200_000).Draw(t, "limit")
		p, ok := pool(t, visits, limit, r.spared())
		if !ok {
			t.Skip("too little room")
		}
		again, _ := pool(t, visits, limit, r.spared())
		if diff := cmp.Diff(fmt.Sprint(p.Kinds), fmt.Sprint(again.Kinds)); diff != "" {
			t.Fatalf("-one split +another:\n%s", diff)
		}
		pooledAny = pooledAny || len(p.Kinds) > 0
		run := func(pooling *record.Pooling) *replay.Result {
			a, err := fold.Run(t.Context(), cut(t, visits, func(l *log) { l.pooling = pooling }), plan.New)
			if err != nil {
				t.Fatal(err)
			}
			result := a.Result(10)
			if err := result.Reconcile(int64(len(visits))); err != nil {
				t.Fatal(err)
			}
			return result
		}
		whole, pooled := run(nil), run(&p.Pooling)
		if diff := cmp.Diff(countsOf(whole), countsOf(pooled)); diff != "" {
			t.Fatalf("-whole +pooled:\n%s", diff)
		}
		if other := run(&p.Pooling); cmp.Diff(fmt.Sprint(other), fmt.Sprint(pooled)) != "" {
			t.Fatalf("another split:\n%v\n%v", other, pooled)
		}
	})
	if !pooledAny {
		t.Error("nothing was pooled")
	}
}

// replayCounts are the figures of a replay that may not depend on the budget.
type replayCounts struct {
	Total, Denied, Redirected, Served, Inert tally.Counts
	Overlap                                  [1 << policy.NumControls]tally.Counts
	Rules                                    []replay.RuleCounts
	Entries                                  []replay.EntryCounts
	Countries, Statuses                      []replay.Value
}

func countsOf(r *replay.Result) replayCounts {
	s := &r.Sides[0]
	return replayCounts{r.Total, s.Denied, s.Redirected, s.Served, s.Inert, s.Overlap, s.Rules, s.EntryCounts, s.Countries, s.Statuses}
}

// TestFlood forges values in every request, and demands that the dictionaries
// stay within the budget, but for what the attacker cannot forge.
func TestFlood(t *testing.T) {
	const requests, limit = 150_000, 8 << 20
	agent := func(i int) string { return fmt.Sprintf("Mozilla/5.0 (flood %d) Gecko/%0*d", i, i%600, i) }
	flood := &log{}
	for i := range requests {
		v := visit{client: netip.MustParseAddr("192.0.2.1"), referer: "https://shop.example/", agent: "a/1", host: "cdn.example", path: "/"}
		ip := netip.MustParseAddr("2001:db8::").As16()
		binary.BigEndian.PutUint64(ip[4:], uint64(i)*0x9e3779b97f4a7c15)
		switch i % 5 {
		case 0:
			v.client = netip.AddrFrom16(ip)
		case 1:
			v.referer = fmt.Sprintf("https://f%d.evil.example/", i)
		case 2:
			v.referer = fmt.Sprintf("https://f%d-%d.example/", i, i)
		case 3:
			v.agent = agent(i)
		case 4:
			v.host = fmt.Sprintf("h%d.example", i)
		}
		flood.visits = append(flood.visits, v)
	}
	survey := budget.NewSurvey(limit, replayCosts)
	counting := *flood
	counting.renew = true
	if _, err := fold.Run(t.Context(), []record.Stream{&counting}, survey.New); err != nil {
		t.Fatal(err)
	}
	if survey.Takes() < 4*limit {
		t.Fatalf("%d bytes are no flood", survey.Takes())
	}
	spared := &budget.Spared{Suffixes: map[string]bool{"evil.example": true}}
	p, ok := survey.Plan(spared)
	if !ok || len(p.Kinds) != 4 {
		t.Fatalf("pooled: %v", p)
	}
	pooled := *flood
	pooled.pooling, pooled.meter = &p.Pooling, budget.NewMeter(limit, replayCosts)
	if err := pooled.Each(t.Context(), func(*record.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	d := pooled.dicts
	for name, n := range map[string]int{
		"clients": d.Clients.Len(), "referers": d.RefererHosts.Len(), "agents": d.UserAgents.Len(), "hosts": d.Hosts.Len(),
	} {
		if most := limit / 400; n > most {
			t.Errorf("%d %s, more than %d", n, name, most)
		}
		t.Logf("%s: %d", name, n)
	}
	whole := *flood
	whole.meter = budget.NewMeter(limit, replayCosts)
	if err := whole.Each(t.Context(), func(*record.Batch) error { return nil }); err == nil || whole.dicts.RefererHosts.Len() > requests/2 {
		t.Errorf("not pooled: %v with %d hosts", err, whole.dicts.RefererHosts.Len())
	}
}

func TestMemoryFlag(t *testing.T) {
	for text, want := range map[string]int64{
		"512MiB": 512 << 20, "2GB": 2e9, "1.5 GiB": 3 << 29, "200000000": 2e8, "1tb": 1e12, "300mib": 300 << 20, "134217728B": 128 << 20,
		"": 0, "1MiB": -1, "lots": -1, "-1GB": -1, "GiB": -1, "NaN": -1, "1e300GB": -1, "512M": -1,
	} {
		got, err := (&inputFlags{memory: text}).budget()
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d; want %d", text, got, want)
		}
	}
}
