// Package inflate decompresses gzip members (RFC 1952) fast, in Go alone. It
// reads no byte beyond the member, keeps its memory bounded, and hands out the
// data where they were decoded, without a copy.
//
// What it accepts is what compress/gzip accepts, and like there, the data are
// tentative until io.EOF says that their checksum was right.
package inflate

import (
	"bufio"
	"hash/crc32"
	"io"
)

const (
	// ChunkSize is about how many bytes Next returns at a time, and MaxChunk
	// the most.
	ChunkSize = 256 << 10
	MaxChunk  = windowSize + ChunkSize + fastWrites

	// sourceSize is how much is read ahead from a source that has no buffer.
	sourceSize = 128 << 10

	// slack is what the loops may write behind the point where the chunk is
	// full: the last match, and what fast scribbles.
	slack   = fastWrites + step
	outSize = windowSize + ChunkSize + slack
)

// Buffered is a source that shows its buffer, as *bufio.Reader does. Of such a
// source a Reader takes the bytes of its member and no other, nor does it ask
// for more than it needs to go on; a buffer of any size will do.
type Buffered interface {
	// Peek returns the next n bytes without taking them, fewer only with an
	// error.
	Peek(n int) ([]byte, error)
	// Discard takes n bytes that Peek has shown.
	Discard(n int) (int, error)
	// Buffered is for how many bytes Peek need not read.
	Buffered() int
}

// Reader decompresses single gzip members, one after another. Its buffers and
// tables are kept from one to the next. It must be Reset before use, and is not
// for concurrent use.
type Reader struct {
	src Buffered
	buf *bufio.Reader // for a source that is not Buffered

	// What src has buffered: in[:pos] is taken from it when that is used up or
	// Next returns. Before in, the member had base bytes.
	in   []byte
	pos  int
	base int64

	// The bits of the last byte taken that were not yet used, in the low bits;
	// the others are 0. There are fewer than 8, except within a function.
	bits  uint64
	nbits uint

	// The data: out[:w], of which out[start:w] are for the Next at hand. Those
	// before are history.
	out      *Buffer
	own      *Buffer // out, unless that is another's
	start, w int
	rest     []byte // of the chunk that Read is at

	state   state
	last    bool    // the block at hand is the last one
	stored  int     // bytes to come in a stored block
	code    *tables // of the block at hand
	dynamic *tables // of the latest dynamic block
	lens    [maxLit + maxDist]uint8
	pre     [1 << preBits]uint32 // the table of the code lengths
	scratch [256]byte            // for take

	sum  uint32
	size uint32
	err  error // what Next returns when there are no data left
}

// Buffer is memory for a chunk and the history before it.
type Buffer [outSize]byte

// state is what comes next in the input.
type state uint8

const (
	atMember state = iota
	atBlock
	inStored
	inCode
	atTrailer
)

// Reset begins the member that src stands at. If src is Buffered, it stands
// right behind the member once Next or Read has returned io.EOF; from any other
// source more may have been read.
func (r *Reader) Reset(src io.Reader) { r.begin(r.buffered(src)) }

// buffered is src with a buffer.
func (r *Reader) buffered(src io.Reader) Buffered {
	if b, ok := src.(Buffered); ok {
		return b
	}
	if r.buf == nil {
		r.buf = bufio.NewReaderSize(src, sourceSize)
	} else {
		r.buf.Reset(src)
	}
	return r.buf
}

// begin begins the member that src stands at.
func (r *Reader) begin(src Buffered) {
	if r.dynamic == nil {
		r.dynamic = new(tables)
	}
	r.src, r.in, r.pos, r.base = src, nil, 0, 0
	r.bits, r.nbits = 0, 0
	r.start, r.w, r.rest = 0, 0, nil
	r.state, r.sum, r.size, r.err = atMember, 0, 0, nil
}

// Consumed is how many bytes of input the member has taken so far.
func (r *Reader) Consumed() int64 { return r.base + int64(r.pos) }

// Next returns the next data, about ChunkSize bytes, or those up to the end, a
// fault, or the end of a block when all that was buffered of the source is used,
// so that what its writer flushed can be had at once. They are valid until
// the next call of a method and must not be written to, being the history of
// those that follow. When there are no more, Next returns io.EOF if the member ended well, *Error if it is damaged,
// or the error of the source: data or an error, never both.
func (r *Reader) Next() ([]byte, error) {
	if rest := r.rest; len(rest) > 0 {
		r.rest = nil
		return rest, nil
	}
	if r.err != nil {
		return nil, r.err
	}
	r.slide()
	return r.next()
}

