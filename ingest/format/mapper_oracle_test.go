package format

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// cellsOf are the values that a cutter finds in a line.
func cellsOf(c rowCutter, line []byte) ([]string, string) {
	cells := make([]cell, len(line)+1)
	columns, reason := c.cut(line, cells)
	var values []string
	for _, at := range cells[:columns] {
		v, _ := c.value(line, at, nil)
		values = append(values, string(v))
	}
	return values, reason
}

// TestRowCutterOracle compares with encoding/csv, which refuses quotes within
// bare values where the cutter lets them stand, unless told to be lazy; and
// lazy, it lets quotes go on that the cutter refuses.
func TestRowCutterOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringOfN(rapid.SampledFrom([]rune("\",,;ab é")), 1, 20, -1).Draw(t, "line")
		delimiter := rapid.SampledFrom([]byte(",;|")).Draw(t, "delimiter")
		got, reason := cellsOf(rowCutter{delimiter: delimiter}, []byte(line))
		r := csv.NewReader(strings.NewReader(line))
		r.Comma = rune(delimiter)
		want, err := r.Read()
		if err == nil && (reason != "" || !cmp.Equal(want, got)) {
			t.Fatalf("%q: %q (%s), want %q", line, got, reason, want)
		}
		if err != nil && reason == "" && !bareQuote(line, delimiter) {
			t.Fatalf("%q: %q, want the error %v", line, got, err)
		}
	})
}

// bareQuote reports whether a value that does not begin with a quote has one.
func bareQuote(line string, delimiter byte) bool {
	quoted := `"(?:[^"]|"")*"`
	bare := `[^"` + string(delimiter) + `][^` + string(delimiter) + `]*`
	value := "(?:" + quoted + "|" + bare + "|)"
	whole := regexp.MustCompile("^" + value + "(?:" + regexp.QuoteMeta(string(delimiter)) + value + ")*$")
	return whole.MatchString(line)
}

// TestTabCutterOracle compares with splitting on TABs.
func TestTabCutterOracle(t *testing.T) {
	quoted := regexp.MustCompile(`^"((?:[^"]|"")*)"$`)
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringOfN(rapid.SampledFrom([]rune("\"\"\t\tab,")), 0, 20, -1).Draw(t, "line")
		want := strings.Split(line, "\t")
		for i, v := range want {
			if m := quoted.FindStringSubmatch(v); m != nil {
				want[i] = strings.ReplaceAll(m[1], `""`, `"`)
			}
		}
		got, reason := cellsOf(rowCutter{delimiter: '\t'}, []byte(line))
		if reason != "" || !cmp.Equal(want, got) {
			t.Fatalf("%q: %q (%s), want %q", line, got, reason, want)
		}
	})
}

func TestBackslashCutter(t *testing.T) {
	for line, want := range map[string][]string{
		`"a\",\"b","c\\",d\"`: {`a\",\"b`, `c\\`, `d\"`},
		`"",""`:               {"", ""},
		`"a\"`:                nil,
	} {
		if got, _ := cellsOf(rowCutter{delimiter: ',', backslash: true}, []byte(line)); !cmp.Equal(want, got) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// TestTimeReaderOracle compares with time.Parse.
func TestTimeReaderOracle(t *testing.T) {
	layouts := []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.000Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04:05.999999", "2006-01-02 15:04:05 -0700",
		"2006-01-02T15:04:05-07", "2006-01-02 15:04:05.999999 UTC", "02/Jan/2006:15:04:05 -0700", "[02/Jan/2006:15:04:05 -0700]", "20060102150405",
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-1e9, 9e9).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns"))
		at = at.In(time.FixedZone("", 900*rapid.IntRange(-56, 56).Draw(t, "zone")))
		text := []byte(at.Format(rapid.SampledFrom(layouts).Draw(t, "layout")))
		if rapid.IntRange(0, 9).Draw(t, "spoilt") == 0 {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "place")] = rapid.SampledFrom([]byte("0159-:.Z")).Draw(t, "byte")
		}
		var want []int64
		for _, layout := range layouts {
			if exact, err := time.Parse(layout, string(text)); err == nil {
				want = append(want, exact.UnixMicro())
			}
		}
		got, ok := new(timeReader).parse(text)
		switch {
		case ok && len(want) == 0 && regexp.MustCompile(`^[0-9.]+$|[,.]|\d \d\d$|[+-]\d\d(:?\d\d)?$|Z$`).Match(text):
			// An epoch, or a form that these layouts lack.
		case ok != (len(want) > 0), ok && got != want[0]:
			t.Fatalf("%s: %d, %v; want %v", text, got, ok, want)
		}
	})
}

