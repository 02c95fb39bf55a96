// Package ingest reads access logs: it finds the inputs, unpacks them, tells
// their formats and hands their rows over as batches, in several streams.
package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"rulecast/ingest/budget"
	"rulecast/ingest/format"
	"rulecast/ingest/record"
	"rulecast/ingest/source"
	"rulecast/ingest/source/object"
)

// DefaultMaxLine is the longest line that is read, in bytes, unless Options
// say otherwise. CloudFront and others log nothing longer than some 30 KiB.
const DefaultMaxLine = 1 << 20

// Options say how inputs are read. The zero value reads no columns of inputs
// in any format.
type Options struct {
	Form                   // how every input is written; the zero value detects it for each
	Columns record.Columns // the columns to fill
	MaxLine int            // longest line in bytes, without its newline; 0 is DefaultMaxLine
	Rejects string         // file that gets every line that could not be read; "" for none
	Whole   bool           // one stream reads all of an input, from its beginning to its end

	// Since and Until keep rows with Since <= time < Until; zero is no bound.
	// With a bound, Time is filled even if Columns has it not.
	Since, Until time.Time

	// Trusted says which addresses are proxies whose X-Forwarded-For names the
	// client (see record.Proxies); nil: the client is always the peer. Streams
	// call it at the same time. With it, Client and Forwarded are filled even if
	// Columns has them not.
	Trusted func(netip.Addr) bool

	// Pooling takes values together; nil: none. Renew gives streams new dictionaries
	// whenever those have grown, for callees that keep nothing by id.
	Pooling *record.Pooling
	Renew   bool

	Stdin io.Reader // what "-" stands for; nil if there is none

	// How s3:// inputs are reached; see object.Options.
	Endpoint  string // URL of the store; "" is what the environment says, or Amazon
	Region    string // of the buckets; "" is what the environment or the store says
	Anonymous bool   // without credentials
}

// Reader reads a list of inputs in streams.
type Reader struct {
	columns      record.Columns
	since, until int64 // µs since the Unix epoch
	windowed     bool
	trusted      func(netip.Addr) bool // or nil
	meter        *budget.Meter         // or nil
	pooling      *record.Pooling       // or nil
	renew        bool
	pooled       [record.NumColumns]atomic.Int64
	maxLine      int
	forced       *format.Format // nil: detect
	mapped       bool           // forced is made of fields, which may not fit an input
	detect       func(head []byte, whole bool) (*format.Format, []format.Miss)

	sources []*source.Input
	inputs  []record.Input // the accounts of sources
	copies  []copied
	// Of inputs that may have requests of others, the number of their directory;
	// and the requests of all directories, nil if there are none.
	delivery map[int]uint32
	repeats  *repeatIDs
	queue    queue
	block    int64 // size of the blocks of inputs that are split
	splits   bool  // inputs may be split

	remote   bool         // some input is on a server
	pruned   int          // objects that were not listed
	read     atomic.Int64 // bytes as stored
	total    int64        // or -1
	requests atomic.Int64 // handed over
	rejects  *rejects     // nil if they are not wanted
}

// Open is OpenContext for inputs that are found at once.
func Open(args []string, opts Options) (*Reader, error) {
	return OpenContext(context.Background(), args, opts)
}

// OpenContext finds the inputs that args name (see source.List) and checks the
// options. Nothing is read yet, but what a store has is listed, which ends
// with ctx.
func OpenContext(ctx context.Context, args []string, opts Options) (*Reader, error) {
	r := &Reader{columns: opts.Columns, trusted: opts.Trusted, maxLine: opts.MaxLine, detect: format.Detect, block: blockSize, splits: !opts.Whole,
		pooling: opts.Pooling, renew: opts.Renew}
	if r.maxLine <= 0 {
		r.maxLine = DefaultMaxLine
	}
	if err := r.setForm(&opts.Form); err != nil {
		return nil, err
	}
	if r.trusted != nil {
		r.columns |= record.ColumnSet(record.Client, record.Forwarded)
	}
	if err := r.setWindow(opts.Since, opts.Until); err != nil {
		return nil, err
	}
	found, err := source.List(ctx, args, source.Options{Stdin: opts.Stdin, Objects: object.Options{
		Endpoint: opts.Endpoint, Region: opts.Region, Anonymous: opts.Anonymous, Since: opts.Since, Until: opts.Until,
	}})
	if err != nil {
		return nil, err
	}
	r.sources, r.pruned = found.Inputs, found.Pruned
	r.plan()
	if opts.Rejects != "" {
		if r.rejects, err = newRejects(opts.Rejects, r.sources); err != nil {
			return nil, fmt.Errorf("%s: %w", opts.Rejects, err)
		}
	}
	return r, nil
}

