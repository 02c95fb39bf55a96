package format

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"rulecast/ingest/record"
)

// quickStep is a step of a plan for rows in which nothing is unusual. Such a
// row is read once, from left to right: a value that says itself where it ends,
// as a time, a number or an address does, is not searched for its end, and where
// columns are passed over, only the end of the last of them is looked for. What
// takes long in reading a row is branches that no processor foresees, and every
// search for the end of a column has one.
type quickStep struct {
	planStep
	skip int // columns to pass over before this one
	kind quickKind
}

// quickKind is how a quickStep reads its column.
type quickKind uint8

const (
	quickRare  quickKind = iota // by the other way
	quickStamp                  // a date, and the time of day in the column behind it
	quickClient
	quickBytes
	quickStatus
	quickPlain // what cannot be wrong
)

// quickPlan is how rows are read in which nothing is unusual.
type quickPlan struct {
	steps []quickStep // none: rows cannot be read so
	rest  int         // separators behind the last of them
}

// planQuick makes the steps of a plan into those of a quick one. There are none
// if a row would have to end with a column that is read.
func planQuick(p *fieldPlan) quickPlan {
	if p.needed == p.columns {
		return quickPlan{}
	}
	var quick []quickStep
	next := 0 // the column behind the last step
	for _, s := range slices.SortedFunc(slices.Values(p.steps), func(a, b planStep) int { return cmp.Compare(a.column, b.column) }) {
		last := len(quick) - 1
		if last >= 0 && s.field == fieldClock && s.column == next && quick[last].field == fieldDate {
			quick[last].kind = quickStamp
		} else {
			quick = append(quick, quickStep{planStep: s, skip: s.column - next, kind: quickKindOf(s.field)})
		}
		next = s.column + 1
	}
	return quickPlan{quick, p.columns - 1 - next}
}

func quickKindOf(field fieldKind) quickKind {
	switch {
	case field == fieldClient:
		return quickClient
	case field == fieldBytes:
		return quickBytes
	case field == fieldStatus:
		return quickStatus
	case field > lastChecked:
		return quickPlain
	}
	return quickRare
}

// quick reads a row, and returns its time as set does. If it returns false,
// something is unusual, and what it has set is to be set anew.
func (d *plannedRow) quick(line []byte, separator byte, b *record.Builder) (us int64, ok bool) {
	p := &d.plan.quick
	if len(p.steps) == 0 {
		return 0, false
	}
	at := 0 // where the rest of the row begins
	for i := range p.steps {
		s := &p.steps[i]
		if s.skip > 0 {
			if at = skipColumns(line, at, s.skip, separator); at < 0 {
				return 0, false
			}
		}
		size := 0
		switch s.kind {
		case quickStamp:
			us, size = d.stamp.cut(line[at:], separator)
		case quickClient:
			size = b.SetClientBefore(separator, line[at:])
		case quickBytes:
			var n int64
			n, size = cutNumber(line[at:], separator)
			b.SetBytes(n)
		case quickStatus:
			size = cutStatus(line[at:], separator, b)
		case quickPlain:
			rest := line[at:]
			if size = bytes.IndexByte(rest, separator); size < 0 || s.instead >= 0 && isDash(rest[:size]) {
				return 0, false
			}
			d.setPlain(&s.planStep, rest[:size], line, b)
			at += size + 1
			continue
		}
		if size <= 0 {
			return 0, false
		}
		at += size + 1
	}
	return us, bytes.Count(line[at:], []byte{separator}) == p.rest
}

// cutStatus sets the status that stands before the first separator, and returns
// its size; 0 if that is none of three digits.
func cutStatus(line []byte, separator byte, b *record.Builder) (size int) {
	const digits = len("200")
	if len(line) <= digits || line[digits] != separator {
		return 0
	}
	status, ok := parseStatus(line[:digits])
	if !ok {
		return 0
	}
	b.SetStatus(status)
	return digits
}

// skipColumns is where the row goes on behind n > 0 columns from at on, or -1 if
// their ends are not found at once.
func skipColumns(line []byte, at, n int, separator byte) int {
	for ; at+8 <= len(line); at += 8 {
		m := equalBytes(binary.LittleEndian.Uint64(line[at:]), separator)
		if found := bits.OnesCount64(m); found < n {
			n -= found
			continue
		}
		for ; n > 1; n-- {
			m &= m - 1
		}
		return at + bits.TrailingZeros64(m)>>3 + 1
	}
	return -1
}

const eachByte = 0x0101010101010101

// equalBytes has the top bit of each byte of x that is c, and no other bit.
func equalBytes(x uint64, c byte) uint64 {
	const low7 = 0x7f * eachByte
	x ^= uint64(c) * eachByte
	return ^(x&low7 + low7 | x | low7) // no carry leaves a byte
}

// cutNumber reads the number of 1 to 7 digits that stands before the first
// separator. The size is that of its digits; 0 if there is no such number, or
// the line ends too soon behind it.
func cutNumber(line []byte, separator byte) (n int64, size int) {
	if len(line) < 8 {
		return 0, 0
	}
	x := binary.LittleEndian.Uint64(line) ^ '0'*eachByte // digits are 0 to 9 now
	const low7 = 0x7f * eachByte
	others := (x&low7 + (0x80-10)*eachByte | x) &^ low7
	size = bits.TrailingZeros64(others) >> 3 // 8 if there is none
	if size == 8 || line[size] != separator {
		return 0, 0
	}
	// The digits go to the upper bytes. Then two neighbours make a number of two
	// digits, two of these one of four, and two of those one of eight.
	x = x << (8 * (7 - size) & 63) << 8
	x = (x*10 + x>>8) & 0x00ff00ff00ff00ff
	x = (x*100 + x>>16) & 0x0000ffff0000ffff
	return int64(uint32(x*10000 + x>>32)), size
}

// stampCache reads "2006-01-02", a separator and "15:04:05", and remembers the
// last minute. The zero value is ready to use.
type stampCache struct {
	day, clock uint64 // "2006-01-" and "02?15:04", "?" being the separator
	us         int64
	known      bool
	date       dateCache
}

const stampSize = len("2006-01-02?15:04:05")

// cut reads a time that stands before a separator, in µs since the Unix epoch.
// The size is stampSize, or 0 if there is none.
func (c *stampCache) cut(line []byte, separator byte) (us int64, size int) {
	if len(line) <= stampSize || line[stampSize] != separator {
		return 0, 0
	}
	day, clock := binary.LittleEndian.Uint64(line), binary.LittleEndian.Uint64(line[8:])
	second := twoDigits(line[17], line[18])
	if day == c.day && clock == c.clock && c.known && second <= 59 && line[16] == ':' {
		return c.us + int64(second)*microsPerSecond, stampSize
	}
	date, ok := c.date.parse(line[:10])
	time, ok2 := parseClock(line[11:stampSize])
	if !ok || !ok2 || line[10] != separator {
		return 0, 0
	}
	us = date + time
	c.day, c.clock, c.us, c.known = day, clock, us-int64(second)*microsPerSecond, true
	return us, stampSize
}
