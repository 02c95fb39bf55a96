package neutral

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/policy"
)

// Write writes a ruleset that passes the profile's Check, in the short form
// where that says it all. Reading it back gives the same ruleset.
func Write(rs *policy.Ruleset, p *profile.Profile) []byte {
	w := &writer{Profile: p, rs: rs}
	w.linef(0, "provider: %s", quote(rs.Provider))
	for _, s := range rs.Settings {
		if known, ok := p.Setting(s.Name); ok && known.Order {
			w.linef(0, "%s: [%s]", s.Name, s.Value)
		} else {
			w.linef(0, "%s: %s", s.Name, quote(s.Value))
		}
	}
	w.section(0, 0, "")
	if len(rs.Parts) > 1 {
		w.linef(0, "aliases:")
	}
	for i := 1; i < len(rs.Parts); i++ {
		part := &rs.Parts[i]
		w.linef(2, "- name: %s", quote(part.Name))
		if part.Host != "" {
			w.linef(4, "host: %s", quote(part.Host))
		}
		if part.PathPrefix != "" {
			w.linef(4, "path_prefix: %s", quote(part.PathPrefix))
		}
		w.section(4, i, part.Name+"/")
	}
	return w.Bytes()
}

type writer struct {
	bytes.Buffer
	*profile.Profile
	rs *policy.Ruleset
}

func (w *writer) linef(indent int, format string, args ...any) {
	w.WriteString(strings.Repeat(" ", indent))
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

// section writes the rules of one part.
func (w *writer) section(indent, part int, prefix string) {
	var rules []*policy.Rule
	short := true
	var seen [policy.NumControls]bool
	for i := range w.rs.Rules {
		r := &w.rs.Rules[i]
		if r.Part != part {
			continue
		}
		rules = append(rules, r)
		short = short && !seen[r.Control] && w.plain(r, prefix)
		seen[r.Control] = true
	}
	if short && !w.inOrder(rules) {
		short = false
	}
	switch {
	case short:
		for _, r := range rules {
			w.list(indent, r)
		}
	case len(rules) > 0:
		w.linef(indent, "rules:")
		for _, r := range rules {
			w.rule(indent+2, r)
		}
	}
}

// plain reports whether the short form says all of a rule.
func (w *writer) plain(r *policy.Rule, prefix string) bool {
	return r.ID == prefix+controlKeys[r.Control] && r.Scope.Kind == policy.AllRequests && r.Action.Kind == policy.Deny &&
		r.Priority == 0 && !r.Disabled && r.From.IsZero() && r.Until.IsZero()
}

// inOrder reports whether the reader, which takes the short form's rules in
// the order of the controls, ends with this order. Providers with priorities,
// and those that try the rules as they come, keep the file's order; the others
// have one of their own.
func (w *writer) inOrder(rules []*policy.Rule) bool {
	if !w.Priorities && !w.FileOrder {
		return true
	}
	for i := 1; i < len(rules); i++ {
		if rules[i-1].Control > rules[i].Control {
			return false
		}
	}
	return true
}

func (w *writer) rule(indent int, r *policy.Rule) {
	w.linef(indent, "- id: %s", quote(r.ID))
	indent += 2
	if r.Priority != 0 {
		w.linef(indent, "priority: %d", r.Priority)
	}
	if r.Disabled {
		w.linef(indent, "enabled: false")
	}
	if r.Scope.Kind != policy.AllRequests {
		w.scope(indent, &r.Scope)
	}
	w.list(indent, r)
	if r.Action.Kind == policy.Redirect {
		w.linef(indent, "action: {redirect: %s}", quote(r.Action.URL))
	}
	if !r.From.IsZero() {
		w.linef(indent, "from: %s", quote(profile.FormatTime(r.From)))
	}
	if !r.Until.IsZero() {
		w.linef(indent, "until: %s", quote(profile.FormatTime(r.Until)))
	}
}

func (w *writer) scope(indent int, s *policy.Scope) {
	switch s.Kind {
	case policy.Homepage:
		w.linef(indent, "scope: {homepage: true}")
		return
	case policy.URLPattern:
		w.linef(indent, "scope: {url_pattern: %s}", quote(s.Pattern))
		return
	}
	w.linef(indent, "scope:")
	w.values(indent+2, s.Kind.String(), s.Values)
	if s.IgnoreQuery {
		w.linef(indent+2, "match: ignore_query")
	}
}

func (w *writer) list(indent int, r *policy.Rule) {
	w.linef(indent, "%s:", controlKeys[r.Control])
	w.values(indent+2, r.Mode.String(), w.texts(r.Entries))
	if len(r.Except) > 0 {
		w.values(indent+2, "except", w.texts(r.Except))
	}
	if w.NullReferer && r.Control == policy.Referer {
		w.linef(indent+2, "%s: %t", nullKey, !r.DenyMissing)
	}
}

func (w *writer) texts(entries []policy.Entry) []string {
	out := make([]string, len(entries))
	for i := range entries {
		out[i] = entries[i].Text
		if w.RefererURLs && entries[i].Kind == policy.HostEntry {
			out[i] = "https://" + out[i]
		}
	}
	return out
}

// maxFlow is the number of values up to which a list stands on one line.
const maxFlow = 8

func (w *writer) values(indent int, key string, values []string) {
	if len(values) <= maxFlow {
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = quote(v)
		}
		w.linef(indent, "%s: [%s]", key, strings.Join(quoted, ", "))
		return
	}
	w.linef(indent, "%s:", key)
	for _, v := range values {
		w.linef(indent+2, "- %s", quote(v))
	}
}

// What needs no quotes in any YAML: words, host names and IPv4 networks. Not
// the words that some version of YAML takes for something else (NO is Norway).
var (
	plainWord = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9._/-]*$`)
	plainIPv4 = regexp.MustCompile(`^[0-9]+(\.[0-9]+){3}(/[0-9]+)?$`)
	reserved  = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|nan|inf)$`)
)

// quote is a text as a YAML scalar: plain where that is safe, else in double
// quotes, where Go's escapes are YAML's.
func quote(s string) string {
	if plainIPv4.MatchString(s) || plainWord.MatchString(s) && !reserved.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
