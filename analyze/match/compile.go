// Package match compiles a ruleset so that a request costs look-ups.
//
// What a rule says of a request depends on one value (the address, the country
// or the Referer host) and on a gate (the rule's part, validity window and
// scope). The entries that a value meets are worked out once per distinct
// value and kept as a fact, a small number; requests with equal facts and
// equal open gates fall into one cell, and the verdict is worked out once per
// cell. Package explain is the slow and literal form of the same semantics.
package match

import (
	"fmt"
	"net/netip"
	"strings"

	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/prefix"
	"rulecast/ingest/referer"
)

// The texts of implied entries: the reasons other than a listed value for
// which a rule denies.
const (
	NotListed      = "(not listed)"
	MissingReferer = "(missing)"
	UnknownCountry = "(unknown)"
)

// Entry is one entry of a compiled ruleset: one that is written in a rule's
// list, or an implied one.
type Entry struct {
	Rule    int    // index in Ruleset.Rules
	Text    string // as in policy.Entry, or one of the implied texts
	Implied bool
}

// Needs says what of a request beside its address, country, Referer host and
// bytes the gates of a ruleset look at.
type Needs struct{ Time, Host, Path, Query bool }

// Union is what either looks at.
func (n Needs) Union(o Needs) Needs {
	return Needs{n.Time || o.Time, n.Host || o.Host, n.Path || o.Path, n.Query || o.Query}
}

// Matcher is a compiled ruleset. It is immutable and may be shared.
type Matcher struct {
	Ruleset *policy.Ruleset
	Entries []Entry // by rule, in the order written, implied ones last
	Needs   Needs

	gates    []gate
	gateOf   []int // by rule: index in gates, or -1 for "always open"
	implied  []implied
	networks prefix.Map // numbers are entries
	excepted prefix.Map // numbers are rules
	anyAddr  []anyEntry // entries and exceptions that are not networks
	hosts    map[string][]int32
	suffixes map[string][]int32 // by the host below which they hold
	country  [geo.NumCountries][]int32
	controls [policy.NumControls][]int // enabled rules, in order
}

// Gated reports whether a rule looks at anything beside a request's address,
// country and Referer host, or at them only at some times.
func (m *Matcher) Gated() bool { return len(m.gates) > 0 }

// implied holds the numbers of a rule's implied entries, or -1.
type implied struct{ notListed, missing, unknown int32 }

// anyEntry is an "all addresses of a kind" entry (except: false) or exception.
type anyEntry struct {
	kind   policy.EntryKind
	number int32 // the entry, or the rule of an exception
	except bool
}

// Compile prepares a ruleset, which must not be changed afterwards.
func Compile(rs *policy.Ruleset) (*Matcher, error) {
	m := &Matcher{Ruleset: rs, hosts: map[string][]int32{}, suffixes: map[string][]int32{}}
	for i := range rs.Rules {
		r := &rs.Rules[i]
		if r.Control >= policy.NumControls || r.Part < 0 || r.Part >= max(1, len(rs.Parts)) {
			return nil, fmt.Errorf("%s: rule %q: control or part out of range", rs.Name, r.ID)
		}
		m.addEntries(i, r)
		m.gateOf = append(m.gateOf, m.gateFor(r))
		if r.Disabled {
			continue
		}
		m.controls[r.Control] = append(m.controls[r.Control], i)
		m.addExceptions(i, r)
	}
	return m, nil
}

