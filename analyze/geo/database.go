package geo

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// Info says which database it is, for a reader who wants to judge the result.
type Info struct {
	Name    string    // for people, such as "GeoLite2-Country" or "built-in: IPFire …"
	Type    string    // the database type that the file states; "" for the built-in table
	Date    time.Time // when the publisher built it, UTC; zero if the file does not say
	Path    string    // of the file; "" for the built-in table
	Licence string    // of the built-in table; a file does not say its own
	// IPv4Only is set for a file without IPv6 addresses: all of them are
	// Unknown.
	IPv4Only bool
}

// Database places addresses. It is safe for concurrent use.
type Database struct {
	info   Info
	source source
	errors atomic.Int64
	first  atomic.Pointer[error]
}

// source is the form a database has. The address is unmapped and without zone.
type source interface {
	country(netip.Addr) (Country, error)
}

// Info says which database it is.
func (d *Database) Info() Info { return d.info }

// Country places an address; an IPv4-mapped one counts as IPv4. It is Unknown
// when the database has no entry for the address, or an entry without a
// country, or cannot read the entry, which Err then reports.
func (d *Database) Country(a netip.Addr) Country {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return Unknown
	}
	c, err := d.source.country(a)
	if err != nil {
		d.failed(err)
		return Unknown
	}
	return c
}

// failed is a function of its own so that err is allocated only here.
func (d *Database) failed(err error) {
	d.errors.Add(1)
	d.first.CompareAndSwap(nil, &err)
}

// Errors counts the look-ups that found an entry which cannot be read: the
// database is damaged.
func (d *Database) Errors() int64 { return d.errors.Load() }

// Err describes the look-ups that Errors counts; nil when there are none.
func (d *Database) Err() error {
	first := d.first.Load()
	if first == nil {
		return nil
	}
	return fmt.Errorf("%s: %d look-ups failed, their country is unknown; one of them: %w",
		cmp.Or(d.info.Path, d.info.Name), d.errors.Load(), *first)
}

// published reads a code as databases publish it. Some write lower case. EU
// and AP (old registry codes for "somewhere in Europe" and "somewhere in Asia
// or the Pacific") name no country, and UK stands for GB, which is what
// providers and rules call it.
func published(code string) Country {
	code = strings.ToUpper(code)
	switch code {
	case "EU", "AP":
		return Unknown
	case "UK":
		code = "GB"
	}
	return Parse(code)
}
