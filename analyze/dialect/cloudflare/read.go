package cloudflare

import (
	"fmt"
	"strings"

	"rulecast/analyze/dialect/clause"
	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Sniff reports whether a JSON value is rules with expressions.
func Sniff(root *source.Node) bool {
	if _, ok := root.Field("lists"); ok {
		return true
	}
	rules, ok := root.Field("rules")
	if !ok || len(rules.Items) == 0 {
		return false
	}
	_, ok = rules.Items[0].Field("expression")
	return ok
}

// SniffList reports whether a JSON value is the items of a list.
func SniffList(root *source.Node) bool {
	if root.Kind != source.List || len(root.Items) == 0 {
		return root.Kind == source.List
	}
	_, ok := root.Items[0].Field("ip")
	return ok
}

// SniffExpressions reports whether the first line that is no comment is about
// a field that our expressions are about.
func SniffExpressions(f *source.File) bool {
	for n := 1; n <= f.Lines(); n++ {
		text := strings.TrimSpace(f.Line(n))
		if text == expressionsHead {
			return true
		}
		if text == "" || text[0] == '#' {
			continue
		}
		text = strings.TrimLeft(strings.TrimPrefix(text, "not "), "( ")
		return strings.HasPrefix(text, "ip.src") || strings.HasPrefix(text, "ip.geoip.country ") || strings.HasPrefix(text, "http.referer ")
	}
	return false
}

// ReadList reads the list form. What is wrong is noted in the report.
func ReadList(root *source.Node, p *profile.Profile, r *source.Report) *policy.Ruleset {
	if len(root.Items) == 0 {
		return &policy.Ruleset{Provider: Name}
	}
	rule := policy.Rule{ID: policy.IP.String(), Control: policy.IP, Pos: root.Pos}
	rule.Entries = p.Entries(r, policy.IP, readItems(root, r))
	checkMasks(rule.Entries, r)
	return &policy.Ruleset{Provider: Name, Rules: []policy.Rule{rule}}
}

// checkMasks notes the networks that cannot be in a list.
func checkMasks(entries []policy.Entry, r *source.Report) {
	for i := range entries {
		if e := &entries[i]; e.Kind == policy.PrefixEntry && rank(e) > 0 {
			r.Errorf(e.Pos, "%q: a list takes IPv4 networks from /%d to /%d and IPv6 networks from /%d to /%d", e.Text,
				listIPv4.Min, listIPv4.Max, listIPv6.Min, listIPv6.Max)
		}
	}
}

func readItems(n *source.Node, r *source.Report) []profile.Value {
	var out []profile.Value
	if !r.Expect(n, source.List, "items") {
		return nil
	}
	for i := range n.Items {
		item := &n.Items[i]
		if !r.Keys(item, "item", "ip", "comment", "id", "created_on", "modified_on") {
			continue
		}
		v, ok := item.Field("ip")
		if !ok {
			r.Errorf(item.Pos, "item: ip is missing")
		} else if text, ok := r.Text(v, "ip"); ok {
			out = append(out, profile.Value{Text: text, Pos: v.Pos})
		}
	}
	return out
}

// Read reads the JSON form. What is wrong is noted in the report.
func Read(root *source.Node, p *profile.Profile, r *source.Report) *policy.Ruleset {
	d := &reader{Report: r, profile: p, rs: &policy.Ruleset{Provider: Name}, lists: map[string]*ipList{}}
	if !r.Keys(root, "ruleset", "lists", "rules") {
		return d.rs
	}
	if lists, ok := root.Field("lists"); ok && r.Expect(lists, source.List, "lists") {
		for i := range lists.Items {
			d.list(&lists.Items[i])
		}
	}
	if rules, ok := root.Field("rules"); ok && r.Expect(rules, source.List, "rules") {
		for i := range rules.Items {
			d.rule(&rules.Items[i], fmt.Sprintf("rule-%d", i+1))
		}
	}
	for name, l := range d.lists {
		if !l.used {
			r.Warnf(l.pos, "list %s is in no rule: it denies nothing", name)
		}
	}
	return d.rs
}

type ipList struct {
	pos     policy.Pos
	entries []policy.Entry
	used    bool
}

type reader struct {
	*source.Report
	profile *profile.Profile
	rs      *policy.Ruleset
	lists   map[string]*ipList
	sc      *source.Scanner
}

func (d *reader) list(n *source.Node) {
	if !d.Keys(n, "list", "name", "kind", "description", "id", "items") {
		return
	}
	name, items := "", (*source.Node)(nil)
	if v, ok := n.Field("name"); ok {
		name, _ = d.Text(v, "name")
	}
	kind, ok := n.Field("kind")
	if !ok || kind.Kind != source.Text || kind.Text != "ip" {
		d.Errorf(n.Pos, "list %s: kind must be ip", name)
		return
	}
	if items, ok = n.Field("items"); name == "" || !ok {
		d.Errorf(n.Pos, "list %s: name and items have to be there", name)
		return
	}
	if _, twice := d.lists[name]; twice {
		d.Errorf(n.Pos, "two lists with the name %s", name)
		return
	}
	l := &ipList{pos: n.Pos, entries: d.profile.Entries(d.Report, policy.IP, readItems(items, d.Report))}
	checkMasks(l.entries, d.Report)
	d.lists[name] = l
}

func (d *reader) rule(n *source.Node, id string) {
	if !d.Keys(n, "rule", "id", "ref", "version", "last_updated", "description", "expression", "action", "enabled") {
		return
	}
	rule := policy.Rule{ID: id, Pos: n.Pos}
	if v, ok := n.Field("description"); ok {
		rule.ID, _ = d.Text(v, "description")
	}
	if v, ok := n.Field("enabled"); ok {
		enabled, ok := d.Bool(v, "enabled")
		rule.Disabled = ok && !enabled
	}
	if v, ok := n.Field("action"); !ok {
		d.Errorf(n.Pos, "rule %s: action is missing", rule.ID)
	} else if text, ok := d.Text(v, "action"); ok && text != "block" {
		d.Errorf(v.Pos, "action %q: only block is read", text)
	}
	v, ok := n.Field("expression")
	if !ok {
		d.Errorf(n.Pos, "rule %s: expression is missing", rule.ID)
		return
	}
	text, ok := d.Text(v, "expression")
	if !ok {
		return
	}
	if len(text) > maxExpression {
		d.Errorf(v.Pos, "expression of %d characters: at most %d", len(text), maxExpression)
		return
	}
	d.sc = source.NewTextScanner(text, v.Pos, d.Report, syntax())
	c, ok := clause.Parse(d.sc, style(), d.comparison)
	if ok && d.sc.Token().Kind != source.End {
		d.sc.Fail(d.sc.Token(), "want and, or or the end, have %s", d.sc.Token())
		ok = false
	}
	if ok {
		c.Fill(&rule, d.profile, d.Report)
		d.rs.Rules = append(d.rs.Rules, rule)
	}
}

// ReadExpressions reads the expression form: an expression a line, and
// comments. What is wrong is noted in the report.
func ReadExpressions(f *source.File, p *profile.Profile, r *source.Report) *policy.Ruleset {
	d := &reader{Report: r, profile: p, rs: &policy.Ruleset{Provider: Name}}
	s := syntax()
	s.Comments = []string{"#"}
	d.sc = source.NewScanner(f, r, s)
	var count [policy.NumControls]int
	for line := 0; d.sc.Token().Kind != source.End; {
		at := d.sc.Token()
		if at.Pos.Line == line {
			d.sc.Fail(at, "want and, or or the end of the line, have %s", at)
			break
		}
		c, ok := clause.Parse(d.sc, style(), d.comparison)
		if !ok {
			break
		}
		line = d.sc.Last().Line
		rule := policy.Rule{Pos: at.Pos}
		c.Fill(&rule, p, r)
		rule.ID = rule.Control.String()
		if count[rule.Control]++; count[rule.Control] > 1 {
			rule.ID = fmt.Sprintf("%s-%d", rule.ID, count[rule.Control])
		}
		d.rs.Rules = append(d.rs.Rules, rule)
	}
	return d.rs
}

func syntax() source.Syntax {
	return source.Syntax{
		Quotes: `"`, Raw: true, StrictEscapes: true, Escapes: map[byte]string{'"': `"`, '\\': `\`},
		Word: func(c byte) bool {
			return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_.:/$-", c) >= 0
		},
	}
}

// comparison reads one comparison of a field.
func (d *reader) comparison() (clause.Clause, bool) {
	field, ok := d.sc.Take(source.Word, "a field")
	if !ok {
		return clause.Clause{}, false
	}
	c := clause.Clause{Pos: field.Pos}
	switch field.Text {
	case "ip.src":
		if !d.sc.Expect("in") {
			return c, false
		}
		if d.sc.Token().Kind == source.Word {
			return d.fromList(c)
		}
		c.Values, ok = d.values(source.Word, "an address or a network")
	case "ip.src.country", "ip.geoip.country":
		c.Control = policy.Country
		if ok = d.sc.Expect("in"); ok {
			c.Values, ok = d.values(source.Quoted, "a country in quotes")
		}
	case "http.referer":
		return d.referer(c)
	default:
		d.sc.Fail(field, "field %s is not read here: a rule is about ip.src, ip.src.country or http.referer", field)
		return c, false
	}
	return c, ok
}

func (d *reader) fromList(c clause.Clause) (clause.Clause, bool) {
	name := d.sc.Next()
	list, ok := d.lists[strings.TrimPrefix(name.Text, "$")]
	if !strings.HasPrefix(name.Text, "$") || !ok {
		d.sc.Fail(name, "there is no list %s here", name)
		return c, false
	}
	list.used = true
	c.Entries = list.entries
	return c, true
}

// values reads what stands in braces.
func (d *reader) values(kind source.TokenKind, what string) ([]profile.Value, bool) {
	if !d.sc.Expect("{") {
		return nil, false
	}
	var out []profile.Value
	for !d.sc.Accept("}") {
		t, ok := d.sc.Take(kind, what+" or }")
		if !ok {
			return nil, false
		}
		out = append(out, profile.Value{Text: t.Text, Pos: t.Pos})
	}
	return out, true
}

// referer reads a comparison of the Referer: with nothing, or with the
// expression of a list.
func (d *reader) referer(c clause.Clause) (clause.Clause, bool) {
	c.Control = policy.Referer
	operator := d.sc.Next()
	text, ok := d.sc.Take(source.Quoted, "a text in quotes")
	if !ok {
		return c, false
	}
	switch {
	case operator.Is("eq") && text.Text == "":
		c.Op = clause.Absent
		return c, true
	case operator.Is("ne") && text.Text == "":
		c.Op = clause.Present
		return c, true
	case !operator.Is("matches"):
		d.sc.Fail(operator, `http.referer %s is not read here: it is matched by an expression, or compared with ""`, operator)
		return c, false
	}
	expression, ok := strings.CutPrefix(text.Text, "(?i)")
	hosts, err := hostpattern.Hosts(expression)
	switch {
	case err != nil:
		d.sc.Fail(text, "%s", err)
		return c, false
	case !ok:
		d.sc.Fail(text, "the expression has to begin with (?i): hosts have no case")
		return c, false
	}
	for _, host := range hosts {
		c.Values = append(c.Values, profile.Value{Text: host, Pos: text.Pos})
	}
	return c, true
}