func (r *Reader) setWindow(since, until time.Time) error {
	r.since, r.until = math.MinInt64, math.MaxInt64
	if !since.IsZero() {
		r.since, r.windowed = since.UnixMicro(), true
	}
	if !until.IsZero() {
		r.until, r.windowed = until.UnixMicro(), true
	}
	if r.since >= r.until {
		return errors.New("the time window is empty: since is not before until")
	}
	if r.windowed {
		r.columns |= record.ColumnSet(record.Time)
	}
	return nil
}

// plan makes the accounts and the order in which inputs are taken: what takes
// longest first, so that the streams end at about the same time.
func (r *Reader) plan() {
	r.inputs = make([]record.Input, len(r.sources))
	r.queue.order = make([]int, len(r.sources))
	weight := func(i int) int64 {
		if size := r.sources[i].Size; size >= 0 {
			return size
		}
		return math.MaxInt64 // a pipe: nobody knows
	}
	for i, src := range r.sources {
		r.inputs[i].Name = src.Name
		r.remote = r.remote || src.Remote()
		r.queue.order[i] = i
		switch {
		case src.Size < 0:
			r.total = -1
		case r.total >= 0:
			r.total += src.Size
		}
	}
	slices.SortStableFunc(r.queue.order, func(a, b int) int { return cmp.Compare(weight(b), weight(a)) })
}

// Columns are the columns that the batches have: those asked for, and those
// that a time window or trusted proxies need.
func (r *Reader) Columns() record.Columns { return r.columns }

// Progress says how many bytes, as stored, have been read so far and how many
// there are, -1 if that is not known. It may be called at any time.
func (r *Reader) Progress() (read, total int64) { return r.read.Load(), r.total }

// Pruned is how many objects of a store are no inputs because their keys say
// that they have nothing from the time window. No input of another kind is
// left out for its name.
func (r *Reader) Pruned() int { return r.pruned }

// Requests is how many requests have been handed over so far. It may be called
// at any time.
func (r *Reader) Requests() int64 { return r.requests.Load() }

// Limit makes all streams end with the meter's error when the values in the log
// take more than it allows. It is called before Streams.
func (r *Reader) Limit(m *budget.Meter) { r.meter = m }

// Pooled is how many requests have been handed over so far with a value of a
// dictionary column that stands for others, by Options.Pooling.
func (r *Reader) Pooled(c record.Column) int64 { return r.pooled[c].Load() }

// Once is the name of an input that cannot be read a second time; "" if there is
// none.
func (r *Reader) Once() string {
	for _, src := range r.sources {
		if src.Once() {
			return src.Name
		}
	}
	return ""
}

// Inputs are the accounts of all inputs, in the order of source.List. They are
// complete once every stream has ended, and are the same for any number of
// streams.
func (r *Reader) Inputs() []record.Input {
	inputs := slices.Clone(r.inputs)
	for _, c := range r.copies {
		inputs[c.input] = c.account(r.inputs)
	}
	return inputs
}

// Close ends the reading, after all streams have ended. If they read every
// input, the file of rejects gets its name; otherwise it is removed.
func (r *Reader) Close() error {
	if r.remote {
		for _, src := range r.sources {
			src.Discard()
		}
	}
	if r.rejects == nil {
		return nil
	}
	rejects := r.rejects
	r.rejects = nil
	if r.queue.finished != len(r.inputs) {
		rejects.discard()
		return nil
	}
	return rejects.publish()
}
