package abuse

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
	for run := range runs(a.events.events, func(e *event) uint32 { return e.client }) {
		for _, e := range run {
			if e.when.kinds().Has(busted) {
				versioned++
				break
			}
		}
	}
	return loading >= fewestLoading && versioned*versionsRare <= loading
}
