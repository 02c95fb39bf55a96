package record

// SetRepeated makes the builder leave out rows for whose RequestID repeated is
// true; nil leaves out none. RequestID must be asked for.
func (b *Builder) SetRepeated(repeated func(id []byte) bool) { b.isRepeated = repeated }

// TakeRepeated returns how many rows were left out as repeated since the last
// call.
func (b *Builder) TakeRepeated() int64 {
	n := b.repeated
	b.repeated = 0
	return n
}

// repeats reports whether the row at hand is to be left out.
func (b *Builder) repeats() bool {
	if b.isRepeated == nil {
		return false
	}
	ids := b.texts[RequestID]
	return b.isRepeated(ids.data[ids.ends[b.rows]:])
}

// dropRepeated takes those of the next n rows, whose columns are set, out again
// that are repeated, and returns how many are left.
func (b *Builder) dropRepeated(n int) (left int) {
	ids := b.texts[RequestID]
	kept := make([]int, 0, n)
	for i := range n {
		if !b.isRepeated(ids.data[ids.ends[b.rows+i]:ids.ends[b.rows+i+1]]) {
			kept = append(kept, b.rows+i)
		}
	}
	b.repeated += int64(n - len(kept))
	if len(kept) == n {
		return n
	}
	end := b.rows + n
	moveDown(b.times, b.rows, end, kept, NoTime)
	moveDown(b.bytes, b.rows, end, kept, 0)
	moveDown(b.status, b.rows, end, kept, 0)
	moveDown(b.asn, b.rows, end, kept, 0)
	moveDown(b.pending, b.rows, end, kept, 0)
	for c := range NumColumns {
		moveDown(b.ids[c], b.rows, end, kept, b.absent(c))
		if t := b.texts[c]; t != nil {
			t.moveDown(b.rows, kept)
		}
	}
	return len(kept)
}

// moveDown moves the rows kept to from and those behind it, and makes the
// others up to end absent. Columns that were not asked for are nil.
func moveDown[T any](values []T, from, end int, kept []int, absent T) {
	if values == nil {
		return
	}
	for i, row := range kept {
		values[from+i] = values[row]
	}
	for i := from + len(kept); i < end; i++ {
		values[i] = absent
	}
}

func (t *textColumn) moveDown(from int, kept []int) {
	at := t.ends[from]
	for i, row := range kept {
		at += int64(copy(t.data[at:], t.data[t.ends[row]:t.ends[row+1]]))
		t.ends[from+i+1] = at // at most the end of row, which was read
	}
	t.data = t.data[:at]
}
