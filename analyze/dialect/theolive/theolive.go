// Package theolive is the dialect of THEOlive (Dolby OptiView Live).
//
// The native form is what the API takes for a channel:
//
//	{"publicationConfig": {
//	  "ipBlocking":  {"enabled": true, "mode": "whitelist", "cidrs": ["170.123.145.2"]},
//	  "geoBlocking": {"enabled": true, "mode": "blacklist", "countries": ["CN"]}
//	}}
//
// mode defaults to whitelist. Beside publicationConfig a file may have keys
// that are rulecast's own:
//
//	"from": "2026-01-31T20:00:00Z", "until": "2026-01-31T22:00:00Z"
//	    the times at which this configuration is in force
//	"periods": [{"publicationConfig": {...}, "from": ..., "until": ...}]
//	    further configurations, in force at other times
//	"aliases": [{"name": "partner", "host": "partner.example", "publicationConfig": {...}}]
//	    the channel's aliases; host, path_prefix or both say which requests
//	    are theirs; from, until and periods as above
//
// so that a file without them is a native one as it stands.
package theolive

import (
	"cmp"
	"slices"
	"time"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "theolive"

// Profile is what THEOlive's rules can express. The provider writes down no
// length of a list.
func Profile() profile.Profile {
	both := profile.Control{Block: true, Allow: true}
	return profile.Profile{
		Name:      Name,
		Title:     "THEOlive",
		Controls:  [policy.NumControls]profile.Control{policy.IP: both, policy.Country: both},
		Disabling: true, Windows: true, Aliases: true,
		IPv6: true, SlashZero: true,
	}
}

// Resolve brings the rules into the order in which they are tried: in each
// part the countries first, because a client from a listed country meets no
// IP rule.
func Resolve(rs *policy.Ruleset) {
	rs.ListedCountrySkipsIP = true
	slices.SortStableFunc(rs.Rules, func(a, b policy.Rule) int {
		return cmp.Or(
			cmp.Compare(a.Part, b.Part),
			-cmp.Compare(a.Control, b.Control), // country is after ip
			a.From.Compare(b.From),
			compareUntil(a.Until, b.Until),
		)
	})
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyUnknown = r.Control == policy.Country && r.Mode == policy.Allow
	}
}

// compareUntil puts "no bound" behind all times.
func compareUntil(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		switch {
		case !a.IsZero():
			return -1
		case !b.IsZero():
			return 1
		}
		return 0
	}
	return a.Compare(b)
}

// Check is what the profile does not say: a configuration has one ipBlocking
// and one geoBlocking at any time.
func Check(rs *policy.Ruleset) []profile.Violation {
	var out []profile.Violation
	for i := range rs.Rules {
		a := &rs.Rules[i]
		for j := range rs.Rules[:i] {
			b := &rs.Rules[j]
			if a.Part != b.Part || a.Control != b.Control || a.Disabled || b.Disabled || !overlap(a, b) {
				continue
			}
			out = append(out, profile.Violation{Pos: a.Pos, Text: "rules " + b.ID + " and " + a.ID +
				" are both in force at one time: a channel has one " + objects[a.Control]})
			break
		}
	}
	return out
}

func overlap(a, b *policy.Rule) bool {
	empty := func(r *policy.Rule) bool { return !r.Until.IsZero() && !r.From.Before(r.Until) }
	begins := func(a, b *policy.Rule) bool { return b.Until.IsZero() || a.From.Before(b.Until) }
	return !empty(a) && !empty(b) && begins(a, b) && begins(b, a)
}
