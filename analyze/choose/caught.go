package choose

import (
	"cmp"
	"slices"

	"rulecast/analyze/policy"
)

// solution tells what the best lists are and what each entry of them does.
func (a *alternation) solution(unit int64) *JointSolution {
	c := a.best
	s := &JointSolution{Value: a.score.value, Unit: unit}
	a.t.toNetworks(c, a.weights)
	a.networks.weigh(a.weights)
	s.IP = a.networks.solve(c.ip)
	for _, e := range s.IP.Entries {
		s.Networks = append(s.Networks, Network{Entry: e})
	}
	values := a.values[:a.p.Hosts]
	a.t.toHosts(c, values)
	s.Hosts, s.NextHost = choices(c.hosts, values, nil)
	values = a.values[:a.p.Countries]
	a.t.toCountries(c, values)
	s.Countries, s.NextCountry = choices(c.countries, values, a.allowed)
	a.count(s)
	return s
}

// choices are ids with what they add, the greatest first, and the most that
// another one would.
func choices(ids []int32, values []int64, allowed []bool) (chosen []Choice, next int64) {
	on := make([]bool, len(values))
	set(on, ids)
	for id, v := range values {
		switch {
		case on[id]:
			chosen = append(chosen, Choice{ID: int32(id), Value: v})
		case allowed == nil || allowed[id]:
			next = max(next, v)
		}
	}
	slices.SortStableFunc(chosen, func(a, b Choice) int { return -cmp.Compare(a.Value, b.Value) })
	return chosen, next
}

// count adds up what each entry stops.
func (a *alternation) count(s *JointSolution) {
	hosts, countries := placesOf(s.Hosts, a.p.Hosts), placesOf(s.Countries, a.p.Countries)
	for i := range a.p.Cells {
		cell := &a.p.Cells[i]
		var by [policy.NumControls]*Caught
		denied := 0
		if at := a.networks.entryOf(int(cell.Client)); at >= 0 {
			by[policy.IP] = &s.Networks[at].Caught
			denied++
		}
		if cell.Host >= 0 && hosts[cell.Host] >= 0 {
			by[policy.Referer] = &s.Hosts[hosts[cell.Host]].Caught
			denied++
		}
		if country := a.p.Clients[cell.Client].Country; country >= 0 && countries[country] >= 0 {
			by[policy.Country] = &s.Countries[countries[country]].Caught
			denied++
		}
		for control, caught := range by {
			if caught != nil {
				caught.add(cell.Bad[control], cell.Good[control], denied == 1)
			}
		}
	}
}

func (c *Caught) add(bad, good int64, exclusive bool) {
	c.Bad += bad
	c.Good += good
	if exclusive {
		c.ExclusiveBad += bad
		c.ExclusiveGood += good
	}
}

// placesOf is the place of each id, or -1.
func placesOf(choices []Choice, ids int) []int32 {
	places := make([]int32, ids)
	for i := range places {
		places[i] = -1
	}
	for i, c := range choices {
		places[c.ID] = int32(i)
	}
	return places
}
