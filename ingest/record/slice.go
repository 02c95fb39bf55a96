package record

// Slice is rows from up to to, without it, as a batch of their own that shares
// the memory of b and has none of its rejects. It is valid as long as b is.
// The batch has to be released with Release.
func (b *Batch) Slice(from, to int) *Batch {
	part := *b
	part.Rows, part.Rejects = to-from, nil
	part.columns = b.columns.NewSlice(int64(from), int64(to))
	return &part
}

// Release gives up a batch that Slice made. Only columns that are shared
// remain.
func (b *Batch) Release() { b.columns.Release() }