func TestTimeReader(t *testing.T) {
	for text, want := range map[string]string{
		"1709294400":                          "2024-03-01T12:00:00Z",
		"1709294400.1":                        "2024-03-01T12:00:00.1Z",
		"1709294400.123456789":                "2024-03-01T12:00:00.123456Z",
		"1709294400123":                       "2024-03-01T12:00:00.123Z",
		"1709294400123.4567":                  "2024-03-01T12:00:00.123456Z",
		"1709294400123456":                    "2024-03-01T12:00:00.123456Z",
		"1709294400123456.9":                  "2024-03-01T12:00:00.123456Z",
		"1709294400123456789":                 "2024-03-01T12:00:00.123456Z",
		"1716723772.6014807":                  "2024-05-26T11:42:52.60148Z",
		"20240301120000":                      "2024-03-01T12:00:00Z",
		"1709294400.123":                      "2024-03-01T12:00:00.123Z",
		"2024-03-01T12:00:00Z":                "2024-03-01T12:00:00Z",
		"2024-03-01t12:00:00.5z":              "2024-03-01T12:00:00.5Z",
		"2024-03-01T13:30:00.123456789+01:30": "2024-03-01T12:00:00.123456Z",
		"2024-03-01 12:00:00":                 "2024-03-01T12:00:00Z",
		"2024-03-01 12:00:00,25 UTC":          "2024-03-01T12:00:00.25Z",
		"2024-03-01 10:00:00 -0200":           "2024-03-01T12:00:00Z",
		"2024-03-01 10:00:00-02":              "2024-03-01T12:00:00Z",
		"2024/03/01 12:00:00.25":              "2024-03-01T12:00:00.25Z",
		"2024/03-01 12:00:00":                 "",
		"[01/Mar/2024:12:00:00 +0000]":        "2024-03-01T12:00:00Z",
		"":                                    "",
		"[]":                                  "",
		"-1":                                  "",
		"1.7e9":                               "",
		"1709294400.":                         "",
		".5":                                  "",
		"1709294400.x":                        "",
		"20241301120000":                      "",
		"20240301126000":                      "",
		"2024-03-01":                          "",
		"2024-03-01T12:00":                    "",
		"2024-03-01_12:00:00":                 "",
		"2024-03-01T12:00:00.":                "",
		"2024-03-01T12:00:00+25:00":           "",
		"2024-03-01T12:00:00 CET":             "",
		"2024-02-30 12:00:00":                 "",
		"01/März/2024:12:00:00 +0000":         "",
	} {
		us, ok := new(timeReader).parse([]byte(text))
		got := ""
		if ok {
			got = time.UnixMicro(us).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzMappedJSON(f *testing.F) {
	fuzzText(f, mapped(f, `client=ip time=t status=s bytes=b url=r.url referer=h.Referer[0]:percent country=c asn=asn user_agent=ua`), []sample{
		{`{"ip":"192.0.2.1","t":"2024-03-01T12:00:00Z","s":200,"b":"1","r":{"url":"https://a.example/p?q"},"h":{"Referer":["https%3A//b.example/"]},"c":"DE","asn":"AS1","ua":"u"}`, ""},
		{`{"ip":"192.0.2.1","t":1709294400.123,"r":{"url":"/a"},"h":{"Referer":"x"}}`, ""},
		{`{"ip":"192.0.2.1, 192.0.2.2"}`, ""},
	})
}

func FuzzMappedCSV(f *testing.F) {
	fuzzText(f, mapped(f, csvFields), mappedCSVSamples())
}

func FuzzMappedNumbered(f *testing.F) {
	fuzzText(f, mapped(f, "client=#2 time=#1 request=#3:backslash host=#4"), []sample{
		{`1709294400|192.0.2.1|"GET /\"a\"|b HTTP/1.1"|a.example`, ""},
		{"[01/Mar/2024:12:00:00 +0000]\t192.0.2.1\t\"GET / HTTP/1.1\"\ta.example", ""},
		{"#1,#2,#3,#4\n1,192.0.2.1,-,-", ""},
	})
}

// FuzzMappedHeader demands that a decoder that begins in the middle with the
// header does as one that has read everything.
func FuzzMappedHeader(f *testing.F) {
	formats := []*Format{mapped(f, "client=ip time=t"), mapped(f, "client=#2 time=#1")}
	f.Add([]byte("x\nt,ip\n1,192.0.2.1\n"), []byte("2,192.0.2.2\nt,ip\n"))
	f.Add([]byte("1|192.0.2.1\n"), []byte("#1|#2\n2|192.0.2.1\n2,192.0.2.1\n"))
	f.Add([]byte(`{"ip":"192.0.2.1"}`+"\n"), []byte(`{"ip":"192.0.2.1"}`+"\n"))
	b := record.NewBuilder(record.AllColumns)
	f.Fuzz(func(t *testing.T, before, behind []byte) {
		if bytes.Count(before, []byte{'\n'})+bytes.Count(behind, []byte{'\n'}) >= record.BatchRows/2 {
			return
		}
		before, behind = append(bytes.Clone(before), '\n'), append(bytes.Clone(behind), '\n')
		for _, format := range formats {
			first := decodeWith(t, format, b, string(before))
			whole := decodeWith(t, format, b, string(before), string(behind))
			header := format.Header(before, 1<<20, true)
			text := ""
			if header != nil {
				text = string(header) + "\n"
			}
			rest := decodeWith(t, format, b, text, string(behind))
			if diff := cmp.Diff(whole.Rows[len(first.Rows):], rest.Rows); diff != "" && len(whole.Rows)+len(rest.Rows) > len(first.Rows) {
				t.Errorf("%q, %q (-whole +behind %q):\n%s", before, behind, header, diff)
			}
			if header != nil && rest.Skipped < 1 {
				t.Errorf("the header %q is no header", header)
			}
		}
	})
}
