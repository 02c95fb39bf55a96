// Package awswaf is the dialect of AWS WAF (version 2): IP sets and a rule
// group, as the JSON of the API or as Terraform.
//
// The JSON form is one document:
//
//	{
//	  "IPSets": [
//	    {"Name": "ip-v4", "Scope": "CLOUDFRONT", "IPAddressVersion": "IPV4", "Addresses": ["192.0.2.0/24"]}
//	  ],
//	  "RuleGroup": {"Name": "rulecast", "Scope": "CLOUDFRONT", "Capacity": 1, "VisibilityConfig": {...}, "Rules": [
//	    {"Name": "ip", "Priority": 0, "Action": {"Block": {}}, "VisibilityConfig": {...},
//	     "Statement": {"IPSetReferenceStatement": {"ARN": "arn:aws:wafv2:us-east-1:ACCOUNT:global/ipset/ip-v4/ID"}}}
//	  ]}
//	}
//
// Each set, and the rule group, is what aws wafv2 create-ip-set and
// create-rule-group take with --cli-input-json, once the ARNs that creating the
// sets returns are put in; a set is known by its name in them. Without a rule
// group each set blocks. A file may also be one set, or what get-ip-set says.
//
// The Terraform form has the same as resources aws_wafv2_ip_set and
// aws_wafv2_rule_group, which refer to each other and need no ARNs.
//
// A rule of the ruleset is a rule of the group: its action is Block, or Count
// where it is disabled. The lowest Priority is tried first.
//
//	IP       the sets of the rule, one of each IP version
//	country  GeoMatchStatement
//	referer  RegexMatchStatement on the lower-case header (package hostpattern)
//
// Several of them are in an OrStatement; an allow list is a NotStatement of the
// same. Whether there is a Referer is a rule's own business: a
// SizeConstraintStatement says that the header has at least one byte.
package awswaf

import (
	"fmt"
	"slices"

	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/dialect/ipset"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "awswaf"

// Scope is the switch that says what the web ACL stands before: a CloudFront
// distribution (the default), or what a region has.
const Scope = "scope"

const (
	cloudFront = "CLOUDFRONT"
	regional   = "REGIONAL"
)

const (
	quotas   = "https://docs.aws.amazon.com/waf/latest/developerguide/limits.html"
	verified = "2026-11-21"
)

// The numbers of AWS WAF. AWS WAF Classic takes 50 countries in a condition,
// and of version 2 no number is written down.
const (
	maxCapacity  = 5000 // of a rule group
	maxSets      = 50   // referred to by a rule group
	maxRegex     = 200  // characters
	maxHosts     = 8    // in an expression: "large number of | branches" is not supported
	maxCountries = 50   // in a statement
)

// maxHost is the length up to which any host fits an expression: it grows by a
// backslash before each dot, of which every second character may be one.
const maxHost = 78

// Profile is what AWS WAF's rules can express.
func Profile() profile.Profile {
	both := profile.Control{Block: true, Allow: true}
	listed := profile.Control{Block: true, Allow: true, NonEmpty: true}
	return profile.Profile{
		Name:     Name,
		Title:    "AWS WAF",
		Controls: [policy.NumControls]profile.Control{policy.IP: both, policy.Country: listed, policy.Referer: listed},
		Limits: []limit.Limit{
			{Name: "IPv4 networks in an IP set", Max: 10_000, What: limit.IPv4PerRule, Control: policy.IP, Source: quotas, Verified: verified},
			{Name: "IPv6 networks in an IP set", Max: 10_000, What: limit.IPv6PerRule, Control: policy.IP, Source: quotas, Verified: verified},
			{
				Name: "capacity units (WCU)", Max: maxCapacity, What: limit.Measured, Control: policy.Referer, Measure: capacity,
				Source: "https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html", Verified: verified,
			},
		},
		Settings:  []profile.Setting{{Name: Scope, Values: []string{cloudFront, regional}}},
		Disabling: true, FileOrder: true,
		IPv6: true, Wildcards: true, NullReferer: true, MaxHost: maxHost,
	}
}

// Resolve leaves the rules in the order of the file, and orders the networks
// of a rule by IP version, as the sets are.
func Resolve(rs *policy.Ruleset) {
	rs.Settings = slices.DeleteFunc(rs.Settings, func(s policy.Setting) bool { return s.Name == Scope && s.Value == cloudFront })
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyUnknown = r.Control == policy.Country && r.Mode == policy.Allow
		if r.Control == policy.IP {
			slices.SortStableFunc(r.Entries, func(a, b policy.Entry) int { return a.Prefix.Addr().BitLen() - b.Prefix.Addr().BitLen() })
		}
	}
}

// Check is what the profile does not say: the limits of the rule group as a
// whole.
func Check(rs *policy.Ruleset) []profile.Violation {
	var out []profile.Violation
	sets, units := 0, 0
	for i := range rs.Rules {
		sets += len(families(&rs.Rules[i]))
		units += capacity(&rs.Rules[i])
	}
	if sets > maxSets {
		out = append(out, profile.Violation{Text: fmt.Sprintf("%d IP sets, the limit is %d in a rule group (%s, verified %s)", sets, maxSets, quotas, verified)})
	}
	if units > maxCapacity {
		out = append(out, profile.Violation{Text: fmt.Sprintf("%d capacity units (WCU), the limit is %d in a rule group (%s, verified %s)",
			units, maxCapacity, quotas, verified)})
	}
	return out
}

// capacity is the units that AWS WAF counts for a rule: 1 for an IP set, a geo
// match and a size constraint, 3 for an expression and 10 for its text
// transformation.
func capacity(r *policy.Rule) int {
	switch r.Control {
	case policy.IP:
		return len(families(r))
	case policy.Country:
		return (len(r.Entries) + maxCountries - 1) / maxCountries
	}
	units := 13 * len(hostpattern.Split(r.Entries, maxRegex, maxHosts))
	if r.DenyMissing != (r.Mode == policy.Allow) {
		units++
	}
	return units
}

// families is the sets that an IP rule needs: an empty one if its list is.
func families(r *policy.Rule) []ipset.Set {
	if r.Control != policy.IP {
		return nil
	}
	if len(r.Entries) == 0 {
		return []ipset.Set{{Version: "4", Addresses: []string{}}}
	}
	return ipset.Split(r.Entries)
}
