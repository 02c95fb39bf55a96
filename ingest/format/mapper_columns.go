package format

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Why a line in front of any header is rejected.
const (
	reasonNoHeader    = "no header line with the columns of the fields"
	reasonNoDelimiter = "no delimiter makes a column of the client"
	reasonDelimiters  = "more than one delimiter makes a column of the client"
)

// columnPlan is what a header line comes to.
type columnPlan struct {
	cutter  rowCutter
	header  []byte // the line, as often as it comes
	columns int    // in a row; 0 for any number from needed on
	needed  int    // columns up to the last one that is read
	places  []int  // columns of the fields, from 0
}

// planHeader finds the columns in a header line, by the delimiter that finds
// most of those that have names. If any are not found, the plan is nil, and
// names are the columns that there are.
func (m *mapping) planHeader(line []byte) (plan *columnPlan, lacks, names []string) {
	fewest := len(m.fields) + 1
	for _, delimiter := range []byte(delimiters) {
		cutter := rowCutter{delimiter: delimiter, backslash: m.escaped}
		found, _ := cutter.names(line)
		p, missing := m.placeColumns(cutter, found)
		if len(missing) < fewest || len(missing) == fewest && len(found) > len(names) {
			fewest, plan, lacks, names = len(missing), p, missing, found
		}
	}
	if len(lacks) > 0 {
		return nil, lacks, names
	}
	plan.header = bytes.Clone(line)
	return plan, nil, nil
}

// placeColumns finds the columns of the fields, and says which lack.
func (m *mapping) placeColumns(cutter rowCutter, names []string) (p *columnPlan, lacks []string) {
	p = &columnPlan{cutter: cutter, columns: len(names), places: make([]int, len(m.places))}
	if len(names) > 0 {
		names[0] = strings.TrimLeft(names[0], "# ")
	}
	for i, place := range m.places {
		at := place.column - 1
		if at < 0 {
			at = slices.Index(names, place.name)
			if at >= 0 && slices.Contains(names[at+1:], place.name) {
				at = -1 // either of two
			}
		}
		if at < 0 || at >= len(names) {
			lacks = append(lacks, place.text)
		}
		p.places[i] = at
		p.needed = max(p.needed, at+1)
	}
	return p, lacks
}

// mostNames is how many names of columns a message lists.
const mostNames = 40

func missingColumns(lacks, names []string) string {
	more := ""
	if len(names) > mostNames {
		names, more = names[:mostNames], " and more"
	}
	return fmt.Sprintf("the header line does not have (once) the column %s: its columns are %q%s", strings.Join(lacks, ", "), names, more)
}

// numberedPlan is the plan of rows without a header.
func (m *mapping) numberedPlan(delimiter byte) *columnPlan {
	p := &columnPlan{cutter: rowCutter{delimiter: delimiter, backslash: m.escaped}, places: make([]int, len(m.places))}
	for i, place := range m.places {
		p.places[i] = place.column - 1
		p.needed = max(p.needed, place.column)
	}
	for i := range max(p.needed, 2) {
		if i > 0 {
			p.header = append(p.header, delimiter)
		}
		p.header = fmt.Appendf(p.header, "#%d", i+1)
	}
	return p
}

// guessPlan is the plan for rows without a header, by the only delimiter that
// makes an address of the client in this line. A row in which several do, such
// as a client might make one, does not decide. The header of such a plan, which
// tells a decoder of rows further behind what was found, is no row.
func (m *mapping) guessPlan(line []byte) (*columnPlan, lineKind) {
	var plan *columnPlan
	for _, p := range m.guesses {
		if bytes.Equal(line, p.header) {
			return p, lineSkipped
		}
		if !m.hasClient(p, line) {
			continue
		}
		if plan == nil {
			plan = p
		} else if bytes.IndexByte(line, p.cutter.delimiter) >= 0 {
			return nil, reasonDelimiters
		}
	}
	if plan == nil {
		return nil, reasonNoDelimiter
	}
	return plan, lineRow
}

func (m *mapping) hasClient(p *columnPlan, line []byte) bool {
	if bytes.Count(line, []byte{p.cutter.delimiter}) < p.needed-1 {
		return false
	}
	cells := make([]cell, p.needed)
	columns, reason := p.cutter.cut(line, cells)
	if reason != "" || columns < p.needed {
		return false
	}
	i := slices.IndexFunc(m.fields, func(f mappedField) bool { return f.to == toClient })
	v, _ := p.cutter.value(line, cells[p.places[i]], nil)
	return isClient(v)
}
