package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"rulecast/ingest/decompress"
	"rulecast/ingest/source"
)

var (
	errPiped  = errors.New("this format cannot be read from a pipe: it needs a file")
	errPacked = errors.New("this format cannot be read compressed: unpack it first")
)

// table reads a columnar input.
func (in *reading) table(ctx context.Context, file *source.File) error {
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
	at := &progressAt{ReaderAt: file.At, n: &in.reader.read, left: file.Size}
	table, err := in.format.OpenTable(at, file.Size, in.builder.Wanted())
	if err != nil {
		in.account.Err = err
		return nil
	}
	defer table.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, rejects := in.at.Line, len(in.builder.Rejects())
		fault := table.Read(in.builder, &in.at)
		if err := in.writeRejects(nil, line, in.builder.Rejects()[rejects:]); err != nil {
			return err
		}
		if fault == nil && in.at.Line == line && !in.builder.Full() {
			fault = fmt.Errorf("stuck at row %d: please report this", line+1)
		}
		if fault != nil {
			if fault != io.EOF {
				in.account.Err = fault
			}
			at.skip()
			return nil
		}
		if err := in.flush(); err != nil {
			return err
		}
	}
}

// progressAt counts the bytes that are read, up to the size of the file:
// columns that nobody asked for are not read, and some parts are read twice.
type progressAt struct {
	io.ReaderAt
	n    *atomic.Int64
	left int64
}

func (p *progressAt) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(b, off)
	p.count(int64(n))
	return n, err
}

// skip counts what was not read.
func (p *progressAt) skip() { p.count(p.left) }

func (p *progressAt) count(n int64) {
	n = min(n, p.left)
	p.left -= n
	p.n.Add(n)
}
