package awswaf

import (
	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// statement reads what a rule denies: what Write writes, and the same with
// needless OrStatements.
func (g *groupReader) statement(rule *policy.Rule, n *source.Node) {
	l := &listReader{groupReader: g, rule: rule}
	kind, value, ok := g.one(n)
	if !ok {
		return
	}
	switch kind {
	case "NotStatement":
		rule.Mode, rule.DenyMissing = policy.Allow, true
		if inner, ok := g.inner(value); ok {
			l.list(inner)
		}
	case "AndStatement":
		rule.Mode = policy.Allow
		statements, ok := g.statements(value)
		if !ok {
			return
		}
		second, negated, isNot := "", (*source.Node)(nil), false
		if len(statements) == 2 && g.present(&statements[0]) {
			second, negated, isNot = g.one(&statements[1])
		}
		if second != "NotStatement" || !isNot {
			g.Errorf(value.Pos, "AndStatement: must be a SizeConstraintStatement on the Referer and a NotStatement with the list")
			return
		}
		if inner, ok := g.inner(negated); ok {
			l.list(inner)
		}
		if l.found && rule.Control != policy.Referer {
			g.Errorf(value.Pos, "rule %s: whether there is a Referer says something about a Referer list only", rule.ID)
		}
	default:
		l.list(n)
	}
	if !l.found {
		if l.missing {
			g.Errorf(n.Pos, "rule %s: the list is empty", rule.ID)
		}
		return
	}
	if rule.Control != policy.Referer {
		rule.DenyMissing = false
	}
	if l.missing {
		rule.DenyMissing = true
		if rule.Control != policy.Referer || rule.Mode == policy.Allow {
			g.Errorf(n.Pos, "rule %s: whether there is a Referer belongs to a Referer list that blocks", rule.ID)
		}
	}
}

// one is the kind of a statement and what it holds.
func (g *groupReader) one(n *source.Node) (string, *source.Node, bool) {
	if !g.Expect(n, source.Map, "Statement") {
		return "", nil, false
	}
	if len(n.Fields) != 1 {
		g.Errorf(n.Pos, "Statement: must be one statement, not %d", len(n.Fields))
		return "", nil, false
	}
	return n.Fields[0].Key, &n.Fields[0].Value, true
}

func (g *groupReader) inner(n *source.Node) (*source.Node, bool) {
	if !g.Keys(n, "NotStatement", "Statement") {
		return nil, false
	}
	v, ok := n.Field("Statement")
	if !ok {
		g.Errorf(n.Pos, "NotStatement: Statement is missing")
	}
	return v, ok
}

func (g *groupReader) statements(n *source.Node) ([]source.Node, bool) {
	if !g.Keys(n, "statements", "Statements") {
		return nil, false
	}
	v, ok := n.Field("Statements")
	if !ok {
		g.Errorf(n.Pos, "Statements is missing")
		return nil, false
	}
	return v.Items, g.Expect(v, source.List, "Statements")
}

// present reports whether a statement says that there is a Referer. Nothing is
// noted if it is another.
func (g *groupReader) present(n *source.Node) bool {
	v, ok := n.Field("SizeConstraintStatement")
	if !ok || !g.onReferer(v, "NONE", "ComparisonOperator", "Size") {
		return false
	}
	operator, _ := v.Field("ComparisonOperator")
	size, _ := v.Field("Size")
	return operator != nil && operator.Text == "GT" && size != nil && size.Kind == source.Number && size.Text == "0"
}

// onReferer notes an error unless a statement looks at the Referer header with
// this one text transformation.
func (g *groupReader) onReferer(n *source.Node, transformation string, keys ...string) bool {
	if !g.Keys(n, "statement", append(keys, "FieldToMatch", "TextTransformations")...) {
		return false
	}
	field := []string{"FieldToMatch", "SingleHeader", "Name"}
	v := n
	for i, key := range field {
		next, ok := v.Field(key)
		if !ok || len(v.Fields) != 1 && i > 0 {
			g.Errorf(n.Pos, "FieldToMatch: must be the SingleHeader referer")
			return false
		}
		v = next
	}
	if v.Kind != source.Text || v.Text != "referer" && v.Text != "Referer" {
		g.Errorf(v.Pos, "SingleHeader: must be referer")
		return false
	}
	list, ok := n.Field("TextTransformations")
	if ok && list.Kind == source.List && len(list.Items) == 1 {
		kind, ok := list.Items[0].Field("Type")
		_, hasPriority := list.Items[0].Field("Priority")
		if ok && hasPriority && len(list.Items[0].Fields) == 2 && kind.Kind == source.Text && kind.Text == transformation {
			return true
		}
	}
	g.Errorf(n.Pos, "TextTransformations: must be one of the Type %s", transformation)
	return false
}

// listReader reads the statements that say what is on a rule's list.
type listReader struct {
	*groupReader
	rule    *policy.Rule
	found   bool // an entry, whose control is the rule's
	missing bool // a statement that there is no Referer
	has     [2]bool
}

func (l *listReader) list(n *source.Node) {
	kind, value, ok := l.one(n)
	if !ok {
		return
	}
	switch kind {
	case "OrStatement":
		statements, _ := l.statements(value)
		for i := range statements {
			l.list(&statements[i])
		}
	case "IPSetReferenceStatement":
		l.ipSet(value)
	case "GeoMatchStatement":
		if l.Keys(value, kind, "CountryCodes") {
			if codes, ok := value.Field("CountryCodes"); ok {
				l.add(value, policy.Country, profile.Texts(l.Report, codes, "CountryCodes"))
			} else {
				l.Errorf(value.Pos, "CountryCodes is missing")
			}
		}
	case "RegexMatchStatement":
		l.expression(value)
	case "NotStatement":
		if inner, ok := l.inner(value); ok && l.present(inner) {
			l.missing = true
			return
		}
		l.Errorf(value.Pos, "NotStatement: only one with a SizeConstraintStatement on the Referer can stand beside a list")
	default:
		l.Errorf(n.Pos, "%s is not read here: a rule is about IP sets, countries or the host of the Referer", kind)
	}
}

// control notes what the list is of, which all of its statements agree on.
func (l *listReader) control(n *source.Node, c policy.Control) bool {
	if l.found && l.rule.Control != c {
		l.Errorf(n.Pos, "rule %s is about %s and %s: a rule has one control", l.rule.ID, l.rule.Control, c)
		return false
	}
	l.found, l.rule.Control = true, c
	return true
}

func (l *listReader) add(n *source.Node, c policy.Control, values []profile.Value) {
	if l.control(n, c) {
		l.rule.Entries = append(l.rule.Entries, l.profile.Entries(l.Report, c, values)...)
	}
}

func (l *listReader) ipSet(n *source.Node) {
	if !l.Keys(n, "IPSetReferenceStatement", "ARN") {
		return
	}
	arn, ok := l.text(n, "IPSetReferenceStatement", "ARN")
	if !ok || !l.control(n, policy.IP) {
		return
	}
	s := l.find(arn)
	if s == nil {
		l.Errorf(n.Pos, "the file has no IP set for %q", arn)
		return
	}
	version := 0
	if s.ipv6 {
		version = 1
	}
	if l.has[version] {
		l.Errorf(n.Pos, "IP set %s: a rule has at most one set of each IP version", s.name)
		return
	}
	l.has[version], s.used = true, true
	l.rule.Entries = append(l.rule.Entries, s.entries...)
}

func (l *listReader) expression(n *source.Node) {
	if !l.onReferer(n, "LOWERCASE", "RegexString") {
		return
	}
	v, ok := n.Field("RegexString")
	if !ok {
		l.Errorf(n.Pos, "RegexString is missing")
		return
	}
	text, ok := l.Text(v, "RegexString")
	if !ok {
		return
	}
	hosts, err := hostpattern.Hosts(text)
	if err != nil {
		l.Errorf(v.Pos, "RegexString: %s", err)
		return
	}
	values := make([]profile.Value, len(hosts))
	for i, host := range hosts {
		values[i] = profile.Value{Text: host, Pos: v.Pos}
	}
	l.add(n, policy.Referer, values)
}
