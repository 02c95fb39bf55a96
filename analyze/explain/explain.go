// Package explain says of one request what every rule of a ruleset makes of
// it. It reads the neutral ruleset literally, rule by rule and entry by entry,
// and is the slow oracle that package match is tested against.
package explain

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
)

// Request is one request as rules see it.
type Request struct {
	Client  netip.Addr // unmapped, without zone
	Country geo.Country
	Class   referer.Class
	Referer string    // canonical host when Class is ClassHost
	Host    string    // canonical
	Path    string    // as requested
	Query   string    // as requested, without "?"
	Time    time.Time // zero when unknown
}

// Why says what became of a request at a rule.
type Why uint8

// The ways in which a rule ends with a request.
const (
	Disabled       Why = iota // the rule is switched off
	OtherPart                 // the request belongs to another part
	OutsideWindow             // the rule is not in force at the request's time
	OutOfScope                // the rule does not look at this path
	CountrySkipped            // an IP rule, not consulted for clients of a listed country
	Excepted                  // listed, but under the rule's exceptions
	NotListed                 // on no entry of the list
	Listed                    // on an entry of the list
	Missing                   // the request has no Referer
	UnknownCountry            // the client's country is unknown
)

// Step is one rule's part in the verdict.
type Step struct {
	Rule    int // index in Ruleset.Rules
	Why     Why
	Entries []policy.Entry // those that the request is on
	Denies  bool           // this rule would deny, whatever others do
}

// Result is the verdict on one request and how it came about.
type Result struct {
	Part    int
	Steps   []Step // every rule, in the order tried
	Decided int    // the first rule that denies, or -1
}

// Explain applies a ruleset to a request.
func Explain(rs *policy.Ruleset, q *Request) Result {
	res := Result{Part: rs.PartOf(q.Host, q.Path), Decided: -1}
	skipIP := rs.ListedCountrySkipsIP && countryListed(rs, q, res.Part)
	for i := range rs.Rules {
		step := explainRule(&rs.Rules[i], q, res.Part, skipIP)
		step.Rule = i
		res.Steps = append(res.Steps, step)
		if step.Denies && res.Decided < 0 {
			res.Decided = i
		}
	}
	return res
}

// countryListed reports whether a country rule in force lists the country.
func countryListed(rs *policy.Ruleset, q *Request, part int) bool {
	for i := range rs.Rules {
		r := &rs.Rules[i]
		if r.Control == policy.Country && len(listedBy(r, q)) > 0 {
			if _, closed := closedFor(r, q, part); !closed {
				return true
			}
		}
	}
	return false
}

func explainRule(r *policy.Rule, q *Request, part int, skipIP bool) Step {
	if why, closed := closedFor(r, q, part); closed {
		return Step{Why: why}
	}
	if r.Control == policy.IP && skipIP {
		return Step{Why: CountrySkipped, Entries: listedBy(r, q)}
	}
	if r.Control == policy.Referer && q.Class.State() == referer.Missing {
		return Step{Why: Missing, Denies: r.DenyMissing}
	}
	listed := listedBy(r, q)
	if r.Control == policy.Country && q.Country == geo.Unknown {
		return Step{Why: UnknownCountry, Denies: r.Mode == policy.Allow && r.DenyUnknown}
	}
	if len(listed) == 0 {
		return Step{Why: NotListed, Denies: r.Mode == policy.Allow}
	}
	if r.Mode == policy.Block && excepted(r, q) {
		return Step{Why: Excepted, Entries: listed}
	}
	return Step{Why: Listed, Entries: listed, Denies: r.Mode == policy.Block}
}

// closedFor reports whether the rule does not look at the request at all.
func closedFor(r *policy.Rule, q *Request, part int) (Why, bool) {
	switch {
	case r.Disabled:
		return Disabled, true
	case r.Part != part:
		return OtherPart, true
	case !inWindow(r, q.Time):
		return OutsideWindow, true
	case !r.Scope.Contains(q.Path, q.Query):
		return OutOfScope, true
	}
	return 0, false
}

func inWindow(r *policy.Rule, t time.Time) bool {
	if t.IsZero() {
		return r.From.IsZero() // before every beginning
	}
	return (r.From.IsZero() || !t.Before(r.From)) && (r.Until.IsZero() || t.Before(r.Until))
}

func listedBy(r *policy.Rule, q *Request) []policy.Entry {
	var listed []policy.Entry
	for _, e := range r.Entries {
		if lists(e, q) {
			listed = append(listed, e)
		}
	}
	return listed
}

func lists(e policy.Entry, q *Request) bool {
	switch e.Kind {
	case policy.CountryEntry:
		return q.Country != geo.Unknown && e.Text == q.Country.String()
	case policy.HostEntry:
		return q.Class == referer.ClassHost && e.Text == q.Referer
	case policy.SuffixEntry:
		return q.Class == referer.ClassHost && strings.HasSuffix(q.Referer, e.Text[1:])
	}
	return e.Contains(q.Client)
}

