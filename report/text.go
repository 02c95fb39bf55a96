package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// TextOptions say what the terminal is like.
type TextOptions struct {
	Width int  // in columns; 80 if not known
	Color bool // headings bold, the word "warning" yellow
}

const (
	bold   = "\x1b[1m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// WriteText writes the document for a person: the lead, warnings, tables that
// have rows but for details, notes. A table that is too wide for the terminal
// leaves out columns by weight, which a line below it names unless they are
// prose and stand below their rows, and then shortens texts; numbers are never
// shortened.
// Nothing that a log's author wrote reaches the terminal but visible
// characters.
func WriteText(w io.Writer, doc *Document, opts TextOptions) error {
	if err := doc.check(); err != nil {
		return err
	}
	t := &textWriter{width: opts.Width, color: opts.Color}
	if t.width <= 0 {
		t.width = 80
	}
	for _, lead := range doc.Lead {
		t.remark("", lead, "")
	}
	if len(doc.Lead) > 0 && len(doc.Warnings) > 0 {
		t.blank()
	}
	for _, warning := range doc.Warnings {
		t.remark("warning:", warning, yellow)
	}
	grids := gridsOf(doc.Tables)
	var details []string
	for i := range doc.Tables {
		if len(doc.Tables[i].Rows) == 0 {
			continue
		}
		if doc.Tables[i].Detail {
			details = append(details, doc.Tables[i].Name)
			continue
		}
		t.blank()
		if err := t.table(&doc.Tables[i], grids[i]); err != nil {
			return err
		}
	}
	if len(details) > 0 {
		t.blank()
		t.remark("", fmt.Sprintf("Not shown, for their length: %s (--table NAME shows them).", strings.Join(details, ", ")), "")
	}
	if len(doc.Notes) > 0 {
		t.blank()
	}
	for _, note := range doc.Notes {
		t.remark("note:", note, "")
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

type textWriter struct {
	out   bytes.Buffer
	width int
	color bool
}

// line writes a line without trailing spaces, in a style or in none.
func (t *textWriter) line(s, style string) {
	s = strings.TrimRight(s, " ")
	if style != "" && t.color && s != "" {
		s = style + s + reset
	}
	t.out.WriteString(s + "\n")
}

// blank separates what follows from what stands above.
func (t *textWriter) blank() {
	if t.out.Len() > 0 {
		t.out.WriteByte('\n')
	}
}

// remark writes a paragraph behind a word in a style, its other lines indented.
func (t *textWriter) remark(word, text, style string) {
	const indent = "  "
	for i, line := range wrap(strings.TrimSpace(word+" "+SafeText(text)), t.width-len(indent)) {
		switch rest, ok := strings.CutPrefix(line, word); {
		case i > 0:
			t.line(indent+line, "")
		case ok && t.color && style != "":
			t.line(style+word+reset+rest, "")
		default:
			t.line(line, "")
		}
	}
}

// table writes a table; cols is nil unless it is a grid.
func (t *textWriter) table(table *Table, cols []*gridColumn) error {
	for _, line := range wrap(table.heading(), t.width) {
		t.line(line, bold)
	}
	var err error
	if cols != nil {
		err = t.grid(cols, len(table.Rows))
	} else {
		err = t.record(table)
	}
	if err == nil && table.Omitted != "" {
		for _, line := range wrap(SafeText(table.Omitted), t.width) {
			t.line(line, "")
		}
	}
	return err
}

// grid writes one line a row.
func (t *textWriter) grid(cols []*gridColumn, height int) error {
	shown := fit(cols, t.width)
	lines := 1
	for _, c := range shown {
		lines = max(lines, len(c.heading))
	}
	header := make([]string, len(shown))
	for i, c := range shown {
		// Headings stand on the line below them.
		header[i] = strings.Repeat("\n", lines-len(c.heading)) + strings.Join(c.heading, "\n")
	}
	below := leftOut(cols, shown, true)
	rows := drawnRows{below: map[int][]string{}}
	for n := range height {
		rows.lines = append(rows.lines, gridRow(shown, n)...)
		for _, c := range below {
			rows.add(c.cells[n], t.width)
		}
	}
	if err := t.render(header, rows, shown); err != nil {
		return err
	}
	if hidden := leftOut(cols, shown, false); len(hidden) > 0 {
		t.hiddenLine(hidden)
	}
	return nil
}

// drawnRows are rows on their way to the terminal, and what stands below some of
// them, by the number of their last line.
type drawnRows struct {
	lines [][]string
	below map[int][]string
}

// add puts a text below the last row.
func (r *drawnRows) add(text string, width int) {
	const indent = "    "
	if strings.TrimSpace(text) == "" {
		return
	}
	last := len(r.lines) - 1
	for _, line := range wrap(text, width-len(indent)) {
		r.below[last] = append(r.below[last], indent+shorten(line, width-len(indent)))
	}
}

// leftOut are the columns that are not shown in the grid, in their own order. A
// text that has to be read whole goes below its row.
func leftOut(all, shown []*gridColumn, prose bool) (out []*gridColumn) {
	for _, c := range all {
		if !slices.Contains(shown, c) && c.Prose == prose {
			out = append(out, c)
		}
	}
	return out
}

// gridRow is row n as it is drawn: one line, or as many as the longest text
// that is to be read whole needs.
func gridRow(shown []*gridColumn, n int) [][]string {
	var rows [][]string
	for i, c := range shown {
		lines := []string{shorten(c.cells[n], c.width)}
		if c.Prose {
			lines = wrap(c.cells[n], c.width)
		}
		for len(rows) < len(lines) {
			rows = append(rows, make([]string, len(shown)))
		}
		for k, line := range lines {
			rows[k][i] = shorten(line, c.width) // a word may be longer
		}
	}
	return rows
}

// hiddenLine names the columns that are not shown.
func (t *textWriter) hiddenLine(hidden []*gridColumn) {
	var names []string
	for _, c := range hidden {
		names = append(names, c.label())
	}
	for _, line := range wrap("Not shown: "+strings.Join(names, ", ")+" (--as csv has them all).", t.width) {
		t.line(line, "")
	}
}

// record writes one line a column of the only row: label, value, unit.
func (t *textWriter) record(table *Table) error {
	label := &gridColumn{Column: &Column{Type: String}}
	content := &gridColumn{Column: &Column{Type: String}}
	digits, least := 0, leastText
	for i := range table.Columns {
		if c := &table.Columns[i]; c.rightAligned() {
			number, _ := c.inRecord(table.Rows[0][i])
			digits = max(digits, displayWidth(number))
		}
	}
	rows := make([][]string, len(table.Columns))
	for i := range table.Columns {
		c := &table.Columns[i]
		cell, unit := c.inRecord(table.Rows[0][i])
		if c.rightAligned() {
			// The numbers of all lines end under each other; texts begin where
			// the longest number does.
			cell = strings.Repeat(" ", digits-displayWidth(cell)) + cell + strings.Repeat(" ", gap) + unit
			cell = strings.TrimRight(cell, " ")
			least = max(least, displayWidth(cell))
		}
		rows[i] = []string{c.label(), cell}
		label.width = max(label.width, displayWidth(rows[i][0]))
		content.width = max(content.width, displayWidth(rows[i][1]))
	}
	content.width = min(content.width, max(t.width-label.width-gap, least))
	for i := range rows {
		rows[i][1] = shorten(rows[i][1], content.width)
	}
	return t.render(nil, drawnRows{lines: rows}, []*gridColumn{label, content})
}

// inRecord is a cell and its unit in a table of one row: bytes are exact there,
// with the human form beside them.
func (c *Column) inRecord(v any) (cell, unit string) {
	n, isInt := v.(int64)
	switch {
	case !isInt, c.Unit == "":
		return c.format(v), ""
	case c.Unit == "bytes":
		return Grouped(n), "bytes (" + HumanBytes(n) + ")"
	}
	unit = SafeText(c.Unit)
	if strings.HasSuffix(c.label(), unit) {
		unit = "" // the label says it
	}
	return Grouped(n), unit
}

// render draws prepared cells. Without a header there is no line either.
func (t *textWriter) render(header []string, rows drawnRows, cols []*gridColumn) error {
	widths := tw.NewMapper[int, int]()
	align := make(tw.Alignment, len(cols))
	for i, c := range cols {
		widths.Set(i, max(c.width, 1))
		align[i] = tw.AlignLeft
		if c.rightAligned() {
			align[i] = tw.AlignRight
		}
	}
	headerLine := tw.On
	if header == nil {
		headerLine = tw.Off
	}
	space := strings.Repeat(" ", gap)
	var drawn bytes.Buffer
	table := tablewriter.NewTable(&drawn,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbolCustom("rulecast").WithRow("─").WithColumn(space).WithCenter(space).
				WithMidLeft(space).WithMidRight(space).WithTopMid(space).WithBottomMid(space).WithHeaderMid(space),
			Settings: tw.Settings{
				Separators: tw.Separators{BetweenColumns: tw.On, BetweenRows: tw.Off, ShowHeader: headerLine, ShowFooter: tw.Off},
				Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: headerLine, ShowFooterLine: tw.Off},
			},
		})),
		tablewriter.WithEastAsian(tw.Off), // as displayWidth measures
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithTrimLine(tw.Off),
		tablewriter.WithPadding(tw.PaddingNone),
		tablewriter.WithColumnWidths(widths),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
	)
	if header != nil {
		table.Header(header)
	}
	if err := table.Bulk(rows.lines); err != nil {
		return err
	}
	if err := table.Render(); err != nil {
		return err
	}
	bolds, first := 0, 0 // lines of the heading, and before the first row
	if header != nil {
		bolds = 1 + strings.Count(header[0], "\n")
		first = bolds + 1
	}
	for i, line := range strings.Split(strings.TrimSuffix(drawn.String(), "\n"), "\n") {
		style := ""
		if i < bolds {
			style = bold
		}
		t.line(line, style)
		for _, line := range rows.below[i-first] {
			t.line(line, "")
		}
	}
	return nil
}
