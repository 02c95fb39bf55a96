package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// ReadJSON reads one JSON value (RFC 8259). What the standard allows and we
// do not: a key twice in one object. Nothing is returned where the report
// notes an error.
func ReadJSON(f *File, r *Report) (*Node, bool) {
	d := json.NewDecoder(bytes.NewReader(f.Data))
	d.UseNumber()
	j := &jsonReader{file: f, report: r, decoder: d}
	n, ok := j.value(0)
	if !ok {
		return nil, false
	}
	at := j.next()
	if _, err := d.Token(); err != io.EOF {
		r.Errorf(f.Pos(at), "text after the end of the JSON value")
		return nil, false
	}
	return &n, true
}

type jsonReader struct {
	file    *File
	report  *Report
	decoder *json.Decoder
}

// next is the offset of the token that the decoder reads next.
func (j *jsonReader) next() int {
	i := int(j.decoder.InputOffset())
	for i < len(j.file.Data) {
		switch j.file.Data[i] {
		case ' ', '\t', '\r', '\n', ',', ':':
			i++
		default:
			return i
		}
	}
	return i
}

func (j *jsonReader) fail(at int, err error) {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		// Offset counts the bytes read, the offending one included.
		j.report.Errorf(j.file.Pos(max(int(syntax.Offset)-1, at)), "not JSON: %s", syntax)
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		j.report.Errorf(j.file.Pos(len(j.file.Data)), "not JSON: the file ends too early")
	default:
		j.report.Errorf(j.file.Pos(at), "not JSON: %s", err)
	}
}

func (j *jsonReader) value(depth int) (Node, bool) {
	at := j.next()
	n := Node{Pos: j.file.Pos(at)}
	if depth > maxDepth {
		j.report.Errorf(n.Pos, "nested more than %d levels deep", maxDepth)
		return n, false
	}
	token, err := j.decoder.Token()
	if err != nil {
		j.fail(at, err)
		return n, false
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return n, j.list(&n, depth)
		}
		return n, j.object(&n, depth)
	case string:
		n.Kind, n.Text = Text, t
	case json.Number:
		n.Kind, n.Text = Number, t.String()
	case bool:
		n.Kind, n.Text = Bool, "false"
		if t {
			n.Text = "true"
		}
	}
	return n, true
}

func (j *jsonReader) list(n *Node, depth int) bool {
	n.Kind = List
	for j.decoder.More() {
		item, ok := j.value(depth + 1)
		if !ok {
			return false
		}
		n.Items = append(n.Items, item)
	}
	return j.end()
}

func (j *jsonReader) object(n *Node, depth int) bool {
	n.Kind = Map
	seen := map[string]int{}
	for j.decoder.More() {
		at := j.next()
		token, err := j.decoder.Token()
		if err != nil {
			j.fail(at, err)
			return false
		}
		key, ok := token.(string)
		if !ok {
			j.report.Errorf(j.file.Pos(at), "not JSON: a key must be a text")
			return false
		}
		pos := j.file.Pos(at)
		if line, twice := seen[key]; twice {
			j.report.Errorf(pos, "key %q twice: first on line %d", clip(key), line)
			return false
		}
		seen[key] = pos.Line
		value, ok := j.value(depth + 1)
		if !ok {
			return false
		}
		n.Fields = append(n.Fields, Field{Key: key, Pos: pos, Value: value})
	}
	return j.end()
}

func (j *jsonReader) end() bool {
	at := j.next()
	if _, err := j.decoder.Token(); err != nil {
		j.fail(at, err)
		return false
	}
	return true
}

// JSON is a value as indented JSON with a line end, as rulesets are written.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
