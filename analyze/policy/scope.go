package policy

import (
	"regexp"
	"strings"
)

// ScopeKind is the way in which a scope selects requests.
type ScopeKind uint8

// The kinds of scope.
const (
	AllRequests  ScopeKind = iota
	Homepage               // the path is "/", whatever the query
	FileTypes              // the extension of the last path segment, in either case
	URIs                   // path and query, or the path alone
	Directories            // everything under a directory
	URLPattern             // a regular expression searched in path and query
	InvalidScope           // one past the last
)

func (k ScopeKind) String() string {
	switch k {
	case AllRequests:
		return "all"
	case Homepage:
		return "homepage"
	case FileTypes:
		return "file_types"
	case URIs:
		return "uris"
	case Directories:
		return "directories"
	case URLPattern:
		return "url_pattern"
	}
	return "invalid"
}

// Scope says which requests a rule looks at. The zero value is all of them.
// Paths and queries are compared as requested (on the wire), byte by byte.
type Scope struct {
	Kind ScopeKind
	// Values are file types (lower case, without dot), URIs (with a leading
	// "/") or directories (with "/" at both ends).
	Values []string
	// IgnoreQuery: URIs are compared with the path alone.
	IgnoreQuery bool
	// Pattern is the expression of a URLPattern as written; Regexp is what it
	// is read as.
	Pattern string
	Regexp  *regexp.Regexp
}

// Contains reports whether a request is in scope. It is the definition that
// faster forms are tested against. The path begins with "/"; the query is
// without "?".
func (s *Scope) Contains(path, query string) bool {
	switch s.Kind {
	case AllRequests:
		return true
	case Homepage:
		return path == "/"
	case FileTypes:
		ext := Extension(path)
		for _, v := range s.Values {
			if ext != "" && equalFoldASCII(ext, v) {
				return true
			}
		}
	case URIs:
		uri := path
		if !s.IgnoreQuery && query != "" {
			uri += "?" + query
		}
		for _, v := range s.Values {
			if uri == v {
				return true
			}
		}
	case Directories:
		for _, v := range s.Values {
			if strings.HasPrefix(path, v) {
				return true
			}
		}
	case URLPattern:
		uri := path
		if query != "" {
			uri += "?" + query
		}
		return s.Regexp.MatchString(uri)
	}
	return false
}

// equalFoldASCII compares without regard to the case of the letters A to Z.
// Paths are bytes: no other letter has a case.
func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		c, d := a[i], b[i]
		if c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// Extension is what follows the last dot of the last path segment, or "".
func Extension(path string) string {
	slash := strings.LastIndexByte(path, '/')
	dot := strings.LastIndexByte(path, '.')
	if dot <= slash {
		return ""
	}
	return path[dot+1:]
}

// PartOf is the index of the part that a request belongs to. The host is
// canonical, the path as requested.
func (rs *Ruleset) PartOf(host, path string) int {
	for i := 1; i < len(rs.Parts); i++ {
		if rs.Parts[i].Contains(host, path) {
			return i
		}
	}
	return 0
}

// Contains reports whether a request's host and path match the part.
func (p *Part) Contains(host, path string) bool {
	if p.Host != "" && p.Host != host {
		return false
	}
	if p.PathPrefix == "" {
		return true
	}
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(p.PathPrefix, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
