package nginx

import (
	"slices"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Sniff reports whether a text begins with a geo or a map.
func Sniff(f *source.File) bool {
	for n := 1; n <= f.Lines(); n++ {
		text := strings.TrimSpace(f.Line(n))
		if text != "" && text[0] != '#' {
			return strings.HasPrefix(text, "geo $") || strings.HasPrefix(text, "map ")
		}
	}
	return false
}

// Read reads what Write writes, with other names, comments and blanks, and
// nothing else of nginx. What is wrong is noted in the report.
func Read(f *source.File, p *profile.Profile, r *source.Report) *policy.Ruleset {
	c := &confReader{report: r, profile: p, rules: map[string]*rule{}}
	c.Scanner = source.NewScanner(f, r, source.Syntax{
		Comments: []string{"#"}, Quotes: `"'`,
		Escapes: map[byte]string{'"': `"`, '\'': `'`, '\\': `\`, 't': "\t", 'r': "\r", 'n': "\n"},
		Word:    func(b byte) bool { return b > ' ' && b != 0x7f && strings.IndexByte(`;{}"'`, b) < 0 },
	})
	rs := &policy.Ruleset{Provider: Name}
	for c.Token().Kind != source.End && !c.last {
		c.block()
	}
	switch {
	case r.Failed():
		return rs
	case c.Token().Kind != source.End:
		c.Fail(c.Token(), "want the end after the map of %s, have %s", denied, c.Token())
		return rs
	case !c.last:
		c.Fail(c.Token(), "the map of %s is missing: it says in which order the rules are tried", denied)
		return rs
	}
	for _, name := range c.order {
		v := c.rules[name]
		if v == nil {
			r.Errorf(c.orderAt, "there is no geo or map of %s here", name)
			continue
		}
		v.used = true
		rs.Rules = append(rs.Rules, v.Rule)
	}
	for name, v := range c.rules {
		if !v.used {
			r.Warnf(v.Pos, "%s is not in the map of %s: it denies nothing", name, denied)
		}
	}
	return rs
}

type rule struct {
	policy.Rule
	used bool
}

type confReader struct {
	*source.Scanner
	report  *source.Report
	profile *profile.Profile
	rules   map[string]*rule // by variable
	hasHost bool             // the map of the host has been read
	last    bool             // the map of what is denied has been read
	order   []string         // the variables in it
	orderAt policy.Pos
}

// line is a line of a geo or map: a key and its value, or a parameter alone.
type line struct{ key, value source.Token }

// block reads a geo or a map.
func (c *confReader) block() {
	kind, ok := c.Take(source.Word, "geo or map")
	if !ok {
		return
	}
	if !kind.Is("geo") && !kind.Is("map") {
		c.Fail(kind, "%s is not read here: want geo or map", kind)
		return
	}
	of := source.Token{}
	if kind.Is("map") {
		of = c.Next()
	}
	name, ok := c.Take(source.Word, "a variable")
	if !ok {
		return
	}
	if !strings.HasPrefix(name.Text, prefix) {
		c.Fail(name, "variable %s is not read here: those of the rules begin with %s", name, prefix)
		return
	}
	name.Text = strings.ToLower(name.Text)
	lines, ok := c.lines()
	switch {
	case !ok:
	case kind.Is("geo"):
		c.rule(name, policy.IP, lines)
	case name.Text == denied:
		c.deniedMap(of, name, lines)
	case of.Is(country), of.Is(oldCountry):
		c.rule(name, policy.Country, lines)
	case of.Is(header) && name.Text == hostVariable:
		c.hostMap(name, lines)
	case of.Is(hostVariable) && c.hasHost:
		c.rule(name, policy.Referer, lines)
	default:
		c.Fail(of, "a map of %s is not read here: want %s, %s or, after a map of it from %s, %s", of, country, oldCountry, header, hostVariable)
	}
}

func (c *confReader) lines() ([]line, bool) {
	if !c.Expect("{") {
		return nil, false
	}
	var out []line
	for !c.Accept("}") {
		l := line{key: c.Next()}
		if l.key.Kind == source.Mark || l.key.Kind == source.End {
			c.Fail(l.key, "want a value or }, have %s", l.key)
			return nil, false
		}
		if !c.Token().Is(";") {
			l.value = c.Next()
		}
		if !c.Expect(";") {
			return nil, false
		}
		out = append(out, l)
	}
	return out, true
}

// is reports whether a line has this key and value.
func (l line) is(key, value string) bool { return l.key.Text == key && l.value.Text == value }

func (c *confReader) hostMap(at source.Token, lines []line) {
	if len(lines) != 3 || !lines[0].is("default", noHost) || !lines[1].is("", "") || !lines[2].is(hostExpression, "$"+hostCapture) {
		c.Fail(at, "the map of %s is not the one that rulecast writes", hostVariable)
		return
	}
	c.hasHost = true
}

func (c *confReader) deniedMap(of, at source.Token, lines []line) {
	if key := noneDenies(of.Text); len(lines) != 2 || !lines[0].is("default", "1") || !lines[1].is(key, "0") {
		c.Fail(at, `the map of %s must be { default 1; "%s" 0; }`, denied, key)
		return
	}
	c.last, c.orderAt = true, of.Pos
	for _, name := range strings.Split(strings.ToLower(of.Text), "$")[1:] {
		if name = "$" + name; slices.Contains(c.order, name) {
			c.Fail(of, "%s twice", name)
			return
		}
		c.order = append(c.order, name)
	}
	if strings.Join(c.order, "") != strings.ToLower(of.Text) {
		c.Fail(of, "the source of the map of %s must be the variables of the rules, have %s", denied, of)
	}
}

// rule makes a geo or a map a rule: what is listed has one value, what is not
// the other.
func (c *confReader) rule(name source.Token, control policy.Control, lines []line) {
	if c.rules[name.Text] != nil {
		c.Fail(name, "a second %s", name)
		return
	}
	v := &rule{Rule: policy.Rule{ID: strings.TrimPrefix(name.Text, prefix), Control: control, Pos: name.Pos}}
	c.rules[name.Text] = v
	lines, ok := c.parameters(v, name, lines)
	if !ok {
		return
	}
	listed := "1"
	if v.Mode == policy.Allow {
		listed = "0"
	}
	var values []profile.Value
	for _, l := range lines {
		if control == policy.Referer && l.key.Kind == source.Quoted && l.key.Text == "" {
			v.DenyMissing = l.value.Is("1")
			if !l.value.Is("0") && !l.value.Is("1") {
				c.Fail(l.key, "a missing Referer must be 0 or 1")
			}
			continue
		}
		if !l.value.Is(listed) {
			c.Fail(l.key, "%s: its value must be %s, which default is not", l.key, listed)
			return
		}
		values = append(values, profile.Value{Text: value(l.key.Text), Pos: l.key.Pos})
	}
	v.Entries = c.profile.Entries(c.report, control, values)
}

// parameters reads the lines of a rule that say something of all of it, and
// leaves the others.
func (c *confReader) parameters(v *rule, name source.Token, lines []line) ([]line, bool) {
	found, missing := false, false
	rest := lines[:0]
	for _, l := range lines {
		switch {
		case l.key.Is("hostnames") && v.Control == policy.Referer && l.value.Kind == source.End:
		case l.key.Is("default") && !found:
			found = true
			if l.value.Is("1") {
				v.Mode = policy.Allow
			} else if !l.value.Is("0") {
				c.Fail(l.key, "default must be 0 or 1")
				return nil, false
			}
		case l.value.Kind == source.End || l.key.Kind == source.Word && slices.Contains(parameters(), l.key.Text):
			c.Fail(l.key, "%s is not read here", l.key)
			return nil, false
		default:
			missing = missing || l.key.Text == ""
			rest = append(rest, l)
		}
	}
	if !found {
		c.Fail(name, "%s: default is missing", name)
		return nil, false
	}
	if v.Control == policy.Referer && !missing {
		c.Fail(name, `%s: say what is done with a missing Referer: "" 0; or "" 1;`, name)
		return nil, false
	}
	return rest, true
}

// value is a key of a map as an entry's text: what cannot be one is left as it
// is, for the profile to refuse.
func value(key string) string {
	expression, ok := strings.CutPrefix(key, "~*")
	if !ok {
		return strings.TrimPrefix(key, `\`)
	}
	body, hasEnd := strings.CutSuffix(expression, "$")
	if !hasEnd {
		return key
	}
	host, exact := strings.CutPrefix(body, "^")
	plain := strings.NewReplacer(`\.`, ".", `\[`, "[", `\]`, "]").Replace(host)
	switch escaped := strings.NewReplacer(".", `\.`, "[", `\[`, "]", `\]`).Replace(plain); {
	case escaped != host:
		return key
	case exact:
		return plain
	case strings.HasPrefix(plain, "."):
		return "*" + plain
	}
	return key
}
