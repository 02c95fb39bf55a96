package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// pageElements are all that a page may have, with their attributes.
var pageElements = map[string]string{
	"html": "lang", "head": "", "meta": "charset http-equiv content name", "title": "", "style": "", "body": "",
	"header": "", "main": "", "nav": "aria-label", "section": "id class aria-labelledby", "div": "class role tabindex aria-labelledby",
	"h1": "", "h2": "id", "b": "", "p": "class", "span": "class", "ul": "", "li": "", "dl": "class", "dt": "", "dd": "", "a": "href",
	"details": "", "summary": "", "table": "", "caption": "", "thead": "", "tbody": "", "tr": "", "th": "scope class title", "td": "class title",
	"svg": "viewbox preserveaspectratio aria-hidden", "rect": "class width height",
}

func htmlOf(t testing.TB, doc *Document) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteHTML(&out, doc); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// parsePage reads a page as a browser does, and fails unless it is made of
// pageElements, names every id once and asks for nothing.
func parsePage(t testing.TB, text string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for n := range root.Descendants() {
		switch n.Type {
		case html.CommentNode:
			t.Fatalf("comment %q", n.Data)
		case html.ElementNode:
		default:
			continue
		}
		allowed, ok := pageElements[n.Data]
		if !ok {
			t.Fatalf("element %s", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case !slices.Contains(strings.Fields(allowed), strings.ToLower(a.Key)):
				t.Fatalf("attribute %s of %s", a.Key, n.Data)
			case a.Key == "href" && !strings.HasPrefix(a.Val, "#table-"):
				t.Fatalf("link to %q", a.Val)
			case a.Key == "http-equiv" && a.Val != "Content-Security-Policy":
				t.Fatalf("http-equiv %q", a.Val)
			case a.Key == "id" && ids[a.Val]:
				t.Fatalf("id %s is there twice", a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			}
		}
	}
	return root
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// find is all elements of a kind below a node, in their order.
func find(n *html.Node, element string) (out []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == element {
			out = append(out, d)
		}
	}
	return out
}

func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func contents(nodes []*html.Node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, content(n))
	}
	return out
}

// checkPage compares a page with its document, cell by cell.
func checkPage(t testing.TB, doc *Document) {
	t.Helper()
	text := htmlOf(t, doc)
	root := parsePage(t, text)
	sections := map[string]*html.Node{}
	var classes []string
	for _, s := range find(root, "section") {
		sections[attribute(s, "id")] = s
		classes = append(classes, attribute(s, "class"))
	}
	header := find(root, "header")[0]
	labels, texts := contents(find(header, "dt")), contents(find(header, "dd"))
	for i, f := range doc.About {
		if len(labels) != len(doc.About) || labels[i] != SafeText(f.Label) || texts[i] != SafeText(f.Text) {
			t.Fatalf("about %q: %q, want %q", labels, texts, doc.About)
		}
	}
	for class, list := range map[string][]string{"warnings": doc.Warnings, "notes": doc.Notes} {
		at := slices.Index(classes, class)
		if at < 0 != (len(list) == 0) {
			t.Fatalf("section of %s at %d, of %d", class, at, len(list))
		}
		if at >= 0 {
			if diff := cmp.Diff(safeTexts(list), contents(find(find(root, "section")[at], "li"))); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", class, diff)
			}
		}
	}
	for i := range doc.Tables {
		table := &doc.Tables[i]
		section := sections["table-"+table.Name]
		switch {
		case (section == nil) != (len(table.Rows) == 0):
			t.Fatalf("table %s: shown %v, %d rows", table.Name, section != nil, len(table.Rows))
		case section == nil:
		case table.isGrid():
			checkGrid(t, table, section)
		default:
			checkTiles(t, table, section)
		}
	}
}

