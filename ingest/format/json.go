package format

import "unicode/utf8"

// jsonKind is what a JSON value is.
type jsonKind uint8

const (
	jsonNone    jsonKind = iota // the object does not have the key
	jsonString                  // raw is the value itself
	jsonEscaped                 // raw stands for the value by jsonUnescape
	jsonNumber
	jsonTrue
	jsonFalse
	jsonNull
	jsonObject // raw is the whole of it, from brace to brace
	jsonArray
)

// jsonValue is a value as it stands on a line, without the quotes of a string.
type jsonValue struct {
	raw  []byte
	kind jsonKind
}

// Why a line is not an object that can be read.
const (
	jsonNotObject = "not a JSON object"
	jsonCut       = "JSON object does not end on its line"
	jsonBroken    = "broken JSON"
	jsonTooDeep   = "JSON nested too deeply"
)

// maxJSONDepth bounds the nesting of objects and arrays, the outermost
// included. encoding/json allows 10,000; no log has more than a handful.
const maxJSONDepth = 1000

// jsonReader finds the values of known keys in one object on one line. What it
// accepts is what encoding/json accepts, less deep nesting, but keys have to
// match in case.
type jsonReader struct {
	values  []jsonValue // of the line read last, by number of the key; aliasing it
	root    jsonLevel
	scratch []byte
}

// jsonLevel is the keys that are looked for in one object.
type jsonLevel struct {
	keys    []jsonNode
	buckets [64]uint8 // first of the keys of a length and last byte, plus one
}

// jsonNode is a key of a level.
type jsonNode struct {
	name  string
	next  uint8 // the next one in the same bucket, plus one
	first bool  // of an array, the first element is the value
	slot  int   // number of the value, -1 if only what is within is looked for
	level *jsonLevel
	below []int // numbers of all values within
}

// newJSONReader makes a reader for keys that differ, at most 255 of one object.
func newJSONReader(keys []jsonKey) *jsonReader {
	r := &jsonReader{values: make([]jsonValue, len(keys))}
	for slot, key := range keys {
		level := &r.root
		for _, name := range key.within {
			node := level.node(name)
			node.below = append(node.below, slot)
			if node.level == nil {
				node.level = new(jsonLevel)
			}
			level = node.level
		}
		node := level.node(key.name)
		node.slot, node.first = slot, key.first
	}
	return r
}

// node is the node of a key, which is added if it is new. It is valid until
// the next one is added.
func (l *jsonLevel) node(name string) *jsonNode {
	if i := l.find([]byte(name)); i >= 0 {
		return &l.keys[i]
	}
	b := jsonBucket(name)
	l.keys = append(l.keys, jsonNode{name: name, next: l.buckets[b], slot: -1})
	l.buckets[b] = uint8(len(l.keys))
	return &l.keys[len(l.keys)-1]
}

func jsonBucket[T string | []byte](key T) int {
	if len(key) == 0 {
		return 0
	}
	return (len(key)*7 + int(key[len(key)-1])) & 63
}

// find returns the number of a key, or -1.
func (l *jsonLevel) find(key []byte) int {
	for i := l.buckets[jsonBucket(key)]; i != 0; i = l.keys[i-1].next {
		if l.keys[i-1].name == string(key) {
			return int(i - 1)
		}
	}
	return -1
}

// read reads a line, with or without its line end, and returns "" or why it
// cannot be read; the values found up to there are set even then. Of a key
// that comes twice the last value counts.
func (r *jsonReader) read(line []byte) (reason string) {
	clear(r.values)
	i := skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return jsonNotObject
	}
	if i = r.object(&r.root, line, i, 1); i < 0 {
		return jsonReason(i)
	}
	if skipSpace(line, i) != len(line) {
		return jsonBroken
	}
	return ""
}

// object reads the object whose brace is at i, the depth-th around its values,
// and returns where it ends, or a fault.
func (r *jsonReader) object(l *jsonLevel, line []byte, i, depth int) int {
	i = skipSpace(line, i+1)
	if i < len(line) && line[i] == '}' {
		return i + 1
	}
	for {
		key, at := scanKey(line, i)
		if at < 0 {
			return at
		}
		if key.kind == jsonEscaped {
			r.scratch = jsonUnescape(r.scratch[:0], key.raw)
			key.raw = r.scratch
		}
		var end int
		if k := l.find(key.raw); k >= 0 {
			end = r.value(&l.keys[k], line, at, depth)
		} else {
			_, end = scanValue(line, at, depth)
		}
		if end < 0 {
			return end
		}
		if i = skipSpace(line, end); i == len(line) {
			return faultCut
		}
		switch line[i] {
		case ',':
			i = skipSpace(line, i+1)
		case '}':
			return i + 1
		default:
			return faultBroken
		}
	}
}

// value reads the value at i of a key that is looked for, and returns where it
// ends, or a fault.
func (r *jsonReader) value(node *jsonNode, line []byte, i, depth int) int {
	var v jsonValue
	var end int
	for _, slot := range node.below {
		r.values[slot] = jsonValue{} // of an object before with the same key
	}
	if node.level != nil && i < len(line) && line[i] == '{' {
		if end = r.object(node.level, line, i, depth+1); end < 0 {
			return end
		}
		v = jsonValue{line[i:end], jsonObject}
	} else if v, end = scanValue(line, i, depth); end < 0 {
		return end
	}
	if node.slot < 0 {
		return end
	}
	if v.kind == jsonArray && node.first {
		elements := walkJSON(v)
		_, v, _ = elements.next()
	}
	r.values[node.slot] = v.checked()
	return end
}

// checked is the value, ready to be read: one with bytes that are not UTF-8
// has to be unescaped.
func (v jsonValue) checked() jsonValue {
	if v.kind == jsonString && !utf8.Valid(v.raw) {
		v.kind = jsonEscaped
	}
	return v
}
