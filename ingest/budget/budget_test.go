package budget

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

func digestOfNumber(n int) digest { return digestOf(record.Host, fmt.Append(nil, n)) }

// TestDistinct counts values, twice each, and demands estimates that are near
// and never fall.
func TestDistinct(t *testing.T) {
	d, last := newDistinct(), int64(0)
	for n := 1; n <= 300_000; n++ {
		h := digestOfNumber(n)
		d.add(h.word(0))
		d.add(h.word(0))
		if n%100 != 0 {
			continue
		}
		got := d.estimate()
		if got < last {
			t.Fatalf("%d after %d", got, last)
		}
		if off := math.Abs(float64(got-int64(n))) / float64(n); off > 0.04 {
			t.Fatalf("%d of %d", got, n)
		}
		last = got
	}
}

// TestFrequency holds a sketch against exact counts.
func TestFrequency(t *testing.T) {
	const values = 5000
	f := newFrequency(1 << 12)
	r := rand.New(rand.NewPCG(1, 2))
	exact := map[int]uint32{}
	for n := range values {
		exact[n] = 1
		if r.IntN(20) == 0 {
			exact[n] = r.Uint32N(1000)
		}
		d := digestOfNumber(n)
		f.add(&d, uint64(exact[n]))
	}
	for _, most := range []int64{0, 10, 100, 200, 1000, values} {
		least := f.threshold(values, most)
		kept := int64(0)
		for n, count := range exact {
			d := digestOfNumber(n)
			if f.of(&d) < count {
				t.Fatalf("%d requests, and %d in the sketch", count, f.of(&d))
			}
			if f.of(&d) >= least {
				kept++
			} else if count >= least {
				t.Fatalf("%d requests are below %d", count, least)
			}
		}
		if kept > most+most/10 {
			t.Errorf("%d values have %d requests, and at most %d should", kept, least, most)
		}
	}
	d := digestOfNumber(0)
	f.add(&d, 1<<40)
	f.add(&d, 1<<40)
	if f.of(&d) != math.MaxUint32 {
		t.Errorf("a counter went over: %d", f.of(&d))
	}
}

func TestUnits(t *testing.T) {
	for size, want := range map[int]int{0: 1, 1: 1, unitSize: 1, unitSize + 1: 2, 10*unitSize + 1: 11} {
		if got := units(make([]byte, size)); got != want {
			t.Errorf("%d bytes: %d units; want %d", size, got, want)
		}
	}
}

// read meters streams with so many own values each, and some that all have, and
// returns how the reading ends.
func read(t *rapid.T, limit int64, streams [][]int) error {
	m := NewMeter(limit, Costs{Hosts: 100})
	type open struct {
		gauge   *Gauge
		builder *record.Builder
		left    []int
	}
	var all []*open
	for _, values := range streams {
		all = append(all, &open{m.Gauge(), record.NewBuilder(record.ColumnSet(record.Host)), values})
	}
	for len(all) > 0 {
		i := rapid.IntRange(0, len(all)-1).Draw(t, "stream")
		s := all[i]
		if len(s.left) == 0 {
			if err := s.gauge.End(); err != nil {
				return err
			}
			all = append(all[:i], all[i+1:]...)
			continue
		}
		n := rapid.IntRange(1, len(s.left)).Draw(t, "rows")
		for _, v := range s.left[:n] {
			s.builder.SetHost(fmt.Append(nil, v))
			s.builder.Commit()
		}
		s.left = s.left[n:]
		b := s.builder.Flush(0)
		if err := s.gauge.Read(b.Dicts); err != nil {
			return err
		}
		s.builder.Reset()
	}
	if got := m.Values()[Hosts]; got*100 > limit {
		t.Fatalf("%d values, and no error", got)
	}
	return nil
}

