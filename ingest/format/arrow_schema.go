package format

import (
	"errors"
	"fmt"

	"rulecast/ingest/record"
)

// arrowKind is how the values of an array lie in its buffers.
type arrowKind uint8

const (
	arrowOther arrowKind = iota // not read
	arrowNull                   // no buffers, no values
	arrowInt                    // whole numbers of width bytes
	arrowText                   // byte strings behind offsets of width bytes
	arrowView                   // byte strings in place, or in further buffers
)

// arrowType is a type of Schema.fbs, as far as it is read.
type arrowType struct {
	name   string
	kind   arrowKind
	width  int // in bytes
	signed bool
	unit   int64 // of a moment or a time of day, per second; 0 for none
	days   bool
	moment bool // a timestamp
	clock  bool // a time of day
}

// arrowColumnSpec is a column of an Arrow schema that is read, and where its
// array is in each record batch.
type arrowColumnSpec struct {
	tableColumn
	values     arrowType
	indices    arrowType // where the values are in a dictionary
	dictionary int64     // its id
	indexed    bool      // there is one
	node       int
	buffer     int // the first one, but for
	views      int // so many variable numbers of buffers before it
}

// arrowSchema is what a Schema message says.
type arrowSchema struct {
	present record.Columns
	columns []arrowColumnSpec
}

// Bounds of a schema: files have some ten fields.
const (
	maxArrowFields = 1 << 14
	maxArrowDepth  = 32
)

var errArrowMetadata = errors.New("arrow metadata is damaged")

// readArrowSchema finds the columns to read.
func readArrowSchema(schema flatTable, wants record.Columns) (*arrowSchema, error) {
	if schema.unsigned(0, 2, 0) != 0 {
		return nil, errors.New("arrow data with its bytes in big-endian order is not supported")
	}
	meta := arrowMetadata(schema.vector(2, 4))
	version, own := meta[ParquetSchema]
	if own && version != ParquetSchemaVersion {
		return nil, fmt.Errorf("written by a newer rulecast (%s %q)", ParquetSchema, version)
	}
	walk := arrowWalk{budget: maxArrowFields}
	fields := walk.fields(schema.vector(1, 4))
	if schema.bad || walk.damaged {
		return nil, errArrowMetadata
	}
	named := func(name string) *arrowField {
		for i := range fields {
			if f := &fields[i]; own && f.name == name || !own && f.known == name {
				return f
			}
		}
		return nil
	}
	s := &arrowSchema{}
	for _, f := range fieldsOf(own, func(name string) bool { return named(name) != nil }) {
		field := named(f.name)
		if field == nil {
			continue
		}
		s.present = s.present.Union(record.ColumnSet(f.sets))
		if !wants.Has(f.sets) && !f.fallible(own) {
			continue
		}
		c := field.spec
		c.tableColumn = tableColumn{tableField: f, own: own, unit: c.values.unit, days: c.values.days && c.values.unit == 0}
		if !c.fits() {
			return nil, fmt.Errorf("column %s: type %s is not supported", field.name, c.values.name)
		}
		s.columns = append(s.columns, c)
	}
	if !s.present.Has(record.Client) {
		return nil, errors.New("no column c_ip: Arrow is read with the columns of CloudFront or of rulecast compact")
	}
	if names, ok := meta[ParquetColumns]; own && ok {
		s.present &= namedColumns(names)
	}
	return s, nil
}

// arrowMetadata are the entries that say what package compact wrote.
func arrowMetadata(entries flatVector) map[string]string {
	meta := map[string]string{}
	for i := range entries.len {
		entry := entries.tableAt(i)
		if key := entry.text(0); key == ParquetSchema || key == ParquetColumns {
			meta[key] = entry.text(1)
		}
	}
	return meta
}

// fits reports whether the column's values can be what its field says.
func (c *arrowColumnSpec) fits() bool {
	v := c.values
	if c.indexed && (c.indices.kind != arrowInt || v.kind == arrowNull) {
		return false
	}
	switch v.kind {
	case arrowNull:
		return true
	case arrowText, arrowView:
		return c.kind == tableDict || c.kind == tableText || c.text != nil
	case arrowInt:
		switch {
		case v.moment:
			return c.kind == tableTime
		case v.clock:
			return c.kind == tableClock
		case v.days:
			return c.kind == tableDate
		}
		return c.kind == tableTime || c.kind == tableNumber
	}
	return false
}

// arrowField is a field at the top of a schema.
type arrowField struct {
	name  string
	known string // the same as tableName spells it
	spec  arrowColumnSpec
}

// arrowWalk counts the nodes and buffers that the fields of a schema have in
// each record batch. Tables may be in a FlatBuffer many times over, so the
// budget bounds how many fields are looked at.
type arrowWalk struct {
	budget       int
	node, buffer int
	views        int
	damaged      bool
}

