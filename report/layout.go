package report

import (
	"fmt"
	"slices"
	"strings"
)

// gap is the space between two columns.
const gap = 2

// The widths down to which a text column may be shortened before another column
// is left out. An IPv6 address has up to 39 characters.
const (
	comfortKey  = 40 // of a column that is always shown
	comfortText = 24
)

// leastText is the width of a text column that nothing is gained by shortening.
const leastText = 8

// gridColumn is a column on its way to the terminal.
type gridColumn struct {
	*Column
	cells   []string
	natural int      // width of the widest cell
	heading []string // lines
	width   int      // given by fit
}

func gridColumns(t *Table) []*gridColumn {
	cols := make([]*gridColumn, len(t.Columns))
	for i := range t.Columns {
		c := &gridColumn{Column: &t.Columns[i]}
		for _, row := range t.Rows {
			s := c.format(row[i])
			c.cells = append(c.cells, s)
			c.natural = max(c.natural, displayWidth(s))
		}
		c.heading = []string{c.label()}
		cols[i] = c
	}
	return cols
}

// gridsOf are the columns of the tables to be shown with one line a row, nil for
// others. Tables of equal columns get equal widths, so that they line up.
func gridsOf(tables []Table) [][]*gridColumn {
	grids := make([][]*gridColumn, len(tables))
	widest := map[string][]int{}
	for i := range tables {
		t := &tables[i]
		if !t.isGrid() {
			continue
		}
		grids[i] = gridColumns(t)
		key := fmt.Sprint(t.Columns)
		if widest[key] == nil {
			widest[key] = make([]int, len(t.Columns))
		}
		for n, c := range grids[i] {
			widest[key][n] = max(widest[key][n], c.natural)
		}
	}
	for i, cols := range grids {
		for n, c := range cols {
			c.natural = widest[fmt.Sprint(tables[i].Columns)][n]
		}
	}
	return grids
}

// isGrid reports whether a table is shown with one line a row.
func (t *Table) isGrid() bool {
	return len(t.Rows) > 0 && (t.Layout == Grid || len(t.Rows) > 1)
}

// headingWidth is the width of the widest line of the heading.
func (c *gridColumn) headingWidth() int {
	widest := 0
	for _, line := range c.heading {
		widest = max(widest, displayWidth(line))
	}
	return widest
}

// comfort is the width that the column should have.
func (c *gridColumn) comfort() int {
	w := c.natural
	if c.Type == String {
		limit := comfortText
		if c.Weight == 0 {
			limit = comfortKey
		}
		w = min(w, limit)
	}
	return max(w, c.headingWidth())
}

// least is the width below which the column is not shortened.
func (c *gridColumn) least() int {
	w := c.natural
	if c.Type == String {
		w = min(w, leastText)
	}
	return max(w, c.headingWidth())
}

// fit chooses the columns to show in a width and gives each its width. It
// breaks headings into lines first, then leaves columns out by weight, then
// shortens text. What cannot be shortened stays wider than asked for.
func fit(cols []*gridColumn, width int) []*gridColumn {
	shown := slices.Clone(cols)
	if total(shown, (*gridColumn).comfort) > width {
		for _, c := range shown {
			c.breakHeading()
		}
	}
	for total(shown, (*gridColumn).comfort) > width {
		i := heaviest(shown)
		if i < 0 {
			break
		}
		shown = slices.Delete(shown, i, i+1)
	}
	for _, c := range shown {
		c.width = c.least()
	}
	widen(shown, width)
	for _, c := range shown {
		c.heading = wrap(c.label(), c.width)
	}
	return shown
}

func total(cols []*gridColumn, of func(*gridColumn) int) int {
	sum := gap * (len(cols) - 1)
	for _, c := range cols {
		sum += of(c)
	}
	return sum
}

// heaviest is the index of the column to leave out next: the last one of the
// highest weight. It is -1 when all must be shown, as a single one must.
func heaviest(cols []*gridColumn) int {
	at := -1
	if len(cols) == 1 {
		return at
	}
	for i, c := range cols {
		if c.Weight > 0 && (at < 0 || c.Weight >= cols[at].Weight) {
			at = i
		}
	}
	return at
}

// breakHeading makes the heading as narrow as the cells allow.
func (c *gridColumn) breakHeading() {
	label := c.label()
	widest := 0
	for word := range strings.FieldsSeq(label) {
		widest = max(widest, displayWidth(word))
	}
	limit := c.natural
	if c.Type == String {
		limit = min(limit, leastText)
	}
	c.heading = wrap(label, max(widest, limit))
}

// widen shares what is left of the width among the text columns that are
// shorter than their cells, a cell at a time, the narrowest first.
func widen(cols []*gridColumn, width int) {
	spare := width - total(cols, func(c *gridColumn) int { return c.width })
	for ; spare > 0; spare-- {
		var narrowest *gridColumn
		for _, c := range cols {
			if c.width < c.natural && (narrowest == nil || c.width < narrowest.width) {
				narrowest = c
			}
		}
		if narrowest == nil {
			return
		}
		narrowest.width++
	}
}
