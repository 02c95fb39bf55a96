package collateral

import (
	"encoding/binary"

	"rulecast/analyze/abuse"
	"rulecast/ingest/record"
)

// What one client does in minutes is little to judge it by. Two things that
// the rest of the log says are added to it: whether visitors here load files
// that the client never loads, and who its neighbours are.

// flagged is the weight from which a client says something about its network.
const flagged = One * 3 / 4

// fewestFlagged is how many others have to be flagged in a network before that
// says something about a client in it.
const fewestFlagged = 2

// mostAroundHours is in how many hours of the week a client can have been there
// to be judged by its neighbours. Who is there longer has shown what it is: a
// monitor or a feed reader at a hoster may have any neighbours.
const mostAroundHours = 12

// The networks in which neighbours are one customer's, most often.
const (
	aroundBits4 = 24
	aroundBits6 = 64
)

// Around is what the rest of the log says about a client.
type Around struct {
	// Headless: it was never answered with a static file, which clients that
	// nothing speaks against are here. So it is not an eager visitor.
	Headless bool
	// Passing: it asked for pages, but only as others led to them, and for
	// nothing that our own pages have.
	Passing bool
	// Flagged are the other clients of its network that are bad most likely,
	// Others those of which this can be told; 0 if the client is not judged by
	// them.
	Flagged, Others int32
}

// neighbours are the clients of a network of which something is known.
type neighbours struct{ flagged, known int32 }

// lookAround adds what the rest of the log says to the weights of clients.
func (j *Judgement) lookAround() {
	if j.visitorsLoad() {
		for id := range j.Clients {
			j.Clients[id].countTwice(j.Abuse.Unversioned)
		}
	}
	networks := j.neighbourhoods()
	for id := range j.Clients {
		if c := &j.Clients[id]; c.isUnknown() {
			n := networks[j.network(id)]
			if is, known := c.tells(); known {
				n.flagged, n.known = n.flagged-is, n.known-1
			}
			c.follow(n)
		}
	}
	for id := range j.Clients {
		if c := &j.Clients[id]; !c.Shared() {
			c.Users = c.Users * (One - c.Bad) / One
		}
	}
}

// neighbourhoods are the networks with clients that are flagged.
func (j *Judgement) neighbourhoods() map[around]neighbours {
	networks := map[around]neighbours{}
	for id := range j.Clients {
		if is, _ := j.Clients[id].tells(); is > 0 {
			networks[j.network(id)] = neighbours{}
		}
	}
	for id := range j.Clients {
		if is, known := j.Clients[id].tells(); known && len(networks) > 0 {
			p := j.network(id)
			if n, ok := networks[p]; ok {
				networks[p] = neighbours{n.flagged + is, n.known + 1}
			}
		}
	}
	return networks
}

// visitorsLoad reports whether clients against which nothing speaks load static
// files with browsers: those that do have at least half of their requests. They
// do not where another host serves those files, and it is not known where the
// log has no User-Agents.
func (j *Judgement) visitorsLoad() bool {
	var loading, all int64
	for id := range j.Clients {
		if c := &j.Clients[id]; c.Signals == 0 && c.Spared == abuse.NotSpared {
			all += c.All.Requests
			if c.Client.Users > 0 {
				loading += c.All.Requests
			}
		}
	}
	return all > 0 && loading*2 >= all
}

// countTwice has each soft signal of a client that loads no static file count
// twice, but for the one that says just that: they are soft because an eager
// visitor may set them off as well, and that it is not. Nor is one who busts the
// cache where visitors have nothing that looks like it. A crawler that says whose
// it is may be welcome: of it they count once.
func (c *Client) countTwice(unversioned bool) {
	busts := unversioned && c.Signals.Has(abuse.CacheBusting)
	if c.Assets > 0 && !busts || c.Shared() || c.Hard || c.Weight == 0 || c.Declared && !c.Signals.Has(abuse.Impostor) {
		return
	}
	c.Headless = c.Assets == 0
	c.Bad = or(c.Weight, c.Again)
}

// or combines weights that have nothing to do with each other, by noisy-or.
func or(a, b int64) int64 { return One - (One-a)*(One-b)/One }

// tells is 1 if a client is flagged, and 0 if it is known to be something
// else. Unknown is one that was there for a short time and shows no browser.
func (c *Client) tells() (is int32, known bool) {
	switch {
	case c.All.Requests == 0 || c.Cut:
		return 0, false
	case c.Bad >= flagged && !c.Shared():
		return 1, true
	}
	return 0, !c.isUnknown()
}

// isUnknown reports whether neighbours can say something about a client.
func (c *Client) isUnknown() bool {
	return c.All.Requests > 0 && c.Spared == abuse.NotSpared && !c.Cut && (c.Assets == c.Busts || c.Passing) && c.Hours <= mostAroundHours && c.Bad < One
}

// follow has the neighbours of a client say what it is: one in n+1 of those who
// are like it may be something else.
func (c *Client) follow(n neighbours) {
	if n.flagged < fewestFlagged {
		return
	}
	c.Flagged, c.Others = n.flagged, n.known
	c.Bad = or(c.Bad, One*int64(n.flagged)/int64(n.known+1))
}

// around is a network: what its addresses begin with.
type around struct {
	ipv6  bool
	begin uint64
}

// network is that around a client.
func (j *Judgement) network(id int) around {
	a := j.Dicts.Clients.Addr(record.ID(id))
	if a.Is4() {
		ip := a.As4()
		return around{begin: uint64(binary.BigEndian.Uint32(ip[:]) >> (32 - aroundBits4))}
	}
	ip := a.As16()
	return around{true, binary.BigEndian.Uint64(ip[:]) >> (64 - aroundBits6)}
}
