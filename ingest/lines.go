package ingest

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"rulecast/ingest/record"
)

// Reasons for which lines are rejected before a format sees them.
const (
	ReasonTooLong = "line longer than the limit"
	ReasonCutOff  = "line cut off where the input is damaged"
)

// lines reads an input made of lines: the first block, and those that follow
// unless fault says that it was the last.
func (in *reading) lines(ctx context.Context, data []byte, fault error) error {
	in.carry = in.carry[:0]
	for {
		if err := in.pieces(data); err != nil {
			return err
		}
		if fault != nil {
			return in.end(fault)
		}
		data, fault = in.next(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// next returns the next block of lines, as decompress.Blocks does.
func (in *reading) next(ctx context.Context) ([]byte, error) {
	data, fault := in.blocks.Next(ctx)
	if in.wrapped != nil {
		return in.wrapped.Next(data, fault)
	}
	return data, fault
}

// pieces reads data in pieces. Within one no line is too long, so only what is
// carried from one to the next has to be measured.
func (in *reading) pieces(data []byte) error {
	for len(data) > 0 {
		n := min(len(data), in.reader.maxLine)
		if err := in.piece(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// piece reads the lines that end in p and carries what is behind the last.
func (in *reading) piece(p []byte) error {
	if len(in.carry) > 0 || in.skipping {
		nl := bytes.IndexByte(p, '\n')
		if nl < 0 {
			return in.extend(p)
		}
		if err := in.extend(p[:nl]); err != nil {
			return err
		}
		if err := in.newline(); err != nil {
			return err
		}
		p = p[nl+1:]
	}
	last := bytes.LastIndexByte(p, '\n')
	if err := in.whole(p[:last+1]); err != nil {
		return err
	}
	in.carry = append(in.carry, p[last+1:]...)
	return nil
}

// mostCarried is how much of a line is carried, in bytes: as much as it may
// have, or as its sample has if it is too long.
func (r *Reader) mostCarried() int { return max(r.maxLine, record.MaxRejectSample) }

// extend adds to the line that is carried, which becomes a reject when it gets
// too long to be carried. What follows of such a line is not kept.
func (in *reading) extend(p []byte) error {
	if in.skipping {
		return in.writeReject(p)
	}
	if len(in.carry)+len(p) <= in.reader.mostCarried() {
		in.carry = append(in.carry, p...)
		return nil
	}
	carried := len(in.carry)
	in.carry = append(in.carry, p[:min(len(p), record.MaxRejectSample)]...)
	if err := in.reject(ReasonTooLong, in.carry); err != nil {
		return err
	}
	in.skipping = true
	if err := in.writeReject(in.carry[:carried]); err != nil {
		return err
	}
	in.carry = in.carry[:0]
	return in.writeReject(p)
}

// newline ends the line that is carried.
func (in *reading) newline() error {
	if in.skipping {
		in.skipping = false
		return in.writeReject(lineEnd)
	}
	defer func() { in.carry = in.carry[:0] }()
	if len(in.carry) > in.reader.maxLine {
		return in.rejectWhole(ReasonTooLong)
	}
	in.carry = append(in.carry, '\n')
	return in.whole(in.carry)
}

var lineEnd = []byte{'\n'}

// end ends the input. A last line without newline is as good as any, unless
// the input is damaged there: then it could say anything.
func (in *reading) end(fault error) error {
	if fault != io.EOF && in.account.Err == nil {
		in.account.Err = fault
	}
	switch {
	case in.skipping || len(in.carry) > in.reader.maxLine || len(in.carry) > 0 && fault == io.EOF:
		return in.newline()
	case len(in.carry) == 0:
		return nil
	}
	return in.rejectWhole(ReasonCutOff)
}

// rejectWhole rejects the line that is carried, of which there is no more.
func (in *reading) rejectWhole(reason string) error {
	if err := in.reject(reason, in.carry); err != nil {
		return err
	}
	if err := in.writeReject(in.carry); err != nil {
		return err
	}
	return in.writeReject(lineEnd)
}

// reject rejects a line that no format has seen, and begins its entry in the
// file of rejects.
func (in *reading) reject(reason string, line []byte) error {
	if in.builder.Full() {
		if err := in.flush(); err != nil {
			return err
		}
	}
	in.at.Line++
	in.builder.Reject(in.at.Line, reason, line)
	return in.beginReject(in.at.Line, reason)
}

// whole decodes whole lines.
func (in *reading) whole(block []byte) error {
	for len(block) > 0 {
		if in.builder.Full() {
			if err := in.flush(); err != nil {
				return err
			}
		}
		line, rejects := in.at.Line, len(in.builder.Rejects())
		n := in.decoder.Decode(block, in.builder, &in.at)
		if n <= 0 && !in.builder.Full() {
			return fmt.Errorf("format %s is stuck: please report this", in.format.Name)
		}
		if err := in.writeRejects(block[:n], line, in.builder.Rejects()[rejects:]); err != nil {
			return err
		}
		block = block[n:]
	}
	return nil
}
