package report

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
)

// WriteParquet writes a table as one Parquet file, packed with zstd. Columns
// keep their order and are optional: int64, double, boolean, string, and
// timestamps in microseconds, UTC. Strings are as in JSON. The metadata have
// rulecast.schema_version, rulecast.table, and rulecast.unit.COLUMN for each
// column with a unit.
func WriteParquet(w io.Writer, t *Table) error {
	if err := t.check(); err != nil {
		return err
	}
	options := []parquet.WriterOption{
		parquetSchema(t),
		parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("rulecast", strconv.Itoa(SchemaVersion), ""),
		parquet.KeyValueMetadata("rulecast.schema_version", strconv.Itoa(SchemaVersion)),
		parquet.KeyValueMetadata("rulecast.table", t.Name),
	}
	for _, c := range t.Columns {
		if c.Unit != "" {
			options = append(options, parquet.KeyValueMetadata("rulecast.unit."+c.Name, c.Unit))
		}
	}
	out := parquet.NewWriter(w, options...)
	row := make(parquet.Row, len(t.Columns))
	for _, cells := range t.Rows {
		for i, v := range cells {
			row[i] = parquetValue(v).Level(0, 1, i)
			if row[i].IsNull() {
				row[i] = parquet.NullValue().Level(0, 0, i)
			}
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return fmt.Errorf("report: table %s: %w", t.Name, err)
		}
	}
	return out.Close()
}

// parquetSchema goes by way of a struct, because a parquet.Group would sort the
// columns by name.
func parquetSchema(t *Table) *parquet.Schema {
	fields := make([]reflect.StructField, len(t.Columns))
	for i, c := range t.Columns {
		goType, tag := reflect.TypeFor[string](), ",optional"
		switch c.Type {
		case Int:
			goType = reflect.TypeFor[int64]()
		case Share, Float:
			goType = reflect.TypeFor[float64]()
		case Bool:
			goType = reflect.TypeFor[bool]()
		case Time:
			goType, tag = reflect.TypeFor[int64](), ",optional,timestamp(microsecond)"
		}
		fields[i] = reflect.StructField{
			Name: "C" + strconv.Itoa(i),
			Type: goType,
			Tag:  reflect.StructTag(`parquet:"` + c.Name + tag + `"`),
		}
	}
	row := reflect.New(reflect.StructOf(fields)).Elem().Interface()
	return parquet.NewSchema(t.Name, parquet.SchemaOf(row))
}

// parquetValue is the null value for nil.
func parquetValue(v any) parquet.Value {
	switch v := value(v).(type) {
	case string:
		return parquet.ByteArrayValue([]byte(validText(v)))
	case int64:
		return parquet.Int64Value(v)
	case float64:
		return parquet.DoubleValue(v)
	case bool:
		return parquet.BooleanValue(v)
	case time.Time:
		return parquet.Int64Value(v.UnixMicro())
	}
	return parquet.NullValue()
}
