package report

import (
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

const ellipsis = "…"

// displayWidth is the number of terminal cells that a string takes, by the same
// measure as the tables: a wide (CJK) character is two, a combining mark none.
func displayWidth(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return twwidth.WidthWithOptions(s, twwidth.Options{})
		}
	}
	return len(s) // of text without control characters
}

// shorten cuts a string to a width, at least 1, and marks the cut by an
// ellipsis: at the end of text with spaces, in the middle of what has none, as
// both ends of a host, an address or a path tell them apart.
func shorten(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	room := width - displayWidth(ellipsis)
	if strings.Contains(s, " ") {
		return strings.TrimRight(head(s, room), " ") + ellipsis
	}
	back := room / 2
	return head(s, room-back) + ellipsis + tail(s, back)
}

// head is the longest beginning of s that is not wider than width.
func head(s string, width int) string {
	for i, r := range s {
		if width -= displayWidth(string(r)); width < 0 {
			return s[:i]
		}
	}
	return s
}

// tail is the longest end of s that is not wider than width and does not begin
// with a combining mark.
func tail(s string, width int) string {
	start := len(s)
	for i := len(s); i > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		w := displayWidth(string(r))
		if width -= w; width < 0 {
			break
		}
		i -= size
		if w > 0 {
			start = i
		}
	}
	return s[start:]
}

// wrap breaks text at spaces into lines no wider than width; a word that is
// wider has a line of its own. The result has at least one line.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case line == "":
			line = word
		case displayWidth(line)+1+displayWidth(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
