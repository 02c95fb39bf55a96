//go:build !klauspost

package decompress

import (
	"bufio"

	"rulecast/ingest/decompress/inflate"
)

// inflater reads single gzip members.
type inflater struct {
	z inflate.Reader
}

// reset begins the member that in stands at. A header that cannot be read is
// an error of the first Read.
func (f *inflater) reset(in *bufio.Reader) error {
	f.z.Reset(in)
	return nil
}

// buffer is memory for a block.
type buffer = inflate.Buffer

// chunk returns data where they were decoded, or io.EOF as Read does: in buf, or
// in memory of its own if that is nil.
func (f *inflater) chunk(buf *buffer) ([]byte, error) {
	if buf == nil {
		return f.z.Next()
	}
	return f.z.NextIn(buf)
}

// Read returns io.EOF at the end of the member, once its checksum was found
// right; in then stands right behind it.
func (f *inflater) Read(p []byte) (int, error) { return f.z.Read(p) }
