package record

import "rulecast/ingest/referer"

// Columnar files have dictionaries of their own. Their format translates each
// entry once, with Intern or InternValue, and then sets ids.

// Intern returns the id for SetID that the setter of dictionary column c would
// set for raw: SetClient, SetCountry, SetHost, SetReferer (RefererHost) or
// SetString. It reports false if c is Client and raw is no address, and if c
// was not asked for or is no dictionary column.
func (b *Builder) Intern(c Column, raw []byte, decode Decode) (ID, bool) {
	if b.ids[c] == nil {
		return Absent, false
	}
	switch c {
	case Client:
		return b.dicts.Clients.intern(raw)
	case Country:
		return b.internCountry(raw), true
	case RefererHost:
		return b.dicts.RefererHosts.intern(raw, decode), true
	}
	if isMissing(raw) {
		return Absent, true
	}
	if c == Host {
		decode = canonicalHost
	}
	return b.dicts.Strings(c).intern(raw, decode), true
}

// InternValue is Intern for a value as a Batch has it, which is taken as it is:
// "-" is no sign of absence. For RefererHost it is a canonical host, "" (the
// header was empty) or the label of a class; false if it is none of these.
func (b *Builder) InternValue(c Column, value []byte) (ID, bool) {
	switch {
	case b.ids[c] == nil:
		return Absent, false
	case c == Client:
		return b.dicts.Clients.intern(value)
	case c == Country:
		return b.internCountry(value), true
	case c == RefererHost:
		return b.dicts.RefererHosts.internValue(value)
	}
	return b.dicts.Strings(c).intern(value, nil), true
}

// SetID sets a dictionary column to an id of its dictionary.
func (b *Builder) SetID(c Column, id ID) {
	if ids := b.ids[c]; ids != nil {
		ids[b.rows] = id
	}
}

// SetValue sets a text column to a value, which is taken as it is: "-" is no
// sign of absence.
func (b *Builder) SetValue(c Column, value []byte) {
	if t := b.texts[c]; t != nil {
		t.data = append(t.data[:t.ends[b.rows]], value...)
	}
}

func (r *RefererHosts) internValue(value []byte) (ID, bool) {
	if len(value) == 0 {
		return ID(referer.ClassEmpty), true
	}
	if value[0] == '(' {
		for c := referer.ClassAbsent; c < referer.NumClasses; c++ {
			if c.String() == string(value) {
				return ID(c), true
			}
		}
		return ID(referer.ClassMalformed), false
	}
	if id, _, ok := r.keys.find(value, verbatim); ok && string(r.Bytes(id)) == string(value) {
		return id, true
	}
	host, ok := referer.CanonicalHost(string(value))
	if !ok || host != string(value) {
		return ID(referer.ClassMalformed), false
	}
	return r.internHost(host), true
}
