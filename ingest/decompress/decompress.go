// Package decompress reads packed logs. How an input is packed is told by its
// first bytes, never by its name. Reading is streaming and its memory bounded,
// and a damaged archive yields what is readable before the damage.
package decompress

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Packing is how an input is compressed.
type Packing string

// The packings.
const (
	Plain Packing = "plain"
	Gzip  Packing = "gzip"
	Zstd  Packing = "zstd"
	Bzip2 Packing = "bzip2"
)

// Error says that an archive is damaged. What could be read before the damage
// has been delivered.
type Error struct {
	Packing Packing
	Offset  int64 // bytes of the archive that were read when the damage was noticed
	Err     error // io.ErrUnexpectedEOF if it ends too early
}

func (e *Error) Error() string {
	if errors.Is(e.Err, io.ErrUnexpectedEOF) {
		return fmt.Sprintf("truncated %s archive: it ends after %d bytes", e.Packing, e.Offset)
	}
	return fmt.Sprintf("damaged %s archive at byte %d: %v", e.Packing, e.Offset, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

var errTrailing = errors.New("something that is no gzip data follows the last member")

const (
	// readSize is how much is asked of the source at a time.
	readSize = 256 << 10
	// magicSize is the most that Detect looks at.
	magicSize = 5
	// maxWindow bounds the memory of zstd, as its own command line does unless
	// told otherwise (ZSTD_WINDOWLOG_LIMIT_DEFAULT = 27).
	maxWindow = 128 << 20
)

// Reader decompresses one source after another. Its buffers and tables are
// kept from one to the next. The zero value is ready for Reset.
type Reader struct {
	source  counter
	in      *bufio.Reader
	packing Packing
	unpack  io.Reader // reads in, decompressing
	members members
	zstd    *zstd.Decoder
	err     error // what every further Read returns
}

// Reset begins to read src. An error of src is returned by Read.
func (r *Reader) Reset(src io.Reader) {
	r.source = counter{src: src}
	if r.in == nil {
		r.in = bufio.NewReaderSize(&r.source, readSize)
	} else {
		r.in.Reset(&r.source)
	}
	r.err = nil
	head, _ := r.in.Peek(magicSize) // an error comes back from the next read
	r.packing = Detect(head)
	switch r.packing {
	case Gzip:
		r.members.reset(r.in)
		r.unpack = &r.members
	case Zstd:
		r.unpack = r.resetZstd()
	case Bzip2:
		r.unpack = bzip2.NewReader(r.in)
	default:
		r.unpack = r.in
	}
}

func (r *Reader) resetZstd() io.Reader {
	var err error
	if r.zstd == nil {
		r.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow))
	}
	if err == nil {
		err = r.zstd.Reset(r.in)
	}
	if err != nil {
		r.err = r.fault(err)
	}
	return r.zstd
}

// Detect tells the packing from the first bytes of an input.
func Detect(head []byte) Packing {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return Gzip
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return Zstd
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return Zstd // a skippable frame, which pzstd puts first
	case len(head) >= 4 && string(head[:3]) == "BZh" && '1' <= head[3] && head[3] <= '9' &&
		(len(head) == 4 || head[4] == 0x31 || head[4] == 0x17):
		return Bzip2
	}
	return Plain
}

// Packing is how the source at hand is packed.
func (r *Reader) Packing() Packing { return r.packing }

// Consumed is how many bytes were read of the source so far.
func (r *Reader) Consumed() int64 { return r.source.n }

// Read reads decompressed bytes. Damage is reported as *Error, a fault of the
// source as it is.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.unpack.Read(p)
	if err != nil {
		r.err = r.fault(err)
	}
	return n, r.err
}

// chunk returns what can be had without a copy: data or an error, or neither if
// Read has to be used. The data stay in buf, or are valid until the next call if
// that is nil.
func (r *Reader) chunk(buf *buffer) ([]byte, error) {
	if r.err != nil || r.packing != Gzip {
		return nil, r.err
	}
	data, err := r.members.chunk(buf)
	if err != nil {
		r.err = r.fault(err)
	}
	return data, r.err
}

func (r *Reader) fault(err error) error {
	if r.source.err != nil {
		return r.source.err
	}
	if err == io.EOF || r.packing == Plain {
		return err
	}
	return &Error{Packing: r.packing, Offset: r.source.n - int64(r.in.Buffered()), Err: err}
}

// counter counts what is read of a source and keeps its error.
type counter struct {
	src io.Reader
	n   int64
	err error // other than io.EOF
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
