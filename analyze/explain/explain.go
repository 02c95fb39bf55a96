// Package explain says of one request what every rule of a ruleset makes of
// it. It reads the neutral ruleset literally, rule by rule and entry by entry,
// and is the slow oracle that package match is tested against.
package explain

import (
	"fmt"
	"net/netip"
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
// that is denied all that have to be made together, for one that is allowed
// each that would do alone.
func Flips(rs *policy.Ruleset, q *Request, res Result) []string {
	var out []string
	for _, s := range res.Steps {
		r := &rs.Rules[s.Rule]
		switch {
		case s.Denies:
			out = append(out, undo(r, q, s))
		case res.Decided < 0 && s.Why == NotListed && r.Mode == policy.Block:
			out = append(out, fmt.Sprintf("adding %s to %s rule %q would deny it", value(r.Control, q), r.Control, r.ID))
		case res.Decided < 0 && s.Why == Listed && r.Mode == policy.Allow:
			out = append(out, fmt.Sprintf("removing %s from allow list %q would deny it", entryTexts(s.Entries), r.ID))
		case res.Decided < 0 && s.Why == Excepted:
			out = append(out, fmt.Sprintf("removing the exception for %s from rule %q would deny it", q.Client, r.ID))
		case res.Decided < 0 && s.Why == Disabled && enabled(rs, s.Rule, q):
			out = append(out, fmt.Sprintf("enabling rule %q would deny it", r.ID))
		}
	}
	return out
}

// enabled reports whether the rule would deny if it were switched on.
func enabled(rs *policy.Ruleset, rule int, q *Request) bool {
	alt := *rs
	alt.Rules = append([]policy.Rule(nil), rs.Rules...)
	alt.Rules[rule].Disabled = false
	return Explain(&alt, q).Steps[rule].Denies
}

func undo(r *policy.Rule, q *Request, s Step) string {
	switch s.Why {
	case Missing:
		return fmt.Sprintf("letting requests without a Referer past rule %q", r.ID)
	case UnknownCountry:
		return fmt.Sprintf("letting unknown countries past rule %q", r.ID)
	case NotListed:
		if r.Control == policy.Referer && q.Class != referer.ClassHost {
			return fmt.Sprintf("switching off rule %q (a Referer without a host is on no allow list)", r.ID)
		}
		return fmt.Sprintf("adding %s to allow list %q", value(r.Control, q), r.ID)
	}
	what := fmt.Sprintf("removing %s from rule %q", entryTexts(s.Entries), r.ID)
	if r.Control == policy.IP {
		what += fmt.Sprintf(", or excepting %s", q.Client)
	}
	return what
}

func value(c policy.Control, q *Request) string {
	switch c {
	case policy.IP:
		return q.Client.String()
	case policy.Country:
		return q.Country.String()
	}
	if q.Class == referer.ClassHost {
		return q.Referer
	}
	return q.Class.String()
}

func entryTexts(entries []policy.Entry) string {
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = e.Text
	}
	return strings.Join(texts, " and ")
}
