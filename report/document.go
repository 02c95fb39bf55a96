// Package report shows results: a Document of tables goes in, a terminal
// table, CSV, Parquet, JSON or an HTML page comes out. It knows nothing of the
// domain.
package report

import (
	"fmt"
	"io"
)

// SchemaVersion is the version of the tables that the commands emit.
const SchemaVersion = 1

// Document is the result of one command.
type Document struct {
	Command  string
	Ruleset  any      // JSON form of the ruleset or rulesets looked at; nil when there is none
	About    []Fact   // what the page says at its top: what was looked at, and of when
	Lead     []string // what a reader of the terminal or the page should know first
	Warnings []string // doubts that every output shows
	Notes    []string // explanations for a reader of the terminal or the page
	Tables   []Table
}

// Fact is a text with a word for it.
type Fact struct{ Label, Text string }

// Table is rows of typed columns.
type Table struct {
	Name    string // snake_case: the key in JSON, the file's name in CSV and Parquet
	Title   string // what a person reads above it
	Layout  Layout
	Columns []Column
	Rows    [][]any // cells as the column's Type says; nil is "no value"
	// Omitted says what a table of top rows leaves out, or "".
	Omitted string
	// Detail is a table too long to be read: a terminal says only that it is
	// there.
	Detail bool
}

// Layout says how a table is best laid out for a person.
type Layout uint8

// The layouts.
const (
	Grid   Layout = iota // one line a row
	Record               // one line a column: for tables of one wide row
)

// Type is the type of a column's cells.
type Type uint8

// The types, with the Go type of their cells.
const (
	String Type = iota // string: may hold anything an attacker wrote into a log
	Int                // int64
	Share              // float64 in 0..1
	Float              // float64
	Bool               // bool
	Time               // time.Time
)

// Column describes one column.
type Column struct {
	Name string // snake_case
	Type Type
	// Unit is that of the numbers: "requests", "bytes", "clients", "lines", ...
	Unit string
	// Label is a short heading for people; "" means Name with spaces.
	Label string
	// Weight orders columns when not all fit a terminal: 0 is always shown,
	// and of the others the highest goes first.
	Weight int
	// Prose is text that has to be read whole: a terminal breaks it into lines
	// rather than shortening it, and puts it below its row if there is no room
	// beside the other columns.
	Prose bool
	// Of names the Int column that this Int column counts a part of, or is "": a
	// page shows the share beside it.
	Of string
}

// AddRow appends a row. It panics unless the number of cells is that of the
// columns.
func (t *Table) AddRow(cells ...any) {
	if len(cells) != len(t.Columns) {
		panic("report: table " + t.Name + ": wrong number of cells")
	}
	t.Rows = append(t.Rows, cells)
}

// warningsName is that of the table of warnings, which no other may have.
const warningsName = "warnings"

// warnings is the table of the warnings, for forms that have nothing but tables.
// It is there without any, too: so one of an earlier day does not outlive its
// cause.
func (d *Document) warnings() Table {
	t := Table{Name: warningsName, Title: "Warnings", Columns: []Column{{Name: "warning", Type: String, Prose: true}}}
	for _, warning := range d.Warnings {
		t.AddRow(warning)
	}
	return t
}

// WriteWarnings writes the warnings in lines of their own, fit for a terminal.
func WriteWarnings(w io.Writer, doc *Document) error {
	for _, warning := range doc.Warnings {
		if _, err := fmt.Fprintln(w, "warning: "+SafeText(warning)); err != nil {
			return err
		}
	}
	return nil
}
