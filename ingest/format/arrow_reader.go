package format

import (
	"fmt"
	"io"
	"slices"

	"rulecast/ingest/record"
)

// arrowReader reads parts of record batches.
type arrowReader struct {
	table   *arrowTable
	columns []arrowColumn
	rows    tableRows
	batch   *arrowBatch // at hand
	dicts   *arrowBatch // a dictionary batch
	part    arrowPart
	next    int64 // row of the batch
}

// NewReader implements Table.
func (t *arrowTable) NewReader(*TableMemory) TableReader {
	r := &arrowReader{table: t, batch: newArrowBatch(t), dicts: newArrowBatch(t)}
	r.columns = make([]arrowColumn, len(t.schema.columns))
	var columns []*tableColumn
	for i := range r.columns {
		c := &r.columns[i]
		c.arrowColumnSpec, c.loaded = t.schema.columns[i], -1
		columns = append(columns, &c.tableColumn)
	}
	r.rows = newTableRows(columns)
	return r
}

// Close implements TableReader.
func (r *arrowReader) Close() error {
	r.batch.close()
	r.dicts.close()
	return nil
}

// Begin implements TableReader.
func (r *arrowReader) Begin(part int) error {
	for i := range r.columns {
		r.columns[i].empty()
	}
	if part == len(r.table.parts) {
		return r.table.fault
	}
	r.part = r.table.parts[part]
	r.next = r.part.first
	if err := r.batch.open(r.part.message); err != nil {
		return r.fault(err)
	}
	return nil
}

func (r *arrowReader) fault(err error) error {
	return fmt.Errorf("record batch %d: %w", r.part.batch, err)
}

// Read implements TableReader.
func (r *arrowReader) Read(b *record.Builder, at *Position) error {
	b.SetPresent(r.table.schema.present)
	for end := r.part.first + r.part.rows; !b.Full(); {
		ahead := r.rows.left(record.BatchRows)
		if ahead == 0 {
			if r.next == end {
				return io.EOF
			}
			ahead = int(min(end-r.next, record.BatchRows))
			if err := r.load(b, ahead); err != nil {
				return r.fault(err)
			}
		}
		r.rows.take(b, at, ahead)
	}
	return nil
}

// load reads the next n rows of all columns.
func (r *arrowReader) load(b *record.Builder, n int) error {
	for i := range r.columns {
		c := &r.columns[i]
		if c.indexed && r.next == r.part.first {
			if err := r.loadDictionary(b, c); err != nil {
				return fmt.Errorf("column %s: dictionary %d: %w", c.name, c.dictionary, err)
			}
		}
		if err := c.load(b, r.batch, r.next, n); err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	r.next += int64(n)
	return nil
}

// loadDictionary reads what the dictionary of a column has for the part at
// hand, as far as it is not there already.
func (r *arrowReader) loadDictionary(b *record.Builder, c *arrowColumn) error {
	all := r.table.byID[c.dictionary]
	n, _ := slices.BinarySearch(all, r.part.dicts)
	var missing []int
	at := -1
	if n > 0 {
		at = all[n-1]
	}
	target := at
	for ; at >= 0 && at != c.loaded; at = r.table.dicts[at].before {
		missing = append(missing, at)
	}
	if at < 0 {
		c.dict = dictionary{}
	}
	c.loaded = -1
	for _, at := range slices.Backward(missing) {
		if err := r.dicts.open(r.table.dicts[at].message); err != nil {
			return err
		}
		if err := c.loadDictionary(b, r.dicts); err != nil {
			return err
		}
	}
	c.loaded = target
	return nil
}
