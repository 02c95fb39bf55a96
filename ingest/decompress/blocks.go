package decompress

import (
	"context"
	"io"
)

// BlockSize is about the size of a block in bytes: none has more than twice as
// many.
const BlockSize = 256 << 10

// minInPlace is how many bytes, at least, are handed out where they were
// decompressed; fewer, of an archive of many small members, are gathered.
const minInPlace = BlockSize / 2

// aheadBlocks is how many blocks there are when reading runs ahead: one with the
// caller, one being filled, and so many waiting as go by while the caller
// analyses a batch (some 16 blocks of text, at once) instead of taking them.
const aheadBlocks = 16

// burst is how many blocks are handed over together: the caller, who is mostly
// the faster one, is woken as seldom. That took 5% of the CPU time of a run.
const burst = 4

// Ahead says whether a goroutine reads ahead of the caller. The data are the same
// in any case, and divided into blocks in one way or another.
type Ahead int

// When to read ahead.
const (
	Never    Ahead = iota
	IfPacked       // pays if a core is idle; for plain files it never does
	Always         // for pipes, so that waiting for them can be broken off
)

// Blocks decompresses one source after another in large blocks. Buffers are
// kept from one source to the next. The zero value is ready for Start.
type Blocks struct {
	reader Reader
	bufs   [aheadBlocks]*buffer
	last   block // what Next returned
	source io.Reader
	when   Ahead
	ahead  *ahead // nil: the caller reads
}

// block is what one call of Next returns and what Blocks knows by then.
type block struct {
	data     []byte
	buf      *buffer // that data are in, to be given back to ahead
	err      error   // behind data
	packing  Packing
	consumed int64
}

// ahead is the goroutine that reads, as its caller sees it.
type ahead struct {
	free chan *buffer
	full chan block
	quit chan struct{}
}

// Start begins to read src at the first Next.
func (b *Blocks) Start(src io.Reader, when Ahead) {
	b.source, b.when, b.last, b.ahead = src, when, block{}, nil
}

// Next returns the next block: BlockSize/2 bytes or more, unless an error comes
// with it, which is io.EOF, *Error or a fault of the source, and then it is the last.
// The block is valid until the next call. When reading runs ahead, Next does
// not outwait ctx.
func (b *Blocks) Next(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b.last.err != nil {
		return nil, b.last.err
	}
	first := b.last.packing == ""
	if b.ahead == nil && (first && b.when == Always || !first && b.when == IfPacked && b.last.packing != Plain) {
		b.run(first)
	}
	if b.ahead != nil {
		return b.await(ctx)
	}
	if first {
		b.reader.Reset(b.source)
	}
	b.last = b.reader.inPlace(b.buffer(0))
	return b.last.data, b.last.err
}

// await returns the next block that the goroutine has read.
func (b *Blocks) await(ctx context.Context) ([]byte, error) {
	if b.last.buf != nil {
		b.ahead.free <- b.last.buf // has room for every buffer
		b.last.buf = nil
	}
	select {
	case b.last = <-b.ahead.full:
		return b.last.data, b.last.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run starts the goroutine, which ends with the source, or at Stop.
func (b *Blocks) run(first bool) {
	a := &ahead{
		free: make(chan *buffer, aheadBlocks),
		full: make(chan block, aheadBlocks),
		quit: make(chan struct{}),
	}
	for i := range b.bufs {
		a.free <- b.buffer(i)
	}
	b.ahead = a
	together := burst
	if b.when == Always {
		together = 1 // a pipe has no more at once, perhaps for long
	}
	go func() {
		if first {
			b.reader.Reset(b.source)
		}
		a.read(&b.reader, together)
	}()
}

// Packing is how the source is packed; known once Next has returned a block.
func (b *Blocks) Packing() Packing { return b.last.packing }

// Consumed is how many bytes of the source had been read when the block that
// Next returned last was complete.
func (b *Blocks) Consumed() int64 { return b.last.consumed }

// Stop ends the reading. If that ran ahead and Next has not returned an error
// of the source yet, its goroutine may still be in a Read, and b must not be
// started again; Stop reports whether it may.
func (b *Blocks) Stop() (reusable bool) {
	if b.ahead == nil {
		return true
	}
	close(b.ahead.quit)
	b.ahead = nil
	return b.last.err != nil
}

func (b *Blocks) buffer(i int) *buffer {
	if b.bufs[i] == nil {
		b.bufs[i] = new(buffer)
	}
	return b.bufs[i]
}

// read fills blocks until the source ends, and hands over so many together.
func (a *ahead) read(r *Reader, together int) {
	held := make([]block, 0, together)
	for {
		select {
		case buf := <-a.free:
			last := r.block(buf)
			held = append(held, last)
			if len(held) < together && last.err == nil {
				continue
			}
			for _, filled := range held {
				a.full <- filled // has room for every buffer
			}
			if held = held[:0]; last.err != nil {
				return
			}
		case <-a.quit:
			return
		}
	}
}

// maxIdle is how many empty reads in a row are borne, as in bufio.
const maxIdle = 100

// inPlace reads a block that is valid until the next call. It is in buf only if
// that is better.
func (r *Reader) inPlace(buf *buffer) block {
	data, err := r.chunk(nil)
	if len(data) >= minInPlace {
		return r.filled(data, nil)
	}
	return r.gather(append(buf[:0], data...), err)
}

// block reads a block into buf.
func (r *Reader) block(buf *buffer) block {
	data, err := r.chunk(buf)
	if len(data) == 0 {
		data = buf[:0]
	}
	b := r.filled(data, err)
	if len(data) < minInPlace {
		b = r.gather(data, err)
	}
	b.buf = buf
	return b
}

// gather reads behind data until there are BlockSize bytes or an error comes.
func (r *Reader) gather(data []byte, err error) block {
	n, data := len(data), data[:BlockSize]
	for idle := 0; n < len(data) && err == nil; idle++ {
		var m int
		m, err = r.Read(data[n:])
		n += m
		if m > 0 {
			idle = 0
		} else if err == nil && idle == maxIdle {
			err = io.ErrNoProgress
		}
	}
	return r.filled(data[:n], err)
}

func (r *Reader) filled(data []byte, err error) block {
	return block{data: data, err: err, packing: r.packing, consumed: r.Consumed()}
}