func (m *Matcher) addEntries(rule int, r *policy.Rule) {
	for _, e := range r.Entries {
		number := int32(len(m.Entries))
		m.Entries = append(m.Entries, Entry{Rule: rule, Text: e.Text})
		if r.Disabled {
			continue
		}
		switch e.Kind {
		case policy.PrefixEntry:
			m.networks.Add(e.Prefix, number)
		case policy.AllEntry, policy.AllIPv4Entry, policy.AllIPv6Entry:
			m.anyAddr = append(m.anyAddr, anyEntry{kind: e.Kind, number: number})
		case policy.CountryEntry:
			c := geo.Parse(e.Text)
			m.country[c] = append(m.country[c], number)
		case policy.HostEntry:
			m.hosts[e.Text] = append(m.hosts[e.Text], number)
		case policy.SuffixEntry:
			below := strings.TrimPrefix(e.Text, "*.")
			m.suffixes[below] = append(m.suffixes[below], number)
		}
	}
	im := implied{-1, -1, -1}
	add := func(wanted bool, text string) int32 {
		if !wanted {
			return -1
		}
		m.Entries = append(m.Entries, Entry{Rule: rule, Text: text, Implied: true})
		return int32(len(m.Entries) - 1)
	}
	im.notListed = add(r.Mode == policy.Allow, NotListed)
	im.missing = add(r.Control == policy.Referer && r.DenyMissing, MissingReferer)
	im.unknown = add(r.Control == policy.Country && r.Mode == policy.Allow && r.DenyUnknown, UnknownCountry)
	m.implied = append(m.implied, im)
}

func (m *Matcher) addExceptions(rule int, r *policy.Rule) {
	for _, e := range r.Except {
		if e.Kind == policy.PrefixEntry {
			m.excepted.Add(e.Prefix, int32(rule))
		} else {
			m.anyAddr = append(m.anyAddr, anyEntry{kind: e.Kind, number: int32(rule), except: true})
		}
	}
}

// hit is one entry that a value meets.
type hit struct {
	entry  int32
	denies bool // false: the value is on an allow list, which lets it past
}

// addressHits lists the entries that an address meets, rule by rule.
func (m *Matcher) addressHits(a netip.Addr) []hit {
	rules := m.controls[policy.IP]
	if len(rules) == 0 {
		return nil
	}
	listed := m.networks.Covering(nil, a)
	excepted := m.excepted.Covering(nil, a)
	for _, e := range m.anyAddr {
		if !(policy.Entry{Kind: e.kind}).Contains(a) {
			continue
		}
		if e.except {
			excepted = append(excepted, e.number)
		} else {
			listed = append(listed, e.number)
		}
	}
	return m.hits(rules, listed, func(rule int) int32 {
		for _, x := range excepted {
			if int(x) == rule {
				return spared
			}
		}
		return m.implied[rule].notListed
	})
}

// countryHits lists the entries that a country meets.
func (m *Matcher) countryHits(c geo.Country) []hit {
	return m.hits(m.controls[policy.Country], m.country[c], func(rule int) int32 {
		if c == geo.Unknown && m.Ruleset.Rules[rule].Mode == policy.Allow {
			return m.implied[rule].unknown
		}
		return m.implied[rule].notListed
	})
}

// refererHits lists the entries that a Referer meets.
func (m *Matcher) refererHits(class referer.Class, host string) []hit {
	rules := m.controls[policy.Referer]
	if len(rules) == 0 {
		return nil
	}
	var listed []int32
	if class == referer.ClassHost {
		listed = append(listed, m.hosts[host]...)
		for dot := strings.IndexByte(host, '.'); dot >= 0; dot = nextDot(host, dot) {
			listed = append(listed, m.suffixes[host[dot+1:]]...)
		}
	}
	return m.hits(rules, listed, func(rule int) int32 {
		if class.State() == referer.Missing {
			return m.implied[rule].missing
		}
		return m.implied[rule].notListed
	})
}

func nextDot(s string, dot int) int {
	next := strings.IndexByte(s[dot+1:], '.')
	if next < 0 {
		return -1
	}
	return dot + 1 + next
}

// spared is an implied-entry number that says: a block rule whose entries the
// value meets leaves it alone all the same.
const spared int32 = -2

// hits joins the listed entries of each rule, or the implied entry that
// unlisted gives for it. The order is: by rule, and within one as listed.
func (m *Matcher) hits(rules []int, listed []int32, unlisted func(rule int) int32) []hit {
	var out []hit
	for _, rule := range rules {
		allow := m.Ruleset.Rules[rule].Mode == policy.Allow
		implied := unlisted(rule)
		if implied == spared {
			continue
		}
		found := false
		for _, e := range listed {
			if m.Entries[e].Rule == rule {
				out = append(out, hit{entry: e, denies: !allow})
				found = true
			}
		}
		if !found && implied >= 0 {
			out = append(out, hit{entry: implied, denies: true})
		}
	}
	return out
}
