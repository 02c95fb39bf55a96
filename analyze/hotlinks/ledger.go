package hotlinks

import (
	"cmp"
	"math"
	"slices"

	"rulecast/analyze/order"
)

// A ledger is a list of entries under keys, added in any order; compact sorts
// them and joins those of one key. It takes the memory of its entries and
// nothing else, however many hosts they are of.
type ledger[E any] struct {
	entries []E             // sorted, one for each key
	fresh   []E             // added since
	limit   int             // fresh entries that are not worth sorting yet
	key     func(*E) uint64 // the beginning of the order of compare
	compare func(a, b *E) int
	join    func(to, from *E) // of equal keys
	bound   func(*ledger[E])  // drops what is too much of a compact ledger; nil keeps all
}

// leastLimit is how many entries are not worth sorting.
const leastLimit = 1 << 14

func (l *ledger[E]) add(e *E) {
	most := max(l.limit, len(l.entries))
	if len(l.fresh) == 0 && cap(l.fresh) < most {
		l.fresh = make([]E, 0, most) // append would copy it several times until then
	}
	l.fresh = append(l.fresh, *e)
	if len(l.fresh) >= most {
		l.compact()
	}
}

// compact takes in what was added since the last time.
func (l *ledger[E]) compact() {
	if len(l.fresh) > 0 {
		l.take(l.fresh)
		l.fresh = l.fresh[:0]
	}
}

// merge takes in the entries of another compact ledger, each changed by
// translate. The other one is used up.
func (l *ledger[E]) merge(m *ledger[E], translate func(*E)) {
	for i := range m.entries {
		translate(&m.entries[i])
	}
	l.take(m.entries)
}

// take puts more entries into their places, from the last to the first, and
// then joins those of one key.
func (l *ledger[E]) take(more []E) {
	l.entries = order.Merge(l.entries, more, l.key, l.compare)
	l.joinEqual()
	if l.bound != nil {
		l.bound(l)
	}
}

func (l *ledger[E]) joinEqual() {
	if len(l.entries) == 0 {
		return
	}
	n, last := 0, l.key(&l.entries[0])
	for i := 1; i < len(l.entries); i++ {
		to, from := &l.entries[n], &l.entries[i]
		key := l.key(from)
		if key == last && l.compare(to, from) == 0 {
			l.join(to, from)
			continue
		}
		last = key
		n++
		if n < i {
			l.entries[n] = l.entries[i]
		}
	}
	l.entries = l.entries[:n+1]
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

// dayOf is the day (UTC) of a slot, since the Unix epoch.
func dayOf(slot int32) int32 {
	const slotsPerDay = 48
	d := slot / slotsPerDay
	if slot < d*slotsPerDay {
		d-- // rounded towards zero
	}
	return d
}

// span is the first and last of some moments of one half hour, in µs since it
// began. Whether any moments of one half hour are at most halfHour away from
// any of another can be told from the spans alone.
type span struct{ first, last uint32 }

func (s *span) join(t span) { s.first, s.last = min(s.first, t.first), max(s.last, t.last) }

// visit is what one person asked for from one foreign host in one half hour.
// A person is a client's address and a User-Agent: of the people who share an
// address, some come to us and others do not.
type visit struct {
	host   uint32
	hash   uint32 // of the client's address
	client uint32
	agent  uint32 // hash of the User-Agent; 0 of none
	slot   int32
	at     span

	requests, embeds, documents uint32 // the latter two are of the requests

	country uint16
	near    bool // to an own view: see Analysis.compare
}

func compareVisits(a, b *visit) int {
	switch {
	case a.host != b.host:
		return cmp.Compare(a.host, b.host)
	case a.hash != b.hash:
		return cmp.Compare(a.hash, b.hash)
	case a.client != b.client:
		return cmp.Compare(a.client, b.client)
	case a.agent != b.agent:
		return cmp.Compare(a.agent, b.agent)
	case a.slot != b.slot:
		return cmp.Compare(a.slot, b.slot)
	}
	return cmp.Compare(a.country, b.country)
}

func keyOfVisit(v *visit) uint64 { return uint64(v.host)<<32 | uint64(v.hash) }

func joinVisits(to, from *visit) {
	to.at.join(from.at)
	to.requests = plus(to.requests, from.requests)
	to.embeds = plus(to.embeds, from.embeds)
	to.documents = plus(to.documents, from.documents)
	to.near = to.near || from.near
}

// plus adds two counts, up to what the type holds.
func plus(a, b uint32) uint32 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxUint32
}

