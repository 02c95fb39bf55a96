package profile

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"rulecast/analyze/policy"
)

// FileType reads a file type: the letters after the last dot of a path. The
// case does not matter, so it is read as lower case.
func FileType(text string) (string, error) {
	t := strings.ToLower(strings.TrimPrefix(text, "."))
	for i := range len(t) {
		if c := t[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return "", fmt.Errorf("file type %q: must be letters and digits, like jpg", cut(text))
		}
	}
	if t == "" || len(t) > 32 {
		return "", fmt.Errorf("file type %q: must be 1 to 32 letters and digits", cut(text))
	}
	return t, nil
}

// maxURI bounds the length of a URI in a scope.
const maxURI = 8192

// URI reads the URI of a scope: a path with its query, or the path alone
// where the query is ignored; the "/" in front may be left out.
func URI(text string, ignoreQuery bool) (string, error) {
	switch {
	case text == "" || len(text) > maxURI:
		return "", fmt.Errorf("uri of %d bytes: must be 1 to %d", len(text), maxURI)
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
		return "", fmt.Errorf("uri %q: must be a path without scheme and host", cut(text))
	case strings.Contains(text, "#"):
		return "", fmt.Errorf("uri %q: a request has no fragment (#)", cut(text))
	case ignoreQuery && strings.Contains(text, "?"):
		return "", fmt.Errorf("uri %q: a query (?) cannot be in it where the query is ignored", cut(text))
	case strings.HasSuffix(text, "?"):
		return "", fmt.Errorf("uri %q: an empty query is no query; leave the ? away", cut(text))
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f {
			return "", fmt.Errorf("uri %q: a request has no %q in it; percent-encode it", cut(text), c)
		}
	}
	if text[0] != '/' {
		text = "/" + text
	}
	return text, nil
}

// Directory reads the directory of a scope: "/" at both ends, and between
// them letters, digits, "_", "-", "%", "." and further "/".
func Directory(text string) (string, error) {
	switch {
	case text == "" || len(text) > maxURI:
		return "", fmt.Errorf("directory of %d bytes: must be 1 to %d", len(text), maxURI)
	case text[0] != '/' || text[len(text)-1] != '/':
		return "", fmt.Errorf("directory %q: must start and end with /", cut(text))
	}
	for i := range len(text) {
		c := text[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_-%./", c) >= 0) {
			return "", fmt.Errorf("directory %q: letters, digits, _ - %% . and / only, not %q", cut(text), c)
		}
	}
	return text, nil
}

// The bounds of a URL pattern: its length in bytes, and the number of
// instructions of the compiled expression. Matching takes time in proportion
// to their product with the length of the URL, and no more (RE2).
const (
	maxPattern      = 1024
	maxInstructions = 5000
)

// URLPattern reads the expression of a scope. A "*" in front, which is in the
// provider's own example, is read as ".*", and the warning says so.
func URLPattern(text string) (scope policy.Scope, warning string, err error) {
	read := text
	if strings.HasPrefix(text, "*") {
		read = "." + text
		warning = fmt.Sprintf("url_pattern %q is no expression: its leading * is read as .*", cut(text))
	}
	if text == "" || len(text) > maxPattern {
		return scope, "", fmt.Errorf("url_pattern of %d bytes: must be 1 to %d", len(text), maxPattern)
	}
	tree, err := syntax.Parse(read, syntax.Perl)
	if err != nil {
		return scope, "", patternError(text, err)
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return scope, "", patternError(text, err)
	}
	if len(prog.Inst) > maxInstructions {
		return scope, "", fmt.Errorf("url_pattern %q: %d steps, at most %d; use smaller repetitions", cut(text), len(prog.Inst), maxInstructions)
	}
	re, err := regexp.Compile(read)
	if err != nil {
		return scope, "", patternError(text, err)
	}
	return policy.Scope{Kind: policy.URLPattern, Pattern: text, Regexp: re}, warning, nil
}

func patternError(text string, err error) error {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return fmt.Errorf("url_pattern %q: %s", cut(text), err)
	}
	hint := ""
	if strings.HasPrefix(bad.Expr, "(?") {
		hint = " (lookaround and backreferences are not read)"
	}
	return fmt.Errorf("url_pattern %q: %s %q%s", cut(text), bad.Code, bad.Expr, hint)
}
