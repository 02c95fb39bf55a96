package format

import (
	"slices"

	"rulecast/ingest/record"
)

// jsonField is a value of a JSON object and what it becomes.
type jsonField struct {
	mappedField
	key jsonKey // its sets and flag are those of the target
}

// jsonMap reads JSON objects of which each value becomes what its field says.
// Fields of one target stand in the order in which they are preferred; request
// lines stand before URLs, and these before hosts, paths and queries.
type jsonMap struct {
	fields []mappedField
	slots  []int // of fields: numbers of keys
	keys   []jsonKey
	// check, if not nil, looks at a record before it is read, and returns why
	// it is no row (see jsonRow) or "".
	check func(d *jsonDecoder) string
	// more, if not nil, sets what is not just the value of a key.
	more func(d *jsonDecoder, row *mapRow, b *record.Builder)
}

// jsonTo is the field that makes a target of a key of the line's own object,
// or of one within others, the innermost last.
func jsonTo(to target, names ...string) jsonField {
	last := len(names) - 1
	return jsonField{mappedField{to: to}, jsonKey{name: names[last], within: names[:last]}}
}

// header is f for the value of a header, of which the log has none if it was
// not sent; logs of Go programs have all its values, in an array.
func (f jsonField) header() jsonField {
	f.exact, f.key.first = true, true
	return f
}

// hidden is f for a value that the log may keep to itself.
func (f jsonField) hidden() jsonField {
	f.redacted = true
	return f
}

// newJSONMap makes a map. The others are keys that are looked at without
// becoming columns; they have the first numbers.
func newJSONMap(fields []jsonField, others ...jsonKey) *jsonMap {
	m := &jsonMap{keys: others}
	for _, f := range fields {
		key := f.key
		key.sets, key.flag = f.to.sets(), f.to.flag()
		slot := slices.IndexFunc(m.keys, func(k jsonKey) bool { return k.name == key.name && slices.Equal(k.within, key.within) })
		if slot < 0 {
			slot = len(m.keys)
			m.keys = append(m.keys, key)
		} else {
			k := &m.keys[slot]
			k.sets, k.flag, k.first = k.sets.Union(key.sets), k.flag || key.flag, k.first || key.first
		}
		m.fields = append(m.fields, f.mappedField)
		m.slots = append(m.slots, slot)
	}
	return m
}

// decoder makes a decoder of its own state; the map may have many.
func (m *jsonMap) decoder() *jsonDecoder {
	row := new(mapRow)
	return newJSONDecoder(m.keys, func(d *jsonDecoder, b *record.Builder) string { return m.set(d, row, b) })
}

func (m *jsonMap) set(d *jsonDecoder, row *mapRow, b *record.Builder) string {
	if m.check != nil {
		if reason := m.check(d); reason != "" {
			return reason
		}
	}
	row.begin()
	wanted := b.Wanted()
	for i := range m.fields {
		f := &m.fields[i]
		if f.unread(wanted) {
			continue
		}
		if reason := row.set(f, d.text(m.slots[i]), b); reason != "" {
			return reason
		}
	}
	if m.more != nil {
		m.more(d, row, b)
	}
	d.extra = row.extra
	return row.end(b)
}

// jsonFormat is a format of such objects. The judge says what the values of
// m's keys miss to be of this format, or "".
func jsonFormat(name, title string, m func() *jsonMap, judge func(values []jsonValue) string) *Format {
	return &Format{
		Name:  name,
		Title: title,
		Sniff: func(head []byte, whole bool) string { return sniffJSON(head, whole, m().keys, judge) },
		New:   func() Decoder { return m().decoder() },
	}
}

// keysFound is how many of the keys a record has.
func keysFound(values []jsonValue) (n int) {
	for _, v := range values {
		if v.kind != jsonNone {
			n++
		}
	}
	return n
}
