package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

func documents() map[string]*Document {
	return map[string]*Document{"sample": sampleDocument(), "hostile": hostileDocument()}
}

// jsonCell is what encoding/json reads from a cell that was written.
func jsonCell(v any) any {
	switch v := value(v).(type) {
	case string:
		return validText(v)
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return json.Number(b)
	case time.Time:
		return v.UTC().Format(timeLayout)
	default:
		return v
	}
}

func TestJSONReadsBack(t *testing.T) {
	for name, doc := range documents() {
		var out bytes.Buffer
		if err := WriteJSON(&out, doc); err != nil {
			t.Fatal(err)
		}
		checkSafe(t, name, out.String(), "\n")
		dec := json.NewDecoder(&out)
		dec.UseNumber()
		var got struct {
			Schema   int              `json:"schema_version"`
			Command  string           `json:"command"`
			Ruleset  map[string]any   `json:"ruleset"`
			Warnings []string         `json:"warnings"`
			Tables   map[string][]any `json:"tables"`
		}
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Schema != SchemaVersion || got.Command != doc.Command || got.Ruleset["name"] == nil || len(got.Tables) != len(doc.Tables) {
			t.Errorf("%s: got %+v", name, got)
		}
		for i, w := range doc.Warnings {
			if got.Warnings[i] != validText(w) {
				t.Errorf("%s: warning %q became %q", name, w, got.Warnings[i])
			}
		}
		for _, table := range doc.Tables {
			rows := got.Tables[table.Name]
			if rows == nil || len(rows) != len(table.Rows) {
				t.Fatalf("%s: table %s: %d rows, want %d", name, table.Name, len(rows), len(table.Rows))
			}
			for n, row := range table.Rows {
				want := map[string]any{}
				for i, v := range row {
					want[table.Columns[i].Name] = jsonCell(v)
				}
				if diff := cmp.Diff(want, rows[n]); diff != "" {
					t.Errorf("%s: table %s, row %d (-want +got):\n%s", name, table.Name, n, diff)
				}
			}
		}
	}
}

func TestJSONGolden(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, sampleDocument()); err != nil {
		t.Fatal(err)
	}
	golden(t, "replay.json", out.Bytes())
	out.Reset()
	if err := WriteJSON(&out, &Document{Command: "check"}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "{\"schema_version\":1,\n\"command\":\"check\",\n\"ruleset\":null,\n\"warnings\":[],\n\"tables\":{}}\n"; got != want {
		t.Errorf("empty document: %s", got)
	}
	if err := WriteJSON(io.Discard, &Document{Command: "check", Ruleset: math.NaN()}); err == nil {
		t.Error("a ruleset that is no JSON was written")
	}
}

func TestCSVReadsBack(t *testing.T) {
	for name, doc := range documents() {
		for i := range doc.Tables {
			table := &doc.Tables[i]
			var out bytes.Buffer
			if err := WriteCSV(&out, table); err != nil {
				t.Fatal(err)
			}
			checkSafe(t, name, out.String(), "\n")
			got, err := csv.NewReader(&out).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(table.Rows)+1 {
				t.Fatalf("%s: table %s: %d lines for %d rows", name, table.Name, len(got), len(table.Rows))
			}
			for c, column := range table.Columns {
				if got[0][c] != column.Name {
					t.Errorf("header %q, want %q", got[0][c], column.Name)
				}
				for n, row := range table.Rows {
					checkCSVCell(t, row[c], got[n+1][c])
				}
			}
		}
	}
}

func checkCSVCell(t *testing.T, cell any, got string) {
	t.Helper()
	var want string
	switch v := jsonCell(cell).(type) {
	case json.Number:
		want = v.String()
		if f, ok := cell.(float64); ok {
			want = csvCell(f)
		}
	case bool:
		want = map[bool]string{true: "true", false: "false"}[v]
	case string:
		want = v
		if s, ok := cell.(string); ok {
			want = SafeText(s)
			got = strings.TrimPrefix(got, "'")
			got = strings.ReplaceAll(got, ";'", ";")
		}
	}
	if got != want {
		t.Errorf("cell %+q: %+q, want %+q", cell, got, want)
	}
}

func TestCSVFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@A1": "'@A1", "\t=1": `\t=1`, "\r=1": `\r=1`, " =1": "' =1", `"=1`: `'"=1`,
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠1": "'＠1", "\x00=1": `\x00=1`, "\u200b=1": `\u200b=1`,
		"a;=1": "a;'=1", `a;" =1`: `a;'" =1`, "a;b=1": "a;b=1", "a=1": "a=1", "1-2": "1-2", "": "", "'": "'",
		"Mozilla/5.0 (X11; U; en-US)": "Mozilla/5.0 (X11; U; en-US)",
	} {
		if got := csvCell(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	// Numbers are numbers, negative or not.
	if got := csvCell(int64(-5)); got != "-5" {
		t.Errorf("-5 becomes %q", got)
	}
}

func TestParquetReadsBack(t *testing.T) {
	for name, doc := range documents() {
		for i := range doc.Tables {
			table := &doc.Tables[i]
			var out bytes.Buffer
			if err := WriteParquet(&out, table); err != nil {
				t.Fatal(err)
			}
			f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
			if err != nil {
				t.Fatal(err)
			}
			checkParquetSchema(t, f, table)
			r := parquet.NewReader(f)
			for n, want := range table.Rows {
				rows := make([]parquet.Row, 1)
				if k, err := r.ReadRows(rows); k != 1 {
					t.Fatalf("%s: table %s, row %d: %v", name, table.Name, n, err)
				}
				for c, v := range want {
					if got := parquetCell(rows[0][c]); got != parquetWant(v) {
						t.Errorf("%s: table %s, row %d, %s: %v, want %v", name, table.Name, n, table.Columns[c].Name, got, v)
					}
				}
			}
			if f.NumRows() != int64(len(table.Rows)) {
				t.Errorf("%s: table %s: %d rows", name, table.Name, f.NumRows())
			}
		}
	}
}

func parquetCell(v parquet.Value) any {
	if v.IsNull() {
		return nil
	}
	switch v.Kind() {
	case parquet.Int64:
		return v.Int64()
	case parquet.Double:
		return v.Double()
	case parquet.Boolean:
		return v.Boolean()
	}
	return string(v.ByteArray())
}

func parquetWant(v any) any {
	switch v := value(v).(type) {
	case string:
		return validText(v)
	case time.Time:
		return v.UnixMicro()
	default:
		return v
	}
}

func checkParquetSchema(t *testing.T, f *parquet.File, table *Table) {
	t.Helper()
	want := map[Type]string{
		String: "STRING", Int: "INT64", Share: "DOUBLE", Float: "DOUBLE", Bool: "BOOLEAN",
		Time: "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)",
	}
	fields := f.Schema().Fields()
	for i, c := range table.Columns {
		got := fields[i].Type().String()
		if got == "INT(64,true)" {
			got = "INT64"
		}
		if fields[i].Name() != c.Name || got != want[c.Type] || !fields[i].Optional() {
			t.Errorf("column %s: %s %s, optional %v", c.Name, fields[i].Name(), fields[i].Type(), fields[i].Optional())
		}
		if unit, ok := f.Lookup("rulecast.unit." + c.Name); unit != c.Unit || ok != (c.Unit != "") {
			t.Errorf("column %s: unit %q", c.Name, unit)
		}
	}
	if v, _ := f.Lookup("rulecast.schema_version"); v != "1" {
		t.Errorf("schema version %q", v)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "reports")
	doc := sampleDocument()
	if err := WriteFiles(dir, doc, []string{AsTable, AsCSV, AsParquet, AsJSON, AsHTML}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"agents.csv", "agents.parquet", "entries.csv", "entries.parquet", "overlap.csv", "overlap.parquet",
		"replay.html", "replay.json", "replay.txt", "summary.csv", "summary.parquet", "warnings.csv", "warnings.parquet",
	}
	if got := list(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %q", got)
	}
	got, err := os.ReadFile(filepath.Join(dir, "replay.txt"))
	if err != nil || string(got) != text(t, doc, TextOptions{Width: fileWidth}) {
		t.Errorf("replay.txt differs (%v)", err)
	}

	// A warning that is gone does not stay in its file.
	warned, err := os.ReadFile(filepath.Join(dir, "warnings.csv"))
	if rows := strings.Split(string(warned), "\n"); err != nil || len(rows) != len(doc.Warnings)+2 || rows[0] != "warning" || len(doc.Warnings) == 0 {
		t.Errorf("warnings.csv for %d warnings: %q (%v)", len(doc.Warnings), warned, err)
	}
	quiet := sampleDocument()
	quiet.Warnings = nil
	if err := WriteFiles(dir, quiet, []string{AsCSV}); err != nil {
		t.Fatal(err)
	}
	if warned, err := os.ReadFile(filepath.Join(dir, "warnings.csv")); err != nil || string(warned) != "warning\n" {
		t.Errorf("warnings.csv for none: %q (%v)", warned, err)
	}

	// A document with an error leaves all as it was.
	doc.Tables[3].Rows[1][1] = 7 // an int is no int64
	if err := WriteFiles(dir, doc, []string{AsJSON}); err == nil || !strings.Contains(err.Error(), "table agents: column requests: a cell is int") {
		t.Errorf("error %v", err)
	}
	taken := sampleDocument()
	taken.Tables[0].Name = "warnings"
	if err := WriteFiles(dir, taken, []string{AsCSV}); err == nil || !strings.Contains(err.Error(), "table warnings: twice") {
		t.Errorf("error %v", err)
	}
	if err := WriteFiles(dir, sampleDocument(), []string{AsCSV, "xlsx"}); err == nil || !strings.Contains(err.Error(), `"xlsx"`) {
		t.Errorf("error %v", err)
	}
	if got := list(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %q", got)
	}
}

func TestWriteFileLeavesNothingPartial(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ruleset.yaml")
	write := func(s string, err error) error {
		return WriteFile(path, func(w io.Writer) error {
			if _, err := io.WriteString(w, s); err != nil {
				return err
			}
			return err
		})
	}
	if err := write("whole", nil); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := write("part", broken); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "whole" {
		t.Errorf("%q, %v", got, err)
	}
	if got := list(t, dir); len(got) != 1 {
		t.Errorf("files %q", got)
	}
}

func TestCheckRefuses(t *testing.T) {
	columns := []Column{{Name: "n", Type: Int}}
	for want, tables := range map[string][]Table{
		"not a name":     {{Name: "../x", Columns: columns}},
		"no columns":     {{Name: "x"}},
		"twice":          {{Name: "x", Columns: columns}, {Name: "x", Columns: columns}},
		"or twice":       {{Name: "x", Columns: append(columns, columns...)}},
		"for 1 columns":  {{Name: "x", Columns: columns, Rows: [][]any{{int64(1), int64(2)}}}},
		"no part of one": {{Name: "x", Columns: []Column{{Name: "n", Type: Int, Of: "m"}}}},
		"a cell is bool": {{Name: "x", Columns: columns, Rows: [][]any{{true}}}},
	} {
		for _, write := range []func(io.Writer, *Document) error{
			WriteJSON, WriteHTML, func(w io.Writer, d *Document) error { return WriteText(w, d, TextOptions{}) },
		} {
			if err := write(io.Discard, &Document{Command: "x", Tables: tables}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
		}
	}
}
