package format

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	gocmp "github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// arrowForm is one way to write a log as Arrow.
type arrowForm struct {
	stream  bool
	options []ipc.Option
	batch   int                                           // rows
	types   func(name string, number bool) arrow.DataType // of a column
}

func dictionaryOf(index arrow.DataType, value arrow.DataType) arrow.DataType {
	return &arrow.DictionaryType{IndexType: index, ValueType: value}
}

// arrowForms have all types of text and of whole numbers.
func arrowForms() map[string]arrowForm {
	ints := func(text arrow.DataType) func(string, bool) arrow.DataType {
		return func(name string, number bool) arrow.DataType {
			switch {
			case !number:
				return text
			case name == "sc_status":
				return arrow.PrimitiveTypes.Uint16
			case name == "asn":
				return arrow.PrimitiveTypes.Uint8
			}
			return arrow.PrimitiveTypes.Int64
		}
	}
	mixed := func(name string, number bool) arrow.DataType {
		switch name {
		case "c_ip":
			return dictionaryOf(arrow.PrimitiveTypes.Uint32, arrow.BinaryTypes.String)
		case "cs_referer":
			return dictionaryOf(arrow.PrimitiveTypes.Int16, arrow.BinaryTypes.String)
		case "sc_status":
			if number {
				return dictionaryOf(arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int32)
			}
			return dictionaryOf(arrow.PrimitiveTypes.Uint8, arrow.BinaryTypes.String)
		case "cs_uri_query":
			return dictionaryOf(arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.Binary)
		case "x_host_header":
			return arrow.BinaryTypes.LargeBinary
		}
		if number {
			return arrow.PrimitiveTypes.Uint64
		}
		return arrow.BinaryTypes.LargeString
	}
	return map[string]arrowForm{
		"file":              {batch: 1e6, types: ints(arrow.BinaryTypes.String)},
		"file zstd":         {batch: 700, types: ints(arrow.BinaryTypes.LargeString), options: []ipc.Option{ipc.WithZstd()}},
		"file lz4":          {batch: 700, types: ints(arrow.BinaryTypes.String), options: []ipc.Option{ipc.WithLZ4()}},
		"file dictionaries": {batch: 1e6, types: mixed, options: []ipc.Option{ipc.WithLZ4()}},
		"stream":            {batch: 700, stream: true, types: ints(arrow.BinaryTypes.Binary)},
		"stream replaced":   {batch: 700, stream: true, types: mixed},
		"stream of deltas":  {batch: 700, stream: true, types: mixed, options: []ipc.Option{ipc.WithDictionaryDeltas(true), ipc.WithZstd()}},
		"views":             {batch: 900, types: ints(arrow.BinaryTypes.StringView)},
		"views zstd":        {batch: 900, stream: true, types: ints(arrow.BinaryTypes.BinaryView), options: []ipc.Option{ipc.WithZstd()}},
		"stream many":       {batch: 33, stream: true, types: mixed},
	}
}

