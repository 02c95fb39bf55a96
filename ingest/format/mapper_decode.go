package format

import (
	"bytes"
	"strings"

	"rulecast/ingest/record"
)

// mapDecoder reads the lines of a log that is mapped: JSON objects and, from
// the first header on, rows of columns.
type mapDecoder struct {
	m       *mapping
	json    *jsonDecoder // nil if places are numbers
	plan    *columnPlan  // nil before the first header
	row     mapRow
	cells   []cell
	scratch []byte
}

func newMapDecoder(m *mapping) *mapDecoder {
	d := &mapDecoder{m: m}
	if m.json != nil {
		d.json = m.json.decoder()
	}
	return d
}

// Decode implements Decoder.
func (d *mapDecoder) Decode(block []byte, b *record.Builder, at *Position) int {
	n := 0
	for n < len(block) && !b.Full() {
		line, size := cutLine(block[n:])
		n += size
		at.Line++
		switch reason := d.line(line, b); reason {
		case "":
			b.Commit()
		case lineSkipped:
			at.Skipped++
		default:
			b.Reject(at.Line, reason, line)
		}
	}
	return n
}

// lineSkipped stands for a line that is no row and no reject.
const lineSkipped = jsonSkipped

func (d *mapDecoder) line(line []byte, b *record.Builder) string {
	if len(line) > 0 && line[0] == byteOrderMark[0] {
		line = bytes.TrimPrefix(line, []byte(byteOrderMark)) // also in the middle, where files were joined
	}
	if d.plan != nil {
		if len(line) == 0 || bytes.Equal(line, d.plan.header) {
			return lineSkipped
		}
		return d.columns(line, b)
	}
	plan, kind := d.m.look(line)
	if plan != nil {
		d.plan = plan
		d.cells = make([]cell, plan.needed)
	}
	switch kind {
	case lineJSON:
		return d.json.line(line, b)
	case lineRow:
		return d.columns(line, b)
	}
	return string(kind)
}

// lineKind is what a line in front of any header is: one of those below, or
// why it is rejected.
type lineKind string

const (
	lineJSON lineKind = "json"
	lineRow  lineKind = "row"
)

// look tells what a line in front of any header is, and the plan that rules
// from this line on, or nil.
func (m *mapping) look(line []byte) (*columnPlan, lineKind) {
	line = bytes.TrimPrefix(line, []byte(byteOrderMark))
	begin := skipSpace(line, 0)
	switch {
	case begin == len(line):
		return nil, lineSkipped
	case m.numbered:
		return m.guessPlan(line)
	case line[begin] == '{':
		return nil, lineJSON
	case m.mayBeHeader(line):
		if plan, _, _ := m.planHeader(line); plan != nil {
			return plan, lineSkipped
		}
	}
	if line[begin] == '#' {
		return nil, lineSkipped
	}
	return nil, reasonNoHeader
}

// mayBeHeader tells most lines from a header without taking them apart.
func (m *mapping) mayBeHeader(line []byte) bool {
	for _, p := range m.places {
		if p.column == 0 && strings.IndexByte(p.name, '"') < 0 && !bytes.Contains(line, []byte(p.name)) {
			return false
		}
	}
	return true
}

// columns sets the columns of one row.
func (d *mapDecoder) columns(line []byte, b *record.Builder) string {
	p := d.plan
	columns, reason := p.cutter.cut(line, d.cells)
	switch {
	case reason != "":
		return reason
	case p.columns > 0 && columns != p.columns:
		return reasonManyColumns
	case columns < p.needed:
		return reasonFewColumns
	}
	d.row.begin()
	wanted := b.Wanted()
	for i := range d.m.fields {
		f := &d.m.fields[i]
		if f.unread(wanted) {
			continue
		}
		var v []byte
		v, d.scratch = p.cutter.value(line, d.cells[p.places[i]], d.scratch)
		if reason := d.row.set(f, v, b); reason != "" {
			return reason
		}
	}
	b.SetPresent(d.m.present.Union(d.row.extra))
	return d.row.end(b)
}

// header implements Format.Header: the line from which on there is a plan.
func (m *mapping) header(lines []byte, longest int, first bool) []byte {
	if !first {
		return nil
	}
	for len(lines) > 0 {
		line, size := cutLine(lines)
		if bytes.IndexByte(lines[:size], '\n') <= longest {
			if plan, _ := m.look(line); plan != nil {
				return plan.header
			}
		}
		lines = lines[size:]
	}
	return nil
}

// sniff implements Format.Sniff: it says what of the fields does not fit the
// first lines.
func (m *mapping) sniff(head []byte, whole bool) string {
	missed := ""
	for looked := 0; len(head) > 0 && looked < sniffLines; {
		line, size := cutLine(head)
		if size == len(line) && !whole {
			break
		}
		plan, kind := m.look(line)
		switch {
		case plan != nil:
			return ""
		case kind == lineJSON:
			return sniffJSON(head, whole, m.json.keys, m.missedInJSON)
		case kind != lineSkipped && missed == "":
			missed = string(kind)
			if !m.numbered {
				_, lacks, names := m.planHeader(line)
				missed = missingColumns(lacks, names)
			}
		}
		if kind != lineSkipped {
			looked++
		}
		head = head[size:]
	}
	return missed
}

// missedInJSON demands a client, the only field that no row is without.
func (m *mapping) missedInJSON(values []jsonValue) string {
	for i, f := range m.fields {
		if f.to != toClient {
			continue
		}
		switch values[m.json.slots[i]].kind {
		case jsonNone, jsonNull:
			return "no value at " + m.places[i].text + ", where the client is said to be"
		case jsonArray:
			return m.places[i].text + " is an array: its first element is " + m.places[i].text + "[0]"
		case jsonObject:
			return m.places[i].text + " is an object: the keys in it come behind a dot"
		}
	}
	return ""
}
