// Package cloudfront is the dialect of Amazon CloudFront: the geo restriction
// of a distribution, the IP sets of its web ACL (AWS WAF), and a Referer list
// for a CloudFront function.
//
// The native form is JSON with the objects of AWS's APIs:
//
//	{
//	  "Restrictions": {"GeoRestriction": {"RestrictionType": "blacklist", "Quantity": 1, "Items": ["CN"]}},
//	  "IPSets": [
//	    {"Name": "ip-v4", "Scope": "CLOUDFRONT", "IPAddressVersion": "IPV4", "Addresses": ["192.0.2.0/24"]}
//	  ],
//	  "IPRules": [{"Name": "ip", "Mode": "block", "IPSets": ["ip-v4"]}],
//	  "Referers": {"Mode": "block", "Hosts": ["hotlinker.example"], "Missing": "allowed"}
//	}
//
// IPRules and Referers are rulecast's own. A rule of IPRules denies what is
// in any of its sets (Mode block) or in none of them (allow), and has at most
// one set of each IP version; without IPRules each set blocks. Missing is the
// switch missing_referer, default allowed. A file may also be one
// GeoRestriction, with or without the objects around it, or one IP set.
package cloudfront

import (
	"slices"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "cloudfront"

// MissingReferer says whether a request without a Referer passes the Referer
// list: the function is the user's own. Default allowed.
const MissingReferer = "missing_referer"

// Profile is what CloudFront's rules can express.
func Profile() profile.Profile {
	const (
		quotas   = "https://docs.aws.amazon.com/waf/latest/developerguide/limits.html"
		verified = "2026-11-21"
	)
	both := profile.Control{Block: true, Allow: true}
	single := profile.Control{Block: true, Allow: true, Single: true}
	return profile.Profile{
		Name:     Name,
		Title:    "CloudFront",
		Controls: [policy.NumControls]profile.Control{policy.IP: both, policy.Country: single, policy.Referer: single},
		Limits: []limit.Limit{
			{Name: "IPv4 networks in an IP set", Max: 10_000, What: limit.IPv4PerRule, Control: policy.IP, Source: quotas, Verified: verified},
			{Name: "IPv6 networks in an IP set", Max: 10_000, What: limit.IPv6PerRule, Control: policy.IP, Source: quotas, Verified: verified},
		},
		Settings:  []profile.Setting{{Name: MissingReferer, Values: []string{"allowed", "denied"}}},
		IPv6:      true,
		Wildcards: true,
	}
}

// Resolve brings the rules into the order in which they are tried: the geo
// restriction, which AWS applies before a request reaches the web ACL, then
// the web ACL's rules, then the function. The networks of a rule are ordered
// by IP version, as the sets are. A client of unknown country is served.
func Resolve(rs *policy.Ruleset) {
	hasReferer := func(r policy.Rule) bool { return r.Control == policy.Referer }
	if !slices.ContainsFunc(rs.Rules, hasReferer) {
		rs.Settings = nil // the only switch is of the Referer list
	}
	order := [policy.NumControls]int{policy.Country: 0, policy.IP: 1, policy.Referer: 2}
	slices.SortStableFunc(rs.Rules, func(a, b policy.Rule) int { return order[a.Control] - order[b.Control] })
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyUnknown = false
		r.DenyMissing = r.Control == policy.Referer && rs.Setting(MissingReferer) == "denied"
		if r.Control == policy.IP {
			slices.SortStableFunc(r.Entries, func(a, b policy.Entry) int { return a.Prefix.Addr().BitLen() - b.Prefix.Addr().BitLen() })
		}
	}
}