// NextIn is Next with the data in a buffer of the caller's, where they stay until
// that is given again. Until the next call of a method they are history, which
// must not be written to.
func (r *Reader) NextIn(buf *Buffer) ([]byte, error) {
	if len(r.rest) > 0 {
		n := copy(buf[:], r.rest)
		r.rest = r.rest[n:]
		return buf[:n], nil
	}
	if r.err != nil {
		return nil, r.err
	}
	r.move(buf)
	return r.next()
}

// next decodes a chunk behind the history.
func (r *Reader) next() ([]byte, error) {
	r.look()
	r.err = r.decode()
	data := r.out[r.start:r.w]
	r.sum = crc32.Update(r.sum, crc32.IEEETable, data)
	r.size += uint32(len(data))
	if r.err == nil && r.state == atTrailer {
		r.err = r.trailer()
	}
	r.release()
	if len(data) > 0 {
		return data, nil
	}
	return nil, r.err
}

// Read copies the data to p, in the manner of io.Reader. What it has not yet
// copied of a chunk, Next returns.
func (r *Reader) Read(p []byte) (int, error) { return read(p, &r.rest, r.Next) }

// read copies to p from rest, which it gets from next when there is none.
func read(p []byte, rest *[]byte, next func() ([]byte, error)) (int, error) {
	for len(*rest) == 0 {
		if len(p) == 0 {
			return 0, nil
		}
		var err error
		if *rest, err = next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, *rest)
	*rest = (*rest)[n:]
	return n, nil
}

// slide makes room for a chunk in memory of the Reader's own and keeps the
// history before it.
func (r *Reader) slide() {
	if r.own == nil {
		r.own = new(Buffer)
	}
	if r.full() || r.out != r.own {
		r.move(r.own)
	}
	r.start = r.w
}

// move goes on in buf, with the history.
func (r *Reader) move(buf *Buffer) {
	if r.w > 0 {
		r.w = copy(buf[:], r.out[max(0, r.w-windowSize):r.w])
	}
	r.out, r.start = buf, r.w
}

// full says whether the chunk is to be handed out for its size. That is more
// for the first one, which has no history.
func (r *Reader) full() bool { return r.w >= windowSize+ChunkSize }

// flushed says whether there are data that would have to wait for more input,
// at a point where their writer may have meant them to be read.
func (r *Reader) flushed() bool {
	return r.state == atBlock && r.w > r.start && r.pos == len(r.in)
}

// decode goes on until there is something to hand out, or the trailer.
func (r *Reader) decode() error {
	for !r.full() && !r.flushed() && r.state != atTrailer {
		var err error
		switch r.state {
		case atMember:
			err = r.header()
		case atBlock:
			err = r.block()
		case inStored:
			err = r.copyStored()
		case inCode:
			err = r.decodeCode()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endBlock goes on to what follows the block.
func (r *Reader) endBlock() {
	r.state = atBlock
	if r.last {
		r.state = atTrailer
	}
}

// fault is the error for what was noticed at the point reached.
func (r *Reader) fault(f Fault) error { return &Error{Fault: f, Offset: r.Consumed()} }

// look shows what the source has buffered.
func (r *Reader) look() {
	r.in, _ = r.src.Peek(r.src.Buffered())
}

// release takes from the source what was used.
func (r *Reader) release() {
	r.src.Discard(r.pos) // no more than was shown
	r.base += int64(r.pos)
	r.in, r.pos = nil, 0
}

// fill reads more input when all is used.
func (r *Reader) fill() error {
	r.release()
	if _, err := r.src.Peek(1); err == io.EOF {
		return r.fault(Truncated)
	} else if err != nil {
		return err
	}
	if r.look(); len(r.in) == 0 {
		return io.ErrNoProgress
	}
	return nil
}

// more takes one more byte into bits.
func (r *Reader) more() error {
	if r.pos == len(r.in) {
		if err := r.fill(); err != nil {
			return err
		}
	}
	r.bits |= uint64(r.in[r.pos]) << (r.nbits & 63)
	r.nbits += 8
	r.pos++
	return nil
}

// need takes so many bytes that there are at least n bits.
func (r *Reader) need(n uint) error {
	for r.nbits < n {
		if err := r.more(); err != nil {
			return err
		}
	}
	return nil
}

// drop uses up n of the bits.
func (r *Reader) drop(n uint) {
	r.bits >>= n & 63
	r.nbits -= n
}
