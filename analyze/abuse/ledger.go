package abuse

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"

	"rulecast/analyze/fetch"
	"rulecast/analyze/order"
	"rulecast/ingest/record"
)

// event is a request that buckets look at, and what it asked for.
type event struct {
	client uint32
	hash   uint32 // of the path or the query, whichever is to be distinct
	when   moment
}

// moment is a time with the buckets that an event goes into: in its lowest bits
// one for each, and then one for busted and one for explained.
type moment uint64

// busted is the kind of an event that asks for a static file by a query of
// digits: see state.refetch.
const (
	busted     = numKinds
	explained  = busted + 1 // the current ruleset would have denied it
	momentBits = explained + 1
)

// byAnswer are the buckets that an event goes into because of the status that
// it was answered with. One that the current ruleset explains goes into none of
// them.
const byAnswer Signals = 1<<Errors | 1<<Probing | 1<<AdminPaths | 1<<WordPress | 1<<Logins

// unexplained are the kinds of an event without those that a ruleset explains
// which was in force since a time, in µs since epoch.
func (m moment) unexplained(since int64) Signals {
	kinds := m.kinds()
	if kinds>>explained&1 != 0 && m.time() > since {
		kinds &^= byAnswer
	}
	return kinds &^ (1 << explained)
}

// slotLength is how long a slot of the clock is, in µs.
const slotLength = 10 * 60 * 1_000_000

// The times of events are from epoch, the begin of 1990, up to latest, 71 years
// after it: as many slots as a moment has bits for, in µs since 1970.
const (
	epoch  = (20*365 + 5) * 24 * 60 * 60 * 1_000_000
	latest = epoch + 1<<(64-momentBits)/slotLength*slotLength
)

// momentOf is false for no time, and one that is out of these bounds.
func momentOf(us int64, kinds Signals) (moment, bool) {
	return moment(us-epoch)<<momentBits | moment(kinds), epoch <= us && us < latest
}

// sinceEpoch is a time in µs since epoch, as far as it is within the bounds.
func sinceEpoch(us int64) int64 { return min(max(us, epoch), latest) - epoch }

// time is in µs since epoch.
func (m moment) time() int64 { return int64(m >> momentBits) }

func (m moment) slot() int64 { return m.time() / slotLength }

func (m moment) kinds() Signals { return Signals(m & (1<<momentBits - 1)) }

func compareEvents(a, b event) int {
	switch {
	case a.client != b.client:
		return cmp.Compare(a.client, b.client)
	case a.when != b.when:
		return cmp.Compare(a.when, b.when)
	}
	return cmp.Compare(a.hash, b.hash)
}

func clientOfEvent(e *event) uint32 { return e.client }

// The memory of the evidence. Of the events of a client in one slot, at most
// mostPerSlot are kept, the earliest. That number is halved as often as keeps
// the events of all clients within mostEvents, but not below leastPerSlot, nor
// below what the largest bucket holds; then slots of clients are given up whose
// hash does not begin with so many zero bits as it takes. Which events are kept
// depends on the requests alone, not on the order in which they come: the
// earliest of a part are all that the earliest of the whole can be among, and a
// part is never cut shorter than the whole. What it means to a client that
// events are missing is for replay to see.
const (
	mostPerSlot  = 1 << 10
	leastPerSlot = 1 << 7
	mostEvents   = 1 << 23
)

// keeping is which events a ledger keeps.
type keeping struct {
	perSlot int
	least   int // of perSlot
	all     int
	zeros   int // bits with which the hash of a slot begins
}

// leastLimit is how many entries are not worth sorting.
const leastLimit = 1 << 14

// ledger is a list of events.
type ledger struct {
	events []event // sorted
	fresh  order.Pile[event]
	limit  int // events at which add settles
	keep   keeping
	addrs  *record.Addresses // of the clients
}

func (l *ledger) add(e event) {
	l.fresh.Add(e)
	if n := len(l.events) + l.fresh.Len(); n >= l.limit {
		l.settle()
		l.limit = max(l.limit, 2*len(l.events))
	}
}

// settle sorts the events, and drops what is too much.
func (l *ledger) settle() {
	if l.fresh.Len() > 0 {
		l.gather()
	}
}

// gather sorts the events of the ledger, and of other lists, and drops what is
// too much.
func (l *ledger) gather(others ...[]event) {
	lists := slices.Concat([][]event{l.events}, l.fresh.Lists(), others)
	l.events = order.Grouped(l.addrs.Len(), clientOfEvent, compareEvents, lists...)
	l.fresh.Clear()
	l.bound()
}

// bound drops what is too much of sorted events.
func (l *ledger) bound() {
	for l.drop(); len(l.events) > l.keep.all; l.drop() {
		switch {
		case l.keep.perSlot > l.keep.least:
			l.keep.perSlot = max(l.keep.perSlot/2, l.keep.least)
		case l.keep.zeros < 64:
			l.keep.zeros++
		default:
			return
		}
	}
}

// drop keeps what is to be kept of sorted events. One more than perSlot is: it
// says that the slot had more.
func (l *ledger) drop() {
	n, run, kept := 0, 0, true
	for i, e := range l.events {
		if i > 0 && e.client == l.events[i-1].client && e.when.slot() == l.events[i-1].when.slot() {
			run++
		} else {
			run, kept = 0, l.keep.has(l.addrs, e.client, e.when.slot())
		}
		if kept && run <= l.keep.perSlot {
			l.events[n] = e
			n++
		}
	}
	l.events = l.events[:n]
}

// has reports whether the events of a client in a slot are kept.
func (k *keeping) has(addrs *record.Addresses, client uint32, slot int64) bool {
	return k.zeros == 0 || bits.LeadingZeros64(hashOfSlot(addrs.Addr(client), slot)) >= k.zeros
}

func hashOfSlot(a netip.Addr, slot int64) uint64 {
	ip := a.As16()
	return fetch.Hash(binary.BigEndian.AppendUint64(ip[:], uint64(slot)))
}

// merge adds the events of another ledger, whose clients are translated by ids.
// The other one is used up.
func (l *ledger) merge(m *ledger, ids []record.ID) {
	l.keep.perSlot, l.keep.zeros = min(l.keep.perSlot, m.keep.perSlot), max(l.keep.zeros, m.keep.zeros)
	lists := slices.Concat(m.fresh.Lists(), [][]event{m.events})
	for _, list := range lists {
		for i := range list {
			list[i].client = ids[list[i].client]
		}
	}
	l.gather(lists...)
	l.fresh, m.fresh, m.events = order.Pile[event]{}, order.Pile[event]{}, nil
}
