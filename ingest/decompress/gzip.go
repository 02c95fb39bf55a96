package decompress

import (
	"bufio"
	"io"
)

// members reads gzip members one after another. Zeros may follow the last (tape
// blocks are padded so); anything else is damage.
type members struct {
	in      *bufio.Reader
	inflate inflater
	open    bool // inflate is within a member
}

func (m *members) reset(in *bufio.Reader) {
	m.in, m.open = in, false
}

func (m *members) Read(p []byte) (int, error) {
	for {
		if !m.open {
			if err := m.next(); err != nil {
				return 0, err
			}
		}
		n, err := m.inflate.Read(p)
		if err == io.EOF {
			m.open, err = false, nil
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// chunk returns data as the inflater has them: in buf, or in its own memory, where
// they are valid until the next call of a method, if that is nil.
func (m *members) chunk(buf *buffer) ([]byte, error) {
	if !m.open {
		if err := m.next(); err != nil {
			return nil, err
		}
	}
	data, err := m.inflate.chunk(buf)
	if err == io.EOF {
		m.open, err = false, nil
	}
	return data, err
}

// next opens the member that follows, or returns io.EOF.
func (m *members) next() error {
	magic, err := m.in.Peek(2)
	switch {
	case len(magic) == 0:
		return err
	case magic[0] == 0:
		return m.skipPadding()
	case magic[0] != 0x1f || len(magic) == 2 && magic[1] != 0x8b:
		return errTrailing
	}
	if err := m.inflate.reset(m.in); err != nil {
		return err
	}
	m.open = true
	return nil
}

func (m *members) skipPadding() error {
	for {
		b, err := m.in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return errTrailing
		}
	}
}
