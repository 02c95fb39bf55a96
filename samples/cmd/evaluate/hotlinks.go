package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"rulecast/samples/gen"
)

// window is a run of days at the end of a log that is asked about.
type window struct {
	name string
	days int
}

// windows are what people ask about: a night's log, and a week.
var windows = []window{{"last day", 1}, {"last 7 days", 7}}

// host is a Referer host with what it is and what was said of it.
type host struct {
	gen.LabelledHost
	led    gen.Led // in the window
	answer answer
	seed   uint64
}

// answer is a row of the table of hosts.
type answer struct {
	Host    string   `json:"host"`
	Class   *string  `json:"class"`
	Verdict string   `json:"verdict"`
	Score   int      `json:"score"`
	Embeds  int64    `json:"embeds"`
	Clients int64    `json:"clients"`
	OwnView *float64 `json:"own_view_share"`
	Low     *float64 `json:"embed_share_low"`
	Reason  string   `json:"reason"`

	site string // the verdict on its site as a whole, if that has several hosts
}

// hotlinksScore scores the verdicts on Referer hosts.
type hotlinksScore struct {
	o     *options
	hosts map[window][]host
}

func newHotlinks(o *options) *hotlinksScore {
	return &hotlinksScore{o: o, hosts: map[window][]host{}}
}

func (s *hotlinksScore) score(ctx context.Context, p program, t *town) error {
	for _, w := range windows {
		from := max(0, len(t.days)-w.days)
		args := append([]string{"hotlinks", "--top", "100000", "--own", t.truth.Labels.Own[0]}, t.days[from:]...)
		var tables struct {
			Hotlinks []answer `json:"hotlinks"`
			Sites    []struct {
				Site    string `json:"site"`
				Verdict string `json:"verdict"`
			} `json:"sites"`
		}
		if err := p.ask(ctx, &tables, args...); err != nil {
			return err
		}
		answers := map[string]answer{}
		for _, a := range tables.Hotlinks {
			answers[a.Host] = a
		}
		sites := map[string]string{}
		for _, s := range tables.Sites {
			sites[s.Site] = s.Verdict
		}
		for _, h := range t.truth.Labels.Hosts {
			found := host{LabelledHost: h, answer: answers[h.Host], seed: t.seed}
			found.answer.site = sites[h.Site]
			for _, day := range h.Days[from:] {
				found.led = found.led.Plus(day)
			}
			// A hotlinker that leads nobody to us in these days is not one.
			found.IsHotlinker = h.IsHotlinker && found.led.Embeds > 0
			if found.led != (gen.Led{}) {
				s.hosts[w] = append(s.hosts[w], found)
			}
		}
	}
	return nil
}

// tally counts what a way of deciding does.
type tally struct {
	hotlinkers, blocked, right int64 // hosts
	embeds, stopped            int64 // of hotlinkers, for people who do not come to us
	harmed                     int64 // other requests that people made, of blocked hosts
}

func (c *tally) add(h *host, block bool) {
	if h.IsHotlinker {
		c.hotlinkers++
		c.embeds += h.led.Embeds
	}
	if !block {
		return
	}
	c.blocked++
	c.harmed += h.led.OwnEmbeds + h.led.Navigations
	if h.IsHotlinker {
		c.right++
		c.stopped += h.led.Embeds
	} else {
		c.harmed += h.led.Embeds
	}
}

func (c *tally) cells() []any {
	f1 := func(right, said, there int64) string { return percent(2*right, said+there) }
	return []any{
		c.hotlinkers, c.blocked, percent(c.right, c.blocked), percent(c.right, c.hotlinkers), f1(c.right, c.blocked, c.hotlinkers),
		percent(c.stopped, c.stopped+c.harmed), percent(c.stopped, c.embeds), f1(c.stopped, c.stopped+c.harmed, c.embeds),
	}
}

var tallyHeader = []string{"hotlinkers", "blocked", "precision", "recall", "F1", "precision (requests)", "recall (embeds)", "F1"}

// ways are what is compared: the verdicts, other limits of the score, and the
// rule that servers and CDNs document.
var ways = []struct {
	name  string
	block func(a *answer) bool
}{
	{"verdict block", isBlocked},
	{"verdict block, of the host or its site", func(a *answer) bool { return isBlocked(a) || a.site == "block" }},
	{"verdict block or watch", func(a *answer) bool { return a.Verdict == "block" || a.Verdict == "watch" }},
	{"score 7 and more", scoreOf(7)},
	{"score 6 and more", scoreOf(6)},
	{"score 5 and more", scoreOf(5)},
	{"score 4 and more", scoreOf(4)},
	{"score 3 and more", scoreOf(3)},
	{"any foreign host that embeds", func(a *answer) bool { return a.Embeds > 0 }},
	{"the same but for known sites", func(a *answer) bool { return a.Embeds > 0 && a.Class == nil }},
}

