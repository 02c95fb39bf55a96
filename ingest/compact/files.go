package compact

import (
	"errors"
	"fmt"
	"sync"

	"rulecast/ingest/record"
)

// Files writes the requests of each input to a file of its own, from several
// streams at once, of which each has to read its inputs whole. An input
// without requests makes no file.
type Files struct {
	paths   []string // by input
	columns record.Columns

	mu    sync.Mutex
	parts []*Part
	begun map[int]bool // inputs of which a part has requests
}

// NewFiles prepares the writing of the columns to the path of each input.
func NewFiles(paths []string, columns record.Columns) *Files {
	return &Files{paths: paths, columns: columns, begun: make(map[int]bool)}
}

// Part is what one stream writes. A stream reads its inputs one after another.
type Part struct {
	files *Files
	open  *Writer // nil between inputs
	input int
	rows  int64
	made  int
}

// New is the part of another stream. It may be called concurrently.
func (f *Files) New() *Part {
	p := &Part{files: f}
	f.mu.Lock()
	f.parts = append(f.parts, p)
	f.mu.Unlock()
	return p
}

// Add writes a batch.
func (p *Part) Add(b *record.Batch) error {
	if b.Rows == 0 {
		return nil
	}
	if p.open != nil && p.input != b.Input {
		if err := p.finish(); err != nil {
			return err
		}
	}
	if p.open == nil {
		if err := p.files.begin(b.Input); err != nil {
			return err
		}
		w, err := Create(p.files.paths[b.Input], p.files.columns)
		if err != nil {
			return err
		}
		p.open, p.input = w, b.Input
		p.made++
	}
	return p.open.Write(b)
}

// begin refuses to write the file of an input twice: half of the requests
// would be lost.
func (f *Files) begin(input int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.begun[input] {
		return fmt.Errorf("compact: %s is written already: its input was not read whole by one stream", f.paths[input])
	}
	f.begun[input] = true
	return nil
}

// finish gives the open file its name.
func (p *Part) finish() error {
	if p.open == nil {
		return nil
	}
	rows, err := p.open.Close()
	p.rows += rows
	p.open = nil
	return err
}

// Merge does nothing: the parts are joined by Close.
func (p *Part) Merge(*Part) {}

// Close gives the last files their names, once all streams have ended, and
// returns how many files and rows were written.
func (f *Files) Close() (files int, rows int64, err error) {
	for _, p := range f.parts {
		err = errors.Join(err, p.finish())
		files += p.made
		rows += p.rows
	}
	return files, rows, err
}

// Abort removes what has not got its name yet.
func (f *Files) Abort() {
	for _, p := range f.parts {
		if p.open != nil {
			p.open.Abort()
			p.open = nil
		}
	}
}
