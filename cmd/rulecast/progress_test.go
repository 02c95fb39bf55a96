package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// clockwork is a reading that goes on evenly for ten seconds.
type clockwork struct {
	started time.Time
	total   int64
}

func (c *clockwork) Progress() (read, total int64) {
	return time.Since(c.started).Milliseconds() * 100_000, c.total
}

func (c *clockwork) Requests() int64 { return time.Since(c.started).Milliseconds() * 1000 }

// shown is what a terminal got in some time, one text for each time that its
// line was erased.
func shown(t *testing.T, total int64, after time.Duration) []string {
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		stop := showProgress(&terminal{Writer: &out, columns: func() int { return 80 }}, &clockwork{time.Now(), total})
		time.Sleep(after)
		stop()
	})
	if out.Len() == 0 {
		return nil
	}
	return strings.Split(out.String(), eraseLine)[1:]
}

func TestProgressShown(t *testing.T) {
	if got := shown(t, 1e9, 600*time.Millisecond); got != nil {
		t.Errorf("shown for what is done at once: %q", got)
	}
	want := []string{
		"█░░░░░░░░░░░░░░░░░░░░░    7%  70.0 MB of 1.00 GB  1,000,000 requests/s  9s left",
		"█░░░░░░░░░░░░░░░░░░░░░    9%  90.0 MB of 1.00 GB  1,000,000 requests/s  9s left",
		"██░░░░░░░░░░░░░░░░░░░░░   11%  110 MB of 1.00 GB  1,000,000 requests/s  9s left",
		"",
	}
	if diff := cmp.Diff(want, shown(t, 1e9, 1200*time.Millisecond)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want = []string{"70.0 MB  700,000 requests  1,000,000 requests/s", ""}
	if diff := cmp.Diff(want, shown(t, -1, 800*time.Millisecond)); diff != "" {
		t.Errorf("of a pipe, -want +got:\n%s", diff)
	}
	if stop := showProgress(nil, nil); stop == nil {
		t.Error("no terminal")
	} else {
		stop()
	}
}

// Whatever the figures and the terminal, the line fits, unless there is hardly
// any room.
func TestProgressLineFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(0, 200).Draw(t, "columns")
		total := rapid.OneOf(rapid.Just(int64(-1)), rapid.Int64Range(0, 1<<50)).Draw(t, "total")
		read := rapid.Int64Range(0, 1<<50).Draw(t, "read")
		a := amount{rapid.Int64Range(0, 1<<45).Draw(t, "requests"), time.Duration(rapid.Int64Range(int64(progressAfter), 1<<55).Draw(t, "in"))}
		line := progressLine(columns, read, total, a)
		if n := utf8.RuneCountInString(line); n > max(columns, 8) {
			t.Fatalf("%d columns: %q", n, line)
		}
		if strings.ContainsAny(line, "\n\r\x1b") || strings.Contains(line, "-") {
			t.Fatalf("%q", line)
		}
	})
}
