package record

import "rulecast/ingest/referer"

// ID is an entry of a dictionary. Ids are dense, start at 0 and are never
// reused, so an analysis can keep a slice indexed by them.
type ID = uint32

// Absent is the id, in every Strings dictionary, of "the record has no value".
const Absent ID = 0

// Strings is a growing dictionary of byte strings. Entry 0 is Absent. It
// belongs to its stream and must not be used by two goroutines at once.
type Strings struct {
	keys    keys
	aliases int     // raw forms that are not the value itself
	values  []entry // by id
	scratch []byte
	codes   codes
	stand   func(value []byte) (stand string, pooled bool) // nil: none are pooled
	pooled  map[ID]bool                                    // that stand for others
}

// maxRawForms and maxRawForm bound the raw forms that are remembered beside
// their value, and their length. Others are decoded each time.
const (
	maxRawForms = 1 << 16
	maxRawForm  = 1 << 10
)

func newStrings() *Strings {
	s := &Strings{}
	s.keys.init()
	s.values = append(s.values, s.keys.store(nil, verbatim))
	return s
}

// Len is the number of ids handed out, Absent included.
func (s *Strings) Len() int { return len(s.values) }

// Bytes is the value of an id: valid as long as the dictionary, not to be
// written to.
func (s *Strings) Bytes(id ID) []byte { return s.keys.bytes(&s.values[id]) }

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
	if s.stand != nil {
		if stand, pooled := s.stand(value); pooled {
			return s.internStand(stand)
		}
	}
	return s.insert(value, h)
}

func (s *Strings) insert(value []byte, h uint64) ID {
	id := ID(len(s.values))
	s.values = append(s.values, s.keys.insert(value, verbatim, h, id))
	return id
}

// alias makes raw in code c (hashed h, not in the table) another key of value,
// which is added if it is new. An empty value is Absent.
func (s *Strings) alias(raw []byte, c code, h uint64, value []byte) ID {
	id := s.intern(value, nil)
	if s.pooled[id] {
		return id
	}
	if string(raw) == string(value) {
		s.keys.add(s.values[id].in(c), h) // nothing to decode: the bytes are there already
		return id
	}
	if s.aliases < maxRawForms && len(raw) <= maxRawForm {
		s.aliases++
		s.keys.insert(raw, c, h, id)
	}
	return id
}

// RefererHosts is the dictionary of Referer hosts. The first ids, one for each
// class without a host, are the class numbers themselves (id 0, the number of
// ClassHost, is never handed out); real hosts follow.
type RefererHosts struct {
	keys    keys
	values  []entry // by id
	aliases int
	slow    keys // whole header values that simpleAuthority does not read
	scratch []byte
	codes   codes
	stand   func(host []byte) (stand string, pooled bool) // nil: none are pooled
}

func newRefererHosts() *RefererHosts {
	r := &RefererHosts{}
	r.keys.init()
	r.slow.init()
	for c := range referer.NumClasses {
		r.values = append(r.values, r.keys.store([]byte(c.String()), verbatim))
	}
	return r
}

// Len is the number of ids, those of the classes included.
func (r *RefererHosts) Len() int { return len(r.values) }

// Class is the class of an id: ClassHost for a real host, and for what stands
// for those that were taken together because of how they end.
func (r *RefererHosts) Class(id ID) referer.Class {
	if id < ID(referer.NumClasses) {
		return referer.Class(id)
	}
	return referer.ClassHost
}

// Bytes is the host, or the label of the class in parentheses, which no host
// name can be: valid as long as the dictionary, not to be written to.
func (r *RefererHosts) Bytes(id ID) []byte { return r.keys.bytes(&r.values[id]) }

// String is a copy of Bytes.
func (r *RefererHosts) String(id ID) string { return string(r.Bytes(id)) }

// maxAlias and maxAliases bound the raw authorities that are remembered beside
// their host: an attacker can write a new spelling in every request.
const (
	maxAlias   = 64
	maxAliases = 1 << 14
)

// intern finds or adds the host of a raw header value.
func (r *RefererHosts) intern(raw []byte, decode Decode) ID {
	switch {
	case len(raw) == 0:
		return ID(referer.ClassEmpty)
	case len(raw) == 1 && raw[0] == '-':
		return ID(referer.ClassAbsent)
	}
	if key, size, ok := quickAuthority(raw); ok {
		if id, _, ok := r.keys.findShort(key, meta(size, verbatim)); ok {
			return id
		}
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
	if len(r.slow.entries) < maxSlowForms {
		r.slow.insert(raw, c, h, id)
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
	if r.Pooled(id) {
		return id
	}
	if len(authority) <= maxAlias && r.aliases < maxAliases {
		r.aliases++
		r.keys.insert(authority, verbatim, h, id)
	}
	return id
}

func (r *RefererHosts) add(key []byte, h uint64) ID {
	if r.stand != nil {
		if stand, pooled := r.stand(key); pooled {
			return r.internStand(stand)
		}
	}
	return r.insert(key, h)
}

func (r *RefererHosts) insert(key []byte, h uint64) ID {
	id := ID(len(r.values))
	r.values = append(r.values, r.keys.insert(key, verbatim, h, id))
	return id
}
