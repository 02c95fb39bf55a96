package inspect

import (
	"bytes"
	"cmp"
	"math"
	"net/netip"
	"slices"

	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Addresses says what the clients of one family of addresses look like.
type Addresses struct {
	Clients  int64 // distinct
	Requests int64
	Private  int64 // requests from addresses that no client on the internet has
	// Forwarded are the requests with an X-Forwarded-For that does not end with
	// the client itself.
	Forwarded int64
	// Masked are the clients without a host part: an IPv4 address that ends with
	// .0, an IPv6 address of which the last 64 bits are 0.
	Masked int64
}

// The share of clients without a host part that chance gives: one IPv4 address
// of 256; of IPv6 addresses next to none, because the 0 in each network stands
// for its routers (RFC 4291 section 2.6.1), so this leaves room for them.
const (
	maskedByChance4 = 1.0 / 256
	maskedByChance6 = 1.0 / 65536
)

// Anonymised reports whether far more IPv4 (or else IPv6) clients have no host
// part than chance could give: one in 20 at least, with odds of less than one
// in a billion.
func (a *Addresses) Anonymised(v6 bool) bool {
	chance := maskedByChance4
	if v6 {
		chance = maskedByChance6
	}
	const odds = 1e-9
	return 20*a.Masked >= a.Clients && atLeast(a.Masked, a.Clients, chance) < odds
}

// atLeast is an upper bound of the probability that k or more of n happen, each
// with probability p (Hoeffding 1963, theorem 1, equation 2.1).
func atLeast(k, n int64, p float64) float64 {
	if n == 0 || float64(k) <= p*float64(n) {
		return 1
	}
	q := float64(k) / float64(n)
	divergence := q * math.Log(q/p)
	if q < 1 {
		divergence += (1 - q) * math.Log((1-q)/(1-p))
	}
	return math.Exp(-float64(n) * divergence)
}

// Peer is a client by its requests.
type Peer struct {
	Addr      netip.Addr
	Requests  int64
	Forwarded int64 // as in Addresses
}

// MostProxies is how many addresses that look like proxies are listed.
const MostProxies = 5

// Proxies are the clients of which at least 9 in 10 requests have another
// client's X-Forwarded-For.
type Proxies struct {
	Top      []Peer // at most MostProxies, those with most requests first
	Count    int64
	Requests int64
}

// peer counts the requests of one client.
type peer struct{ requests, forwarded int64 }

// addPeers counts the requests of a batch by client.
func (a *Analysis) addPeers(b *record.Batch) {
	clients := b.IDs(record.Client)
	a.peers = tally.Grown(a.peers, b.Dicts.Clients.Len())
	for _, id := range clients {
		a.peers[id].requests++
	}
	if !b.Present.Has(record.Forwarded) {
		return
	}
	forwarded := b.Text(record.Forwarded)
	for i, id := range clients {
		list := forwarded.At(i)
		if len(list) == 0 {
			continue
		}
		a.text = b.Dicts.Clients.Addr(id).AppendTo(a.text[:0])
		if last := bytes.LastIndexByte(list, ','); string(bytes.TrimSpace(list[last+1:])) != string(a.text) {
			a.peers[id].forwarded++
		}
	}
}

// mergePeers adds the counts of another analysis, whose client id i is ids[i].
func (a *Analysis) mergePeers(peers []peer, ids []record.ID) {
	a.peers = tally.Grown(a.peers, a.dicts.Clients.Len())
	for id, p := range peers {
		sum := &a.peers[ids[id]]
		sum.requests += p.requests
		sum.forwarded += p.forwarded
	}
}

// sumPeers sums the clients up by family, and picks those that look like
// proxies.
func (a *Analysis) sumPeers() (v4, v6 Addresses, proxies Proxies) {
	var look []Peer
	for id, p := range a.peers {
		if p.requests == 0 {
			continue
		}
		addr := a.dicts.Clients.Addr(record.ID(id))
		family := &v4
		if addr.Is6() {
			family = &v6
		}
		family.Clients++
		family.Requests += p.requests
		family.Forwarded += p.forwarded
		if isPrivate(addr) {
			family.Private += p.requests
		}
		if isMasked(addr) {
			family.Masked++
		}
		if p.forwarded > 0 && 10*p.forwarded >= 9*p.requests {
			proxies.Count++
			proxies.Requests += p.requests
			look = append(look, Peer{Addr: addr, Requests: p.requests, Forwarded: p.forwarded})
		}
	}
	slices.SortFunc(look, func(p, q Peer) int { return cmp.Or(cmp.Compare(q.Requests, p.Requests), p.Addr.Compare(q.Addr)) })
	proxies.Top = slices.Clone(look[:min(len(look), MostProxies)])
	return v4, v6, proxies
}

// isMasked reports whether an address has no host part.
func isMasked(a netip.Addr) bool {
	b := a.As16()
	if a.Is4() {
		return b[15] == 0
	}
	return [8]byte(b[8:]) == [8]byte{}
}

// isPrivate reports whether an address cannot be that of a client on the
// internet: RFC 1918, RFC 4193, RFC 6598 (carriers' NAT), loopback and
// link-local addresses.
func isPrivate(a netip.Addr) bool {
	b := a.As16()
	carrier := a.Is4() && b[12] == 100 && b[13]&0xc0 == 64
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || carrier
}
