package collateral

import (
	"iter"

	"rulecast/analyze/fetch"
	"rulecast/analyze/geo"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic"
	"rulecast/ingest/record"
)

// noDay is the day of requests without a time.
const noDay = 1<<16 - 1

// microsPerDay is the length of a UTC day, in µs.
const microsPerDay = 24 * 60 * 60 * 1_000_000

// DayOf is the UTC day of a time, in days since 1970, or NoDay. What is earlier
// counts as the first of them, what is later than the year 2149 as the last.
func DayOf(us int64) int {
	if us == record.NoTime {
		return noDay
	}
	return int(min(max(us/microsPerDay, 0), noDay-1))
}

// key is what the requests of a cell have in common.
type key struct {
	client, referer record.ID
	country         geo.Country
	status, day     uint16
	kind            fetch.Kind
	blocked         bool // answered with an error because the current ruleset denies them
}

// packed is a key in two words: client and referer in the first, low and high,
// and the rest in the second.
type packed struct{ a, b uint64 }

func (k *key) pack() packed {
	b := uint64(k.country) | uint64(k.status)<<16 | uint64(k.day)<<32 | uint64(k.kind)<<48
	if k.blocked {
		b |= 1 << 56
	}
	return packed{pair(k.client, k.referer), b}
}

// pair is two ids in one word.
func pair(client, referer record.ID) uint64 { return uint64(client) | uint64(referer)<<32 }

// ids are those of the key.
func (p packed) ids() (client, referer record.ID) { return record.ID(p.a), record.ID(p.a >> 32) }

// day is that of the key.
func (p packed) day() int { return int(uint16(p.b >> 32)) }

// country is that of the key.
func (p packed) country() geo.Country { return geo.Country(p.b) }

// status is that of the key.
func (p packed) status() uint16 { return uint16(p.b >> 16) }

// kind is that of the key.
func (p packed) kind() fetch.Kind { return fetch.Kind(p.b >> 48 & 0xff) }

// blocked is that of the key.
func (p packed) blocked() bool { return p.b>>56 != 0 }

// translated is the key with other ids.
func (p packed) translated(clients, referers []record.ID) packed {
	client, referer := p.ids()
	return packed{pair(clients[client], referers[referer]), p.b}
}

// hash mixes the bits of a key as MurmurHash3 does (its 64-bit finalizer).
func (p packed) hash() uint64 {
	h := p.a ^ p.b*0x9e3779b97f4a7c15
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// entry is a cell of the table.
type entry struct {
	key         packed
	counts      tally.Counts
	first, last int64
}

// chunkEntries is how many entries are made room for at once: growing moves
// none of them.
const chunkEntries = 1 << 12

// table holds cells under their keys. A slot is the upper half of a hash, which
// says where the slot is looked for, and, in its lower half, one more than the
// number of an entry; 0 is free. The zero value is ready to use.
type table struct {
	slots  []uint64
	chunks [][]entry
	n      uint32
}

func (t *table) at(i uint32) *entry { return &t.chunks[i/chunkEntries][i%chunkEntries] }

// reserve makes room for n more entries, so that slots stay where they are
// until so many have been added.
func (t *table) reserve(n int) {
	need := int(t.n) + n
	if need*4 <= len(t.slots)*3 {
		return
	}
	size := max(1<<10, len(t.slots))
	for need*2 > size {
		size *= 2
	}
	old := t.slots
	t.slots = make([]uint64, size)
	clear(t.slots) // page by page: each that is read before it is written to costs the system twice the work
	for _, s := range old {
		if s != 0 {
			i := s >> 32 & uint64(size-1)
			for t.slots[i] != 0 {
				i = (i + 1) & uint64(size-1)
			}
			t.slots[i] = s
		}
	}
}

// find is the entry of a key with this hash, which is made if there is none.
// There must be room for it.
func (t *table) find(k packed, h uint64) *entry {
	mask := uint64(len(t.slots) - 1)
	for i := h >> 32 & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			if int(t.n) == len(t.chunks)*chunkEntries {
				t.chunks = append(t.chunks, make([]entry, chunkEntries))
			}
			e := t.at(t.n)
			*e = entry{key: k, first: record.NoTime, last: record.NoTime}
			t.n++
			t.slots[i] = h>>32<<32 | uint64(t.n)
			return e
		}
		if s>>32 == h>>32 {
			if e := t.at(uint32(s) - 1); e.key == k {
				return e
			}
		}
	}
}

// meet takes in the times of requests, from the first of them to the last.
func (e *entry) meet(first, last int64) {
	if first == record.NoTime {
		return
	}
	if e.first == record.NoTime || first < e.first {
		e.first = first
	}
	e.last = max(e.last, last)
}

// merge adds the entries of another table, whose ids are translated.
func (t *table) merge(u *table, clients, referers []record.ID) {
	var r run
	for from := uint32(0); from < u.n; from += ahead {
		n := min(ahead, u.n-from)
		for k := range n {
			r.keys[k] = u.at(from+k).key.translated(clients, referers)
		}
		t.reserve(int(n))
		for k, e := range r.find(t, int(n)) {
			more := u.at(from + uint32(k))
			e.counts = e.counts.Plus(more.counts)
			e.meet(more.first, more.last)
		}
	}
}

// ahead is how many entries a run looks up.
const ahead = 128

// run looks up many entries at once: so the processor fetches them together,
// where otherwise it would wait for one after the other.
type run struct {
	keys   [ahead]packed
	hashes [ahead]uint64
	found  [ahead]*entry
}

// find is the entries of the first n keys, which are made where there are none.
// There must be room for them. The slice is valid until the next call.
func (r *run) find(t *table, n int) []*entry {
	found, mask := r.found[:n], uint64(len(t.slots)-1)
	for k := range found {
		h := r.keys[k].hash()
		r.hashes[k], found[k] = h, nil
		if s := t.slots[h>>32&mask]; s>>32 == h>>32 && s != 0 {
			found[k] = t.at(uint32(s) - 1)
		}
	}
	for k, e := range found {
		if e == nil || e.key != r.keys[k] {
			found[k] = t.find(r.keys[k], r.hashes[k])
		}
	}
	return found
}

// all yields the entries in the order in which they were made.
func (t *table) all() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for i := range t.n {
			if !yield(t.at(i)) {
				return
			}
		}
	}
}

// fill fills in the cell of an entry. (To return it would be to copy it twice,
// and there are millions.)
func (e *entry) fill(c *traffic.Cell) {
	c.Client, c.Referer = e.key.ids()
	c.Country, c.Status = e.key.country(), e.key.status()
	c.Counts, c.First, c.Last = e.counts, e.first, e.last
}