// writeArrow writes rows, structs with parquet tags, as Arrow.
func writeArrow[T any](t testing.TB, rows []T, form arrowForm) []byte {
	t.Helper()
	kind := reflect.TypeFor[T]()
	var fields []arrow.Field
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("parquet"), ",")
		element := kind.Field(i).Type
		number := element.Kind() == reflect.Int32 || element.Kind() == reflect.Int64
		fields = append(fields, arrow.Field{Name: name, Type: form.types(name, number), Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	var records []arrow.Record
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for len(rows) > 0 {
		n := min(len(rows), form.batch)
		for _, row := range rows[:n] {
			for i := range fields {
				v := reflect.ValueOf(row).Field(i)
				if v.Kind() == reflect.Pointer && v.IsNil() {
					b.Field(i).AppendNull()
				} else if err := appendArrow(b.Field(i), fmt.Sprint(reflect.Indirect(v))); err != nil {
					t.Fatal(err)
				}
			}
		}
		records = append(records, b.NewRecord())
		rows = rows[n:]
	}
	return writeRecords(t, schema, records, form)
}

func appendArrow(b array.Builder, text string) error {
	if binary, ok := b.(*array.BinaryBuilder); ok { // which would want base64
		binary.Append([]byte(text))
		return nil
	}
	if view, ok := b.(*array.BinaryViewBuilder); ok {
		view.Append([]byte(text))
		return nil
	}
	if binary, ok := b.(*array.BinaryDictionaryBuilder); ok {
		return binary.Append([]byte(text))
	}
	return b.AppendValueFromString(text)
}

func writeRecords(t testing.TB, schema *arrow.Schema, records []arrow.Record, form arrowForm) []byte {
	t.Helper()
	var buf seekBuffer
	options := append(form.options, ipc.WithSchema(schema))
	var w interface {
		Write(arrow.Record) error
		Close() error
	} = ipc.NewWriter(&buf, options...)
	if !form.stream {
		var err error
		if w, err = ipc.NewFileWriter(&buf, options...); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// seekBuffer can say where it is, which is all that the writer of files asks.
type seekBuffer struct{ bytes.Buffer }

func (b *seekBuffer) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, fmt.Errorf("not supported")
	}
	return int64(b.Len()), nil
}

func readArrow(data []byte, wants record.Columns) (outcome, error) {
	return readTable(arrowFile(), data, wants)
}

// TestArrowIsParquet reads one log as Arrow, in all forms, as Parquet and as
// JSON, which has to come to the same.
func TestArrowIsParquet(t *testing.T) {
	text, typed, textJSON, typedJSON := randomLog(2500)
	all := record.AllColumns
	wantText, wantTyped := decodeBlocks(t, cloudFrontJSON(), all, textJSON), decodeBlocks(t, cloudFrontJSON(), all, typedJSON)
	for _, c := range []struct {
		data []byte
		want outcome
	}{{writeParquet(t, text), wantText}, {writeParquet(t, typed), wantTyped}} {
		if got, err := readParquet(c.data, all); err != nil || !gocmp.Equal(got, c.want) {
			t.Fatal("Parquet: ", err)
		}
	}
	for name, form := range arrowForms() {
		for _, c := range []struct {
			data []byte
			want outcome
		}{{writeArrow(t, text, form), wantText}, {writeArrow(t, typed, form), wantTyped}} {
			got, err := readArrow(c.data, all)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-JSON +Arrow):\n%.2000s", name, diff)
			}
			if f, misses := Detect(c.data[:min(len(c.data), 64<<10)], false); f == nil || f.Name != "arrow" {
				t.Errorf("%s: detected as %v, %v", name, f, misses)
			}
		}
	}
	data := writeArrow(t, text, arrowForms()["stream of deltas"])
	for c := range record.NumColumns {
		got, err := readArrow(data, record.ColumnSet(c))
		if err != nil || len(got.Rows) != len(wantText.Rows) || !gocmp.Equal(got.Rejects, wantText.Rejects) {
			t.Errorf("only %v: %v, %d rows, %d rejects", c, err, len(got.Rows), len(got.Rejects))
			continue
		}
		for i, row := range got.Rows {
			if want := dumpedColumn(wantText.Rows[i], c); row != want {
				t.Fatalf("only %v: row %d is %q, want %q", c, i, row, want)
			}
		}
	}
}

// TestArrowParts reads one record batch in parts, and packed ones as a whole.
func TestArrowParts(t *testing.T) {
	type row struct {
		C string `parquet:"c_ip"`
		B int64  `parquet:"sc_bytes"`
	}
	rows := make([]row, 2*arrowPartRows+5)
	for i := range rows {
		rows[i] = row{"::1", int64(i + 1)}
	}
	form := arrowForms()["file"]
	for _, packed := range []bool{false, true} {
		want := []int64{arrowPartRows, arrowPartRows, 5}
		if packed {
			form.options, want = []ipc.Option{ipc.WithLZ4()}, []int64{2*arrowPartRows + 5}
		}
		data := writeArrow(t, rows, form)
		table, err := openArrow(bytes.NewReader(data), int64(len(data)), 0)
		if err != nil || !slices.Equal(table.Parts(), want) {
			t.Errorf("packed=%v: %v, %v", packed, table.Parts(), err)
		}
		o, err := readArrow(data, record.ColumnSet(record.Bytes))
		if err != nil || len(o.Rows) != len(rows) {
			t.Fatalf("packed=%v: %d rows, %v", packed, len(o.Rows), err)
		}
		for i, row := range o.Rows {
			if row != fmt.Sprintf("bytes=%d", i+1) {
				t.Fatalf("packed=%v: row %d is %s", packed, i, row)
			}
		}
	}
}

