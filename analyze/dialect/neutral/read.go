// Package neutral reads and writes the one form of a ruleset that is the same
// for every provider:
//
//	provider: cdnetworks
//	ip: {block: [192.0.2.0/24], except: [192.0.2.7]}   # short form: a rule for each control
//
//	provider: cdnetworks
//	rules:                                             # or a list of rules, with all they can have
//	  - id: office-only
//	    priority: 10
//	    enabled: true
//	    scope: {directories: [/internal/]}
//	    ip: {block: [all-ipv4], except: {file: office.txt}}
//	    action: {redirect: https://example.com/denied}
//
// A list is written out or read from a file, one entry a line. Which keys a
// ruleset may have is said by the provider's profile. THEOlive has aliases,
// each with the short form or rules of its own:
//
//	aliases:
//	  - name: partner
//	    host: partner.example        # or path_prefix: /partner/
//	    ip: {allow: [192.0.2.0/24]}
//
// and rules with from: and until:, times in RFC 3339.
package neutral

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
)

// OpenFunc reads a list file named in a ruleset.
type OpenFunc func(name string) (*source.File, error)

// Read reads the tree of a neutral ruleset of the profile's provider. What is
// wrong is noted in the report. Fields that the provider decides are left for
// the dialect.
func Read(root *source.Node, p *profile.Profile, r *source.Report, open OpenFunc) *policy.Ruleset {
	n := &reader{Profile: p, report: r, open: open, lists: map[string][]profile.Value{}}
	n.rs = &policy.Ruleset{Provider: p.Name}
	known := append(n.sectionKeys(), "provider")
	for _, s := range p.Settings {
		known = append(known, s.Name)
	}
	if p.NullReferer {
		known = append(known, nullKey)
	}
	if p.Aliases {
		known = append(known, "aliases")
	}
	if !r.Keys(root, "ruleset", known...) {
		return n.rs
	}
	for _, s := range p.Settings {
		if v, ok := root.Field(s.Name); ok {
			n.setting(s, v)
		}
	}
	if p.NullReferer {
		n.null, n.nullSet = n.nullReferer(root)
	}
	n.section(root, 0, "")
	if v, ok := root.Field("aliases"); ok && p.Aliases {
		n.aliases(v)
	}
	return n.rs
}

const nullKey = "allow_null_referer"

var controlKeys = [policy.NumControls]string{"ip", "country", "referer"}

type reader struct {
	*profile.Profile
	report *source.Report
	open   OpenFunc
	lists  map[string][]profile.Value // list files already read
	rs     *policy.Ruleset
	// allow_null_referer at the top of the file, and whether it is there.
	null, nullSet bool
}

func (n *reader) sectionKeys() []string {
	return append([]string{"rules"}, controlKeys[:]...)
}

func (n *reader) setting(s profile.Setting, v *source.Node) {
	value := ""
	if s.Order {
		if !n.report.Expect(v, source.List, s.Name) {
			return
		}
		var words []string
		for i := range v.Items {
			w, ok := n.report.Text(&v.Items[i], s.Name)
			if !ok {
				return
			}
			words = append(words, w)
		}
		value = strings.Join(words, ", ")
	} else {
		var ok bool
		if value, ok = n.report.Text(v, s.Name); !ok {
			return
		}
	}
	if !s.Valid(value) {
		n.report.Errorf(v.Pos, "%s %q: must be %s", s.Name, value, s.Choices())
		return
	}
	n.rs.Settings = append(n.rs.Settings, policy.Setting{Name: s.Name, Value: value})
}

// section reads the rules of the ruleset or of one alias: the short form, or
// a list of rules.
func (n *reader) section(node *source.Node, part int, prefix string) {
	rules, long := node.Field("rules")
	for c, key := range controlKeys {
		v, ok := node.Field(key)
		if !ok {
			continue
		}
		if long {
			n.report.Errorf(v.Pos, "%s beside rules: put it into the list of rules", key)
			continue
		}
		rule := policy.Rule{ID: prefix + key, Control: policy.Control(c), Part: part, Pos: v.Pos}
		n.list(&rule, v)
		n.missing(&rule, v)
		n.rs.Rules = append(n.rs.Rules, rule)
	}
	if !long || !n.report.Expect(rules, source.List, "rules") {
		return
	}
	for i := range rules.Items {
		n.rule(&rules.Items[i], part, fmt.Sprintf("%srule-%d", prefix, i+1))
	}
}

