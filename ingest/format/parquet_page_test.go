package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"rulecast/ingest/record"
)

// TestParquetLongPages has pages of more rows than are decoded at a time.
func TestParquetLongPages(t *testing.T) {
	text, typed, _, _ := randomLog(3000)
	text, typed = slices.Repeat(text, 7), slices.Repeat(typed, 7)
	for name, options := range map[string][]parquet.WriterOption{
		"v1":    {parquet.DataPageVersion(1)},
		"v2":    {parquet.Compression(&parquet.Zstd)},
		"delta": {parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.DeltaLengthByteArray)},
	} {
		options = append(options, parquet.PageBufferSize(1<<24))
		compareParquet(t, name, writeParquet(t, text), writeWhole(t, text, options...))
		compareParquet(t, name, writeParquet(t, typed), writeWhole(t, typed, options...))
	}
}

// writeWhole writes one row group.
func writeWhole[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[T](&buf, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func compareParquet(t *testing.T, name string, a, b []byte) {
	t.Helper()
	want, err := readParquet(a, record.AllColumns)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readParquet(b, record.AllColumns); err != nil || !gocmp.Equal(got, want) {
		t.Errorf("%s: %v: %d rows and %d rejects, want %d and %d", name, err, len(got.Rows), len(got.Rejects), len(want.Rows), len(want.Rejects))
	}
}

// TestPageOfNulls: nulls take next to nothing in a file, and no more memory.
func TestPageOfNulls(t *testing.T) {
	for _, c := range []*parquetColumn{
		{tableColumn: tableColumn{tableField: tableField{kind: tableNumber, sets: record.ASN}}, size: 4},
		{tableColumn: tableColumn{tableField: tableField{kind: tableText, sets: record.Query}}},
		{tableColumn: tableColumn{tableField: tableField{kind: tableDict, sets: record.Client}}},
	} {
		c.columnMemory = &columnMemory{}
		levels := append(binary.AppendUvarint(nil, maxPageValues<<1), 0)
		c.page = dataPage{left: maxPageValues, nulls: true, levels: hybrid{src: levels, width: 1}}
		b, rows := record.NewBuilder(record.AllColumns), 0
		for c.page.left > 0 {
			if err := c.load(b); err != nil {
				t.Fatal(err)
			}
			rows += c.left()
			c.row += c.left()
		}
		if n := cap(c.ids) + cap(c.cells) + cap(c.levels); rows != maxPageValues || n > 3*record.BatchRows {
			t.Errorf("%v: %d rows, room for %d", c.sets, rows, n)
		}
	}
}

// TestPageDamagedInside: what was decoded before the damage is kept.
func TestPageDamagedInside(t *testing.T) {
	c := parquetColumn{tableColumn: tableColumn{tableField: tableField{name: "n", kind: tableNumber, sets: record.ASN}}, size: 4, columnMemory: &columnMemory{}}
	c.dict.cells = []int64{7}
	runs := binary.AppendUvarint(nil, 2*record.BatchRows<<1)
	runs = append(binary.AppendUvarint(append(runs, 0), 9<<1), 1) // 9 places behind the dictionary
	c.page = dataPage{left: 2*record.BatchRows + 9, indexed: true, places: hybrid{src: runs, width: 1}}
	b := record.NewBuilder(record.AllColumns)
	for step := range 2 {
		if err := c.load(b); err != nil || c.left() != record.BatchRows || c.cells[record.BatchRows-1] != 7 {
			t.Fatalf("step %d: %d rows, %v", step, c.left(), err)
		}
		c.row = record.BatchRows // as if they were taken
	}
	if err := c.load(b); !errors.Is(err, errParquetData) || c.left() != 0 || c.page.left != 0 {
		t.Errorf("%v, with %d and %d rows left", err, c.left(), c.page.left)
	}
}
