package format

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	layout "github.com/parquet-go/parquet-go/format"
)

// What a page may be. Writers aim at pages of about 1 MB; some put a whole row
// group of a column with few values into one.
const (
	maxPageBytes  = 1 << 27 // decompressed
	maxPageValues = 1 << 24
	maxPageHeader = 1 << 16
)

// pageHeader is what is needed of the header of a page.
type pageHeader struct {
	kind         layout.PageType
	uncompressed int
	packed       int // size in the file
	crc          uint32
	hasCRC       bool
	values       int // nulls included
	encoding     layout.Encoding
	levels       layout.Encoding // of the definition levels, in a v1 page
	defBytes     int             // of the definition levels, in a v2 page
	repBytes     int
	plain        bool // a v2 page that is not compressed
}

// set takes a field of the PageHeader struct of parquet.thrift over.
func (h *pageHeader) set(path int, v int64) {
	switch path {
	case 1:
		h.kind = layout.PageType(v)
	case 2:
		h.uncompressed = int(v)
	case 3:
		h.packed = int(v)
	case 4:
		h.crc, h.hasCRC = uint32(v), true
	case 501, 701, 801: // of data pages v1, dictionaries, data pages v2
		h.values = int(v)
	case 502, 702, 804:
		h.encoding = layout.Encoding(v)
	case 503:
		h.levels = layout.Encoding(v)
	case 805:
		h.defBytes = int(v)
	case 806:
		h.repBytes = int(v)
	case 807:
		h.plain = v == 0
	}
}

func (h *pageHeader) check() error {
	switch {
	case h.packed < 0 || h.uncompressed < 0 || h.values < 0 || h.defBytes < 0 || h.repBytes < 0:
		return fmt.Errorf("page header is damaged")
	case h.packed > maxPageBytes || h.uncompressed > maxPageBytes:
		return fmt.Errorf("page of %d bytes is larger than %d", max(h.packed, h.uncompressed), maxPageBytes)
	case h.values > maxPageValues:
		return fmt.Errorf("page of %d values has more than %d", h.values, maxPageValues)
	}
	return nil
}

// pageReader reads the pages of one column chunk after the other. Its buffers
// are reused: a page is good until the next one.
type pageReader struct {
	file   *bufio.Reader
	codec  layout.CompressionCodec
	packed []byte
	page   []byte
	dict   []byte // the dictionary has its own memory, being needed for longer
	unpack *unpacker
}

// unpacker decompresses the pages of many columns. Its zero value is ready to
// use.
type unpacker struct {
	zip  gzip.Reader
	zstd *zstd.Decoder
}

func (r *pageReader) reset(chunk io.Reader, codec layout.CompressionCodec) {
	r.file.Reset(chunk)
	r.codec = codec
}

// next reads the header of the next page and its bytes, still packed. The end
// of the chunk is io.EOF.
func (r *pageReader) next() (pageHeader, error) {
	var h pageHeader
	head, err := r.file.Peek(maxPageHeader)
	if len(head) == 0 {
		return h, err
	}
	walk := thriftReader{data: head, visit: h.set}
	if !walk.structure(0, 0) {
		return h, fmt.Errorf("page header is damaged")
	}
	if err := h.check(); err != nil {
		return h, err
	}
	if _, err := r.file.Discard(walk.at); err != nil {
		return h, err
	}
	r.packed, err = readGrowing(r.file, r.packed[:0], h.packed)
	if err != nil {
		return h, err
	}
	if h.hasCRC && crc32.ChecksumIEEE(r.packed) != h.crc {
		return h, fmt.Errorf("page checksum does not match")
	}
	return h, nil
}

// readGrowing appends n bytes to buf. Memory grows with what is there and not
// with what is claimed.
func readGrowing(r io.Reader, buf []byte, n int) ([]byte, error) {
	const step = 1 << 20
	for n > 0 {
		at := len(buf)
		buf = append(buf, make([]byte, min(n, step))...)
		k, err := io.ReadFull(r, buf[at:])
		if n -= k; err != nil {
			return buf[:at+k], fmt.Errorf("page is cut short: %w", io.ErrUnexpectedEOF)
		}
	}
	return buf, nil
}

