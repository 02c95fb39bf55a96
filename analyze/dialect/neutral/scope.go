package neutral

import (
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

var scopeKeys = []string{"homepage", "file_types", "uris", "directories", "url_pattern"}

// scope reads one of the scope keys; with uris also match.
func (n *reader) scope(rule *policy.Rule, node *source.Node) {
	if !n.report.Keys(node, "scope", append([]string{"match"}, scopeKeys...)...) {
		return
	}
	var key string
	var value *source.Node
	for _, k := range scopeKeys {
		v, ok := node.Field(k)
		switch {
		case !ok:
		case value != nil:
			n.report.Errorf(v.Pos, "scope: %s beside %s: a scope is one of them", k, key)
			return
		default:
			key, value = k, v
		}
	}
	if value == nil {
		n.report.Errorf(node.Pos, "scope: one of homepage, file_types, uris, directories, url_pattern is missing")
		return
	}
	match, hasMatch := node.Field("match")
	ignore := false
	if hasMatch {
		if key != "uris" {
			n.report.Errorf(match.Pos, "scope: match belongs to uris")
		}
		text, ok := n.report.Text(match, "match")
		if ok && text != "exact" && text != "ignore_query" {
			n.report.Errorf(match.Pos, "match %q: must be exact or ignore_query", text)
		}
		ignore = text == "ignore_query"
	}
	switch key {
	case "homepage":
		if yes, ok := n.report.Bool(value, "homepage"); ok && !yes {
			n.report.Errorf(value.Pos, "homepage: false: leave the scope away for all requests")
		}
		rule.Scope.Kind = policy.Homepage
	case "url_pattern":
		if text, ok := n.report.Text(value, "url_pattern"); ok {
			rule.Scope = ReadPattern(n.report, profile.Value{Text: text, Pos: value.Pos})
		}
	default:
		rule.Scope = ReadScope(n.report, key, ignore, n.values(value, "scope: "+key))
		if len(rule.Scope.Values) == 0 && !n.report.Failed() {
			n.report.Errorf(value.Pos, "scope: %s is empty: the rule would look at no request", key)
		}
	}
}

// ReadPattern reads a URL pattern and notes what is wrong with it.
func ReadPattern(r *source.Report, v profile.Value) policy.Scope {
	scope, warning, err := profile.URLPattern(v.Text)
	if err != nil {
		r.Errorf(v.Pos, "%s", err)
	}
	if warning != "" {
		r.Warnf(v.Pos, "%s", warning)
	}
	return scope
}

// ReadScope reads the values of a scope that has a list of them: key is
// file_types, uris or directories.
func ReadScope(r *source.Report, key string, ignoreQuery bool, values []profile.Value) policy.Scope {
	scope := policy.Scope{IgnoreQuery: ignoreQuery}
	seen := map[string]bool{}
	for _, v := range values {
		var text string
		var err error
		switch key {
		case "file_types":
			scope.Kind = policy.FileTypes
			text, err = profile.FileType(v.Text)
		case "uris":
			scope.Kind = policy.URIs
			text, err = profile.URI(v.Text, ignoreQuery)
		default:
			scope.Kind = policy.Directories
			text, err = profile.Directory(v.Text)
		}
		if err != nil {
			r.Errorf(v.Pos, "%s", err)
			continue
		}
		if seen[text] {
			r.Warnf(v.Pos, "%s twice in one scope", text)
			continue
		}
		seen[text] = true
		scope.Values = append(scope.Values, text)
	}
	return scope
}
