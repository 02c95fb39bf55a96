// Package fastly is the dialect of Fastly: access control lists, and VCL for
// what a list of addresses cannot say.
//
// The vcl form is one file to include. It declares a list for each IP rule and
// a subroutine, which vcl_recv has to call first (call rulecast_recv;):
//
//	acl rulecast_ip {
//	  "192.0.2.0"/24;
//	}
//
//	sub rulecast_recv {
//	  if (fastly.ff.visits_this_service == 0) {
//	    if (client.ip ~ rulecast_ip) {
//	      error 403;
//	    }
//	  }
//	}
//
// The first of its conditions is there because behind another of Fastly's
// servers (shielding) the client is that server.
//
//	IP       client.ip ~ rulecast_ip
//	country  client.geo.country_code ~ "^(?:CN|RU)$"
//	referer  req.http.Referer ~ "(?i)..."             (package hostpattern)
//
// An allow list is the same negated, and a Referer is there where it has a
// character: req.http.Referer ~ ".".
//
// The acl form is what the API takes to fill a list that is there, all of it
// denied:
//
//	{"entries": [{"op": "create", "ip": "192.0.2.0", "subnet": 24, "negated": 0}]}
package fastly

import (
	"fmt"
	"strings"

	"rulecast/analyze/dialect/clause"
	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "fastly"

// Profile is what Fastly's lists and VCL can express. That a list has at most
// 1,000 entries is written down of the batches that fill it, and of new
// accounts' lists; support raises it.
func Profile() profile.Profile {
	both := profile.Control{Block: true, Allow: true}
	listed := profile.Control{Block: true, Allow: true, NonEmpty: true}
	return profile.Profile{
		Name:     Name,
		Title:    "Fastly",
		Controls: [policy.NumControls]profile.Control{policy.IP: both, policy.Country: listed, policy.Referer: listed},
		Limits: []limit.Limit{{
			Name: "entries of an ACL", Max: 1000, What: limit.EntriesPerRule, Control: policy.IP,
			Source: "https://www.fastly.com/documentation/reference/api/acls/acl-entry/", Verified: "2026-11-21",
		}},
		FileOrder: true, IPv6: true, Wildcards: true, NullReferer: true,
	}
}

// NarrowToACL takes out all but one list of networks that are denied.
func NarrowToACL(p *profile.Profile) {
	p.Controls = [policy.NumControls]profile.Control{policy.IP: {Block: true, Single: true, NonEmpty: true}}
}

// Resolve leaves the rules in the order of the file.
func Resolve(rs *policy.Ruleset) {
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyUnknown = r.Control == policy.Country && r.Mode == policy.Allow
	}
}

// What a list's name, the subroutine and its frame are called.
const (
	prefix     = "rulecast_"
	subroutine = "rulecast_recv"
	visits     = "fastly.ff.visits_this_service"
)

// style is how VCL spells its operators.
func style() clause.Style {
	return clause.Style{Or: "||", And: "&&", Not: "!", Absent: `req.http.Referer !~ "."`, Present: `req.http.Referer ~ "."`}
}

// WriteVCL writes the vcl form of a ruleset that passes the profile's Check.
func WriteVCL(rs *policy.Ruleset) ([]byte, error) {
	var lists, rules strings.Builder
	names := map[string]bool{subroutine: true}
	for i := range rs.Rules {
		r := &rs.Rules[i]
		var listed string
		switch r.Control {
		case policy.IP:
			name := listName(r.ID, names)
			listed = "client.ip ~ " + name
			fmt.Fprintf(&lists, "acl %s {\n", name)
			for j := range r.Entries {
				p := r.Entries[j].Prefix
				fmt.Fprintf(&lists, "  %q/%d;\n", p.Addr(), p.Bits())
			}
			lists.WriteString("}\n\n")
		case policy.Country:
			codes := make([]string, len(r.Entries))
			for j := range r.Entries {
				codes[j] = r.Entries[j].Text
			}
			listed = `client.geo.country_code ~ "` + countriesBegin + strings.Join(codes, "|") + countriesEnd + `"`
		default:
			listed = `req.http.Referer ~ "(?i)` + hostpattern.Expression(r.Entries) + `"`
		}
		fmt.Fprintf(&rules, "    if (%s) {\n      error 403;\n    }\n", style().Write(r, []string{listed}))
	}
	return []byte(vclHead + "\n\n" + lists.String() + "sub " + subroutine + " {\n  if (" + visits + " == 0) {\n" + rules.String() + "  }\n}\n"), nil
}

// vclHead is the line that the vcl form begins with.
const vclHead = "# Include this, and begin vcl_recv with: call rulecast_recv;"

// The expression of countries.
const (
	countriesBegin = "^(?:"
	countriesEnd   = ")$"
)

// listName is an identifier for a list that none has yet.
func listName(id string, taken map[string]bool) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, prefix+id)
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	taken[unique] = true
	return unique
}

type entryJSON struct {
	Op      string `json:"op"`
	IP      string `json:"ip"`
	Subnet  int    `json:"subnet"`
	Negated int    `json:"negated"`
}

// WriteACL writes the acl form of a ruleset that passes the profile's Check.
func WriteACL(rs *policy.Ruleset) ([]byte, error) {
	out := struct {
		Entries []entryJSON `json:"entries"`
	}{Entries: []entryJSON{}}
	for i := range rs.Rules {
		for j := range rs.Rules[i].Entries {
			p := rs.Rules[i].Entries[j].Prefix
			out.Entries = append(out.Entries, entryJSON{Op: "create", IP: p.Addr().String(), Subnet: p.Bits()})
		}
	}
	return source.JSON(out)
}
