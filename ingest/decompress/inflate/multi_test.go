package inflate

import "io"

// Multi decompresses all members of a source, as if they were one. Nothing else
// may stand between or behind them; a source without any is empty. It must be
// Reset before use, and is not for concurrent use.
type Multi struct {
	member Reader
	src    Buffered
	open   bool   // member is within a member
	before int64  // bytes of the members that have ended
	rest   []byte // of the chunk that Read is at
	err    error  // what Next returns
}

// Reset begins to read src.
func (m *Multi) Reset(src io.Reader) {
	m.src = m.member.buffered(src)
	m.open, m.before, m.rest, m.err = false, 0, nil, nil
}

// Consumed is how many bytes of input were used so far.
func (m *Multi) Consumed() int64 {
	if m.open {
		return m.before + m.member.Consumed()
	}
	return m.before
}

// Next is that of Reader, with io.EOF at the end of the source.
func (m *Multi) Next() ([]byte, error) {
	for m.err == nil {
		if !m.open {
			if _, m.err = m.src.Peek(1); m.err != nil {
				break
			}
			m.member.begin(m.src)
			m.open = true
		}
		data, err := m.member.Next()
		if err == nil {
			return data, nil
		}
		m.fail(err)
	}
	return nil, m.err
}

// fail takes up the error, if it is one, that ends the member.
func (m *Multi) fail(err error) {
	if err == io.EOF {
		m.before, m.open = m.Consumed(), false
		return
	}
	if e, ok := err.(*Error); ok {
		err = &Error{Fault: e.Fault, Offset: m.before + e.Offset}
	}
	m.err = err
}

// Read copies the data to p, in the manner of io.Reader.
func (m *Multi) Read(p []byte) (int, error) { return read(p, &m.rest, m.Next) }
