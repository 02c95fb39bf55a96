package view

import (
	"fmt"

	"rulecast/report"
)

// Pooled says which values were taken together because all of them would have
// taken more memory than there was.
type Pooled struct {
	Memory string // as the user gave it
	Takes  int64  // bytes, about, that would have been enough for all
	Kinds  []PooledKind
}

// PooledKind are the values of one kind that were taken together.
type PooledKind struct {
	Noun     string
	Values   int64 // about how many
	Requests int64 // with them
	Below    int64 // each has fewer
	Bits     int   // clients count as networks of this length; 0: they are no clients
}

// warnings say what was taken together, and what that means.
func (p *Pooled) warnings() []string {
	if p == nil {
		return nil
	}
	out := []string{fmt.Sprintf("--memory %s is less than the %s that this log takes: values with few requests were taken together. "+
		"Requests and bytes of rules, entries and totals are exact all the same; numbers of different values are too low, "+
		"and what is taken together is never judged", p.Memory, report.HumanBytes(p.Takes))}
	for _, k := range p.Kinds {
		shown := "as (pooled)"
		if k.Bits > 0 {
			shown = fmt.Sprintf("as their /%d networks", k.Bits)
		}
		out = append(out, fmt.Sprintf("taken together, %s: %s with fewer than %s each, and %s in all",
			shown, About(k.Values, k.Noun), Plural(k.Below, "request"), Plural(k.Requests, "request")))
	}
	return out
}

// About is an estimate of how many there are, by three digits.
func About(n int64, noun string) string {
	unit := int64(1)
	for n/unit >= 1000 {
		unit *= 10
	}
	return "about " + Plural((n+unit/2)/unit*unit, noun)
}
