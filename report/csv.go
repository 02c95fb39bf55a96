package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes a table as RFC 4180 with line feeds: a header of the columns'
// names, then a line a row. "No value" is an empty cell. Numbers, shares and
// times are as in JSON, booleans true and false.
//
// A string is SafeText, so a cell holds no line breaks. It gets an apostrophe in
// front where a spreadsheet would take it for a formula: before = + - @ and
// their full-width forms, at its beginning or behind a semicolon, which splits
// cells where the comma is the decimal sign.
func WriteCSV(w io.Writer, t *Table) error {
	if err := t.check(); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range t.Rows {
		for i, v := range row {
			record[i] = csvCell(v)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvCell(v any) string {
	switch v := value(v).(type) {
	case string:
		return noFormula(SafeText(v))
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.UTC().Format(timeLayout)
	}
	return ""
}

// noFormula puts an apostrophe in front of each part of a cell that begins a
// formula. The white space and quotes that a spreadsheet may skip before it are
// skipped here too.
func noFormula(s string) string {
	if !strings.ContainsAny(s, formulaSigns) {
		return s
	}
	parts := strings.Split(s, ";")
	for i, part := range parts {
		start := strings.TrimLeft(part, ` "'`)
		if start != "" && strings.ContainsRune(formulaSigns, []rune(start)[0]) {
			parts[i] = "'" + part
		}
	}
	return strings.Join(parts, ";")
}

const formulaSigns = "=+-@＝＋－＠"
