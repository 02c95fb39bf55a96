package source

import (
	"slices"
	"strconv"

	"rulecast/analyze/policy"
)

// Kind is the type of a value.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Map
)

// String is the kind with its article, for messages.
func (k Kind) String() string {
	return [...]string{"nothing", "true or false", "a number", "a text", "a list", "a map"}[k]
}

// Node is one value of a JSON or YAML file.
type Node struct {
	Kind   Kind
	Text   string // of a scalar, as written and without quotes
	Items  []Node
	Fields []Field
	Pos    policy.Pos
}

// Field is one key of a map. Keys are unique in their map.
type Field struct {
	Key   string
	Pos   policy.Pos
	Value Node
}

// Field is the value of a key of a map.
func (n *Node) Field(key string) (*Node, bool) {
	for i := range n.Fields {
		if n.Fields[i].Key == key {
			return &n.Fields[i].Value, true
		}
	}
	return nil, false
}

// maxDepth bounds the nesting of a file. Rulesets have at most ten levels.
const maxDepth = 50

// Expect notes an error unless the value is of a kind.
func (r *Report) Expect(n *Node, kind Kind, what string) bool {
	if n.Kind == kind {
		return true
	}
	hint := ""
	if kind == Text && n.Kind != List {
		hint = "; put it in quotes if it is one"
	}
	r.Errorf(n.Pos, "%s: want %s, have %s%s", what, kind, n.Kind, hint)
	return false
}

// Text reads a text.
func (r *Report) Text(n *Node, what string) (string, bool) {
	if !r.Expect(n, Text, what) {
		return "", false
	}
	return n.Text, true
}

// Bool reads true or false.
func (r *Report) Bool(n *Node, what string) (value, ok bool) {
	if !r.Expect(n, Bool, what) {
		return false, false
	}
	return n.Text == "true", true
}

// Int reads a whole number between min and max.
func (r *Report) Int(n *Node, what string, min, max int) (int, bool) {
	if !r.Expect(n, Number, what) {
		return 0, false
	}
	i, err := strconv.Atoi(n.Text)
	if err != nil || i < min || i > max {
		r.Errorf(n.Pos, "%s %s: must be a whole number from %d to %d", what, n.Text, min, max)
		return 0, false
	}
	return i, true
}

// Keys notes an error for each key of a map that is not among those named,
// and reports whether the value is a map at all.
func (r *Report) Keys(n *Node, what string, known ...string) bool {
	if !r.Expect(n, Map, what) {
		return false
	}
	for i := range n.Fields {
		if f := &n.Fields[i]; !slices.Contains(known, f.Key) {
			r.Errorf(f.Pos, "%s: unknown key %q%s", what, clip(f.Key), didYouMean(f.Key, known))
		}
	}
	return true
}

// clip keeps a value from a file short enough for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return string([]rune(s[:most])) + "..."
}

// didYouMean names the known key that is at most two edits away.
func didYouMean(key string, known []string) string {
	if len(key) > 40 {
		return ""
	}
	best, at := "", 3
	for _, k := range known {
		if d := distance(key, k); d < at && d < len(k) {
			best, at = k, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
