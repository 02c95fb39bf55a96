package format

import (
	"encoding/binary"
	"fmt"

	"rulecast/ingest/record"
)

// arrowColumn reads one column, some rows at a time.
type arrowColumn struct {
	arrowColumnSpec
	dict   dictionary
	loaded int // the last dictionary batch that is in dict; -1 for none

	plain   spans
	numbers []int64 // indices or offsets
	bytes   []byte
	valid   []byte
}

// load makes ids or cells of n rows of a batch, from one on.
func (c *arrowColumn) load(b *record.Builder, batch *arrowBatch, from int64, n int) error {
	a, err := batch.array(&c.arrowColumnSpec)
	if err != nil {
		return err
	}
	c.empty()
	if c.kind == tableDict {
		c.ids = sized(c.ids, n)
	} else {
		c.cells = sized(c.cells, n)
	}
	if c.indexed {
		return c.lookUp(a, from, n)
	}
	c.source = &c.plain
	c.plain.data, c.plain.ends = c.plain.data[:0], c.plain.ends[:0]
	return c.decode(b, a, from, arrowTarget{c.ids, c.cells, c.source})
}

// arrowTarget is where values go: ids of a dictionary column, or else cells,
// and the text that they stand for.
type arrowTarget struct {
	ids   []record.ID
	cells []int64
	text  *spans // is added to
}

// decode reads values, from one on, until the target is full.
func (c *arrowColumn) decode(b *record.Builder, a arrowArray, from int64, to arrowTarget) error {
	n := max(len(to.ids), len(to.cells))
	switch c.values.kind {
	case arrowInt:
		if err := c.readInts(to.cells, a, from, c.values); err != nil {
			return err
		}
		c.tableColumn.numbers(to.cells)
	case arrowText, arrowView:
		before := len(to.text.ends)
		read := c.readText
		if c.values.kind == arrowView {
			read = c.readViews
		}
		if err := read(to.text, a, from, n); err != nil {
			return err
		}
		part := &spans{data: to.text.data, ends: to.text.ends[before:]}
		if c.kind == tableDict {
			c.intern(b, to.ids, part)
		} else {
			c.parse(to.cells, part)
		}
	}
	valid, err := c.validity(a, from, n)
	if err != nil || valid == nil {
		return err
	}
	for i := range n {
		if bit := int(from&7) + i; valid[bit/8]>>(bit%8)&1 == 0 {
			if c.kind == tableDict {
				to.ids[i] = c.nullID()
			} else {
				to.cells[i] = cellNull
			}
		}
	}
	return nil
}

// validity are the bits of n values from one on, of which the first is bit
// from%8; nil if none of them is null.
func (c *arrowColumn) validity(a arrowArray, from int64, n int) (bits []byte, err error) {
	first, end := from/8, (from+int64(n)+7)/8
	if c.values.kind == arrowNull {
		c.valid = sized(c.valid, int(end-first))
		clear(c.valid)
	} else {
		if empty, err := a.empty(a.buffer); empty || err != nil {
			return nil, err
		}
		if c.valid, err = a.append(c.valid[:0], a.buffer, first, end-first); err != nil {
			return nil, err
		}
	}
	c.suspect = c.suspect || c.sets == record.Client
	return c.valid, nil
}

// readInts reads whole numbers. One that is too large for an int64 is negative.
func (c *arrowColumn) readInts(dst []int64, a arrowArray, from int64, t arrowType) (err error) {
	width := int64(t.width)
	if c.bytes, err = a.append(c.bytes[:0], a.buffer+1, from*width, int64(len(dst))*width); err != nil {
		return err
	}
	widen(dst, c.bytes, t.width)
	if shift := 64 - 8*t.width; !t.signed && shift > 0 {
		for i, v := range dst {
			dst[i] = int64(uint64(v) << shift >> shift)
		}
	}
	return nil
}

// widen reads signed numbers of width bytes.
func widen(dst []int64, src []byte, width int) {
	for i := range dst {
		switch width {
		case 1:
			dst[i] = int64(int8(src[i]))
		case 2:
			dst[i] = int64(int16(binary.LittleEndian.Uint16(src[2*i:])))
		case 4:
			dst[i] = int64(int32(binary.LittleEndian.Uint32(src[4*i:])))
		default:
			dst[i] = int64(binary.LittleEndian.Uint64(src[8*i:]))
		}
	}
}

// readText adds n byte strings that lie between offsets.
func (c *arrowColumn) readText(s *spans, a arrowArray, from int64, n int) (err error) {
	width := int64(c.values.width)
	if c.bytes, err = a.append(c.bytes[:0], a.buffer+1, from*width, int64(n+1)*width); err != nil {
		return err
	}
	c.numbers = sized(c.numbers, n+1)
	widen(c.numbers, c.bytes, c.values.width)
	first, base := c.numbers[0], len(s.data)
	last := first
	for _, offset := range c.numbers {
		if offset < last {
			return errArrowData
		}
		last = offset
	}
	if first < 0 || last-first > int64(maxPageBytes-base) {
		return errArrowText
	}
	if s.data, err = a.append(s.data, a.buffer+2, first, last-first); err != nil {
		return err
	}
	for i := range n {
		s.ends = append(s.ends, span(base+int(c.numbers[i]-first), base+int(c.numbers[i+1]-first)))
	}
	return nil
}

