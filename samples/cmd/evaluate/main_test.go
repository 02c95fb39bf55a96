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
		"## hotlinks, last day: verdict block\n", "## hotlinks, last 7 days: verdicts by population\n", "\n| all | ", "\n| 2 | ", "\n| hotlinker-tenant | ", "\n| any foreign host that embeds | ", ": missed\n",
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
