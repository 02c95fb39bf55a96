package record

// Presence counts, for each column, the requests of an input whose log had it
// there, whether or not it had a value. The zero value has counted nothing.
type Presence struct{ Rows [NumColumns]int64 }

// All is the set of columns that some request had.
func (p *Presence) All() Columns {
	var all Columns
	for c, n := range p.Rows {
		if n > 0 {
			all |= 1 << c
		}
	}
	return all
}

// Has reports whether some request had the column.
func (p *Presence) Has(c Column) bool { return p.Rows[c] > 0 }

// Add takes in the counts of another part of the same input.
func (p *Presence) Add(q *Presence) {
	for c, n := range q.Rows {
		p.Rows[c] += n
	}
}

// presenceCounter is a builder's presence of the input at hand.
type presenceCounter struct {
	Presence
	now  Columns // of the row at hand
	from int     // the first row of the batch that was not counted
}

// count counts the rows of the batch that come before row.
func (p *presenceCounter) count(row int) {
	n := int64(row - p.from)
	p.from = row
	if n == 0 {
		return
	}
	for c := range NumColumns {
		if p.now.Has(c) {
			p.Rows[c] += n
		}
	}
}
