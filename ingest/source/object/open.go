package object

import "context"

// open begins to read an object: in several requests at a time if inParts and
// the origin serves parts, and otherwise in one as long as nothing breaks. Its
// size is -1 if it is not known.
func (c *Client) open(ctx context.Context, o origin, size int64, inParts bool) (*File, error) {
	ctx, cancel := context.WithCancel(ctx)
	d := &download{ctx: ctx, origin: o, retry: c.retry, until: -1, size: -1}
	if inParts && size != 0 { // there is no part of nothing
		d.until = pageSize
	}
	if err := d.start(); err != nil {
		cancel()
		return nil, err
	}
	r := newRanges(d, cancel, &c.buffers)
	resumes := d.first.parts && d.size >= 0 && d.version.validator() != ""
	switch {
	case d.first.whole && resumes:
		d.until = d.size
		return &File{Reader: d, At: view{r, anywhere()}, Size: d.size, close: r.close}, nil
	case d.first.whole:
		d.until = d.size
		return &File{Reader: d, Size: d.size, close: cancel}, nil
	case resumes:
		r.begin(d)
		return &File{Reader: &inSequence{ranges: r}, At: view{r, anywhere()}, Through: view{r, inOrder()}, Size: d.size, close: r.close}, nil
	}
	cancel()
	return nil, errNoVersion
}