func checkTiles(t testing.TB, table *Table, section *html.Node) {
	t.Helper()
	values := find(section, "b")
	for i, label := range find(section, "dt") {
		c := &table.Columns[i]
		if want := c.label(); content(label) != want {
			t.Fatalf("table %s: label %q, want %q", table.Name, content(label), want)
		}
		checkCell(t, c, table.Rows[0][i], content(values[i]), "")
	}
	if len(values) != len(table.Columns) {
		t.Fatalf("table %s: %d tiles for %d columns", table.Name, len(values), len(table.Columns))
	}
}

func checkGrid(t testing.TB, table *Table, section *html.Node) {
	t.Helper()
	columns := pageColumns(table)
	var seen []int
	for _, c := range columns {
		if c.whole < 0 {
			seen = append(seen, c.at)
		}
	}
	slices.Sort(seen)
	if seen = slices.Compact(seen); len(seen) != len(table.Columns) {
		t.Fatalf("table %s: columns %v of %d", table.Name, seen, len(table.Columns))
	}
	rows := find(section, "tr")
	if len(rows) != 1+min(len(table.Rows), maxPageRows) {
		t.Fatalf("table %s: %d lines for %d rows", table.Name, len(rows), len(table.Rows))
	}
	for n, row := range rows {
		var cells []*html.Node
		for c := range row.ChildNodes() {
			cells = append(cells, c)
		}
		if len(cells) != len(columns) {
			t.Fatalf("table %s: %d cells for %d columns", table.Name, len(cells), len(columns))
		}
		for i, c := range columns {
			switch {
			case n == 0 && c.whole < 0:
				if got := content(cells[i]); got != c.label() {
					t.Fatalf("table %s: heading %q, want %q", table.Name, got, c.label())
				}
			case n == 0:
			case c.whole >= 0:
				checkCell(t, &Column{Type: Share}, shareOf(table.Rows[n-1][c.at], table.Rows[n-1][c.whole]), content(cells[i]), attribute(cells[i], "title"))
			default:
				checkCell(t, c.Column, table.Rows[n-1][c.at], content(cells[i]), attribute(cells[i], "title"))
			}
		}
	}
}

// checkCell compares what is shown of a cell with what a terminal shows, and
// the exact value with that of CSV.
func checkCell(t testing.TB, c *Column, v any, shown, exact string) {
	t.Helper()
	digits := func(s string) string { return strings.ReplaceAll(strings.TrimSuffix(s, " bytes"), ",", "") }
	text := c.format(v)
	record, _ := c.inRecord(v)
	if shown != text && shown != record {
		t.Fatalf("column %s: cell %q shows %q", c.Name, text, shown)
	}
	want := ""
	switch v := v.(type) {
	case int64:
		if want = csvCell(v); exact == "" {
			exact = shown
		}
		exact = strings.TrimSuffix(exact, " B") // of less than a thousand bytes
	case float64:
		if value(v) == nil || shown == record && exact == "" {
			return
		}
		want = csvCell(v)
	case string:
		want, exact = SafeText(v), shown
	default:
		return
	}
	if digits(exact) != digits(want) {
		t.Fatalf("column %s: cell %v is %q exactly", c.Name, v, exact)
	}
}

func TestHTMLReadsBack(t *testing.T) {
	for name, doc := range documents() {
		checkPage(t, doc)
		checkSafe(t, name, htmlOf(t, doc), "\n")
	}
	checkPage(t, pageDocument())
	checkPage(t, &Document{Command: "check"})
}

func TestHTMLGolden(t *testing.T) {
	golden(t, "replay.html", []byte(htmlOf(t, sampleDocument())))
	golden(t, "recommend.html", []byte(htmlOf(t, pageDocument())))
}

