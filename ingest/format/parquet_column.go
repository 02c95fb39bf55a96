package format

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/parquet-go/parquet-go"
	layout "github.com/parquet-go/parquet-go/format"

	"rulecast/ingest/record"
)

// parquetKind is what the values of a column say.
type parquetKind uint8

const (
	parquetTime   parquetKind = iota // a moment
	parquetDate                      // a day, of a moment
	parquetClock                     // the time of day, of a moment
	parquetNumber                    // Status, Bytes or ASN
	parquetDict                      // Client and the other dictionary columns
	parquetText
)

// parquetField is a column of a log in Parquet by its name.
type parquetField struct {
	name   string
	kind   parquetKind
	sets   record.Column
	decode record.Decode
	text   func(raw []byte) (int64, bool) // reads what is no number but text
}

// parquetCloudFront are the columns of CloudFront standard logging v2. Of two
// that set the same record column the later one counts where it has a value.
// Source: "Standard log file fields" in Amazon's CloudFront Developer Guide;
// in column names "-", "(" and ")" become "_".
func parquetCloudFront() []parquetField {
	return []parquetField{
		{"date", parquetDate, record.Time, nil, parseDate},
		{"time", parquetClock, record.Time, nil, parseClock},
		{"timestamp", parquetTime, record.Time, nil, parseEpoch},
		{"timestamp_ms", parquetTime, record.Time, nil, parseEpoch},
		{"c_ip", parquetDict, record.Client, nil, nil},
		{"x_forwarded_for", parquetText, record.Forwarded, decodePercent, nil},
		{"c_country", parquetDict, record.Country, nil, nil},
		{"asn", parquetNumber, record.ASN, nil, textASN},
		{"cs_method", parquetDict, record.Method, decodePercent, nil},
		{"cs_protocol", parquetDict, record.Scheme, decodePercent, nil},
		{"cs_host", parquetDict, record.Host, nil, nil},
		{"x_host_header", parquetDict, record.Host, nil, nil},
		{"cs_uri_stem", parquetText, record.Path, decodePercent, nil},
		{"cs_uri_query", parquetText, record.Query, decodePercent, nil},
		{"sc_status", parquetNumber, record.Status, nil, textStatus},
		{"sc_bytes", parquetNumber, record.Bytes, nil, textBytes},
		{"cs_referer", parquetText, record.Referer, decodePercent, nil},
		{"cs_referer", parquetDict, record.RefererHost, decodePercent, nil},
		{"cs_user_agent", parquetDict, record.UserAgent, decodeUserAgent, nil},
		{"x_edge_result_type", parquetDict, record.Cache, decodePercent, nil},
		{"sc_content_type", parquetDict, record.ContentType, decodePercent, nil},
		{"x_edge_request_id", parquetText, record.RequestID, decodePercent, nil},
	}
}

// parquetOwn are the columns that package compact writes: those of a Batch.
func parquetOwn() []parquetField {
	var fields []parquetField
	for c := range record.NumColumns {
		f := parquetField{name: c.String(), kind: parquetDict, sets: c}
		switch c {
		case record.Time:
			f.kind = parquetTime
		case record.ASN, record.Status, record.Bytes:
			f.kind = parquetNumber
		case record.Forwarded, record.Path, record.Query, record.Referer, record.RequestID:
			f.kind = parquetText
		}
		fields = append(fields, f)
	}
	return fields
}

func textStatus(raw []byte) (int64, bool) {
	if len(raw) == 0 {
		return 0, true
	}
	n, ok := parseStatus(raw)
	return int64(n), ok
}

func textBytes(raw []byte) (int64, bool) {
	if len(raw) == 0 {
		return 0, true
	}
	return parseBytes(raw)
}

func textASN(raw []byte) (int64, bool) { return int64(parseASN(raw)), true }

// parquetName brings a column name to the spelling of parquetCloudFront, so
// that "cs(Referer)" is "cs_referer".
func parquetName(name string) string {
	name = strings.NewReplacer("-", "_", "(", "_", ")", "_").Replace(strings.ToLower(name))
	return strings.TrimRight(name, "_")
}

// Cells: the values of a page as numbers, one for each row. That of a text is
// a span, that of a dictionary column an id, and otherwise one of these.
const (
	cellNull = math.MinInt64 + iota // also an empty text for a moment
	cellBad                         // cannot be read; the row is a reject
	cellNew                         // of a page's dictionary: not yet looked at
)

// parquetColumn reads one column, row group by row group.
type parquetColumn struct {
	parquetField
	own      bool // written by compact: values are decoded
	index    int  // among the leaf columns
	optional bool
	size     int   // bytes of a number, 0 for text
	unit     int64 // of a typed moment, per second; 0 for none
	days     bool  // a typed day

	pages   *pageReader
	cells   []int64
	row     int    // the first of cells that was not taken
	source  *spans // of text
	plain   spans
	dict    spans
	known   []int64 // cells of the dictionary
	places  []uint32
	levels  []uint32
	scratch []byte // of value
}

