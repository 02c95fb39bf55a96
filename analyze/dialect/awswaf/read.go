package awswaf

import (
	"slices"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Sniff reports whether a JSON value is a rule group with its sets, one set or
// what get-ip-set says. (One set for CloudFront is a ruleset of cloudfront,
// too, which is asked first.)
func Sniff(root *source.Node) bool {
	for _, key := range []string{"RuleGroup", "IPSet", oneSet} {
		if _, ok := root.Field(key); ok {
			return true
		}
	}
	return false
}

// oneSet is a key by which a set is known.
const oneSet = "IPAddressVersion"

// Read reads the JSON form. What is wrong is noted in the report.
func Read(root *source.Node, p *profile.Profile, r *source.Report) *policy.Ruleset {
	g := &groupReader{Report: r, profile: p, rs: &policy.Ruleset{Provider: Name}}
	_, isSet := root.Field(oneSet)
	switch one, ok := root.Field("IPSet"); {
	case isSet:
		g.set(root)
	case ok:
		if r.Keys(root, "what get-ip-set says", "IPSet", "LockToken") {
			g.set(one)
		}
	case r.Keys(root, "ruleset", "IPSets", "RuleGroup"):
		if sets, ok := root.Field("IPSets"); ok && r.Expect(sets, source.List, "IPSets") {
			for i := range sets.Items {
				g.set(&sets.Items[i])
			}
		}
		if rules, ok := root.Field("RuleGroup"); ok {
			g.group(rules)
			return g.rs
		}
	}
	for _, s := range g.sets {
		g.rs.Rules = append(g.rs.Rules, policy.Rule{ID: s.name, Control: policy.IP, Entries: s.entries, Pos: s.pos})
	}
	return g.rs
}

type groupReader struct {
	*source.Report
	profile *profile.Profile
	rs      *policy.Ruleset
	sets    []*ipSet
	scope   string
}

type ipSet struct {
	name, arn string
	pos       policy.Pos
	ipv6      bool
	used      bool
	entries   []policy.Entry
}

// text reads a text that has to be there.
func (g *groupReader) text(n *source.Node, what, key string) (string, bool) {
	v, ok := n.Field(key)
	if !ok {
		g.Errorf(n.Pos, "%s: %s is missing", what, key)
		return "", false
	}
	return g.Text(v, key)
}

// setScope notes the scope, which all sets and the rule group share.
func (g *groupReader) setScope(n *source.Node) {
	v, ok := n.Field("Scope")
	if !ok {
		return // get-ip-set does not say it
	}
	text, ok := g.Text(v, "Scope")
	switch {
	case !ok:
	case text != cloudFront && text != regional:
		g.Errorf(v.Pos, "Scope %q: must be %s or %s", text, cloudFront, regional)
	case g.scope == "":
		g.scope = text
		g.rs.Settings = []policy.Setting{{Name: Scope, Value: text}}
	case g.scope != text:
		g.Errorf(v.Pos, "Scope %s, but the first is %s: they have one", text, g.scope)
	}
}

func (g *groupReader) set(n *source.Node) {
	if !g.Keys(n, "IP set", "Name", "Id", "ARN", "Description", "Scope", "IPAddressVersion", "Addresses") {
		return
	}
	s := &ipSet{pos: n.Pos}
	var ok bool
	if s.name, ok = g.text(n, "IP set", "Name"); !ok {
		return
	}
	if _, ok := n.Field("ARN"); ok {
		s.arn, _ = g.text(n, "IP set", "ARN")
	}
	g.setScope(n)
	version, ok := g.text(n, "IP set", "IPAddressVersion")
	if !ok {
		return
	}
	if version != "IPV4" && version != "IPV6" {
		g.Errorf(n.Pos, "IPAddressVersion %q: must be IPV4 or IPV6", version)
		return
	}
	s.ipv6 = version == "IPV6"
	addresses, ok := n.Field("Addresses")
	if !ok {
		g.Errorf(n.Pos, "IP set %s: Addresses is missing", s.name)
		return
	}
	values := profile.Texts(g.Report, addresses, "Addresses")
	s.entries = g.profile.Entries(g.Report, policy.IP, values)
	for _, v := range values {
		if !strings.Contains(v.Text, "/") {
			g.Warnf(v.Pos, "%s: AWS WAF takes CIDR notation only, also for one address", v.Text)
		}
	}
	for i := range s.entries {
		if e := &s.entries[i]; e.Kind == policy.PrefixEntry && e.Prefix.Addr().Is6() != s.ipv6 {
			g.Errorf(e.Pos, "%q in the %s set %s: IPv4 and IPv6 are in separate sets", e.Text, version, s.name)
		}
	}
	if slices.ContainsFunc(g.sets, func(o *ipSet) bool { return o.name == s.name }) {
		g.Errorf(n.Pos, "two IP sets with the name %s", s.name)
		return
	}
	g.sets = append(g.sets, s)
}

// find is the set that an ARN means: by what the set says, or by the name in
// the ARN.
func (g *groupReader) find(arn string) *ipSet {
	_, name, _ := strings.Cut(arn, "/ipset/")
	name, _, _ = strings.Cut(name, "/")
	for _, s := range g.sets {
		if s.arn != "" && s.arn == arn || name != "" && s.name == name {
			return s
		}
	}
	return nil
}

func (g *groupReader) group(n *source.Node) {
	if !g.Keys(n, "RuleGroup", "Name", "Id", "ARN", "Description", "Scope", "Capacity", "Rules", "VisibilityConfig", "LabelNamespace") {
		return
	}
	g.setScope(n)
	rules, ok := n.Field("Rules")
	if !ok {
		g.Errorf(n.Pos, "RuleGroup: Rules is missing")
		return
	}
	if !g.Expect(rules, source.List, "Rules") {
		return
	}
	priorities := map[int]bool{}
	for i := range rules.Items {
		g.rule(&rules.Items[i], priorities)
	}
	slices.SortStableFunc(g.rs.Rules, func(a, b policy.Rule) int { return a.Priority - b.Priority })
	for i := range g.rs.Rules {
		g.rs.Rules[i].Priority = 0 // which is the order now
	}
	for _, s := range g.sets {
		if !s.used {
			g.Warnf(s.pos, "IP set %s is in no rule: it denies nothing", s.name)
		}
	}
}

func (g *groupReader) rule(n *source.Node, priorities map[int]bool) {
	if !g.Keys(n, "rule", "Name", "Priority", "Statement", "Action", "VisibilityConfig") {
		return
	}
	rule := policy.Rule{Pos: n.Pos}
	var ok bool
	if rule.ID, ok = g.text(n, "rule", "Name"); !ok {
		return
	}
	if v, ok := n.Field("Priority"); !ok {
		g.Errorf(n.Pos, "rule %s: Priority is missing", rule.ID)
	} else if rule.Priority, ok = g.Int(v, "Priority", 0, 1<<30); ok {
		if priorities[rule.Priority] {
			g.Errorf(v.Pos, "rule %s: another rule has the Priority %d", rule.ID, rule.Priority)
		}
		priorities[rule.Priority] = true
	}
	g.action(&rule, n)
	s, ok := n.Field("Statement")
	if !ok {
		g.Errorf(n.Pos, "rule %s: Statement is missing", rule.ID)
		return
	}
	g.statement(&rule, s)
	g.rs.Rules = append(g.rs.Rules, rule)
}

func (g *groupReader) action(rule *policy.Rule, n *source.Node) {
	action, ok := n.Field("Action")
	if !ok {
		g.Errorf(n.Pos, "rule %s: Action is missing", rule.ID)
		return
	}
	if !g.Expect(action, source.Map, "Action") {
		return
	}
	if len(action.Fields) != 1 {
		g.Errorf(action.Pos, "Action: must be one of Block and Count")
		return
	}
	switch f := &action.Fields[0]; f.Key {
	case "Block", "Count":
		rule.Disabled = f.Key == "Count"
		g.Keys(&f.Value, f.Key)
	case "Allow":
		g.Errorf(f.Pos, "Action Allow: it lets a request past all further rules, which is not read; an allow list is a NotStatement that blocks")
	default:
		g.Errorf(f.Pos, "Action %s: must be Block or Count", f.Key)
	}
}
