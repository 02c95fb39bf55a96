package profile

import (
	"strings"

	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Lines reads a list from the lines of a file, both ends included: one value
// a line, blank lines skipped, "#" and what follows it a comment where it
// begins the line or follows a blank.
func Lines(f *source.File, first, last int) []Value {
	var out []Value
	for n := first; n <= last; n++ {
		text, column := Uncomment(f.Line(n))
		if text != "" {
			out = append(out, Value{Text: text, Pos: policy.Pos{File: f.Name, Line: n, Column: column}})
		}
	}
	return out
}

// Uncomment is a line without comment and surrounding blanks, and the column
// at which it begins.
func Uncomment(line string) (text string, column int) {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	text = strings.TrimLeft(line, " \t")
	return strings.TrimRight(text, " \t"), len(line) - len(text) + 1
}

// Split reads a list that one text holds, its values parted by a separator.
// Blanks around values and empty values are skipped. All values stand at the
// text's place: escapes hide where in it each begins.
func Split(n *source.Node, sep string) []Value {
	var out []Value
	for _, part := range strings.Split(n.Text, sep) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, Value{Text: part, Pos: n.Pos})
		}
	}
	return out
}

// Texts reads a list that a file has as one, of texts; what names them in
// messages.
func Texts(r *source.Report, n *source.Node, what string) []Value {
	if !r.Expect(n, source.List, what) {
		return nil
	}
	values := make([]Value, 0, len(n.Items))
	for i := range n.Items {
		if text, ok := r.Text(&n.Items[i], what); ok {
			values = append(values, Value{Text: text, Pos: n.Items[i].Pos})
		}
	}
	return values
}