func excepted(r *policy.Rule, q *Request) bool {
	for _, e := range r.Except {
		if e.Contains(q.Client) {
			return true
		}
	}
	return false
}

// Flips lists the changes that would turn the verdict round: for a request
// that is denied all that have to be made together, in this order, for one that
// is allowed each that would do alone. Every one has been tried.
func Flips(rs *policy.Ruleset, q *Request, res Result) []string {
	if res.Decided >= 0 {
		return letPast(rs, q, res)
	}
	var out []string
	for _, s := range res.Steps {
		c := deny(&rs.Rules[s.Rule], q, s)
		if c.do != nil && Explain(c.on(rs, s.Rule), q).Decided >= 0 {
			out = append(out, c.text+" would deny it")
		}
	}
	return out
}

// letPast undoes one denial after the other: what is done to a country rule
// may decide whether IP rules are consulted.
func letPast(rs *policy.Ruleset, q *Request, res Result) []string {
	var out []string
	for res.Decided >= 0 {
		c := undo(&rs.Rules[res.Decided], q, res.Steps[res.Decided])
		out = append(out, c.text)
		rs = c.on(rs, res.Decided)
		res = Explain(rs, q)
	}
	return out
}

// change is something that can be done to a rule. The zero value is nothing.
type change struct {
	text string
	do   func(*policy.Rule) // its lists are replaced, not written to
}

// on is a copy of a ruleset with a rule changed.
func (c change) on(rs *policy.Ruleset, rule int) *policy.Ruleset {
	out := *rs
	out.Rules = slices.Clone(rs.Rules)
	c.do(&out.Rules[rule])
	return &out
}

// deny is what could make the rule deny a request that it lets past.
func deny(r *policy.Rule, q *Request, s Step) change {
	switch {
	case s.Why == NotListed && r.Mode == policy.Block:
		if e, ok := entry(r.Control, q); ok {
			return change{fmt.Sprintf("adding %s to %s rule %q", e.Text, r.Control, r.ID), adding(e)}
		}
	case s.Why == Listed && r.Mode == policy.Allow:
		return change{fmt.Sprintf("removing %s from allow list %q", entryTexts(s.Entries), r.ID), removing(q)}
	case s.Why == Excepted:
		return change{fmt.Sprintf("removing the exception for %s from rule %q", q.Client, r.ID), func(r *policy.Rule) {
			r.Except = slices.DeleteFunc(slices.Clone(r.Except), func(e policy.Entry) bool { return e.Contains(q.Client) })
		}}
	case s.Why == Disabled:
		return change{fmt.Sprintf("enabling rule %q", r.ID), func(r *policy.Rule) { r.Disabled = false }}
	}
	return change{}
}

// undo is what makes a rule that denies the request let it past.
func undo(r *policy.Rule, q *Request, s Step) change {
	switch s.Why {
	case Missing:
		return change{fmt.Sprintf("letting requests without a Referer past rule %q", r.ID), func(r *policy.Rule) { r.DenyMissing = false }}
	case UnknownCountry:
		return change{fmt.Sprintf("letting unknown countries past rule %q", r.ID), func(r *policy.Rule) { r.DenyUnknown = false }}
	case NotListed:
		e, ok := entry(r.Control, q)
		if !ok {
			return change{fmt.Sprintf("switching off rule %q (a Referer without a host is on no allow list)", r.ID),
				func(r *policy.Rule) { r.Disabled = true }}
		}
		return change{fmt.Sprintf("adding %s to allow list %q", e.Text, r.ID), adding(e)}
	}
	text := fmt.Sprintf("removing %s from rule %q", entryTexts(s.Entries), r.ID)
	if r.Control == policy.IP && len(r.Except) > 0 { // else the provider may have no exceptions
		text += fmt.Sprintf(", or excepting %s", q.Client)
	}
	return change{text, removing(q)}
}

func adding(e policy.Entry) func(*policy.Rule) {
	return func(r *policy.Rule) { r.Entries = append(slices.Clip(r.Entries), e) }
}

// removing takes every entry off the list that the request is on.
func removing(q *Request) func(*policy.Rule) {
	return func(r *policy.Rule) {
		r.Entries = slices.DeleteFunc(slices.Clone(r.Entries), func(e policy.Entry) bool { return lists(e, q) })
	}
}

// entry is the request's own value as an entry of a list; false if it is none
// that a list can have.
func entry(c policy.Control, q *Request) (policy.Entry, bool) {
	switch c {
	case policy.IP:
		return policy.NetworkEntry(netip.PrefixFrom(q.Client, q.Client.BitLen())), true
	case policy.Country:
		return policy.Entry{Kind: policy.CountryEntry, Text: q.Country.String()}, q.Country != geo.Unknown
	}
	return policy.Entry{Kind: policy.HostEntry, Text: q.Referer}, q.Class == referer.ClassHost
}

func entryTexts(entries []policy.Entry) string {
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = e.Text
	}
	return strings.Join(texts, " and ")
}
