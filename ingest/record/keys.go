package record

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"unsafe"
)

// keys is an open-addressing hash table from byte strings to ids. Several keys
// may lead to one id. Slots are 8 bytes (a 32-bit tag of the hash, an index)
// over dense entries, which stand in the order in which keys were first seen:
// what is frequent in a log comes early and stays in the cache. Keys of up to
// 32 bytes, such as most host names, are held in the entry itself, longer ones
// in an arena. The hashes are seeded at random: logs are written by
// attackers.
//
// A key belongs to a code: the same bytes mean different values when they were
// written in different ways ("a%20b" is itself in an Apache log and "a b" in
// CloudFront's), and one stream may read both.
type keys struct {
	seed    maphash.Seed // of long keys
	mix     [4]uint64    // of short ones
	slots   []slot       // len is a power of two
	entries []entry
	blobs   [][]byte // arena chunks
}

type slot struct {
	tag uint32
	key uint32 // index in entries, plus one; 0 is an empty slot
}

// shortKey is the length up to which a key is held in its entry.
const shortKey = 32

type entry struct {
	short [shortKey]byte // the key, zero-padded; of a long one, chunk and offset
	meta  uint32         // size<<codeBits | code
	id    ID
}

// code says how the bytes of a key are to be read.
type code uint32

const (
	verbatim code = 0 // they are the value itself
	codeBits      = 8
	maxCodes      = 1<<codeBits - 1
	maxKey        = 1<<(32-codeBits) - 1 // bytes; no line of a log is so long
)

func meta(size int, c code) uint32 { return uint32(size)<<codeBits | uint32(c) }

func (e *entry) size() int { return int(e.meta >> codeBits) }

const (
	firstSlots = 1 << 6
	chunkSize  = 1 << 18
)

// newSlots makes the empty slots of a table. Each page of memory is written to
// before any is read: a page that is read first is that of all zeros, and when
// it is then written to, the system has to give it memory of its own and to
// interrupt the other threads, which may still see the zeros.
func newSlots[T any](n int) []T {
	const page = 4 << 10 // the smallest that systems have
	var empty T
	slots := make([]T, n)
	for i := 0; i < n; i += page / int(unsafe.Sizeof(empty)) {
		slots[i] = empty
	}
	return slots
}

func (k *keys) init() {
	k.seed = maphash.MakeSeed()
	for i := range k.mix {
		k.mix[i] = maphash.Comparable(k.seed, i)
	}
	k.slots = newSlots[slot](firstSlots)
}

// bytes is the key of an entry: valid for ever, not to be written to.
func (k *keys) bytes(e *entry) []byte {
	size := e.size()
	if size <= shortKey {
		return e.short[:size:size]
	}
	chunk, off := binary.LittleEndian.Uint64(e.short[:]), binary.LittleEndian.Uint64(e.short[8:])
	return k.blobs[chunk][off : off+uint64(size) : off+uint64(size)]
}

// short is a key of at most shortKey bytes, zero-padded, as numbers.
type short struct{ a, b, c, d uint64 }

// load makes a short of a key.
func load(key []byte) short {
	if cap(key) < shortKey {
		var wide [shortKey]byte
		copy(wide[:], key)
		return loadWide(&wide)
	}
	return loadWide((*[shortKey]byte)(key[:shortKey])).first(len(key)) // what stands behind the key is read, too
}

// first is a short of which only the first bytes are left.
func (s short) first(size int) short {
	m := &shortMasks[size]
	return short{s.a & m.a, s.b & m.b, s.c & m.c, s.d & m.d}
}

func loadWide(wide *[shortKey]byte) short {
	return short{
		binary.LittleEndian.Uint64(wide[:]), binary.LittleEndian.Uint64(wide[8:]),
		binary.LittleEndian.Uint64(wide[16:]), binary.LittleEndian.Uint64(wide[24:]),
	}
}

// shortMasks are, by the length of a key, the bits of each number that are its.
var shortMasks = func() (masks [shortKey + 1]short) {
	for size := range masks {
		var wide [shortKey]byte
		for i := range size {
			wide[i] = 0xff
		}
		masks[size] = loadWide(&wide)
	}
	return masks
}()

// hashShort is two rounds of multiplication and folding, as in wyhash, with
// secret operands.
func (k *keys) hashShort(s short, meta uint32) uint64 {
	up, down := bits.Mul64(s.a^k.mix[0], s.b^k.mix[1]^uint64(meta))
	up2, down2 := bits.Mul64(s.c^k.mix[2], s.d^k.mix[3])
	return up ^ down ^ up2 ^ down2
}

func (k *keys) hashLong(key []byte, meta uint32) uint64 {
	// The factor (2^64 over the golden ratio) spreads codes over all bits.
	return maphash.Bytes(k.seed, key) + uint64(meta)*0x9e3779b97f4a7c15
}

