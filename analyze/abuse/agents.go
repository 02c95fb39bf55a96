package abuse

import (
	"cmp"
	"math"
	"slices"

	"rulecast/analyze/fetch"
	"rulecast/analyze/order"
	"rulecast/ingest/record"
)

// use is a User-Agent that a client sent.
type use struct {
	client uint32
	hash   uint32 // of the User-Agent
	first  int64  // time of the first request with it; untimed if none has one
	loaded bool   // it is a browser's, and a static file was answered to it
	name   fetch.Name
}

// untimed is the first time of a use without any.
const untimed = math.MaxInt64

func compareUses(a, b use) int {
	if a.client != b.client {
		return cmp.Compare(a.client, b.client)
	}
	return cmp.Compare(a.hash, b.hash)
}

func keyOfUse(u *use) uint64 { return uint64(u.client)<<32 | uint64(u.hash) }

// MostUsers is how many users of an address are counted: see Client.Users.
const MostUsers = 64

// uses is a list of the User-Agents of clients, in any order until settle sorts
// and joins it. Of a client with many, some stay. A use that is dropped may
// come again with a later time: that is not among the earliest then either.
type uses struct {
	entries []use
	sorted  int // so many of them, from the first, are settled
	limit   int // at which add settles
	keepingUses
}

// keepingUses is which uses of a client with many stay.
type keepingUses struct {
	users    int // of those that loaded something, these with the lowest hashes
	earliest int
}

func (u *uses) add(e use) {
	if len(u.entries) == cap(u.entries) {
		u.entries = withRoom(u.entries, u.limit)
	}
	u.entries = append(u.entries, e)
	if len(u.entries) >= u.limit {
		u.settle()
		u.limit = max(u.limit, 2*len(u.entries))
	}
}

// withRoom is a copy of a list that has room for so many entries: append would
// copy it several times until it has.
func withRoom[E any](list []E, room int) []E {
	return append(make([]E, 0, max(room, len(list)+1)), list...)
}

func (u *uses) settle() {
	fresh := u.entries[u.sorted:]
	if len(fresh) == 0 {
		return
	}
	u.entries = order.Merge(u.entries[:u.sorted], slices.Clone(fresh), keyOfUse, func(a, b *use) int { return compareUses(*a, *b) })
	joined := u.entries[:0]
	for _, e := range u.entries {
		if n := len(joined); n > 0 && compareUses(joined[n-1], e) == 0 {
			joined[n-1].first = min(joined[n-1].first, e.first)
			joined[n-1].loaded = joined[n-1].loaded || e.loaded
			joined[n-1].name = max(joined[n-1].name, e.name)
			continue
		}
		joined = append(joined, e)
	}
	kept := joined[:0]
	for run := range runs(joined, func(e *use) uint32 { return e.client }) {
		kept = append(kept, u.bound(run)...)
	}
	u.entries, u.sorted = kept, len(kept)
}

// bound is what stays of the uses of one client, moved to the front.
func (u *uses) bound(run []use) []use {
	if len(run) <= min(u.users, u.earliest) {
		return run
	}
	last := slices.SortedFunc(slices.Values(run), byFirst)[min(u.earliest, len(run))-1]
	kept, users := run[:0], 0
	for _, e := range run {
		if e.loaded {
			users++
		}
		if byFirst(e, last) <= 0 || e.loaded && users <= u.users {
			kept = append(kept, e)
		}
	}
	return kept
}

// byFirst sorts uses by when they were first seen.
func byFirst(a, b use) int {
	if a.first != b.first {
		return cmp.Compare(a.first, b.first)
	}
	return cmp.Compare(a.hash, b.hash)
}

// merge adds the uses of others, whose clients are translated by ids.
func (u *uses) merge(v *uses, ids []record.ID) {
	for _, e := range v.entries {
		e.client = ids[e.client]
		u.entries = append(u.entries, e)
	}
	u.settle()
}

// runs yields the runs of entries with the same key.
func runs[E any](entries []E, key func(*E) uint32) func(yield func([]E) bool) {
	return func(yield func([]E) bool) {
		for len(entries) > 0 {
			n := 1
			for n < len(entries) && key(&entries[n]) == key(&entries[0]) {
				n++
			}
			run := entries[:n]
			entries = entries[n:]
			if !yield(run) {
				return
			}
		}
	}
}

// runAt is where the first run begins that does not begin before entry at.
func runAt[E any](entries []E, at int, key func(*E) uint32) int {
	for at > 0 && at < len(entries) && key(&entries[at]) == key(&entries[at-1]) {
		at++
	}
	return at
}