var errArrowText = fmt.Errorf("more than %d bytes of text in a piece of a column", maxPageBytes)

// readViews adds n byte strings that lie in their views, if they have up to 12
// bytes, or elsewhere.
func (c *arrowColumn) readViews(s *spans, a arrowArray, from int64, n int) (err error) {
	const size, short = 16, 12
	if c.bytes, err = a.append(c.bytes[:0], a.buffer+1, from*size, int64(n)*size); err != nil {
		return err
	}
	var window arrowWindow
	for i := range n {
		view := c.bytes[size*i:][:size]
		length, base := int(binary.LittleEndian.Uint32(view)), len(s.data)
		if length > maxPageBytes-base {
			return errArrowText
		}
		text := view[4:]
		if length > short {
			k, at := int(binary.LittleEndian.Uint32(view[8:])), int64(binary.LittleEndian.Uint32(view[12:]))
			if k >= a.more {
				return errArrowData
			}
			if text, err = window.read(a, k, at, length); err != nil {
				return err
			}
		}
		s.data = append(s.data, text[:length]...)
		s.ends = append(s.ends, span(base, base+length))
	}
	return nil
}

// arrowWindow is a part of a variable buffer: views mostly follow each other in
// there. It grows while they do.
type arrowWindow struct {
	buffer int
	at     int64
	data   []byte
	ahead  int
}

// read is what stands in variable buffer k at a place, and maybe more.
func (w *arrowWindow) read(a arrowArray, k int, at int64, length int) ([]byte, error) {
	const most = 1 << 18
	end := w.at + int64(len(w.data))
	if k == w.buffer && at >= w.at && at+int64(length) <= end {
		return w.data[at-w.at:], nil
	}
	if k == w.buffer && at >= w.at && at <= end {
		w.ahead = min(2*max(w.ahead, length), most)
	} else {
		w.ahead = 0
	}
	size, err := a.size(a.buffer + 2 + k)
	if err != nil {
		return nil, err
	}
	n := int64(length)
	if n <= size-at {
		n = min(max(n, int64(w.ahead)), size-at)
	}
	w.buffer, w.at = k, at
	w.data, err = a.append(w.data[:0], a.buffer+2+k, at, n)
	return w.data, err
}

// lookUp turns n indices into the dictionary into its ids or cells.
func (c *arrowColumn) lookUp(a arrowArray, from int64, n int) error {
	c.numbers = sized(c.numbers, n)
	if err := c.readInts(c.numbers, a, from, c.indices); err != nil {
		return err
	}
	c.source, c.suspect = &c.dict.spans, c.dict.suspect
	valid, err := c.validity(a, from, n)
	if err != nil {
		return err
	}
	places := arrowPlaces{c.numbers, valid, int(from & 7)}
	if c.kind == tableDict {
		return lookUpAll(c.ids, c.dict.ids, places, c.nullID())
	}
	return lookUpAll(c.cells, c.dict.cells, places, cellNull)
}

// arrowPlaces are indices into a dictionary. Of those whose bit is not set in
// valid, counted from shift, nothing is to be read.
type arrowPlaces struct {
	indices []int64
	valid   []byte // nil: all are set
	shift   int
}

func lookUpAll[T any](dst, known []T, p arrowPlaces, null T) error {
	for i, place := range p.indices {
		switch bit := p.shift + i; {
		case p.valid != nil && p.valid[bit/8]>>(bit%8)&1 == 0:
			dst[i] = null
		case uint64(place) >= uint64(len(known)):
			return errArrowData
		default:
			dst[i] = known[place]
		}
	}
	return nil
}

// loadDictionary adds the values of a dictionary batch to those that are there.
func (c *arrowColumn) loadDictionary(b *record.Builder, batch *arrowBatch) error {
	spec := arrowColumnSpec{values: c.values} // the only array
	a, err := batch.array(&spec)
	if err != nil {
		return err
	}
	d := &c.dict
	c.suspect = d.suspect
	for from := int64(0); from < batch.rows; { // what it claims to have is not believed before it is read
		n := int(min(batch.rows-from, record.BatchRows))
		to := arrowTarget{text: &d.spans}
		if c.kind == tableDict {
			d.ids = append(d.ids, make([]record.ID, n)...)
			to.ids = d.ids[len(d.ids)-n:]
		} else {
			d.cells = append(d.cells, make([]int64, n)...)
			to.cells = d.cells[len(d.cells)-n:]
		}
		if err := c.decode(b, a, from, to); err != nil {
			return err
		}
		from += int64(n)
	}
	d.suspect = c.suspect
	return nil
}
