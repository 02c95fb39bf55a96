package awswaf

import (
	"fmt"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// The resources that are written and read.
const (
	setResource   = "aws_wafv2_ip_set"
	groupResource = "aws_wafv2_rule_group"
)

// names are the API's names and Terraform's. A list of objects is a block that
// is written as often as the list is long; in an AndStatement and an
// OrStatement, statement is Statements.
var names = [...]struct {
	api, terraform string
	repeated       bool
}{
	{"Name", "name", false},
	{"Description", "description", false},
	{"Scope", "scope", false},
	{"IPAddressVersion", "ip_address_version", false},
	{"Addresses", "addresses", false},
	{"Capacity", "capacity", false},
	{"Rules", "rule", true},
	{"Priority", "priority", false},
	{"Action", "action", false},
	{"Block", "block", false},
	{"Count", "count", false},
	{"Allow", "allow", false},
	{"Statement", "statement", false},
	{"Statements", "statement", true},
	{"AndStatement", "and_statement", false},
	{"OrStatement", "or_statement", false},
	{"NotStatement", "not_statement", false},
	{"IPSetReferenceStatement", "ip_set_reference_statement", false},
	{"ARN", "arn", false},
	{"GeoMatchStatement", "geo_match_statement", false},
	{"CountryCodes", "country_codes", false},
	{"RegexMatchStatement", "regex_match_statement", false},
	{"RegexString", "regex_string", false},
	{"SizeConstraintStatement", "size_constraint_statement", false},
	{"ComparisonOperator", "comparison_operator", false},
	{"Size", "size", false},
	{"FieldToMatch", "field_to_match", false},
	{"SingleHeader", "single_header", false},
	{"TextTransformations", "text_transformation", true},
	{"Type", "type", false},
	{"VisibilityConfig", "visibility_config", false},
	{"SampledRequestsEnabled", "sampled_requests_enabled", false},
	{"CloudWatchMetricsEnabled", "cloudwatch_metrics_enabled", false},
	{"MetricName", "metric_name", false},
}

// terraformName is Terraform's name of what the API calls so.
func terraformName(api string) string {
	for _, n := range names {
		if n.api == api {
			return n.terraform
		}
	}
	return api
}

// apiName is the API's name of an attribute or block, itself if it has none.
func apiName(terraform, parent string) (name string, repeated bool) {
	several := parent == "AndStatement" || parent == "OrStatement"
	for _, n := range names {
		if n.terraform == terraform && (terraform != "statement" || n.repeated == several) {
			return n.api, n.repeated
		}
	}
	return terraform, false
}

// label is the name of a set's resource: an identifier, which begins with a
// letter or "_".
func label(name string) string {
	if c := name[0]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return name
	}
	return "_" + name
}

// WriteTerraform writes the Terraform form of a ruleset that passes the
// profile's Check and Check.
func WriteTerraform(rs *policy.Ruleset) ([]byte, error) {
	// Two sets have different names, and so different labels: those that get a
	// "_" in front begin with a digit or "_", and then "_" is doubled.
	g := build(rs, func(name string) string { return setResource + "." + label(name) + ".arn" })
	var w terraformWriter
	for i, s := range g.sets {
		w.resource(setResource, label(g.names[i]), s)
	}
	w.resource(groupResource, "rulecast", g.rules)
	return []byte(w.String()), nil
}

type terraformWriter struct{ strings.Builder }

func (w *terraformWriter) resource(kind, name string, body object) {
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
	fmt.Fprintf(w, "resource %s %s {\n", quote(kind), quote(name))
	w.body(1, body)
	w.WriteString("}\n")
}

