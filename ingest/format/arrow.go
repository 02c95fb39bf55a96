package format

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"rulecast/ingest/record"
)

// arrowFile is Arrow IPC: files, which are Feather V2, and streams that were
// saved. Columns are known by their names, as those of Parquet are.
func arrowFile() *Format {
	return &Format{
		Name:      "arrow",
		Title:     "Arrow IPC file or stream, Feather V2 (columns of CloudFront or of rulecast compact)",
		Sniff:     sniffArrow,
		OpenTable: openArrow,
	}
}

// How Arrow IPC begins, and Feather V1, which is another format.
const (
	arrowMagic   = "ARROW1"
	arrowHead    = 8 // the magic, padded
	arrowTail    = 4 + len(arrowMagic)
	featherMagic = "FEA1"
)

func sniffArrow(head []byte, _ bool) string {
	if bytes.HasPrefix(head, []byte(arrowMagic)) || bytes.HasPrefix(head, []byte(featherMagic)) {
		return ""
	}
	if len(head) < 8 || binary.LittleEndian.Uint32(head) != arrowContinuation {
		return "does not begin with ARROW1 or with a message of Arrow"
	}
	size := min(uint64(binary.LittleEndian.Uint32(head[4:])), uint64(len(head)-8))
	b := &flatBuffer{data: head[8 : 8+size]}
	if kind := b.root().unsigned(1, 1, 0); b.bad || kind != arrowSchemaMessage {
		return "does not begin with an Arrow schema"
	}
	return ""
}

// Messages of Message.fbs, and their bounds.
const (
	arrowContinuation  = 1<<32 - 1
	arrowSchemaMessage = 1
	arrowDictMessage   = 2
	arrowBatchMessage  = 3

	maxArrowMessage  = 1 << 24 // bytes of metadata; that of a batch of 1,000 columns has 80 kB
	maxArrowMessages = 1 << 20
	arrowPartRows    = 1 << 17 // of batches that need not be unpacked as a whole
)

// arrowTable is a file of which the record batches, or parts of them, are the
// parts. Its metadata is read here and not by Arrow's library, which allocates
// what that claims.
type arrowTable struct {
	file   io.ReaderAt
	limit  int64 // where messages end
	schema *arrowSchema
	parts  []arrowPart
	dicts  []arrowDict
	byID   map[int64][]int // dicts of each dictionary that columns need
	fault  error           // behind the last part
}

// arrowPart is rows of a record batch.
type arrowPart struct {
	message arrowMessage
	batch   int   // from 1
	first   int64 // row
	rows    int64
	dicts   int // how many dictionary batches count for it
}

// arrowDict is a dictionary batch.
type arrowDict struct {
	message arrowMessage
	before  int // the one that it adds to; -1: it is the beginning
}

// arrowMessage is where a message is: its metadata, and the body behind it.
type arrowMessage struct{ at, size, body int64 }

// openArrow implements Format.OpenTable.
func openArrow(r io.ReaderAt, size int64, wants record.Columns) (Table, error) {
	head := make([]byte, arrowHead)
	if n, err := r.ReadAt(head, 0); n < len(head) {
		if err == io.EOF {
			err = errors.New("arrow data is cut short")
		}
		return nil, err
	}
	t := &arrowTable{file: r, limit: size, byID: map[int64][]int{}}
	at, end, isFile := int64(0), error(nil), false
	switch {
	case bytes.HasPrefix(head, []byte(featherMagic)):
		return nil, errors.New("feather V1 is not supported: write it as V2, which is Arrow IPC")
	case bytes.HasPrefix(head, []byte(arrowMagic)):
		at, isFile = arrowHead, true
		end = t.findFooter(size)
	}
	err := t.scan(at, wants, isFile)
	if t.schema == nil {
		return nil, err
	}
	t.fault = cmp.Or(end, err)
	if isFile {
		for i := range t.parts {
			t.parts[i].dicts = len(t.dicts) // in whatever order they stand
		}
	}
	return t, nil
}

// findFooter makes messages end before the footer, of which nothing else is
// needed: what it lists stands one behind the other. It returns an error if the
// file does not end as it should.
func (t *arrowTable) findFooter(size int64) error {
	var tail [arrowTail]byte
	if size < int64(arrowHead+len(tail)) {
		return errors.New("arrow file is cut short")
	}
	if _, err := t.file.ReadAt(tail[:], size-int64(len(tail))); err != nil && err != io.EOF {
		return err
	}
	footer := int64(binary.LittleEndian.Uint32(tail[:]))
	if limit := size - int64(len(tail)) - footer; string(tail[4:]) == arrowMagic && limit >= arrowHead {
		t.limit = limit
		return nil
	}
	return errors.New("arrow file does not end with ARROW1: it is cut short")
}

