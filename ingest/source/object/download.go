package object

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// origin is something of which bytes can be asked.
type origin interface {
	// get asks once for the bytes from a position on, up to another one or to
	// the end if that is negative. Unless v is zero, the answer is of that
	// version, or the error is errChanged.
	get(ctx context.Context, from, until int64, v version) (*answer, error)
	// host is who is asked.
	host() string
}

// answer is what an origin sends. If it does not serve parts, it is all of the
// object, whatever was asked for.
type answer struct {
	body    io.ReadCloser
	from    int64 // position of the body's first byte
	size    int64 // of the object; -1 if it is not known
	version version
	parts   bool // the origin serves parts
	whole   bool // this is not a part, whatever was asked for
}

// version tells contents of an object from others.
type version struct {
	etag     string // as in the header, with its quotes; "" if there is none
	modified string // Last-Modified as in the header
}

func versionOf(h http.Header) version {
	return version{etag: h.Get("ETag"), modified: h.Get("Last-Modified")}
}

// validator is what a request for a part is made conditional on: a strong
// entity tag, or a date. "" if there is none.
func (v version) validator() string {
	if v.etag != "" && !strings.HasPrefix(v.etag, "W/") {
		return v.etag
	}
	return v.modified
}

// differs reports whether contents are known to differ.
func (v version) differs(other version) bool {
	if v.etag != "" && other.etag != "" {
		return v.etag != other.etag
	}
	return v.modified != other.modified
}

// parseAnswer reads the headers of a good answer.
func parseAnswer(status int, h http.Header, body io.ReadCloser) *answer {
	a := &answer{body: body, size: -1, version: versionOf(h), parts: strings.EqualFold(h.Get("Accept-Ranges"), "bytes")}
	if status != http.StatusPartialContent {
		a.whole = true
		if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
			a.size = n
		}
		return a
	}
	a.parts = true
	a.from = -1 // unless the header says where
	span, ok := strings.CutPrefix(h.Get("Content-Range"), "bytes ")
	positions, size, sized := strings.Cut(span, "/")
	from, _, _ := strings.Cut(positions, "-")
	if n, err := strconv.ParseInt(from, 10, 64); ok && err == nil {
		a.from = n
	}
	if n, err := strconv.ParseInt(size, 10, 64); sized && err == nil && n >= 0 {
		a.size = n
	}
	return a
}

// download reads a part of an object from its first byte to its last, in as
// many requests as that takes. It is for one goroutine.
type download struct {
	ctx     context.Context
	origin  origin
	retry   *Retry
	at      int64 // position of the next byte
	until   int64 // position behind the last; -1 for the end of an object of unknown size
	size    int64 // of the object; -1 if it is not known
	version version
	known   bool    // size and version are; otherwise they are those of the first answer
	first   *answer // from which they are known; nil if they were before

	body    io.ReadCloser // nil: to be asked for
	cancel  context.CancelCauseFunc
	request context.Context
	idle    *time.Timer
	brought int64 // since tries was zero
	tries   int   // that failed in a row
}

// start waits for the first answer.
func (d *download) start() error {
	for d.body == nil {
		if err := d.ask(); err != nil {
			if err := d.again(err); err != nil {
				return err
			}
		}
	}
	return nil
}

// Read implements io.Reader. Faults come as *PositionError, the end of the
// context as it is.
func (d *download) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if d.at == d.until {
			d.close()
			return 0, io.EOF
		}
		if err := d.start(); err != nil {
			return 0, d.position(err)
		}
		if d.until >= 0 {
			p = p[:min(int64(len(p)), d.until-d.at)]
		}
		d.idle.Reset(d.retry.Idle)
		n, err := d.body.Read(p)
		d.idle.Stop()
		d.at += int64(n)
		if d.brought += int64(n); d.brought >= progress {
			d.brought, d.tries = 0, 0
		}
		switch {
		case err == io.EOF && d.until < 0:
			d.until = d.at
		case err != nil && d.at != d.until:
			err = d.broken(err)
			d.close()
			if err := d.again(err); err != nil {
				return n, d.position(err)
			}
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, nil
}

// broken says why a body ended.
func (d *download) broken(err error) error {
	switch {
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	case context.Cause(d.request) == errIdle:
		err = errIdle
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		err = errCutShort
	}
	return &Error{Host: d.origin.host(), Err: cause(err)}
}

// again waits until it makes sense to ask again after a failure.
func (d *download) again(err error) error {
	d.tries++
	return d.retry.pause(d.ctx, d.tries, err)
}

func (d *download) position(err error) error {
	if d.ctx.Err() != nil {
		return d.ctx.Err()
	}
	if !d.known {
		return err
	}
	return &PositionError{Offset: d.at, Size: d.size, Err: err}
}

// ask sends one request.
func (d *download) ask() error {
	if d.known && d.version.validator() == "" {
		return errNoVersion
	}
	d.request, d.cancel = context.WithCancelCause(d.ctx)
	cancel := d.cancel
	d.idle = time.AfterFunc(d.retry.Idle, func() { cancel(errIdle) })
	a, err := d.origin.get(d.request, d.at, d.until, d.version)
	d.idle.Stop()
	if err != nil {
		if context.Cause(d.request) == errIdle && d.ctx.Err() == nil {
			err = &Error{Host: d.origin.host(), Err: errIdle}
		}
		d.cancel(nil)
		return err
	}
	d.body = a.body
	if err := d.accept(a); err != nil {
		d.close()
		return err
	}
	return nil
}

// accept checks an answer against what is known, and goes to the position in
// it.
func (d *download) accept(a *answer) error {
	if d.known && (d.version.differs(a.version) || a.size >= 0 && d.size >= 0 && a.size != d.size) {
		return errChanged
	}
	if !d.known {
		d.size, d.version, d.first, d.known = a.size, a.version, a, true
		if d.size >= 0 && (d.until < 0 || d.until > d.size) {
			d.until = d.size
		}
	}
	if a.from < 0 || a.from > d.at {
		return errNoRanges
	}
	for skip := d.at - a.from; skip > 0; {
		d.idle.Reset(d.retry.Idle)
		n, err := io.CopyN(io.Discard, a.body, min(skip, progress))
		d.idle.Stop()
		if skip -= n; err != nil {
			return d.broken(err)
		}
	}
	return nil
}

// close ends the request at hand. A body that was read to its end leaves its
// connection for others.
func (d *download) close() {
	if d.body == nil {
		return
	}
	if d.at == d.until {
		var none [1]byte
		d.idle.Reset(d.retry.Idle)
		d.body.Read(none[:]) // sees the end that the transport waits for
		d.idle.Stop()
	}
	d.body.Close()
	d.body = nil
	d.cancel(nil)
}
