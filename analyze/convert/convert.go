// Package convert brings a ruleset into another provider's form, and says
// entry by entry what is lost or changed on the way and what that does to
// what is denied. Where the other provider can say the same in other words,
// it is said so: exceptions are subtracted, /0 is halved, rules are joined.
package convert

import (
	"fmt"
	"slices"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

// Effect is what a loss does to the requests that are denied.
type Effect string

// The effects.
const (
	Same  Effect = "denies the same"
	Less  Effect = "denies less"
	More  Effect = "denies more"
	Other Effect = "denies others"
	// Unclear is of what the other provider does not document; the ruleset
	// made says what is assumed.
	Unclear Effect = "is not documented"
)

// Loss is one thing that is not as it was.
type Loss struct {
	Rule   string // the id in the ruleset converted, or "" for all of it
	Entry  string // or "" for the whole rule
	Pos    policy.Pos
	Effect Effect
	Text   string
}

// Convert makes a ruleset for another provider, or for one of its native forms
// (dialect.Named). The ruleset has to be resolved and valid for its own; it is
// not changed. The result is resolved and passes the other provider's checks,
// its limits among them: what does not fit is not in it and is among the
// losses.
func Convert(rs *policy.Ruleset, to string) (*policy.Ruleset, []Loss, error) {
	target, err := dialect.Named(to)
	if err != nil {
		return nil, nil, err
	}
	c := &converter{Dialect: target, from: rs}
	if rs.Provider == target.Name && len(target.Check(rs)) == 0 {
		out := *rs
		out.Rules = slices.Clone(rs.Rules)
		return &out, nil, nil
	}
	c.out = &policy.Ruleset{Name: rs.Name, Provider: target.Name}
	c.parts()
	for i := range rs.Rules {
		if r, ok := c.rule(rs.Rules[i]); ok {
			c.out.Rules = append(c.out.Rules, r)
		}
	}
	c.join()
	c.referers()
	c.fit()
	c.empty()
	unknown := map[string]bool{}
	for i := range c.out.Rules {
		unknown[c.out.Rules[i].ID] = c.out.Rules[i].DenyUnknown
	}
	target.Resolve(c.out)
	c.meaning(unknown)
	if violations := target.Check(c.out); len(violations) > 0 {
		return nil, nil, fmt.Errorf("converting %s to %s: %s", rs.Provider, to, violations[0].Text)
	}
	return c.out, c.losses, nil
}

type converter struct {
	*dialect.Dialect // that is converted to
	from, out        *policy.Ruleset
	losses           []Loss
}

// lose notes a loss of a rule, or of an entry of it.
func (c *converter) lose(effect Effect, r *policy.Rule, e *policy.Entry, format string, args ...any) {
	l := Loss{Effect: effect, Text: fmt.Sprintf(format, args...)}
	if r != nil {
		l.Rule, l.Pos = r.ID, r.Pos
	}
	if e != nil {
		l.Entry, l.Pos = e.Text, e.Pos
	}
	c.losses = append(c.losses, l)
}

func (c *converter) parts() {
	if len(c.from.Parts) == 0 {
		return
	}
	c.lose(Other, nil, nil, "%s has no aliases: the rules of part %s are for all requests, those of the other parts are left out",
		c.Title, c.from.Parts[0].Name)
}

// without is the effect of leaving an entry out of a rule's list.
func without(r *policy.Rule) Effect {
	if r.Mode == policy.Allow {
		return More
	}
	return Less
}

// referers sets the switch for a missing Referer where the provider has one
// for all rules.
func (c *converter) referers() {
	if _, ok := c.Setting("missing_referer"); !ok {
		return
	}
	for i := range c.out.Rules {
		r := &c.out.Rules[i]
		if r.Control != policy.Referer {
			continue
		}
		value := "allowed"
		if r.DenyMissing {
			value = "denied"
		}
		c.out.Settings = []policy.Setting{{Name: "missing_referer", Value: value}}
		if c.Name == "imagekit" {
			c.lose(Unclear, r, nil, "a missing Referer is %s here; %s does not document what it does and has no field for it", value, c.Title)
		}
	}
}

// meaning notes what the same lists mean otherwise at the other provider. It
// is given which rules denied clients of unknown country.
func (c *converter) meaning(unknown map[string]bool) {
	var has [policy.NumControls]bool
	for i := range c.out.Rules {
		r := &c.out.Rules[i]
		has[r.Control] = true
		if r.Control != policy.Country || r.Mode != policy.Allow {
			continue
		}
		switch before := unknown[r.ID]; {
		case before && !r.DenyUnknown:
			c.lose(Less, r, nil, "%s serves clients of unknown country under an allow list", c.Title)
		case !before && r.DenyUnknown:
			c.lose(More, r, nil, "%s denies clients of unknown country under an allow list", c.Title)
		}
	}
	isCountry := func(r policy.Rule) bool { return r.Control == policy.Country && !r.Disabled }
	switch {
	case c.from.ListedCountrySkipsIP && has[policy.IP] && slices.ContainsFunc(c.from.Rules, isCountry):
		c.lose(More, nil, nil, "IP rules meet clients from listed countries too, which %s exempts from them", c.from.Provider)
	case c.out.ListedCountrySkipsIP && has[policy.IP] && has[policy.Country]:
		c.lose(Less, nil, nil, "%s does not consult IP rules for clients from a listed country", c.Title)
	}
	c.order()
}

// order notes when two rules are no longer tried in the order in which they
// were: the first that denies decides.
func (c *converter) order() {
	last := -1
	for i := range c.out.Rules {
		id := c.out.Rules[i].ID
		was := slices.IndexFunc(c.from.Rules, func(o policy.Rule) bool { return o.ID == id })
		if was < 0 {
			continue
		}
		if was < last {
			c.lose(Same, &c.out.Rules[i], nil, "%s tries the rules in another order: which rule a denial is counted for changes", c.Title)
			return
		}
		last = was
	}
}