func isBlocked(a *answer) bool { return a.Verdict == "block" }

func scoreOf(least int) func(*answer) bool {
	return func(a *answer) bool { return a.Class == nil && a.Score >= least }
}

func (s *hotlinksScore) print(w io.Writer) error {
	for _, win := range windows {
		hosts := s.hosts[win]
		tables := []*table{s.seedTable(win, hosts), wayTable(win, hosts), populationTable(win, hosts)}
		if s.o.cases > 0 {
			tables = append(tables, s.caseTable("missed", win, hosts, func(h *host) bool { return h.IsHotlinker && !isBlocked(&h.answer) }),
				s.caseTable("blocked wrongly", win, hosts, func(h *host) bool { return !h.IsHotlinker && isBlocked(&h.answer) }))
		}
		for _, t := range tables {
			if err := t.print(w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *hotlinksScore) seedTable(win window, hosts []host) *table {
	t := &table{title: "hotlinks, " + win.name + ": verdict block", header: append([]string{"seed"}, tallyHeader...)}
	var all tally
	for _, seed := range s.o.seeds {
		var one tally
		for i := range hosts {
			if h := &hosts[i]; h.seed == seed && h.Population != "own" {
				one.add(h, isBlocked(&h.answer))
				all.add(h, isBlocked(&h.answer))
			}
		}
		t.add(append([]any{seed}, one.cells()...)...)
	}
	t.add(append([]any{"all"}, all.cells()...)...)
	return t
}

func wayTable(win window, hosts []host) *table {
	t := &table{title: "hotlinks, " + win.name + ": ways to decide", header: append([]string{"blocked if"}, tallyHeader...)}
	for _, way := range ways {
		var sum tally
		for i := range hosts {
			if h := &hosts[i]; h.Population != "own" {
				sum.add(h, way.block(&h.answer))
			}
		}
		t.add(append([]any{way.name}, sum.cells()...)...)
	}
	return t
}

// populationTable says what becomes of each kind of host.
func populationTable(win window, hosts []host) *table {
	t := &table{title: "hotlinks, " + win.name + ": verdicts by population", header: []string{"population", "hosts", "block", "watch", "known", "spam", "ignore", "embeds", "of these blocked", "own embeds, navigations", "of these blocked"}}
	type sums struct {
		verdicts             map[string]int64
		hosts, embeds, other int64
		stopped, harmed      int64
	}
	byName := map[string]*sums{}
	var names []string
	for i := range hosts {
		h := &hosts[i]
		sum := byName[h.Population]
		if sum == nil {
			sum = &sums{verdicts: map[string]int64{}}
			byName[h.Population] = sum
			names = append(names, h.Population)
		}
		other := h.led.OwnEmbeds + h.led.Navigations
		sum.hosts++
		sum.verdicts[h.answer.Verdict]++
		sum.embeds, sum.other = sum.embeds+h.led.Embeds, sum.other+other
		if isBlocked(&h.answer) {
			sum.stopped, sum.harmed = sum.stopped+h.led.Embeds, sum.harmed+other
		}
	}
	for _, name := range names {
		sum, v := byName[name], byName[name].verdicts
		t.add(name, sum.hosts, v["block"], v["watch"], v["known"], v["spam"], v["ignore"], sum.embeds, percent(sum.stopped, sum.embeds), sum.other, percent(sum.harmed, sum.other))
	}
	return t
}

// caseTable lists the hosts with most embeds of which something is true.
func (s *hotlinksScore) caseTable(what string, win window, hosts []host, is func(*host) bool) *table {
	t := &table{
		title: "hotlinks, " + win.name + ": " + what, words: 1,
		header: []string{"host", "seed", "population", "embeds", "own embeds", "navigations", "forged", "clients", "low", "own view", "score", "reason"},
	}
	var listed []*host
	for i := range hosts {
		if is(&hosts[i]) {
			listed = append(listed, &hosts[i])
		}
	}
	slices.SortStableFunc(listed, func(g, h *host) int { return cmp.Compare(h.led.Embeds+h.led.OwnEmbeds, g.led.Embeds+g.led.OwnEmbeds) })
	for _, h := range listed[:min(s.o.cases, len(listed))] {
		a := &h.answer
		t.add(h.Host, h.seed, h.Population, h.led.Embeds, h.led.OwnEmbeds, h.led.Navigations, h.led.Forged, a.Clients, share(a.Low), share(a.OwnView), a.Score, a.Reason)
	}
	if rest := len(listed) - len(t.rows); rest > 0 {
		t.add(fmt.Sprintf("and %d more", rest), "", "", "", "", "", "", "", "", "", "", "")
	}
	return t
}

func share(v *float64) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'f', 3, 64)
}
