package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"rulecast/ingest/decompress"
	"rulecast/ingest/format"
	"rulecast/ingest/source"
)

var (
	errPiped  = errors.New("this format cannot be read from a pipe: it needs a file")
	errPacked = errors.New("this format cannot be read compressed: unpack it first")
)

// table opens a columnar input and is how to read it in parts; nil if it cannot
// be read.
func (in *reading) table(file *source.File) *split {
	switch {
	case in.blocks.Packing() != decompress.Plain:
		in.account.Err = errPacked
		return nil
	case file.At == nil:
		in.account.Err = errPiped
		return nil
	}
	in.account.Packing = in.format.Name
	in.account.BytesRead = file.Size
	at := &progressAt{ReaderAt: file.At, n: &in.reader.read}
	at.left.Store(file.Size - in.blocks.Consumed())
	table, err := in.format.OpenTable(at, file.Size, in.builder.Wanted())
	if err != nil {
		in.account.Err = err
		return nil
	}
	sp := &split{reader: in.reader, index: in.index, file: file, format: in.format, table: table, progress: at}
	sp.total.BytesRead = file.Size
	rows := int64(0)
	for _, n := range table.Parts() {
		sp.starts = append(sp.starts, rows)
		rows += n
	}
	sp.blocks = int64(len(sp.starts))
	sp.alone = !in.reader.splits || sp.blocks < 2
	return sp
}

// readParts reads parts of a table as readBlocks reads blocks.
func (in *reading) readParts(ctx context.Context, sp *split) (sections []blockSection, err error) {
	r := sp.table.NewReader(&in.tables)
	defer r.Close()
	for {
		part, ok := sp.take()
		if !ok {
			return sections, nil
		}
		if in.reader.renew {
			if err := in.flush(); err != nil {
				return nil, err
			}
			in.renew()
		}
		in.at.Line = sp.starts[part]
		fault := r.Begin(int(part))
		for fault == nil {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if in.builder.Full() {
				if err := in.flush(); err != nil {
					return nil, err
				}
			}
			if fault, err = in.rows(r); err != nil {
				return nil, err
			}
		}
		in.account.Lines += in.at.Line - sp.starts[part]
		if fault != io.EOF && in.account.Err == nil {
			in.account.Err, in.faulty = fault, part
		}
		sections = in.cutSection(sections, part)
	}
}

// rows reads rows of a table until the builder is full or a fault comes.
func (in *reading) rows(r format.TableReader) (fault, err error) {
	line, rejects := in.at.Line, len(in.builder.Rejects())
	fault = r.Read(in.builder, &in.at)
	if fault == nil && in.at.Line == line && !in.builder.Full() {
		fault = fmt.Errorf("stuck at row %d: please report this", line+1)
	}
	return fault, in.writeRejects(nil, line, in.builder.Rejects()[rejects:])
}

// progressAt counts the bytes that are read, up to the size of the file:
// columns that nobody asked for are not read, and some parts are read twice.
type progressAt struct {
	io.ReaderAt
	n    *atomic.Int64
	left atomic.Int64
}

func (p *progressAt) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(b, off)
	left := p.left.Add(-int64(n)) + int64(n) // before this
	p.n.Add(max(min(int64(n), left), 0))
	return n, err
}

// skip counts what was not read.
func (p *progressAt) skip() { p.n.Add(max(p.left.Swap(0), 0)) }
