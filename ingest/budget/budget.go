// Package budget keeps what grows with the values that a log has, the
// dictionaries and all that is kept beside their entries, within an amount of
// memory.
//
// A Meter estimates how many values all streams have met, and ends a reading
// that has met too many. Then a Survey reads all once more and keeps only
// sketches of a fixed size, which say how often each value comes. Its Plan says
// from how many requests on a value stays itself: the others are taken together
// (see record.Pooling).
//
// All of this depends on the set of values and on how often each one comes, and
// so never on the number of streams or on the order of the requests. Values are
// hashed by SHA-256, with nothing secret, so that two runs agree, and so that
// nobody finds values whose hashes misbehave.
package budget

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"rulecast/ingest/record"
)

// Kind is what values are counted apart by.
type Kind uint8

// The kinds.
const (
	IPv4 Kind = iota
	IPv6
	RefererHosts
	UserAgents
	Hosts
	Texts // of all other columns: methods, content types, ...
	NumKinds
)

// Noun names one value of a kind.
func (k Kind) Noun() string {
	return [NumKinds]string{"IPv4 client", "IPv6 client", "Referer host", "User-Agent", "host", "other text"}[k]
}

// column is the column of a kind; Method stands for all of Texts.
func (k Kind) column() record.Column {
	return [NumKinds]record.Column{
		record.Client, record.Client, record.RefererHost, record.UserAgent, record.Host, record.Method,
	}[k]
}

// Of reports whether values of a kind are in a column.
func (k Kind) Of(c record.Column) bool { return kindOf(c) == k || k == IPv6 && c == record.Client }

// kindOf is the kind of a column's values; IPv4 of Client.
func kindOf(c record.Column) Kind {
	for k := range Texts {
		if k.column() == c {
			return k
		}
	}
	return Texts
}

// Costs are how many bytes a value of each kind takes, with all that a reading
// keeps beside it. A text counts once for each unitSize bytes that it begins.
type Costs [NumKinds]int64

const unitSize = 256

// units is how many times a value counts.
func units(value []byte) int { return 1 + max(len(value)-1, 0)/unitSize }

// Counts are numbers of values, or of the units of texts.
type Counts [NumKinds]int64

// of is what so many values take.
func (c *Costs) of(n *Counts) (bytes int64) {
	for k := range n {
		bytes += c[k] * n[k]
	}
	return bytes
}

// ExceededError ends a reading that has met too many values.
type ExceededError struct {
	Limit  int64 // bytes
	Taken  int64 // by the values met so far
	Values Counts
}

func (e *ExceededError) Error() string {
	return fmt.Sprintf("what is kept of the values in the log takes more than %d bytes", e.Limit)
}

// digest is the hash of a unit of a value.
type digest [sha256.Size]byte

// digestOf is that of the first unit.
func digestOf(c record.Column, value []byte) digest {
	var short [128]byte
	return sha256.Sum256(append(append(short[:0], byte(c)), value...))
}

// unit is that of the unit with a number from 1 on.
func (d *digest) unit(n int) digest {
	var more [sha256.Size + 8]byte
	copy(more[:], d[:])
	binary.LittleEndian.PutUint64(more[sha256.Size:], uint64(n))
	return sha256.Sum256(more[:])
}

// word is one of the numbers that a digest has.
func (d *digest) word(n int) uint64 { return binary.LittleEndian.Uint64(d[8*n:]) }

// values are those that dictionaries have gained.
type values struct {
	clients, referers int // seen
	texts             [record.NumColumns]int
}

// counted are the columns of text that have dictionaries, but for Country, of
// which there are few.
var counted = [...]record.Column{record.Method, record.Scheme, record.Host, record.UserAgent, record.Cache, record.ContentType, record.Action}

// Columns are those that have such values.
func Columns() record.Columns {
	return record.ColumnSet(counted[:]...) | record.ColumnSet(record.Client, record.RefererHost)
}

// value is an entry of a dictionary.
type value struct {
	kind   Kind
	column record.Column
	id     record.ID
	bytes  []byte
}

// gained is the most that the entries take which d has gained since the last
// call.
func (v *values) gained(d *record.Dicts, costs *Costs) int64 {
	clients, referers := d.Clients.Len(), d.RefererHosts.Len()
	bytes := int64(clients-v.clients)*max(costs[IPv4], costs[IPv6]) + int64(referers-v.referers)*costs[RefererHosts]
	v.clients, v.referers = clients, referers
	for _, c := range counted {
		s := d.Strings(c)
		for n := &v.texts[c]; *n < s.Len(); *n++ {
			bytes += costs[kindOf(c)] * int64(units(s.Bytes(record.ID(*n))))
		}
	}
	return bytes
}

// each hands over the entries that d has gained since the last call.
func (v *values) each(d *record.Dicts, fn func(value)) {
	for ; v.clients < d.Clients.Len(); v.clients++ {
		id := record.ID(v.clients)
		addr := d.Clients.Addr(id)
		ip, kind := addr.As16(), IPv6
		if addr.Is4() {
			kind = IPv4
		}
		fn(value{kind, record.Client, id, ip[:]})
	}
	for ; v.referers < d.RefererHosts.Len(); v.referers++ {
		if id := record.ID(v.referers); d.RefererHosts.Class(id) == 0 {
			fn(value{RefererHosts, record.RefererHost, id, d.RefererHosts.Bytes(id)})
		}
	}
	for _, c := range counted {
		s := d.Strings(c)
		for n := &v.texts[c]; *n < s.Len(); *n++ {
			if id := record.ID(*n); id != record.Absent {
				fn(value{kindOf(c), c, id, s.Bytes(id)})
			}
		}
	}
}
