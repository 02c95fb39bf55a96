package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rulecast/analyze/site"
	"rulecast/ingest/referer"
)

// TestTownTruth counts the rows of a town in the plainest way, and compares
// with what the truth says of every client on every day, and of every host.
func TestTownTruth(t *testing.T) {
	o := Options{Scenario: Town, Seed: 2, Rows: 60_000, Span: 5 * 24 * time.Hour}
	text, truth := write(t, o)
	clients, hosts := map[string][]int64{}, map[string]int64{}
	var rows int64
	last := ""
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		v := strings.Split(line, "\t")
		at, err := time.Parse("2006-01-02 15:04:05", v[0]+" "+v[1])
		if err != nil {
			t.Fatal(err)
		}
		if v[0]+v[1] < last {
			t.Fatalf("%s %s: out of order", v[0], v[1])
		}
		last = v[0] + v[1]
		rows++
		if clients[v[4]] == nil {
			clients[v[4]] = make([]int64, 5)
		}
		clients[v[4]][int(at.Sub(start)/(24*time.Hour))]++
		if host, class := referer.Parse([]byte(percentDecoded(v[9]))); class == referer.ClassHost {
			hosts[host]++
		}
	}
	l := truth.Labels
	if rows != truth.Rows || rows != l.Good+l.Bad || l.Days != 5 || len(l.Clients) != len(clients) || len(l.Hosts) != len(hosts) || truth.Clients != len(clients) || truth.Hosts != len(hosts) {
		t.Errorf("%d rows, %d clients, %d hosts; the truth says %d, %d, %d, and %d good and %d bad", rows, len(clients), len(hosts), truth.Rows, len(l.Clients), len(l.Hosts), l.Good, l.Bad)
	}
	sum := func(days []int64, day int) int64 {
		if days == nil {
			return 0
		}
		return days[day]
	}
	var good, bad int64
	for _, c := range l.Clients {
		for day, n := range clients[c.Address] {
			if n != sum(c.Good, day)+sum(c.Bad, day) {
				t.Errorf("%s on day %d: %d requests, the truth says %+v", c.Address, day, n, c)
			}
			good, bad = good+sum(c.Good, day), bad+sum(c.Bad, day)
		}
		if c.IsBad && c.Good != nil || !c.IsBad && c.Bad != nil && c.Population != "shared-abused" || (c.Layout == "") != (c.Bad == nil) {
			t.Errorf("%+v", c)
		}
	}
	if good != l.Good || bad != l.Bad {
		t.Errorf("%d good and %d bad; the truth says %d and %d", good, bad, l.Good, l.Bad)
	}
	for _, h := range l.Hosts {
		var sum Led
		for _, day := range h.Days {
			sum = sum.Plus(day)
		}
		if sum != h.Led || len(h.Days) != 5 || h.Requests != hosts[h.Host] || h.Population != "own" && h.Requests != h.Embeds+h.OwnEmbeds+h.Navigations+h.Forged {
			t.Errorf("%+v: %d in the log", h, hosts[h.Host])
		}
	}
}

// TestTownDeterministic demands the same town of any number of workers and of
// files.
func TestTownDeterministic(t *testing.T) {
	o := Options{Scenario: Town, Format: "combined", Seed: 9, Rows: 40_000}
	want, wantTruth := write(t, o)
	old := runtime.GOMAXPROCS(1)
	one, oneTruth := write(t, o)
	runtime.GOMAXPROCS(old)
	if one != want || !reflect.DeepEqual(oneTruth, wantTruth) {
		t.Error("the number of workers shows")
	}
	dir := t.TempDir()
	g := mustNew(t, o)
	truth, err := g.WriteFiles(dir, 8, false)
	if err != nil || !reflect.DeepEqual(truth, wantTruth) {
		t.Errorf("8 files: another truth, %v", err)
	}
	var got strings.Builder
	for day := range 8 {
		text := readFile(t, filepath.Join(dir, fmt.Sprintf("combined-%04d.log", day)))
		date := time.Date(2026, 3, 2+day, 0, 0, 0, 0, time.UTC).Format("[02/Jan/2006:")
		if lines := strings.Count(text, "\n"); lines == 0 || strings.Count(text, date) != lines {
			t.Errorf("file of day %d: %d lines, not all of %s", day, lines, date)
		}
		got.WriteString(text)
	}
	if got.String() != want {
		t.Error("8 files: other lines")
	}
	o.Seed++
	if other, _ := write(t, o); other == want {
		t.Error("the seed does not show")
	}
}

