package hotlinks

import (
	"cmp"
	"math"
	"slices"
)

// A ledger is a list of entries under keys, written in any order; compact sorts
// it and joins the entries of one key. It takes the memory of its entries and
// nothing else, however many hosts they are of.
type ledger[E any] struct {
	entries []E
	limit   int             // entries at which add compacts
	key     func(*E) uint64 // the beginning of the order of compare
	compare func(a, b E) int
	join    func(to, from *E) // of equal keys
	bound   func(*ledger[E])  // drops what is too much of a compact ledger; nil keeps all
}

// leastLimit is how many entries are not worth sorting.
const leastLimit = 1 << 14

func (l *ledger[E]) add(e E) {
	l.entries = append(l.entries, e)
	if len(l.entries) >= l.limit {
		l.compact()
		l.limit = max(l.limit, 2*len(l.entries))
	}
}

func (l *ledger[E]) compact() {
	if len(l.entries) == 0 {
		return
	}
	l.sort()
	n := 0
	for i := 1; i < len(l.entries); i++ {
		if l.compare(l.entries[n], l.entries[i]) == 0 {
			l.join(&l.entries[n], &l.entries[i])
			continue
		}
		n++
		l.entries[n] = l.entries[i]
	}
	l.entries = l.entries[:n+1]
	if l.bound != nil {
		l.bound(l)
	}
}

// merge adds the entries of another ledger, each changed by translate.
func (l *ledger[E]) merge(m *ledger[E], translate func(*E)) {
	for i := range m.entries {
		e := m.entries[i]
		translate(&e)
		l.entries = append(l.entries, e)
	}
	l.compact()
}

// halfHour is how long before or after a request for something that another
// site embeds an own view counts as one of the same visit, in µs.
const halfHour = 30 * 60 * 1_000_000

// noSlot is the slot of requests without a time. It is next to no other.
const noSlot = math.MinInt32 + 1

// slotOf cuts a time into the half hour of the clock that it is in and the µs
// since that began.
func slotOf(us int64) (slot int32, offset uint32) {
	s := us / halfHour
	if us < s*halfHour {
		s-- // rounded towards zero
	}
	return int32(min(max(s, noSlot+2), math.MaxInt32-1)), uint32(us - s*halfHour)
}

// span is the first and last of some moments of one half hour, in µs since it
// began. Whether any moments of one half hour are at most halfHour away from
// any of another can be told from the spans alone.
type span struct{ first, last uint32 }

func (s *span) join(t span) { s.first, s.last = min(s.first, t.first), max(s.last, t.last) }

// visit is what one client asked for from one foreign host in one half hour.
type visit struct {
	host     uint32
	hash     uint32 // of the client's address
	client   uint32
	slot     int32
	country  uint16
	at       span
	requests int64

	embeds, documents int64 // of the requests
}

func compareVisits(a, b visit) int {
	switch {
	case a.host != b.host:
		return cmp.Compare(a.host, b.host)
	case a.hash != b.hash:
		return cmp.Compare(a.hash, b.hash)
	case a.client != b.client:
		return cmp.Compare(a.client, b.client)
	case a.slot != b.slot:
		return cmp.Compare(a.slot, b.slot)
	}
	return cmp.Compare(a.country, b.country)
}

func keyOfVisit(v *visit) uint64 { return uint64(v.host)<<32 | uint64(v.hash) }

func joinVisits(to, from *visit) {
	to.at.join(from.at)
	to.requests += from.requests
	to.embeds += from.embeds
	to.documents += from.documents
}

// object is how often a foreign host led to one path.
type object struct {
	host     uint32
	hash     uint64 // of the path
	requests int64
}

func compareObjects(a, b object) int {
	if a.host != b.host {
		return cmp.Compare(a.host, b.host)
	}
	return cmp.Compare(a.hash, b.hash)
}

func keyOfObject(o *object) uint64 { return uint64(o.host)<<32 | o.hash>>32 }

func joinObjects(to, from *object) { to.requests += from.requests }

// day is a day (UTC) on which a foreign host led to something.
type day struct {
	host uint32
	day  int32 // since the Unix epoch
}

