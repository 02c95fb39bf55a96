package abuse

import "slices"

// Many sites have the version of a file in its query, and all their visitors
// send it. Where few do, a query of digits is no version.
const (
	fewestLoading = 100 // clients that have to load files to say what is usual
	versionsRare  = 50  // one in so many of them at most sends such queries
)

// isUnversioned reports whether the visitors of the log ask for static files
// without queries of digits. If events are missing nobody can say.
func (j *Judgement) isUnversioned() bool {
	a := j.analysis
	if a.events.keep.zeros > 0 {
		return false
	}
	loading, versioned := 0, 0
	for id := range j.Clients {
		if j.Clients[id].Assets > 0 {
			loading++
		}
	}
	for run := range runs(a.events.events, clientOfEvent) {
		for _, e := range run {
			if e.when.kinds().Has(busted) {
				versioned++
				break
			}
		}
	}
	return loading >= fewestLoading && versioned*versionsRare <= loading
}

// visitorsLoad reports whether half of the requests come from clients that load
// files with browsers. They do not where another host serves those files, and
// it is not known where the log has no User-Agents.
func (j *Judgement) visitorsLoad() bool {
	loading := make([]bool, len(j.Clients))
	for i := range j.analysis.uses.entries {
		if u := &j.analysis.uses.entries[i]; u.loaded {
			loading[u.client] = true
		}
	}
	var load, all int64
	for id := range j.Clients {
		n := j.Clients[id].All.Requests
		all += n
		if loading[id] {
			load += n
		}
	}
	return all > 0 && load*2 >= all
}

// busts counts the requests for static files by queries of digits.
func busts(events []event) (n int64) {
	for _, e := range events {
		n += one(e.when.kinds().Has(busted))
	}
	return n
}

// MostPages is how many different pages of a client are counted: see
// Client.Pages.
const MostPages = 8

// pages counts the different pages that were served to a client.
func pages(events []event) uint8 {
	seen := make([]uint32, 0, MostPages)
	for i := range events {
		if e := &events[i]; e.when.kinds().Has(PagesOnly) && !slices.Contains(seen, e.hash) {
			if seen = append(seen, e.hash); len(seen) == MostPages {
				break
			}
		}
	}
	return uint8(len(seen))
}
