// Package ipset is what the dialects of AWS have in common: IP sets of one IP
// version each, and names that AWS takes.
package ipset

import (
	"fmt"
	"strings"

	"rulecast/analyze/policy"
)

// Set is the networks of one IP version of a list.
type Set struct {
	Version   string   // "4" or "6"
	Addresses []string // in CIDR notation, not nil
}

// Split is the sets that a list of networks needs, IPv4 first; none if it is
// empty.
func Split(entries []policy.Entry) []Set {
	var out []Set
	for _, version := range []string{"4", "6"} {
		s := Set{version, []string{}}
		for i := range entries {
			if p := entries[i].Prefix; p.Addr().Is6() == (version == "6") {
				s.Addresses = append(s.Addresses, p.String())
			}
		}
		if len(s.Addresses) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// Name is a name that AWS takes ([\w-], at most 128) and that is not taken yet:
// it is from now on.
func Name(want string, taken map[string]bool) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' {
			return c
		}
		return '-'
	}, want)
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	taken[unique] = true
	return unique
}
