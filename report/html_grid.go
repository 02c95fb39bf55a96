package report

import (
	"slices"
	"strconv"
	"strings"
)

func (p *pageTable) addGrid(t *Table) {
	rows := t.Rows[:min(len(t.Rows), maxPageRows)]
	if len(rows) < len(t.Rows) {
		p.Omitted = append(p.Omitted, "The first "+Grouped(maxPageRows)+" of "+Grouped(int64(len(t.Rows)))+" rows (--as csv has them all).")
	}
	p.Count = Grouped(int64(len(t.Rows))) + " rows"
	if len(t.Rows) == 1 {
		p.Count = "1 row"
	}
	columns := pageColumns(t)
	p.Rows = make([][]pageCell, len(rows))
	var unprinted []string
	for _, c := range columns {
		p.Headings = append(p.Headings, c.heading())
		if c.screen {
			unprinted = append(unprinted, c.label())
		}
		for n, row := range rows {
			p.Rows[n] = append(p.Rows[n], c.cell(row))
		}
	}
	p.Unprinted = strings.Join(unprinted, ", ")
}

// pageColumn is a column of a grid.
type pageColumn struct {
	*Column
	at      int  // in the row
	whole   int  // the column that this one is shown as a share of, or -1
	head    bool // names the rows
	bar     bool
	further bool // the first of those that a terminal would leave out
	screen  bool // not on paper
}

// pageColumns are the columns of a grid in the order of the page: those that
// fit a terminal of firstWidth, texts to be read whole, the rest. A column that
// counts a part of another comes with its share.
func pageColumns(t *Table) []pageColumn {
	all := gridsOf([]Table{*t})[0]
	shown := fit(all, firstWidth)
	shown = append(shown, leftOut(all, shown, true)...)
	first, printed := len(shown), fit(all, paperWidth)
	at := map[*gridColumn]int{}
	barred := len(t.Rows) < 2
	for i, c := range all {
		at[c] = i
		barred = barred || c.Of != ""
	}
	var out []pageColumn
	for i, c := range append(shown, leftOut(all, shown, false)...) {
		p := pageColumn{Column: c.Column, at: at[c], whole: -1, head: i == 0 && c.Type == String, further: i == first}
		p.screen = i >= first && !slices.Contains(printed, c)
		if c.Type == Share && c.Weight == 0 && !barred {
			barred, p.bar = true, true
		}
		out = append(out, p)
		if c.Of != "" {
			out = append(out, pageColumn{Column: c.Column, at: at[c], whole: t.column(c.Of), bar: true})
		}
	}
	return out
}

// column is the number of a column, or -1.
func (t *Table) column(name string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

func (c *pageColumn) heading() pageHeading {
	h := pageHeading{Class: c.class(), Text: c.label()}
	if c.whole >= 0 {
		h.Text = strings.ReplaceAll(strings.TrimSuffix(c.Name, "_"+c.Of), "_", " ") + " share"
		h.Title = "share of " + strings.ReplaceAll(c.Of, "_", " ")
	} else if unit := SafeText(c.Unit); !strings.HasSuffix(h.Text, unit) {
		h.Title = unit
	}
	return h
}

// class is what the style sheet calls such a cell: n a number, p prose, t a
// time, w a word; f where the further columns begin; x not on paper.
func (c *pageColumn) class() string {
	class := "w"
	switch {
	case c.rightAligned():
		class = "n"
	case c.Prose:
		class = "p"
	case c.Type == Time:
		class = "t"
	}
	if c.further {
		class += " f"
	}
	if c.screen {
		class += " x"
	}
	return class
}

// cell is the column's cell in a row.
func (c *pageColumn) cell(row []any) pageCell {
	shows, v := c.Column, row[c.at]
	if c.whole >= 0 {
		shows, v = &Column{Type: Share}, shareOf(row[c.at], row[c.whole])
	}
	cell := pageCell{Class: c.class(), Text: shows.format(v), Title: shows.exact(v), Head: c.head}
	switch share, ok := value(v).(float64); {
	case ok && c.bar:
		cell.Bar = &pageBar{strconv.FormatFloat(100*min(max(share, 0), 1), 'f', 2, 64)}
	case value(v) == nil:
		cell.Class += " none"
	case displayWidth(cell.Text) > longCellWidth:
		cell.Class += " long"
	case c.Type == String && !c.Prose && displayWidth(cell.Text) <= shortCellWidth:
		cell.Class += " s"
	}
	return cell
}

// shareOf is part of whole, nil where there is none.
func shareOf(part, whole any) any {
	p, ok := part.(int64)
	w, also := whole.(int64)
	if !ok || !also || w == 0 {
		return nil
	}
	return float64(p) / float64(w)
}

// exact is the number that format rounds, or "".
func (c *Column) exact(v any) string {
	switch v := value(v).(type) {
	case int64:
		if c.Unit == "bytes" && (v >= 1000 || v <= -1000) {
			return Grouped(v) + " bytes"
		}
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}
