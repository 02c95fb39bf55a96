package format

import (
	"bytes"
	"strings"
)

// delimiters are those that are looked for in text of columns.
const delimiters = "\t,;|"

// maxMappedColumns bounds the columns that are looked at; those beyond are
// counted only.
const maxMappedColumns = 1000

// Why a line of columns is rejected.
const (
	reasonOpenQuote   = "quoted value does not end on its line"
	reasonBehindQuote = "text behind a quoted value"
	reasonFewColumns  = "fewer columns than the fields ask for"
	reasonManyColumns = "number of columns differs from the header"
)

// cell is a value of a row: its place, within its quotes.
type cell struct {
	start, end int32
	quoted     bool // it may have quotes within, doubled
}

// rowCutter divides rows of columns as RFC 4180 says, but for these: a row is
// one line; a quote within a value that does not begin with one stands for
// itself; and TABs always divide, quoted or not, because most that write them
// quote nothing.
type rowCutter struct {
	delimiter byte
	backslash bool // quotes within quoted values are escaped, not doubled
}

// cut finds the first cells of a row, as many as cells has room for, and
// counts all.
func (c rowCutter) cut(line []byte, cells []cell) (columns int, reason string) {
	for i := 0; ; columns++ {
		at, next, reason := c.cell(line, i)
		if reason != "" {
			return 0, reason
		}
		if columns < len(cells) {
			cells[columns] = at
		}
		if next > len(line) {
			return columns + 1, ""
		}
		i = next
	}
}

// cell reads the cell that begins at i, and says where the next one begins:
// behind the end of the line if it was the last.
func (c rowCutter) cell(line []byte, i int) (at cell, next int, reason string) {
	if c.delimiter != '\t' && i < len(line) && line[i] == '"' {
		end := c.closing(line, i+1)
		switch {
		case end < 0:
			return at, 0, reasonOpenQuote
		case end+1 < len(line) && line[end+1] != c.delimiter:
			return at, 0, reasonBehindQuote
		}
		return cell{int32(i + 1), int32(end), true}, end + 2, ""
	}
	end := len(line)
	if size := bytes.IndexByte(line[i:], c.delimiter); size >= 0 {
		end = i + size
	}
	next = end + 1
	if c.delimiter == '\t' && end-i >= 2 && line[i] == '"' && c.closing(line[:end], i+1) == end-1 {
		return cell{int32(i + 1), int32(end - 1), true}, next, ""
	}
	return cell{int32(i), int32(end), false}, next, ""
}

// closing is where the quote is that closes the value at i, or -1.
func (c rowCutter) closing(line []byte, i int) int {
	for i < len(line) {
		size := bytes.IndexByte(line[i:], '"')
		if size < 0 {
			return -1
		}
		at := i + size
		if c.backslash {
			escapes := 0
			for at-1-escapes >= i && line[at-1-escapes] == '\\' {
				escapes++
			}
			if escapes%2 == 0 {
				return at
			}
			i = at + 1
			continue
		}
		if at+1 == len(line) || line[at+1] != '"' {
			return at
		}
		i = at + 2
	}
	return -1
}

// value is what a cell stands for. It aliases the line, or is in dst.
func (c rowCutter) value(line []byte, at cell, dst []byte) (v, scratch []byte) {
	v = line[at.start:at.end]
	if !at.quoted || c.backslash || bytes.IndexByte(v, '"') < 0 {
		return v, dst
	}
	dst = dst[:0]
	for {
		i := bytes.IndexByte(v, '"')
		if i < 0 {
			dst = append(dst, v...)
			return dst, dst
		}
		dst = append(dst, v[:i+1]...)
		v = v[i+2:]
	}
}

// names are the values of a header line, without surrounding space.
func (c rowCutter) names(line []byte) ([]string, string) {
	cells := make([]cell, maxMappedColumns)
	columns, reason := c.cut(line, cells)
	if reason != "" {
		return nil, reason
	}
	names := make([]string, min(columns, len(cells)))
	for i := range names {
		v, _ := c.value(line, cells[i], nil)
		names[i] = strings.TrimSpace(string(v))
	}
	return names, ""
}
