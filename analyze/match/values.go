package match

import (
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
// as many cells as most. The matcher is not Gated.
func (e *Evaluator) AppendCells(cells, rows []uint32, v *Values, most int) []uint32 {
	if !e.AsksForCountries() {
		for _, i := range rows {
			if len(e.outcomes) >= most {
				break
			}
			cells = append(cells, e.cell(cellKey{client: e.clients.of[v.Clients[i]], referer: e.referers.of[v.Referers[i]]}))
		}
		return cells
	}
	for _, i := range rows {
		if len(e.outcomes) >= most {
			break
		}
		cells = append(cells, e.cell(cellKey{
			client: e.clients.of[v.Clients[i]], referer: e.referers.of[v.Referers[i]], country: e.countries.of[v.Countries[i]],
		}))
	}
	return cells
}