func (n *reader) ruleKeys() []string {
	keys := append([]string{"id", "action"}, controlKeys[:]...)
	if n.Scopes {
		keys = append(keys, "scope")
	}
	if n.Priorities {
		keys = append(keys, "priority")
	}
	if n.Disabling {
		keys = append(keys, "enabled")
	}
	if n.Windows {
		keys = append(keys, "from", "until")
	}
	if n.NullReferer {
		keys = append(keys, nullKey)
	}
	return keys
}

func (n *reader) rule(node *source.Node, part int, id string) {
	if !n.report.Keys(node, "rule", n.ruleKeys()...) {
		return
	}
	rule := policy.Rule{ID: id, Part: part, Pos: node.Pos}
	if v, ok := node.Field("id"); ok {
		rule.ID, _ = n.report.Text(v, "id")
		if rule.ID == "" {
			n.report.Errorf(v.Pos, "id: must not be empty")
		}
	}
	var list *source.Node
	for c, key := range controlKeys {
		v, ok := node.Field(key)
		switch {
		case !ok:
		case list != nil:
			n.report.Errorf(v.Pos, "a second control in one rule: a rule has one of ip, country, referer")
		default:
			rule.Control, list = policy.Control(c), v
		}
	}
	if list == nil {
		n.report.Errorf(node.Pos, "rule %s: one of ip, country, referer is missing", rule.ID)
		return
	}
	n.list(&rule, list)
	n.options(&rule, node)
	n.missing(&rule, list, node)
	n.rs.Rules = append(n.rs.Rules, rule)
}

const maxPriority = 1 << 30

func (n *reader) options(rule *policy.Rule, node *source.Node) {
	if v, ok := node.Field("priority"); ok {
		rule.Priority, _ = n.report.Int(v, "priority", -maxPriority, maxPriority)
	}
	if v, ok := node.Field("enabled"); ok {
		enabled, ok := n.report.Bool(v, "enabled")
		rule.Disabled = ok && !enabled
	}
	if v, ok := node.Field("scope"); ok {
		n.scope(rule, v)
	}
	if v, ok := node.Field("action"); ok {
		n.action(rule, v)
	}
	if v, ok := node.Field("from"); ok {
		rule.From = n.time(v, "from")
	}
	if v, ok := node.Field("until"); ok {
		rule.Until = n.time(v, "until")
	}
}

func (n *reader) time(v *source.Node, what string) time.Time {
	text, ok := n.report.Text(v, what)
	if !ok {
		return time.Time{}
	}
	t, err := profile.Time(text)
	if err != nil {
		n.report.Errorf(v.Pos, "%s: %s", what, err)
	}
	return t
}

func (n *reader) action(rule *policy.Rule, node *source.Node) {
	if !n.report.Keys(node, "action", "redirect", "deny") {
		return
	}
	redirect, isRedirect := node.Field("redirect")
	deny, isDeny := node.Field("deny")
	switch {
	case isRedirect == isDeny:
		n.report.Errorf(node.Pos, "action: one of redirect: URL and deny: 403")
	case isRedirect:
		rule.Action = policy.Action{Kind: policy.Redirect}
		rule.Action.URL, _ = n.report.Text(redirect, "redirect")
	default:
		rule.Action.Status, _ = n.report.Int(deny, "deny", 100, 599)
	}
}

// list reads {block: [...]} or {allow: [...]}, with its exceptions.
func (n *reader) list(rule *policy.Rule, node *source.Node) {
	what := controlKeys[rule.Control]
	keys := []string{"block", "allow"}
	if rule.Control == policy.IP && n.Exceptions {
		keys = append(keys, "except")
	}
	if rule.Control == policy.Referer && n.NullReferer {
		keys = append(keys, nullKey)
	}
	if !n.report.Keys(node, what, keys...) {
		return
	}
	block, isBlock := node.Field("block")
	allow, isAllow := node.Field("allow")
	switch {
	case isBlock && isAllow:
		n.report.Errorf(node.Pos, "%s: block and allow in one rule: a rule is one of them", what)
		return
	case isBlock:
		rule.Entries = n.Entries(n.report, rule.Control, n.values(block, what+": block"))
	case isAllow:
		rule.Mode = policy.Allow
		rule.Entries = n.Entries(n.report, rule.Control, n.values(allow, what+": allow"))
	default:
		n.report.Errorf(node.Pos, "%s: block or allow is missing", what)
	}
	if except, ok := node.Field("except"); ok && slices.Contains(keys, "except") {
		rule.Except = n.Entries(n.report, rule.Control, n.values(except, what+": except"))
	}
}

