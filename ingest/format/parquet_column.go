package format

import (
	"bufio"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	layout "github.com/parquet-go/parquet-go/format"

	"rulecast/ingest/record"
)

// parquetColumn reads one column of a row group, page by page.
type parquetColumn struct {
	tableColumn
	index    int // among the leaf columns
	optional bool
	size     int // bytes of a number, 0 for text
	page     dataPage

	*columnMemory
}

// columnMemory is what one column after the other is read with.
type columnMemory struct {
	pages  pageReader
	plain  spans
	dict   dictionary
	places []uint32
	levels []uint32

	spareIDs   []record.ID // of tableColumn, between two columns
	spareCells []int64
}

// parquetMemory lends memory to columns by their names: those of two files are
// about the same size.
type parquetMemory struct {
	columns map[string]*columnMemory
	unpack  unpacker
}

func (m *parquetMemory) lend(c *parquetColumn) {
	c.columnMemory = m.columns[c.name]
	if delete(m.columns, c.name); c.columnMemory == nil { // or two columns have the name
		c.columnMemory = &columnMemory{pages: pageReader{file: bufio.NewReaderSize(nil, maxPageHeader)}}
	}
	c.pages.unpack = &m.unpack
	c.ids, c.cells = c.spareIDs[:0], c.spareCells[:0]
}

// take takes back what was lent, unless it has become large.
func (m *parquetMemory) take(c *parquetColumn) {
	lent := c.columnMemory
	lent.spareIDs, lent.spareCells = c.ids, c.cells
	if lent.size() > maxKeptColumn {
		return
	}
	if m.columns == nil {
		m.columns = map[string]*columnMemory{}
	}
	m.columns[c.name] = lent
}

// maxKeptColumn bounds the memory, in bytes, that is kept for a column of the
// next file.
const maxKeptColumn = 1 << 22

func (m *columnMemory) size() int {
	return cap(m.pages.packed) + cap(m.pages.page) + cap(m.pages.dict) + 8*cap(m.plain.ends) + cap(m.plain.data) +
		8*cap(m.dict.ends) + 4*cap(m.dict.ids) + 8*cap(m.dict.cells) + 4*cap(m.places) + 4*cap(m.levels) + 4*cap(m.spareIDs) + 8*cap(m.spareCells)
}

// dictionary is what the dictionary page of a column chunk says.
type dictionary struct {
	spans
	ids     []record.ID // of its entries, or
	cells   []int64
	suspect bool // some entries are bad
}