// arrowOf is a record of columns that are made from JSON.
func arrowOf(t testing.TB, columns map[string]any, types map[string]arrow.DataType) []byte {
	t.Helper()
	var fields []arrow.Field
	for _, name := range slices.Sorted(maps.Keys(types)) {
		fields = append(fields, arrow.Field{Name: name, Type: types[name], Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	text, err := json.Marshal(columns)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, bytes.NewReader(append(append([]byte("["), text...), ']')))
	if err != nil {
		t.Fatal(err)
	}
	return writeRecords(t, schema, []arrow.Record{r}, arrowForm{})
}

// TestArrowTimes reads moments of every type.
func TestArrowTimes(t *testing.T) {
	const exact, milli, second = "2024-11-20T10:00:01.123456Z", "2024-11-20T10:00:01.123Z", "2024-11-20T10:00:01Z"
	const text = "2024-11-20 10:00:01.123456"
	for _, c := range []struct {
		columns map[string]any
		types   map[string]arrow.DataType
		want    string
	}{
		{map[string]any{"timestamp": "2024-11-20 10:00:01"}, map[string]arrow.DataType{"timestamp": &arrow.TimestampType{Unit: arrow.Second}}, second},
		{map[string]any{"timestamp": "2024-11-20 10:00:01.123"}, map[string]arrow.DataType{"timestamp": &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}}, milli},
		{map[string]any{"timestamp(ms)": text + "Z"}, map[string]arrow.DataType{"timestamp(ms)": &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}}, exact},
		{map[string]any{"timestamp_ms": text}, map[string]arrow.DataType{"timestamp_ms": &arrow.TimestampType{Unit: arrow.Nanosecond}}, exact},
		{map[string]any{"timestamp_ms": 1732096801123}, map[string]arrow.DataType{"timestamp_ms": arrow.PrimitiveTypes.Uint64}, milli},
		{map[string]any{"timestamp": 1732096801}, map[string]arrow.DataType{"timestamp": arrow.PrimitiveTypes.Uint32}, second},
		{map[string]any{"timestamp": "1732096801.123"}, map[string]arrow.DataType{"timestamp": arrow.BinaryTypes.LargeString}, milli},
		{map[string]any{"date": "2024-11-20", "time": "10:00:01"}, map[string]arrow.DataType{"date": arrow.FixedWidthTypes.Date32, "time": arrow.FixedWidthTypes.Time32s}, second},
		{map[string]any{"date": "2024-11-20", "time": "10:00:01.123456"}, map[string]arrow.DataType{"date": arrow.FixedWidthTypes.Date64, "time": arrow.FixedWidthTypes.Time64ns}, exact},
	} {
		c.columns["c_ip"], c.types["c_ip"] = "::1", arrow.BinaryTypes.String
		o, err := readArrow(arrowOf(t, c.columns, c.types), record.ColumnSet(record.Time))
		if err != nil || len(o.Rows) != 1 || o.Rows[0] != "time="+c.want {
			t.Errorf("%v: %q %v %v, want %s", c.types, o.Rows, o.Rejects, err, c.want)
		}
	}
}

// TestArrowOtherColumns reads a column behind others of all layouts.
func TestArrowOtherColumns(t *testing.T) {
	list := arrow.ListOf(arrow.StructOf(arrow.Field{Name: "a", Type: arrow.BinaryTypes.StringView}, arrow.Field{Name: "b", Type: arrow.FixedWidthTypes.Boolean}))
	types := map[string]arrow.DataType{
		"a1": arrow.FixedWidthTypes.Boolean, "a2": arrow.PrimitiveTypes.Float64, "a3": list, "a4": arrow.Null, "a5": arrow.FixedSizeListOf(2, arrow.BinaryTypes.String),
		"a6": dictionaryOf(arrow.PrimitiveTypes.Int8, arrow.BinaryTypes.String), "a7": arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int8),
		"a8": arrow.BinaryTypes.StringView, "a9": &arrow.FixedSizeBinaryType{ByteWidth: 3}, "c-ip": arrow.BinaryTypes.StringView, "cs(Host)": arrow.Null,
		"cs-uri-stem": arrow.BinaryTypes.String,
	}
	data := arrowOf(t, map[string]any{
		"a1": true, "a2": 1.5, "a3": []any{map[string]any{"a": strings.Repeat("long ", 9), "b": true}}, "a5": []string{"x", "y"}, "a6": "d",
		"a8": strings.Repeat("longer ", 9), "c-ip": "2001:db8::1:2:3:4", "cs-uri-stem": "/x",
	}, types)
	o, err := readArrow(data, record.ColumnSet(record.Client, record.Path, record.Host))
	if want := []string{"client=2001:db8::1:2:3:4 path=/x"}; err != nil || !slices.Equal(o.Rows, want) {
		t.Errorf("%q, %v, %v", o.Rows, o.Rejects, err)
	}
}

