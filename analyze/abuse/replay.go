package abuse

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"rulecast/ingest/record"
)

// Evidence is a signal that a client gave.
type Evidence struct {
	Signal Signal
	Peak   int64 // the most that was in the bucket, rounded up; of a label 1
	Bucket Bucket
}

// state is a bucket of one client. Levels are in the time that they take to
// leak out, in µs; where nothing leaks, in requests.
type state struct {
	leak     int64 // of one request; 0 where nothing leaks
	unit     int64 // what a request adds to the level
	life     int64 // how long after the last pour the values are forgotten
	distinct bool

	level  int64
	at     int64 // time of level
	peak   int64
	poured int64 // time of the last pour
	seen   map[uint32]struct{}
	files  map[uint32]struct{} // of refetch
	// blind: what is in seen is not known for certain. Until nothing has come
	// since quiet for as long as forgets it, nothing is poured.
	blind bool
	quiet int64
}

func (s *state) reset(k Signal, b Bucket) {
	if s.seen == nil {
		s.seen, s.files = map[uint32]struct{}{}, map[uint32]struct{}{}
	}
	s.forget()
	*s = state{leak: int64(b.Leak / time.Microsecond), distinct: rules[k].distinct, seen: s.seen, files: s.files}
	s.unit, s.life = s.leak, s.leak*int64(b.Capacity+1)
	if s.leak == 0 {
		s.unit, s.life = 1, math.MaxInt64
	}
}

func (s *state) forget() {
	clear(s.seen)
	clear(s.files)
}

// pour adds a request.
func (s *state) pour(t int64, hash uint32) {
	if s.distinct && !s.isNew(t, hash) {
		return
	}
	if s.leak > 0 && s.level > 0 {
		s.level = max(0, s.level-(t-s.at))
	}
	s.level += s.unit
	s.at = t
	s.peak = max(s.peak, s.level)
}

// isNew reports whether a value has to be poured, and remembers it.
func (s *state) isNew(t int64, hash uint32) bool {
	if s.blind {
		if t-s.quiet <= s.life {
			s.quiet = t
			return false
		}
		s.blind = false
	}
	if t-s.poured > s.life {
		s.forget()
	}
	if _, ok := s.seen[hash]; ok {
		return false
	}
	s.seen[hash] = struct{}{}
	s.poured = t
	return true
}

// refetch adds a request for a static file by a query of digits: the upper half
// of the hash is the file's. The first query of each file is remembered, but not
// poured.
func (s *state) refetch(t int64, hash uint32) {
	file := hash >> 16
	if _, ok := s.files[file]; ok && t-s.poured <= s.life {
		s.pour(t, hash)
	} else if s.isNew(t, hash) {
		s.files[file] = struct{}{}
	}
}

// miss says that unknown requests came before a time, and after all that were
// poured. A bucket then holds at least its level; but what values it has is not
// known, and a value that it has must not be poured again.
func (s *state) miss(until int64) {
	s.forget()
	s.blind, s.quiet = s.distinct, until
}

// requests is the peak in requests, rounded up.
func (s *state) requests() int64 { return (s.peak + s.unit - 1) / s.unit }

// replayer replays the buckets of one client after another.
type replayer struct {
	// unversioned: no site's pages ask for files by queries of digits, so that the
	// first query of a file is no version of it either.
	unversioned bool
	files       bool // the client at hand asks for nothing but static files by such queries
	thresholds  *Thresholds
	keep        *keeping
	keepUses    keepingUses
	addrs       *record.Addresses
	since       int64 // from when on, in µs since epoch, the current ruleset was in force for the client at hand
	states      [numKinds]state
	agents      state
	firsts      []int64
}

// events replays the events of a client, which are sorted, and reports whether
// some of a slot are missing. aloof: it asks for pages, and loads nothing.
func (r *replayer) events(events []event, aloof bool) (found []Evidence, partial bool) {
	kinds := r.possible(events, aloof)
	for k := range numKinds {
		if kinds.Has(k) {
			r.states[k].reset(k, r.bucket(k))
		}
	}
	for slot := range slots(events) {
		if gap, ok := r.gapBefore(events, slot); ok {
			r.miss(kinds, gap)
		}
		for _, e := range slot[:min(len(slot), r.keep.perSlot)] {
			r.event(kinds, e)
		}
		if len(slot) > r.keep.perSlot {
			partial = true
			r.miss(kinds, (slot[0].when.slot()+1)*slotLength)
		}
	}
	for k := range numKinds {
		if kinds.Has(k) && r.states[k].requests() > int64(r.thresholds[k].Capacity) {
			found = append(found, Evidence{k, r.states[k].requests(), r.bucket(k)})
		}
	}
	return found, partial
}

