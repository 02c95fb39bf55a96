package format

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"rulecast/ingest/record"
)

// textRow is CloudFront's Parquet with every value a string, as Amazon's own
// table definition has it.
type textRow struct {
	Date      *string `parquet:"date,optional,dict"`
	Time      *string `parquet:"time,optional,dict"`
	Client    *string `parquet:"c_ip,optional,dict"`
	Status    *string `parquet:"sc_status,optional,dict"`
	Bytes     *string `parquet:"sc_bytes,optional"`
	Host      *string `parquet:"cs_host,optional,dict"`
	Header    *string `parquet:"x_host_header,optional,dict"`
	Stem      *string `parquet:"cs_uri_stem,optional"`
	Query     *string `parquet:"cs_uri_query,optional"`
	Referer   *string `parquet:"cs_referer,optional,dict"`
	Agent     *string `parquet:"cs_user_agent,optional,dict"`
	Country   *string `parquet:"c_country,optional,dict"`
	ASN       *string `parquet:"asn,optional"`
	Forwarded *string `parquet:"x_forwarded_for,optional"`
	Other     *string `parquet:"ssl_cipher,optional,dict"`
}

// typedRow is the same log with types, and no column that can be null.
type typedRow struct {
	Millis  int64  `parquet:"timestamp_ms,delta"`
	Client  string `parquet:"c_ip,delta"`
	Status  int32  `parquet:"sc_status,dict"`
	Bytes   int64  `parquet:"sc_bytes"`
	Header  string `parquet:"x_host_header,dict"`
	Stem    string `parquet:"cs_uri_stem,plain"`
	Referer string `parquet:"cs_referer,delta"`
	ASN     int64  `parquet:"asn,dict"`
}

