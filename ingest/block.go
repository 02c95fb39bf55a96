package ingest

import (
	"bytes"
	"context"
	"io"
	"slices"

	"rulecast/ingest/format"
	"rulecast/ingest/record"
)

// How much is read at once behind the end of a block, to find the end of its
// last line: little at first, because most lines are short.
const (
	restFirst = 4 << 10
	restMost  = 256 << 10
)

// readBefore is how much is read before a block: the newline that its first line
// may begin behind, and with it as much as keeps what is read as far from a
// multiple of 64 in the buffer as it is in the file, because then the kernel
// copies it some 7% faster.
const readBefore = 64

// block is the lines that begin in one block of a split.
type block struct {
	number int64
	lines  int64  // how many, if the split numbers them
	data   []byte // the lines, up to the end of the last one unless that is too long
	end    int64  // where data ends in the file
	fault  error  // behind data; nil if data ends with a line, or within one that is too long
	full   bool   // no fault came before the end of the block
	header []byte // that the lines have, for those behind them; nil for none
}

// whole is the lines of which the end has been read.
func (b *block) whole() []byte { return b.data[:bytes.LastIndexByte(b.data, '\n')+1] }

// share reads blocks of a split, or parts, until there are no more, or none are to be had
// because another reader's callee has given up.
func (s *stream) share(ctx context.Context, sp *split, fn func(*record.Batch) error) error {
	s.begin(sp.index)
	account := &record.Input{Name: s.reader.sources[sp.index].Name}
	in := &reading{stream: s, index: sp.index, account: account, fn: fn, format: sp.format}
	read := in.readBlocks
	if sp.table != nil {
		read = in.readParts
	}
	sections, err := read(ctx, sp)
	if err == nil {
		err = in.flush()
	}
	if s.spool != nil {
		if flushing := s.spool.w.Flush(); err == nil {
			err = flushing
		}
	}
	account.Skipped, account.Duplicates = in.at.Skipped, in.at.Duplicates
	account.Repeated = s.builder.TakeRepeated()
	account.Duplicates += account.Repeated
	account.Outside, account.Anonymised = s.builder.TakeOutside(), s.builder.TakeAnonymised()
	account.Present = *s.builder.Presence()
	return sp.leave(in, sections, err)
}

// readBlocks reads blocks of a split and says where their rejects are.
func (in *reading) readBlocks(ctx context.Context, sp *split) (sections []blockSection, err error) {
	for {
		number, ok := sp.take()
		if !ok {
			return sections, nil
		}
		b, err := in.load(ctx, sp, number)
		if err != nil {
			return nil, err
		}
		before, ok, err := sp.pass(ctx, b)
		if err != nil || !ok {
			return nil, err
		}
		if err := in.decode(ctx, sp, b, before); err != nil {
			return nil, err
		}
		sections = in.cutSection(sections, number)
	}
}

// cutSection adds where the rejects of a block are, if it has any.
func (in *reading) cutSection(sections []blockSection, number int64) []blockSection {
	if in.spool == nil {
		return sections
	}
	if at := in.spool.cut(); at.size > 0 {
		sections = append(sections, blockSection{block: number, section: at})
	}
	return sections
}

// load reads the lines of a block, and looks for their header, and for their
// number if that is wanted. What is wrong with the file is a fault of the block;
// the error is that of ctx.
func (in *reading) load(ctx context.Context, sp *split, number int64) (*block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := number * in.reader.block
	from := max(start-readBefore, 0)
	size := int(start + in.reader.block - from)
	in.buf = slices.Grow(in.buf[:0], size+restFirst)
	n, fault := sp.readAt(in.buf[:size], from)
	in.buf = in.buf[:n]
	b := &block{number: number, end: from + int64(n), fault: fault, full: n == size}
	own := max(b.end-start, 0)
	in.account.BytesRead += own
	in.reader.read.Add(max(b.end-max(start, sp.known), 0))

	first := 0
	if start > 0 {
		first = min(int(start-from)-1, n)
		if nl := bytes.IndexByte(in.buf[first:], '\n'); nl >= 0 {
			first += nl + 1
		} else {
			first = n
		}
	}
	if first < n && in.buf[n-1] != '\n' {
		if err := in.finishLine(ctx, sp, b, first); err != nil {
			return nil, err
		}
	}
	b.data = in.buf[first:]
	if start == 0 {
		b.data = bytes.TrimPrefix(b.data, utf8BOM)
	}
	if sp.numbers() {
		b.lines = countLines(b.data)
	}
	if sp.format.Header != nil {
		b.header = headerOf(sp.format, b.whole(), in.reader.maxLine, false)
	}
	return b, nil
}

