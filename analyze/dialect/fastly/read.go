package fastly

import (
	"fmt"
	"strconv"
	"strings"

	"rulecast/analyze/dialect/clause"
	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// SniffACL reports whether a JSON value is the entries of a list.
func SniffACL(root *source.Node) bool {
	_, ok := root.Field("entries")
	return ok
}

// ReadACL reads the acl form. What is wrong is noted in the report.
func ReadACL(root *source.Node, p *profile.Profile, r *source.Report) *policy.Ruleset {
	rs := &policy.Ruleset{Provider: Name}
	entries, _ := root.Field("entries")
	if !r.Keys(root, "ruleset", "entries") || !r.Expect(entries, source.List, "entries") {
		return rs
	}
	var values []profile.Value
	for i := range entries.Items {
		if v, ok := readEntry(&entries.Items[i], r); ok {
			values = append(values, v)
		}
	}
	if len(entries.Items) > 0 {
		rs.Rules = []policy.Rule{{ID: policy.IP.String(), Control: policy.IP, Pos: entries.Pos, Entries: p.Entries(r, policy.IP, values)}}
	}
	return rs
}

func readEntry(n *source.Node, r *source.Report) (profile.Value, bool) {
	if !r.Keys(n, "entry", "op", "ip", "subnet", "negated", "comment", "id") {
		return profile.Value{}, false
	}
	if op, ok := n.Field("op"); ok && (op.Kind != source.Text || op.Text != "create") {
		r.Errorf(op.Pos, "op: only create is read")
		return profile.Value{}, false
	}
	if negated, ok := n.Field("negated"); ok && (negated.Kind != source.Number && negated.Kind != source.Text || negated.Text != "0") {
		r.Errorf(negated.Pos, "negated: an exception is not read; it has to be 0")
		return profile.Value{}, false
	}
	ip, ok := n.Field("ip")
	if !ok {
		r.Errorf(n.Pos, "entry: ip is missing")
		return profile.Value{}, false
	}
	text, ok := r.Text(ip, "ip")
	if !ok {
		return profile.Value{}, false
	}
	if subnet, ok := n.Field("subnet"); ok && subnet.Kind != source.Null {
		bits, ok := r.Int(subnet, "subnet", 0, 128)
		if !ok {
			return profile.Value{}, false
		}
		text += "/" + strconv.Itoa(bits)
	}
	return profile.Value{Text: text, Pos: ip.Pos}, true
}

// SniffVCL reports whether a text begins with a list or the subroutine of
// rulecast.
func SniffVCL(f *source.File) bool {
	for n := 1; n <= f.Lines(); n++ {
		text := strings.TrimSpace(f.Line(n))
		if text != "" && text[0] != '#' && !strings.HasPrefix(text, "//") {
			return strings.HasPrefix(text, "acl ") || strings.HasPrefix(text, "sub ")
		}
	}
	return false
}

// ReadVCL reads the vcl form and nothing else of VCL. What is wrong is noted
// in the report.
func ReadVCL(f *source.File, p *profile.Profile, r *source.Report) *policy.Ruleset {
	v := &vclReader{report: r, profile: p, rs: &policy.Ruleset{Provider: Name}, lists: map[string]*list{}}
	v.Scanner = source.NewScanner(f, r, source.Syntax{
		Comments: []string{"#", "//", "/*"}, Quotes: `"`,
		Word: func(c byte) bool {
			return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_.|&=", c) >= 0
		},
	})
	for v.Token().Is("acl") {
		v.list()
	}
	if v.subroutine() && v.Token().Kind != source.End {
		v.Fail(v.Token(), "want the end, have %s: only lists and one subroutine are read here", v.Token())
	}
	for name, l := range v.lists {
		if !l.used && !r.Failed() {
			r.Warnf(l.pos, "acl %s is in no condition: it denies nothing", name)
		}
	}
	return v.rs
}

type list struct {
	pos     policy.Pos
	entries []policy.Entry
	used    bool
}

type vclReader struct {
	*source.Scanner
	report  *source.Report
	profile *profile.Profile
	rs      *policy.Ruleset
	lists   map[string]*list
	used    string // the list of the rule being read
	count   [policy.NumControls]int
}

// list reads acl NAME { "192.0.2.0"/24; }.
func (v *vclReader) list() {
	v.Next()
	name, ok := v.Take(source.Word, "the name of the list")
	if !ok || !v.Expect("{") {
		return
	}
	if v.lists[name.Text] != nil {
		v.Fail(name, "two lists with the name %s", name)
		return
	}
	var values []profile.Value
	for !v.Accept("}") {
		if v.Token().Is("!") {
			v.Fail(v.Token(), "an exception (!) is not read here")
			return
		}
		address, ok := v.Take(source.Quoted, "an address in quotes or }")
		if !ok {
			return
		}
		text := address.Text
		if v.Accept("/") {
			bits, ok := v.Take(source.Word, "the length of the mask")
			if !ok {
				return
			}
			text += "/" + bits.Text
		}
		if !v.Expect(";") {
			return
		}
		values = append(values, profile.Value{Text: text, Pos: address.Pos})
	}
	v.lists[name.Text] = &list{pos: name.Pos, entries: v.profile.Entries(v.report, policy.IP, values)}
}

// expect moves on over several tokens.
func (v *vclReader) expect(tokens ...string) bool {
	for _, t := range tokens {
		if !v.Expect(t) {
			return false
		}
	}
	return true
}

func (v *vclReader) subroutine() bool {
	if !v.expect("sub", subroutine, "{", "if", "(", visits, "==", "0", ")", "{") {
		return false
	}
	for !v.Accept("}") {
		if !v.rule() {
			return false
		}
	}
	return v.Expect("}")
}

// rule reads if (CONDITION) { error 403; }.
func (v *vclReader) rule() bool {
	rule := policy.Rule{Pos: v.Token().Pos}
	if !v.expect("if", "(") {
		return false
	}
	v.used = ""
	c, ok := clause.Parse(v.Scanner, style(), v.comparison)
	if !ok || !v.expect(")", "{", "error", "403", ";", "}") {
		return false
	}
	c.Fill(&rule, v.profile, v.report)
	rule.ID = rule.Control.String()
	if name, ours := strings.CutPrefix(v.used, prefix); ours && rule.Control == policy.IP && name != "" {
		rule.ID = name
	} else if v.count[rule.Control]++; v.count[rule.Control] > 1 {
		rule.ID = fmt.Sprintf("%s-%d", rule.ID, v.count[rule.Control])
	}
	v.rs.Rules = append(v.rs.Rules, rule)
	return true
}

// comparison reads one comparison of a variable.
func (v *vclReader) comparison() (clause.Clause, bool) {
	variable, ok := v.Take(source.Word, "a variable")
	if !ok {
		return clause.Clause{}, false
	}
	c := clause.Clause{Pos: variable.Pos}
	negated := v.Accept("!")
	if !v.Expect("~") {
		return c, false
	}
	if negated && !variable.Is("req.http.Referer") {
		v.Fail(variable, "write !(%s ~ ...)", variable)
		return c, false
	}
	switch variable.Text {
	case "client.ip":
		name, ok := v.Take(source.Word, "the name of a list")
		if !ok {
			return c, false
		}
		l := v.lists[name.Text]
		if l == nil {
			v.Fail(name, "there is no acl %s here", name)
			return c, false
		}
		l.used, v.used, c.Entries = true, name.Text, l.entries
		return c, true
	case "client.geo.country_code":
		return v.country(c)
	case "req.http.Referer":
		return v.referer(c, negated)
	}
	v.Fail(variable, "variable %s is not read here: a rule is about client.ip, client.geo.country_code or req.http.Referer", variable)
	return c, false
}

func (v *vclReader) country(c clause.Clause) (clause.Clause, bool) {
	c.Control = policy.Country
	text, ok := v.Take(source.Quoted, "an expression in quotes")
	if !ok {
		return c, false
	}
	inner, ok := strings.CutPrefix(text.Text, countriesBegin)
	if ok {
		inner, ok = strings.CutSuffix(inner, countriesEnd)
	}
	if !ok {
		v.Fail(text, "want countries as in %sCN|RU%s, have %s", countriesBegin, countriesEnd, text)
		return c, false
	}
	for _, code := range strings.Split(inner, "|") {
		c.Values = append(c.Values, profile.Value{Text: code, Pos: text.Pos})
	}
	return c, true
}

func (v *vclReader) referer(c clause.Clause, negated bool) (clause.Clause, bool) {
	c.Control = policy.Referer
	text, ok := v.Take(source.Quoted, "an expression in quotes")
	if !ok {
		return c, false
	}
	switch {
	case text.Text == "." && negated:
		c.Op = clause.Absent
		return c, true
	case text.Text == ".":
		c.Op = clause.Present
		return c, true
	case negated:
		v.Fail(text, "write !(req.http.Referer ~ ...)")
		return c, false
	}
	expression, ok := strings.CutPrefix(text.Text, "(?i)")
	hosts, err := hostpattern.Hosts(expression)
	switch {
	case err != nil:
		v.Fail(text, "%s", err)
		return c, false
	case !ok:
		v.Fail(text, "the expression has to begin with (?i): hosts have no case")
		return c, false
	}
	for _, host := range hosts {
		c.Values = append(c.Values, profile.Value{Text: host, Pos: text.Pos})
	}
	return c, true
}
