// Package nginx is the dialect of nginx: variables that say which requests are
// denied, from the modules geo and map and from what geoip2 finds out.
//
// The native form is a file to include in the http block:
//
//	geo $rulecast_ip {
//	    default 0;
//	    192.0.2.0/24 1;
//	}
//
//	map $geoip2_data_country_code $rulecast_country {
//	    default 0;
//	    CN 1;
//	}
//
//	map $rulecast_referer_host $rulecast_referer {
//	    hostnames;
//	    default 0;
//	    "" 0;                      # no Referer: 1 denies it
//	    hotlinker.example 1;
//	    *.hotlinker.example 1;
//	}
//
//	map "$rulecast_ip$rulecast_country$rulecast_referer" $rulecast_denied {
//	    default 1;
//	    "~^0*$" 0;
//	}
//
// with $rulecast_referer_host, the host of the header, by a map of its own. An
// allow list is the same with 1 for default and 0 for the entries. The order of
// the variables in the last map is the order of the rules. A server or location
// denies with
//
//	if ($rulecast_denied) { return 403; }
//
// valid_referers is not used: it takes a header without http:// for a blocked
// one, or for a host.
package nginx

import (
	"fmt"
	"slices"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "nginx"

// Profile is what nginx's variables can express. Only memory limits them.
func Profile() profile.Profile {
	both := profile.Control{Block: true, Allow: true}
	return profile.Profile{
		Name:      Name,
		Title:     "nginx",
		Controls:  [policy.NumControls]profile.Control{policy.IP: both, policy.Country: both, policy.Referer: both},
		FileOrder: true, IPv6: true, SlashZero: true, Wildcards: true, NullReferer: true,
	}
}

// Resolve leaves the rules in the order of the file, and takes values that are
// in a list twice out: nginx refuses a map with such.
func Resolve(rs *policy.Ruleset) {
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyUnknown = r.Control == policy.Country && r.Mode == policy.Allow
		if r.Control == policy.IP {
			continue
		}
		seen := map[string]bool{}
		r.Entries = slices.DeleteFunc(slices.Clone(r.Entries), func(e policy.Entry) bool {
			twice := seen[e.Text]
			seen[e.Text] = true
			return twice
		})
	}
}

// The variables. Those of the rules begin with prefix, too.
const (
	prefix       = "$rulecast_"
	denied       = "$rulecast_denied"
	hostVariable = "$rulecast_referer_host"
	hostCapture  = "rulecast_host"
	header       = "$http_referer"
	country      = "$geoip2_data_country_code"
	oldCountry   = "$geoip_country_code" // of the module geoip; read, not written
)

// What the host is where the header has none: no host has parentheses.
const noHost = "(none)"

// hostExpression finds the host of an http or https URL as package referer
// does, but for the case of letters, which a map does not look at.
const hostExpression = `~*^https?://(?:[^/?#\\]*@)?(?<` + hostCapture + `>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)`

// noneDenies is the key of the last map for a source in which all variables
// are 0. An empty source meets no expression.
func noneDenies(source string) string {
	if source == "" {
		return ""
	}
	return "~^0*$"
}

// maxKey is the length up to which a host is a key of a map's hash table:
// longer ones might not fit a bucket of 64 bytes, and are expressions.
const maxKey = 40

// Write writes the native form of a ruleset that passes the profile's Check.
func Write(rs *policy.Ruleset) ([]byte, error) {
	var b strings.Builder
	b.WriteString("# Include this in the http block, and deny in a server or location with:\n#   if (" + denied + ") { return 403; }\n\n")
	if slices.ContainsFunc(rs.Rules, func(r policy.Rule) bool { return r.Control == policy.Referer }) {
		fmt.Fprintf(&b, "map %s %s {\n    default %s;\n    %s %s;\n    %s $%s;\n}\n\n", header, hostVariable,
			quote(noHost), quote(""), quote(""), quote(hostExpression), hostCapture)
	}
	taken := map[string]bool{denied: true, hostVariable: true, "$" + hostCapture: true}
	all := ""
	for i := range rs.Rules {
		r := &rs.Rules[i]
		name := variable(r.ID, taken)
		all += name
		writeRule(&b, r, name)
	}
	fmt.Fprintf(&b, "map %s %s {\n    default 1;\n    %s 0;\n}\n", quote(all), denied, quote(noneDenies(all)))
	return []byte(b.String()), nil
}

// Parts is what goes into a server or location.
func Parts(*policy.Ruleset) ([]profile.File, error) {
	return []profile.File{{Name: "server.conf", Data: []byte("if (" + denied + ") {\n    return 403;\n}\n")}}, nil
}

func writeRule(b *strings.Builder, r *policy.Rule, name string) {
	unlisted, listed := "0", "1"
	if r.Mode == policy.Allow {
		unlisted, listed = listed, unlisted
	}
	switch r.Control {
	case policy.IP:
		fmt.Fprintf(b, "geo %s {\n", name)
	case policy.Country:
		fmt.Fprintf(b, "map %s %s {\n", country, name)
	default:
		fmt.Fprintf(b, "map %s %s {\n    hostnames;\n", hostVariable, name)
	}
	fmt.Fprintf(b, "    default %s;\n", unlisted)
	if r.Control == policy.Referer {
		missing := "0"
		if r.DenyMissing {
			missing = "1"
		}
		fmt.Fprintf(b, "    %s %s;\n", quote(""), missing)
	}
	for i := range r.Entries {
		fmt.Fprintf(b, "    %s %s;\n", key(&r.Entries[i]), listed)
	}
	b.WriteString("}\n\n")
}

// key is an entry as the key of its map or geo.
func key(e *policy.Entry) string {
	switch {
	case e.Kind == policy.PrefixEntry:
		return e.Prefix.String()
	case e.Kind == policy.CountryEntry:
		return e.Text
	case len(e.Text) > maxKey:
		host, suffix := strings.CutPrefix(e.Text, "*")
		host = strings.NewReplacer(".", `\.`, "[", `\[`, "]", `\]`).Replace(host)
		if suffix {
			return quote("~*" + host + "$")
		}
		return quote("~*^" + host + "$")
	case slices.Contains(parameters(), e.Text):
		return `\` + e.Text
	}
	return e.Text
}

// parameters are the words that mean something in a map; a value that is one
// has a backslash in front.
func parameters() []string { return []string{"default", "hostnames", "include", "volatile"} }

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// variable is the name of a rule's variable, which none has yet. nginx does not
// look at the case of letters in them.
func variable(id string, taken map[string]bool) string {
	name := prefix + strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, strings.ToLower(id))
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	taken[unique] = true
	return unique
}
