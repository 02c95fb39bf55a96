package format

import (
	"slices"

	"rulecast/ingest/record"
)

// tableRows makes rows of the columns that are read of a columnar file.
type tableRows struct {
	columns []*tableColumn
	texts   record.Columns // that columns set, of the builder's text columns
	moments []int64        // of the rows at hand
	faults  []uint8        // of the rows at hand: the first bad column, from 1; empty if all rows are good
}

func newTableRows(columns []*tableColumn) tableRows {
	t := tableRows{columns: columns}
	for _, c := range columns {
		if c.kind == tableText {
			t.texts |= record.ColumnSet(c.sets)
		}
	}
	return t
}

// left is how many rows can be taken, at most most.
func (t *tableRows) left(most int64) int {
	for _, c := range t.columns {
		most = min(most, int64(c.left()))
	}
	return int(most)
}

// take hands the next n rows to the builder, unless that becomes full, and
// returns how many it has got.
func (t *tableRows) take(b *record.Builder, at *Position, n int) (done int) {
	n = min(n, record.BatchRows)
	t.findFaults(n)
	timed := b.Wants(record.Time)
	if timed {
		t.findMoments(n)
	}
	for done < n && !b.Full() {
		sound := t.sound(done, n)
		if sound == 0 {
			at.Line++
			c := t.columns[t.faults[done]-1]
			b.Reject(at.Line, c.reason(c.row+done), nil)
			done++
			continue
		}
		sound = min(sound, b.Room())
		inside := true
		if timed {
			sound, inside = b.Window(t.moments[done : done+sound])
		}
		if inside {
			t.set(b, done, sound)
			b.CommitRows(sound, t.texts)
		} else {
			b.LeaveOut(sound)
		}
		at.Line += int64(sound)
		done += sound
	}
	for _, c := range t.columns {
		c.row += done
	}
	return done
}

// sound is how many of the rows from one on, and before end, are good.
func (t *tableRows) sound(from, end int) int {
	if len(t.faults) == 0 {
		return end - from
	}
	i := from
	for i < end && t.faults[i] == 0 {
		i++
	}
	return i - from
}

// findFaults finds out which of the next n rows are rejects.
func (t *tableRows) findFaults(n int) {
	t.faults = t.faults[:0]
	for k, c := range t.columns {
		if !c.suspect {
			continue
		}
		if len(t.faults) == 0 {
			t.faults = sized(t.faults, n)
			clear(t.faults)
		}
		bad := func(i int) bool { return c.cells[c.row+i] == cellBad }
		if c.kind == tableDict {
			bad = func(i int) bool { return c.ids[c.row+i]-idMissing <= idBad-idMissing }
		}
		for i, fault := range t.faults {
			if fault == 0 && bad(i) {
				t.faults[i] = uint8(k + 1)
			}
		}
	}
}

// findMoments finds the times of the next n rows: one column has it, or two of
// which one has the day.
func (t *tableRows) findMoments(n int) {
	t.moments = sized(t.moments, n)
	first := true
	for _, c := range t.columns {
		if c.sets != record.Time {
			continue
		}
		cells := c.cells[c.row:][:n]
		if first {
			copy(t.moments, cells)
			first = false
			continue
		}
		for i, cell := range cells {
			if t.moments[i] == record.NoTime || cell == cellNull {
				t.moments[i] = record.NoTime
			} else {
				t.moments[i] += cell
			}
		}
	}
	if first {
		for i := range t.moments {
			t.moments[i] = record.NoTime
		}
	}
}

// set sets the columns of rows that are good.
func (t *tableRows) set(b *record.Builder, from, n int) {
	if b.Wants(record.Time) {
		b.SetTimes(t.moments[from:][:n])
	}
	for _, c := range t.columns {
		at := c.row + from
		switch c.kind {
		case tableNumber:
			b.SetNumbers(c.sets, c.cells[at:][:n], cellNull)
		case tableText:
			c.setTexts(b, c.cells[at:][:n])
		case tableDict:
			if c.sets == record.Host {
				b.SetIDsThere(c.sets, c.ids[at:][:n])
			} else {
				b.SetIDs(c.sets, c.ids[at:][:n])
			}
		}
	}
}

func (c *tableColumn) setTexts(b *record.Builder, cells []int64) {
	raw := func(i int) []byte {
		if cells[i] == cellNull {
			return nil
		}
		return c.source.cut(uint64(cells[i]))
	}
	if c.own {
		b.SetValues(c.sets, len(cells), func(i int) []byte { return c.value(raw(i)) })
	} else {
		b.SetTexts(c.sets, len(cells), raw, c.decode)
	}
}

// sized is s with n elements, whatever they are.
func sized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }
