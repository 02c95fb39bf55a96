package replay

import (
	"sync"

	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// follow catches up with what the dictionaries have gained, and gives the
// country of each row, or nil while that makes no difference: as long as no
// ruleset asks for countries and no log says them, the country of a request is
// that of its client, and what is counted by client is enough to count by country
// in the end. That saves look-ups, and waiting for the table to be unpacked.
func (a *Analysis) follow(b *record.Batch) []geo.Country {
	if !a.placing && !b.Present.Has(record.Country) {
		a.follower.FollowUnplaced(b.Dicts)
		return nil
	}
	a.place()
	return a.follower.Follow(b)
}

// place counts by country what has been counted by client only. From here on
// requests are counted by country as they come.
func (a *Analysis) place() {
	if a.placing {
		return
	}
	a.placing = true
	var adding sync.Mutex
	fold.Pieces(a.clients.Len(), func() func(from, to int) {
		return func(from, to int) {
			places := a.placesOf(from, to)
			adding.Lock()
			defer adding.Unlock()
			sumPlaced(a.countries, &a.clients, from, places)
			for _, s := range a.sides {
				sumPlaced(s.countries, &s.clients, from, places)
			}
		}
	})
}

// placesOf looks up the clients with these ids.
func (a *Analysis) placesOf(from, to int) []geo.Country {
	r := geo.NewResolver(a.plan.From, a.plan.Locator)
	places := make([]geo.Country, to-from)
	for i := range places {
		r.AddClient(a.dicts.Clients.Addr(record.ID(from + i)))
		places[i] = r.OfClient(uint32(i))
	}
	return places
}

// sumPlaced counts the clients from an id on by their places.
func sumPlaced(to []tally.Counts, clients *tally.Table, from int, places []geo.Country) {
	for i, place := range places {
		to[place] = to[place].Plus(clients.At(from + i))
	}
}

// Finish works out at the end of all streams what was left for it.
func (a *Analysis) Finish() {
	a.Settle()
	a.place()
}
