package match

import (
	"math"
	"reflect"
	"regexp"
	"slices"

	"rulecast/analyze/policy"
)

// gate is what stands before a rule: its part, window and scope. Rules with
// equal gates share one.
type gate struct {
	part        int
	anyPart     bool // the ruleset is not divided
	from, until int64
	scope       scope
}

// scope is a compiled policy.Scope.
type scope struct {
	kind        policy.ScopeKind
	values      map[string]struct{}
	longest     int // of values, in bytes
	ignoreQuery bool
	pattern     *regexp.Regexp
	source      *policy.Scope
}

// gateFor returns the number of the rule's gate, adding it if it is new, or -1
// if the rule looks at every request at every time.
func (m *Matcher) gateFor(r *policy.Rule) int {
	g := gate{part: r.Part, anyPart: len(m.Ruleset.Parts) < 2, from: math.MinInt64, until: math.MaxInt64}
	if !r.From.IsZero() {
		g.from = r.From.UnixMicro()
	}
	if !r.Until.IsZero() {
		g.until = r.Until.UnixMicro()
	}
	g.scope = compileScope(&r.Scope)
	m.addNeeds(&g)
	if g.anyPart && g.from == math.MinInt64 && g.until == math.MaxInt64 && g.scope.kind == policy.AllRequests {
		return -1
	}
	same := func(h gate) bool {
		return g.part == h.part && g.from == h.from && g.until == h.until && sameScope(g.scope.source, h.scope.source)
	}
	if i := slices.IndexFunc(m.gates, same); i >= 0 {
		return i
	}
	m.gates = append(m.gates, g)
	return len(m.gates) - 1
}

func sameScope(a, b *policy.Scope) bool {
	return a.Kind == b.Kind && a.IgnoreQuery == b.IgnoreQuery && a.Pattern == b.Pattern && reflect.DeepEqual(a.Values, b.Values)
}

func (m *Matcher) addNeeds(g *gate) {
	n := &m.Needs
	n.Time = n.Time || g.from != math.MinInt64 || g.until != math.MaxInt64
	if !g.anyPart {
		for _, p := range m.Ruleset.Parts[1:] {
			n.Host = n.Host || p.Host != ""
			n.Path = n.Path || p.PathPrefix != ""
		}
	}
	switch g.scope.kind {
	case policy.Homepage, policy.FileTypes, policy.Directories:
		n.Path = true
	case policy.URIs:
		n.Path = true
		n.Query = n.Query || !g.scope.ignoreQuery
	case policy.URLPattern:
		n.Path, n.Query = true, true
	}
}

func compileScope(s *policy.Scope) scope {
	c := scope{kind: s.Kind, ignoreQuery: s.IgnoreQuery, pattern: s.Regexp, source: s}
	if len(s.Values) > 0 {
		c.values = make(map[string]struct{}, len(s.Values))
	}
	for _, v := range s.Values {
		if s.Kind == policy.FileTypes {
			v = string(lower(nil, []byte(v)))
		}
		c.values[v] = struct{}{}
		c.longest = max(c.longest, len(v))
	}
	return c
}

// contains reports whether a request is in scope. scratch is memory to join
// path and query in.
func (s *scope) contains(path, query []byte, scratch *[]byte) bool {
	switch s.kind {
	case policy.AllRequests:
		return true
	case policy.Homepage:
		return string(path) == "/"
	case policy.FileTypes:
		return s.hasType(path, scratch)
	case policy.URIs:
		uri := path
		if !s.ignoreQuery {
			uri = join(path, query, scratch)
		}
		_, ok := s.values[string(uri)]
		return ok
	case policy.Directories:
		// No longer prefix can be listed: an endless path costs no more.
		for i, c := range path[:min(len(path), s.longest)] {
			if c == '/' {
				if _, ok := s.values[string(path[:i+1])]; ok {
					return true
				}
			}
		}
		return false
	case policy.URLPattern:
		return s.pattern.Match(join(path, query, scratch))
	}
	return false
}

// maxExtension bounds the part of a path that is looked at as its extension:
// file types in rules are shorter.
const maxExtension = 64

func (s *scope) hasType(path []byte, scratch *[]byte) bool {
	for i := len(path) - 1; i >= 0 && len(path)-i <= maxExtension; i-- {
		switch path[i] {
		case '/':
			return false
		case '.':
			*scratch = lower((*scratch)[:0], path[i+1:])
			_, ok := s.values[string(*scratch)]
			return ok && len(*scratch) > 0
		}
	}
	return false
}

func lower(dst, src []byte) []byte {
	for _, c := range src {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func join(path, query []byte, scratch *[]byte) []byte {
	if len(query) == 0 {
		return path
	}
	*scratch = append((*scratch)[:0], path...)
	*scratch = append(*scratch, '?')
	*scratch = append(*scratch, query...)
	return *scratch
}
