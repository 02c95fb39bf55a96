package profile

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Violation is something in a ruleset that the provider cannot express.
type Violation struct {
	Pos  policy.Pos
	Text string
}

// Check is everything in a ruleset that the provider cannot express or does
// not take: whatever passes can be rendered.
func (p *Profile) Check(rs *policy.Ruleset) []Violation {
	c := &checker{Profile: p, rs: rs}
	if rs.Provider != p.Name {
		c.failf(policy.Pos{}, "the ruleset is for %q, not for %s", rs.Provider, p.Name)
	}
	c.settings()
	c.parts()
	ids := map[string]bool{}
	var count [policy.NumControls]int
	for i := range rs.Rules {
		r := &rs.Rules[i]
		if r.Control >= policy.NumControls {
			c.failf(r.Pos, "rule %s: invalid control", r.ID)
			continue
		}
		if ids[r.ID] {
			c.failf(r.Pos, "two rules with the id %s", r.ID)
		}
		ids[r.ID] = true
		if !ValidID(r.ID) {
			c.failf(r.Pos, "rule id %q: must be 1 to %d letters, digits, blanks and ._-/#@", r.ID, maxID)
		}
		if count[r.Control]++; count[r.Control] == 2 && p.Controls[r.Control].Single {
			c.failf(r.Pos, "a second %s rule: %s has one", r.Control, p.Title)
		}
		c.rule(r)
	}
	for _, v := range limit.Check(*rs, p.Limits...) {
		c.failf(v.Pos, "%s", v.Error())
	}
	return c.out
}

const maxID = 80

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9 ._/#@-]*[A-Za-z0-9._#@-])?$`)

// ValidID reports whether a text can be the id of a rule or the name of an
// alias: it is shown in terminals and used in the names of columns.
func ValidID(id string) bool { return len(id) <= maxID && idPattern.MatchString(id) }

type checker struct {
	*Profile
	rs  *policy.Ruleset
	out []Violation
}

