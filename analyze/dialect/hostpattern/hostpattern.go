// Package hostpattern writes Referer lists as regular expressions, for the
// providers that have no other way to look at the host of the header, and
// reads them again.
//
// An expression is matched against the header as received, without regard to
// the case of letters. It matches where package referer finds a host of the
// list: http or https, no user or any, the host with or without the dot at its
// end, no port or any, and then the path, the query or nothing. It needs no
// lookaround and no captures, so that PCRE, RE2 and Rust read it alike. What no
// browser sends is taken otherwise: hosts in Unicode and IPv6 literals not in
// their shortest form are not matched, a literal with a dot behind it is.
package hostpattern

import (
	"fmt"
	"strings"

	"rulecast/analyze/policy"
)

// What stands before and after the hosts, and before a host for its
// subdomains.
const (
	begin      = `^https?://(?:[^/?#\\]*@)?(?:`
	end        = `)\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)`
	subdomains = `(?:[a-z0-9_-]+\.)+`
)

// Expression matches the headers whose host is on a list, which is not empty.
func Expression(entries []policy.Entry) string {
	var b strings.Builder
	b.WriteString(begin)
	for i := range entries {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(alternative(&entries[i]))
	}
	b.WriteString(end)
	return b.String()
}

// escaper stands before the bytes of a canonical host that mean something in
// an expression.
func escaper() *strings.Replacer {
	return strings.NewReplacer(".", `\.`, "[", `\[`, "]", `\]`)
}

func alternative(e *policy.Entry) string {
	host, prefix := e.Text, ""
	if e.Kind == policy.SuffixEntry {
		host, prefix = strings.TrimPrefix(host, "*."), subdomains
	}
	return prefix + escaper().Replace(host)
}

// Split divides a list so that the expression of each part has at most a
// number of characters and of hosts, where a single host has not more.
func Split(entries []policy.Entry, length, hosts int) [][]policy.Entry {
	var parts [][]policy.Entry
	from, used := 0, 0
	for i := range entries {
		more := len(alternative(&entries[i])) + 1
		if i > from && (i-from == hosts || len(begin)+used+more-1+len(end) > length) {
			parts = append(parts, entries[from:i])
			from, used = i, 0
		}
		used += more
	}
	if from < len(entries) {
		parts = append(parts, entries[from:])
	}
	return parts
}

// Hosts is the list that an expression was written from, as texts that are not
// validated yet.
func Hosts(expression string) ([]string, error) {
	inner, ok := strings.CutPrefix(expression, begin)
	if ok {
		inner, ok = strings.CutSuffix(inner, end)
	}
	if !ok {
		return nil, fmt.Errorf("not an expression for hosts that rulecast writes: %q", clip(expression))
	}
	var hosts []string
	for _, a := range strings.Split(inner, "|") {
		host, suffix := strings.CutPrefix(a, subdomains)
		host, ok := unescape(host)
		if !ok {
			return nil, fmt.Errorf("not a host with its dots escaped: %q", clip(a))
		}
		if suffix {
			host = "*." + host
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func unescape(text string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && strings.IndexByte(".[]", text[i+1]) >= 0:
			i++
			b.WriteByte(text[i])
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == ':':
			b.WriteByte(c)
		default:
			return "", false
		}
	}
	return b.String(), true
}

func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return string([]rune(s[:most])) + "..."
}
