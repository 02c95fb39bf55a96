// Package netset is the dialect of plain lists of networks, as firewalls and
// CDNs import them and public blocklists are published: one address or network
// a line, all of them denied. "#" begins a comment.
//
//	192.0.2.15
//	198.51.100.0/24
//	2001:db8::/32
package netset

import (
	"bytes"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "netset"

// empty is the text of a list without networks, which is known by it.
const empty = "# no networks"

// Profile is what a list of networks can express. It has no limits.
func Profile() profile.Profile {
	return profile.Profile{
		Name:      Name,
		Title:     "netset",
		Controls:  [policy.NumControls]profile.Control{policy.IP: {Block: true, Single: true}},
		IPv6:      true,
		SlashZero: true,
	}
}

// Resolve gives a ruleset without a rule an empty one: a list is always there.
func Resolve(rs *policy.Ruleset) {
	if len(rs.Rules) == 0 {
		rs.Rules = []policy.Rule{newRule()}
	}
}

func newRule() policy.Rule {
	return policy.Rule{ID: policy.IP.String(), Control: policy.IP, Action: policy.Action{Status: 403}}
}

// Sniff reports whether the first line with a value on it is an address or a
// network.
func Sniff(f *source.File) bool {
	for n := 1; n <= f.Lines(); n++ {
		if f.Line(n) == empty {
			return true
		}
		if text, _ := profile.Uncomment(f.Line(n)); text != "" {
			e, _, err := policy.ParseAddress(text)
			return err == nil && e.Kind == policy.PrefixEntry
		}
	}
	return false
}

// Read reads the native form. What is wrong is noted in the report.
func Read(f *source.File, p *profile.Profile, r *source.Report) *policy.Ruleset {
	rule := newRule()
	rule.Pos = policy.Pos{File: f.Name, Line: 1, Column: 1}
	rule.Entries = p.Entries(r, policy.IP, profile.Lines(f, 1, f.Lines()))
	return &policy.Ruleset{Provider: Name, Rules: []policy.Rule{rule}}
}

// Write writes the native form of a ruleset that passes the profile's Check.
func Write(rs *policy.Ruleset) ([]byte, error) {
	var b bytes.Buffer
	for i := range rs.Rules {
		for j := range rs.Rules[i].Entries {
			b.WriteString(rs.Rules[i].Entries[j].Text + "\n")
		}
	}
	if b.Len() == 0 {
		b.WriteString(empty + "\n")
	}
	return b.Bytes(), nil
}
