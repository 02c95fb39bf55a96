// Package referer reads the host out of a Referer header value.
//
// Only http and https referers have a host (PROVIDERS: "Referer hosts"). A
// header that is absent or empty is Missing; one that is present but has no
// host is None, with a Class that says why. Missing and None are never folded
// into each other: an allowlist denies None and, by default, lets Missing pass.
package referer

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// State says what a request's Referer header amounts to.
type State uint8

// The states of a Referer.
const (
	Missing State = iota // no header, or an empty one
	None                 // present, but without a host
	Host                 // an http or https URL with a host
)

func (s State) String() string {
	switch s {
	case Missing:
		return "missing"
	case None:
		return "none"
	case Host:
		return "host"
	}
	return "invalid"
}

// Class says why a Referer has no host of its own. The set is closed, so that the values
// an attacker writes cannot make a report's or a dictionary's size grow.
type Class uint8

// The classes of a Referer without a host.
const (
	ClassHost      Class = iota // it has one
	ClassAbsent                 // the log says that there was no header
	ClassEmpty                  // the header was there, and empty
	ClassApp                    // android-app:// and ios-app://
	ClassExtension              // a browser extension's scheme
	ClassOpaque                 // null, about:, data:, file:, blob:
	ClassScheme                 // any other scheme
	ClassNoScheme               // no http:// or https:// in front
	ClassMalformed              // http(s):// and then no valid host
	ClassPooled                 // one of many hosts that are taken together; Parse never says so
	NumClasses
)

var classNames = [NumClasses]string{
	"", "(missing)", "(empty)", "(app)", "(extension)", "(opaque)", "(other scheme)", "(no scheme)", "(malformed)", "(pooled)",
}

// String is the label shown for the class, in parentheses so that it can
// never be taken for a host name.
func (c Class) String() string {
	if c < NumClasses {
		return classNames[c]
	}
	return "(invalid)"
}

// State is the state that a Referer of this class has.
func (c Class) State() State {
	switch c {
	case ClassHost, ClassPooled:
		return Host
	case ClassAbsent, ClassEmpty:
		return Missing
	}
	return None
}

// MaxHostLen is the longest host name, in bytes (RFC 1035 section 2.3.4, less
// the root label).
const MaxHostLen = 253

// maxUnicodeHost is the longest host name, in bytes of UTF-8, that is brought
// to ASCII: the cost of Punycode grows with the square of the length.
const maxUnicodeHost = 4 * MaxHostLen

// Parse reads one decoded header value. The host is in canonical form (see
// CanonicalHost) and is "" unless the class is ClassHost. A value of "-" is
// an absent header: every text format writes it so.
func Parse(value []byte) (host string, class Class) {
	v := bytes.TrimFunc(value, func(r rune) bool { return r <= ' ' })
	if len(v) == 0 {
		return "", ClassEmpty
	}
	if len(v) == 1 && v[0] == '-' {
		return "", ClassAbsent
	}
	authority, class := Authority(v)
	if class != ClassHost {
		return "", class
	}
	host, ok := CanonicalHost(string(authority))
	if !ok {
		return "", ClassMalformed
	}
	return host, ClassHost
}

// Authority is the part of an http or https URL between "//" and the path,
// aliasing value. The class is ClassHost when there is such a part, whether
// or not it names a valid host.
func Authority(value []byte) ([]byte, Class) {
	var rest []byte
	switch {
	case hasPrefixFold(value, "https://"):
		rest = value[8:]
	case hasPrefixFold(value, "http://"):
		rest = value[7:]
	default:
		return nil, classify(value)
	}
	for i, c := range rest {
		// A backslash ends the authority for browsers (WHATWG URL, "special
		// authority slashes"), and so it must here: http://evil\@good/ is evil.
		if c == '/' || c == '?' || c == '#' || c == '\\' {
			rest = rest[:i]
			break
		}
	}
	return rest, ClassHost
}

func classify(v []byte) Class {
	if string(v) == "null" {
		return ClassOpaque
	}
	colon := bytes.IndexByte(v, ':')
	if colon <= 0 {
		return ClassNoScheme
	}
	scheme := strings.ToLower(string(v[:min(colon, 32)]))
	for i := 0; i < len(scheme); i++ {
		c := scheme[i]
		alpha := 'a' <= c && c <= 'z'
		if !alpha && (i == 0 || !('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return ClassNoScheme
		}
	}
	if strings.IndexByte(scheme, '.') >= 0 || strings.HasSuffix(scheme, "localhost") {
		return ClassNoScheme // example.com:8080/x
	}
	switch scheme {
	case "http", "https":
		return ClassMalformed // http:/x, http:x
	case "android-app", "ios-app":
		return ClassApp
	case "chrome-extension", "moz-extension", "safari-extension", "safari-web-extension", "ms-browser-extension", "extension":
		return ClassExtension
	case "about", "data", "file", "blob":
		return ClassOpaque
	}
	return ClassScheme
}

// CanonicalHost brings the authority of a URL to the form that rules are
// compared in: without userinfo, port and trailing dot, lower case, IDNA in
// ASCII, an IPv6 literal in brackets and in its shortest form.
func CanonicalHost(authority string) (string, bool) {
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	if strings.HasPrefix(authority, "[") {
		return canonicalLiteral(authority)
	}
	if colon := strings.IndexByte(authority, ':'); colon >= 0 {
		if !isPort(authority[colon+1:]) {
			return "", false
		}
		authority = authority[:colon]
	}
	if len(authority) > maxUnicodeHost {
		return "", false
	}
	authority = strings.TrimSuffix(authority, ".")
	ascii, plain := true, true
	for i := 0; i < len(authority); i++ {
		c := authority[i]
		if c >= utf8.RuneSelf {
			ascii = false
		} else if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			plain = false
		}
	}
	if !ascii {
		if !utf8.ValidString(authority) {
			return "", false // all such names would become one
		}
		mapped, err := idna.Lookup.ToASCII(authority)
		if err != nil {
			return "", false
		}
		authority = strings.TrimSuffix(mapped, ".")
	} else if !plain {
		authority = strings.ToLower(authority)
	}
	if !validName(authority) {
		return "", false
	}
	return authority, true
}

func canonicalLiteral(authority string) (string, bool) {
	end := strings.IndexByte(authority, ']')
	if end < 0 {
		return "", false
	}
	if rest := authority[end+1:]; rest != "" && (rest[0] != ':' || !isPort(rest[1:])) {
		return "", false
	}
	addr, err := netip.ParseAddr(authority[1:end])
	if err != nil || !addr.Is6() {
		return "", false
	}
	return "[" + addr.WithZone("").String() + "]", true
}

func isPort(s string) bool {
	if len(s) > 5 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// validName accepts the letters, digits, hyphens and (seen in the wild)
// underscores of a DNS name, in labels of 1 to 63 bytes.
func validName(s string) bool {
	if s == "" || len(s) > MaxHostLen {
		return false
	}
	label := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_':
			if label++; label > 63 {
				return false
			}
		default:
			return false
		}
	}
	return label > 0
}

func hasPrefixFold(v []byte, prefix string) bool {
	if len(v) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		c := v[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}
