package match

import (
	"math/bits"
	"slices"

	"rulecast/analyze/geo"
)

// Values are the columns of a batch that rules look at, as ids of its stream.
type Values struct {
	Clients, Referers []uint32
	Countries         []geo.Country // may be nil unless Evaluator.AsksForCountries
}

// Country is that of a row, Unknown if it makes no difference.
func (v *Values) Country(row uint32) geo.Country {
	if v.Countries == nil {
		return geo.Unknown
	}
	return v.Countries[row]
}

// Touched appends to rows the numbers of those requests for which Touches is
// true. This is the check that almost every request ends with. It has no branch
// that depends on them, because no processor foresees who is touched.
func (e *Evaluator) Touched(rows []uint32, v *Values) []uint32 {
	n := len(rows)
	rows = slices.Grow(rows, len(v.Clients))[:n+len(v.Clients)]
	referers := v.Referers[:len(v.Clients)]
	if !e.AsksForCountries() {
		for i, c := range v.Clients {
			rows[n] = uint32(i)
			r := referers[i]
			n += int((e.clients.some[c/64]>>(c%64) | e.referers.some[r/64]>>(r%64)) & 1)
		}
		return rows[:n]
	}
	countries := v.Countries[:len(v.Clients)]
	for i, c := range v.Clients {
		rows[n] = uint32(i)
		r, p := referers[i], countries[i]
		n += int((e.clients.some[c/64]>>(c%64) | e.referers.some[r/64]>>(r%64) | e.countries.some[p/64]>>(p%64)) & 1)
	}
	return rows[:n]
}

// AppendCells appends the cells of these rows, in their order, until there are
// as many cells as most. The rows are Touched, and the matcher is not Gated.
func (e *Evaluator) AppendCells(cells, rows []uint32, v *Values, most int) []uint32 {
	e.grid.fit(e)
	asks := e.AsksForCountries()
	for n, client := range e.clientFacts(rows, v.Clients) {
		i := rows[n]
		key := cellKey{client: client, referer: e.referers.of[v.Referers[i]]}
		if asks {
			key.country = e.countries.of[v.Countries[i]]
		}
		cell := e.grid.at(&key)
		if cell == 0 {
			if len(e.outcomes) >= most {
				break
			}
			cell = e.cell(key)
			e.grid.set(&key, cell)
		}
		cells = append(cells, cell)
	}
	return cells
}

// clientFacts are the facts of the clients of rows, valid until the next call.
// The table of all clients is larger than the caches, so only those who meet
// anything are looked up in it.
func (e *Evaluator) clientFacts(rows, clients []uint32) []uint32 {
	e.facts = slices.Grow(e.facts[:0], len(rows))[:len(rows)]
	e.meeting = slices.Grow(e.meeting[:0], len(rows))[:len(rows)]
	n := 0
	for k, i := range rows {
		c := clients[i]
		e.facts[k], e.meeting[n] = 0, uint32(k)
		n += int(e.clients.some[c/64] >> (c % 64) & 1)
	}
	for _, k := range e.meeting[:n] {
		e.facts[k] = e.clients.of[clients[rows[k]]]
	}
	return e.facts
}

// grid holds the cells by the numbers of their facts, as long as these are few.
// The zero value is ready to use.
type grid struct {
	cells                     []uint32 // 0: not known
	clients, referers, places int      // how wide the numbers of these facts are, in bits
}

// mostGridBits makes a grid of 256 KiB at most.
const mostGridBits = 16

// fit makes room for the facts that an evaluator has gained, or drops all cells
// if they are too many.
func (g *grid) fit(e *Evaluator) {
	wide := func(f *facts) int { return bits.Len(uint(len(f.list) - 1)) }
	clients, referers, places := wide(&e.clients), wide(&e.referers), wide(&e.countries)
	if clients == g.clients && referers == g.referers && places == g.places {
		return
	}
	*g = grid{clients: clients, referers: referers, places: places}
	if all := clients + referers + places; all <= mostGridBits {
		g.cells = make([]uint32, 1<<all)
	}
}

func (g *grid) place(k *cellKey) uint64 {
	return (uint64(k.client)<<(g.referers&63)|uint64(k.referer))<<(g.places&63) | uint64(k.country)
}

// at is a cell, or 0 if it is not known.
func (g *grid) at(k *cellKey) uint32 {
	if i := g.place(k); i < uint64(len(g.cells)) {
		return g.cells[i]
	}
	return 0
}

func (g *grid) set(k *cellKey, cell uint32) {
	if i := g.place(k); i < uint64(len(g.cells)) {
		g.cells[i] = cell
	}
}
