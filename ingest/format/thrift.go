package format

import "encoding/binary"

// thriftReader walks one struct in Thrift's compact protocol, which Parquet
// writes its footer and page headers in. It believes no length that goes
// beyond the data, so what it has walked is safe to hand to a decoder that
// allocates what lengths say.
// Source: thrift-compact-protocol.md of Apache Thrift.
type thriftReader struct {
	data []byte
	at   int
	// visit gets the whole numbers and booleans (0, 1) that are fields of
	// structs. The path is the field's number; in a struct that is field 5 of
	// the outermost it is 500 and the field's number.
	visit func(path int, v int64)
}

const (
	maxThriftDepth = 16 // a Parquet footer has 7
	// minThriftStruct is the shortest struct in a list that Parquet has: a
	// field of a length of 0, and the end.
	minThriftStruct = 3
)

// Types of the compact protocol.
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// structure walks a struct to its end; false if there is none.
func (r *thriftReader) structure(path, depth int) bool {
	if depth > maxThriftDepth {
		return false
	}
	id := int64(0)
	for {
		head, ok := r.byte()
		if !ok {
			return false
		}
		kind := head & 15
		if kind == thriftStop {
			return true
		}
		if delta := head >> 4; delta != 0 {
			id += int64(delta)
		} else if id, ok = r.varint(); !ok {
			return false
		}
		if id < 0 || id >= 100 {
			id = 0 // Parquet has no such field; any number will do that nobody asks for
		}
		if !r.value(kind, path*100+int(id), depth) {
			return false
		}
	}
}

// value walks a field of a struct.
func (r *thriftReader) value(kind byte, path, depth int) bool {
	switch kind {
	case thriftTrue, thriftFalse:
		r.report(path, int64(thriftFalse-kind))
		return true
	case thriftI16, thriftI32, thriftI64:
		v, ok := r.varint()
		r.report(path, v)
		return ok
	}
	return r.skip(kind, path, depth)
}

// skip walks a value that is no field, or no number.
func (r *thriftReader) skip(kind byte, path, depth int) bool {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return r.advance(1)
	case thriftI16, thriftI32, thriftI64:
		_, ok := r.varint()
		return ok
	case thriftDouble:
		return r.advance(8)
	case thriftBinary:
		n, ok := r.uvarint()
		return ok && n <= uint64(len(r.data)) && r.advance(int(n))
	case thriftList, thriftSet:
		return r.list(path, depth)
	case thriftStruct:
		return r.structure(path, depth+1)
	}
	return false // a map, which Parquet has none of, or nothing known
}

func (r *thriftReader) list(path, depth int) bool {
	head, ok := r.byte()
	if !ok {
		return false
	}
	kind, size := head&15, uint64(head>>4)
	if size == 15 {
		if size, ok = r.uvarint(); !ok {
			return false
		}
	}
	least := uint64(1)
	if kind == thriftStruct {
		least = minThriftStruct
	}
	if size > uint64(len(r.data)-r.at)/least {
		return false
	}
	for range size {
		if !r.skip(kind, path, depth+1) {
			return false
		}
	}
	return true
}

func (r *thriftReader) report(path int, v int64) {
	if r.visit != nil {
		r.visit(path, v)
	}
}

func (r *thriftReader) byte() (byte, bool) {
	if r.at >= len(r.data) {
		return 0, false
	}
	r.at++
	return r.data[r.at-1], true
}

func (r *thriftReader) advance(n int) bool {
	if n > len(r.data)-r.at {
		return false
	}
	r.at += n
	return true
}

func (r *thriftReader) uvarint() (uint64, bool) {
	v, n := binary.Uvarint(r.data[r.at:])
	r.at += max(n, 0)
	return v, n > 0
}

// varint reads a number whose lowest bit is its sign ("zigzag").
func (r *thriftReader) varint() (int64, bool) {
	v, n := binary.Varint(r.data[r.at:])
	r.at += max(n, 0)
	return v, n > 0
}
