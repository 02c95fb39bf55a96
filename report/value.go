package report

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// label is the heading of a column for people.
func (c *Column) label() string {
	if c.Label != "" {
		return SafeText(c.Label)
	}
	return strings.ReplaceAll(c.Name, "_", " ")
}

// heading is what people read above the table.
func (t *Table) heading() string {
	if t.Title != "" {
		return SafeText(t.Title)
	}
	return strings.ReplaceAll(t.Name, "_", " ")
}

// rightAligned reports whether the column's cells are compared by their last
// digits.
func (c *Column) rightAligned() bool {
	return c.Type == Int || c.Type == Share || c.Type == Float
}

// format is a cell as a terminal table shows it, in one line.
func (c *Column) format(v any) string {
	switch v := value(v).(type) {
	case string:
		return SafeText(v)
	case int64:
		switch c.Unit {
		case "bytes":
			return HumanBytes(v)
		case "":
			return strconv.FormatInt(v, 10) // a number that names something: a line, an AS
		}
		return Grouped(v)
	case float64:
		if c.Type == Share {
			return Percent(v)
		}
		return decimal(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	return "-"
}

// Grouped is 1,234,567.
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	digits := strings.TrimPrefix(s, "-")
	var b strings.Builder
	b.WriteString(s[:len(s)-len(digits)])
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

var byteUnits = [...]string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}

// HumanBytes is a number of bytes in decimal units with three digits: 999 B,
// 1.00 kB, 12.3 MB, 457 GB.
func HumanBytes(n int64) string {
	abs := math.Abs(float64(n))
	if abs < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	unit := 0
	// 999.5 would be written as 1000: it is 1.00 of the next unit.
	for abs >= 999.5 && unit < len(byteUnits)-1 {
		abs /= 1000
		unit++
	}
	digits := 2
	switch {
	case abs >= 99.95:
		digits = 0
	case abs >= 9.995:
		digits = 1
	}
	s := strconv.FormatFloat(abs, 'f', digits, 64) + " " + byteUnits[unit]
	if n < 0 {
		return "-" + s
	}
	return s
}

// Percent is a share with one decimal. What is not zero or one is not shown as
// 0.0% or 100.0%.
func Percent(f float64) string {
	s := strconv.FormatFloat(100*f, 'f', 1, 64) + "%"
	switch {
	case f > 0 && s == "0.0%":
		return "<0.1%"
	case f < 1 && s == "100.0%":
		return ">99.9%"
	}
	return s
}

// decimal is a number with four digits, whole from a thousand on, and without
// an exponent down to a millionth.
func decimal(f float64) string {
	if abs := math.Abs(f); abs < 1000 {
		four := strconv.FormatFloat(f, 'g', 4, 64)
		if abs >= 1e-6 && abs < 1e-4 {
			short, _ := strconv.ParseFloat(four, 64) // of what was formatted
			return strconv.FormatFloat(short, 'f', -1, 64)
		}
		return four
	}
	if whole := math.Round(f); math.Abs(whole) < 1<<53 {
		return Grouped(int64(whole))
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}
