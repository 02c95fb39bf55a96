package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	layout "github.com/parquet-go/parquet-go/format"

	"rulecast/ingest/record"
)

// What package compact writes into the metadata of a Parquet file.
const (
	ParquetSchema        = "rulecast.schema" // key: values are as a Batch has them, in ParquetText
	ParquetSchemaVersion = "1"
	ParquetColumns       = "rulecast.columns" // key: those of the file's columns that the log had
)

// parquetFile is Parquet: what CloudFront standard logging v2 delivers, and
// what package compact writes. Columns are known by their names.
func parquetFile() *Format {
	return &Format{
		Name:      "parquet",
		Title:     "Parquet (CloudFront standard log v2, or rulecast compact)",
		Sniff:     sniffParquet,
		OpenTable: openParquet,
	}
}

const parquetMagic = "PAR1"

func sniffParquet(head []byte, _ bool) string {
	if !bytes.HasPrefix(head, []byte(parquetMagic)) {
		return "does not begin with PAR1"
	}
	return ""
}

// maxTableRows bounds what a columnar file claims: no disk has as many.
const maxTableRows = 1 << 48

// maxParquetFooter bounds the footer: that of 1,000 row groups of all columns
// has 4 MB.
const maxParquetFooter = 1 << 24

// parquetTable is a file of which the row groups are the parts.
type parquetTable struct {
	file    io.ReaderAt
	size    int64
	groups  []layout.RowGroup
	parts   []int64
	present record.Columns
	columns []parquetColumn // to be copied for each reader
}

// openParquet implements Format.OpenTable.
func openParquet(r io.ReaderAt, size int64, wants record.Columns) (table Table, err error) {
	defer recoverParquet(&err)
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	t := &parquetTable{file: r, size: size, groups: file.Metadata().RowGroups}
	if err := t.plan(file, wants); err != nil {
		return nil, err
	}
	rows := int64(0)
	for i, g := range t.groups {
		if rows += g.NumRows; g.NumRows < 0 || g.NumRows > maxTableRows || rows > maxTableRows {
			return nil, fmt.Errorf("row group %d is damaged", i+1)
		}
		t.parts = append(t.parts, g.NumRows)
	}
	return t, nil
}

// recoverParquet makes an error of a panic: parquet-go has them for footers
// that contradict themselves.
func recoverParquet(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("parquet file is damaged: %v", p)
	}
}

// checkFooter walks the footer before parquet-go allocates what it claims.
func checkFooter(r io.ReaderAt, size int64) error {
	var tail [8]byte
	if size < int64(len(parquetMagic)+len(tail)) {
		return errors.New("parquet file is cut short")
	}
	if _, err := r.ReadAt(tail[:], size-int64(len(tail))); err != nil && err != io.EOF {
		return err
	}
	if string(tail[4:]) != parquetMagic {
		return errors.New("parquet file does not end with PAR1: it is cut short, or encrypted")
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if length > maxParquetFooter {
		return fmt.Errorf("parquet footer of %d bytes is larger than %d", length, maxParquetFooter)
	}
	at := size - int64(len(tail)) - length
	if at < int64(len(parquetMagic)) {
		return errors.New("parquet footer is larger than the file")
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, at); err != nil && err != io.EOF {
		return err
	}
	walk := thriftReader{data: footer}
	if !walk.structure(0, 0) {
		return errors.New("parquet footer is damaged")
	}
	return nil
}

// plan finds the columns to read.
func (t *parquetTable) plan(file *parquet.File, wants record.Columns) error {
	version, own := file.Lookup(ParquetSchema)
	if own && version != ParquetSchemaVersion {
		return fmt.Errorf("written by a newer rulecast (%s %q)", ParquetSchema, version)
	}
	leaf := func(name string) *parquet.Column {
		for _, c := range file.Root().Columns() {
			if c.Leaf() && !c.Repeated() && (own && c.Name() == name || !own && tableName(c.Name()) == name) {
				return c
			}
		}
		return nil
	}
	for _, f := range fieldsOf(own, func(name string) bool { return leaf(name) != nil }) {
		column := leaf(f.name)
		if column == nil {
			continue
		}
		t.present = t.present.Union(record.ColumnSet(f.sets))
		if !wants.Has(f.sets) && !f.fallible(own) {
			continue
		}
		c, err := newParquetColumn(f, column, own)
		if err != nil {
			return err
		}
		t.columns = append(t.columns, c)
	}
	if !t.present.Has(record.Client) {
		return errors.New("no column c_ip: Parquet is read if CloudFront or rulecast compact wrote it")
	}
	if names, ok := file.Lookup(ParquetColumns); own && ok {
		t.present &= namedColumns(names)
	}
	return nil
}

// Present implements Table.
func (t *parquetTable) Present() record.Columns { return t.present }

// Parts implements Table.
func (t *parquetTable) Parts() []int64 { return t.parts }

// NewReader implements Table.
func (t *parquetTable) NewReader(m *TableMemory) TableReader {
	if m == nil {
		m = new(TableMemory)
	}
	r := &parquetReader{table: t, columns: slices.Clone(t.columns), memory: &m.parquet}
	var columns []*tableColumn
	for i := range r.columns {
		c := &r.columns[i]
		r.memory.lend(c)
		columns = append(columns, &c.tableColumn)
	}
	r.rows = newTableRows(columns)
	return r
}

// parquetReader reads row groups.
type parquetReader struct {
	table   *parquetTable
	columns []parquetColumn
	memory  *parquetMemory
	rows    tableRows
	group   int   // number of the one at hand, from 1
	left    int64 // rows of it that were not read
}

// Close implements TableReader.
func (r *parquetReader) Close() error {
	for i := range r.columns {
		r.memory.take(&r.columns[i])
	}
	return nil
}

// Begin implements TableReader.
func (r *parquetReader) Begin(part int) error {
	group := &r.table.groups[part]
	r.group, r.left = part+1, 0
	for i := range r.columns {
		c := &r.columns[i]
		if c.index >= len(group.Columns) {
			return fmt.Errorf("row group %d has no column %s", r.group, c.name)
		}
		meta := &group.Columns[c.index].MetaData
		start := meta.DataPageOffset
		if dict := meta.DictionaryPageOffset; dict > 0 && dict < start {
			start = dict
		}
		if size := r.table.size; start < 0 || meta.TotalCompressedSize < 0 || start > size || meta.TotalCompressedSize > size-start {
			return fmt.Errorf("row group %d: column %s is not in the file", r.group, c.name)
		}
		c.open(io.NewSectionReader(r.table.file, start, meta.TotalCompressedSize), meta.Codec)
	}
	r.left = group.NumRows
	return nil
}

// Read implements TableReader.
func (r *parquetReader) Read(b *record.Builder, at *Position) (err error) {
	defer recoverParquet(&err)
	b.SetPresent(r.table.present)
	for !b.Full() {
		if r.left == 0 {
			return io.EOF
		}
		if err := r.read(b, at); err != nil {
			return fmt.Errorf("row group %d: %w", r.group, err)
		}
	}
	return nil
}

// read reads rows that the pages at hand have.
func (r *parquetReader) read(b *record.Builder, at *Position) error {
	for i := range r.columns {
		if c := &r.columns[i]; c.left() == 0 {
			if err := c.load(b); err != nil {
				return err
			}
		}
	}
	r.left -= int64(r.rows.take(b, at, r.rows.left(r.left)))
	for i := range r.columns {
		if c := &r.columns[i]; r.left == 0 && c.left()+c.page.left > 0 {
			return fmt.Errorf("column %s: more rows than its row group", c.name)
		}
	}
	return nil
}
