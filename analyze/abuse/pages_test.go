package abuse

import (
	"math"
	"slices"
	"testing"
	"time"

	"rulecast/ingest/record"
)

// TestPagesOnly has clients read page after page of whom nobody would say that
// they load nothing, or where that says nothing.
func TestPagesOnly(t *testing.T) {
	reads := commit(PagesOnly, 20, time.Second)
	with := func(more ...line) []line { return append(slices.Clone(reads), more...) }
	each := func(change func(*line)) []line {
		lines := slices.Clone(reads)
		for i := range lines {
			if q := &lines[i]; q.client == "192.0.2.1" {
				change(q)
			}
		}
		return lines
	}
	for _, c := range []struct {
		what  string
		lines []line
		want  bool
	}{
		{"reads", reads, true},
		{"has them already", each(func(q *line) { q.status = 304 }), true},
		{"is denied", each(func(q *line) { q.status = 403 }), false},
		{"is denied by the current ruleset", each(func(q *line) { q.status, q.explained = 403, true }), false},
		{"is slowed down", each(func(q *line) { q.status = 429 }), false},
		{"is denied by a WAF", each(func(q *line) { q.action = "BLOCK" }), false},
		{"is sent elsewhere", each(func(q *line) { q.status = 301 }), false},
		{"looks whether they are there", each(func(q *line) { q.method = "HEAD" }), false},
		{"posts", each(func(q *line) { q.method = "POST" }), false},
		{"asks for data", each(func(q *line) { q.contentType = "application/json" }), false},
		{"asks for data by name", each(func(q *line) { q.path += ".json" }), false},
		{"loads a file", with(line{client: "192.0.2.1", status: 200, path: "/a.png"}, line{client: "192.0.2.2", status: 200, path: "/", agent: chrome}), false},
		{"reads another", with(line{client: "192.0.2.2", status: 200, path: "/", agent: chrome}), true},
		{"says who it is", each(func(q *line) { q.agent = "Feed/1 (+https://feed.example)" }), false},
		{"where nobody loads files", reads[:20], false},
		{"where few do", with(line{client: "192.0.2.3", status: 200, path: "/"}), false},
	} {
		if got, _ := signalsOf(t, c.lines); got.Has(PagesOnly) != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

// TestPages counts pages, each once.
func TestPages(t *testing.T) {
	for _, n := range []int{1, MostPages - 1, MostPages, MostPages + 1} {
		lines := commit(PagesOnly, n, time.Second)
		j := analyze(t, NewPlan(Options{Thresholds: DefaultThresholds()}), 100, append(lines, lines...)).Judge(false)
		if got := byAddr(j)["192.0.2.1"].Pages; int(got) != min(n, MostPages) {
			t.Errorf("%d pages: %d", n, got)
		}
	}
}

// TestSince: a ruleset explains denials from some time on.
func TestSince(t *testing.T) {
	lines := commit(Probing, 11, time.Millisecond)
	for i := range lines {
		lines[i].explained = true
	}
	for _, c := range []struct {
		since int64
		want  bool
	}{{lines[0].time - 1, false}, {lines[9].time, false}, {lines[10].time, true}, {math.MinInt64, false}, {math.MaxInt64, true}} {
		j := analyze(t, NewPlan(Options{Thresholds: DefaultThresholds()}), 100, lines).JudgeSince(false, func(record.ID) int64 { return c.since })
		if got := byAddr(j)["192.0.2.1"].Signals.Has(Probing); got != c.want {
			t.Errorf("since %d: %v", c.since-lines[0].time, got)
		}
	}
}
