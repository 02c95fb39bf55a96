package format

// jsonWalk steps through the elements of an array or the members of an object
// that a jsonReader has found: both are known to be whole and valid.
//
//	for w := walkJSON(headers); ; {
//		_, header, ok := w.next()
//		if !ok {
//			break
//		}
//		...
//	}
type jsonWalk struct {
	raw    []byte
	i      int // where the next element or key begins, if there is one
	object bool
}

// walkJSON begins a walk. What is neither array nor object has no elements.
func walkJSON(v jsonValue) jsonWalk {
	if v.kind != jsonArray && v.kind != jsonObject {
		return jsonWalk{}
	}
	return jsonWalk{raw: v.raw, i: skipSpace(v.raw, 1), object: v.kind == jsonObject}
}

// next returns the next value and, in an object, its key, a jsonString or
// jsonEscaped. Both alias the line. It returns false behind the last.
func (w *jsonWalk) next() (key, value jsonValue, ok bool) {
	if w.i >= len(w.raw)-1 { // only the closing bracket is left
		return key, value, false
	}
	i := w.i
	if w.object {
		key, i = scanKey(w.raw, i)
	}
	value, i = scanValue(w.raw, i, 1)
	if i = skipSpace(w.raw, i); w.raw[i] == ',' {
		i = skipSpace(w.raw, i+1)
	}
	w.i = i
	return key.checked(), value.checked(), true
}