// page decompresses packed, which has to come to size bytes, into buf.
func (r *unpacker) page(codec layout.CompressionCodec, buf, packed []byte, size int) ([]byte, error) {
	var err error
	switch codec {
	case layout.Uncompressed:
		buf = append(buf[:0], packed...)
	case layout.Snappy:
		n, fault := snappy.DecodedLen(packed)
		if fault != nil || n != size {
			return nil, errParquetData
		}
		buf, err = snappy.Decode(grown(buf, size), packed)
	case layout.Gzip:
		if err = r.zip.Reset(bytes.NewReader(packed)); err == nil {
			buf, err = readAtMost(&r.zip, buf[:0], size)
		}
	case layout.Zstd:
		if r.zstd == nil { // it has no goroutines, so that it need not be closed
			r.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPageBytes))
			if err != nil {
				return nil, err
			}
		}
		buf, err = r.zstd.DecodeAll(packed, buf[:0])
	default:
		return nil, fmt.Errorf("compression %v is not supported", codec)
	}
	if err != nil {
		return nil, fmt.Errorf("decompressing a page: %w", err)
	}
	if len(buf) != size {
		return nil, errParquetData
	}
	return buf, nil
}

func grown(buf []byte, size int) []byte {
	if cap(buf) < size {
		return make([]byte, size)
	}
	return buf[:size]
}

// readAtMost appends the rest of r to buf, but not more than size bytes and
// one.
func readAtMost(r io.Reader, buf []byte, size int) ([]byte, error) {
	w := bytes.NewBuffer(buf)
	_, err := io.Copy(w, io.LimitReader(r, int64(size)+1))
	return w.Bytes(), err
}

// plainDictionary is the encoding PLAIN_DICTIONARY of the Parquet format, which
// is deprecated there and which writers of many files still use.
const plainDictionary layout.Encoding = 2

// dictionary unpacks a dictionary page.
func (r *pageReader) dictionary(h pageHeader) ([]byte, error) {
	if h.encoding != layout.Plain && h.encoding != plainDictionary {
		return nil, fmt.Errorf("dictionary encoded as %v is not supported", h.encoding)
	}
	var err error
	r.dict, err = r.unpack.page(r.codec, r.dict, r.packed, h.uncompressed)
	return r.dict, err
}

// data unpacks a data page, and splits the definition levels off the values.
func (r *pageReader) data(h pageHeader, optional bool) (levels, values []byte, err error) {
	if h.kind == layout.DataPageV2 {
		return r.dataV2(h)
	}
	if r.page, err = r.unpack.page(r.codec, r.page, r.packed, h.uncompressed); err != nil {
		return nil, nil, err
	}
	if !optional {
		return nil, r.page, nil
	}
	if h.levels != layout.RLE {
		return nil, nil, fmt.Errorf("levels encoded as %v are not supported", h.levels)
	}
	if len(r.page) < 4 {
		return nil, nil, errParquetData
	}
	size := uint64(binary.LittleEndian.Uint32(r.page))
	if size > uint64(len(r.page)-4) {
		return nil, nil, errParquetData
	}
	return r.page[4 : 4+size], r.page[4+size:], nil
}

// dataV2 is data for pages whose levels are never compressed.
func (r *pageReader) dataV2(h pageHeader) (levels, values []byte, err error) {
	head := h.repBytes + h.defBytes
	if head > len(r.packed) || head > h.uncompressed {
		return nil, nil, errParquetData
	}
	levels, packed := r.packed[h.repBytes:head], r.packed[head:]
	if h.plain {
		return levels, packed, nil
	}
	if r.page, err = r.unpack.page(r.codec, r.page, packed, h.uncompressed-head); err != nil {
		return nil, nil, err
	}
	return levels, r.page, nil
}
