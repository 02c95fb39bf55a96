package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
)

//go:embed html.tmpl
var htmlPage string

//go:embed html.css
var htmlStyle string

var pageTemplate = template.Must(template.New("page").Parse(htmlPage))

// The limits of a page that a browser shows without effort.
const (
	maxPageRows    = 2000 // of a table; the files of CSV and Parquet have all
	contentsFrom   = 4    // tables that need a list of contents
	firstWidth     = 110  // terminal columns that the first columns of a wide table would fill
	paperWidth     = 155  // and those that are printed
	longCellWidth  = 300  // above it a cell scrolls within itself
	shortCellWidth = 18   // up to it a word is not broken: an IPv4 network
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
	Unprinted   string // the columns that paper has no room for
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