// countLines counts the lines in data, the last one even when it has no newline.
func countLines(data []byte) int64 {
	lines := bytes.Count(data, lineEnd)
	if len(data) > 0 && data[len(data)-1] != '\n' {
		lines++
	}
	return int64(lines)
}

// finishLine reads on until the block's last line ends or is too long. The
// lines begin at first in in.buf.
func (in *reading) finishLine(ctx context.Context, sp *split, b *block, first int) error {
	begin := first + bytes.LastIndexByte(in.buf[first:], '\n') + 1
	longest := in.reader.mostCarried() + len(utf8BOM) // which is not counted
	for rest := newRest(in.reader); b.fault == nil && len(in.buf)-begin <= longest; {
		if err := ctx.Err(); err != nil {
			return err
		}
		size := rest.next()
		at := len(in.buf)
		in.buf = slices.Grow(in.buf, size)
		n, fault := sp.readAt(in.buf[at:at+size], b.end)
		if nl := bytes.IndexByte(in.buf[at:at+n], '\n'); nl >= 0 {
			in.buf = in.buf[:at+nl+1]
			b.end += int64(nl + 1)
			return nil
		}
		in.buf = in.buf[:at+n]
		b.end += int64(n)
		b.fault = fault
	}
	return nil
}

// restSize is how much is read next behind the end of a block.
type restSize struct{ size int }

func newRest(r *Reader) restSize { return restSize{int(min(restFirst, r.block))} }

func (r *restSize) next() int {
	size := r.size
	r.size = min(2*size, restMost)
	return size
}

// readAt reads until p is full or a fault comes; the end of the file is
// errShrunk where it cannot be.
func (s *split) readAt(p []byte, off int64) (int, error) {
	n, err := s.file.Through.ReadAt(p, off)
	switch {
	case n == len(p):
		return n, nil
	case err == io.EOF && off+int64(n) < s.file.Size:
		return n, errShrunk
	}
	return n, err
}

// decode decodes the lines of a block behind others.
func (in *reading) decode(ctx context.Context, sp *split, b *block, before prefix) error {
	if in.builder.Full() {
		if err := in.flush(); err != nil {
			return err
		}
	}
	if in.header == nil || !bytes.Equal(in.header, before.header) {
		in.decoder = in.format.New()
		if in.header = before.header; in.header != nil {
			in.decoder.Decode(in.header, in.builder, new(format.Position))
		}
	}
	if b.header != nil {
		in.header = nil
	}
	in.at.Line = before.lines
	if !sp.numbers() {
		in.at.Line = sp.place(b.number)
	}
	first := in.at.Line
	in.carry = in.carry[:0]
	if err := in.pieces(b.data); err != nil {
		return err
	}
	if err := in.skipLine(ctx, sp, b); err != nil {
		return err
	}
	if b.fault != nil {
		if err := in.end(b.fault); err != nil {
			return err
		}
	}
	lines := in.at.Line - first
	in.account.Lines += lines
	if !sp.numbers() {
		sp.count(b.number, lines)
	} else if lines != b.lines && in.account.Err == nil {
		in.account.Err = errUnequal
	}
	return nil
}

// skipLine reads the last line of a block to its end if it is too long.
func (in *reading) skipLine(ctx context.Context, sp *split, b *block) error {
	for rest := newRest(in.reader); in.skipping && b.fault == nil; {
		if err := ctx.Err(); err != nil {
			return err
		}
		size := rest.next()
		in.buf = slices.Grow(in.buf[:0], size)
		n, fault := sp.readAt(in.buf[:size], b.end)
		p := in.buf[:n]
		if nl := bytes.IndexByte(p, '\n'); nl >= 0 {
			return in.pieces(p[:nl+1])
		}
		if err := in.pieces(p); err != nil {
			return err
		}
		b.end += int64(n)
		b.fault = fault
	}
	return nil
}
