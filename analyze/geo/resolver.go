package geo

import (
	"fmt"
	"net/netip"
)

// From says which source of a client's country is believed.
type From uint8

// The sources.
const (
	PreferLog From = iota // the log's own country, and the database where the log has none
	LogOnly               // the log's own country; Unknown where it has none
	GeoIPOnly             // the database, whatever the log says
)

// ParseFrom reads the value of --country-from.
func ParseFrom(s string) (From, error) {
	switch s {
	case "prefer-log":
		return PreferLog, nil
	case "log":
		return LogOnly, nil
	case "geoip":
		return GeoIPOnly, nil
	}
	return 0, fmt.Errorf("--country-from %q: must be prefer-log, log or geoip", s)
}

// Locator places addresses: a *Database, or a table in a test.
type Locator interface {
	Country(netip.Addr) Country
}

// Resolver gives the country of a request from the ids of its client and of
// the country in the log. It belongs to one stream, whose dictionaries it
// follows: each address is looked up once.
type Resolver struct {
	from    From
	locator Locator
	clients []Country // by client id
	logged  []Country // by id of the log's country column
}

// NewResolver makes a resolver. The locator is not used with LogOnly.
func NewResolver(from From, locator Locator) *Resolver {
	return &Resolver{from: from, locator: locator}
}

// Clients is the number of clients added.
func (r *Resolver) Clients() int { return len(r.clients) }

// AddClient places the client with the next id.
func (r *Resolver) AddClient(a netip.Addr) {
	c := Unknown
	if r.from != LogOnly {
		c = r.locator.Country(a)
	}
	r.clients = append(r.clients, c)
}

// Logged is the number of country values of the log added.
func (r *Resolver) Logged() int { return len(r.logged) }

// AddLogged reads the log's country value with the next id.
func (r *Resolver) AddLogged(code []byte) {
	c := Unknown
	if r.from != GeoIPOnly {
		c = Parse(code)
	}
	r.logged = append(r.logged, c)
}

// OfClient is the country of a client in a log without a country column.
func (r *Resolver) OfClient(client uint32) Country { return r.clients[client] }

// Of is the country of a request in a log with a country column.
func (r *Resolver) Of(client, logged uint32) Country {
	if c := r.logged[logged]; c != Unknown {
		return c
	}
	return r.clients[client]
}
