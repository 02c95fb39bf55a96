package inspect

import (
	"maps"
	"math/bits"
	"slices"
)

const hourMicros = 3600 * 1_000_000

// Gap is a run of whole hours, UTC, within the span of a log, in which it has
// no request.
type Gap struct{ From, Until int64 } // From <= t < Until, µs since the Unix epoch

// Hours is the length of the gap.
func (g Gap) Hours() int64 { return (g.Until - g.From) / hourMicros }

// MostGaps is how many gaps are listed.
const MostGaps = 5

// Gaps are the hours without a request.
type Gaps struct {
	Longest []Gap // at most MostGaps: the longest first, and of equal ones the earlier
	Count   int64 // of all gaps
	Hours   int64 // in all gaps
	Unknown bool  // the times are too scattered to remember, and nothing else is set
}

// maxHourWords bounds the memory of hours: that many pieces of 64 hours hold
// every hour of 478 years.
const maxHourWords = 1 << 16

// hours is a set of hours, which remembers any up to maxHourWords*64 that are
// close together. The zero value is empty.
type hours struct {
	words     map[int64]uint64 // by hour / 64
	at        int64            // the word at hand,
	bits      uint64           // and what is to be added to it
	scattered bool
}

func (s *hours) add(us int64) {
	h := us / hourMicros
	if us < h*hourMicros {
		h-- // rounded towards zero
	}
	if h>>6 != s.at {
		s.flush()
		s.at = h >> 6
	}
	s.bits |= 1 << (h & 63)
}

// flush files the word at hand.
func (s *hours) flush() {
	if s.bits != 0 {
		s.put(s.at, s.bits)
		s.bits = 0
	}
}

func (s *hours) put(at int64, word uint64) {
	if s.scattered {
		return
	}
	if s.words == nil {
		s.words = make(map[int64]uint64)
	}
	s.words[at] |= word
	if len(s.words) > maxHourWords {
		s.words, s.scattered = nil, true
	}
}

// union adds the hours of another set. The result does not depend on the order
// of unions: it is scattered as soon as all of them together are.
func (s *hours) union(t *hours) {
	s.flush()
	t.flush()
	for at, word := range t.words {
		s.put(at, word)
	}
	if t.scattered {
		s.words, s.scattered = nil, true
	}
}

// gaps finds the runs of hours between the first and the last that are not in
// the set.
func (s *hours) gaps() (g Gaps) {
	s.flush()
	if s.scattered {
		return Gaps{Unknown: true}
	}
	var next int64 // behind the last hour met
	for i, at := range slices.Sorted(maps.Keys(s.words)) {
		for word := s.words[at]; word != 0; word &= word - 1 {
			h := at<<6 + int64(bits.TrailingZeros64(word))
			if first := i == 0 && word == s.words[at]; !first && h > next {
				g.add(Gap{From: next * hourMicros, Until: h * hourMicros})
			}
			next = h + 1
		}
	}
	return g
}

func (g *Gaps) add(gap Gap) {
	g.Count++
	g.Hours += gap.Hours()
	i := len(g.Longest)
	for i > 0 && g.Longest[i-1].Hours() < gap.Hours() {
		i--
	}
	if i < MostGaps {
		g.Longest = slices.Insert(g.Longest[:min(len(g.Longest), MostGaps-1)], i, gap)
	}
}
