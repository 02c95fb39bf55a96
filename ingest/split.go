package ingest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"

	"rulecast/ingest/decompress"
	"rulecast/ingest/format"
	"rulecast/ingest/record"
	"rulecast/ingest/source"
)

// blockSize is the size of the blocks in which a large plain file is read by
// several streams, in bytes. It fits the second-level cache of most machines,
// and takes long enough to decode that the cost of handing it out, and of what
// a decoder has to learn anew, does not show.
const blockSize = 1 << 20

var errShrunk = errors.New("the file became shorter while it was read")

// split is a plain file of lines that streams read together. Block k is the
// lines that begin in its bytes k*size to (k+1)*size. Blocks are handed out in
// order, and each one is passed in order: what is known of the lines before it
// (see prefix) comes to it from the block before, as soon as that one has been
// looked through and long before it has been decoded. So a block is decoded
// just as it is when one stream reads all of them.
//
// A columnar file is read in the same way. There block k is part k of the
// table, and what it has to know is known from the beginning.
type split struct {
	reader *Reader
	index  int // of the input
	file   *source.File
	format *format.Format
	known  int64 // bytes of the beginning that Progress counts already
	alone  bool  // no second reader may join

	table    format.Table // nil for lines
	starts   []int64      // for each part of the table, how many rows are before it
	progress *progressAt  // of the table

	// Of all that follows the queue's lock takes care.

	readers  int
	taken    int64 // blocks handed out
	blocks   int64 // known to exist; one more when the last turns out to be full
	passed   int64 // blocks of which the prefix of the next one is known
	prefix   prefix
	err      error // of a reader: the others leave, too
	total    record.Input
	faulty   int64   // the block that total.Err is about
	lines    []int32 // of each block passed, once it is decoded, unless the split numbers them
	reasons  map[string]*record.Reason
	sections []blockSection
}

// prefix is what the lines before a block mean to it.
type prefix struct {
	lines  int64  // how many, if the split numbers them
	header []byte // that is in force, with its newline; nil for none
}

// blockSection is where the rejects of a block are.
type blockSection struct {
	block int64
	section
}

// split is how the lines of the input are read in blocks, or nil if they are
// not.
func (in *reading) split(file *source.File) *split {
	r := in.reader
	if !r.splits || file.Through == nil || in.wrapped != nil || in.blocks.Packing() != decompress.Plain || file.Size < 2*r.block {
		return nil
	}
	return &split{
		reader: r, index: in.index, file: file, format: in.format, known: in.blocks.Consumed(),
		blocks: (file.Size + r.block - 1) / r.block,
	}
}

// left reports whether a block can be had.
func (s *split) left() bool { return s.err == nil && s.taken < s.blocks }

// take returns the next block, or false if there is none.
func (s *split) take() (int64, bool) {
	s.reader.queue.mu.Lock()
	defer s.reader.queue.mu.Unlock()
	if !s.left() {
		return 0, false
	}
	s.taken++
	return s.taken - 1, true
}

// pass waits for the prefix of a block and makes that of the next one. It
// returns false if a reader before has given up, so that there will be none.
func (s *split) pass(ctx context.Context, b *block) (prefix, bool, error) {
	q := &s.reader.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	for s.passed != b.number && s.err == nil {
		if err := q.wait(ctx); err != nil {
			return prefix{}, false, err
		}
	}
	if s.err != nil {
		return prefix{}, false, nil
	}
	before := s.prefix // nobody else is here before passed is raised
	q.mu.Unlock()
	header := s.headerBehind(before.header, b)
	q.mu.Lock()
	s.prefix = prefix{lines: before.lines + b.lines, header: header}
	s.lines = append(s.lines, 0)
	s.passed++
	if b.full && s.passed == s.blocks {
		s.blocks++ // the file goes on, or ends just here
	}
	q.change()
	return before, true, nil
}

// headerBehind is the header in force behind a block, before which another was.
func (s *split) headerBehind(before []byte, b *block) []byte {
	switch {
	case s.format.Header == nil:
		return nil
	case before == nil && b.header == nil:
		return headerOf(s.format, b.whole(), s.reader.maxLine, true)
	case b.header == nil:
		return before
	case before == nil:
		return b.header
	}
	return headerOf(s.format, slices.Concat(before, b.header), math.MaxInt, false)
}

// headerOf is Format.Header, with a newline and in memory of its own.
func headerOf(f *format.Format, lines []byte, longest int, first bool) []byte {
	if header := f.Header(lines, longest, first); header != nil {
		return slices.Concat(header, lineEnd)
	}
	return nil
}

// leave adds what a reader has found and counts it out. The last one closes
// the account.
func (s *split) leave(part *reading, sections []blockSection, err error) error {
	q := &s.reader.queue
	q.mu.Lock()
	t, a := &s.total, part.account
	t.Lines += a.Lines
	t.Rows += a.Rows
	t.Rejects += a.Rejects
	t.Skipped += a.Skipped
	t.Duplicates += a.Duplicates
	t.Repeated += a.Repeated
	t.Outside += a.Outside
	t.Anonymised += a.Anonymised
	t.BytesRead += a.BytesRead
	t.Through.Add(a.Through)
	t.Present.Add(&a.Present)
	if a.Err != nil && (t.Err == nil || part.faulty < s.faulty) {
		t.Err, s.faulty = a.Err, part.faulty
	}
	s.countReasons(part.reasons)
	s.sections = append(s.sections, sections...)
	s.err = cmp.Or(s.err, err)
	s.readers--
	last := s.readers == 0
	if last {
		q.splits = slices.DeleteFunc(q.splits, func(other *split) bool { return other == s })
	}
	q.change()
	q.mu.Unlock()
	if last {
		s.finish()
	}
	return err
}

// countReasons adds the reasons of one reader, of which the line that comes
// first in the file is kept.
func (s *split) countReasons(reasons map[string]*record.Reason) {
	if s.reasons == nil {
		s.reasons = maps.Clone(reasons)
		return
	}
	for text, r := range reasons {
		sum := s.reasons[text]
		if sum == nil {
			s.reasons[text] = r
			continue
		}
		sum.Count += r.Count
		if r.First.Line < sum.First.Line {
			sum.First = r.First
		}
	}
}

// finish closes the account, after all readers have left.
func (s *split) finish() {
	s.file.Close()
	a := &s.reader.inputs[s.index]
	t := &s.total
	t.Name, t.Format, t.Title, t.Because, t.Packing = a.Name, a.Format, a.Title, a.Because, a.Packing
	s.numberReasons()
	t.Reasons = sortedReasons(s.reasons)
	t.Err = cmp.Or(s.err, t.Err)
	*a = *t
	balance(a)
	if s.reader.rejects != nil {
		slices.SortFunc(s.sections, func(x, y blockSection) int { return cmp.Compare(x.block, y.block) })
		for _, section := range s.sections {
			s.reader.rejects.add(s.index, section.section)
		}
	}
	if s.err == nil {
		if s.table != nil {
			s.progress.skip()
		}
		s.reader.queue.finish()
	}
}
