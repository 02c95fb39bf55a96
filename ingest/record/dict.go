package record

import (
	"hash/maphash"
	"net/netip"
	"unsafe"

	"rulecast/ingest/referer"
)

// ID is an entry of a dictionary. Ids are dense, start at 0 and are never
// reused, so an analysis can keep a slice indexed by them.
type ID = uint32

// Absent is the id, in every Strings dictionary, of "the record has no value".
const Absent ID = 0

// keys is an open-addressing hash table from byte strings to ids. Several keys
// may lead to one id. Slots are 8 bytes (a 32-bit tag of the hash, an index),
// the keys themselves stand one after the other in an arena, so growth moves
// slots only. The hash is seeded at random: logs are written by attackers.
//
// A key belongs to a code: the same bytes mean different values when they were
// written in different ways ("a%20b" is itself in an Apache log and "a b" in
// CloudFront's), and one stream may read both.
type keys struct {
	seed  maphash.Seed
	slots []slot   // len is a power of two
	blobs [][]byte // arena chunks
	refs  []keyRef // per key
}

type slot struct {
	tag uint32
	key uint32 // index in refs, plus one; 0 is an empty slot
}

type keyRef struct {
	place uint32 // chunk<<codeBits | code
	off   uint32
	size  uint32
	id    ID
}

// code says how the bytes of a key are to be read.
type code uint32

const (
	verbatim code = 0 // they are the value itself
	codeBits      = 8
	maxCodes      = 1<<codeBits - 1
)

func (r keyRef) chunk() uint32 { return r.place >> codeBits }
func (r keyRef) code() code    { return code(r.place & maxCodes) }

const (
	firstSlots = 1 << 10
	chunkSize  = 1 << 18
)

func (k *keys) init() {
	k.seed = maphash.MakeSeed()
	k.slots = make([]slot, firstSlots)
}

func (k *keys) bytes(r keyRef) []byte {
	return k.blobs[r.chunk()][r.off : r.off+r.size : r.off+r.size]
}

// hash is the hash of a key in a code.
func (k *keys) hash(key []byte, c code) uint64 {
	// The factor (2^64 over the golden ratio) spreads codes over all bits.
	return maphash.Bytes(k.seed, key) + uint64(c)*0x9e3779b97f4a7c15
}

// find returns the id of key, or the hash under which insert may put it.
func (k *keys) find(key []byte, c code) (ID, uint64, bool) {
	h := k.hash(key, c)
	mask := uint32(len(k.slots) - 1)
	tag := uint32(h >> 32)
	for i := uint32(h) & mask; ; i = (i + 1) & mask {
		s := k.slots[i]
		if s.key == 0 {
			return 0, h, false
		}
		if s.tag == tag {
			r := k.refs[s.key-1]
			if r.code() == c && string(k.bytes(r)) == string(key) {
				return r.id, h, true
			}
		}
	}
}

// insert adds a verbatim key that find did not find, under the hash it
// returned. The bytes are copied.
func (k *keys) insert(key []byte, h uint64, id ID) keyRef {
	r := k.store(key)
	r.id = id
	k.add(r, h)
	return r
}

// insertCoded is insert for a key of any code.
func (k *keys) insertCoded(key []byte, c code, h uint64, id ID) {
	r := k.store(key)
	r.id = id
	k.add(r.in(c), h)
}

// in is the same key bytes in another code.
func (r keyRef) in(c code) keyRef {
	r.place = r.chunk()<<codeBits | uint32(c)
	return r
}

func (k *keys) add(r keyRef, h uint64) {
	if (len(k.refs)+1)*4 > len(k.slots)*3 {
		k.grow()
	}
	k.refs = append(k.refs, r)
	k.place(slot{tag: uint32(h >> 32), key: uint32(len(k.refs))}, uint32(h))
}