func compareDays(a, b day) int {
	if a.host != b.host {
		return cmp.Compare(a.host, b.host)
	}
	return cmp.Compare(a.day, b.day)
}

func keyOfDay(d *day) uint64 { return uint64(d.host)<<32 | uint64(uint32(d.day)^1<<31) }

// own is what a client viewed of the own sites in one half hour.
type own struct {
	client uint32
	slot   int32
	at     span
}

func compareOwn(a, b own) int {
	if a.client != b.client {
		return cmp.Compare(a.client, b.client)
	}
	return cmp.Compare(a.slot, b.slot)
}

func keyOfOwn(o *own) uint64 { return uint64(o.client)<<32 | uint64(uint32(o.slot)^1<<31) }

// The memory of the evidence. A host's visits, and its objects, are all kept up
// to mostPerHost; that number is halved as often as keeps the entries of all
// hosts within mostEntries, but not below leastPerHost. Of a host with more,
// those whose hash is lowest stand for all. Which these are depends on the
// requests alone, not on the order in which they come: the lowest of a part are
// all that the lowest of the whole can be among, and a part is never cut
// shorter than the whole.
const (
	mostPerHost  = 1 << 16
	leastPerHost = 1 << 8
	mostEntries  = 1 << 20
	mostOwn      = 1 << 22 // see ownViews
)

// keeping is how many entries per host a ledger keeps, and in all.
type keeping struct{ perHost, least, all int }

// keepLowest bounds a ledger sorted by host and then by hash. One entry more
// than perHost is kept: it says that the host had more, and how low the hashes
// of the others are.
func keepLowest[E any](k *keeping, host func(*E) uint32) func(*ledger[E]) {
	return func(l *ledger[E]) {
		for {
			n, run := 0, 0
			for i := range l.entries {
				if i > 0 && host(&l.entries[i]) != host(&l.entries[i-1]) {
					run = 0
				}
				if run <= k.perHost {
					l.entries[n] = l.entries[i]
					n++
				}
				run++
			}
			l.entries = l.entries[:n]
			if n <= k.all || k.perHost <= k.least {
				return
			}
			k.perHost = max(k.perHost/2, k.least)
		}
	}
}

// ownViews are the own views of clients. Of more than most, those of the
// clients whose hash begins with so many zero bits as keep them below.
type ownViews struct {
	ledger[own]
	most   int
	zeros  int
	hashes func(client uint32) uint32
}

func newOwnViews(most int, hashes func(client uint32) uint32) *ownViews {
	v := &ownViews{most: most, hashes: hashes}
	v.key, v.compare, v.join = keyOfOwn, compareOwn, func(to, from *own) { to.at.join(from.at) }
	v.bound = func(l *ledger[own]) {
		for v.drop(); len(l.entries) > v.most && v.zeros < 32; v.drop() {
			v.zeros++
		}
	}
	return v
}

// clone shares nothing with v that changes.
func (v *ownViews) clone() *ownViews {
	w := newOwnViews(v.most, v.hashes)
	w.entries, w.limit, w.zeros = slices.Clone(v.entries), v.limit, v.zeros
	return w
}

func (v *ownViews) drop() {
	if v.zeros > 0 {
		v.entries = slices.DeleteFunc(v.entries, func(e own) bool { return !v.has(v.hashes(e.client)) })
	}
}

// has reports whether own views of clients with this hash are kept.
func (v *ownViews) has(hash uint32) bool { return uint64(hash)<<v.zeros < 1<<32 }

// near reports whether the client viewed something of the own sites within
// half an hour of any moment of a span. The ledger must be compact.
func (v *ownViews) near(client uint32, slot int32, at span) bool {
	i, _ := slices.BinarySearchFunc(v.entries, own{client: client, slot: slot - 1}, compareOwn)
	for ; i < len(v.entries) && v.entries[i].client == client && v.entries[i].slot <= slot+1; i++ {
		switch e := &v.entries[i]; {
		case e.slot == slot, e.slot < slot && e.at.last >= at.first, e.slot > slot && e.at.first <= at.last:
			return true
		}
	}
	return false
}

// hashText is a hash with the same value in every run, so that estimates are
// the same, too: FNV-1a, its bits mixed as in MurmurHash3.
func hashText(text []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range text {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
