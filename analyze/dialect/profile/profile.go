// Package profile says what a provider's rules can express. One description
// serves every way into and out of a ruleset: the readers refuse what is not
// in it, the writers never meet it, and a conversion lists what is lost.
package profile

import (
	"net/netip"

	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Profile is what a provider can express. The zero values mean "cannot".
type Profile struct {
	Name     string // as in provider: and --provider
	Title    string // as the provider writes itself
	Controls [policy.NumControls]Control
	Limits   []limit.Limit
	Settings []Setting // the provider's switches, at the top of the YAML

	Scopes     bool // rules that look at some requests only
	Priorities bool // rules with a number of their own
	Redirects  bool // redirect instead of 403
	Exceptions bool // addresses that a block list leaves alone
	Disabling  bool // rules that are there and not in force
	Windows    bool // rules in force from one time until another
	Aliases    bool // parts of a channel with rules of their own

	IPv6      bool
	Words     bool // all, all-ipv4, all-ipv6
	SlashZero bool // networks of mask /0
	// RefererURLs: a Referer entry has to begin with http:// or https://.
	RefererURLs bool
	Wildcards   bool // *.example.com in Referer entries
	// NullReferer: each Referer rule says itself whether a missing Referer
	// passes (allow_null_referer).
	NullReferer bool
	// NativeIDs: the native form holds the rules' ids.
	NativeIDs bool
	// FileOrder: rules are tried in the order of the file. Providers without
	// it, and without priorities, have an order of their own.
	FileOrder bool
	// IPv4Masks and IPv6Masks bound the lengths of masks.
	IPv4Masks, IPv6Masks Masks
	// MaxHost is the greatest length of a host in a Referer entry, without
	// "*."; 0 is no bound.
	MaxHost int
}

// Masks are the shortest and the longest mask of a network that a provider
// takes. The zero value is no bound.
type Masks struct{ Min, Max int }

// Masks are the bounds of the masks of a network's family.
func (p *Profile) Masks(n netip.Prefix) Masks {
	m, widest := p.IPv4Masks, 0
	if n.Addr().Is6() {
		m = p.IPv6Masks
	}
	if !p.SlashZero {
		widest = 1
	}
	if m.Max == 0 {
		m.Max = n.Addr().BitLen()
	}
	return Masks{max(m.Min, widest), m.Max}
}

// Control is what a provider can do with one control.
type Control struct {
	Block, Allow bool
	Single       bool // at most one rule in a ruleset
	NonEmpty     bool // every list has an entry
}

// Setting is one switch of a provider.
type Setting struct {
	Name   string
	Values []string
	// Order: the value is all of Values in an order of choice, else one of
	// them.
	Order bool
}

// Modes is the modes that a control has, for messages.
func (c Control) Modes() string {
	switch {
	case c.Block && c.Allow:
		return "block and allow"
	case c.Block:
		return "block"
	case c.Allow:
		return "allow"
	}
	return "none"
}

// Has reports whether the control has a mode.
func (c Control) Has(m policy.Mode) bool {
	if m == policy.Allow {
		return c.Allow
	}
	return c.Block
}

// Setting finds a switch by name.
func (p *Profile) Setting(name string) (Setting, bool) {
	for _, s := range p.Settings {
		if s.Name == name {
			return s, true
		}
	}
	return Setting{}, false
}

// File is one file of a ruleset in a native form.
type File struct {
	Name string // without folder
	Data []byte
}