func (k *keys) store(key []byte) keyRef {
	last := len(k.blobs) - 1
	if last < 0 || len(k.blobs[last])+len(key) > cap(k.blobs[last]) {
		k.blobs = append(k.blobs, make([]byte, 0, max(chunkSize, len(key))))
		last++
	}
	off := len(k.blobs[last])
	k.blobs[last] = append(k.blobs[last], key...)
	return keyRef{place: uint32(last) << codeBits, off: uint32(off), size: uint32(len(key))}
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
	k.slots = make([]slot, 2*len(k.slots))
	for i, r := range k.refs {
		h := k.hash(k.bytes(r), r.code())
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

// Strings is a growing dictionary of byte strings. Entry 0 is Absent. It
// belongs to its stream and must not be used by two goroutines at once.
type Strings struct {
	keys    keys
	values  []keyRef
	scratch []byte
	codes   codes
}

func newStrings() *Strings {
	s := &Strings{}
	s.keys.init()
	s.values = append(s.values, s.keys.store(nil))
	return s
}

// Len is the number of ids handed out, Absent included.
func (s *Strings) Len() int { return len(s.values) }

// Bytes is the value of an id: valid as long as the dictionary, not to be
// written to.
func (s *Strings) Bytes(id ID) []byte { return s.keys.bytes(s.values[id]) }

// String is a copy of the value of an id.
func (s *Strings) String(id ID) string { return string(s.Bytes(id)) }

// intern finds or adds the value that raw decodes to. Raw forms are remembered,
// so each is decoded once.
func (s *Strings) intern(raw []byte, decode Decode) ID {
	c, known := s.codes.of(decode)
	if !known {
		s.scratch = decode(s.scratch[:0], raw)
		return s.intern(s.scratch, nil)
	}
	id, h, ok := s.keys.find(raw, c)
	if ok {
		return id
	}
	if c == verbatim {
		return s.add(raw, h)
	}
	s.scratch = decode(s.scratch[:0], raw)
	return s.alias(raw, c, h, s.scratch)
}

func (s *Strings) add(value []byte, h uint64) ID {
	if len(value) == 0 {
		return Absent
	}
	id := ID(len(s.values))
	s.values = append(s.values, s.keys.insert(value, h, id))
	return id
}

// alias makes raw in code c (hashed h, not in the table) another key of value,
// which is added if it is new. An empty value is Absent.
func (s *Strings) alias(raw []byte, c code, h uint64, value []byte) ID {
	id := s.intern(value, nil)
	if string(raw) == string(value) {
		s.keys.add(s.values[id].in(c), h) // nothing to decode: the bytes are there already
		return id
	}
	s.keys.insertCoded(raw, c, h, id)
	return id
}

// Addresses is the dictionary of clients: textual forms of one address meet in
// one id. IPv4-mapped IPv6 addresses are unmapped and zones dropped. There is
// no Absent entry: a record without an address is a reject.
type Addresses struct {
	keys  keys
	addrs []netip.Addr
	text  []byte
}

func newAddresses() *Addresses {
	a := &Addresses{}
	a.keys.init()
	return a
}

// Len is the number of distinct addresses so far.
func (a *Addresses) Len() int { return len(a.addrs) }

// Addr is the address of an id.
func (a *Addresses) Addr(id ID) netip.Addr { return a.addrs[id] }

func (a *Addresses) intern(raw []byte) (ID, bool) {
	id, h, ok := a.keys.find(raw, verbatim)
	if ok {
		return id, true
	}
	if len(raw) > maxAddrText {
		return 0, false
	}
	// Ports differ in nearly every line, so forms with one are not remembered.
	if bare := bareAddr(raw); len(bare) < len(raw) {
		raw = bare
		if id, h, ok = a.keys.find(raw, verbatim); ok {
			return id, true
		}
	}
	addr, ok := parseAddr(raw)
	if !ok {
		return 0, false
	}
	a.text = addr.AppendTo(a.text[:0])
	if string(a.text) == string(raw) {
		return a.add(addr, raw, h), true
	}
	id, ch, ok := a.keys.find(a.text, verbatim)
	if !ok {
		id = a.add(addr, a.text, ch)
	}
	a.keys.insert(raw, h, id)
	return id, true
}

func (a *Addresses) internAddr(addr netip.Addr) ID {
	a.text = addr.Unmap().WithZone("").AppendTo(a.text[:0])
	id, _ := a.intern(a.text)
	return id
}

func (a *Addresses) add(addr netip.Addr, key []byte, h uint64) ID {
	id := ID(len(a.addrs))
	a.addrs = append(a.addrs, addr)
	a.keys.insert(key, h, id)
	return id
}

// RefererHosts is the dictionary of Referer hosts. The first ids, one for each
// class without a host, are the class numbers themselves (id 0, the number of
// ClassHost, is never handed out); real hosts follow.
type RefererHosts struct {
	keys    keys
	values  []keyRef
	slow    keys // whole header values that simpleAuthority does not read
	scratch []byte
	codes   codes
}

func newRefererHosts() *RefererHosts {
	r := &RefererHosts{}
	r.keys.init()
	r.slow.init()
	for c := range referer.NumClasses {
		r.values = append(r.values, r.keys.store([]byte(c.String())))
	}
	return r
}

// Len is the number of ids, those of the classes included.
func (r *RefererHosts) Len() int { return len(r.values) }

// Class is the class of an id: ClassHost for a real host.
func (r *RefererHosts) Class(id ID) referer.Class {
	if id < ID(referer.NumClasses) {
		return referer.Class(id)
	}
	return referer.ClassHost
}

// Bytes is the host, or the label of the class in parentheses, which no host
// name can be: valid as long as the dictionary, not to be written to.
func (r *RefererHosts) Bytes(id ID) []byte { return r.keys.bytes(r.values[id]) }

// String is a copy of Bytes.
func (r *RefererHosts) String(id ID) string { return string(r.Bytes(id)) }

// maxAlias bounds the raw authorities that are remembered beside their host:
// userinfo can be of any length and differ in every request.
const maxAlias = 64

// intern finds or adds the host of a raw header value.
func (r *RefererHosts) intern(raw []byte, decode Decode) ID {
	switch {
	case len(raw) == 0:
		return ID(referer.ClassEmpty)
	case len(raw) == 1 && raw[0] == '-':
		return ID(referer.ClassAbsent)
	}
	authority, simple := simpleAuthority(raw)
	if !simple {
		return r.internSlow(raw, decode)
	}
	id, h, ok := r.keys.find(authority, verbatim)
	if ok {
		return id
	}
	host, valid := referer.CanonicalHost(string(authority))
	if !valid {
		return ID(referer.ClassMalformed)
	}
	return r.remember(authority, h, host)
}

// maxSlow and maxSlowForms bound the header values that are remembered whole:
// an attacker can write a new one in every request.
const (
	maxSlow      = 256
	maxSlowForms = 1 << 14
)

func (r *RefererHosts) internSlow(raw []byte, decode Decode) ID {
	c, known := r.codes.of(decode)
	if !known || len(raw) > maxSlow {
		return r.parse(raw, decode)
	}
	id, h, ok := r.slow.find(raw, c)
	if ok {
		return id
	}
	id = r.parse(raw, decode)
	if len(r.slow.refs) < maxSlowForms {
		r.slow.insertCoded(raw, c, h, id)
	}
	return id
}

func (r *RefererHosts) parse(raw []byte, decode Decode) ID {
	if decode != nil {
		r.scratch = decode(r.scratch[:0], raw)
		raw = r.scratch
	}
	host, class := referer.Parse(raw)
	if class != referer.ClassHost {
		return ID(class)
	}
	return r.internHost(host)
}

func (r *RefererHosts) internHost(host string) ID {
	key := []byte(host)
	id, h, ok := r.keys.find(key, verbatim)
	if ok {
		return id
	}
	return r.add(key, h)
}

func (r *RefererHosts) remember(authority []byte, h uint64, host string) ID {
	if string(authority) == host {
		return r.add(authority, h)
	}
	id := r.internHost(host)
	if len(authority) <= maxAlias {
		r.keys.insert(authority, h, id)
	}
	return id
}

func (r *RefererHosts) add(key []byte, h uint64) ID {
	id := ID(len(r.values))
	r.values = append(r.values, r.keys.insert(key, h, id))
	return id
}

// simpleAuthority finds the authority of "http://…" and "https://…" values in
// which it has nothing that a log's escaping could have touched, so that it
// reads the same decoded or not. Anything else takes the slow path.
func simpleAuthority(raw []byte) ([]byte, bool) {
	var rest []byte
	switch {
	case len(raw) > 8 && string(raw[:8]) == "https://":
		rest = raw[8:]
	case len(raw) > 7 && string(raw[:7]) == "http://":
		rest = raw[7:]
	default:
		return nil, false
	}
	for i, c := range rest {
		switch authorityByte[c] {
		case authorityEnd:
			return rest[:i], i > 0
		case authorityOther:
			return nil, false
		}
	}
	return rest, true
}

const (
	authorityOther = iota // needs the slow path
	authorityPart
	authorityEnd
)

var authorityByte = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == ':':
			t[c] = authorityPart
		case c == '/' || c == '?' || c == '#':
			t[c] = authorityEnd
		}
	}
	return t
}()
