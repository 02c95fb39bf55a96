package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/google/renameio/v2"

	"rulecast/ingest/record"
	"rulecast/ingest/source"
)

// rejects writes the file of rejected lines: for each a header line
// "# INPUT:LINE: REASON" and then the line as it stands in the log. Streams
// write to spools of their own, and publish puts the pieces together in the
// order of the inputs, so the file does not depend on the number of streams.
type rejects struct {
	path     string
	pending  *renameio.PendingFile
	sections [][]section // by input

	mu     sync.Mutex
	spools []*os.File
}

// section is where rejects of one input are.
type section struct {
	file       *os.File
	from, size int64
}

var (
	errNotRegular = errors.New("rejects are written to regular files only")
	errIsInput    = errors.New("rejects would overwrite this input")
)

// newRejects prepares the file at path. It refuses to replace an input.
func newRejects(path string, inputs []*source.Input) (*rejects, error) {
	info, err := os.Stat(path)
	if err == nil {
		if !info.Mode().IsRegular() {
			return nil, errNotRegular
		}
		for _, in := range inputs {
			if other, err := os.Stat(in.Path); err == nil && os.SameFile(info, other) {
				return nil, errIsInput
			}
		}
	}
	pending, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	return &rejects{path: path, pending: pending, sections: make([][]section, len(inputs))}, nil
}

// spool is one stream's part of the file of rejects.
type spool struct {
	file *os.File
	w    *bufio.Writer
	n    int64 // bytes written
	from int64 // where the section at hand begins
}

func (r *rejects) newSpool() (*spool, error) {
	file, err := os.CreateTemp(filepath.Dir(r.path), "."+filepath.Base(r.path)+".part")
	if err != nil {
		return nil, err
	}
	os.Remove(file.Name()) // where an open file can do without a name, nothing is left after a crash
	r.mu.Lock()
	r.spools = append(r.spools, file)
	r.mu.Unlock()
	return &spool{file: file, w: bufio.NewWriterSize(file, 64<<10)}, nil
}

// add notes where the next rejects of an input are. Inputs may be added to at
// the same time, but not one of them.
func (r *rejects) add(input int, s section) {
	if s.size > 0 {
		r.sections[input] = append(r.sections[input], s)
	}
}

// cut ends the section at hand.
func (s *spool) cut() section {
	cut := section{file: s.file, from: s.from, size: s.n - s.from}
	s.from = s.n
	return cut
}

// publish joins the spools under the final name.
func (r *rejects) publish() error {
	defer r.discard()
	w := bufio.NewWriterSize(r.pending, 256<<10)
	for _, s := range slices.Concat(r.sections...) {
		if _, err := io.Copy(w, io.NewSectionReader(s.file, s.from, s.size)); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return r.pending.CloseAtomicallyReplace()
}

// discard removes whatever has no final name.
func (r *rejects) discard() {
	for _, f := range r.spools {
		f.Close()
		os.Remove(f.Name())
	}
	r.pending.Cleanup()
}

func (s *spool) write(p []byte) error {
	n, err := s.w.Write(p)
	s.n += int64(n)
	return err
}

// beginReject writes the header of a rejected line.
func (in *reading) beginReject(line int64, reason string) error {
	if in.reader.rejects == nil {
		return nil
	}
	if in.spool == nil {
		spool, err := in.reader.rejects.newSpool()
		if err != nil {
			return err
		}
		in.spool = spool
	}
	b := append(in.spool.w.AvailableBuffer(), "# "...)
	b = appendName(b, in.account.Name)
	b = append(b, ':')
	b = strconv.AppendInt(b, line, 10)
	b = append(b, ": "...)
	b = append(b, reason...)
	return in.spool.write(append(b, '\n'))
}

// appendName writes a name as it is, or as a Go string if it has anything in
// it that could be taken for something else.
func appendName(dst []byte, name string) []byte {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return append(dst, quoted...)
	}
	return append(dst, name...)
}

// writeReject writes a part of a rejected line.
func (in *reading) writeReject(p []byte) error {
	if in.reader.rejects == nil {
		return nil
	}
	return in.spool.write(p)
}

// writeRejects writes the rejected ones of the lines of a block, of which
// line have come before. The rows of a table have no block: their samples are
// written.
func (in *reading) writeRejects(block []byte, line int64, rejected []record.Reject) error {
	if in.reader.rejects == nil {
		return nil
	}
	for _, r := range rejected {
		raw := bytes.ReplaceAll(r.Sample, lineEnd, []byte(`\n`))
		for len(block) > 0 && line < r.Line {
			var next []byte
			next, block, _ = bytes.Cut(block, lineEnd)
			if line++; line == r.Line {
				raw = next
			}
		}
		if err := in.beginReject(r.Line, r.Reason); err != nil {
			return err
		}
		if err := in.spool.write(raw); err != nil {
			return err
		}
		if err := in.spool.write(lineEnd); err != nil {
			return err
		}
	}
	return nil
}

// endRejects notes where the rejects of this input are.
func (in *reading) endRejects() error {
	if in.spool == nil {
		return nil
	}
	in.reader.rejects.add(in.index, in.spool.cut())
	return in.spool.w.Flush()
}