// TestMeterSplit demands that a reading ends in the same way however the values
// are split.
func TestMeterSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.IntRange(1, 300).Draw(t, "values")
		limit := int64(100 * max(values+rapid.IntRange(-5, 5).Draw(t, "more"), 1))
		draw := func() (streams [][]int) {
			streams = make([][]int, rapid.IntRange(1, 4).Draw(t, "streams"))
			for v := range values {
				at := rapid.IntRange(0, len(streams)-1).Draw(t, "at")
				streams[at] = append(streams[at], v)
				if also := rapid.IntRange(0, len(streams)-1).Draw(t, "also"); also != at {
					streams[also] = append(streams[also], v)
				}
			}
			return streams
		}
		first, second := read(t, limit, draw()), read(t, limit, draw())
		if (first == nil) != (second == nil) {
			t.Fatalf("limit %d: %v; another split: %v", limit, first, second)
		}
		var over *ExceededError
		if first != nil && (!errors.As(first, &over) || over.Taken <= limit) {
			t.Fatalf("%v", first)
		}
	})
}

// TestSurveyRenews surveys streams whose dictionaries are new with every batch,
// and demands what others see.
func TestSurveyRenews(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agents := rapid.SliceOfN(rapid.IntRange(0, 50), 1, 200).Draw(t, "agents")
		survey := func(renew bool) *Survey {
			s := NewSurvey(1<<20, Costs{UserAgents: 1000})
			b := record.NewBuilder(record.ColumnSet(record.UserAgent))
			a := s.New()
			for _, n := range agents {
				b.SetString(record.UserAgent, fmt.Appendf(nil, "%0*d", n*40, n), nil)
				b.Commit()
				if rapid.Bool().Draw(t, "flush") {
					if err := a.Add(b.Flush(0)); err != nil {
						t.Fatal(err)
					}
					b.Reset()
					if renew {
						b.Renew()
					}
				}
			}
			a.Add(b.Flush(0))
			a.Settle()
			return s
		}
		one, other := survey(true), survey(false)
		for i := range sketchRows {
			if fmt.Sprint(one.frequency[UserAgents].rows[i]) != fmt.Sprint(other.frequency[UserAgents].rows[i]) {
				t.Fatal("other requests")
			}
		}
		if one.Values() != other.Values() {
			t.Fatalf("%v; want %v", one.Values(), other.Values())
		}
	})
}

// TestShare demands that kinds that take little stay whole.
func TestShare(t *testing.T) {
	s := NewSurvey(10<<20, Costs{IPv4: 100, IPv6: 100, RefererHosts: 100, UserAgents: 100})
	for k, n := range map[Kind]int{IPv4: 1000, UserAgents: 5000, RefererHosts: 100_000} {
		for i := range n {
			d := digestOf(k.column(), fmt.Append(nil, i))
			s.add(k, &d, 1)
		}
	}
	kinds, each, ok := s.share()
	if !ok || fmt.Sprint(kinds) != fmt.Sprint([]Kind{RefererHosts}) || each < 3<<20 || each > 5<<20 {
		t.Errorf("%v, %d bytes each, %v", kinds, each, ok)
	}
	for i := range 100_000 {
		d := digestOf(record.Client, fmt.Append(nil, i))
		s.add(IPv4, &d, 1)
	}
	if _, _, ok := s.share(); ok {
		t.Error("there is room beside more IPv4 clients than fit")
	}
}

// TestStandOf demands that what stands for a host is below the same suffixes.
func TestStandOf(t *testing.T) {
	suffixes := map[string]bool{"a.example": true, "x.a.example": true, "test": true}
	for host, want := range map[string]string{
		"a.example": "", "b.example": "", "example": "", "r.a.example": "(pooled).a.example", "s.r.a.example": "(pooled).a.example",
		"x.a.example": "(pooled).a.example", "r.x.a.example": "(pooled).x.a.example", "a.test": "(pooled).test", "[2001:db8::1]": "",
	} {
		got := standOf([]byte(host), suffixes)
		if got != want {
			t.Errorf("%s: %q; want %q", host, got, want)
		}
		if got != "" && standOf([]byte(got), suffixes) != got {
			t.Errorf("%s does not stand for itself", got)
		}
	}
}
