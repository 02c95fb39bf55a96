package ingest

// numbers reports whether lines have their numbers when they are decoded, so
// that these can be written with the rejects. Otherwise nobody counts the lines
// of a block before, which takes some 2% of all the time: a line then goes by
// its place, and the account gets the numbers of the few that it names.
func (s *split) numbers() bool { return s.reader.rejects != nil }

// place stands for the number of lines before a block: the number of bytes,
// which is no less. So places are in the order of the lines, and those of a
// block are its own.
func (s *split) place(block int64) int64 { return block * s.reader.block }

// count says how many lines a block has.
func (s *split) count(block, lines int64) {
	s.reader.queue.mu.Lock()
	s.lines[block] = int32(lines)
	s.reader.queue.mu.Unlock()
}

// numberReasons gives the lines in the account their numbers. They are not known
// if a reader has given up.
func (s *split) numberReasons() {
	switch {
	case s.table != nil || s.numbers():
	case s.err != nil:
		s.reasons = nil
	default:
		for _, r := range s.reasons {
			r.First.Line = s.numberOf(r.First.Line)
		}
	}
}

// numberOf is the number of a line by its place, after all blocks before it have
// been decoded.
func (s *split) numberOf(place int64) int64 {
	block := (place - 1) / s.reader.block
	number := place - s.place(block)
	for _, n := range s.lines[:block] {
		number += int64(n)
	}
	return number
}
