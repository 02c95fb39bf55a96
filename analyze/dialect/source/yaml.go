package source

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"rulecast/analyze/policy"
)

// maxKeys bounds the keys of a YAML file: the parser's work grows with the
// square of the keys of one map (0.6 s for 20,000 on one core).
const maxKeys = 20_000

// ReadYAML reads one YAML document of plain values: no anchors, aliases,
// tags, merge keys, directives or explicit keys, which rulesets do not need
// and by which a small file can become a large one. Keys are texts and unique.
// Nothing is returned where the report notes an error.
func ReadYAML(f *File, r *Report) (*Node, bool) {
	tokens := lexer.Tokenize(string(f.Data))
	y := &yamlReader{file: f, report: r}
	if !y.plain(tokens) {
		return nil, false
	}
	file, err := y.parse(joinColons(tokens))
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			r.Errorf(y.pos(syntax.Token), "not YAML: %s", syntax.Message)
		} else {
			r.Errorf(policy.Pos{File: f.Name}, "not YAML: %s", err)
		}
		return nil, false
	}
	var docs []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			docs = append(docs, doc.Body)
		}
	}
	switch {
	case len(docs) == 0:
		r.Errorf(policy.Pos{File: f.Name, Line: 1, Column: 1}, "the file is empty")
		return nil, false
	case len(docs) > 1:
		r.Errorf(y.pos(docs[1].GetToken()), "a second YAML document: a ruleset file has one")
		return nil, false
	}
	n, ok := y.value(docs[0], 0)
	return &n, ok
}

type yamlReader struct {
	file   *File
	report *Report
}

// parse keeps a panic of the parser on malformed input from ending the
// process: the file is refused instead.
func (y *yamlReader) parse(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			file, err = nil, fmt.Errorf("%v", p)
		}
	}()
	return parser.Parse(tokens, 0)
}

func (y *yamlReader) pos(t *token.Token) policy.Pos {
	return policy.Pos{File: y.file.Name, Line: t.Position.Line, Column: t.Position.Column}
}

// plain checks what has to be known before the parser runs, which is
// recursive: the nesting, the number of keys, and the absence of everything
// that ReadYAML does not read.
func (y *yamlReader) plain(tokens token.Tokens) bool {
	depth, keys, entries, line := 0, 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		refused := ""
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			entries++
		case token.MappingValueType:
			keys++
		case token.AnchorType:
			refused = "anchors (&) are not read"
		case token.AliasType:
			refused = "aliases (*) are not read; put a value that begins with * in quotes"
		case token.TagType:
			refused = "tags (!) are not read"
		case token.MappingKeyType:
			refused = "explicit keys (?) are not read"
		case token.MergeKeyType:
			refused = "merge keys (<<) are not read"
		case token.DirectiveType:
			refused = "directives (%) are not read"
		}
		switch {
		case refused != "":
		case depth > maxDepth || entries > maxDepth || t.Position.IndentNum > 4*maxDepth:
			refused = fmt.Sprintf("nested more than %d levels deep", maxDepth)
		case keys > maxKeys:
			refused = fmt.Sprintf("more than %d keys", maxKeys)
		default:
			continue
		}
		y.report.Errorf(y.pos(t), "%s", refused)
		return false
	}
	return true
}

func (y *yamlReader) value(node ast.Node, depth int) (Node, bool) {
	n := Node{Pos: y.pos(node.GetToken())}
	if depth > maxDepth {
		y.report.Errorf(n.Pos, "nested more than %d levels deep", maxDepth)
		return n, false
	}
	switch v := node.(type) {
	case *ast.NullNode:
		n.Kind = Null
	case *ast.BoolNode:
		n.Kind, n.Text = Bool, fmt.Sprint(v.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		n.Kind, n.Text = Number, node.GetToken().Value
	case *ast.StringNode:
		n.Kind, n.Text = Text, v.Value
	case *ast.LiteralNode:
		n.Kind, n.Text = Text, v.Value.Value
	case *ast.SequenceNode:
		n.Kind = List
		n.Items = make([]Node, 0, len(v.Values))
		for _, item := range v.Values {
			child, ok := y.value(item, depth+1)
			if !ok {
				return n, false
			}
			n.Items = append(n.Items, child)
		}
	case *ast.MappingNode:
		return n, y.mapping(&n, v.Values, depth)
	case *ast.MappingValueNode:
		return n, y.mapping(&n, []*ast.MappingValueNode{v}, depth)
	default:
		y.report.Errorf(n.Pos, "not read here: %s", node.Type())
		return n, false
	}
	return n, true
}

// joinColons undoes a mistake of the lexer: after a quoted text in a flow map
// it takes the colons in [2001:db8::1] for those of a map, though no space
// follows them (YAML 1.2.2 section 7.3.3).
func joinColons(tokens token.Tokens) token.Tokens {
	var open []token.Type
	out := make(token.Tokens, 0, len(tokens))
	joined := false
	for i, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open = append(open, t.Type)
		case token.SequenceEndType, token.MappingEndType:
			open = open[:max(0, len(open)-1)]
		}
		inList := len(open) > 0 && open[len(open)-1] == token.SequenceStartType
		if !inList || len(out) == 0 || i == 0 {
			out = append(out, t)
			continue
		}
		last, before := out[len(out)-1], tokens[i-1]
		adjacent := t.Position.Line == before.Position.Line && plain(t) &&
			t.Position.Column == before.Position.Column+utf8.RuneCountInString(before.Value)
		colon := t.Type == token.MappingValueType || before.Type == token.MappingValueType
		if next := i + 1; t.Type == token.MappingValueType {
			adjacent = adjacent && next < len(tokens) && plain(tokens[next]) && tokens[next].Position.Line == t.Position.Line &&
				tokens[next].Position.Column == t.Position.Column+1
		}
		if adjacent && colon && plain(before) {
			out[len(out)-1] = token.String(last.Value+t.Value, last.Origin+t.Origin, last.Position)
			joined = true
			continue
		}
		out = append(out, t)
	}
	if !joined {
		return tokens
	}
	for i, t := range out {
		t.Prev, t.Next = nil, nil
		if i > 0 {
			t.Prev, out[i-1].Next = out[i-1], t
		}
	}
	return out
}

// plain reports whether a token is part of a text without quotes.
func plain(t *token.Token) bool {
	return t.Type == token.MappingValueType || t.CharacterType == token.CharacterTypeMiscellaneous && !quoted(t)
}

func quoted(t *token.Token) bool {
	return t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType
}

func (y *yamlReader) mapping(n *Node, values []*ast.MappingValueNode, depth int) bool {
	n.Kind = Map
	seen := map[string]int{}
	for i, v := range values {
		key := v.Key.GetToken()
		pos := y.pos(key)
		if i == 0 && n.Pos.Line >= pos.Line && n.Pos.Column > pos.Column {
			n.Pos = pos // a block map stands where its first key does
		}
		if line, twice := seen[key.Value]; twice {
			y.report.Errorf(pos, "key %q twice: first on line %d", clip(key.Value), line)
			return false
		}
		seen[key.Value] = pos.Line
		value, ok := y.value(v.Value, depth+1)
		if !ok {
			return false
		}
		n.Fields = append(n.Fields, Field{Key: key.Value, Pos: pos, Value: value})
	}
	return true
}
