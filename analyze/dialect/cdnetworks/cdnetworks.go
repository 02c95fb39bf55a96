// Package cdnetworks is the dialect of CDNetworks' access rules for IP
// addresses, countries (region access) and Referers.
//
// The native form is JSON, a list of rules with the words of the provider's
// console:
//
//	{"rules": [{
//	  "id": "office-only",                 // ours; default rule-N
//	  "priority": 10,                      // the higher is tried first; default 0
//	  "enabled": true,                     // default true
//	  "effective_range": "all",            // see below; default "all"
//	  "type": "blacklist",                 // or "whitelist"
//	  "ips": "all-ipv4",                   // addresses and ranges, or all, all-ipv4, all-ipv6
//	  "exceptions": "203.0.113.0/24;192.0.2.7",
//	  "action": "redirect",                // or "deny" (403); default "deny"
//	  "redirect_url": "https://example.com/denied"
//	}]}
//
// In place of ips a rule has "countries" or "referers"; with referers,
// "allow_null_referer" has to be true or false. effective_range is "all" or
// one of
//
//	{"homepage": true}
//	{"file_types": "jpg;png"}
//	{"uris": "/browse/index.html", "match": "exact"}   // or "ignore_parameters"; default exact
//	{"directories": "/a/\n/b/"}                        // one a line
//	{"url_pattern": "\\.jpg$"}
//
// A list is one text, parted by ";" as in the console, or a JSON list of
// texts (which a URI with a ";" in it needs).
package cdnetworks

import (
	"slices"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "cdnetworks"

// Profile is what CDNetworks' rules can express. The provider writes down no
// length of a list.
func Profile() profile.Profile {
	both := profile.Control{Block: true, Allow: true}
	return profile.Profile{
		Name:     Name,
		Title:    "CDNetworks",
		Controls: [policy.NumControls]profile.Control{policy.IP: both, policy.Country: both, policy.Referer: both},
		Limits: []limit.Limit{{
			Name: "IP whitelist rules", Max: 1, What: limit.AllowRules, Control: policy.IP,
			Source:   "https://documents.cdnetworks.com/document/content-acceleration/ip-blacklist-whitelist",
			Verified: "2026-11-21",
		}},
		Scopes: true, Priorities: true, Redirects: true, Exceptions: true, Disabling: true,
		IPv6: true, Words: true, SlashZero: true,
		Wildcards: true, NullReferer: true, NativeIDs: true,
	}
}

// Resolve brings the rules into the order in which they are tried: the higher
// priority first, among equals as in the file.
func Resolve(rs *policy.Ruleset) {
	slices.SortStableFunc(rs.Rules, func(a, b policy.Rule) int { return b.Priority - a.Priority })
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyUnknown = r.Control == policy.Country && r.Mode == policy.Allow
	}
}