// pageDocument has what a page shows otherwise than a terminal: a share that is
// no column, a bar, details, text to be read whole, more columns than fit.
func pageDocument() *Document {
	suggestions := Table{Name: "suggestions", Title: "Suggested entries", Columns: []Column{
		{Name: "entry", Type: String}, {Name: "bad_requests", Type: Int, Unit: "requests"}, {Name: "reason", Type: String, Weight: 1, Prose: true},
	}}
	for i := range 20 {
		suggestions.Columns = append(suggestions.Columns, Column{Name: fmt.Sprintf("evidence_%d", i), Type: Int, Weight: 2 + i})
	}
	row := []any{"203.0.113.0/28", int64(160), "2 of 2 addresses seen are bad: probing"}
	for i := range 20 {
		row = append(row, int64(1000*i))
	}
	suggestions.AddRow(row...)
	countries := Table{Name: "countries", Title: "Countries", Columns: []Column{
		{Name: "value", Type: String}, {Name: "requests", Type: Int, Unit: "requests"}, {Name: "denied_requests", Type: Int, Unit: "requests", Of: "requests"},
		{Name: "mean_share", Type: Share},
	}}
	countries.AddRow("DE", int64(3), int64(1), 0.5)
	countries.AddRow("VN", int64(1_000_000), int64(999_999), 1.0)
	countries.AddRow("XX", int64(0), int64(0), math.NaN())
	countries.AddRow("(other)", nil, int64(2), nil)
	days := Table{Name: "days", Detail: true, Columns: []Column{{Name: "covered", Type: Share}, {Name: "used", Type: Int, Unit: "entries"}, {Name: "hits", Type: Float, Unit: "requests a day"}}}
	for range 3 {
		days.AddRow(0.25, int64(1), 0.333333)
	}
	return &Document{
		Command: "recommend", About: []Fact{{"Inputs", "a.log: 3 lines, 3 requests"}}, Lead: []string{"The suggested 1 entry would stop 160 requests."},
		Warnings: []string{"one"}, Tables: []Table{suggestions, countries, {Name: "empty", Columns: days.Columns}, days},
	}
}

func TestHTMLPage(t *testing.T) {
	root := parsePage(t, htmlOf(t, pageDocument()))
	var bars []string
	for _, r := range find(root, "rect") {
		if attribute(r, "class") == "" {
			bars = append(bars, attribute(r, "width"))
		}
	}
	if want := []string{"33.33", "100.00", "25.00", "25.00", "25.00"}; !slices.Equal(bars, want) {
		t.Errorf("bars %q, want %q", bars, want)
	}
	if got := contents(find(root, "h2")); !slices.Equal(got, []string{"1 warning", "Suggested entries", "Countries", "days"}) {
		t.Errorf("titles %q", got)
	}
	headings := contents(find(find(root, "table")[1], "th"))[:5]
	if want := []string{"value", "requests", "denied requests", "denied share", "mean share"}; !slices.Equal(headings, want) {
		t.Errorf("headings %q, want %q", headings, want)
	}
	if got := contents(find(root, "details")); len(got) != 1 || !strings.Contains(got[0], "3 rows") {
		t.Errorf("details %q", got)
	}
	if got := content(find(root, "p")[1]); !strings.HasPrefix(got, "Not printed: evidence 10, ") {
		t.Errorf("columns that paper has no room for: %q", got)
	}
	if got := htmlOf(t, everywhere("x")); strings.Contains(got, "Not printed") || strings.Contains(got, "<nav") {
		t.Error("columns that are not printed, or a list of contents of three tables")
	}
}

// TestHTMLPolicy: the style sheet is the only thing that the page's policy
// allows, and has no address in it.
func TestHTMLPolicy(t *testing.T) {
	root := parsePage(t, htmlOf(t, sampleDocument()))
	style := content(find(root, "style")[0])
	sum := sha256.Sum256([]byte(style))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	if got := attribute(find(root, "meta")[1], "content"); got != want {
		t.Errorf("policy %q, want %q", got, want)
	}
	for _, s := range []string{"url(", "@import", "//", "\\"} {
		if strings.Contains(style, s) {
			t.Errorf("style sheet has %q", s)
		}
	}
}