// newParquetColumn prepares a leaf column for reading, or says why it cannot
// be read.
func newParquetColumn(f parquetField, leaf *parquet.Column, own bool) (*parquetColumn, error) {
	c := &parquetColumn{parquetField: f, own: own, index: leaf.Index(), optional: leaf.Optional(), pages: newPageReader()}
	logical := layout.LogicalTypeValue(nil)
	if t := leaf.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	switch kind := leaf.Type().Kind(); kind {
	case parquet.ByteArray:
		if f.kind == parquetDict || f.kind == parquetText || f.text != nil {
			return c, nil
		}
	case parquet.Int32, parquet.Int64:
		c.size = 4
		if kind == parquet.Int64 {
			c.size = 8
		}
		if c.typed(logical) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("column %s: type %v is not supported", leaf.Name(), leaf.Type())
}

// typed takes a logical type over; false if it does not fit.
func (c *parquetColumn) typed(logical layout.LogicalTypeValue) bool {
	switch t := logical.(type) {
	case *layout.TimestampType:
		c.unit = unitsPerSecond(t.Unit)
		return c.kind == parquetTime && c.unit > 0
	case *layout.TimeType:
		c.unit = unitsPerSecond(t.Unit)
		return c.kind == parquetClock && c.unit > 0
	case *layout.DateType:
		c.days = true
		return c.kind == parquetDate
	case *layout.DecimalType:
		return false
	}
	return c.kind == parquetTime || c.kind == parquetNumber
}

func unitsPerSecond(u layout.TimeUnit) int64 {
	switch u.Value.(type) {
	case *layout.MilliSeconds:
		return 1e3
	case *layout.MicroSeconds:
		return 1e6
	case *layout.NanoSeconds:
		return 1e9
	}
	return 0
}

// fallible reports whether a value can make its row a reject: the column is
// then read whether it was asked for or not. Those that compact wrote are sound
// but for a client that is null.
func (f parquetField) fallible(own bool) bool {
	return f.sets == record.Client || !own && f.text != nil && f.sets != record.ASN
}

// open begins a column chunk.
func (c *parquetColumn) open(chunk io.Reader, codec layout.CompressionCodec) {
	c.pages.reset(chunk, codec)
	c.cells, c.row, c.known = c.cells[:0], 0, nil
}

// load reads the next page that has values.
func (c *parquetColumn) load(b *record.Builder) error {
	for {
		h, err := c.pages.next()
		if err == io.EOF {
			err = fmt.Errorf("fewer rows than its row group")
		}
		if err == nil {
			switch h.kind {
			case layout.DictionaryPage:
				err = c.loadDictionary(h)
			case layout.DataPage, layout.DataPageV2:
				err = c.loadData(b, h)
			}
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
		if c.row < len(c.cells) {
			return nil
		}
	}
}

func (c *parquetColumn) loadDictionary(h pageHeader) error {
	data, err := c.pages.dictionary(h)
	if err != nil {
		return err
	}
	if c.size > 0 {
		c.known = make([]int64, min(h.values, len(data)/c.size))
		if len(c.known) != h.values {
			return errParquetData
		}
		if err := decodePlainInts(c.known, data, c.size); err != nil {
			return err
		}
		c.numbers(c.known)
		return nil
	}
	if err := c.dict.decodePlain(data, h.values); err != nil {
		return err
	}
	c.known = make([]int64, h.values)
	for i := range c.known {
		c.known[i] = cellNew
	}
	return nil
}

// loadData makes the cells of a page.
func (c *parquetColumn) loadData(b *record.Builder, h pageHeader) error {
	levels, values, err := c.pages.data(h, c.optional)
	if err != nil {
		return err
	}
	c.cells, c.row = sized(c.cells, h.values), 0
	count := h.values
	if c.optional && len(levels) > 0 {
		c.levels = sized(c.levels, h.values)
		if err := decodeHybrid(c.levels, levels, 1); err != nil {
			return err
		}
		count = 0
		for _, level := range c.levels {
			count += int(level)
		}
	}
	if err := c.decodeCells(b, c.cells[:count], values, h.encoding); err != nil {
		c.cells = c.cells[:0]
		return err
	}
	for i, j := h.values-1, count-1; i > j; i-- { // make room for the nulls
		if c.levels[i] == 0 {
			c.cells[i] = cellNull
		} else {
			c.cells[i] = c.cells[j]
			j--
		}
	}
	return nil
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func (c *parquetColumn) decodeCells(b *record.Builder, cells []int64, values []byte, encoding layout.Encoding) error {
	switch {
	case len(cells) == 0:
		return nil
	case encoding == plainDictionary || encoding == layout.RLEDictionary:
		return c.lookUp(b, cells, values)
	case c.size > 0:
		err := fmt.Errorf("encoding %v is not supported for numbers", encoding)
		switch encoding {
		case layout.Plain:
			err = decodePlainInts(cells, values, c.size)
		case layout.DeltaBinaryPacked:
			_, err = decodeDelta(cells, values)
			c.narrow(cells)
		}
		c.numbers(cells)
		return err
	}
	err := fmt.Errorf("encoding %v is not supported for text", encoding)
	switch encoding {
	case layout.Plain:
		err = c.plain.decodePlain(values, len(cells))
	case layout.DeltaLengthByteArray:
		err = c.plain.decodeDeltaLength(values, len(cells))
	case layout.DeltaByteArray:
		err = c.plain.decodeDeltaStrings(values, len(cells))
	}
	if err != nil {
		return err
	}
	c.source = &c.plain
	for i := range cells {
		cells[i] = c.cell(b, &c.plain, i)
	}
	return nil
}

// narrow cuts sums off to 32 bits, in which those of an INT32 column are made.
func (c *parquetColumn) narrow(cells []int64) {
	if c.size == 4 {
		for i, n := range cells {
			cells[i] = int64(int32(n))
		}
	}
}

// lookUp turns indices into the page's dictionary into cells. What an entry is
// to us is found out once.
func (c *parquetColumn) lookUp(b *record.Builder, cells []int64, values []byte) error {
	if len(values) == 0 {
		return errParquetData
	}
	c.places = sized(c.places, len(cells))
	if err := decodeHybrid(c.places, values[1:], uint(values[0])); err != nil {
		return err
	}
	c.source = &c.dict
	for i, place := range c.places {
		if uint64(place) >= uint64(len(c.known)) {
			return errParquetData
		}
		if c.known[place] == cellNew {
			c.known[place] = c.cell(b, &c.dict, int(place))
		}
		cells[i] = c.known[place]
	}
	return nil
}

// cell makes the cell of a value that is bytes.
func (c *parquetColumn) cell(b *record.Builder, s *spans, i int) int64 {
	switch {
	case c.kind == parquetText:
		return int64(s.ends[i])
	case c.kind == parquetDict:
		return c.intern(b, s.at(i))
	}
	raw := s.at(i)
	if len(raw) == 0 && c.sets == record.Time {
		return cellNull
	}
	n, ok := c.text(raw)
	if !ok {
		return cellBad
	}
	return n
}

func (c *parquetColumn) intern(b *record.Builder, raw []byte) int64 {
	if !b.Wants(c.sets) { // the client, which is looked at for rejects only
		if b.SetClient(raw) {
			return 0
		}
		return cellBad
	}
	id, ok := record.Absent, false
	if c.own {
		id, ok = b.InternValue(c.sets, c.value(raw))
	} else {
		id, ok = b.Intern(c.sets, raw, c.decode)
	}
	if !ok {
		return cellBad
	}
	return int64(id)
}

// value is a value that compact wrote, good until the next call.
func (c *parquetColumn) value(raw []byte) []byte {
	if bytes.IndexByte(raw, rawLead) < 0 {
		return raw
	}
	c.scratch = decodeParquetText(c.scratch[:0], raw)
	return c.scratch
}

// numbers turns the numbers of a page into cells.
func (c *parquetColumn) numbers(cells []int64) {
	for i, n := range cells {
		cells[i] = c.number(n)
	}
}

func (c *parquetColumn) number(n int64) int64 {
	most := int64(math.MaxInt64)
	switch {
	case c.sets == record.Bytes:
		most = maxBytes
	case c.days:
		if n > math.MaxInt32 || n < math.MinInt32 {
			return cellBad
		}
		return n * 24 * microsPerHour
	case c.unit == 1e9:
		return floorDiv(n, 1000)
	case c.unit == 1e6:
		return micros(n)
	case c.unit == 1e3:
		if n > math.MaxInt64/1000 || n < math.MinInt64/1000 {
			return cellBad
		}
		return n * 1000
	case c.sets == record.Time:
		if n < 0 {
			return cellBad
		}
		return epochMicros(uint64(n))
	case c.sets == record.Status:
		most = 999
	case c.sets == record.ASN:
		if n < 0 || n > math.MaxUint32 {
			return 0
		}
	}
	if n < 0 || n > most {
		return cellBad
	}
	return n
}

// micros are µs that are no sign of something else.
func micros(n int64) int64 {
	if n <= cellNew {
		return cellBad
	}
	return n
}

func floorDiv(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
