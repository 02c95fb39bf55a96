package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"rulecast/report"
	"rulecast/report/view"
)

// When progress is shown: first after a while, so that what is done at once
// shows none, and then several times a second.
const (
	progressAfter = 700 * time.Millisecond
	progressEvery = 200 * time.Millisecond
)

// eraseLine goes back to the beginning of a terminal's line and empties it.
const eraseLine = "\r\x1b[K"

// progressing is a reading that goes on.
type progressing interface {
	Progress() (read, total int64) // bytes; total is -1 if it is not known
	Requests() int64
}

// terminal is one on which a line can be written over.
type terminal struct {
	io.Writer
	columns func() int // its width now
}

// progressOn is where progress is shown: standard error if it is a terminal,
// nil otherwise.
func progressOn(std *streams) *terminal {
	file, ok := std.err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &terminal{Writer: file, columns: func() int {
		columns, _ := terminalWidth(file)
		return columns
	}}
}

// showProgress shows on a terminal how far a reading is, until it is told to
// stop, and leaves no trace. A nil terminal gets nothing.
func showProgress(t *terminal, r progressing) (stop func()) {
	if t == nil {
		return func() {}
	}
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { followProgress(t, r, quit) })
	return func() {
		close(quit)
		wg.Wait()
	}
}

func followProgress(t *terminal, r progressing, quit <-chan struct{}) {
	started, next := time.Now(), progressAfter
	for {
		select {
		case <-quit:
			if next == progressEvery {
				io.WriteString(t, eraseLine)
			}
			return
		case <-time.After(next):
		}
		next = progressEvery
		read, total := r.Progress()
		io.WriteString(t, eraseLine+progressLine(t.columns()-1, read, total, amount{r.Requests(), time.Since(started)}))
	}
}

// amount is how many requests came in a time.
type amount struct {
	requests int64
	in       time.Duration
}

func (a amount) rate() string {
	return report.Grouped(int64(math.Round(float64(a.requests)/a.in.Seconds()))) + " requests/s"
}

// The bar of a progress line, in columns.
const (
	leastBar = 10
	mostBar  = 40
)

// mostHoursLeft is how long a reading may still take for anyone to say so.
const mostHoursLeft = 1000

// progressLine says, in at most so many columns, how much has been read. What
// does not fit is left out: the bar first, and then from the right.
func progressLine(columns int, read, total int64, a amount) string {
	const gap = "  "
	var parts []string
	done := 0.0
	if total > 0 {
		read = min(read, total) // a file may grow
		done = float64(read) / float64(total)
		parts = []string{fmt.Sprintf("%3.0f%%", 100*done), report.HumanBytes(read) + " of " + report.HumanBytes(total), a.rate()}
		if left := a.in.Hours() * (1/done - 1); left < mostHoursLeft {
			parts = append(parts, time.Duration(left*float64(time.Hour)).Round(time.Second).String()+" left")
		}
	} else {
		parts = []string{report.HumanBytes(read), view.Plural(a.requests, "request"), a.rate()}
	}
	for len(parts) > 1 && utf8.RuneCountInString(strings.Join(parts, gap)) > columns {
		parts = parts[:len(parts)-1]
	}
	line := strings.Join(parts, gap)
	bar := min(columns-utf8.RuneCountInString(line)-len(gap), mostBar)
	if total <= 0 || bar < leastBar {
		return line
	}
	full := int(done * float64(bar))
	return strings.Repeat("█", full) + strings.Repeat("░", bar-full) + gap + line
}