func TestHTMLCutsLongTables(t *testing.T) {
	table := Table{Name: "t", Columns: []Column{{Name: "n", Type: Int, Unit: "lines"}}, Omitted: "and more"}
	for i := range int64(maxPageRows + 1) {
		table.AddRow(i)
	}
	doc := &Document{Command: "x", Tables: []Table{table}}
	checkPage(t, doc)
	got := contents(find(parsePage(t, htmlOf(t, doc)), "p"))
	if want := []string{"The first 2,000 of 2,001 rows (--as csv has them all).", "and more"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestHTMLContrast holds the colours of text to WCAG 2.1, AA, by day and night.
func TestHTMLContrast(t *testing.T) {
	themes := strings.Split(htmlStyle, "prefers-color-scheme: dark")
	for i, theme := range themes {
		colour := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(theme, -1) {
			colour[m[1]] = m[2]
		}
		for _, pair := range []string{"text page", "muted page", "link page", "text band", "muted band", "doubt-text doubt"} {
			front, back, _ := strings.Cut(pair, " ")
			a, b := luminance(t, colour[front]), luminance(t, colour[back])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
				t.Errorf("theme %d: %s: contrast %.2f", i, pair, ratio)
			}
		}
	}
	if len(themes) != 2 {
		t.Errorf("%d themes", len(themes))
	}
}

func luminance(t *testing.T, colour string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// everywhere is a document that says s wherever it can.
func everywhere(s string) *Document {
	columns := func(of string) []Column {
		return []Column{
			{Name: "a", Type: String, Label: s}, {Name: "b", Type: Int, Unit: s, Label: s, Of: of}, {Name: "c", Type: Int, Unit: "bytes"}, {Name: "d", Type: Float, Unit: s, Label: s},
			{Name: "e", Type: Time, Label: s}, {Name: "f", Type: String, Unit: s, Label: s, Prose: true}, {Name: "g", Type: Share, Unit: s, Label: s},
		}
	}
	row := []any{s, int64(1), int64(2000), 0.5, time.Unix(0, 0), s, 0.75}
	list := []string{s, s}
	return &Document{
		Command: "x", Ruleset: s, About: []Fact{{s, s}, {s, s}}, Lead: list, Warnings: list, Notes: list,
		Tables: []Table{
			{Name: "grid", Title: s, Columns: columns("c"), Rows: [][]any{row, row}, Omitted: s},
			{Name: "detail", Title: s, Columns: columns(""), Rows: [][]any{row, row}, Omitted: s, Detail: true},
			{Name: "record", Title: s, Layout: Record, Columns: columns(""), Rows: [][]any{row}, Omitted: s},
			{Name: "none", Title: s, Columns: columns(""), Omitted: s},
		},
	}
}

// skeleton is a page without its texts: elements in their order, with the
// names of their attributes.
func skeleton(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
			}
		}
	}
	return b.String()
}

// checkHostile fails if a text that is everywhere does anything but be shown.
func checkHostile(t *testing.T, s string) {
	doc := everywhere(s)
	checkPage(t, doc)
	text := htmlOf(t, doc)
	checkSafe(t, "page", text, "\n")
	if got, want := skeleton(parsePage(t, text)), skeleton(parsePage(t, htmlOf(t, everywhere("x")))); got != want {
		t.Fatalf("%q changes the page: %s", s, cmp.Diff(want, got))
	}
	for i, p := range find(parsePage(t, text), "p") {
		if class := attribute(p, "class"); class != "paper" && content(p) != SafeText(s) {
			t.Fatalf("paragraph %d is %q", i, content(p))
		}
	}
}

var hostilePages = []string{
	`"><img src=x onerror=alert(1)>`, "</title><script>alert(1)</script>", "</style><style>*{display:none}</style>", "-->", "<!--", "]]>", "<![CDATA[",
	"</textarea></svg></math>", "{{.Style}}", "&lt;script&gt;", "&#0;&colon;", "javascript:alert(1)", "' onmouseover='alert(1)", "`", "\x00<\x00script>", "\u202e<b>", "+ADw-script+AD4-",
}

func TestHTMLHostile(t *testing.T) {
	for _, s := range slices.Concat(hostile, hostilePages) {
		if s != "" {
			checkHostile(t, s[:min(len(s), 2000)])
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range slices.Concat(hostile, hostilePages) {
		f.Add(s[:min(len(s), 2000)])
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s != "" {
			checkHostile(t, s)
		}
	})
}
