package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func text(t interface{ Fatal(...any) }, doc *Document, opts TextOptions) string {
	var out bytes.Buffer
	if err := WriteText(&out, doc, opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextGolden(t *testing.T) {
	for _, width := range []int{60, 80, 120, 200} {
		got := text(t, sampleDocument(), TextOptions{Width: width})
		golden(t, fmt.Sprintf("replay-%d.txt", width), []byte(got))
		for _, line := range strings.Split(got, "\n") {
			if displayWidth(line) > width || strings.TrimRight(line, " ") != line {
				t.Errorf("width %d: line %q is %d wide", width, line, displayWidth(line))
			}
		}
	}
}

func TestTextColor(t *testing.T) {
	plain := text(t, sampleDocument(), TextOptions{})
	colored := text(t, sampleDocument(), TextOptions{Width: 80, Color: true})
	golden(t, "replay-color.txt", []byte(strings.ReplaceAll(colored, "\x1b", "^[")))
	for _, code := range []string{bold, yellow, reset} {
		colored = strings.ReplaceAll(colored, code, "")
	}
	if diff := cmp.Diff(plain, colored); diff != "" {
		t.Errorf("colour changes the text (-plain +colored):\n%s", diff)
	}
}

// TestEqualTablesLineUp: tables of the same columns have the same widths.
func TestEqualTablesLineUp(t *testing.T) {
	columns := []Column{{Name: "value", Type: String}, {Name: "requests", Type: Int, Unit: "requests"}, {Name: "share", Type: Share, Weight: 1}}
	a := Table{Name: "countries", Columns: columns}
	a.AddRow("DE", int64(1), 0.5)
	b := Table{Name: "clients", Columns: columns}
	b.AddRow("2001:db8::1:2:3", int64(1_000_000_000_000), 0.25)
	got := text(t, &Document{Command: "replay", Tables: []Table{a, b}}, TextOptions{Width: 80})
	want := `countries
value                     requests  share
───────────────  ─────────────────  ─────
DE                               1  50.0%

clients
value                     requests  share
───────────────  ─────────────────  ─────
2001:db8::1:2:3  1,000,000,000,000  25.0%
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProseBelow: a text that is to be read whole stands below its row where
// there is no room beside it.
func TestProseBelow(t *testing.T) {
	entries := Table{Name: "entries", Columns: []Column{
		{Name: "entry", Type: String}, {Name: "good", Type: Int, Weight: 1}, {Name: "reason", Type: String, Weight: 1, Prose: true},
	}}
	entries.AddRow("example-saddleisland.blogspot.com", int64(1), "most of those who load it see pages of that site alone")
	entries.AddRow("192.0.2.1", int64(22), " ")
	entries.AddRow("192.0.2.2", int64(333), "scans")
	doc := &Document{Command: "recommend", Tables: []Table{entries}}
	got := text(t, doc, TextOptions{Width: 44})
	want := `entries
entry                              good
─────────────────────────────────  ────
example-saddleisland.blogspot.com     1
    most of those who load it see pages of
    that site alone
192.0.2.1                            22
192.0.2.2                           333
    scans
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if wide := text(t, doc, TextOptions{Width: 120}); !strings.Contains(wide, " 333  scans\n") {
		t.Errorf("not beside its row where there is room:\n%s", wide)
	}
}

func TestDetail(t *testing.T) {
	table := func(name string, detail bool) Table {
		return Table{Name: name, Columns: []Column{{Name: "n", Type: Int}}, Rows: [][]any{{int64(1)}, {int64(2)}}, Detail: detail}
	}
	empty := table("empty", true)
	empty.Rows = nil
	got := text(t, &Document{Command: "x", Tables: []Table{table("short", false), table("long", true), empty, table("longer", true)}}, TextOptions{Width: 80})
	if want := "short\nn\n─\n1\n2\n\nNot shown, for their length: long, longer (--table NAME shows them).\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func hostileDocument() *Document {
	grid := Table{Name: "agents", Title: "Agents \x1b[31m", Columns: []Column{
		{Name: "user_agent", Type: String}, {Name: "requests", Type: Int, Unit: "requests"},
	}, Omitted: "cut \u202e"}
	var records []Table
	for i, s := range hostile {
		grid.AddRow(s, int64(i))
		record := Table{Name: fmt.Sprintf("record_%d", i), Layout: Record, Columns: []Column{{Name: "sample", Type: String}, {Name: "n", Type: Int}}}
		record.AddRow(s, int64(i))
		records = append(records, record)
	}
	return &Document{
		Command: "inspect", Ruleset: map[string]string{"name": "\u202e\u009b\u007f</script>"}, Warnings: hostile, Notes: hostile,
		Tables: append(records, grid),
	}
}

func TestTextHostile(t *testing.T) {
	for _, width := range []int{1, 10, 80} {
		doc := hostileDocument()
		checkSafe(t, "text", text(t, doc, TextOptions{Width: width}), "\n")
		doc.Warnings, doc.Notes = nil, nil
		got := text(t, doc, TextOptions{Width: width})
		if limit := 400 * len(hostile); len(got) > limit {
			t.Errorf("width %d: %d bytes of output for %d rows", width, len(got), 2*len(hostile))
		}
		for _, line := range strings.Split(got, "\n") {
			if width == 80 && displayWidth(line) > width {
				t.Errorf("line %q is %d wide", line, displayWidth(line))
			}
		}
	}
}

// TestGridProperties: whatever the columns and cells, no line is wider than the
// terminal unless nothing more can be left out or shortened, every number is
// shown whole, and each column is shown or named as not shown.
func TestGridProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := Table{Name: "t", Title: "T"}
		for i := range rapid.IntRange(1, 9).Draw(t, "columns") {
			c := Column{Name: fmt.Sprintf("c%d", i), Weight: rapid.IntRange(0, 3).Draw(t, "weight")}
			c.Label = fmt.Sprintf("heading%d", i) + strings.Repeat(" word", rapid.IntRange(0, 3).Draw(t, "words"))
			if rapid.Bool().Draw(t, "number") {
				c.Type, c.Unit = Int, "requests"
			} else {
				c.Prose = rapid.Bool().Draw(t, "prose")
			}
			table.Columns = append(table.Columns, c)
		}
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			row := make([]any, len(table.Columns))
			for i, c := range table.Columns {
				if c.Type == Int {
					row[i] = rapid.Int64().Draw(t, "n")
				} else {
					row[i] = rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z漢]{0,60}`)).Draw(t, "s")
				}
			}
			table.AddRow(row...)
		}
		width := rapid.IntRange(20, 200).Draw(t, "width")
		got := text(t, &Document{Command: "t", Tables: []Table{table}}, TextOptions{Width: width})
		shown := fit(gridsOf([]Table{table})[0], width)
		limit := max(width, total(shown, (*gridColumn).least))
		for _, line := range strings.Split(got, "\n") {
			if displayWidth(line) > limit {
				t.Fatalf("width %d, limit %d: %q is %d wide", width, limit, line, displayWidth(line))
			}
		}
		isShown := map[string]bool{}
		for _, c := range shown {
			isShown[c.Name] = true
		}
		for i, c := range table.Columns {
			if c.Weight == 0 && !isShown[c.Name] {
				t.Fatalf("%s has weight 0 and is not shown", c.Name)
			}
			if !strings.Contains(got, fmt.Sprintf("heading%d", i)) && !c.Prose {
				t.Fatalf("%s is neither shown nor named:\n%s", c.Name, got)
			}
			for _, row := range table.Rows {
				if c.Type == Int && isShown[c.Name] && !strings.Contains(got, Grouped(row[i].(int64))) {
					t.Fatalf("%d is not shown:\n%s", row[i], got)
				}
			}
		}
	})
}

func TestFormat(t *testing.T) {
	requests, bytes, none := Column{Type: Int, Unit: "requests"}, Column{Type: Int, Unit: "bytes"}, Column{Type: Int}
	share, float := Column{Type: Share}, Column{Type: Float}
	for _, c := range []struct {
		column Column
		cell   any
		want   string
	}{
		{requests, int64(0), "0"}, {requests, int64(999), "999"}, {requests, int64(1000), "1,000"},
		{requests, int64(-1234567), "-1,234,567"}, {requests, int64(-123), "-123"},
		{requests, int64(-1 << 63), "-9,223,372,036,854,775,808"}, {requests, nil, "-"}, {none, int64(13335), "13335"},
		{bytes, int64(0), "0 B"}, {bytes, int64(999), "999 B"}, {bytes, int64(1000), "1.00 kB"}, {bytes, int64(9994), "9.99 kB"},
		{bytes, int64(9995), "10.0 kB"}, {bytes, int64(99_949), "99.9 kB"}, {bytes, int64(99_950), "100 kB"},
		{bytes, int64(999_499), "999 kB"}, {bytes, int64(999_500), "1.00 MB"}, {bytes, int64(-1_500_000), "-1.50 MB"},
		{bytes, int64(1<<63 - 1), "9.22 EB"}, {bytes, int64(-1 << 63), "-9.22 EB"},
		{share, 0.0, "0.0%"}, {share, 0.0001, "<0.1%"}, {share, 0.0006, "0.1%"}, {share, 0.5, "50.0%"},
		{share, 0.9999, ">99.9%"}, {share, 1.0, "100.0%"}, {share, -0.25, "-25.0%"},
		{float, 0.0, "0"}, {float, 0.123456, "0.1235"}, {float, 999.96, "1000"}, {float, 1234567.8, "1,234,568"}, {float, 1e300, "1e+300"},
		{float, -2500.4, "-2,500"}, {float, 0.000_008, "0.000008"}, {float, -0.000_087_654_3, "-0.00008765"}, {float, 0.000_099_999_9, "0.0001"}, {float, 1e-7, "1e-07"},
		{Column{Type: Bool}, true, "yes"}, {Column{Type: Bool}, false, "no"},
		{Column{Type: Time}, at("2026-11-01T01:02:03.999999+01:00"), "2026-11-01T00:02:03Z"},
	} {
		if got := c.column.format(c.cell); got != c.want {
			t.Errorf("%v %v: %q, want %q", c.column.Unit, c.cell, got, c.want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"short", 5, "short"},
		{"images.hotlinker.example", 13, "images…xample"},
		{"Mozilla/5.0 (X11; Linux x86_64)", 14, "Mozilla/5.0 (…"},
		{"Mozilla/5.0 (X11)", 13, "Mozilla/5.0…"},
		{"漢字漢字漢字", 7, "漢…字"},
		{"漢字漢字漢字", 8, "漢字…字"},
		{"abcdefe\u0301", 4, "ab…e\u0301"},
		{"abc", 1, "…"},
		{"", 1, ""},
	} {
		if got := shorten(c.in, c.width); got != c.want || displayWidth(got) > c.width {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func BenchmarkText(b *testing.B) {
	doc := sampleDocument()
	t := &doc.Tables[1]
	for range 2500 {
		t.Rows = append(t.Rows, t.Rows[:4]...)
	}
	for b.Loop() {
		if out := text(b, doc, TextOptions{Width: 120}); out == "" {
			b.Fatal("empty")
		}
	}
}

// TestProseStaysWithItsRow: whatever the texts are, each stands below its own
// row, and no character of it moves the lines.
func TestProseStaysWithItsRow(t *testing.T) {
	hostile := rapid.SampledFrom([]string{"a", "word ", " ", "\n", "\r\n", "\x1b[2J", "\t", "日本", "e\u0301\u0301", "\u2028", "\u202e", "\xff", "─", "  ", strings.Repeat("x", 70)})
	rapid.Check(t, func(t *rapid.T) {
		table := Table{Name: "t", Layout: Grid, Columns: []Column{
			{Name: "row", Type: String}, {Name: "text", Type: String}, {Name: "count", Type: Int, Unit: "requests", Weight: 1}, {Name: "why", Type: String, Weight: 2, Prose: true},
			{Name: "also", Type: String, Weight: 3, Prose: true},
		}}
		draw := func(label string) string { return strings.Join(rapid.SliceOfN(hostile, 0, 6).Draw(t, label), "") }
		n := rapid.IntRange(1, 5).Draw(t, "rows")
		for i := range n {
			table.AddRow(fmt.Sprintf("row%d", i), draw("text"), int64(i), fmt.Sprintf("why%d %s", i, draw("why")), draw("also"))
		}
		got := text(t, &Document{Command: "c", Tables: []Table{table}}, TextOptions{Width: rapid.IntRange(1, 90).Draw(t, "width")})
		if safe := SafeLines(got); safe != got {
			t.Fatalf("not safe: %q", got)
		}
		row := -1
		for _, line := range strings.Split(got, "\n") {
			if strings.HasPrefix(line, fmt.Sprintf("row%d", row+1)) {
				row++
			}
			if at := strings.Index(line, "why"); at >= 0 && row >= 0 && at+3 < len(line) && '0' <= line[at+3] && line[at+3] <= '9' && line[at+3] != byte('0'+row) {
				t.Fatalf("below row %d: %q in\n%s", row, line, got)
			}
		}
		if row != n-1 {
			t.Fatalf("%d of %d rows:\n%s", row+1, n, got)
		}
	})
}
