package report

import (
	"fmt"
	"math"
	"regexp"
	"time"
)

// namePattern is what names of tables and columns look like. They become keys
// and file names.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// check finds what the code that made the document did wrong: writers refuse
// it, rather than write a wrong value.
func (d *Document) check() error {
	if !namePattern.MatchString(d.Command) {
		return fmt.Errorf("report: command %q: not a name", d.Command)
	}
	seen := map[string]bool{warningsName: true}
	for i := range d.Tables {
		t := &d.Tables[i]
		if seen[t.Name] {
			return fmt.Errorf("report: table %s: twice", t.Name)
		}
		seen[t.Name] = true
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) check() error {
	if !namePattern.MatchString(t.Name) {
		return fmt.Errorf("report: table %q: not a name", t.Name)
	}
	if len(t.Columns) == 0 {
		return fmt.Errorf("report: table %s: no columns", t.Name)
	}
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if !namePattern.MatchString(c.Name) || seen[c.Name] {
			return fmt.Errorf("report: table %s: column %q: not a name, or twice", t.Name, c.Name)
		}
		seen[c.Name] = true
	}
	for _, c := range t.Columns {
		if whole := t.column(c.Of); c.Of != "" && (c.Type != Int || whole < 0 || t.Columns[whole].Type != Int) {
			return fmt.Errorf("report: table %s: column %s: no number, or no part of one", t.Name, c.Name)
		}
	}
	for _, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("report: table %s: a row of %d cells for %d columns", t.Name, len(row), len(t.Columns))
		}
		for i, v := range row {
			if !t.Columns[i].holds(v) {
				return fmt.Errorf("report: table %s: column %s: a cell is %T", t.Name, t.Columns[i].Name, v)
			}
		}
	}
	return nil
}

// holds reports whether a cell is of the column's type.
func (c *Column) holds(v any) (ok bool) {
	if v == nil {
		return true
	}
	switch c.Type {
	case String:
		_, ok = v.(string)
	case Int:
		_, ok = v.(int64)
	case Share, Float:
		_, ok = v.(float64)
	case Bool:
		_, ok = v.(bool)
	case Time:
		_, ok = v.(time.Time)
	}
	return ok
}

// value is the cell, nil for "no value": a number that is not finite is none.
func value(v any) any {
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return nil
	}
	return v
}

// timeLayout is how files write times: RFC 3339, UTC, microseconds.
const timeLayout = "2006-01-02T15:04:05.000000Z"