// body writes the attributes, the signs of equality of those on one line below
// each other, and then the blocks, as terraform fmt does.
func (w *terraformWriter) body(depth int, body object) {
	indent := strings.Repeat("  ", depth)
	texts := make([]string, len(body))
	width := 0
	for i, m := range body {
		texts[i] = attribute(m, indent)
		if texts[i] != "" && !strings.Contains(texts[i], "\n") {
			width = max(width, len(terraformName(m.key)))
		}
	}
	for i, m := range body {
		switch name := terraformName(m.key); {
		case texts[i] == "":
		case strings.Contains(texts[i], "\n"):
			fmt.Fprintf(w, "%s%s = %s\n", indent, name, texts[i])
		default:
			fmt.Fprintf(w, "%s%-*s = %s\n", indent, width, name, texts[i])
		}
	}
	for _, m := range body {
		switch v := m.value.(type) {
		case object:
			w.block(depth, m.key, v)
		case []object:
			for _, o := range v {
				w.block(depth, m.key, o)
			}
		}
	}
}

func (w *terraformWriter) block(depth int, key string, body object) {
	indent := strings.Repeat("  ", depth)
	if len(body) == 0 {
		fmt.Fprintf(w, "%s%s {}\n", indent, terraformName(key))
		return
	}
	fmt.Fprintf(w, "%s%s {\n", indent, terraformName(key))
	w.body(depth+1, body)
	fmt.Fprintf(w, "%s}\n", indent)
}

// maxInline is the number of values up to which a list stands on one line.
const maxInline = 8

// attribute is a member's value as an expression, or "" if it is a block.
func attribute(m member, indent string) string {
	switch v := m.value.(type) {
	case string:
		if m.key == "ARN" {
			return v // a reference, not a text
		}
		return quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i := range v {
			quoted[i] = quote(v[i])
		}
		if len(v) <= maxInline {
			return "[" + strings.Join(quoted, ", ") + "]"
		}
		inner := "\n" + indent + "  "
		return "[" + inner + strings.Join(quoted, ","+inner) + ",\n" + indent + "]"
	case object, []object:
		return ""
	}
	return fmt.Sprint(m.value)
}

// quote is a text in quotes. None that is written has a control character.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{").Replace(text) + `"`
}

// SniffTerraform reports whether a text begins with one of our resources.
func SniffTerraform(f *source.File) bool {
	for n := 1; n <= f.Lines(); n++ {
		text := strings.TrimSpace(f.Line(n))
		if text != "" && text[0] != '#' && !strings.HasPrefix(text, "//") {
			return strings.HasPrefix(text, `resource "aws_wafv2_`)
		}
	}
	return false
}