// find returns the id of key, or the hash under which insert may put it.
func (k *keys) find(key []byte, c code) (ID, uint64, bool) {
	m := meta(len(key), c)
	if len(key) > shortKey {
		return k.findLong(key, m)
	}
	return k.findShort(load(key), m)
}

// findShort is find for a key of at most shortKey bytes.
func (k *keys) findShort(s short, m uint32) (ID, uint64, bool) {
	h := k.hashShort(s, m)
	mask := uint32(len(k.slots) - 1)
	tag := uint32(h >> 32)
	for i := uint32(h) & mask; ; i = (i + 1) & mask {
		slot := k.slots[i]
		if slot.key == 0 {
			return 0, h, false
		}
		if slot.tag != tag {
			continue
		}
		if e := &k.entries[slot.key-1]; e.meta == m && loadWide(&e.short) == s {
			return e.id, h, true
		}
	}
}

func (k *keys) findLong(key []byte, m uint32) (ID, uint64, bool) {
	h := k.hashLong(key, m)
	mask := uint32(len(k.slots) - 1)
	tag := uint32(h >> 32)
	for i := uint32(h) & mask; ; i = (i + 1) & mask {
		s := k.slots[i]
		if s.key == 0 {
			return 0, h, false
		}
		if s.tag != tag {
			continue
		}
		if e := &k.entries[s.key-1]; e.meta == m && string(k.bytes(e)) == string(key) {
			return e.id, h, true
		}
	}
}

// insert adds a key that find did not find, under the hash it returned. The
// bytes are copied.
func (k *keys) insert(key []byte, c code, h uint64, id ID) entry {
	e := k.store(key, c)
	e.id = id
	k.add(e, h)
	return e
}

// in is the same key bytes in another code.
func (e entry) in(c code) entry {
	e.meta = meta(e.size(), c)
	return e
}

func (k *keys) add(e entry, h uint64) {
	if (len(k.entries)+1)*4 > len(k.slots)*3 {
		k.grow()
	}
	k.entries = append(k.entries, e)
	k.place(slot{tag: uint32(h >> 32), key: uint32(len(k.entries))}, uint32(h))
}

// store copies a key (of more than maxKey bytes, the first) without making it
// one that find finds.
func (k *keys) store(key []byte, c code) entry {
	key = key[:min(len(key), maxKey)]
	e := entry{meta: meta(len(key), c)}
	if len(key) <= shortKey {
		copy(e.short[:], key)
		return e
	}
	last := len(k.blobs) - 1
	if last < 0 || len(k.blobs[last])+len(key) > cap(k.blobs[last]) {
		k.blobs = append(k.blobs, make([]byte, 0, max(chunkSize, len(key))))
		last++
	}
	binary.LittleEndian.PutUint64(e.short[:], uint64(last))
	binary.LittleEndian.PutUint64(e.short[8:], uint64(len(k.blobs[last])))
	k.blobs[last] = append(k.blobs[last], key...)
	return e
}

func (k *keys) place(s slot, h uint32) {
	mask := uint32(len(k.slots) - 1)
	i := h & mask
	for k.slots[i].key != 0 {
		i = (i + 1) & mask
	}
	k.slots[i] = s
}

func (k *keys) grow() {
	k.slots = newSlots[slot](2 * len(k.slots))
	for i := range k.entries {
		e := &k.entries[i]
		var h uint64
		if e.size() <= shortKey {
			h = k.hashShort(loadWide(&e.short), e.meta)
		} else {
			h = k.hashLong(k.bytes(e), e.meta)
		}
		k.place(slot{tag: uint32(h >> 32), key: uint32(i + 1)}, uint32(h))
	}
}

// Decode brings a field as it stands in a log to the value it stands for,
// appending to dst. Formats own these; nil means "verbatim". A Decode depends
// on nothing but src, because what a raw form stands for is remembered, for
// each Decode on its own. It should be a declared function: every function
// value made at run time counts as another Decode, and those of a stream
// beyond the 254th are remembered no more.
type Decode func(dst, src []byte) []byte

// same reports whether two are one function value. A function value is a
// pointer to its code and what it has captured: equal pointers are equal
// functions, and while codes keeps the value, nothing else can get its place.
func (d Decode) same(e Decode) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&d)) == *(*unsafe.Pointer)(unsafe.Pointer(&e))
}

// codes numbers the Decodes that a dictionary has met, from 1.
type codes struct {
	known []Decode
	last  code
}

// of is the code of d, false if there are too many.
func (cs *codes) of(d Decode) (code, bool) {
	if d == nil {
		return verbatim, true
	}
	if cs.last != verbatim && cs.known[cs.last-1].same(d) {
		return cs.last, true
	}
	for i, known := range cs.known {
		if known.same(d) {
			cs.last = code(i + 1)
			return cs.last, true
		}
	}
	if len(cs.known) == maxCodes-1 {
		return verbatim, false
	}
	cs.known = append(cs.known, d)
	cs.last = code(len(cs.known))
	return cs.last, true
}
