package record

import (
	"bytes"
	"net/netip"
)

// Proxies finds the client of requests that reached the log through proxies
// whose X-Forwarded-For can be believed. It belongs to one stream.
type Proxies struct {
	trusted func(netip.Addr) bool
	known   []trust // by client id
}

type trust uint8

const (
	trustUnknown trust = iota
	trustNone
	trustGiven
)

// NewProxies believes the addresses for which trusted is true. Those are
// unmapped and have no zone; each is asked for once.
func NewProxies(trusted func(netip.Addr) bool) *Proxies { return &Proxies{trusted: trusted} }

// Through counts the requests that came from a trusted proxy.
type Through struct {
	Named   int64 // Forwarded names an address that is none of the proxies': it is the client
	Unnamed int64 // it names none, or cannot be read: the client is the last proxy found
}

// Add takes in the counts of other requests.
func (t *Through) Add(u Through) {
	t.Named += u.Named
	t.Unnamed += u.Unnamed
}

// Resolve replaces the clients of a batch that are trusted proxies. Starting
// from the peer it walks through Forwarded from its end: to the address that
// each trusted one says it had the request from, until one is not trusted, is
// no address, or there are no more. What stands further left may be forged.
// Country and ASN of the requests that it changes become absent, because they
// are those of the peer. The batch has to have Client and Forwarded.
func (p *Proxies) Resolve(b *Batch) (n Through) {
	clients, forwarded := b.IDs(Client), b.Text(Forwarded)
	countries, asns := b.IDs(Country), b.ASNs()
	for i, peer := range clients[:b.Rows] {
		if !p.trusts(b.Dicts.Clients, peer) {
			continue
		}
		client, named := p.walk(b.Dicts.Clients, peer, forwarded.At(i))
		if named {
			n.Named++
		} else {
			n.Unnamed++
		}
		if client == peer {
			continue
		}
		clients[i] = client
		if countries != nil {
			countries[i] = Absent
		}
		if asns != nil {
			asns[i] = 0
		}
	}
	return n
}

// walk follows a list from its end as long as addresses are trusted, beginning
// with one that is. It reports whether the address it ends at is not.
func (p *Proxies) walk(dict *Addresses, at ID, list []byte) (ID, bool) {
	for len(list) > 0 {
		comma := bytes.LastIndexByte(list, ',')
		element := bytes.TrimSpace(list[comma+1:])
		list = list[:max(comma, 0)]
		if len(element) == 0 {
			continue // RFC 9110 section 5.6.1.2: empty elements count for nothing
		}
		id, ok := dict.intern(element)
		if !ok {
			return at, false
		}
		at = id
		if !p.trusts(dict, at) {
			return at, true
		}
	}
	return at, false
}

func (p *Proxies) trusts(dict *Addresses, id ID) bool {
	for len(p.known) < dict.Len() {
		p.known = append(p.known, trustUnknown)
	}
	if p.known[id] == trustUnknown {
		p.known[id] = trustNone
		if p.trusted(dict.Addr(id)) {
			p.known[id] = trustGiven
		}
	}
	return p.known[id] == trustGiven
}
