// Package cloudflare is the dialect of Cloudflare's WAF custom rules and IP
// lists.
//
// The JSON form is one document:
//
//	{
//	  "lists": [{"name": "rulecast_ip", "kind": "ip", "items": [{"ip": "192.0.2.0/24"}]}],
//	  "rules": [
//	    {"description": "ip", "expression": "ip.src in $rulecast_ip", "action": "block", "enabled": true}
//	  ]
//	}
//
// A list's items are what the Lists API takes as the items of a list; rules is
// what the Rulesets API takes as the rules of the phase
// http_request_firewall_custom, in the order in which they are tried.
//
// The expression form is the expressions alone, one a line, ready to paste; the
// list form is the items of one list, all of them denied.
//
//	IP       ip.src in {192.0.2.0/24 2001:db8::7}   or, where that is too long, in a list
//	country  ip.src.country in {"CN" "RU"}          (an unknown one is "XX")
//	referer  http.referer matches r"(?i)..."        (package hostpattern; Business and Enterprise plans)
//
// An allow list is the same with not. http.referer is "" where there is none.
package cloudflare

import (
	"fmt"
	"slices"
	"strings"

	"rulecast/analyze/dialect/clause"
	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "cloudflare"

const (
	verified      = "2026-11-21"
	maxExpression = 4096
	maxName       = 50 // characters of a list's
)

// The masks of networks in a list. An expression takes any.
var (
	listIPv4 = profile.Masks{Min: 8, Max: 32}
	listIPv6 = profile.Masks{Min: 4, Max: 64}
)

// Profile is what Cloudflare's custom rules can express. How many rules and
// lists there may be depends on the plan; the items are those of all but
// Enterprise.
func Profile() profile.Profile {
	listed := profile.Control{Block: true, Allow: true, NonEmpty: true}
	p := profile.Profile{
		Name:      Name,
		Title:     "Cloudflare",
		Controls:  [policy.NumControls]profile.Control{policy.IP: listed, policy.Country: listed, policy.Referer: listed},
		Disabling: true, FileOrder: true, NativeIDs: true,
		IPv6: true, SlashZero: true, Wildcards: true, NullReferer: true,
		Limits: []limit.Limit{items()},
	}
	for _, c := range []policy.Control{policy.IP, policy.Country, policy.Referer} {
		p.Limits = append(p.Limits, characters(c, func(r *policy.Rule) int { return len(expression(r, strings.Repeat("x", maxName))) }))
	}
	return p
}

func items() limit.Limit {
	return limit.Limit{
		Name: "items of IP lists", Max: 10_000, What: limit.Entries, Control: policy.IP,
		Source: "https://developers.cloudflare.com/waf/tools/lists/#availability", Verified: verified,
	}
}

func characters(c policy.Control, measure func(*policy.Rule) int) limit.Limit {
	return limit.Limit{
		Name: "characters of an expression", Max: maxExpression, What: limit.Measured, Control: c, Measure: measure,
		Source:   "https://developers.cloudflare.com/ruleset-engine/rules-language/expressions/#maximum-rule-expression-length",
		Verified: verified,
	}
}

// NarrowToExpressions takes out what expressions alone have no room for: lists
// beside them, names and switches.
func NarrowToExpressions(p *profile.Profile) {
	p.NativeIDs, p.Disabling = false, false
	p.Limits = nil
	for _, c := range []policy.Control{policy.IP, policy.Country, policy.Referer} {
		p.Limits = append(p.Limits, characters(c, func(r *policy.Rule) int { return len(inline(r)) }))
	}
}

// NarrowToList takes out all but one list of networks that are denied.
func NarrowToList(p *profile.Profile) {
	p.NativeIDs, p.Disabling, p.SlashZero = false, false, false
	p.IPv4Masks, p.IPv6Masks = listIPv4, listIPv6
	p.Controls = [policy.NumControls]profile.Control{policy.IP: {Block: true, Single: true, NonEmpty: true}}
	p.Limits = []limit.Limit{items()}
}

// Resolve leaves the rules in the order of the file, and puts the networks of a
// rule that cannot be in a list behind those that can.
func Resolve(rs *policy.Ruleset) {
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyUnknown = r.Control == policy.Country && r.Mode == policy.Allow
		if r.Control == policy.IP {
			slices.SortStableFunc(r.Entries, func(a, b policy.Entry) int { return rank(&a) - rank(&b) })
		}
	}
}

// rank is 0 for networks that can be in a list, 1 for the others.
func rank(e *policy.Entry) int {
	masks := listIPv4
	if e.Prefix.Addr().Is6() {
		masks = listIPv6
	}
	if b := e.Prefix.Bits(); b < masks.Min || b > masks.Max {
		return 1
	}
	return 0
}

// style is how the Rules language spells its operators.
func style() clause.Style {
	return clause.Style{Or: "or", And: "and", Not: "not ", Absent: `http.referer eq ""`, Present: `http.referer ne ""`}
}

// inline is the expression of a rule with its list in it.
func inline(r *policy.Rule) string {
	return style().Write(r, []string{literal(r.Control, r.Entries)})
}

// expression is inline, or where that is too long the expression with the
// networks in a list that can be in one.
func expression(r *policy.Rule, list string) string {
	text := inline(r)
	if len(text) <= maxExpression || r.Control != policy.IP {
		return text
	}
	inList, rest := divide(r)
	if len(inList) == 0 {
		return text
	}
	listed := []string{"ip.src in $" + list}
	if len(rest) > 0 {
		listed = append(listed, literal(policy.IP, rest))
	}
	return style().Write(r, listed)
}

// divide is the networks of an IP rule that can be in a list, and the others.
func divide(r *policy.Rule) (inList, rest []policy.Entry) {
	for i := range r.Entries {
		if rank(&r.Entries[i]) == 0 {
			inList = append(inList, r.Entries[i])
		} else {
			rest = append(rest, r.Entries[i])
		}
	}
	return inList, rest
}

// literal is the comparison with a list that is written out.
func literal(c policy.Control, entries []policy.Entry) string {
	if c == policy.Referer {
		if len(entries) == 0 {
			return ""
		}
		return `http.referer matches r"(?i)` + hostpattern.Expression(entries) + `"`
	}
	texts := make([]string, len(entries))
	for i := range entries {
		texts[i] = entries[i].Text
		if c == policy.Country {
			texts[i] = `"` + texts[i] + `"`
		}
	}
	field := "ip.src"
	if c == policy.Country {
		field = "ip.src.country"
	}
	return field + " in {" + strings.Join(texts, " ") + "}"
}

// listName is a name that Cloudflare takes for a list ([a-z0-9_], at most maxName)
// and none has yet.
func listName(id string, taken map[string]bool) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, strings.ToLower("rulecast_"+id))
	name = name[:min(len(name), maxName-5)]
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	taken[unique] = true
	return unique
}