// slowLeak is how long one of the queries of digits that no visitor sends stays
// in its bucket: a client that busts the cache over hours fills it, a picture
// that somebody has renewed now and then does not.
const slowLeak = 5 * time.Minute

// bucket is that of a signal. Where no visitor asks for static files by queries
// of digits, those leak slowly: who sends a few now and then is no visitor
// either. Pages are another matter, as the number of an article may look so.
func (r *replayer) bucket(k Signal) Bucket {
	b := r.thresholds[k]
	if k == CacheBusting && r.unversioned && r.files && b.Leak > 0 {
		b.Leak = max(b.Leak, slowLeak)
	}
	return b
}

// event pours an event into those buckets of kinds that it is for.
func (r *replayer) event(kinds Signals, e event) {
	for rest := e.when.unexplained(r.since); rest != 0; rest &= rest - 1 {
		switch k := Signal(bits.TrailingZeros16(uint16(rest))); {
		case k == busted && !r.unversioned && kinds.Has(CacheBusting):
			r.states[CacheBusting].refetch(e.when.time(), e.hash)
		case k == busted && kinds.Has(CacheBusting):
			r.states[CacheBusting].pour(e.when.time(), e.hash)
		case k != busted && kinds.Has(k):
			r.states[k].pour(e.when.time(), e.hash)
		}
	}
}

// possible are the buckets into which enough events go for them to fire.
func (r *replayer) possible(events []event, aloof bool) (kinds Signals) {
	var counts [momentBits]int
	for _, e := range events {
		for rest := e.when.unexplained(r.since); rest != 0; rest &= rest - 1 {
			counts[bits.TrailingZeros16(uint16(rest))]++
		}
	}
	r.files = counts[CacheBusting] == 0
	counts[CacheBusting] += counts[busted]
	for k := range numKinds {
		if b := r.thresholds[k]; counts[k] > b.Capacity && !b.Off && (aloof || k != PagesOnly) {
			kinds.put(k)
		}
	}
	return kinds
}

func (r *replayer) miss(kinds Signals, until int64) {
	for k := range numKinds {
		if kinds.Has(k) {
			r.states[k].miss(until)
		}
	}
}

// gapBefore is the end of the last slot that is not kept, of those between the
// events of a slot and the ones before.
func (r *replayer) gapBefore(events, slot []event) (until int64, ok bool) {
	if r.keep.zeros == 0 {
		return 0, false
	}
	before := int64(-1)
	if i, _ := slices.BinarySearchFunc(events, slot[0], compareEvents); i > 0 {
		before = events[i-1].when.slot()
	}
	for s := slot[0].when.slot() - 1; s > before; s-- { // each is kept with a chance of a half or less
		if !r.keep.has(r.addrs, slot[0].client, s) {
			return (s + 1) * slotLength, true
		}
	}
	return 0, false
}

// slots yields the events of one slot after another.
func slots(events []event) func(yield func([]event) bool) {
	return func(yield func([]event) bool) {
		for len(events) > 0 {
			n := 1
			for n < len(events) && events[n].when.slot() == events[0].when.slot() {
				n++
			}
			slot := events[:n]
			events = events[n:]
			if !yield(slot) {
				return
			}
		}
	}
}

// uses replays the User-Agents of a client, and counts its users.
func (r *replayer) uses(uses []use) (found []Evidence, users int) {
	r.firsts = r.firsts[:0]
	for _, u := range uses {
		if u.loaded {
			users++
		}
		if u.first != untimed {
			r.firsts = append(r.firsts, u.first)
		}
	}
	b := r.thresholds[AgentSwitching]
	if len(r.firsts) > b.Capacity && !b.Off {
		slices.Sort(r.firsts)
		r.agents.reset(AgentSwitching, b)
		r.agents.distinct = false // they are
		for _, t := range r.firsts[:min(len(r.firsts), r.keepUses.earliest)] {
			r.agents.pour(t, 0)
		}
		if n := r.agents.requests(); n > int64(b.Capacity) {
			found = append(found, Evidence{AgentSwitching, n, b})
		}
	}
	return found, min(users, r.keepUses.users)
}
