package abuse

import (
	"net/netip"

	"rulecast/analyze/fetch"
	"rulecast/ingest/record"
)

// claimNear4 and claimNear6 are the lengths of the networks around an allowed
// client in which nobody is called an impostor: lists of ranges get old, and
// operators add ranges next to those that they have.
const (
	claimNear4 = 20
	claimNear6 = 40
)

// findImpostors looks for clients that call themselves what clients of allowed
// networks do, and are somewhere else. It takes the allowed networks' own word
// for who is called what: a crawler whose ranges the user does not give is no
// impostor.
func (j *Judgement) findImpostors() {
	names, near := j.allowedNames()
	if len(names) == 0 {
		return
	}
	for run := range runs(j.analysis.uses.entries, func(u *use) uint32 { return u.client }) {
		id := run[0].client
		c := &j.Clients[id]
		if c.Spared != NotSpared || c.Cut || near[j.near(id)] {
			continue
		}
		claims := int64(0)
		for _, u := range run {
			if names[u.hash] {
				claims++
			}
		}
		if claims > 0 {
			j.add(id, Evidence{Signal: Impostor, Peak: claims})
			c.Weight = weigh(j.evidence[id])
		}
	}
}

// allowedNames are the User-Agents of crawlers in allowed networks, by hash, and
// what is around those crawlers.
func (j *Judgement) allowedNames() (names map[uint32]bool, near map[netip.Prefix]bool) {
	names, near = map[uint32]bool{}, map[netip.Prefix]bool{}
	for i := range j.analysis.uses.entries {
		u := &j.analysis.uses.entries[i]
		if u.name == fetch.Crawler && j.Clients[u.client].Spared == GoodBot {
			names[u.hash] = true
			near[j.near(u.client)] = true
		}
	}
	return names, near
}

func (j *Judgement) near(id record.ID) netip.Prefix {
	a := j.addr(id).Unmap().WithZone("")
	bits := claimNear4
	if a.Is6() {
		bits = claimNear6
	}
	p, _ := a.Prefix(bits) // no error: the length fits the family
	return p
}

// declared reports whether a client says who it is in all that it sends.
func declared(uses []use) bool {
	for _, u := range uses {
		if u.name == fetch.Nameless {
			return false
		}
	}
	return len(uses) > 0
}
