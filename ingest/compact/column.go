package compact

import (
	"slices"

	"github.com/parquet-go/parquet-go"

	"rulecast/ingest/format"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// ordered is a group of columns in the order of record's schema; parquet-go's
// own groups are in that of the alphabet.
type ordered struct{ parquet.Group }

func (g ordered) Fields() []parquet.Field {
	place := map[string]int{}
	for c := range record.NumColumns {
		place[c.String()] = int(c)
	}
	fields := g.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int { return place[a.Name()] - place[b.Name()] })
	return fields
}

func schema(columns record.Columns) *parquet.Schema {
	group := parquet.Group{}
	for c := range record.NumColumns {
		if columns.Has(c) {
			group[c.String()] = node(c)
		}
	}
	return parquet.NewSchema("requests", ordered{group})
}

// node is the type of a column. Client and Bytes are in every row.
func node(c record.Column) parquet.Node {
	dict := parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	switch c {
	case record.Time:
		return parquet.Optional(parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.DeltaBinaryPacked))
	case record.Client:
		return dict
	case record.Bytes:
		return parquet.Encoded(parquet.Int(64), &parquet.RLEDictionary) // files have few sizes
	case record.Status:
		return parquet.Optional(parquet.Encoded(parquet.Int(16), &parquet.RLEDictionary))
	case record.ASN:
		return parquet.Optional(parquet.Encoded(parquet.Int(64), &parquet.RLEDictionary))
	case record.RequestID: // of which no two are the same
		return parquet.Optional(parquet.String())
	}
	return parquet.Optional(dict)
}

// column writes one column.
type column struct {
	column record.Column
	index  int
	writer *parquet.ColumnWriter
	values []parquet.Value
	dicts  *record.Dicts   // of the stream that known is about
	known  []parquet.Value // by dictionary id
}

// write adds the rows of a batch and returns how many bytes of text they have.
func (c *column) write(b *record.Batch) (size int64, err error) {
	if c.dicts != b.Dicts {
		c.dicts, c.known = b.Dicts, nil
	}
	value := c.valuesOf(b)
	pending := 0
	for i := range b.Rows {
		v := value(i)
		c.values = append(c.values, v)
		if v.Kind() == parquet.ByteArray {
			pending += len(v.ByteArray())
		}
		if len(c.values) == writeRows || pending >= writeBytes || i == b.Rows-1 {
			if _, err := c.writer.WriteRowValues(c.values); err != nil {
				return size, err
			}
			size += int64(pending)
			c.values, pending = c.values[:0], 0
		}
	}
	return size, nil
}

// valuesOf is the function from a row of the batch to its value. Values alias
// the batch.
func (c *column) valuesOf(b *record.Batch) func(row int) parquet.Value {
	switch c.column {
	case record.Time:
		times := b.Ints(record.Time)
		return func(i int) parquet.Value { return c.optional(parquet.Int64Value(times[i]), times[i] != record.NoTime) }
	case record.Bytes:
		bytes := b.Ints(record.Bytes)
		return func(i int) parquet.Value { return parquet.Int64Value(bytes[i]).Level(0, 0, c.index) }
	case record.Status:
		statuses := b.Statuses()
		return func(i int) parquet.Value { return c.optional(parquet.Int32Value(int32(statuses[i])), statuses[i] != 0) }
	case record.ASN:
		asns := b.ASNs()
		return func(i int) parquet.Value { return c.optional(parquet.Int64Value(int64(asns[i])), asns[i] != 0) }
	case record.Referer:
		text, classes := b.Text(record.Referer), b.IDs(record.RefererHost)
		return func(i int) parquet.Value {
			v := text.At(i)
			return c.text(v, len(v) > 0 || classes[i] != record.ID(referer.ClassAbsent))
		}
	case record.Forwarded, record.Path, record.Query, record.RequestID:
		text := b.Text(c.column)
		return func(i int) parquet.Value {
			v := text.At(i)
			return c.text(v, len(v) > 0)
		}
	}
	ids := b.IDs(c.column)
	return func(i int) parquet.Value { return c.entry(b.Dicts, ids[i]) }
}

func (c *column) optional(v parquet.Value, there bool) parquet.Value {
	if !there {
		return parquet.NullValue().Level(0, 0, c.index)
	}
	return v.Level(0, 1, c.index)
}

func (c *column) text(value []byte, there bool) parquet.Value {
	if !there {
		return c.optional(parquet.Value{}, false)
	}
	return c.optional(parquet.ByteArrayValue(format.ParquetText(value)), true)
}

// entry is the value of a dictionary id, which is made once.
func (c *column) entry(dicts *record.Dicts, id record.ID) parquet.Value {
	for int(id) >= len(c.known) {
		c.known = append(c.known, c.makeEntry(dicts, record.ID(len(c.known))))
	}
	return c.known[id]
}

func (c *column) makeEntry(dicts *record.Dicts, id record.ID) parquet.Value {
	switch c.column {
	case record.Client:
		return parquet.ByteArrayValue([]byte(dicts.Clients.Addr(id).String())).Level(0, 0, c.index)
	case record.RefererHost:
		switch dicts.RefererHosts.Class(id) {
		case referer.ClassAbsent:
			return c.text(nil, false)
		case referer.ClassEmpty:
			return c.text(nil, true)
		}
		return c.text(dicts.RefererHosts.Bytes(id), true)
	}
	return c.text(dicts.Strings(c.column).Bytes(id), id != record.Absent)
}
