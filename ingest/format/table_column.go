package format

import (
	"bytes"
	"math"

	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// Cells are the values of rows as numbers. That of a text is a place in the
// column's source (see spans), that of a moment is in µs, and some are signs.
const (
	cellNull = math.MinInt64 + iota // also an empty text for a moment
	cellBad                         // cannot be read; the row is a reject
)

// Ids that no dictionary hands out, of which rows are rejects.
const (
	idBad     record.ID = math.MaxUint32 - 1 - iota
	idMissing           // a client that is null
)

// tableColumn is a column of a columnar file as it is read, some rows at a
// time.
type tableColumn struct {
	tableField
	own  bool  // written by compact: values are decoded
	unit int64 // of a typed moment, per second; 0 for none
	days bool  // a typed day

	ids     []record.ID // of a dictionary column: the rows' ids
	cells   []int64     // of any other column: the rows' cells
	row     int         // the first of them that was not taken
	suspect bool        // some may make their row a reject
	source  *spans      // of text
	scratch []byte      // of value
}

// left is how many rows can be taken.
func (c *tableColumn) left() int {
	if c.kind == tableDict {
		return len(c.ids) - c.row
	}
	return len(c.cells) - c.row
}

// empty takes all rows away.
func (c *tableColumn) empty() { c.ids, c.cells, c.row, c.suspect = c.ids[:0], c.cells[:0], 0, false }

// nullID is the id of a row that has no value.
func (c *tableColumn) nullID() record.ID {
	switch c.sets {
	case record.Client:
		return idMissing
	case record.RefererHost:
		return record.ID(referer.ClassAbsent)
	}
	return record.Absent
}

// intern makes ids of the values of s, as many as there is room for in ids.
func (c *tableColumn) intern(b *record.Builder, ids []record.ID, s *spans) {
	if c.sets == record.Client {
		b.InternClients(ids, s.at, idBad)
		for _, id := range ids {
			c.suspect = c.suspect || id == idBad
		}
		return
	}
	for i := range ids {
		ok := false
		if c.own {
			ids[i], ok = b.InternValue(c.sets, c.value(s.at(i)))
		} else {
			ids[i], ok = b.Intern(c.sets, s.at(i), c.decode)
		}
		if !ok {
			ids[i], c.suspect = idBad, true
		}
	}
}

// parse makes cells of values that are text: a place for each, or the number
// that it says.
func (c *tableColumn) parse(cells []int64, s *spans) {
	if c.kind == tableText {
		for i := range cells {
			cells[i] = int64(s.ends[i])
		}
		return
	}
	for i := range cells {
		raw := s.at(i)
		if len(raw) == 0 && c.sets == record.Time {
			cells[i] = cellNull
			continue
		}
		n, ok := c.text(raw)
		if !ok {
			n, c.suspect = cellBad, true
		}
		cells[i] = n
	}
}

// value is a value that compact wrote, good until the next call.
func (c *tableColumn) value(raw []byte) []byte {
	if bytes.IndexByte(raw, rawLead) < 0 {
		return raw
	}
	c.scratch = decodeParquetText(c.scratch[:0], raw)
	return c.scratch
}

// numbers turns numbers, as they stand in the file, into cells.
func (c *tableColumn) numbers(cells []int64) {
	const day int64 = 24 * microsPerHour
	switch {
	case c.days:
		c.scale(cells, day, 1)
	case c.unit > 0 && c.unit <= 1e6:
		c.scale(cells, 1e6/c.unit, 1)
	case c.unit > 1e6:
		c.scale(cells, 1, c.unit/1e6)
	case c.kind == tableTime:
		for i, n := range cells {
			if n < 0 {
				cells[i], c.suspect = cellBad, true
			} else {
				cells[i] = epochMicros(uint64(n))
			}
		}
	case c.sets == record.ASN:
		for i, n := range cells {
			if n < 0 || n > math.MaxUint32 {
				cells[i] = 0
			}
		}
	case c.sets == record.Status:
		c.limit(cells, 999)
	default:
		c.limit(cells, maxBytes)
	}
	if c.kind == tableClock {
		c.limit(cells, uint64(day))
	}
}

// scale multiplies or divides, rounding down. To what comes out a day can be
// added.
func (c *tableColumn) scale(cells []int64, times, by int64) {
	most := math.MaxInt64/times - 1
	for i, n := range cells {
		switch {
		case n > most || n < -most:
			cells[i], c.suspect = cellBad, true
		case by == 1:
			cells[i] = n * times
		default:
			cells[i] = floorDiv(n, by)
		}
	}
}

// limit takes numbers from 0 to most.
func (c *tableColumn) limit(cells []int64, most uint64) {
	for i, n := range cells {
		if uint64(n) > most {
			cells[i], c.suspect = cellBad, true
		}
	}
}

func floorDiv(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

// reason is why a row with a bad value in the column is a reject.
func (c *tableColumn) reason(row int) string {
	switch c.sets {
	case record.Client:
		if c.ids[row] == idMissing {
			return reasonClientMissing
		}
		return reasonClient
	case record.Status:
		return reasonStatus
	case record.Bytes:
		return reasonBytes
	case record.Time:
		if c.kind == tableDate {
			return reasonDate
		}
		return reasonTime
	}
	return "value of column " + c.name + " cannot be read"
}
