package cloudfront

import (
	"slices"
	"strconv"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Sniff reports whether a JSON value has one of AWS's objects, and no rule
// group, which is of AWS WAF on its own.
func Sniff(root *source.Node) bool {
	if _, ok := root.Field("RuleGroup"); ok {
		return false
	}
	for _, key := range []string{"Restrictions", "GeoRestriction", "RestrictionType", "IPSets", "IPAddressVersion", "IPRules", "Referers"} {
		if _, ok := root.Field(key); ok {
			return true
		}
	}
	return false
}

// Read reads the native form. What is wrong is noted in the report.
func Read(root *source.Node, p *profile.Profile, r *source.Report) *policy.Ruleset {
	a := &awsReader{Report: r, profile: p, rs: &policy.Ruleset{Provider: Name}, sets: map[string]*ipSet{}}
	if _, ok := root.Field("RestrictionType"); ok {
		a.geo(root)
		return a.rs
	}
	if _, ok := root.Field("IPAddressVersion"); ok {
		a.set(root)
		a.rules(nil)
		return a.rs
	}
	if !r.Keys(root, "ruleset", "Restrictions", "GeoRestriction", "IPSets", "IPRules", "Referers") {
		return a.rs
	}
	if v, ok := root.Field("Restrictions"); ok && r.Keys(v, "Restrictions", "GeoRestriction") {
		if inner, ok := v.Field("GeoRestriction"); ok {
			a.geo(inner)
		}
	}
	if v, ok := root.Field("GeoRestriction"); ok {
		a.geo(v)
	}
	if v, ok := root.Field("IPSets"); ok && r.Expect(v, source.List, "IPSets") {
		for i := range v.Items {
			a.set(&v.Items[i])
		}
	}
	rules, _ := root.Field("IPRules")
	a.rules(rules)
	if v, ok := root.Field("Referers"); ok {
		a.referers(v)
	}
	return a.rs
}

type awsReader struct {
	*source.Report
	profile *profile.Profile
	rs      *policy.Ruleset
	sets    map[string]*ipSet
	order   []*ipSet
}

type ipSet struct {
	name    string
	pos     policy.Pos
	ipv6    bool
	entries []policy.Entry
	used    bool
}

func (a *awsReader) geo(n *source.Node) {
	if !a.Keys(n, "GeoRestriction", "RestrictionType", "Quantity", "Items") {
		return
	}
	kind, ok := n.Field("RestrictionType")
	if !ok {
		a.Errorf(n.Pos, "GeoRestriction: RestrictionType is missing")
		return
	}
	text, ok := a.Text(kind, "RestrictionType")
	if !ok {
		return
	}
	var values []profile.Value
	items, hasItems := n.Field("Items")
	if hasItems && items.Kind != source.Null {
		values = profile.Texts(a.Report, items, "Items")
	}
	if v, ok := n.Field("Quantity"); !ok {
		a.Errorf(n.Pos, "GeoRestriction: Quantity is missing")
	} else if q, ok := a.Int(v, "Quantity", 0, 1<<20); ok && q != len(values) && (!hasItems || len(values) == len(items.Items)) {
		a.Errorf(v.Pos, "Quantity %d, but there are %d Items", q, len(values))
	}
	rule := policy.Rule{ID: policy.Country.String(), Control: policy.Country, Pos: n.Pos}
	switch text {
	case "none":
		if len(values) > 0 {
			a.Errorf(items.Pos, "RestrictionType none, but there are Items")
		}
		return
	case "blacklist":
	case "whitelist":
		rule.Mode = policy.Allow
	default:
		a.Errorf(kind.Pos, "RestrictionType %q: must be none, blacklist or whitelist", text)
		return
	}
	rule.Entries = a.profile.Entries(a.Report, policy.Country, values)
	a.rs.Rules = append(a.rs.Rules, rule)
}

// set reads one IP set.
func (a *awsReader) set(n *source.Node) {
	if !a.Keys(n, "IP set", "Name", "Scope", "Description", "IPAddressVersion", "Addresses") {
		return
	}
	s := &ipSet{pos: n.Pos}
	var scope, version string
	for _, f := range []struct {
		key string
		to  *string
	}{{"Name", &s.name}, {"Scope", &scope}, {"IPAddressVersion", &version}} {
		v, ok := n.Field(f.key)
		if !ok {
			a.Errorf(n.Pos, "IP set: %s is missing", f.key)
			return
		}
		if *f.to, ok = a.Text(v, f.key); !ok {
			return
		}
	}
	if scope != "CLOUDFRONT" {
		v, _ := n.Field("Scope")
		a.Errorf(v.Pos, "Scope %q: a set for CloudFront has the scope CLOUDFRONT (of AWS WAF elsewhere: --provider awswaf)", scope)
	}
	if version != "IPV4" && version != "IPV6" {
		v, _ := n.Field("IPAddressVersion")
		a.Errorf(v.Pos, "IPAddressVersion %q: must be IPV4 or IPV6", version)
		return
	}
	s.ipv6 = version == "IPV6"
	addresses, ok := n.Field("Addresses")
	if !ok {
		a.Errorf(n.Pos, "IP set %s: Addresses is missing", s.name)
		return
	}
	a.addresses(s, addresses)
	if a.sets[s.name] != nil {
		a.Errorf(n.Pos, "two IP sets with the name %s", s.name)
		return
	}
	a.sets[s.name] = s
	a.order = append(a.order, s)
}

func (a *awsReader) addresses(s *ipSet, n *source.Node) {
	values := profile.Texts(a.Report, n, "Addresses")
	s.entries = a.profile.Entries(a.Report, policy.IP, values)
	for _, v := range values {
		if !strings.Contains(v.Text, "/") {
			a.Warnf(v.Pos, "%s: AWS WAF takes CIDR notation only, also for one address", v.Text)
		}
	}
	for i := range s.entries {
		e := &s.entries[i]
		if e.Kind == policy.PrefixEntry && e.Prefix.Addr().Is6() != s.ipv6 {
			version := "IPV4"
			if s.ipv6 {
				version = "IPV6"
			}
			a.Errorf(e.Pos, "%q in the %s set %s: IPv4 and IPv6 are in separate sets", e.Text, version, s.name)
		}
	}
}

// rules reads IPRules; without them each set is a block rule of its name.
func (a *awsReader) rules(n *source.Node) {
	if n == nil {
		for _, s := range a.order {
			a.rs.Rules = append(a.rs.Rules, policy.Rule{ID: s.name, Control: policy.IP, Entries: s.entries, Pos: s.pos})
		}
		return
	}
	if !a.Expect(n, source.List, "IPRules") {
		return
	}
	for i := range n.Items {
		a.rule(&n.Items[i], "ip-rule-"+strconv.Itoa(i+1))
	}
	for _, s := range a.order {
		if !s.used {
			a.Warnf(s.pos, "IP set %s is in no rule of IPRules: it denies nothing", s.name)
		}
	}
}

func (a *awsReader) rule(n *source.Node, id string) {
	if !a.Keys(n, "IP rule", "Name", "Mode", "IPSets") {
		return
	}
	rule := policy.Rule{ID: id, Control: policy.IP, Pos: n.Pos}
	if v, ok := n.Field("Name"); ok {
		rule.ID, _ = a.Text(v, "Name")
	}
	rule.Mode = a.mode(n, "IP rule")
	sets, ok := n.Field("IPSets")
	if !ok {
		a.Errorf(n.Pos, "IP rule %s: IPSets is missing", rule.ID)
		return
	}
	var has [2]bool
	for _, v := range profile.Texts(a.Report, sets, "IPSets") {
		s := a.sets[v.Text]
		if s == nil {
			a.Errorf(v.Pos, "there is no IP set %q", v.Text)
			continue
		}
		family := 0
		if s.ipv6 {
			family = 1
		}
		if has[family] {
			a.Errorf(v.Pos, "IP set %s: a rule has at most one set of each IP version", v.Text)
			continue
		}
		has[family], s.used = true, true
		rule.Entries = append(rule.Entries, slices.Clone(s.entries)...)
	}
	a.rs.Rules = append(a.rs.Rules, rule)
}

func (a *awsReader) mode(n *source.Node, what string) policy.Mode {
	v, ok := n.Field("Mode")
	if !ok {
		a.Errorf(n.Pos, "%s: Mode is missing: block or allow", what)
		return policy.Block
	}
	text, ok := a.Text(v, "Mode")
	if ok && text != "block" && text != "allow" {
		a.Errorf(v.Pos, "Mode %q: must be block or allow", text)
	}
	if text == "allow" {
		return policy.Allow
	}
	return policy.Block
}

func (a *awsReader) referers(n *source.Node) {
	if !a.Keys(n, "Referers", "Mode", "Hosts", "Missing") {
		return
	}
	rule := policy.Rule{ID: policy.Referer.String(), Control: policy.Referer, Pos: n.Pos, Mode: a.mode(n, "Referers")}
	if v, ok := n.Field("Missing"); ok {
		if text, ok := a.Text(v, "Missing"); ok {
			if text != "allowed" && text != "denied" {
				a.Errorf(v.Pos, "Missing %q: must be allowed or denied", text)
			}
			a.rs.Settings = append(a.rs.Settings, policy.Setting{Name: MissingReferer, Value: text})
		}
	}
	hosts, ok := n.Field("Hosts")
	if !ok {
		a.Errorf(n.Pos, "Referers: Hosts is missing")
		return
	}
	rule.Entries = a.profile.Entries(a.Report, policy.Referer, profile.Texts(a.Report, hosts, "Hosts"))
	a.rs.Rules = append(a.rs.Rules, rule)
}
