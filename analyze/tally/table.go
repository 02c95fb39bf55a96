package tally

// Table counts requests and bytes by id. It is for ids that are many and come in
// no order: such a table is larger than the caches, and all there is to win is
// that it is small. So both counts of an id are kept in one word, half of Counts,
// and moved on before any of them can overflow. The zero value is empty.
type Table struct {
	packed []uint64 // by id: requests above packedBytes bits of bytes
	in     Counts   // what is in packed, or more, of all ids
	counts []Counts // by id: what is not in packed; may be shorter
}

// packedBytes is the width of the bytes in a word: 1 TiB, and room for 16,777,215
// requests, which come to that with 64 KiB each.
const packedBytes = 40

// Unbounded is a number of bytes that Table does not rely on.
const Unbounded = -1

// SumOf adds up numbers of bytes, and gives a bound for what some of them come
// to: the sum, or Unbounded if one is negative or very large.
func SumOf(bytes []int64) (sum, within int64) {
	any := int64(0)
	for _, n := range bytes {
		sum += n
		any |= n
	}
	if any>>packedBytes != 0 || len(bytes) >= 1<<(62-packedBytes) {
		return sum, Unbounded
	}
	return sum, sum
}

// TableOf is a table of these counts, which it takes over.
func TableOf(counts []Counts) *Table {
	return &Table{packed: make([]uint64, len(counts)), counts: counts}
}

// Len is the number of ids there is room for.
func (t *Table) Len() int { return len(t.packed) }

// Grow makes room for n ids.
func (t *Table) Grow(n int) { t.packed = Grown(t.packed, n) }

// Add counts a request of so many bytes for each of the ids, which have room.
// Within is what SumOf says of these bytes and maybe of others.
func (t *Table) Add(ids []uint32, bytes []int64, within int64) {
	bytes = bytes[:len(ids)]
	if !t.fits(Counts{int64(len(ids)), within}) {
		t.counts = Grown(t.counts, len(t.packed))
		for i, id := range ids {
			t.counts[id].Add(bytes[i])
		}
		return
	}
	packed := t.packed
	for i, id := range ids {
		packed[id] += pack(Counts{1, bytes[i]})
	}
}

// AddRows is Add for some rows of both columns.
func (t *Table) AddRows(rows, ids []uint32, bytes []int64, within int64) {
	if !t.fits(Counts{int64(len(rows)), within}) {
		t.counts = Grown(t.counts, len(t.packed))
		for _, i := range rows {
			t.counts[ids[i]].Add(bytes[i])
		}
		return
	}
	packed := t.packed
	for _, i := range rows {
		packed[ids[i]] += pack(Counts{1, bytes[i]})
	}
}

// AddCounts counts requests for one id, which has room.
func (t *Table) AddCounts(id uint32, c Counts) {
	t.counts = Grown(t.counts, len(t.packed))
	t.counts[id] = t.counts[id].Plus(c)
}

// Merge counts what another table has, with its ids translated by ids, which
// have room.
func (t *Table) Merge(from *Table, ids []uint32) {
	for id, c := range from.counts {
		if c != (Counts{}) {
			t.AddCounts(ids[id], c)
		}
	}
	if !t.fits(from.in) {
		for id, w := range from.packed {
			t.AddCounts(ids[id], unpack(w))
		}
		return
	}
	for id, w := range from.packed {
		if w != 0 {
			t.packed[ids[id]] += w
		}
	}
}

// At is the counts of an id, which has room.
func (t *Table) At(id int) Counts {
	c := unpack(t.packed[id])
	if id < len(t.counts) {
		c = c.Plus(t.counts[id])
	}
	return c
}

// unpackIDs is the most ids for each request in packed that unpack is worth. A
// table of large answers, of which a word holds few, is counted in counts.
const unpackIDs = 4

// fits makes sure that so much can be added to packed, whichever ids it is for.
func (t *Table) fits(c Counts) bool {
	const requests, bytes = 1 << (64 - packedBytes), 1 << packedBytes
	if c.Bytes < 0 || c.Bytes >= bytes || c.Requests >= requests {
		return false
	}
	if sum := t.in.Plus(c); sum.Bytes >= bytes || sum.Requests >= requests {
		if int64(len(t.packed)) > unpackIDs*t.in.Requests {
			return false
		}
		t.unpack()
	}
	t.in = t.in.Plus(c)
	return true
}

// unpack moves what is in packed to counts.
func (t *Table) unpack() {
	t.counts = Grown(t.counts, len(t.packed))
	for id, w := range t.packed {
		if w != 0 {
			t.counts[id] = t.counts[id].Plus(unpack(w))
		}
	}
	clear(t.packed)
	t.in = Counts{}
}

func pack(c Counts) uint64 { return uint64(c.Requests)<<packedBytes + uint64(c.Bytes) }

func unpack(w uint64) Counts { return Counts{int64(w >> packedBytes), int64(w & (1<<packedBytes - 1))} }
