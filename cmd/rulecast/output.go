package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rulecast/report"
)

// outputFlags say where a report goes, and in which forms.
type outputFlags struct {
	dir     string
	as      []string
	tables  []string
	width   int
	noColor bool
}

// forms are what --as takes.
var forms = []string{"table", "csv", "parquet", "json", "html"}

func (f *outputFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.dir, "output", "", "write the report into this `DIR` instead of standard output")
	fs.StringSliceVar(&f.as, "as", nil, "write it in this `FORM`: table, csv, parquet, json or html; several with --output (default table; with --output all)")
	fs.StringSliceVar(&f.tables, "table", nil, "only these `TABLES` of the report; csv on standard output needs exactly one")
	fs.IntVar(&f.width, "width", 0, "fit tables to this many `COLUMNS` (default: the terminal's, or 80)")
	fs.BoolVar(&f.noColor, "no-color", false, "no colour, even on a terminal")
}

// check refuses what cannot be written, before any log is read.
func (f *outputFlags) check() error {
	for _, as := range f.as {
		if !slices.Contains(forms, as) {
			return usagef("--as %s: must be one of %s", as, strings.Join(forms, ", "))
		}
	}
	if f.width < 0 {
		return usagef("--width %d: must not be negative", f.width)
	}
	if f.dir != "" {
		if info, err := os.Stat(f.dir); err == nil && !info.IsDir() {
			return usagef("--output %s: is not a directory", f.dir)
		}
		return nil
	}
	switch {
	case len(f.as) > 1:
		return usagef("--as %s: several forms need --output DIR", strings.Join(f.as, ","))
	case slices.Contains(f.as, "parquet"):
		return usagef("--as parquet needs --output DIR")
	case slices.Contains(f.as, "csv") && len(f.tables) != 1:
		return usagef("--as csv needs --output DIR, or --table NAME to print one table")
	}
	return nil
}

// write puts the report where it is wanted.
func (f *outputFlags) write(std *streams, doc *report.Document) error {
	if err := f.selectTables(doc); err != nil {
		return err
	}
	if f.dir != "" {
		as := f.as
		if len(as) == 0 {
			as = forms
		}
		if err := report.WriteFiles(f.dir, doc, as); err != nil {
			return err
		}
		fmt.Fprintf(std.err, "wrote %s to %s\n", strings.Join(as, ", "), f.dir)
		return nil
	}
	switch {
	case slices.Contains(f.as, "json"):
		return report.WriteJSON(std.out, doc)
	case slices.Contains(f.as, "html"):
		return report.WriteHTML(std.out, doc)
	case slices.Contains(f.as, "csv"):
		if err := report.WriteWarnings(std.err, doc); err != nil {
			return err
		}
		return report.WriteCSV(std.out, &doc.Tables[0])
	}
	return report.WriteText(std.out, doc, f.textOptions(std.out))
}

// checkTables refuses tables that a report has not. It is asked before any log
// is read, with a report of nothing.
func (f *outputFlags) checkTables(doc *report.Document) error {
	var have []string
	for i := range doc.Tables {
		have = append(have, doc.Tables[i].Name)
	}
	for _, name := range f.tables {
		if !slices.Contains(have, name) {
			return usagef("--table %s: this report has %s", name, strings.Join(have, ", "))
		}
	}
	return nil
}

// selectTables keeps the tables asked for, in the report's order.
func (f *outputFlags) selectTables(doc *report.Document) error {
	if len(f.tables) == 0 {
		return nil
	}
	if err := f.checkTables(doc); err != nil {
		return err
	}
	doc.Tables = slices.DeleteFunc(doc.Tables, func(t report.Table) bool { return !slices.Contains(f.tables, t.Name) })
	for i := range doc.Tables {
		doc.Tables[i].Detail = false // it was asked for
	}
	return nil
}

// defaultWidth is that of a terminal which does not say.
const defaultWidth = 80

func (f *outputFlags) textOptions(out io.Writer) report.TextOptions {
	opts := report.TextOptions{Width: f.width}
	columns, terminal := terminalWidth(out)
	if opts.Width == 0 {
		opts.Width = columns
	}
	opts.Color = terminal && !f.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return opts
}

// terminalWidth is the width of the terminal that out is, or what COLUMNS
// says, or defaultWidth.
func terminalWidth(out io.Writer) (columns int, terminal bool) {
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns, true
		}
		terminal = true
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n, terminal
	}
	return defaultWidth, terminal
}
