package gen

import (
	"cmp"
	"slices"
	"strconv"
)

// topCount is how many clients and hosts a Truth names.
const topCount = 20

// Truth is what a reader of the log has to find.
type Truth struct {
	Format  string `json:"format"`
	Seed    uint64 `json:"seed"`
	Lines   int64  `json:"lines"` // Rows + Rejects + Skipped
	Rows    int64  `json:"rows"`
	Rejects int64  `json:"rejects"`
	Skipped int64  `json:"skipped"` // header lines
	Bytes   int64  `json:"bytes"`   // to the clients, as this format counts them
	First   int64  `json:"first_time"`
	Last    int64  `json:"last_time"` // both in µs since 1970, as exact as the format is
	Clients int    `json:"clients"`   // distinct
	Hosts   int    `json:"hosts"`     // distinct Referer hosts; 0 if the format has no Referer

	Statuses map[string]int64 `json:"statuses"` // "0": the client left
	// Referers are requests by what their Referer amounts to: "host",
	// "missing" (absent, or empty) or the class of one without a host. Nil if
	// the format has no Referer.
	Referers map[string]int64 `json:"referers,omitempty"`
	// Countries are requests by country, "ZZ" where no table places the
	// client. Nil if the format has no country.
	Countries map[string]int64 `json:"countries,omitempty"`

	TopClients []Count `json:"top_clients"`
	TopHosts   []Count `json:"top_hosts,omitempty"`
	Planted    Planted `json:"planted,omitzero"` // of a shop
	Labels     *Labels `json:"labels,omitempty"` // of a town
}

// Count is what one client, or one Referer host, asked for.
type Count struct {
	Value    string `json:"value"`
	Requests int64  `json:"requests"`
	Bytes    int64  `json:"bytes"`
}

// Planted names who was put into the log to be found.
type Planted struct {
	Scanners   []string `json:"scanners"`
	Flooders   []string `json:"flooders"`
	Hotlinkers []string `json:"hotlinkers"`
}

// tally counts rows as they are made; tallies of chunks add up.
type tally struct {
	rejects, skipped int64
	clients, hosts   []sum
	statuses         [600]int64
	classes          map[string]int64
	first, last      int64

	// Of a town only.
	town *labelTally
	hour hour // under the rows of the chunk
}

type sum struct{ requests, bytes int64 }

func newTally(w *world) *tally {
	t := &tally{
		clients: make([]sum, len(w.clients)), hosts: make([]sum, len(w.hosts)), classes: map[string]int64{},
	}
	if w.town != nil {
		t.town = newLabelTally(w)
	}
	return t
}

func (t *tally) add(g *Generator, r *request) {
	n := g.form.bytes(r)
	t.clients[r.clientID].requests++
	t.clients[r.clientID].bytes += n
	switch {
	case r.refererID >= 0:
		t.hosts[r.refererID].requests++
		t.hosts[r.refererID].bytes += n
	case r.class != "":
		t.classes[r.class]++
	}
	t.statuses[statusOr(r, g.form.abort)]++
	t.span(r.at, r.at)
}

func (t *tally) span(first, last int64) {
	if t.first == 0 || first < t.first {
		t.first = first
	}
	t.last = max(t.last, last)
}

func (t *tally) merge(u *tally) {
	t.rejects += u.rejects
	t.skipped += u.skipped
	for i, s := range u.clients {
		t.clients[i].requests += s.requests
		t.clients[i].bytes += s.bytes
	}
	for i, s := range u.hosts {
		t.hosts[i].requests += s.requests
		t.hosts[i].bytes += s.bytes
	}
	for i, n := range u.statuses {
		t.statuses[i] += n
	}
	for class, n := range u.classes {
		t.classes[class] += n
	}
	if u.first != 0 {
		t.span(u.first, u.last)
	}
	if u.town != nil {
		t.town.merge(u.town)
	}
}

// truth is what the tally of a whole log amounts to.
func (g *Generator) truth(t *tally) *Truth {
	f := g.form
	tr := &Truth{
		Format: f.name, Seed: g.o.Seed, Rejects: t.rejects, Skipped: t.skipped,
		First: t.first / f.unit * f.unit, Last: t.last / f.unit * f.unit,
		Statuses: map[string]int64{},
	}
	for status, n := range t.statuses {
		if n > 0 {
			tr.Statuses[strconv.Itoa(status)] = n
		}
	}
	tr.TopClients, tr.Clients = topOf(t.clients, func(i int) string { return g.world.clients[i].addr })
	for _, s := range t.clients {
		tr.Rows += s.requests
		tr.Bytes += s.bytes
	}
	tr.Lines = tr.Rows + tr.Rejects + tr.Skipped
	if f.countries {
		tr.Countries = g.countries(t)
	}
	if f.referers {
		tr.TopHosts, tr.Hosts = topOf(t.hosts, func(i int) string { return g.world.hosts[i].name })
		tr.Referers = referersOf(t, tr.Rows)
	}
	if t.town != nil {
		tr.Labels = g.world.town.labels(t.town)
		return tr
	}
	for i, p := range plantedClients[:firstCrawler] {
		if i < firstFlooder {
			tr.Planted.Scanners = append(tr.Planted.Scanners, p.addr)
		} else {
			tr.Planted.Flooders = append(tr.Planted.Flooders, p.addr)
		}
	}
	tr.Planted.Hotlinkers = hotlinkHosts[:]
	return tr
}

func (g *Generator) countries(t *tally) map[string]int64 {
	m := map[string]int64{}
	for i, s := range t.clients {
		if s.requests > 0 {
			m[cmp.Or(g.world.clients[i].country, "ZZ")] += s.requests
		}
	}
	return m
}

func referersOf(t *tally, rows int64) map[string]int64 {
	m := map[string]int64{}
	for _, s := range t.hosts {
		m["host"] += s.requests
	}
	missing := rows - m["host"]
	for class, n := range t.classes {
		m[class] = n
		missing -= n
	}
	m["missing"] = missing
	return m
}

// topOf are the busiest, by requests and then by name, and how many there are.
func topOf(sums []sum, name func(i int) string) (top []Count, distinct int) {
	var seen []int
	for i, s := range sums {
		if s.requests > 0 {
			seen = append(seen, i)
		}
	}
	slices.SortFunc(seen, func(a, b int) int {
		return cmp.Or(cmp.Compare(sums[b].requests, sums[a].requests), cmp.Compare(name(a), name(b)))
	})
	for _, i := range seen[:min(topCount, len(seen))] {
		top = append(top, Count{name(i), sums[i].requests, sums[i].bytes})
	}
	return top, len(seen)
}
