package format

import (
	"math/bits"
	"unicode/utf8"
)

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
	found   jsonSlots   // the numbers of those that are there
	wrong   bool        // a key may have a value of a kind that it must not have
	root    jsonLevel
	scratch []byte
}

// maxJSONKeys is how many keys a format can have.
const maxJSONKeys = 256

// jsonSlots is a set of numbers of keys.
type jsonSlots [maxJSONKeys / 64]uint64

func (s *jsonSlots) add(slot int)    { s[slot>>6&3] |= 1 << (slot & 63) }
func (s *jsonSlots) remove(slot int) { s[slot>>6&3] &^= 1 << (slot & 63) }

// newJSONReader makes a reader for at most maxJSONKeys keys, which differ.
func newJSONReader(keys []jsonKey) *jsonReader {
	r := &jsonReader{values: make([]jsonValue, len(keys))}
	r.root.init()
	for slot, key := range keys {
		level := &r.root
		for _, name := range key.within {
			node := level.wanted(name)
			node.below = append(node.below, slot)
			if node.level == nil {
				node.level = new(jsonLevel)
				node.level.init()
			}
			level = node.level
		}
		node := level.wanted(key.name)
		node.slot, node.first, node.kinds = slot, key.first, key.kinds()
	}
	return r
}

// read reads a line, with or without its line end, and returns "" or why it
// cannot be read; the values found up to there are set even then. Of a key
// that comes twice the last value counts.
func (r *jsonReader) read(line []byte) (reason string) {
	before := r.found
	r.found, r.wrong = jsonSlots{}, false
	end := faultNotObject
	if i := skipSpace(line, 0); i < len(line) && line[i] == '{' {
		end = r.object(&r.root, line, i, 1)
	}
	for w, slots := range before {
		for gone := slots &^ r.found[w]; gone != 0; gone &= gone - 1 {
			r.values[w*64+bits.TrailingZeros64(gone)] = jsonValue{}
		}
	}
	if end >= 0 && skipSpace(line, end) != len(line) {
		end = faultBroken
	}
	return jsonReason(end)
}

// object reads the object whose brace is at i, the depth-th around its values,
// and returns where it ends, or a fault.
//
// Lines of a log mostly have the same keys in the same order. So what stood
// between two values the last time is compared with what is there, and only
// where they differ the key is looked up.
func (r *jsonReader) object(l *jsonLevel, line []byte, i, depth int) int {
	i++
	for last := &l.start; ; {
		node, quoted := last.after, last.quoted
		if n := len(last.lead); n > 0 && n <= len(line)-i && string(line[i:i+n]) == string(last.lead) {
			if i += n; !quoted {
				i = skipSpace(line, i) // where a writer sets spaces only now and then
			}
		} else if node, i = r.member(l, last, line, i); node == nil {
			return i
		} else {
			quoted = false
		}
		last = node
		if quoted {
			i = r.text(node, line, i)
		} else {
			i = r.value(node, line, i, depth)
		}
		if i < 0 {
			return i
		}
	}
}

// member reads what is between the value that ends at i, that of last, and the
// next one, which begins where it says. Without a node there is none: the
// object ends there, or it is a fault.
func (r *jsonReader) member(l *jsonLevel, last *jsonNode, line []byte, i int) (*jsonNode, int) {
	begin := skipSpace(line, i)
	switch {
	case begin == len(line):
		return nil, faultCut
	case line[begin] == '}':
		return nil, begin + 1
	case last == &l.start:
	case line[begin] != ',':
		return nil, faultBroken
	default:
		begin = skipSpace(line, begin+1)
	}
	key, at := scanKey(line, begin)
	if at < 0 {
		return nil, at
	}
	if key.kind == jsonEscaped {
		r.scratch = jsonUnescape(r.scratch[:0], key.raw)
		key.raw = r.scratch
	}
	node := l.node(key.raw)
	if node != &l.other {
		last.learn(node, line[i:at], at < len(line) && line[at] == '"')
	}
	return node, at
}

// text reads the string at i, behind its quote.
func (r *jsonReader) text(node *jsonNode, line []byte, i int) int {
	end, ascii := plainEnd(line, i)
	if end == len(line) {
		return faultCut
	}
	v := jsonValue{line[i:end], jsonString}
	if line[end] == '"' {
		end++
	} else if v, end = scanString(line, i); end < 0 {
		return end
	}
	if node.slot >= 0 {
		if !ascii {
			v = v.checked()
		}
		r.set(node, v)
	}
	return end
}

// value reads the value at i, and returns where it ends, or a fault.
func (r *jsonReader) value(node *jsonNode, line []byte, i, depth int) int {
	if node.within() {
		return r.outer(node, line, i, depth)
	}
	v, end := scanValue(line, i, depth)
	if end >= 0 && node.slot >= 0 {
		r.set(node, v.checked())
	}
	return end
}

func (r *jsonReader) set(node *jsonNode, v jsonValue) {
	r.values[node.slot] = v
	r.found.add(node.slot)
	if node.kinds>>v.kind&1 == 0 {
		r.wrong = true
	}
}

// outer reads the value of a key that has others within it, or whose value is
// the first element of an array.
func (r *jsonReader) outer(node *jsonNode, line []byte, i, depth int) int {
	for _, slot := range node.below {
		r.unset(slot) // of an object before with the same key
	}
	var v jsonValue
	var end int
	if node.level != nil && i < len(line) && line[i] == '{' {
		end = r.object(node.level, line, i, depth+1)
		if end >= 0 {
			v = jsonValue{line[i:end], jsonObject}
		}
	} else {
		v, end = scanValue(line, i, depth)
	}
	if end < 0 || node.slot < 0 {
		return end
	}
	if v.kind == jsonArray && node.first {
		elements := walkJSON(v)
		var ok bool
		if _, v, ok = elements.next(); !ok {
			r.unset(node.slot)
			return end
		}
	}
	r.set(node, v.checked())
	return end
}

func (r *jsonReader) unset(slot int) {
	r.values[slot] = jsonValue{}
	r.found.remove(slot)
}

// checked is the value, ready to be read: one with bytes that are not UTF-8
// has to be unescaped.
func (v jsonValue) checked() jsonValue {
	if v.kind == jsonString && !utf8.Valid(v.raw) {
		v.kind = jsonEscaped
	}
	return v
}