// newParquetColumn prepares a leaf column for reading, or says why it cannot
// be read.
func newParquetColumn(f tableField, leaf *parquet.Column, own bool) (c parquetColumn, err error) {
	c = parquetColumn{tableColumn: tableColumn{tableField: f, own: own}, index: leaf.Index(), optional: leaf.Optional()}
	logical := layout.LogicalTypeValue(nil)
	if t := leaf.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	switch kind := leaf.Type().Kind(); kind {
	case parquet.ByteArray:
		if f.kind == tableDict || f.kind == tableText || f.text != nil {
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
	return c, fmt.Errorf("column %s: type %v is not supported", leaf.Name(), leaf.Type())
}

// typed takes a logical type over; false if it does not fit.
func (c *parquetColumn) typed(logical layout.LogicalTypeValue) bool {
	switch t := logical.(type) {
	case *layout.TimestampType:
		c.unit = unitsPerSecond(t.Unit)
		return c.kind == tableTime && c.unit > 0
	case *layout.TimeType:
		c.unit = unitsPerSecond(t.Unit)
		return c.kind == tableClock && c.unit > 0
	case *layout.DateType:
		c.days = true
		return c.kind == tableDate
	case *layout.DecimalType:
		return false
	}
	return c.kind == tableTime || c.kind == tableNumber
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

// open begins a column chunk.
func (c *parquetColumn) open(chunk io.Reader, codec layout.CompressionCodec) {
	c.pages.reset(chunk, codec)
	c.empty()
	c.page = dataPage{}
	c.dict.ids, c.dict.cells = c.dict.ids[:0], c.dict.cells[:0]
}

// load makes ids or cells of the next rows, from the next page that has some if
// the one at hand has none left.
func (c *parquetColumn) load(b *record.Builder) error {
	for c.left() == 0 {
		var err error
		if c.page.left > 0 {
			err = c.fill(b)
		} else {
			err = c.nextPage(b)
		}
		if err != nil {
			c.empty()
			c.page = dataPage{}
			return fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return nil
}

func (c *parquetColumn) nextPage(b *record.Builder) error {
	h, err := c.pages.next()
	if err == io.EOF {
		return fmt.Errorf("fewer rows than its row group")
	}
	if err != nil {
		return err
	}
	switch h.kind {
	case layout.DictionaryPage:
		return c.loadDictionary(b, h)
	case layout.DataPage, layout.DataPageV2:
		return c.loadData(h)
	}
	return nil
}

// loadDictionary finds out what the entries of a dictionary page are to us.
func (c *parquetColumn) loadDictionary(b *record.Builder, h pageHeader) error {
	data, err := c.pages.dictionary(h)
	if err != nil {
		return err
	}
	d := &c.dict
	c.suspect = false
	switch {
	case c.size > 0:
		if len(data)/c.size < h.values {
			return errParquetData
		}
		d.cells = sized(d.cells, h.values)
		if err := decodePlainInts(d.cells, data, c.size); err != nil {
			return err
		}
		c.numbers(d.cells)
	default:
		if err := d.decodePlain(data, h.values); err != nil {
			return err
		}
		if c.kind == tableDict {
			d.ids = sized(d.ids, h.values)
			c.intern(b, d.ids, &d.spans)
		} else {
			d.cells = sized(d.cells, h.values)
			c.parse(d.cells, &d.spans)
		}
	}
	d.suspect = c.suspect
	return nil
}

// dataPage is a page whose values are decoded some at a time, so that a page of
// many nulls takes no more memory than another, but for deltas, which are decoded
// all at once.
type dataPage struct {
	left     int // rows that were not decoded
	nulls    bool
	levels   hybrid // if there are nulls
	indexed  bool   // values are places in the dictionary
	places   hybrid // if it is indexed
	values   []byte // if it is not: those that were not decoded
	encoding layout.Encoding
}

// loadData begins a page.
func (c *parquetColumn) loadData(h pageHeader) error {
	levels, values, err := c.pages.data(h, c.optional)
	if err != nil {
		return err
	}
	c.page = dataPage{left: h.values, values: values, encoding: h.encoding}
	if c.optional && len(levels) > 0 && !allOnes(levels, h.values) {
		c.page.nulls, c.page.levels = true, hybrid{src: levels, width: 1}
	}
	if h.encoding == plainDictionary || h.encoding == layout.RLEDictionary {
		c.page.indexed = true
		if len(values) > 0 {
			c.page.places = hybrid{src: values[1:], width: uint(values[0])}
		}
	}
	return nil
}

// fill makes ids or cells of the next rows of the page.
func (c *parquetColumn) fill(b *record.Builder) error {
	n := c.page.left
	if c.page.indexed || c.page.encoding == layout.Plain {
		n = min(n, record.BatchRows)
	}
	count := n
	if c.page.nulls {
		c.levels = sized(c.levels, n)
		if err := c.page.levels.read(c.levels); err != nil {
			return err
		}
		count = 0
		for _, level := range c.levels {
			count += int(level)
		}
	}
	c.page.left -= n
	c.row, c.suspect = 0, false
	if c.kind == tableDict {
		c.ids = sized(c.ids, n)
	} else {
		c.cells = sized(c.cells, n)
	}
	if err := c.decode(b, count); err != nil || count == n {
		return err
	}
	if c.kind == tableDict {
		spread(c.ids, c.levels, count, c.nullID())
		c.suspect = c.suspect || c.sets == record.Client
	} else {
		spread(c.cells, c.levels, count, cellNull)
	}
	return nil
}

// spread makes room for nulls, whose level is 0 and not 1, between the first n
// values. No processor foresees where they are.
func spread[T any](values []T, levels []uint32, n int, null T) {
	i, j := len(values)-1, n-1
	for ; j >= 0 && i > j; i-- {
		v := values[j]
		if levels[i] == 0 {
			v = null
		}
		values[i] = v
		j -= int(levels[i])
	}
	if j < 0 {
		for k := range values[:i+1] {
			values[k] = null
		}
	}
}

// decode makes the first n ids or cells of the values of the page at hand.
func (c *parquetColumn) decode(b *record.Builder, n int) error {
	values, encoding := c.page.values, c.page.encoding
	switch {
	case n == 0:
		return nil
	case c.page.indexed:
		return c.lookUp(n)
	case c.size > 0:
		return c.decodeNumbers(c.cells[:n], values, encoding)
	}
	err := fmt.Errorf("encoding %v is not supported for text", encoding)
	switch encoding {
	case layout.Plain:
		if err = c.plain.decodePlain(values, n); err == nil {
			c.page.values = values[uint32(c.plain.ends[n-1]):]
		}
	case layout.DeltaLengthByteArray:
		err = c.plain.decodeDeltaLength(values, n)
	case layout.DeltaByteArray:
		err = c.plain.decodeDeltaStrings(values, n)
	}
	if err != nil {
		return err
	}
	c.source = &c.plain
	if c.kind == tableDict {
		c.intern(b, c.ids[:n], c.source)
	} else {
		c.parse(c.cells[:n], c.source)
	}
	return nil
}

func (c *parquetColumn) decodeNumbers(cells []int64, values []byte, encoding layout.Encoding) error {
	err := fmt.Errorf("encoding %v is not supported for numbers", encoding)
	switch encoding {
	case layout.Plain:
		if err = decodePlainInts(cells, values, c.size); err == nil {
			c.page.values = values[len(cells)*c.size:]
		}
	case layout.DeltaBinaryPacked:
		_, err = decodeDelta(cells, values)
		if c.size == 4 { // sums are made in 32 bits
			for i, n := range cells {
				cells[i] = int64(int32(n))
			}
		}
	}
	if err == nil {
		c.numbers(cells)
	}
	return err
}

// lookUp turns n indices into the dictionary into its ids or cells.
func (c *parquetColumn) lookUp(n int) error {
	c.places = sized(c.places, n)
	if err := c.page.places.read(c.places); err != nil {
		return err
	}
	c.source, c.suspect = &c.dict.spans, c.dict.suspect
	if c.kind == tableDict {
		return translate(c.ids, c.places, c.dict.ids)
	}
	return translate(c.cells, c.places, c.dict.cells)
}

// translate is dst[i] = known[places[i]].
func translate[T any](dst []T, places []uint32, known []T) error {
	dst = dst[:len(places)]
	for i, place := range places {
		if uint64(place) >= uint64(len(known)) {
			return errParquetData
		}
		dst[i] = known[place]
	}
	return nil
}
