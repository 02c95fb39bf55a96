// Package format reads access logs: one file per format, a table of all, and
// detection. A format turns bytes into rows of a record.Builder and says of
// every line what became of it.
package format

import (
	"io"

	"rulecast/ingest/record"
)

// Format is one way in which a log is written.
type Format struct {
	Name  string // as --format takes it and reports show it
	Title string // for people
	// Sniff looks at the beginning of an input, decompressed, and returns ""
	// if this format is written there, or else what it missed, for a person:
	// "no #Fields line". The last line of head may be cut short unless whole.
	Sniff func(head []byte, whole bool) (missed string)
	// New makes a decoder for one input of a format made of lines; nil for
	// columnar formats.
	New func() Decoder
	// Header finds what rules the lines behind the ones given: the last header
	// among them, without regard to lines of more than longest bytes (less the
	// '\n'), or several header lines that rule together, with '\n' between them.
	// If there is none and the lines are the first of the input, it is the
	// header that their rows make a decoder assume, if they do. A new decoder
	// that has decoded just this, and a '\n', then decodes what follows as one
	// does that has decoded everything; what two runs of lines come to is the
	// Header of their Headers, one behind the other. The result is nil if there
	// is none; it may alias lines, which end with '\n' each. Nil for formats of
	// which every line can be read on its own.
	Header func(lines []byte, longest int, first bool) []byte
	// OpenTable opens a columnar file; nil for formats made of lines.
	OpenTable func(r io.ReaderAt, size int64, wants record.Columns) (Table, error)
}

// Decoder reads the lines of one input. It belongs to one goroutine.
type Decoder interface {
	// Decode reads lines from the front of block, which consists of whole
	// lines that each end with '\n' (and may have '\r' before it), until none
	// is left or the builder is Full, and returns how many bytes it has
	// consumed: always at an end of line. Each line makes one of these happen:
	// a Commit, a Reject, at.Skipped++ (header, comment, blank) or at.Duplicates++
	// (a request that the log has elsewhere, too); and at.Line is raised by one
	// before. The block is not kept. Decode does not allocate
	// for lines it accepts and whose dictionary values it has seen.
	Decode(block []byte, b *record.Builder, at *Position) (n int)
}

// Position counts the lines of an input as they are decoded.
type Position struct {
	Line    int64 // lines decoded so far; the number, from 1, of the line at hand
	Skipped int64 // of those, headers, comments and blank lines
	// Duplicates are, of those, records of a request that is in the log as the
	// viewer made it: what a cache asked of a shield or a Worker of another
	// server.
	Duplicates int64
}

// Table is a columnar file. Its rows are in parts, of which each can be read on
// its own. Several goroutines may use it at once.
type Table interface {
	// Present is the set of columns that the file has.
	Present() record.Columns
	// Parts says how many rows each part claims to have, in the order of the
	// file: not below 0, and all of them together less than 1<<62.
	Parts() []int64
	// NewReader makes a reader of the parts for one goroutine. It uses the memory
	// given, if any, until it is closed.
	NewReader(m *TableMemory) TableReader
}

// TableMemory is what a reader of a table leaves to the next one, so that many
// files need no more memory than one. The zero value is ready to use, by one
// open reader at a time.
type TableMemory struct {
	parquet parquetMemory
}

// TableReader reads parts of a table.
type TableReader interface {
	// Begin begins the part of that index, at its first row.
	Begin(part int) error
	// Read fills rows into b until it is Full or the part ends (io.EOF). Rows
	// that cannot be read become rejects; at counts rows as lines. After any
	// other error, which is about the part, no more can be read of it: what
	// stands before the damage has been.
	Read(b *record.Builder, at *Position) error
	Close() error
}

// Miss is why a format did not recognise an input.
type Miss struct {
	Format string
	Missed string
}

// Detect finds the format of an input from its beginning: the first of All
// that recognises it. The misses say, for each format, why not.
func Detect(head []byte, whole bool) (*Format, []Miss) {
	var misses []Miss
	for _, f := range all() {
		missed := f.Sniff(head, whole)
		if missed == "" {
			return f, misses
		}
		misses = append(misses, Miss{Format: f.Name, Missed: missed})
	}
	return nil, misses
}

// Named is the format that --format calls so, or nil.
func Named(name string) *Format {
	for _, f := range all() {
		if f.Name == name {
			return f
		}
	}
	return nil
}
