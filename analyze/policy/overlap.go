package policy

import (
	"slices"
	"strings"
)

// Covers reports whether every request in scope b is certainly in scope a.
// False means no or unknown: expressions are compared as texts only.
func (a *Scope) Covers(b *Scope) bool {
	if a.Kind == AllRequests {
		return true
	}
	switch b.Kind {
	case Homepage:
		return a.pathOnly() && a.Contains("/", "")
	case URIs:
		if b.IgnoreQuery && !a.pathOnly() {
			return false
		}
		return !slices.ContainsFunc(b.Values, func(v string) bool { return !a.Contains(splitURI(v)) })
	case Directories:
		return a.Kind == Directories && subset(b.Values, func(v string) bool { return a.Contains(v, "") })
	case FileTypes:
		return a.Kind == FileTypes && subset(b.Values, func(v string) bool { return slices.Contains(a.Values, v) })
	case URLPattern:
		return a.Kind == URLPattern && a.Regexp.String() == b.Regexp.String()
	}
	return false
}

// MayOverlap reports whether a request can be in both scopes. False is
// certain.
func (a *Scope) MayOverlap(b *Scope) bool {
	if a.Kind == Homepage || a.Kind == URIs {
		a, b = b, a
	}
	switch {
	case a.Kind == AllRequests || b.Kind == AllRequests:
		return true
	case b.Kind == Homepage:
		return a.Kind == URLPattern || a.hasPath("/") || a.pathOnly() && a.Contains("/", "")
	case b.Kind == URIs:
		return slices.ContainsFunc(b.Values, func(v string) bool {
			path, query := splitURI(v)
			if b.IgnoreQuery && !a.pathOnly() {
				return a.Kind == URLPattern || a.hasPath(path)
			}
			return a.Contains(path, query)
		})
	case a.Kind == Directories && b.Kind == Directories:
		return slices.ContainsFunc(b.Values, func(v string) bool {
			return slices.ContainsFunc(a.Values, func(w string) bool { return strings.HasPrefix(v, w) || strings.HasPrefix(w, v) })
		})
	case a.Kind == FileTypes && b.Kind == FileTypes:
		return slices.ContainsFunc(b.Values, func(v string) bool { return slices.Contains(a.Values, v) })
	}
	return true
}

// pathOnly reports whether the scope does not look at the query.
func (a *Scope) pathOnly() bool {
	return a.Kind != URLPattern && (a.Kind != URIs || a.IgnoreQuery)
}

// hasPath reports whether one of the URIs has a path.
func (a *Scope) hasPath(path string) bool {
	return a.Kind == URIs && slices.ContainsFunc(a.Values, func(v string) bool {
		p, _ := splitURI(v)
		return p == path
	})
}

func subset(values []string, in func(string) bool) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !in(v) })
}

func splitURI(uri string) (path, query string) {
	path, query, _ = strings.Cut(uri, "?")
	return path, query
}
