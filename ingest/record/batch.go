package record

import (
	"context"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// NoTime is the Time of a record whose log has no time column.
const NoTime int64 = math.MinInt64

// BatchRows is the most rows a Batch carries.
const BatchRows = 8192

// Batch is some thousands of requests of one input as columns over one Arrow
// record, with the rejects found between them. Columns that were not asked for
// are nil.
//
// Everything in a Batch belongs to its stream and is reused as soon as the
// function it was handed to returns: keep nothing but copies. The dictionaries
// live as long as the stream and only grow.
type Batch struct {
	Input   int     // index of the input among those the reader opened
	Rows    int     // number of requests; may be 0 when there are only rejects
	Present Columns // the columns that this input's log has as far as the stream has seen it, asked for or not
	Rejects []Reject

	Dicts *Dicts

	columns arrow.Record
	at      [NumColumns]int // place of a column in the record, or -1
}

// Dicts are the dictionaries of one stream.
type Dicts struct {
	Clients      *Addresses
	Countries    *Strings // upper-case ISO 3166-1 alpha-2; Absent when unknown or not two letters
	Methods      *Strings
	Schemes      *Strings
	Hosts        *Strings // lower case, without port
	RefererHosts *RefererHosts
	UserAgents   *Strings
	Caches       *Strings
	ContentTypes *Strings
	Actions      *Strings
}

// Strings is the dictionary of a column that holds ids of one, nil for others
// and for Client and RefererHost.
func (d *Dicts) Strings(c Column) *Strings {
	switch c {
	case Country:
		return d.Countries
	case Method:
		return d.Methods
	case Scheme:
		return d.Schemes
	case Host:
		return d.Hosts
	case UserAgent:
		return d.UserAgents
	case Cache:
		return d.Caches
	case ContentType:
		return d.ContentTypes
	case Action:
		return d.Actions
	}
	return nil
}

func newDicts() *Dicts {
	return &Dicts{
		Clients: newAddresses(), Countries: newStrings(), Methods: newStrings(), Schemes: newStrings(),
		Hosts: newStrings(), RefererHosts: newRefererHosts(), UserAgents: newStrings(), Caches: newStrings(),
		ContentTypes: newStrings(), Actions: newStrings(),
	}
}

// Has reports whether the column was asked for and is filled.
func (b *Batch) Has(c Column) bool { return b.at[c] >= 0 }

// Arrow is the record under the batch, under the same ownership.
func (b *Batch) Arrow() arrow.Record { return b.columns }

// IDs are the dictionary ids of Client, Country, Method, Scheme, Host,
// RefererHost, UserAgent, Cache, ContentType or Action; nil if not asked for.
func (b *Batch) IDs(c Column) []ID {
	if b.at[c] < 0 {
		return nil
	}
	return b.columns.Column(b.at[c]).(*array.Uint32).Uint32Values()
}

// Ints are the values of Time or Bytes; nil if not asked for.
func (b *Batch) Ints(c Column) []int64 {
	if b.at[c] < 0 {
		return nil
	}
	return b.columns.Column(b.at[c]).(*array.Int64).Int64Values()
}

// Statuses are the values of Status; nil if not asked for.
func (b *Batch) Statuses() []uint16 {
	if b.at[Status] < 0 {
		return nil
	}
	return b.columns.Column(b.at[Status]).(*array.Uint16).Uint16Values()
}

// ASNs are the values of ASN; nil if not asked for.
func (b *Batch) ASNs() []uint32 {
	if b.at[ASN] < 0 {
		return nil
	}
	return b.columns.Column(b.at[ASN]).(*array.Uint32).Uint32Values()
}

// Text holds the values of a text column. The zero value is "not asked for".
type Text struct {
	offsets []int64
	data    []byte
}

// OK reports whether the column was asked for.
func (t Text) OK() bool { return t.offsets != nil }

// At is the value of row i, empty when absent; not to be kept or written to.
func (t Text) At(i int) []byte { return t.data[t.offsets[i]:t.offsets[i+1]] }

// Text is the column Forwarded, Path, Query, Referer or RequestID.
func (b *Batch) Text(c Column) Text {
	if b.at[c] < 0 {
		return Text{}
	}
	a := b.columns.Column(b.at[c]).(*array.LargeBinary)
	var data []byte // of all rows, sliced or not: this is what offsets count from
	if values := a.Data().Buffers()[2]; values != nil {
		data = values.Bytes()
	}
	return Text{offsets: a.ValueOffsets(), data: data}
}

// Stream yields batches, one after another and never two at once. The batches
// of one input may come from several streams; those from one are in its order.
type Stream interface {
	// Each hands every batch to fn and returns the first error of fn or of
	// ctx. Input that cannot be read is not such an error: it is in the
	// reader's account of its inputs.
	Each(ctx context.Context, fn func(*Batch) error) error
}
