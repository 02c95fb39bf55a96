package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"strings"
)

//go:embed html.tmpl
var htmlPage string

//go:embed html.css
var htmlStyle string

var pageTemplate = template.Must(template.New("page").Parse(htmlPage))

// The limits of a page that a browser shows without effort.
const (
	maxPageRows   = 2000 // of a table; the files of CSV and Parquet have all
	contentsFrom  = 4    // tables that need a list of contents
	firstColumns  = 120  // terminal columns that the first columns of a wide table would fill
	longCellWidth = 300  // above it a cell scrolls within itself
)

// WriteHTML writes the document as one page that asks for nothing from
// anywhere and has no script; its Content-Security-Policy allows nothing but
// its own style sheet. It shows what a terminal shows, and besides that About,
// every column, the tables of details (folded), exact numbers where the text
// is rounded (as title), and shares as bars. Columns that a wide terminal would
// leave out stand behind the others.
//
// Strings are SafeText. A table of more than maxPageRows rows is cut, which a
// line below it says.
func WriteHTML(w io.Writer, doc *Document) error {
	if err := doc.check(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if err := pageTemplate.Execute(out, newPage(doc)); err != nil {
		return err
	}
	return out.Flush()
}

// page is what the template shows. All strings are SafeText.
type page struct {
	Command               string
	Style                 template.CSS
	StyleHash             string // base64 of SHA-256, as a Content-Security-Policy wants it
	About                 []Fact
	Lead, Warnings, Notes []string
	Tables                []pageTable
	Contents              bool
}

// pageTable is a table on a page: tiles, or headings and rows.
type pageTable struct {
	Name, Title string
	Count       string // "1,234 rows", or "" where there is nothing to count
	Detail      bool
	Tiles       []pageTile
	Headings    []pageHeading
	Rows        [][]pageCell
	Omitted     []string
}

// pageTile is a column of a table of one wide row.
type pageTile struct {
	Label, Text, Unit string
	Words             bool // no number
}

type pageHeading struct{ Class, Title, Text string }

type pageCell struct {
	Class string
	Title string // the exact value, or ""
	Text  string
	Head  bool // names its row
	Bar   *pageBar
}

// pageBar is a share as the width of a bar of 100.
type pageBar struct{ Width string }

func newPage(doc *Document) *page {
	sum := sha256.Sum256([]byte(htmlStyle))
	p := &page{
		Command: doc.Command, Style: template.CSS(htmlStyle), StyleHash: base64.StdEncoding.EncodeToString(sum[:]),
		Lead: safeTexts(doc.Lead), Warnings: safeTexts(doc.Warnings), Notes: safeTexts(doc.Notes),
	}
	for _, f := range doc.About {
		p.About = append(p.About, Fact{SafeText(f.Label), SafeText(f.Text)})
	}
	for i := range doc.Tables {
		if t := &doc.Tables[i]; len(t.Rows) > 0 {
			p.Tables = append(p.Tables, newPageTable(t))
		}
	}
	p.Contents = len(p.Tables) >= contentsFrom
	return p
}

func safeTexts(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = SafeText(s)
	}
	return out
}

func newPageTable(t *Table) pageTable {
	out := pageTable{Name: t.Name, Title: t.heading(), Detail: t.Detail}
	if t.isGrid() {
		out.addGrid(t)
	} else {
		out.addTiles(t)
	}
	if t.Omitted != "" {
		out.Omitted = append(out.Omitted, SafeText(t.Omitted))
	}
	return out
}

func (p *pageTable) addTiles(t *Table) {
	for i := range t.Columns {
		c := &t.Columns[i]
		cell, unit := c.inRecord(t.Rows[0][i])
		p.Tiles = append(p.Tiles, pageTile{c.label(), cell, unit, !c.rightAligned()})
	}
}

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
	for _, c := range columns {
		p.Headings = append(p.Headings, c.heading())
		for n, row := range rows {
			p.Rows[n] = append(p.Rows[n], c.cell(row))
		}
	}
}

// pageColumn is a column of a grid.
type pageColumn struct {
	*Column
	at      int  // in the row
	whole   int  // the column that this one is shown as a share of, or -1
	head    bool // names the rows
	bar     bool
	further bool // the first of those that a terminal would leave out
}

// pageColumns are the columns of a grid in the order of the page: those that
// fit a wide terminal, texts to be read whole, the rest. A column that counts a
// part of another comes with its share.
func pageColumns(t *Table) []pageColumn {
	all := gridsOf([]Table{*t})[0]
	shown := fit(all, firstColumns)
	shown = append(shown, leftOut(all, shown, true)...)
	first := len(shown)
	at := map[*gridColumn]int{}
	barred := len(t.Rows) < 2
	for i, c := range all {
		at[c] = i
		barred = barred || c.Of != ""
	}
	var out []pageColumn
	for i, c := range append(shown, leftOut(all, shown, false)...) {
		p := pageColumn{Column: c.Column, at: at[c], whole: -1, head: i == 0 && c.Type == String, further: i == first}
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
// time, w a word; f where the further columns begin.
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
