package compact

import (
	"github.com/parquet-go/parquet-go"

	"rulecast/ingest/format"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// column writes one column.
type column struct {
	column record.Column
	index  int
	writer *parquet.ColumnWriter
	values []parquet.Value
	arena  []byte // of the values at hand
	texts  [][]byte
}

func newColumn(c record.Column, index int, w *parquet.ColumnWriter) *column {
	return &column{column: c, index: index, writer: w, values: make([]parquet.Value, 0, writeRows)}
}

// write adds the rows of a batch and returns how many bytes of text they have.
func (c *column) write(b *record.Batch) (size int64, err error) {
	value := c.values1(b)
	pending := 0
	flush := func() error {
		_, err := c.writer.WriteRowValues(c.values)
		c.values, pending = c.values[:0], 0
		return err
	}
	for i := range b.Rows {
		v := value(i)
		c.values = append(c.values, v)
		if v.Kind() == parquet.ByteArray {
			pending += len(v.ByteArray())
			size += int64(len(v.ByteArray()))
		}
		if len(c.values) == writeRows || pending >= writeBytes {
			if err := flush(); err != nil {
				return size, err
			}
		}
	}
	return size, flush()
}