func writeParquet[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[T](&buf, options...)
	for len(rows) > 0 {
		n := min(len(rows), 700)
		if _, err := w.Write(rows[:n]); err != nil {
			t.Fatal(err)
		}
		rows = rows[n:]
		if n == 700 { // several row groups
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// readParquet is readTable for Parquet.
func readParquet(data []byte, wants record.Columns) (outcome, error) {
	return readTable(parquetFile(), data, wants)
}

// readTable is decodeBlocks for columnar files, over any number of batches. The
// error is the first one; parts behind it are read.
func readTable(f *Format, data []byte, wants record.Columns) (outcome, error) {
	return readTableWith(nil, f, data, wants)
}

func readTableWith(m *TableMemory, f *Format, data []byte, wants record.Columns) (outcome, error) {
	var o outcome
	table, err := f.OpenTable(bytes.NewReader(data), int64(len(data)), wants)
	if err != nil {
		return o, err
	}
	r := table.NewReader(m)
	defer r.Close()
	b, at, begin := record.NewBuilder(wants), &Position{}, int64(0)
	for part, rows := range table.Parts() {
		at.Line = begin
		fault := r.Begin(part)
		for fault == nil {
			fault = r.Read(b, at)
			batch := b.Flush(0)
			for i := range batch.Rows {
				o.Rows = append(o.Rows, dumpRow(batch, i))
			}
			for _, r := range batch.Rejects {
				o.Rejects = append(o.Rejects, fmt.Sprintf("line %d: %s", r.Line, r.Reason))
			}
			o.Present = batch.Present.String()
			b.Reset()
		}
		o.Lines += at.Line - begin
		if begin += rows; fault != io.EOF {
			err = cmp.Or(err, fault)
		}
	}
	if o.Lines != int64(len(o.Rows)+len(o.Rejects)) {
		return o, fmt.Errorf("%d lines, %d rows, %d rejects", o.Lines, len(o.Rows), len(o.Rejects))
	}
	return o, err
}

func ptr(s string) *string { return &s }

// randomLog makes rows, and what they are as lines of CloudFront's JSON.
func randomLog(n int) (text []textRow, typed []typedRow, textJSON, typedJSON string) {
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(values ...string) *string {
		if v := values[rng.IntN(len(values))]; v != "null" {
			return &v
		}
		return nil
	}
	for i := range n {
		r := textRow{
			Date: ptr("2024-11-20"), Time: ptr(fmt.Sprintf("10:%02d:%02d", i/60%60, i%60)),
			Client: pick("203.0.113.7", "203.0.113."+strconv.Itoa(i%256), "2001:db8::1", "-", "null", "x"),
			Status: pick("200", "404", "000", "-", "null", "x"), Bytes: pick(strconv.Itoa(i), "-", "null"),
			Host: pick("d111.cloudfront.net", "null"), Header: pick("img.example.com", "IMG.example.com:443", "-", "null"),
			Stem: pick("/a%2520b.jpg", "/", "/"+strconv.Itoa(i)), Query: pick("-", "null", "a=b%25", "n="+strconv.Itoa(i)),
			Referer: pick("-", "null", "https://evil.example/%2520", "http://Other.example:80", "about:blank", "https://"+strconv.Itoa(i%50)+".example/"),
			Agent:   pick("Mozilla/5.0%20(X11)", "-", "null"), Country: pick("de", "US", "-", "null"), ASN: pick("64500", "-", "null"),
			Forwarded: pick("null", "198.51.100.1,%2010.0.0.1"), Other: pick("null", "TLS"),
		}
		text = append(text, r)
		var sb strings.Builder
		put := func(key string, v *string) {
			if v != nil {
				fmt.Fprintf(&sb, ",%q:%q", key, *v)
			}
		}
		for j, v := range []*string{r.Date, r.Time, r.Client, r.Status, r.Bytes, r.Host, r.Header, r.Stem, r.Query, r.Referer, r.Agent, r.Country, r.ASN, r.Forwarded} {
			put([]string{"date", "time", "c-ip", "sc-status", "sc-bytes", "cs(Host)", "x-host-header", "cs-uri-stem", "cs-uri-query",
				"cs(Referer)", "cs(User-Agent)", "c-country", "asn", "x-forwarded-for"}[j], v)
		}
		textJSON += "{" + sb.String()[1:] + "}\n"
		q := typedRow{
			Millis: 1732096801123 + int64(rng.IntN(1e6)), Client: "203.0.113." + strconv.Itoa(rng.IntN(256)), Status: []int32{200, 304, 0}[rng.IntN(3)],
			Bytes: rng.Int64N(1e10), Header: *pick("img.example.com", "-"), Stem: *pick("/", "/%2541"), Referer: *pick("-", "https://evil.example/"+strconv.Itoa(i)), ASN: rng.Int64N(3),
		}
		typed = append(typed, q)
		typedJSON += fmt.Sprintf(`{"timestamp(ms)":%d,"c-ip":%q,"sc-status":%d,"sc-bytes":%d,"x-host-header":%q,"cs-uri-stem":%q,"cs(Referer)":%q,"asn":%d}`+"\n",
			q.Millis, q.Client, q.Status, q.Bytes, q.Header, q.Stem, q.Referer, q.ASN)
	}
	return text, typed, textJSON, typedJSON
}

var parquetOptions = map[string][]parquet.WriterOption{
	"v2 zstd":      {parquet.Compression(&parquet.Zstd)},
	"v2 plain":     {parquet.Compression(&parquet.Uncompressed)},
	"v1 snappy":    {parquet.DataPageVersion(1), parquet.Compression(&parquet.Snappy)},
	"v1 gzip":      {parquet.DataPageVersion(1), parquet.Compression(&parquet.Gzip)},
	"small pages":  {parquet.PageBufferSize(256), parquet.Compression(&parquet.Snappy)},
	"delta length": {parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.DeltaLengthByteArray), parquet.DefaultEncodingFor(parquet.Int64, &parquet.DeltaBinaryPacked)},
	"dict to full": {parquet.DictionaryMaxBytes(300), parquet.PageBufferSize(2000)},
}

// TestParquetIsJSON reads one log as Parquet, in all forms that parquet-go can
// write, and as JSON, which has to come to the same.
func TestParquetIsJSON(t *testing.T) {
	text, typed, textJSON, typedJSON := randomLog(2500)
	all := record.AllColumns
	wantText, wantTyped := decodeBlocks(t, cloudFrontJSON(), all, textJSON), decodeBlocks(t, cloudFrontJSON(), all, typedJSON)
	if len(wantText.Rejects) == 0 || len(wantText.Rows) < 500 || len(wantTyped.Rows) != 2500 {
		t.Fatal("the log tests too little")
	}
	for name, options := range parquetOptions {
		for _, c := range []struct {
			data []byte
			want outcome
		}{{writeParquet(t, text, options...), wantText}, {writeParquet(t, typed, options...), wantTyped}} {
			got, err := readParquet(c.data, all)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-JSON +Parquet):\n%.2000s", name, diff)
			}
		}
	}
	data := writeParquet(t, text)
	for c := range record.NumColumns {
		got, err := readParquet(data, record.ColumnSet(c))
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

// TestParquetTimes reads moments of every type.
func TestParquetTimes(t *testing.T) {
	moment := time.Date(2024, 11, 20, 10, 0, 1, 123456000, time.UTC)
	check := func(name string, data []byte, want string) {
		t.Helper()
		got, err := readParquet(data, record.ColumnSet(record.Time))
		if err != nil || len(got.Rows) != 1 || got.Rows[0] != "time="+want {
			t.Errorf("%s: %q %v %v, want %s", name, got.Rows, got.Rejects, err, want)
		}
	}
	const exact, milli, second = "2024-11-20T10:00:01.123456Z", "2024-11-20T10:00:01.123Z", "2024-11-20T10:00:01Z"
	type micros struct {
		C string    `parquet:"c_ip"`
		T time.Time `parquet:"timestamp,timestamp(microsecond)"`
	}
	check("microsecond", writeParquet(t, []micros{{"::1", moment}}), exact)
	type nanos struct {
		C string    `parquet:"c_ip"`
		T time.Time `parquet:"timestamp_ms,timestamp(nanosecond)"`
	}
	check("nanosecond", writeParquet(t, []nanos{{"::1", moment}}), exact)
	type millis struct {
		C string    `parquet:"c-ip"`
		T time.Time `parquet:"timestamp(ms),timestamp(millisecond)"`
	}
	check("millisecond", writeParquet(t, []millis{{"::1", moment}}), milli)
	type seconds struct {
		C string `parquet:"c_ip"`
		T string `parquet:"timestamp"`
	}
	check("text", writeParquet(t, []seconds{{"::1", "1732096801.123"}}), milli)
	type parts struct {
		C string `parquet:"c_ip"`
		D int32  `parquet:"date,date"`
		T int64  `parquet:"time,time(microsecond)"`
	}
	check("date and time", writeParquet(t, []parts{{"::1", int32(moment.Unix() / 86400), (10*time.Hour + time.Second).Microseconds()}}), second)
}

func TestParquetRefused(t *testing.T) {
	type double struct {
		C string  `parquet:"c_ip"`
		B float64 `parquet:"sc_bytes"`
	}
	type other struct {
		C string `parquet:"client"`
	}
	text, _, _, _ := randomLog(30)
	good := writeParquet(t, text)
	footer := len(good) - 8
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"double":      {writeParquet(t, []double{{"::1", 1.5}}), "column sc_bytes: type DOUBLE is not supported"},
		"other":       {writeParquet(t, []other{{"::1"}}), "no column c_ip: Parquet is read if CloudFront or rulecast compact wrote it"},
		"newer":       {writeParquet(t, text, parquet.KeyValueMetadata(ParquetSchema, "2")), `written by a newer rulecast (rulecast.schema "2")`},
		"brotli":      {writeParquet(t, text, parquet.Compression(&parquet.Brotli)), "compression BROTLI is not supported"},
		"cut":         {good[:len(good)-1], "parquet file does not end with PAR1: it is cut short, or encrypted"},
		"empty":       {nil, "parquet file is cut short"},
		"footer size": {append(append(bytes.Clone(good[:footer]), 0xff, 0xff, 0, 0), "PAR1"...), "parquet footer is larger than the file"},
		"footer huge": {append(append(bytes.Clone(good[:footer]), 0xff, 0xff, 0xff, 0xff), "PAR1"...), "parquet footer of 4294967295 bytes is larger than 16777216"},
		"footer list": {append([]byte("PAR1"), "\x19\xfc\xff\xff\xff\xff\x07\x07\x00\x00\x00PAR1"...), "parquet footer is damaged"}, // a list of 2^31 structs
	} {
		if _, err := readParquet(c.data, record.AllColumns); err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestParquetDamaged flips bytes everywhere: what comes is rows, rejects or an
// error, never a panic, and rows before the damage are kept.
func TestParquetDamaged(t *testing.T) {
	text, typed, _, _ := randomLog(1500)
	rng := rand.New(rand.NewPCG(5, 6))
	for name, options := range parquetOptions {
		for _, good := range [][]byte{writeParquet(t, text[:150], options...), writeParquet(t, typed[:150], options...)} {
			for range 40 {
				bad := bytes.Clone(good)
				for range 1 + rng.IntN(3) {
					bad[rng.IntN(len(bad))] ^= byte(1 + rng.IntN(255))
				}
				o, _ := readParquet(bad, record.AllColumns)
				if len(o.Rows) > len(text) {
					t.Fatalf("%s: %d rows", name, len(o.Rows))
				}
			}
		}
	}
	good := writeParquet(t, typed)
	whole, _ := readParquet(good, record.AllColumns)
	file, err := parquet.OpenFile(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	second := file.Metadata().RowGroups[1].Columns[0].MetaData.DataPageOffset
	copy(good[second:], make([]byte, 16))
	o, err := readParquet(good, record.AllColumns)
	want := slices.Concat(whole.Rows[:700], whole.Rows[1400:])
	if err == nil || !strings.HasPrefix(err.Error(), "row group 2: ") || !gocmp.Equal(o.Rows, want) {
		t.Errorf("second row group damaged: %d rows, %v", len(o.Rows), err)
	}
}

// What one file leaves in memory means nothing to the next one.
func TestParquetMemory(t *testing.T) {
	text, typed, _, _ := randomLog(3000)
	var memory TableMemory
	for range 2 {
		for name, options := range parquetOptions {
			for _, data := range [][]byte{writeParquet(t, text, options...), writeParquet(t, typed[:500], options...)} {
				want, err := readParquet(data, record.AllColumns)
				if err != nil {
					t.Fatal(err)
				}
				got, err := readTableWith(&memory, parquetFile(), data, record.AllColumns)
				if err != nil || !gocmp.Equal(got, want) {
					t.Fatalf("%v: %v\n%s", name, err, gocmp.Diff(want, got))
				}
				for i := len(data) / 9; i < len(data)/2; i += len(data) / 9 {
					data[i] ^= 0xff
				}
				readTableWith(&memory, parquetFile(), data, record.AllColumns)
			}
		}
	}
}

// fuzzTable reads the beginning of what may be a columnar file.
func fuzzTable(f *Format, data []byte) {
	b, at := record.NewBuilder(record.AllColumns), &Position{}
	table, err := f.OpenTable(bytes.NewReader(data), int64(len(data)), record.AllColumns)
	if err != nil {
		return
	}
	r := table.NewReader(nil)
	defer r.Close()
	for part := range table.Parts()[:min(len(table.Parts()), 5)] {
		err := r.Begin(part)
		for range 5 {
			if err != nil {
				break
			}
			err = r.Read(b, at)
			b.Flush(0)
			b.Reset()
		}
	}
}

func FuzzParquet(f *testing.F) {
	text, typed, _, _ := randomLog(40)
	for _, options := range parquetOptions {
		f.Add(writeParquet(f, text[:8], options...))
		f.Add(writeParquet(f, typed, options...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzTable(parquetFile(), data)
	})
}

// BenchmarkTables reads a log of text from columnar files.
func BenchmarkTables(b *testing.B) {
	text, _, _, _ := randomLog(20000)
	for i := range text {
		text[i].Client, text[i].Status = ptr("203.0.113."+strconv.Itoa(i%256)), ptr("200")
	}
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[textRow](&buf, parquet.Compression(&parquet.Zstd))
	if _, err := w.Write(text); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	forms := arrowForms()
	for _, input := range []struct {
		name   string
		format *Format
		data   []byte
	}{
		{"parquet", parquetFile(), buf.Bytes()},
		{"arrow", arrowFile(), writeArrow(b, text, forms["file"])},
		{"arrow dictionaries lz4", arrowFile(), writeArrow(b, text, forms["file dictionaries"])},
		{"arrow views", arrowFile(), writeArrow(b, text, forms["views"])},
	} {
		for name, wants := range map[string]record.Columns{
			"rules": record.ColumnSet(record.Client, record.Country, record.RefererHost), "all": record.AllColumns,
		} {
			b.Run(input.name+"/"+name, func(b *testing.B) {
				builder := record.NewBuilder(wants)
				for b.Loop() {
					benchTable(b, input.format, input.data, builder)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)), "ns/row")
			})
		}
	}
}

func benchTable(b *testing.B, f *Format, data []byte, builder *record.Builder) {
	table, err := f.OpenTable(bytes.NewReader(data), int64(len(data)), builder.Wanted())
	if err != nil {
		b.Fatal(err)
	}
	r, at := table.NewReader(nil), &Position{}
	defer r.Close()
	for part := range table.Parts() {
		err := r.Begin(part)
		for err == nil {
			err = r.Read(builder, at)
			builder.Reset()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}
