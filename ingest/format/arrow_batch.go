package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxArrowBuffer bounds a compressed buffer, in bytes as it is unpacked. One
// that is not compressed is read in pieces, whatever its size.
const maxArrowBuffer = maxPageBytes

var errArrowData = errors.New("arrow data is damaged")

// arrowBatch is a RecordBatch message whose buffers are read.
type arrowBatch struct {
	table    *arrowTable
	message  arrowMessage
	meta     []byte
	rows     int64
	packed   bool
	codec    uint64
	nodes    flatVector // 16 bytes: length, number of nulls
	buffers  flatVector // 16 bytes: offset in the body, length
	variable flatVector // how many variable buffers each view array has
	unpacked map[int][]byte
	spare    [][]byte // memory for more of those
	raw      []byte
	zstd     *zstd.Decoder
}

func newArrowBatch(t *arrowTable) *arrowBatch {
	return &arrowBatch{table: t, unpacked: map[int][]byte{}}
}

// open takes the metadata of a message up: that of a record batch, or of the
// one in a dictionary batch.
func (b *arrowBatch) open(m arrowMessage) error {
	if b.message == m {
		return nil
	}
	for i, data := range b.unpacked {
		b.spare = append(b.spare, data)
		delete(b.unpacked, i)
	}
	b.message = arrowMessage{}
	seen := m
	header, kind, err := b.table.read(&seen, b.meta)
	if err != nil {
		return err
	}
	if b.meta = header.data; kind == arrowDictMessage {
		var ok bool
		if header, ok = header.child(1); !ok {
			return errArrowMetadata
		}
	}
	b.rows = header.long(0)
	b.nodes, b.buffers, b.variable = header.vector(1, 16), header.vector(2, 16), header.vector(4, 8)
	compression, packed := header.child(3)
	if b.packed = packed; packed {
		b.codec = compression.unsigned(0, 1, 0)
	}
	if header.bad || b.rows < 0 || b.rows > maxTableRows || b.codec > 1 || seen != m {
		return errArrowMetadata
	}
	b.message = m
	return nil
}

func (b *arrowBatch) close() {
	if b.zstd != nil {
		b.zstd.Close()
	}
}

// array is an array of the batch: where its buffers are.
type arrowArray struct {
	*arrowBatch
	buffer int // the first one
	more   int // variable ones, behind the first two
}

// array finds the array of a column.
func (b *arrowBatch) array(c *arrowColumnSpec) (a arrowArray, err error) {
	a = arrowArray{arrowBatch: b, buffer: c.buffer}
	if c.node >= b.nodes.len || b.nodes.longAt(c.node, 0) != b.rows {
		return a, errArrowMetadata
	}
	for i := range c.views {
		n, err := b.variables(i)
		if err != nil {
			return a, err
		}
		a.buffer += n
	}
	if c.values.kind == arrowView && !c.indexed {
		a.more, err = b.variables(c.views)
	}
	return a, err
}

// variables is how many variable buffers a view array has.
func (b *arrowBatch) variables(view int) (int, error) {
	if view >= b.variable.len {
		return 0, errArrowMetadata
	}
	n := b.variable.longAt(view, 0)
	if n < 0 || n > int64(b.buffers.len) {
		return 0, errArrowMetadata
	}
	return int(n), nil
}

// place is where a buffer is in the file.
func (b *arrowBatch) place(i int) (at, size int64, err error) {
	if i < 0 || i >= b.buffers.len {
		return 0, 0, errArrowMetadata
	}
	offset, size := b.buffers.longAt(i, 0), b.buffers.longAt(i, 1)
	if body := b.message.body; offset < 0 || size < 0 || offset > body || size > body-offset {
		return 0, 0, errArrowMetadata
	}
	return b.message.at + b.message.size + offset, size, nil
}

// append adds n bytes of a buffer, from one on, to dst.
func (b *arrowBatch) append(dst []byte, i int, from, n int64) ([]byte, error) {
	at, size, err := b.place(i)
	if err != nil {
		return dst, err
	}
	if b.packed && size > 0 {
		data, err := b.unpack(i, at, size)
		if err != nil {
			return dst, err
		}
		if from < 0 || n < 0 || from > int64(len(data)) || n > int64(len(data))-from {
			return dst, errArrowData
		}
		return append(dst, data[from:from+n]...), nil
	}
	if from < 0 || n < 0 || from > size || n > size-from {
		return dst, errArrowData
	}
	return readGrowing(io.NewSectionReader(b.table.file, at+from, n), dst, int(n))
}

// size is how many bytes a buffer has.
func (b *arrowBatch) size(i int) (int64, error) {
	at, size, err := b.place(i)
	if err == nil && b.packed && size > 0 {
		var data []byte
		data, err = b.unpack(i, at, size)
		size = int64(len(data))
	}
	return size, err
}

// empty reports whether a buffer has nothing in it: that of validity is left
// out if nothing is null.
func (b *arrowBatch) empty(i int) (bool, error) {
	_, size, err := b.place(i)
	return size == 0, err
}

// unpack is the content of a compressed buffer.
func (b *arrowBatch) unpack(i int, at, size int64) ([]byte, error) {
	if data, ok := b.unpacked[i]; ok {
		return data, nil
	}
	if size < 8 || size > maxArrowBuffer {
		return nil, errArrowData
	}
	var err error
	if b.raw, err = readGrowing(io.NewSectionReader(b.table.file, at, size), b.raw[:0], int(size)); err != nil {
		return nil, err
	}
	claim, packed := int64(binary.LittleEndian.Uint64(b.raw)), b.raw[8:]
	if claim > maxArrowBuffer {
		return nil, fmt.Errorf("compressed buffer of %d bytes is larger than %d: write smaller record batches", claim, maxArrowBuffer)
	}
	var data []byte
	if n := len(b.spare); n > 0 {
		data, b.spare = b.spare[n-1][:0], b.spare[:n-1]
	}
	switch {
	case claim == -1: // it would not have become smaller
		data = append(data, packed...)
		claim = int64(len(data))
	case b.codec == 0:
		data, err = lz4Frame(data, packed, int(claim))
	default:
		data, err = b.unzstd(data, packed)
	}
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != claim {
		return nil, errArrowData
	}
	b.unpacked[i] = data
	return data, nil
}

func (b *arrowBatch) unzstd(dst, src []byte) (data []byte, err error) {
	if b.zstd == nil {
		b.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxArrowBuffer))
		if err != nil {
			return nil, err
		}
	}
	return b.zstd.DecodeAll(src, dst)
}
