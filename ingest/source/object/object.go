// Package object reads logs that are on servers: objects of S3-compatible
// stores and files over HTTP. It asks again for what a server did not deliver,
// goes on at the byte that was reached, and never joins two versions of an
// object. Nothing is written to disk.
package object

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options say where objects are and which are wanted. The zero value takes
// what the environment says.
type Options struct {
	// Endpoint is the URL of an S3-compatible store. "" is
	// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or Amazon.
	Endpoint string
	// Region is that of the buckets. "" is AWS_REGION, AWS_DEFAULT_REGION, or
	// what the store says.
	Region string
	// Anonymous sends requests without credentials, as AWS_NO_SIGN_REQUEST
	// does.
	Anonymous bool
	// Since and Until let objects be left out whose keys say that they have
	// no request with Since <= time < Until; zero is no bound.
	Since, Until time.Time
	// Retry says how often is asked again.
	Retry Retry
}

// Client finds objects. It may be used by several goroutines, but not while
// it finds.
type Client struct {
	options   Options
	retry     *Retry
	transport *http.Transport
	buffers   buffers
	store     *store       // nil until the first s3:// argument
	web       *http.Client // nil until the first URL
}

// NewClient makes a client. Nothing is asked of any server yet.
func NewClient(options Options) *Client {
	return &Client{options: options, retry: options.Retry.withDefaults(), transport: newTransport()}
}

// Object is one thing to read.
type Object struct {
	Name string // "s3://bucket/key", or the URL without its secrets
	ID   string // tells it from others; may have secrets
	Size int64  // bytes as stored, or -1 if that is not known before they are read

	open  func(context.Context) (*File, error)
	early bool // it may be opened long before it is read

	mu       sync.Mutex
	opening  *opening // by Prepare
	prepared bool     // or opened
}

// opening is an object that is being opened.
type opening struct {
	done chan struct{}
	file *File
	err  error
}

// Prepare begins to open the object in the background, so that its beginning
// is there when it is wanted. When ctx ends, so does all reading of the file.
// It does nothing for an object that had better be read at once, and nothing
// when it is called again or after Open.
func (o *Object) Prepare(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.prepared || !o.early {
		return
	}
	o.prepared = true
	begun := &opening{done: make(chan struct{})}
	o.opening = begun
	go func() {
		begun.file, begun.err = o.open(ctx)
		close(begun.done)
	}()
}

// taken is what Prepare has begun, once.
func (o *Object) taken() *opening {
	o.mu.Lock()
	defer o.mu.Unlock()
	begun := o.opening
	o.opening, o.prepared = nil, true
	return begun
}

// Open asks for the object, and waits for the first answer. When ctx ends, so
// does all reading of the file. The error does not repeat the name.
func (o *Object) Open(ctx context.Context) (*File, error) {
	begun := o.taken()
	if begun == nil {
		return o.open(ctx)
	}
	<-begun.done // ends with the context of Prepare
	return begun.file, begun.err
}

// Discard closes what Prepare has opened and nobody has taken.
func (o *Object) Discard() {
	if begun := o.taken(); begun != nil {
		<-begun.done
		if begun.err == nil {
			begun.file.Close()
		}
	}
}

// File is an open object.
type File struct {
	io.Reader
	At      io.ReaderAt // reads anywhere; nil if the server cannot
	Through io.ReaderAt // reads all of it, about in order, ahead of its callers; nil if Reader is to be preferred
	Size    int64       // -1 if it is not known

	close func()
}

// Close ends all reading of the file, also that which is under way.
func (f *File) Close() error {
	f.close()
	return nil
}

// Found is what an argument stands for.
type Found struct {
	Objects []*Object
	Pruned  int // objects left out because of their time
}

// Handles reports whether an argument is for Find.
func Handles(arg string) bool {
	scheme, _, ok := strings.Cut(arg, "://")
	if !ok {
		return false
	}
	switch strings.ToLower(scheme) {
	case "s3", "http", "https":
		return true
	}
	return false
}

// Find lists what an argument stands for: s3://BUCKET/PREFIX, in which the
// prefix may be a pattern, or a URL. URLs are not looked at before they are
// opened. The error does not repeat the argument.
func (c *Client) Find(ctx context.Context, arg string) (*Found, error) {
	if scheme, rest, _ := strings.Cut(arg, "://"); strings.EqualFold(scheme, "s3") {
		bucket, key, _ := strings.Cut(rest, "/")
		if bucket == "" {
			return nil, errors.New("names no bucket")
		}
		if c.store == nil {
			s, err := c.connect(ctx)
			if err != nil {
				return nil, err
			}
			c.store = s
		}
		return c.store.find(ctx, bucket, key)
	}
	if c.web == nil {
		c.web = newWebClient(c.transport)
	}
	return c.findURL(arg)
}

// buffers keeps the memory of pages that are not in use, for all objects of a
// client.
type buffers struct {
	mu   sync.Mutex
	free [][]byte
}

// keptBuffers is how many unused buffers are kept.
const keptBuffers = 2 * aheadPages

// get returns a buffer of n <= pageSize bytes.
func (b *buffers) get(n int) []byte {
	if n <= pageSize/4 {
		return make([]byte, n) // of a small object
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if last := len(b.free) - 1; last >= 0 {
		buf := b.free[last]
		b.free = b.free[:last]
		return buf[:n]
	}
	return make([]byte, n, pageSize)
}

// put gives a buffer back.
func (b *buffers) put(buf []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if cap(buf) == pageSize && len(b.free) < keptBuffers {
		b.free = append(b.free, buf)
	}
}