func (c *checker) failf(pos policy.Pos, format string, args ...any) {
	c.out = append(c.out, Violation{Pos: pos, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) settings() {
	for _, s := range c.rs.Settings {
		known, ok := c.Setting(s.Name)
		if !ok {
			c.failf(policy.Pos{}, "%s has no switch %q", c.Title, s.Name)
		} else if !known.Valid(s.Value) {
			c.failf(policy.Pos{}, "%s %q: must be %s", s.Name, s.Value, known.Choices())
		}
	}
}

// Valid reports whether a value is one of the switch's. An order is joined
// with ", ".
func (s Setting) Valid(value string) bool {
	if !s.Order {
		return slices.Contains(s.Values, value)
	}
	got := strings.Split(value, ", ")
	slices.Sort(got)
	want := slices.Clone(s.Values)
	slices.Sort(want)
	return slices.Equal(got, want)
}

// Choices is the values of the switch, for messages.
func (s Setting) Choices() string {
	if s.Order {
		return "an order of " + strings.Join(s.Values, ", ")
	}
	return strings.Join(s.Values, " or ")
}

func (c *checker) parts() {
	if len(c.rs.Parts) > 0 && !c.Aliases {
		c.failf(policy.Pos{}, "%s has no aliases", c.Title)
		return
	}
	names := map[string]bool{}
	for i, part := range c.rs.Parts {
		switch {
		case !ValidID(part.Name):
			c.failf(policy.Pos{}, "alias name %q: must be 1 to %d letters, digits, blanks and ._-/#@", part.Name, maxID)
		case names[part.Name]:
			c.failf(policy.Pos{}, "two aliases with the name %s", part.Name)
		case i > 0 && part.Host == "" && part.PathPrefix == "":
			c.failf(policy.Pos{}, "alias %s: host or path_prefix has to say which requests are its", part.Name)
		case i > 0 && part.PathPrefix != "" && part.PathPrefix[0] != '/':
			c.failf(policy.Pos{}, "alias %s: path_prefix %q must begin with /", part.Name, part.PathPrefix)
		}
		names[part.Name] = true
	}
}

func (c *checker) rule(r *policy.Rule) {
	control := c.Controls[r.Control]
	switch {
	case !control.Block && !control.Allow:
		c.failf(r.Pos, "%s has no %s rules", c.Title, r.Control)
		return
	case !control.Has(r.Mode):
		c.failf(r.Pos, "%s rules of %s %s only, they do not %s", r.Control, c.Title, control.Modes(), r.Mode)
	}
	if r.Scope.Kind != policy.AllRequests && !c.Scopes {
		c.failf(r.Pos, "rule %s has a scope: rules of %s look at all requests", r.ID, c.Title)
	}
	if r.Scope.Kind == policy.URLPattern && r.Scope.Regexp == nil {
		c.failf(r.Pos, "rule %s: the scope's expression is not compiled", r.ID)
	}
	if r.Priority != 0 && !c.Priorities {
		c.failf(r.Pos, "rule %s has a priority: rules of %s have none", r.ID, c.Title)
	}
	if r.Disabled && !c.Disabling {
		c.failf(r.Pos, "rule %s is disabled: rules of %s are always enabled", r.ID, c.Title)
	}
	c.action(r)
	c.window(r)
	c.exceptions(r)
	if r.Part < 0 || r.Part > 0 && r.Part >= len(c.rs.Parts) {
		c.failf(r.Pos, "rule %s is in part %d of %d", r.ID, r.Part, len(c.rs.Parts))
	}
	if r.DenyMissing && r.Control != policy.Referer || r.DenyUnknown && (r.Control != policy.Country || r.Mode != policy.Allow) {
		c.failf(r.Pos, "rule %s: a missing Referer or unknown country is not its control", r.ID)
	}
	if len(r.Entries) == 0 && control.NonEmpty {
		c.failf(r.Pos, "rule %s has an empty list: %s rules of %s have at least one entry", r.ID, r.Control, c.Title)
	}
	for i := range r.Entries {
		c.entry(r, &r.Entries[i])
	}
	c.words(r)
}

func (c *checker) action(r *policy.Rule) {
	switch {
	case r.Action.Kind == policy.Redirect && !c.Redirects:
		c.failf(r.Pos, "rule %s redirects: rules of %s deny with 403", r.ID, c.Title)
	case r.Action.Kind == policy.Redirect:
		if err := ValidRedirect(r.Action.URL); err != nil {
			c.failf(r.Pos, "rule %s: %s", r.ID, err)
		}
	case r.Action.Status != 0 && r.Action.Status != 403:
		c.failf(r.Pos, "rule %s denies with %d: rules of %s deny with 403", r.ID, r.Action.Status, c.Title)
	}
}

func (c *checker) window(r *policy.Rule) {
	if r.From.IsZero() && r.Until.IsZero() {
		return
	}
	if !c.Windows {
		c.failf(r.Pos, "rule %s has a validity window: rules of %s have none", r.ID, c.Title)
	}
}

func (c *checker) exceptions(r *policy.Rule) {
	if len(r.Except) == 0 {
		return
	}
	switch {
	case !c.Exceptions:
		c.failf(r.Except[0].Pos, "rule %s has exceptions: rules of %s have none", r.ID, c.Title)
	case r.Control != policy.IP || r.Mode != policy.Block:
		c.failf(r.Except[0].Pos, "rule %s has exceptions: only an IP block list can", r.ID)
	}
	for i := range r.Except {
		if e := &r.Except[i]; e.Kind != policy.PrefixEntry {
			c.failf(e.Pos, "exception %q: must be an address or a network", e.Text)
		} else {
			c.network(e)
		}
	}
}

func (c *checker) entry(r *policy.Rule, e *policy.Entry) {
	want := policy.Referer
	switch e.Kind {
	case policy.PrefixEntry:
		want = policy.IP
		c.network(e)
	case policy.AllEntry, policy.AllIPv4Entry, policy.AllIPv6Entry:
		want = policy.IP
		if !c.Words {
			c.failf(e.Pos, "%q: %s takes addresses and networks only", e.Text, c.Title)
		}
	case policy.CountryEntry:
		want = policy.Country
		if !policy.IsCountry(e.Text) {
			c.failf(e.Pos, "country %q is not an ISO 3166-1 alpha-2 code", e.Text)
		}
	case policy.SuffixEntry:
		if !c.Wildcards {
			c.failf(e.Pos, "%q: %s takes no wildcards; a subdomain is another domain, list each", e.Text, c.Title)
		}
	}
	if want == policy.Referer && c.MaxHost > 0 && len(strings.TrimPrefix(e.Text, "*.")) > c.MaxHost {
		c.failf(e.Pos, "%q: %s takes hosts of at most %d characters", e.Text, c.Title, c.MaxHost)
	}
	if want != r.Control {
		c.failf(e.Pos, "%q in the %s rule %s is a value of %s", e.Text, r.Control, r.ID, want)
	}
}

func (c *checker) network(e *policy.Entry) {
	switch p := e.Prefix; {
	case !p.IsValid() || p != p.Masked():
		c.failf(e.Pos, "%q: not a network", e.Text)
	case p.Addr().Is6() && !c.IPv6:
		c.failf(e.Pos, "%q: %s takes IPv4 only", e.Text, c.Title)
	case p.Bits() == 0 && !c.SlashZero:
		c.failf(e.Pos, "%q: %s takes any mask but /0", e.Text, c.Title)
	default:
		if m := c.Masks(p); p.Bits() < m.Min || p.Bits() > m.Max {
			c.failf(e.Pos, "%q: %s takes %s networks from /%d to /%d", e.Text, c.Title, Family(p), m.Min, m.Max)
		}
	}
}

// Family is the name of a network's kind of addresses.
func Family(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// words checks that all, all-ipv4 and all-ipv6 stand alone, in a block list:
// they are kinds of a rule, not addresses in its list.
func (c *checker) words(r *policy.Rule) {
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Kind != policy.AllEntry && e.Kind != policy.AllIPv4Entry && e.Kind != policy.AllIPv6Entry {
			continue
		}
		if len(r.Entries) > 1 {
			c.failf(e.Pos, "%q has to be the only value of its list", e.Text)
		} else if r.Mode == policy.Allow {
			c.failf(e.Pos, "%q in an allow list: it takes addresses and networks", e.Text)
		}
	}
}