func TestArrowRefused(t *testing.T) {
	_, typed, _, _ := randomLog(1500)
	file, stream := writeArrow(t, typed, arrowForms()["file"]), writeArrow(t, typed, arrowForms()["stream"])
	own := func(version string) []byte {
		meta := arrow.MetadataFrom(map[string]string{ParquetSchema: version, ParquetColumns: "client bytes"})
		schema := arrow.NewSchema([]arrow.Field{{Name: "client", Type: arrow.BinaryTypes.String}, {Name: "path", Type: arrow.BinaryTypes.String}}, &meta)
		r, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[{"client":"::1","path":"-"}]`))
		if err != nil {
			t.Fatal(err)
		}
		return writeRecords(t, schema, []arrow.Record{r}, arrowForm{})
	}
	client := map[string]any{"c_ip": "::1"}
	for name, c := range map[string]struct {
		data []byte
		rows int
		want string
	}{
		"feather V1":  {append([]byte("FEA1"), make([]byte, 50)...), 0, "feather V1 is not supported: write it as V2, which is Arrow IPC"},
		"empty":       {nil, 0, "arrow data is cut short"},
		"no client":   {arrowOf(t, nil, map[string]arrow.DataType{"ip": arrow.BinaryTypes.String}), 0, "no column c_ip: Arrow is read with the columns of CloudFront or of rulecast compact"},
		"bool":        {arrowOf(t, map[string]any{"c_ip": true}, map[string]arrow.DataType{"c_ip": arrow.FixedWidthTypes.Boolean}), 0, "column c_ip: type bool is not supported"},
		"float":       {arrowOf(t, client, map[string]arrow.DataType{"c_ip": arrow.BinaryTypes.String, "sc-bytes": arrow.PrimitiveTypes.Float64}), 0, "column sc-bytes: type floating point is not supported"},
		"newer":       {own("2"), 0, `written by a newer rulecast (rulecast.schema "2")`},
		"own":         {own("1"), 1, ""},
		"no end":      {stream[:len(stream)-8], 1500, ""},
		"half a word": {stream[:len(stream)-6], 1500, "message 5: arrow data is cut short"},
		"more":        {append(bytes.Clone(stream), stream...), 1500, fmt.Sprintf("%d bytes behind the end of the Arrow stream", len(stream))},
		"cut":         {stream[:len(stream)-100], 1400, "message 4: arrow data is cut short"},
		"file cut":    {file[:len(file)-1], 1500, "arrow file does not end with ARROW1: it is cut short"},
		"file half":   {file[:len(file)/2], 0, "arrow file does not end with ARROW1: it is cut short"},
	} {
		o, err := readArrow(c.data, record.AllColumns)
		if fmt.Sprint(err) != c.want && (err != nil || c.want != "") || len(o.Rows) != c.rows {
			t.Errorf("%s: %d rows, %v; want %d, %s", name, len(o.Rows), err, c.rows, c.want)
		}
	}
	if o, _ := readArrow(own("1"), record.AllColumns); o.Present != "client" || !strings.Contains(o.Rows[0], "path=-") {
		t.Errorf("own: %s, %s", o.Present, o.Rows)
	}
	if missed := sniffArrow([]byte("\xff\xff\xff\xff\x10\x00\x00\x00\x00\x00"), true); missed != "does not begin with an Arrow schema" {
		t.Error(missed)
	}
}

// TestArrowDamaged flips bytes everywhere: what comes is rows, rejects or an
// error, never a panic, nor memory without end.
func TestArrowDamaged(t *testing.T) {
	text, typed, _, _ := randomLog(1500)
	rng := rand.New(rand.NewPCG(7, 8))
	for name, form := range arrowForms() {
		if form.stream {
			form.batch = 25 // files have one dictionary each
		}
		for _, good := range [][]byte{writeArrow(t, text[:60], form), writeArrow(t, typed[:60], form)} {
			for range 200 {
				bad := bytes.Clone(good)
				for range 1 + rng.IntN(3) {
					bad[rng.IntN(len(bad))] ^= byte(1 + rng.IntN(255))
				}
				if o, _ := readArrow(bad, record.AllColumns); len(o.Rows) > len(text) {
					t.Fatalf("%s: %d rows", name, len(o.Rows))
				}
			}
		}
	}
}

func FuzzArrow(f *testing.F) {
	text, typed, _, _ := randomLog(40)
	for _, form := range arrowForms() {
		f.Add(writeArrow(f, text[:8], form))
		f.Add(writeArrow(f, typed, form))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTable(arrowFile(), data) })
}

// TestArrowClaims puts large numbers everywhere: what they claim is not
// believed, nor allocated.
func TestArrowClaims(t *testing.T) {
	_, typed, _, _ := randomLog(20)
	for _, name := range []string{"file", "file lz4", "views zstd", "stream of deltas"} {
		good := writeArrow(t, typed, arrowForms()[name])
		var before, after runtime.MemStats
		for at := 8; at+8 <= len(good); at += 4 {
			for _, claim := range []uint64{1<<62 - 1, 1 << 40, 0x7ffffff0, 1 << 26} {
				bad := bytes.Clone(good)
				if claim > 1<<32 {
					binary.LittleEndian.PutUint64(bad[at:], claim)
				} else {
					binary.LittleEndian.PutUint32(bad[at:], uint32(claim))
				}
				runtime.ReadMemStats(&before)
				table, err := openArrow(bytes.NewReader(bad), int64(len(bad)), record.AllColumns)
				if err == nil {
					r, b := table.NewReader(nil), record.NewBuilder(record.ColumnSet(record.Client))
					for part := range min(len(table.Parts()), 3) {
						if r.Begin(part) == nil {
							r.Read(b, &Position{})
							b.Reset()
						}
					}
					r.Close()
				}
				runtime.ReadMemStats(&after)
				if n := after.TotalAlloc - before.TotalAlloc; n > 1<<24 { // zstd takes half of that
					t.Fatalf("%s: %d bytes allocated for %x at %d", name, n, claim, at)
				}
			}
		}
	}
}

func TestLZ4(t *testing.T) {
	head := "\x04\x22\x4d\x18\x60\x40\x00"
	for _, c := range []struct{ block, want string }{
		{"\x30abc", "abc"},
		{"\x31abc\x03\x00\x10d", "abcabcabd"},
		{"\x1fa\x01\x00\x00\x00", strings.Repeat("a", 20)},
		{"\x1fa\x01\x00\x00\x10b", strings.Repeat("a", 20) + "b"},
		{"\xf0\x01" + strings.Repeat("x", 16), strings.Repeat("x", 16)},
		{"\x31abc\x04\x00\x10d", ""}, // before the beginning
		{"\x31abc\x00\x00\x10d", ""},
		{"\x50abc", ""},
		{"\xf0\xff", ""},
	} {
		frame := head + string(rune(len(c.block))) + "\x00\x00\x00" + c.block + "\x00\x00\x00\x00"
		got, err := lz4Frame(nil, []byte(frame), 100)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: %q, %v", c.block, got, err)
		}
		if len(c.want) > 0 {
			if _, err := lz4Frame(nil, []byte(frame), len(c.want)-1); err == nil {
				t.Errorf("%q: more than there may be", c.block)
			}
			for i := range frame {
				lz4Frame(nil, []byte(frame[:i]), 100)
			}
		}
	}
	if _, err := lz4Frame(nil, []byte(head+"\x03\x00\x00\x80abc"), 100); err == nil {
		t.Error("a frame without an end")
	}
	if got, err := lz4Frame(nil, []byte(head+"\x03\x00\x00\x80abc\x00\x00\x00\x00"), 3); string(got) != "abc" || err != nil {
		t.Errorf("not compressed: %q, %v", got, err)
	}
}
