// Package check says what can be known about a ruleset without a log: entries
// and rules that never decide anything, lists that deny more than they seem
// to, what is inert, and how much of the provider's limits is used.
package check

import (
	"cmp"
	"net/netip"
	"slices"

	"rulecast/analyze/dialect"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Severity says how much a finding matters.
type Severity uint8

// The severities.
const (
	Note    Severity = iota // works as written; good to know
	Warning                 // works, though most likely not as meant
	Danger                  // denies far more, or far less, than it seems to
)

func (s Severity) String() string {
	return [...]string{"note", "warning", "danger"}[s]
}

// Kind is what was found, as reports name it.
type Kind string

// The kinds of findings.
const (
	Duplicate     Kind = "duplicate"       // the same entry twice in one rule
	Covered       Kind = "covered"         // a wider entry of the same rule does it already
	Excepted      Kind = "excepted"        // the rule's own exceptions take all of it away
	Shadowed      Kind = "shadowed"        // an earlier rule denies all of it
	DeniedAnyway  Kind = "denied_anyway"   // on an allow list, but another rule denies all of it
	DisabledRule  Kind = "disabled"        // the rule is not in force
	BlockAndAllow Kind = "block_and_allow" // two lists that together leave little or nothing
	Inert         Kind = "inert"           // not consulted: geo-blocking decides for its country
	EmptyAllow    Kind = "empty_allow"     // denies everything in scope
	EmptyBlock    Kind = "empty_block"     // denies nothing
	Reserved      Kind = "reserved"        // addresses that no client of a CDN has
	Huge          Kind = "huge"            // a network of a large part of the internet
	NeverValid    Kind = "never_valid"     // a validity window without a moment in it
	DeadPart      Kind = "dead_part"       // an alias that an earlier one takes all requests from
	Doubt         Kind = "doubt"           // noted when the file was read
)

// Finding is one thing found.
type Finding struct {
	Severity Severity
	Kind     Kind
	Rule     string // the rule's id, or "" for the whole ruleset
	With     string // of BlockAndAllow, the id of the other rule
	Entry    string // or "" for the whole rule
	Pos      policy.Pos
	Text     string
}

// Result is what a check finds.
type Result struct {
	Findings []Finding // the graver first, then in the order of the rules
	Usage    []limit.Usage
}

// Options is what a check may use beside the ruleset.
type Options struct {
	// Country is the ISO code of an address, or "" where it is not known.
	// Without it, nothing is said about THEOlive's inert networks.
	Country func(netip.Addr) string
}

// Ruleset checks a resolved ruleset.
func Ruleset(rs *policy.Ruleset, o Options) Result {
	c := &checker{rs: rs, options: o}
	for _, w := range rs.Warnings {
		c.findings = append(c.findings, Finding{Severity: Warning, Kind: Doubt, Pos: w.Pos, Text: w.Text})
	}
	c.parts()
	for i := range rs.Rules {
		c.sets = append(c.sets, newSet(&rs.Rules[i]))
	}
	for i := range rs.Rules {
		c.rule(i)
	}
	c.blockAndAllow()
	if rs.ListedCountrySkipsIP && o.Country != nil {
		c.inert()
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	result := Result{Findings: c.findings}
	if d, err := dialect.Named(rs.Provider); err == nil {
		result.Usage = limit.Use(*rs, d.Limits...)
	}
	return result
}

type checker struct {
	rs       *policy.Ruleset
	options  Options
	sets     []*set // of each rule
	findings []Finding
}

// add notes a finding about a rule, or about an entry of it.
func (c *checker) add(s Severity, k Kind, r *policy.Rule, e *policy.Entry, text string) {
	f := Finding{Severity: s, Kind: k, Rule: r.ID, Pos: r.Pos, Text: text}
	if e != nil {
		f.Entry, f.Pos = e.Text, e.Pos
	}
	c.findings = append(c.findings, f)
}

func (c *checker) parts() {
	for i := 2; i < len(c.rs.Parts); i++ {
		b := &c.rs.Parts[i]
		for j := 1; j < i; j++ {
			a := &c.rs.Parts[j]
			path := b.PathPrefix
			if path == "" {
				path = "/"
			}
			if (a.Host == "" || a.Host == b.Host) && (a.PathPrefix == "" || b.PathPrefix != "" && a.Contains(a.Host, path)) {
				c.findings = append(c.findings, Finding{Severity: Danger, Kind: DeadPart,
					Text: "alias " + b.Name + " gets no request: alias " + a.Name + " stands before it and has all of them"})
				break
			}
		}
	}
}

// never reports whether a rule is not in force at any time.
func never(r *policy.Rule) bool {
	return !r.Until.IsZero() && !r.From.Before(r.Until)
}

// always reports whether a rule is in force at all times.
func always(r *policy.Rule) bool {
	return !r.Disabled && r.From.IsZero() && r.Until.IsZero()
}

// meet reports whether a request can meet both rules.
func meet(a, b *policy.Rule) bool {
	if a.Disabled || b.Disabled || never(a) || never(b) || a.Part != b.Part || !a.Scope.MayOverlap(&b.Scope) {
		return false
	}
	begins := func(a, b *policy.Rule) bool { return b.Until.IsZero() || a.From.Before(b.Until) }
	return begins(a, b) && begins(b, a)
}