// scan finds the messages, from a place on. What is in front of an error is
// there.
func (t *arrowTable) scan(at int64, wants record.Columns, isFile bool) error {
	batch := 0
	for number := 1; ; number++ {
		m, ok, err := t.next(at)
		if err != nil {
			return fmt.Errorf("message %d: %w", number, err)
		}
		if !ok {
			if rest := t.limit - m.at; rest > 0 && !isFile {
				return fmt.Errorf("%d bytes behind the end of the Arrow stream", rest)
			}
			break
		}
		if number > maxArrowMessages {
			return fmt.Errorf("more than %d messages: write larger record batches", maxArrowMessages)
		}
		header, kind, err := t.read(&m, nil)
		if err == nil && t.schema == nil && kind != arrowSchemaMessage {
			err = errors.New("a record batch comes before the schema")
		}
		if err == nil {
			switch kind {
			case arrowSchemaMessage:
				err = t.begin(header, wants)
			case arrowDictMessage:
				err = t.addDict(m, header, isFile)
			case arrowBatchMessage:
				batch++
				err = t.addBatch(m, header, batch)
			}
		}
		if err != nil {
			if kind == arrowSchemaMessage && t.schema == nil {
				return err
			}
			return fmt.Errorf("message %d: %w", number, err)
		}
		at = m.at + m.size + m.body
	}
	if t.schema == nil {
		return errors.New("arrow data without a schema")
	}
	return nil
}

// next finds the message at a place; false if there are no more, and where they
// end. Where the message's body ends is not known yet.
func (t *arrowTable) next(at int64) (m arrowMessage, ok bool, err error) {
	var head [8]byte
	n := min(int64(len(head)), t.limit-at)
	switch {
	case n == 0:
		return arrowMessage{at: at}, false, nil // it may end without saying so
	case n < 4:
		return m, false, errArrowShort
	}
	if _, err := t.file.ReadAt(head[:n], at); err != nil && err != io.EOF {
		return m, false, err
	}
	at += 4
	size := binary.LittleEndian.Uint32(head[:])
	if size == arrowContinuation { // there was none before Arrow 0.15
		at += 4
		size = binary.LittleEndian.Uint32(head[4:])
	}
	switch {
	case size == 0:
		return arrowMessage{at: at}, false, nil
	case size > maxArrowMessage:
		return m, false, fmt.Errorf("metadata of %d bytes is larger than %d", size, maxArrowMessage)
	case int64(size) > t.limit-at:
		return m, false, errArrowShort
	}
	return arrowMessage{at: at, size: int64(size)}, true, nil
}

var errArrowShort = errors.New("arrow data is cut short")

// read reads the metadata of a message into buf, and completes m: what it says
// of the body is true.
func (t *arrowTable) read(m *arrowMessage, buf []byte) (header flatTable, kind uint64, err error) {
	buf, err = readGrowing(io.NewSectionReader(t.file, m.at, m.size), buf[:0], int(m.size))
	if err != nil {
		return header, 0, errArrowShort
	}
	b := &flatBuffer{data: buf}
	root := b.root()
	kind = root.unsigned(1, 1, 0)
	header, ok := root.child(2)
	body := root.long(3)
	switch {
	case b.bad || !ok || body < 0:
		return header, kind, errArrowMetadata
	case body > t.limit-m.at-m.size:
		return header, kind, errArrowShort
	}
	m.body = body
	return header, kind, nil
}

// begin takes the schema over.
func (t *arrowTable) begin(header flatTable, wants record.Columns) (err error) {
	if t.schema != nil {
		return errors.New("another schema")
	}
	if t.schema, err = readArrowSchema(header, wants); err != nil {
		t.schema = nil
		return err
	}
	for i := range t.schema.columns {
		if c := &t.schema.columns[i]; c.indexed {
			t.byID[c.dictionary] = nil
		}
	}
	return nil
}

// addDict adds a dictionary batch if it is needed.
func (t *arrowTable) addDict(m arrowMessage, header flatTable, isFile bool) error {
	id, delta := header.long(0), header.flag(2)
	all, needed := t.byID[id]
	if header.bad {
		return errArrowMetadata
	}
	if !needed {
		return nil
	}
	d := arrowDict{message: m, before: -1}
	switch {
	case len(all) == 0:
	case delta:
		d.before = all[len(all)-1]
	case isFile:
		return fmt.Errorf("dictionary %d comes twice", id)
	}
	t.byID[id] = append(all, len(t.dicts))
	t.dicts = append(t.dicts, d)
	return nil
}

// addBatch adds the parts of a record batch.
func (t *arrowTable) addBatch(m arrowMessage, header flatTable, number int) error {
	rows := header.long(0)
	_, packed := header.child(3)
	if header.bad || rows < 0 {
		return errArrowMetadata
	}
	// A client takes a byte at least: the index of a dictionary's entry.
	if !packed && rows > m.body || packed && rows > maxArrowBuffer {
		return fmt.Errorf("%d rows are more than there can be", rows)
	}
	size := max(rows, 1)
	if !packed {
		size = arrowPartRows
	}
	for first := int64(0); first < rows; first += size {
		t.parts = append(t.parts, arrowPart{
			message: m, batch: number, first: first, rows: min(size, rows-first), dicts: len(t.dicts),
		})
	}
	return nil
}

// Present implements Table.
func (t *arrowTable) Present() record.Columns { return t.schema.present }

// Parts implements Table. If something is wrong with the file, the last part
// has no rows and says so.
func (t *arrowTable) Parts() []int64 {
	var rows []int64
	for _, p := range t.parts {
		rows = append(rows, p.rows)
	}
	if t.fault != nil {
		rows = append(rows, 0)
	}
	return rows
}