// object is how often a foreign host led to one path.
type object struct {
	host     uint32
	requests uint32
	hash     uint64 // of the path
}

func compareObjects(a, b *object) int {
	if a.host != b.host {
		return cmp.Compare(a.host, b.host)
	}
	return cmp.Compare(a.hash, b.hash)
}

func keyOfObject(o *object) uint64 { return uint64(o.host)<<32 | o.hash>>32 }

func joinObjects(to, from *object) { to.requests = plus(to.requests, from.requests) }

// day is a day (UTC) on which a foreign host led to something.
type day struct {
	host uint32
	day  int32 // since the Unix epoch
}

func compareDays(a, b *day) int {
	if a.host != b.host {
		return cmp.Compare(a.host, b.host)
	}
	return cmp.Compare(a.day, b.day)
}

func joinDays(_, _ *day) {}

func keyOfDay(d *day) uint64 { return uint64(d.host)<<32 | uint64(uint32(d.day)^1<<31) }

// own is what a person viewed of the own sites in one half hour.
type own struct {
	client uint32
	agent  uint32 // as of a visit
	slot   int32
	at     span
}

func compareOwn(a, b *own) int {
	switch {
	case a.client != b.client:
		return cmp.Compare(a.client, b.client)
	case a.slot != b.slot:
		return cmp.Compare(a.slot, b.slot)
	}
	return cmp.Compare(a.agent, b.agent)
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
			n, run, last := 0, 0, uint32(0)
			for i := range l.entries {
				if of := host(&l.entries[i]); of != last {
					run, last = 0, of
				}
				if run <= k.perHost {
					if n < i {
						l.entries[n] = l.entries[i]
					}
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

// ownViews are the own views of people. Of more than most, those of the
// clients whose hash begins with so many zero bits as keep them below.
type ownViews struct {
	ledger[own]
	most   int
	zeros  int
	hashes func(client uint32) uint32
	from   []uint32 // by client id: where the client's entries begin; see index
}

func newOwnViews(most int, hashes func(client uint32) uint32) *ownViews {
	v := &ownViews{most: most, hashes: hashes}
	v.key, v.compare, v.join = keyOfOwn, compareOwn, func(to, from *own) { to.at.join(from.at) }
	v.bound = v.keepMost
	return v
}

// clone is a copy of compact own views.
func (v *ownViews) clone() *ownViews {
	c := *v
	c.entries, c.fresh, c.bound = slices.Clone(v.entries), nil, c.keepMost
	return &c
}

func (v *ownViews) keepMost(*ledger[own]) {
	for v.drop(); len(v.entries) > v.most && v.zeros < 32; v.drop() {
		v.zeros++
	}
}

func (v *ownViews) drop() {
	if v.zeros > 0 {
		v.entries = slices.DeleteFunc(v.entries, func(e own) bool { return !v.has(v.hashes(e.client)) })
	}
}

// has reports whether own views of clients with this hash are kept.
func (v *ownViews) has(hash uint32) bool { return uint64(hash)<<v.zeros < 1<<32 }

// index makes the entries of a client quick to find, until others are added.
// The ledger must be compact.
func (v *ownViews) index(clients int) {
	v.from = make([]uint32, clients+1)
	for i := range v.entries {
		v.from[v.entries[i].client+1] = uint32(i + 1)
	}
	for c := range clients {
		v.from[c+1] = max(v.from[c+1], v.from[c])
	}
}

// of are the entries of a client. There must be an index.
func (v *ownViews) of(client uint32) []own { return v.entries[v.from[client]:v.from[client+1]] }

// near reports whether a person viewed something of the own sites within half
// an hour of any moment of a visit. There must be an index.
func (v *ownViews) near(q *visit) bool {
	views := v.of(q.client)
	for slot := q.slot - 1; slot <= q.slot+1 && len(views) > 0; slot++ {
		want := own{client: q.client, slot: slot, agent: q.agent}
		i := 0
		for n := len(views); i < n; {
			if half := int(uint(i+n) / 2); compareOwn(&views[half], &want) < 0 {
				i = half + 1
			} else {
				n = half
			}
		}
		views = views[i:]
		if len(views) == 0 || compareOwn(&views[0], &want) != 0 {
			continue
		}
		if at := &views[0].at; slot == q.slot || slot < q.slot && at.last >= q.at.first || slot > q.slot && at.first <= q.at.last {
			return true
		}
	}
	return false
}
