package cdnetworks

import (
	"fmt"

	"rulecast/analyze/dialect/neutral"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Sniff reports whether a JSON value is a list of our rules, and not of
// expressions, which are Cloudflare's.
func Sniff(root *source.Node) bool {
	rules, ok := root.Field("rules")
	if _, lists := root.Field("lists"); !ok || lists {
		return false
	}
	if len(rules.Items) > 0 {
		_, expression := rules.Items[0].Field("expression")
		return !expression
	}
	return true
}

var listKeys = [policy.NumControls]string{"ips", "countries", "referers"}

// Read reads the native form. What is wrong is noted in the report.
func Read(root *source.Node, p *profile.Profile, r *source.Report) *policy.Ruleset {
	rs := &policy.Ruleset{Provider: Name}
	if !r.Keys(root, "ruleset", "rules") {
		return rs
	}
	rules, _ := root.Field("rules")
	if rules == nil || !r.Expect(rules, source.List, "rules") {
		return rs
	}
	for i := range rules.Items {
		rd := &ruleReader{Report: r, profile: p, node: &rules.Items[i]}
		if rule, ok := rd.read(fmt.Sprintf("rule-%d", i+1)); ok {
			rs.Rules = append(rs.Rules, rule)
		}
	}
	return rs
}

type ruleReader struct {
	*source.Report
	profile *profile.Profile
	node    *source.Node
	rule    policy.Rule
}

func (r *ruleReader) read(id string) (policy.Rule, bool) {
	if !r.Keys(r.node, "rule", "id", "priority", "enabled", "effective_range", "type", "ips", "countries", "referers",
		"exceptions", "action", "redirect_url", "allow_null_referer") {
		return r.rule, false
	}
	r.rule.ID, r.rule.Pos = id, r.node.Pos
	if v, ok := r.node.Field("id"); ok {
		r.rule.ID, _ = r.Text(v, "id")
	}
	if v, ok := r.node.Field("priority"); ok {
		r.rule.Priority, _ = r.Int(v, "priority", -1<<30, 1<<30)
	}
	if v, ok := r.node.Field("enabled"); ok {
		enabled, ok := r.Bool(v, "enabled")
		r.rule.Disabled = ok && !enabled
	}
	if v, ok := r.node.Field("effective_range"); ok {
		r.effectiveRange(v)
	}
	r.list()
	r.action()
	return r.rule, true
}

// list reads the type of the rule, its control and its values.
func (r *ruleReader) list() {
	if v, ok := r.node.Field("type"); !ok {
		r.Errorf(r.node.Pos, "rule %s: type is missing: blacklist or whitelist", r.rule.ID)
	} else if text, ok := r.Text(v, "type"); ok {
		switch text {
		case "blacklist":
		case "whitelist":
			r.rule.Mode = policy.Allow
		default:
			r.Errorf(v.Pos, "type %q: must be blacklist or whitelist", text)
		}
	}
	found := false
	for c, key := range listKeys {
		v, ok := r.node.Field(key)
		switch {
		case !ok:
		case found:
			r.Errorf(v.Pos, "rule %s: a rule has one of ips, countries, referers", r.rule.ID)
		default:
			found = true
			r.rule.Control = policy.Control(c)
			r.rule.Entries = r.profile.Entries(r.Report, r.rule.Control, r.values(v, key, ";"))
		}
	}
	if !found {
		r.Errorf(r.node.Pos, "rule %s: one of ips, countries, referers is missing", r.rule.ID)
		return
	}
	if v, ok := r.node.Field("exceptions"); ok {
		r.rule.Except = r.profile.Entries(r.Report, policy.IP, r.values(v, "exceptions", ";"))
		if r.rule.Control != policy.IP {
			r.Errorf(v.Pos, "rule %s: exceptions belong to ips", r.rule.ID)
		}
	}
	null, ok := r.node.Field("allow_null_referer")
	switch {
	case r.rule.Control != policy.Referer && ok:
		r.Errorf(null.Pos, "rule %s: allow_null_referer belongs to referers", r.rule.ID)
	case r.rule.Control != policy.Referer:
	case !ok:
		r.Errorf(r.node.Pos, "rule %s: allow_null_referer is missing: say true or false", r.rule.ID)
	default:
		allowed, ok := r.Bool(null, "allow_null_referer")
		r.rule.DenyMissing = ok && !allowed
	}
}

func (r *ruleReader) action() {
	target, redirects := r.node.Field("redirect_url")
	text := "deny"
	if v, ok := r.node.Field("action"); ok {
		if text, ok = r.Text(v, "action"); !ok {
			return
		}
		if text != "deny" && text != "redirect" {
			r.Errorf(v.Pos, "action %q: must be deny or redirect", text)
			return
		}
	}
	switch {
	case text == "redirect" && !redirects:
		r.Errorf(r.node.Pos, "rule %s: redirect_url is missing", r.rule.ID)
	case text == "deny" && redirects:
		r.Errorf(target.Pos, "rule %s: redirect_url belongs to the action redirect", r.rule.ID)
	case redirects:
		r.rule.Action.Kind = policy.Redirect
		r.rule.Action.URL, _ = r.Text(target, "redirect_url")
	}
}

// values reads a whole-list field, or a JSON list.
func (r *ruleReader) values(n *source.Node, what, sep string) []profile.Value {
	if n.Kind == source.Text {
		return profile.Split(n, sep)
	}
	if !r.Expect(n, source.List, what) {
		return nil
	}
	var out []profile.Value
	for i := range n.Items {
		if text, ok := r.Text(&n.Items[i], what); ok {
			out = append(out, profile.Value{Text: text, Pos: n.Items[i].Pos})
		}
	}
	return out
}

func (r *ruleReader) effectiveRange(n *source.Node) {
	if n.Kind == source.Text {
		if n.Text != "all" {
			r.Errorf(n.Pos, `effective_range %q: must be "all" or a map like {"homepage": true}`, n.Text)
		}
		return
	}
	if !r.Keys(n, "effective_range", "homepage", "file_types", "uris", "match", "directories", "url_pattern") {
		return
	}
	var key string
	var value *source.Node
	ignore := false
	for i := range n.Fields {
		f := &n.Fields[i]
		switch {
		case f.Key == "match":
			ignore = r.match(&f.Value)
		case value != nil:
			r.Errorf(f.Pos, "effective_range: %s beside %s: it is one of them", f.Key, key)
			return
		default:
			key, value = f.Key, &f.Value
		}
	}
	if value == nil {
		r.Errorf(n.Pos, "effective_range: one of homepage, file_types, uris, directories, url_pattern is missing")
		return
	}
	if _, ok := n.Field("match"); ok && key != "uris" {
		r.Errorf(n.Pos, "effective_range: match belongs to uris")
	}
	r.scope(key, value, ignore)
}

func (r *ruleReader) match(n *source.Node) (ignore bool) {
	text, ok := r.Text(n, "match")
	if ok && text != "exact" && text != "ignore_parameters" {
		r.Errorf(n.Pos, "match %q: must be exact or ignore_parameters", text)
	}
	return text == "ignore_parameters"
}

func (r *ruleReader) scope(key string, value *source.Node, ignore bool) {
	switch key {
	case "homepage":
		if yes, ok := r.Bool(value, key); ok && !yes {
			r.Errorf(value.Pos, `homepage false: leave effective_range away for all requests`)
		}
		r.rule.Scope.Kind = policy.Homepage
		return
	case "url_pattern":
		if text, ok := r.Text(value, key); ok {
			r.rule.Scope = neutral.ReadPattern(r.Report, profile.Value{Text: text, Pos: value.Pos})
		}
		return
	}
	sep := ";"
	if key == "directories" {
		sep = "\n"
	}
	values := r.values(value, key, sep)
	r.rule.Scope = neutral.ReadScope(r.Report, key, ignore, values)
	if len(values) == 0 {
		r.Errorf(value.Pos, "effective_range: %s is empty: the rule would look at no request", key)
	}
}