// ReadTerraform reads the Terraform form: literal values and references to the
// sets of the file, nothing that Terraform would have to work out. What is
// wrong is noted in the report.
func ReadTerraform(f *source.File, p *profile.Profile, r *source.Report) *policy.Ruleset {
	t := &terraformReader{report: r, Scanner: source.NewScanner(f, r, source.Syntax{
		Comments: []string{"#", "//", "/*"}, Quotes: `"`, Word: isWord, StrictEscapes: true,
		Escapes: map[byte]string{'"': `"`, '\\': `\`, 'n': "\n", 'r': "\r", 't': "\t"},
	})}
	sets := source.Node{Kind: source.List, Pos: t.Token().Pos}
	root := source.Node{Kind: source.Map, Pos: t.Token().Pos}
	for t.Token().Kind != source.End {
		at := t.Token()
		kind, body, ok := t.resource()
		switch {
		case !ok:
		case kind == setResource:
			sets.Items = append(sets.Items, body)
		default:
			if _, twice := root.Field("RuleGroup"); twice {
				t.Fail(at, "a second %s: a ruleset has one", groupResource)
				break
			}
			root.Fields = append(root.Fields, source.Field{Key: "RuleGroup", Pos: at.Pos, Value: body})
		}
	}
	if r.Failed() {
		return &policy.Ruleset{Provider: Name}
	}
	root.Fields = append(root.Fields, source.Field{Key: "IPSets", Pos: sets.Pos, Value: sets})
	return Read(&root, p, r)
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

type terraformReader struct {
	*source.Scanner
	report *source.Report
}

// resource reads a resource as the API's object.
func (t *terraformReader) resource() (string, source.Node, bool) {
	if !t.Expect("resource") {
		return "", source.Node{}, false
	}
	kind, ok := t.Take(source.Quoted, "the resource's type in quotes")
	if ok && kind.Text != setResource && kind.Text != groupResource {
		t.Fail(kind, "resource %s is not read here: must be %s or %s", kind, setResource, groupResource)
		return "", source.Node{}, false
	}
	name, ok := t.Take(source.Quoted, "the resource's name in quotes")
	if !ok {
		return "", source.Node{}, false
	}
	body, ok := t.body("", 0)
	if ok && kind.Text == setResource {
		arn := source.Node{Kind: source.Text, Text: setResource + "." + name.Text + ".arn", Pos: name.Pos}
		body.Fields = append(body.Fields, source.Field{Key: "ARN", Pos: name.Pos, Value: arn})
	}
	if _, hasRules := body.Field("Rules"); ok && kind.Text == groupResource && !hasRules {
		rules := source.Node{Kind: source.List, Pos: name.Pos}
		body.Fields = append(body.Fields, source.Field{Key: "Rules", Pos: name.Pos, Value: rules})
	}
	return kind.Text, body, ok
}

// maxNesting bounds the depth of blocks, of which ours have ten.
const maxNesting = 40

// body reads what a block holds, and the braces around it.
func (t *terraformReader) body(parent string, depth int) (source.Node, bool) {
	n := source.Node{Kind: source.Map, Pos: t.Token().Pos}
	if depth > maxNesting {
		t.Fail(t.Token(), "nested more than %d levels deep", maxNesting)
		return n, false
	}
	if !t.Expect("{") {
		return n, false
	}
	for !t.Accept("}") {
		key, ok := t.Take(source.Word, "an attribute, a block or }")
		if !ok {
			return n, false
		}
		name, repeated := apiName(key.Text, parent)
		var value source.Node
		if t.Accept("=") {
			value, ok = t.value(0)
			if repeated {
				t.Fail(key, "%s: must be a block", key)
			}
		} else {
			value, ok = t.body(name, depth+1)
		}
		if !ok || !t.put(&n, key, source.Field{Key: name, Pos: key.Pos, Value: value}, repeated) {
			return n, false
		}
	}
	return n, true
}

// put adds an attribute or a block to a body.
func (t *terraformReader) put(n *source.Node, key source.Token, f source.Field, repeated bool) bool {
	have, twice := n.Field(f.Key)
	switch {
	case twice && repeated:
		have.Items = append(have.Items, f.Value)
		return true
	case twice:
		t.Fail(key, "%s twice", key)
		return false
	case repeated:
		f.Value = source.Node{Kind: source.List, Pos: f.Pos, Items: []source.Node{f.Value}}
	}
	n.Fields = append(n.Fields, f)
	return true
}

// value reads a literal, a list of them or a reference.
func (t *terraformReader) value(depth int) (source.Node, bool) {
	at := t.Token()
	n := source.Node{Pos: at.Pos}
	switch {
	case at.Kind == source.Quoted:
		t.Next()
		if strings.Contains(at.Text, "${") || strings.Contains(at.Text, "%{") {
			t.Fail(at, "templates (${ and %%{) are not read here")
			return n, false
		}
		n.Kind, n.Text = source.Text, at.Text
	case at.Is("[") && depth == 0:
		t.Next()
		n.Kind = source.List
		for !t.Accept("]") {
			item, ok := t.value(depth + 1)
			if !ok || !t.Token().Is("]") && !t.Expect(",") {
				return n, false
			}
			n.Items = append(n.Items, item)
		}
	case at.Is("true"), at.Is("false"):
		t.Next()
		n.Kind, n.Text = source.Bool, at.Text
	case at.Kind == source.Word && at.Text[0] >= '0' && at.Text[0] <= '9':
		t.Next()
		n.Kind, n.Text = source.Number, at.Text
	case at.Kind == source.Word && strings.HasPrefix(at.Text, setResource+"."):
		t.Next()
		n.Kind, n.Text = source.Text, at.Text
	default:
		t.Fail(at, "want a literal value, a list or the arn of a %s, have %s", setResource, at)
		return n, false
	}
	return n, true
}
