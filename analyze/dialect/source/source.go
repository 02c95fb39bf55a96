// Package source reads ruleset files into values that know where they stand,
// and says what is wrong with them: file, line, column, and the line itself
// with a caret under the place. JSON and YAML become the same tree, so that
// whoever reads a ruleset need not care which it was.
package source

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"rulecast/analyze/policy"
)

// MaxSize is the size in bytes above which a ruleset file or a list file is
// refused. The longest list that a provider takes (50,000 networks) has less
// than 3 MB.
const MaxSize = 16 << 20

// File is the text of one file. It is not for concurrent use.
type File struct {
	Name  string
	Data  []byte
	lines []int // offset of the beginning of each line
	// The place asked for last: a file is read from its beginning to its end,
	// so the next place is most often near, also in a file of one long line.
	lastOffset, lastColumn int
}

// NewFile refuses what is larger than MaxSize or is not UTF-8. A byte order
// mark is skipped. The data is kept and must not change.
func NewFile(name string, data []byte) (*File, *Error) {
	f := &File{Name: name}
	if len(data) > MaxSize {
		return nil, &Error{Pos: policy.Pos{File: name}, Msg: fmt.Sprintf("%d bytes: a ruleset file has at most %d", len(data), MaxSize)}
	}
	f.Data = bytes.TrimPrefix(data, []byte("\ufeff"))
	f.lines = append(f.lines, 0)
	for i, c := range f.Data {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	if bad := invalidUTF8(f.Data); bad >= 0 {
		return nil, f.Errorf(f.Pos(bad), "byte 0x%02x: the file is not UTF-8", f.Data[bad])
	}
	return f, nil
}

func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// Pos is the place of a byte. Columns count characters, from 1.
func (f *File) Pos(offset int) policy.Pos {
	offset = min(max(offset, 0), len(f.Data))
	line := sort.SearchInts(f.lines, offset+1)
	from, column := f.lines[line-1], 1
	if from <= f.lastOffset && f.lastOffset <= offset && f.lastColumn > 0 {
		from, column = f.lastOffset, f.lastColumn
	}
	column += utf8.RuneCount(f.Data[from:offset])
	f.lastOffset, f.lastColumn = offset, column
	return policy.Pos{File: f.Name, Line: line, Column: column}
}

// Line is the text of a line, from 1, without its end.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	end := len(f.Data)
	if n < len(f.lines) {
		end = f.lines[n]
	}
	return strings.TrimRight(string(f.Data[f.lines[n-1]:end]), "\r\n")
}

// Lines is the number of lines.
func (f *File) Lines() int { return len(f.lines) }

// Errorf makes an error at a place of the file.
func (f *File) Errorf(pos policy.Pos, format string, args ...any) *Error {
	return &Error{Pos: pos, Msg: fmt.Sprintf(format, args...), Snippet: f.snippet(pos)}
}

// snippetWidth is the number of characters of a line that an error shows.
const snippetWidth = 100

// snippet is the line with a caret below the column. Control characters are
// shown as spaces: the text goes to a terminal.
func (f *File) snippet(pos policy.Pos) string {
	if pos.Line < 1 || pos.Line > len(f.lines) {
		return ""
	}
	line := []rune(f.Line(pos.Line))
	column := min(max(pos.Column, 1), len(line)+1)
	from := 0
	if column > snippetWidth*3/4 {
		from = column - snippetWidth*3/4
	}
	line = line[from:min(len(line), from+snippetWidth)]
	var b strings.Builder
	for _, r := range line {
		b.WriteRune(Printable(r))
	}
	b.WriteByte('\n')
	b.WriteString(strings.Repeat(" ", column-1-from))
	b.WriteByte('^')
	return b.String()
}

// Printable is the character itself, or what is shown for it on a terminal.
func Printable(r rune) rune {
	switch {
	case r == '\t', r < ' ', r >= 0x7f && r < 0xa0:
		return ' '
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
		return '\ufffd' // invisible, or turns the direction of the text
	}
	return r
}
