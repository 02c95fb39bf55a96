// Package clause reads and writes the condition on which a rule denies, for
// providers whose rules are boolean expressions. A rule about one list can be
// said in five ways, however its operators are spelt:
//
//	listed                          a block list
//	no Referer or listed            one that denies a missing Referer, too
//	not (listed)                    an allow list; of hosts, it denies a missing Referer
//	a Referer and not (listed)      an allow list of hosts that lets it pass
//
// where listed may be several lists of one kind, joined by or.
package clause

import (
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// Op is what a clause says.
type Op uint8

// The ops.
const (
	Listed  Op = iota // the request is on a list
	Absent            // it has no Referer, or an empty one
	Present           // it has one
	Not
	And
	Or
)

// Clause is a condition, or part of one.
type Clause struct {
	Op      Op
	Kids    []Clause
	Pos     policy.Pos
	Control policy.Control  // of a list
	Values  []profile.Value // on a list, to be read as its control says
	Entries []policy.Entry  // on a list, read already
}

// Style is how a language spells the operators and what there is to say of the
// Referer.
type Style struct{ Or, And, Not, Absent, Present string }

// Write is the condition on which a rule denies, given the expressions that
// say what is listed; one at least.
func (s Style) Write(r *policy.Rule, listed []string) string {
	any := strings.Join(listed, " "+s.Or+" ")
	switch {
	case r.Mode == policy.Block && r.DenyMissing:
		return s.Absent + " " + s.Or + " " + any
	case r.Mode == policy.Block:
		return any
	case r.Control == policy.Referer && !r.DenyMissing:
		return s.Present + " " + s.And + " " + s.Not + "(" + any + ")"
	}
	return s.Not + "(" + any + ")"
}

// maxDepth bounds the parentheses and negations within each other.
const maxDepth = 50

// Parse reads an expression: parentheses and the operators of a style, in
// their usual order, around what leaf reads. Where it fails, the scanner's
// report says why.
func Parse(sc *source.Scanner, s Style, leaf func() (Clause, bool)) (Clause, bool) {
	p := &parser{sc, s, leaf, 0}
	return p.or()
}

type parser struct {
	*source.Scanner
	style Style
	leaf  func() (Clause, bool)
	depth int
}

func (p *parser) or() (Clause, bool) { return p.several(Or, p.style.Or, p.and) }

func (p *parser) and() (Clause, bool) { return p.several(And, p.style.And, p.not) }

func (p *parser) several(op Op, word string, inner func() (Clause, bool)) (Clause, bool) {
	c, ok := inner()
	if !ok || !p.Token().Is(word) {
		return c, ok
	}
	all := Clause{Op: op, Pos: c.Pos, Kids: []Clause{c}}
	for p.Accept(word) {
		if c, ok = inner(); !ok {
			return c, false
		}
		all.Kids = append(all.Kids, c)
	}
	return all, true
}

func (p *parser) not() (Clause, bool) {
	at := p.Token()
	if p.depth++; p.depth > maxDepth {
		p.Fail(at, "nested more than %d levels deep", maxDepth)
		return Clause{}, false
	}
	defer func() { p.depth-- }()
	switch {
	case p.Accept(strings.TrimSpace(p.style.Not)):
		c, ok := p.not()
		return Clause{Op: Not, Pos: at.Pos, Kids: []Clause{c}}, ok
	case p.Accept("("):
		c, ok := p.or()
		return c, ok && p.Expect(")")
	}
	return p.leaf()
}

// Fill makes a condition the rule's. What is none of ours is noted in the
// report.
func (c *Clause) Fill(rule *policy.Rule, p *profile.Profile, r *source.Report) {
	f := &filler{rule: rule, profile: p, report: r}
	list := c
	switch {
	case c.Op == Not:
		rule.Mode, rule.DenyMissing = policy.Allow, true
		list = &c.Kids[0]
	case c.Op == And:
		if len(c.Kids) != 2 || c.Kids[0].Op != Present || c.Kids[1].Op != Not {
			r.Errorf(c.Pos, "not a rule about one list: what is joined by and must be that there is a Referer, and that it is not on a list")
			return
		}
		rule.Mode = policy.Allow
		list = &c.Kids[1].Kids[0]
	}
	f.list(list)
	switch referer := rule.Control == policy.Referer; {
	case !f.found:
		r.Errorf(c.Pos, "not a rule about one list: no list is in it")
	case f.missing && rule.Mode == policy.Allow:
		r.Errorf(c.Pos, "not a rule about one list: a missing Referer stands beside a list that is negated")
	case (f.missing || c.Op == And) && !referer:
		r.Errorf(c.Pos, "whether there is a Referer says something about a Referer list only")
	default:
		rule.DenyMissing = referer && (rule.DenyMissing || f.missing)
	}
}

type filler struct {
	rule    *policy.Rule
	profile *profile.Profile
	report  *source.Report
	found   bool
	missing bool
}

// list reads what is on the list, and that a missing Referer is.
func (f *filler) list(c *Clause) {
	switch c.Op {
	case Or:
		for i := range c.Kids {
			f.list(&c.Kids[i])
		}
	case Absent:
		f.missing = true
	case Listed:
		if f.found && f.rule.Control != c.Control {
			f.report.Errorf(c.Pos, "a rule about %s and %s: a rule has one control", f.rule.Control, c.Control)
			return
		}
		f.found, f.rule.Control = true, c.Control
		f.rule.Entries = append(f.rule.Entries, c.Entries...)
		f.rule.Entries = append(f.rule.Entries, f.profile.Entries(f.report, c.Control, c.Values)...)
	default:
		f.report.Errorf(c.Pos, "not a rule about one list: lists can only be joined by or, and negated as a whole")
	}
}
