// Package record is the waist between log formats and analyses: the schema of
// a request, the Batch that carries some thousands of them as columns, the
// Builder that formats fill, and the rejects that ride along.
package record

import "strings"

// Column names one column of a Batch.
type Column uint8

// The columns. Dict columns hold ids of a dictionary that belongs to the
// stream; Text columns hold bytes; the others hold numbers.
const (
	Time        Column = iota // int64, µs since the Unix epoch, UTC; NoTime when the record has none
	Client                    // dict: the peer that the CDN could block
	Forwarded                 // text: X-Forwarded-For as the client sent it
	Country                   // dict: ISO 3166-1 alpha-2 as the log says it, or absent
	ASN                       // uint32, 0 when absent
	Method                    // dict
	Scheme                    // dict
	Host                      // dict: the host the viewer asked for
	Path                      // text: as requested (on the wire), without the query
	Query                     // text: as requested, without the "?"
	Status                    // uint16, 0 when absent or "000"
	Bytes                     // int64: to the client, as the log counts them
	Referer                   // text: decoded once, as the format says
	RefererHost               // dict: host or class (RefererHosts)
	UserAgent                 // dict
	Cache                     // dict
	ContentType               // dict
	RequestID                 // text
	Action                    // dict: a WAF's verdict in the log
	NumColumns
)

var columnNames = [NumColumns]string{
	"time", "client", "forwarded", "country", "asn", "method", "scheme", "host", "path", "query", "status",
	"bytes", "referer", "referer_host", "user_agent", "cache", "content_type", "request_id", "action",
}

func (c Column) String() string {
	if c < NumColumns {
		return columnNames[c]
	}
	return "invalid"
}

// Columns is a set of columns. The zero value is the empty set.
type Columns uint32

// AllColumns is every column.
const AllColumns Columns = 1<<NumColumns - 1

// ColumnSet is the set of the columns given.
func ColumnSet(cs ...Column) Columns {
	var s Columns
	for _, c := range cs {
		s |= 1 << c
	}
	return s
}

// Has reports whether c is in the set.
func (s Columns) Has(c Column) bool { return s>>c&1 != 0 }

// Union is the set of what is in either.
func (s Columns) Union(t Columns) Columns { return s | t }

// String lists the names in schema order, separated by spaces.
func (s Columns) String() string {
	var names []string
	for c := range NumColumns {
		if s.Has(c) {
			names = append(names, c.String())
		}
	}
	return strings.Join(names, " ")
}
