package ingest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"

	"rulecast/ingest/budget"
	"rulecast/ingest/decompress"
	"rulecast/ingest/format"
	"rulecast/ingest/record"
	"rulecast/ingest/source"
	"rulecast/ingest/unwrap"
)

// headSize is how much of an input, unpacked, formats may look at.
const headSize = 64 << 10

// Streams makes n streams that share the inputs: each takes the next one when
// it is done with another, and when none is left, it reads blocks of the large
// plain files that others are at. They may be read by a goroutine each, and
// have to be read under one context: what one of them opens, others read. Call
// it once.
func (r *Reader) Streams(n int) []record.Stream {
	streams := make([]record.Stream, max(n, 1))
	busy := min(len(streams), len(r.sources))
	ahead := decompress.Never
	if busy < runtime.GOMAXPROCS(0) {
		ahead = decompress.IfPacked
	}
	r.splits = r.splits && n > 1
	for i := range streams {
		streams[i] = &stream{reader: r, ahead: ahead}
	}
	return streams
}

// stream reads inputs, one after another, with one builder.
type stream struct {
	reader  *Reader
	ahead   decompress.Ahead
	builder *record.Builder
	proxies *record.Proxies // nil if none are trusted
	gauge   *budget.Gauge   // nil if there is no meter
	blocks  *decompress.Blocks
	tables  format.TableMemory
	spool   *spool // of rejects; nil until there is one
	carry   []byte // the beginning of a line
	buf     []byte // a block of a split
	err     error  // what ended it early
}

// Each implements record.Stream.
func (s *stream) Each(ctx context.Context, fn func(*record.Batch) error) error {
	for s.err == nil {
		if s.err = ctx.Err(); s.err != nil {
			break
		}
		next, ok, err := s.reader.queue.next(ctx)
		if !ok {
			s.err = cmp.Or(err, s.gauge.End())
			break
		}
		s.reader.prepare(ctx)
		s.prepare()
		if next.split != nil {
			s.err = s.share(ctx, next.split, fn)
			continue
		}
		in := &reading{stream: s, index: next.input, account: &s.reader.inputs[next.input], fn: fn}
		s.err = in.run(ctx, s.reader.sources[next.input])
	}
	return s.err
}

func (s *stream) prepare() {
	if s.blocks == nil {
		s.blocks = new(decompress.Blocks)
	}
	if s.proxies == nil && s.reader.trusted != nil {
		s.proxies = record.NewProxies(s.reader.trusted)
	}
	if s.builder == nil {
		s.builder = record.NewBuilder(s.reader.columns)
		s.gauge = s.reader.meter.Gauge()
		if s.reader.pooling != nil {
			s.builder.SetPooling(s.reader.pooling)
		}
		if s.reader.windowed {
			s.builder.SetWindow(s.reader.since, s.reader.until)
		}
	}
}

// begin prepares the builder for the rows of an input.
func (s *stream) begin(input int) {
	s.builder.NextInput()
	var repeated func([]byte) bool
	if dir, ok := s.reader.delivery[input]; ok {
		repeated = s.reader.repeats.earlier(dir)
	}
	s.builder.SetRepeated(repeated)
}

// How much of the inputs that come next is asked of a store while others are
// read: small objects take longer to come than to be decoded.
const (
	preparedInputs = 32
	preparedBytes  = 16 << 20
	preparedMost   = 1 << 20 // of an input
)

// prepare lets a store send the inputs that are next.
func (r *Reader) prepare(ctx context.Context) {
	if !r.remote {
		return
	}
	left := int64(preparedBytes)
	for _, i := range r.queue.upcoming(preparedInputs) {
		src := r.sources[i]
		if left -= min(max(src.Size, 0), preparedMost); left < 0 {
			return
		}
		src.Prepare(ctx)
	}
}

// reading is the passage of one input through a stream. Its methods return
// errors that end the stream; what is wrong with the input goes to its account.
type reading struct {
	*stream
	index   int
	account *record.Input
	fn      func(*record.Batch) error
	at      format.Position
	faulty  int64 // the part of a table that account.Err is about
	reasons map[string]*record.Reason

	format   *format.Format
	decoder  format.Decoder
	header   []byte            // of a block: what decoder goes by, and all that it remembers of lines; nil if that is not known
	wrapped  *unwrap.Unwrapper // nil if the input has its records on lines
	skipping bool              // within a line that is too long
	settled  bool              // the queue knows what became of the input
}

func (in *reading) run(ctx context.Context, src *source.Input) error {
	defer in.settle(nil)
	in.begin(in.index)
	file, err := src.Open(ctx)
	if err != nil {
		in.account.Err = err
		in.reader.queue.finish()
		return nil
	}
	sp, err := in.read(ctx, file)
	if sp != nil {
		in.settle(sp)
		return in.share(ctx, sp, in.fn)
	}
	defer file.Close()
	if err == nil {
		err = in.flush()
	}
	if err != nil {
		in.account.Err = err
	}
	if err = cmp.Or(err, in.finish()); err == nil {
		in.reader.queue.finish()
	}
	return err
}

