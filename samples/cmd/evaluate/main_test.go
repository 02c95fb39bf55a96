package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"rulecast/samples/gen"
)

// TestRun scores a small town, from the program as it is built to the tables.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	var stdout, stderr bytes.Buffer
	args := strings.Fields("-seeds 1,2 -rows 30000 -format cloudfront-v2 -cases 2")
	if code := run(context.Background(), args, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for _, want := range []string{
		"## addresses: lists of 100, on the last day\n", "## hotlinks, last day: verdict block\n", "## hotlinks, last 7 days: verdicts by population\n", "\n| all | ", "\n| 2 | ", "\n| hotlinker-tenant | ", "\n| any foreign host that embeds | ", ": missed\n",
	} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, &stdout)
		}
	}
	for line := range strings.Lines(stdout.String()) {
		if strings.Contains(line, "NaN") {
			t.Errorf("%s", line)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"-h", 0, "tuning"},
		{"stray", 2, "no arguments"},
		{"-seeds 1,x", 2, `"x" is no number`},
		{"-rulecast /nonexistent -only weather", 1, "not one that is scored"},
		{"-rulecast /nonexistent -seeds 1 -rows 20000", 1, "town 1: rulecast hotlinks: "},
		{"-rulecast /nonexistent -rows 7", 1, "a town has at least"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), strings.Fields(c.args), &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("evaluate %s: exit code %d: %s", c.args, code, &stderr)
		}
	}
}

// TestSeeds demands that nothing is judged by what it was tuned with.
func TestSeeds(t *testing.T) {
	for _, seed := range tuningSeeds {
		if slices.Contains(judgingSeeds, seed) {
			t.Errorf("%d is among both", seed)
		}
	}
	if seeds, err := readSeeds("judging"); err != nil || !slices.Equal(seeds, judgingSeeds) {
		t.Errorf("%v, %v", seeds, err)
	}
}

// TestTally scores four hosts by hand: two hotlinkers of which one is blocked,
// and two others of which one is.
func TestTally(t *testing.T) {
	var c tally
	for _, h := range []struct {
		hotlinker, block bool
		led              gen.Led
	}{
		{true, true, gen.Led{Embeds: 300, OwnEmbeds: 30, Navigations: 10, Forged: 7}},
		{true, false, gen.Led{Embeds: 100}},
		{false, true, gen.Led{Embeds: 40, OwnEmbeds: 15, Navigations: 5}},
		{false, false, gen.Led{Embeds: 999}},
	} {
		c.add(&host{LabelledHost: gen.LabelledHost{IsHotlinker: h.hotlinker}, led: h.led}, h.block)
	}
	want := []any{int64(2), int64(2), "50.0%", "50.0%", "50.0%", "75.0%", "75.0%", "75.0%"}
	if got := c.cells(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestCoverage scores two lists on the last of three days by hand.
func TestCoverage(t *testing.T) {
	town := &town{days: []string{"0", "1", "2"}, truth: &gen.Truth{Labels: &gen.Labels{Clients: []gen.LabelledClient{
		{Address: "192.0.2.1", Bad: []int64{50, 40, 30}},
		{Address: "192.0.2.2", Bad: []int64{0, 0, 20}},
		{Address: "192.0.2.3", Good: []int64{1, 1, 5}, People: 7},
		{Address: "198.51.100.9", Bad: []int64{0, 90, 0}},
		{Address: "203.0.113.4", Population: goodBot, Good: []int64{500, 500, 15}},
		{Address: "2001:db8::1", Bad: []int64{0, 70, 0}},
		{Address: "2001:db8::2", Bad: []int64{0, 0, 10}},
	}}}}
	for _, c := range []struct {
		list list
		want coverage
	}{
		{list{v4: 24, v6: 64, days: 1, what: onlyBad}, coverage{bad: 60, good: 20, people: 8, badHit: 60, goodHit: 5, peopleHit: 7, news: 30, newsHit: 30, entries: 3, entriesHit: 2}},
		{list{v4: 32, v6: 128, days: 7, what: onlyBad}, coverage{bad: 60, good: 20, people: 8, badHit: 30, news: 30, entries: 3, entriesHit: 1}},
		{list{v4: 32, v6: 128, days: 0, what: onlyBad}, coverage{bad: 60, good: 20, people: 8, badHit: 60, news: 30, newsHit: 30, entries: 3, entriesHit: 3}},
		{list{v4: 32, v6: 128, days: 1}, coverage{bad: 60, good: 20, people: 8, badHit: 30, goodHit: 20, peopleHit: 8, news: 30, entries: 5, entriesHit: 3}},
		{list{v4: 32, v6: 128, days: 1, what: strangers}, coverage{bad: 60, good: 20, people: 8, badHit: 30, goodHit: 5, peopleHit: 7, news: 30, entries: 4, entriesHit: 2}},
	} {
		prefixes, err := c.list.choose(town)
		if err != nil {
			t.Fatal(err)
		}
		var got coverage
		if err := got.add(town, newListing(prefixes), 2, 3); err != nil || got != c.want {
			t.Errorf("%+v: %v: %+v, %v; want %+v", c.list, prefixes, got, err, c.want)
		}
	}
}