// TestTownPopulations demands that every town has everybody, and in a
// plausible measure.
func TestTownPopulations(t *testing.T) {
	own := map[string]bool{}
	for seed := uint64(1); seed <= 6; seed++ {
		o := Options{Scenario: Town, Seed: seed, Rows: 120_000}
		var log countWriter
		truth, err := mustNew(t, o).Write(&log, false)
		if err != nil {
			t.Fatal(err)
		}
		l := truth.Labels
		own[l.Own[0]] = true
		missing := map[string]bool{}
		for _, p := range populations {
			missing[p.name] = true
		}
		for _, d := range trades {
			missing["host: "+d.name] = true
		}
		for _, name := range []string{"single", "tight", "moving", "hopping", "scattered", "rotating", "crowd", "next-to-crowd"} {
			missing["layout: "+name] = true
		}
		var lastDay int
		for _, c := range l.Clients {
			delete(missing, c.Population)
			delete(missing, "layout: "+c.Layout)
			if c.IsBad && slices.Max(c.Bad[:l.Days-1]) == 0 {
				lastDay++
			}
		}
		var embeds int64
		for _, h := range l.Hosts {
			delete(missing, "host: "+h.Population)
			if h.IsHotlinker {
				embeds += h.Embeds
			}
			if got := site.Of(h.Host); got != h.Site {
				t.Errorf("%s is of the site %s, not %s", h.Host, got, h.Site)
			}
		}
		if len(missing) > 0 {
			t.Errorf("seed %d: nobody is %v", seed, missing)
		}
		within := func(what string, n int64, low, high int64) {
			if n*100 < truth.Rows*low || n*100 > truth.Rows*high {
				t.Errorf("seed %d: %d %s of %d rows, not %d to %d%%", seed, n, what, truth.Rows, low, high)
			}
		}
		within("rows asked for", o.Rows, 88, 112)
		within("bad", l.Bad, 4, 26)
		within("hotlinked", embeds, 5, 24)
		within("evading", l.Evasion, 0, 6)
		within("clients", int64(truth.Clients), 1, 12)
		if lastDay == 0 {
			t.Errorf("seed %d: no abuser is new on the last day", seed)
		}
	}
	if len(own) < 5 {
		t.Errorf("all towns are called alike: %v", own)
	}
	if is, registry := site.IsSuffix(platform); !is || registry {
		t.Errorf("%s is not a platform's suffix", platform)
	}
}

// TestTownMoves demands that abusers stay in their networks more than at their
// addresses.
func TestTownMoves(t *testing.T) {
	truth, err := mustNew(t, Options{Scenario: Town, Seed: 3, Rows: 400_000}).Write(new(countWriter), false)
	if err != nil {
		t.Fatal(err)
	}
	days := truth.Labels.Days
	network := func(addr string) netip.Prefix {
		a := netip.MustParseAddr(addr)
		bits := 24
		if a.Is6() {
			bits = 64
		}
		return netip.PrefixFrom(a, bits).Masked()
	}
	before := map[netip.Prefix]bool{}
	for _, c := range truth.Labels.Clients {
		if c.IsBad && slices.Max(c.Bad[:days-1]) > 0 {
			before[network(c.Address)] = true
		}
	}
	var all, known, near int64
	for _, c := range truth.Labels.Clients {
		if !c.IsBad || !slices.Contains([]string{"tight", "moving", "hopping", "rotating"}, c.Layout) {
			continue
		}
		n := c.Bad[days-1]
		all += n
		if slices.Max(c.Bad[:days-1]) > 0 {
			known += n
		}
		if before[network(c.Address)] {
			near += n
		}
	}
	if known*10 > all*7 || near*3 < all || near-known < all/5 {
		t.Errorf("of %d bad requests on the last day, %d are of known addresses and %d of known networks", all, known, near)
	}
}

// TestRanges demands that the published ranges have the good bots in them, and
// nobody else.
func TestRanges(t *testing.T) {
	g := mustNew(t, Options{Scenario: Town, Seed: 4, Rows: 60_000})
	truth, err := g.Write(new(countWriter), false)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := g.Ranges(&text); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Prefixes []struct {
			V4 netip.Prefix `json:"ipv4Prefix"`
			V6 netip.Prefix `json:"ipv6Prefix"`
		}
	}
	if err := json.Unmarshal(text.Bytes(), &list); err != nil || len(list.Prefixes) == 0 {
		t.Fatalf("%s: %v", &text, err)
	}
	for _, c := range truth.Labels.Clients {
		a, in := netip.MustParseAddr(c.Address), false
		for _, p := range list.Prefixes {
			in = in || p.V4.IsValid() && p.V4.Contains(a) || p.V6.IsValid() && p.V6.Contains(a)
		}
		if in != (c.Population == "bot") {
			t.Errorf("%+v: in the ranges: %v", c, in)
		}
	}
	text.Reset()
	if err := mustNew(t, Options{}).Ranges(&text); err != nil || !strings.Contains(text.String(), `"prefixes": []`) {
		t.Errorf("the shop's bots: %s, %v", &text, err)
	}
}

func TestTownOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"scenario": {Scenario: "village"},
		"rows":     {Scenario: Town, Rows: 100},
		"clients":  {Scenario: Town, Clients: 1000},
		"hostile":  {Scenario: Town, Hostile: 3},
		"span":     {Scenario: Town, Span: 25 * time.Hour},
		"days":     {Scenario: Town, Span: 24 * time.Hour},
		"noon":     {Scenario: Town, Start: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)},
		"year":     {Scenario: Town, Start: time.Date(2300, 3, 2, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, days := range []int{minTownDays, 17} { // odd ones, and few rows
		for _, format := range Formats() {
			_, truth := write(t, Options{Scenario: Town, Format: format, Seed: 1, Rows: minTownRows, Span: time.Duration(days) * 24 * time.Hour})
			if truth.Labels.Days != days || truth.Labels.Bad == 0 {
				t.Errorf("%s, %d days: %d days, %d bad requests", format, days, truth.Labels.Days, truth.Labels.Bad)
			}
		}
	}
}

func BenchmarkTown(b *testing.B) {
	g := mustNew(b, Options{Scenario: Town, Rows: 400_000})
	var n countWriter
	for b.Loop() {
		n = 0
		if _, err := g.Write(&n, false); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(n))
}
