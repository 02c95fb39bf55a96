// Package policy is the neutral ruleset: what a provider would enforce, as
// plain values. It knows no provider; dialects fill it from their native form
// and resolve everything a provider decides (order, missing Referers, unknown
// countries) into the fields of the rules.
package policy

import (
	"net/netip"
	"time"
)

// Control is what a rule looks at.
type Control uint8

// The controls.
const (
	IP Control = iota
	Country
	Referer
	NumControls
)

func (c Control) String() string {
	switch c {
	case IP:
		return "ip"
	case Country:
		return "country"
	case Referer:
		return "referer"
	}
	return "invalid"
}

// Mode says whether being listed denies or not being listed does.
type Mode uint8

// The modes.
const (
	// Block denies a request in scope whose value is listed and not excepted.
	Block Mode = iota
	// Allow denies a request in scope whose value is not listed. Being listed
	// never overrides another rule.
	Allow
)

func (m Mode) String() string {
	if m == Allow {
		return "allow"
	}
	return "block"
}

// ActionKind is what happens to a request that a rule denies.
type ActionKind uint8

// The kinds of action.
const (
	Deny ActionKind = iota
	Redirect
)

// Action is what happens to a request that a rule denies.
type Action struct {
	Kind   ActionKind
	Status int    // of a denial; 0 means 403
	URL    string // of a redirect
}

func (a Action) String() string {
	if a.Kind == Redirect {
		return "redirect"
	}
	return "deny"
}

// Pos is a place in a ruleset file. The zero value is "nowhere".
type Pos struct {
	File         string
	Line, Column int // from 1; 0 when unknown
}

// EntryKind says which field of an Entry holds its value.
type EntryKind uint8

// The kinds of entries.
const (
	PrefixEntry  EntryKind = iota // an address or a range: Prefix
	AllEntry                      // every address
	AllIPv4Entry                  // every IPv4 address
	AllIPv6Entry                  // every IPv6 address
	CountryEntry                  // Text is an ISO 3166-1 alpha-2 code in upper case
	HostEntry                     // Text is a canonical host (package referer)
	SuffixEntry                   // Text is "*." and a canonical host: its subdomains, not itself
)

// Entry is one value in a rule's list.
type Entry struct {
	Kind   EntryKind
	Text   string       // the canonical form, as reports show it
	Prefix netip.Prefix // of a PrefixEntry: masked, unmapped
	Pos    Pos
}

// Contains reports whether an IP entry covers an unmapped address.
func (e Entry) Contains(a netip.Addr) bool {
	switch e.Kind {
	case PrefixEntry:
		return e.Prefix.Contains(a)
	case AllEntry:
		return a.IsValid()
	case AllIPv4Entry:
		return a.Is4()
	case AllIPv6Entry:
		return a.Is6()
	}
	return false
}

// Rule is one list with what it does. The zero values of Scope, Except,
// From and Until restrict nothing.
type Rule struct {
	ID      string
	Control Control
	Mode    Mode
	Entries []Entry
	Except  []Entry // IP, Block only: addresses that the rule leaves alone
	Scope   Scope
	Action  Action
	// Priority is the provider's own number, kept for rendering. The order in
	// which rules are tried is their order in Ruleset.Rules.
	Priority int
	Disabled bool
	// DenyMissing: a Referer rule denies requests without a Referer.
	DenyMissing bool
	// DenyUnknown: a country rule denies requests of unknown country. Only
	// meaningful with Allow; a block list never lists the unknown.
	DenyUnknown bool
	// From and Until bound the log times at which the rule is in force:
	// From <= t < Until. A zero time is no bound.
	From, Until time.Time
	// Part is the index of the Ruleset's part that the rule belongs to.
	Part int
	Pos  Pos
}

// Ruleset is what a provider would enforce: rules in the order tried. The
// first rule that denies decides.
type Ruleset struct {
	Name     string // what reports call it: the file's name without folder
	Provider string
	Rules    []Rule
	// Parts divide the requests: each belongs to the first part from index 1
	// on whose Host and PathPrefix match it, and else to part 0, and meets the
	// rules of its part only. Empty means one part that has everything.
	Parts []Part
	// ListedCountrySkipsIP: a request whose country is on the list of an
	// enabled country rule of its part meets no IP rule, whatever that rule's
	// mode (THEOlive: IP blocking does not work where geo-blocking lists the
	// client's country).
	ListedCountrySkipsIP bool
	// Settings are the provider's switches as the file sets them, in a form
	// that the dialect reads and writes; nothing else looks at them.
	Settings []Setting
	Warnings []Warning
}

// Part is a division of a provider's configuration with rules of its own.
type Part struct {
	Name       string
	Host       string // canonical host, or "" for any
	PathPrefix string // "" for any; matched by whole path segments
}

// Setting is one switch of a provider.
type Setting struct{ Name, Value string }

// Setting returns the value of a switch, or "".
func (rs *Ruleset) Setting(name string) string {
	for _, s := range rs.Settings {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

// Warning is something in a ruleset that works, though perhaps not as meant.
type Warning struct {
	Pos  Pos
	Text string
}
