package main

import (
	"fmt"
	"io"
	"strings"
)

// table is one in Markdown. The first column holds words, the others numbers.
type table struct {
	title  string
	header []string
	rows   [][]string
	words  int // columns of words at the end
}

func (t *table) add(cells ...any) {
	var row []string
	for _, c := range cells {
		row = append(row, fmt.Sprint(c))
	}
	t.rows = append(t.rows, row)
}

func (t *table) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n| %s |\n|", t.title, strings.Join(t.header, " | "))
	for i := range t.header {
		if i == 0 || i >= len(t.header)-t.words {
			b.WriteString("---|")
		} else {
			b.WriteString("---:|")
		}
	}
	b.WriteString("\n")
	for _, row := range t.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// percent is a share of a whole, or a dash where there is nothing to share.
func percent(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(whole))
}

// permyriad is a share of a whole that is expected to be small.
func permyriad(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f%%", 100*float64(part)/float64(whole))
}