func (w *arrowWalk) fields(v flatVector) []arrowField {
	var fields []arrowField
	for i := range v.len {
		f := v.tableAt(i)
		field := arrowField{name: f.text(0), known: tableName(f.text(0))}
		c := &field.spec
		c.node, c.buffer, c.views = w.node, w.buffer, w.views
		c.values = arrowTypeOf(f)
		if d, ok := f.child(4); ok {
			c.indexed, c.dictionary = true, d.long(0)
			c.indices = arrowType{kind: arrowInt, width: 4, signed: true}
			if t, ok := d.child(1); ok {
				c.indices = arrowInts(t)
			}
		}
		fields = append(fields, field)
		w.field(f, 0)
		if v.bad || w.damaged {
			break
		}
	}
	return fields
}

// How many buffers the types of Schema.fbs have that have no children.
const (
	typeNull, typeInt, typeFloat, typeBinary, typeUTF8, typeBool = 1, 2, 3, 4, 5, 6
	typeDecimal, typeDate, typeTime, typeTimestamp, typeInterval = 7, 8, 9, 10, 11
	typeList, typeStruct, typeUnion, typeFixedBinary             = 12, 13, 14, 15
	typeFixedList, typeMap, typeDuration, typeLargeBinary        = 16, 17, 18, 19
	typeLargeUTF8, typeLargeList, typeRunEnd, typeBinaryView     = 20, 21, 22, 23
	typeUTF8View, typeListView, typeLargeListView                = 24, 25, 26
)

// field counts a field and its children.
func (w *arrowWalk) field(f flatTable, depth int) {
	if w.budget--; w.budget < 0 || depth > maxArrowDepth || f.bad {
		w.damaged = true
		return
	}
	w.node++
	if _, ok := f.child(4); ok { // the children are the dictionary's
		w.buffer += 2
		return
	}
	switch f.unsigned(2, 1, 0) {
	case typeNull, typeRunEnd:
	case typeStruct, typeFixedList:
		w.buffer++
	case typeUnion:
		w.buffer++
		if t, ok := f.child(3); ok && t.unsigned(0, 2, 0) == 1 { // a dense one
			w.buffer++
		}
	case typeBinary, typeUTF8, typeLargeBinary, typeLargeUTF8, typeListView, typeLargeListView:
		w.buffer += 3
	case typeBinaryView, typeUTF8View:
		w.buffer += 2
		w.views++
	case typeInt, typeFloat, typeBool, typeDecimal, typeDate, typeTime, typeTimestamp, typeInterval, typeList,
		typeFixedBinary, typeMap, typeDuration, typeLargeList:
		w.buffer += 2
	default: // of a future version
		w.damaged = true
		return
	}
	for children, i := f.vector(5, 4), 0; i < children.len && !w.damaged; i++ {
		w.field(children.tableAt(i), depth+1)
	}
}

// arrowTypeOf reads the type of a field, or of the values of its dictionary.
func arrowTypeOf(f flatTable) arrowType {
	number := f.unsigned(2, 1, 0)
	t, _ := f.child(3)
	if t.flatBuffer == nil {
		t.flatBuffer = f.flatBuffer
	}
	switch number {
	case typeNull:
		return arrowType{name: "null", kind: arrowNull}
	case typeInt:
		return arrowInts(t)
	case typeBinary, typeUTF8:
		return arrowType{name: "string", kind: arrowText, width: 4}
	case typeLargeBinary, typeLargeUTF8:
		return arrowType{name: "large string", kind: arrowText, width: 8}
	case typeBinaryView, typeUTF8View:
		return arrowType{name: "string view", kind: arrowView}
	case typeTimestamp:
		return arrowType{name: "timestamp", kind: arrowInt, width: 8, signed: true, unit: arrowUnit(t.unsigned(0, 2, 0)), moment: true}
	case typeDate:
		if t.unsigned(0, 2, 1) == 0 {
			return arrowType{name: "date", kind: arrowInt, width: 4, signed: true, days: true}
		}
		return arrowType{name: "date", kind: arrowInt, width: 8, signed: true, unit: 1e3, days: true}
	case typeTime:
		width := 4
		if t.unsigned(1, 4, 32) == 64 {
			width = 8
		}
		return arrowType{name: "time", kind: arrowInt, width: width, signed: true, unit: arrowUnit(t.unsigned(0, 2, 1)), clock: true}
	}
	names := map[uint64]string{typeFloat: "floating point", typeBool: "bool", typeDecimal: "decimal", typeDuration: "duration", typeList: "list", typeStruct: "struct"}
	if name, ok := names[number]; ok {
		return arrowType{name: name}
	}
	return arrowType{name: fmt.Sprintf("number %d of Arrow's", number)}
}

func arrowInts(t flatTable) arrowType {
	bits := t.unsigned(0, 4, 0)
	if bits != 8 && bits != 16 && bits != 32 && bits != 64 {
		return arrowType{name: fmt.Sprintf("int of %d bits", bits)}
	}
	return arrowType{name: "int", kind: arrowInt, width: int(bits / 8), signed: t.flag(1)}
}

// arrowUnit is a TimeUnit, per second.
func arrowUnit(unit uint64) int64 {
	per := int64(1)
	for range min(unit, 3) {
		per *= 1000
	}
	return per
}
