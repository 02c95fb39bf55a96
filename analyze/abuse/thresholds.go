package abuse

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Thresholds are the buckets of the signals, but for Label.
type Thresholds [numBuckets]Bucket

// DefaultThresholds are the published ones: see rules.
func DefaultThresholds() Thresholds {
	var t Thresholds
	for s := range numBuckets {
		t[s] = rules[s].bucket
	}
	return t
}

// The thresholds that a file may set.
const (
	mostCapacity = 10_000
	leastLeak    = time.Microsecond
	mostLeak     = 24 * time.Hour
)

// Extend changes thresholds by the lines of a file: a signal, how many requests
// its bucket holds, and how long one takes to leak out ("10s", "500ms",
// "never"); or a signal and "off". exploit and waf count without time: never is
// the only leak that they have. "#" begins a comment; of two lines for one
// signal the later counts. Errors name the file and the line.
func (t *Thresholds) Extend(file, text string) error {
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := t.set(words); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	return nil
}

func (t *Thresholds) set(words []string) error {
	s, ok := bucketNamed(words[0])
	switch {
	case !ok:
		return fmt.Errorf("signal %.40q: must be one of %s", words[0], strings.Join(bucketNames(), ", "))
	case len(words) == 2 && words[1] == "off":
		t[s].Off = true
		return nil
	case len(words) != 3:
		return fmt.Errorf("%d words: must be a signal, a capacity and a leak, or a signal and off", len(words))
	}
	capacity, err := strconv.Atoi(words[1])
	if err != nil || capacity < 0 || capacity > mostCapacity {
		return fmt.Errorf("capacity %.40q: must be a number from 0 to %d", words[1], mostCapacity)
	}
	b := Bucket{Capacity: capacity}
	if words[2] != "never" {
		if s >= Exploit {
			return fmt.Errorf("leak %.40q: %s counts without time, the leak must be never", words[2], s)
		}
		if b.Leak, err = time.ParseDuration(words[2]); err != nil || b.Leak < leastLeak || b.Leak > mostLeak {
			return fmt.Errorf("leak %.40q: must be never or a time from 1us to 24h, like 10s", words[2])
		}
		b.Leak = b.Leak.Truncate(time.Microsecond)
	}
	t[s] = b
	return nil
}

func bucketNamed(name string) (Signal, bool) {
	for s := range numBuckets {
		if rules[s].name == name {
			return s, true
		}
	}
	return 0, false
}

func bucketNames() []string {
	var names []string
	for s := range numBuckets {
		names = append(names, rules[s].name)
	}
	return names
}

// largest is the largest capacity of the buckets of events.
func (t *Thresholds) largest() int {
	n := 0
	for s := range numKinds {
		n = max(n, t[s].Capacity)
	}
	return n
}
