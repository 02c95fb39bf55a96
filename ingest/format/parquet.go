package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

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

// maxParquetFooter bounds the footer: that of 1,000 row groups of all columns
// has 4 MB.
const maxParquetFooter = 1 << 24

// parquetTable reads row groups one after the other.
type parquetTable struct {
	file    io.ReaderAt
	size    int64
	parquet *parquet.File
	present record.Columns
	columns []*parquetColumn
	group   int   // the next one
	left    int64 // rows of the one at hand that were not read
	err     error // why no more rows come
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
	t := &parquetTable{file: r, size: size, parquet: file}
	if err := t.plan(wants); err != nil {
		return nil, err
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
func (t *parquetTable) plan(wants record.Columns) error {
	version, own := t.parquet.Lookup(ParquetSchema)
	if own && version != ParquetSchemaVersion {
		return fmt.Errorf("written by a newer rulecast (%s %q)", ParquetSchema, version)
	}
	fields := parquetCloudFront()
	if own {
		fields = parquetOwn()
	}
	leaf := func(name string) *parquet.Column {
		for _, c := range t.parquet.Root().Columns() {
			if c.Leaf() && !c.Repeated() && (own && c.Name() == name || !own && parquetName(c.Name()) == name) {
				return c
			}
		}
		return nil
	}
	if !own {
		fields = oneMoment(fields, func(name string) bool { return leaf(name) != nil })
	}
	for _, f := range fields {
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
	if own {
		t.present &= namedColumns(t.parquet)
	}
	return nil
}

// namedColumns are the columns that the log had from which compact made the
// file.
func namedColumns(file *parquet.File) record.Columns {
	names, ok := file.Lookup(ParquetColumns)
	if !ok {
		return record.AllColumns
	}
	present := record.Columns(0)
	for c := range record.NumColumns {
		if slices.Contains(strings.Fields(names), c.String()) {
			present |= record.ColumnSet(c)
		}
	}
	return present
}

// oneMoment leaves out the columns of time that others make superfluous.
func oneMoment(fields []parquetField, has func(name string) bool) []parquetField {
	drop := []string{"date", "time"}
	switch {
	case has("timestamp_ms"):
		drop = append(drop, "timestamp")
	case has("timestamp"):
	case has("date") && has("time"):
		drop = nil
	}
	return slices.DeleteFunc(fields, func(f parquetField) bool { return slices.Contains(drop, f.name) })
}

// Present implements Table.
func (t *parquetTable) Present() record.Columns { return t.present }

// Close implements Table.
func (t *parquetTable) Close() error {
	for _, c := range t.columns {
		c.pages.close()
	}
	return nil
}

// Read implements Table. Rows before a place that is damaged are read; those
// behind it are not.
func (t *parquetTable) Read(b *record.Builder, at *Position) (err error) {
	if t.err != nil {
		return t.err
	}
	defer func() { t.err = err }()
	defer recoverParquet(&err)
	b.SetPresent(t.present)
	for !b.Full() {
		if t.left == 0 {
			if err := t.nextGroup(); err != nil {
				return err
			}
			continue
		}
		if err := t.rows(b, at); err != nil {
			return err
		}
	}
	return nil
}

// nextGroup begins the next row group; io.EOF if there is none.
func (t *parquetTable) nextGroup() error {
	groups := t.parquet.Metadata().RowGroups
	if t.group == len(groups) {
		return io.EOF
	}
	group := &groups[t.group]
	t.group++
	if group.NumRows < 0 {
		return fmt.Errorf("row group %d is damaged", t.group)
	}
	for _, c := range t.columns {
		if c.index >= len(group.Columns) {
			return fmt.Errorf("row group %d has no column %s", t.group, c.name)
		}
		meta := &group.Columns[c.index].MetaData
		start := meta.DataPageOffset
		if dict := meta.DictionaryPageOffset; dict > 0 && dict < start {
			start = dict
		}
		if start < 0 || meta.TotalCompressedSize < 0 || start > t.size || meta.TotalCompressedSize > t.size-start {
			return fmt.Errorf("row group %d: column %s is not in the file", t.group, c.name)
		}
		c.open(io.NewSectionReader(t.file, start, meta.TotalCompressedSize), meta.Codec)
	}
	t.left = group.NumRows
	return nil
}

// rows reads as many rows as the pages at hand have.
func (t *parquetTable) rows(b *record.Builder, at *Position) error {
	n := t.left
	for _, c := range t.columns {
		if c.row == len(c.cells) {
			if err := c.load(b); err != nil {
				return fmt.Errorf("row group %d: %w", t.group, err)
			}
		}
		n = min(n, int64(len(c.cells)-c.row))
	}
	done := 0
	for ; int64(done) < n && !b.Full(); done++ {
		at.Line++
		if reason := t.row(b, done); reason != "" {
			b.Reject(at.Line, reason, nil)
		} else {
			b.Commit()
		}
	}
	for _, c := range t.columns {
		c.row += done
		if t.left == int64(done) && c.row < len(c.cells) {
			return fmt.Errorf("row group %d: column %s: more rows than its row group", t.group, c.name)
		}
	}
	t.left -= int64(done)
	return nil
}

// row sets the columns of the row that is i rows on, or says why it cannot.
func (t *parquetTable) row(b *record.Builder, i int) string {
	const day, clock = 1, 2
	var us int64
	parts := 0 // of the moment
	for _, c := range t.columns {
		cell := c.cells[c.row+i]
		switch {
		case cell == cellBad:
			return c.reason()
		case cell == cellNull:
			if c.sets == record.Client {
				return reasonClientMissing
			}
			continue
		}
		switch c.kind {
		case parquetTime:
			us, parts = cell, day|clock
		case parquetDate:
			us, parts = us+cell, parts|day
		case parquetClock:
			us, parts = us+cell, parts|clock
		case parquetText:
			setParquetText(b, c, c.source.cut(uint64(cell)))
		case parquetNumber:
			setParquetNumber(b, c.sets, cell)
		case parquetDict:
			if c.sets != record.Host || cell != int64(record.Absent) {
				b.SetID(c.sets, record.ID(cell))
			}
		}
	}
	if parts == day|clock {
		b.SetTime(us)
	}
	return ""
}

func setParquetText(b *record.Builder, c *parquetColumn, raw []byte) {
	if c.own {
		b.SetValue(c.sets, c.value(raw))
	} else {
		b.SetText(c.sets, raw, c.decode)
	}
}

func setParquetNumber(b *record.Builder, c record.Column, n int64) {
	switch c {
	case record.Status:
		b.SetStatus(uint16(n))
	case record.Bytes:
		b.SetBytes(n)
	case record.ASN:
		b.SetASN(uint32(n))
	}
}

// reason is why a row with a bad value in the column is a reject.
func (c *parquetColumn) reason() string {
	switch c.sets {
	case record.Client:
		return reasonClient
	case record.Status:
		return reasonStatus
	case record.Bytes:
		return reasonBytes
	case record.Time:
		if c.kind == parquetDate {
			return reasonDate
		}
		return reasonTime
	}
	return "value of column " + c.name + " cannot be read"
}
