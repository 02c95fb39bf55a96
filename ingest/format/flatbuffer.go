package format

import "encoding/binary"

// flatBuffer reads FlatBuffers, which Arrow writes its metadata in. What is not
// within the data reads as 0 and makes it bad; nothing is allocated.
// Source: "FlatBuffer Internals" of Google.
type flatBuffer struct {
	data []byte
	bad  bool
}

// number is the little-endian number of size bytes at a place, its bits above
// those zero.
func (b *flatBuffer) number(at, size int) uint64 {
	if at < 0 || size > len(b.data) || at > len(b.data)-size {
		b.bad = true
		return 0
	}
	var wide [8]byte
	copy(wide[:], b.data[at:at+size])
	return binary.LittleEndian.Uint64(wide[:])
}

// follow is where the offset at a place leads to.
func (b *flatBuffer) follow(at int) int { return at + int(b.number(at, 4)) }

// flatTable is a table in a FlatBuffer. The zero value has no fields.
type flatTable struct {
	*flatBuffer
	at, vtable, size int
}

func (b *flatBuffer) root() flatTable { return b.table(b.follow(0)) }

func (b *flatBuffer) table(at int) flatTable {
	vtable := at - int(int32(b.number(at, 4)))
	return flatTable{b, at, vtable, int(b.number(vtable, 2))}
}

// field is where a field is, 0 if it has its default.
func (t flatTable) field(i int) int {
	slot := 4 + 2*i
	if slot+2 > t.size {
		return 0
	}
	if offset := int(t.number(t.vtable+slot, 2)); offset > 0 {
		return t.at + offset
	}
	return 0
}

// unsigned is a field of size bytes.
func (t flatTable) unsigned(i, size int, otherwise uint64) uint64 {
	if at := t.field(i); at > 0 {
		return t.number(at, size)
	}
	return otherwise
}

// long is a signed field of 8 bytes, 0 by default.
func (t flatTable) long(i int) int64 { return int64(t.unsigned(i, 8, 0)) }

func (t flatTable) flag(i int) bool { return t.unsigned(i, 1, 0) != 0 }

// child is a field that is a table, and whether there is one.
func (t flatTable) child(i int) (flatTable, bool) {
	if at := t.field(i); at > 0 {
		return t.table(t.follow(at)), true
	}
	return flatTable{}, false
}

// flatVector is a vector in a FlatBuffer: elements that are within the data.
type flatVector struct {
	*flatBuffer
	at, len, size int
}

// vector is a field that is a vector of elements of size bytes.
func (t flatTable) vector(i, size int) flatVector {
	at := t.field(i)
	if at == 0 {
		return flatVector{}
	}
	at = t.follow(at)
	n := t.number(at, 4)
	if t.bad || n > uint64((len(t.data)-at-4)/size) {
		t.bad = true
		return flatVector{}
	}
	return flatVector{t.flatBuffer, at + 4, int(n), size}
}

// tableAt is an element of a vector of tables.
func (v flatVector) tableAt(i int) flatTable { return v.table(v.follow(v.at + v.size*i)) }

// longAt is one of the 8-byte numbers that element i is made of.
func (v flatVector) longAt(i, part int) int64 { return int64(v.number(v.at+v.size*i+8*part, 8)) }

// maxFlatText is how much of a string is read. Many fields may be the same one.
const maxFlatText = 512

// text is a field that is a string.
func (t flatTable) text(i int) string {
	v := t.vector(i, 1)
	if v.len == 0 {
		return ""
	}
	return string(v.data[v.at:][:min(v.len, maxFlatText)])
}