// settle tells the queue what became of the input, as soon as that is known.
func (in *reading) settle(sp *split) {
	if !in.settled {
		in.settled = true
		in.reader.queue.settle(sp)
	}
}

// read tells what the input is, and reads it to its end unless it returns how
// to split it.
func (in *reading) read(ctx context.Context, file *source.File) (*split, error) {
	ahead := in.ahead
	if file.At == nil {
		ahead = decompress.Always
		in.settle(nil) // a pipe may let others wait
	}
	in.blocks.Start(progress{file, &in.reader.read}, ahead)
	defer in.stop()
	data, fault := in.first(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(data) > 0 {
		head := data[:min(len(data), headSize)]
		var err error
		in.format, err = in.reader.recognise(head, fault == io.EOF && len(head) == len(data))
		if err != nil {
			in.account.Err = err
		}
	}
	if fault != nil && fault != io.EOF {
		in.account.Err = fault // a better reason for not being recognised, too
	}
	if in.format == nil {
		return nil, nil
	}
	in.account.Format, in.account.Title = in.format.Name, in.format.Title
	if in.reader.forced == nil {
		in.account.Because = in.format.Because()
	}
	if in.format.OpenTable != nil {
		return in.table(file), nil
	}
	if sp := in.split(file); sp != nil && in.account.Err == nil {
		return sp, nil
	}
	in.settle(nil)
	in.decoder = in.format.New()
	return nil, in.lines(ctx, data, fault)
}

// first returns the first block of lines, without a byte order mark.
func (in *reading) first(ctx context.Context) ([]byte, error) {
	data, fault := in.blocks.Next(ctx)
	in.account.Packing = string(in.blocks.Packing())
	data = bytes.TrimPrefix(data, utf8BOM)
	kind := unwrap.Detect(data[:min(len(data), headSize)])
	if kind == unwrap.Lines {
		return data, fault
	}
	in.wrapped = unwrap.New(kind)
	data, fault = in.wrapped.Next(data, fault)
	for len(data) == 0 && fault == nil {
		data, fault = in.next(ctx)
	}
	return data, fault
}

func (in *reading) stop() {
	if in.format == nil || in.format.OpenTable == nil {
		in.account.BytesRead = in.blocks.Consumed()
	}
	if !in.blocks.Stop() {
		in.blocks = nil
	}
}

// recognise finds the format of an input that begins with head.
func (r *Reader) recognise(head []byte, whole bool) (*format.Format, error) {
	if r.forced != nil {
		if hint := utf16Hint(head); hint != "" && r.forced.OpenTable == nil {
			return nil, &UnrecognisedError{Hint: hint}
		}
		if r.mapped {
			if missed := r.forced.Sniff(head, whole); missed != "" {
				return nil, &UnfitError{Missed: missed}
			}
		}
		return r.forced, nil
	}
	f, misses := r.detect(head, whole)
	if f == nil {
		return nil, &UnrecognisedError{Hint: hint(head), Misses: misses, First: firstByte(head)}
	}
	return f, nil
}

// flush hands over what the builder holds, if anything.
func (in *reading) flush() error {
	if in.builder.Rows() == 0 && len(in.builder.Rejects()) == 0 {
		return nil
	}
	batch := in.builder.Flush(in.index)
	if in.proxies != nil {
		in.account.Through.Add(in.proxies.Resolve(batch))
	}
	in.account.Rows += int64(batch.Rows)
	in.reader.requests.Add(int64(batch.Rows))
	in.count(batch.Rejects)
	if err := in.gauge.Read(batch.Dicts); err != nil {
		return err
	}
	if in.reader.pooling != nil {
		in.reader.countPooled(batch)
	}
	err := in.fn(batch)
	in.builder.Reset()
	if in.format.OpenTable == nil { // formats of tables keep ids for a while
		in.renew()
	}
	return err
}

var errUnequal = errors.New("rows, rejects and skipped lines do not add up to the lines read: please report this")

// finish closes the account.
func (in *reading) finish() error {
	a := in.account
	a.Lines, a.Skipped, a.Duplicates = in.at.Line, in.at.Skipped, in.at.Duplicates
	a.Repeated = in.builder.TakeRepeated()
	a.Duplicates += a.Repeated
	a.Outside, a.Anonymised = in.builder.TakeOutside(), in.builder.TakeAnonymised()
	a.Present.Add(in.builder.Presence())
	a.Reasons = sortedReasons(in.reasons)
	balance(a)
	return in.endRejects()
}

// balance checks the sum of a closed account.
func balance(a *record.Input) {
	if a.Lines != a.Rows+a.Rejects+a.Skipped+a.Duplicates+a.Outside && a.Err == nil {
		a.Err = errUnequal
	}
}

// progress counts the bytes that are read.
type progress struct {
	io.Reader
	n *atomic.Int64
}

func (p progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.n.Add(int64(n))
	return n, err
}
