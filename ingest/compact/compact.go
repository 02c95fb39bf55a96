// Package compact writes batches of requests to Parquet files, which replay
// many times faster than the logs they were read from and are good to query
// with other tools. Package format reads them back without loss.
//
// A file has the columns of a record.Batch under their names. A value that a
// request does not have is null. In "referer" and "referer_host", null is a
// header that was not there and "" one that was empty; a header without a host
// has its class in parentheses as "referer_host". Times are timestamps in µs,
// UTC; addresses are text.
package compact

import (
	"errors"
	"fmt"

	"github.com/google/renameio/v2"
	"github.com/parquet-go/parquet-go"

	"rulecast/ingest/format"
	"rulecast/ingest/record"
)

// A row group is held in memory, compressed, until it is whole, and so is what
// its columns have in their dictionaries. Streams share a file by row groups,
// so a large one should have many; each has its dictionaries anew.
const (
	groupRows  = 1 << 18
	groupBytes = 1 << 27 // of text, before compression
	dictBytes  = 1 << 23 // of a column's dictionary; further values are written out
	writeRows  = 1 << 10 // at a time: a page ends only between two writes
	writeBytes = 1 << 20
)

// Writer writes one file. It belongs to one goroutine.
type Writer struct {
	file    *renameio.PendingFile
	parquet *parquet.GenericWriter[any]
	columns []*column
	present record.Columns
	wants   record.Columns
	rows    int64
	group   int64 // rows of the row group at hand
	bytes   int64 // its text
	err     error // the first one; the file then cannot be completed
}

// Create begins a file with the columns given, Client among them. Nothing is
// under the path before Close. Referer without RefererHost is refused: an
// absent header could not be told from an empty one.
func Create(path string, columns record.Columns) (*Writer, error) {
	switch {
	case !columns.Has(record.Client):
		return nil, errors.New("compact: the client column is missing")
	case columns.Has(record.Referer) && !columns.Has(record.RefererHost):
		return nil, errors.New("compact: referer is there without referer_host")
	}
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, wants: columns}
	w.parquet = parquet.NewGenericWriter[any](file, schema(columns),
		parquet.CreatedBy("rulecast", format.ParquetSchemaVersion, "compact"),
		parquet.Compression(&parquet.Zstd),
		parquet.DictionaryMaxBytes(dictBytes),
		parquet.KeyValueMetadata(format.ParquetSchema, format.ParquetSchemaVersion),
		parquet.KeyValueMetadata("rulecast.units", "time: us since 1970-01-01 UTC; bytes: to the client, as the log counted them"),
	)
	writers := w.parquet.ColumnWriters()
	for c := range record.NumColumns {
		if columns.Has(c) {
			w.columns = append(w.columns, &column{column: c, index: len(w.columns), writer: writers[len(w.columns)]})
		}
	}
	return w, nil
}

// Write adds the requests of a batch, which has to have the columns of the
// file. Rejects are not written. The batch is not kept.
func (w *Writer) Write(b *record.Batch) error {
	if w.err == nil {
		w.err = w.write(b)
	}
	return w.err
}

func (w *Writer) write(b *record.Batch) error {
	for _, c := range w.columns {
		if !b.Has(c.column) {
			return fmt.Errorf("compact: the batch has no column %v", c.column)
		}
	}
	w.present = w.present.Union(b.Present)
	if w.group+int64(b.Rows) > groupRows || w.bytes >= groupBytes {
		if err := w.flush(); err != nil {
			return err
		}
	}
	for _, c := range w.columns {
		n, err := c.write(b)
		if err != nil {
			return fmt.Errorf("compact: column %v: %w", c.column, err)
		}
		w.bytes += n
	}
	w.rows += int64(b.Rows)
	w.group += int64(b.Rows)
	return nil
}

func (w *Writer) flush() error {
	w.group, w.bytes = 0, 0
	return w.parquet.Flush()
}

// Close completes the file and puts it under its name, and returns how many
// requests it has. After an error there is no such file, or what was there
// before.
func (w *Writer) Close() (rows int64, err error) {
	defer w.file.Cleanup()
	if w.err != nil {
		return 0, w.err
	}
	w.parquet.SetKeyValueMetadata(format.ParquetColumns, (w.present & w.wants).String())
	if err := w.parquet.Close(); err != nil {
		return 0, err
	}
	return w.rows, w.file.CloseAtomicallyReplace()
}

// Abort gives the file up. After Close it does nothing.
func (w *Writer) Abort() { w.file.Cleanup() }