// values reads a list that is written out, or one of {file: NAME}.
func (n *reader) values(node *source.Node, what string) []profile.Value {
	if node.Kind == source.Map {
		if !n.report.Keys(node, what, "file") {
			return nil
		}
		file, ok := node.Field("file")
		if !ok {
			n.report.Errorf(node.Pos, "%s: file is missing", what)
			return nil
		}
		name, ok := n.report.Text(file, what+": file")
		if !ok {
			return nil
		}
		return n.file(name, file.Pos)
	}
	if !n.report.Expect(node, source.List, what) {
		return nil
	}
	out := make([]profile.Value, 0, len(node.Items))
	for i := range node.Items {
		item := &node.Items[i]
		if text, ok := n.report.Text(item, what); ok {
			out = append(out, profile.Value{Text: text, Pos: item.Pos})
		}
	}
	return out
}

func (n *reader) file(name string, pos policy.Pos) []profile.Value {
	if values, ok := n.lists[name]; ok {
		return values
	}
	if n.open == nil {
		n.report.Errorf(pos, "file %q: a list cannot be read from a file here", name)
		return nil
	}
	f, err := n.open(name)
	if err != nil {
		n.report.Errorf(pos, "%s", err)
		return nil
	}
	n.report.Add(f)
	values := profile.Lines(f, 1, f.Lines())
	n.lists[name] = values
	return values
}

// missing decides what a Referer rule of a provider with allow_null_referer
// does with a missing Referer: the nearest of the nodes that say so counts,
// then the top of the file.
func (n *reader) missing(rule *policy.Rule, nodes ...*source.Node) {
	if !n.NullReferer {
		return
	}
	allowed, set := n.null, n.nullSet
	for i := len(nodes) - 1; i >= 0; i-- {
		if v, ok := n.nullReferer(nodes[i]); ok {
			allowed, set = v, true
		}
	}
	switch _, here := nodes[len(nodes)-1].Field(nullKey); {
	case rule.Control != policy.Referer:
		if here && len(nodes) > 1 {
			n.report.Errorf(nodes[1].Pos, "rule %s: %s belongs to a referer rule", rule.ID, nullKey)
		}
	case !set:
		n.report.Errorf(rule.Pos, "rule %s: %s is missing: say true or false, %s decides nothing by itself", rule.ID, nullKey, n.Title)
	default:
		rule.DenyMissing = !allowed
	}
}

func (n *reader) nullReferer(node *source.Node) (allowed, set bool) {
	v, ok := node.Field(nullKey)
	if !ok {
		return false, false
	}
	allowed, _ = n.report.Bool(v, nullKey)
	return allowed, true
}

func (n *reader) aliases(node *source.Node) {
	if !n.report.Expect(node, source.List, "aliases") {
		return
	}
	if len(node.Items) > 0 {
		n.rs.Parts = append(n.rs.Parts, policy.Part{Name: MainPart})
	}
	for i := range node.Items {
		alias := &node.Items[i]
		if !n.report.Keys(alias, "alias", append(n.sectionKeys(), "name", "host", "path_prefix")...) {
			continue
		}
		part := ReadPart(n.report, alias)
		n.rs.Parts = append(n.rs.Parts, part)
		n.section(alias, len(n.rs.Parts)-1, part.Name+"/")
	}
}

// MainPart is the name of the part that has what no alias has.
const MainPart = "main"

// ReadPart reads the name, host and path_prefix of an alias.
func ReadPart(r *source.Report, node *source.Node) policy.Part {
	var part policy.Part
	name, ok := node.Field("name")
	if !ok {
		r.Errorf(node.Pos, "alias: name is missing")
	} else {
		part.Name, _ = r.Text(name, "name")
	}
	if v, ok := node.Field("host"); ok {
		text, _ := r.Text(v, "host")
		host, valid := referer.CanonicalHost(text)
		if !valid || strings.ContainsAny(text, "@/") {
			r.Errorf(v.Pos, "host %q is not a host name", text)
		}
		part.Host = host
	}
	if v, ok := node.Field("path_prefix"); ok {
		text, _ := r.Text(v, "path_prefix")
		if err := validPrefix(text); err != nil {
			r.Errorf(v.Pos, "%s", err)
		}
		part.PathPrefix = text
	}
	if part.Host == "" && part.PathPrefix == "" {
		r.Errorf(node.Pos, "alias %s: host or path_prefix has to say which requests are its", part.Name)
	}
	return part
}

func validPrefix(text string) error {
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?#") {
		return fmt.Errorf("path_prefix %q: must begin with / and have neither ? nor #", text)
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f {
			return fmt.Errorf("path_prefix %q: a request has no %q in it; percent-encode it", text, c)
		}
	}
	return nil
}
