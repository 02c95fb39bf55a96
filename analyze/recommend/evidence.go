package recommend

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"rulecast/analyze/abuse"
	"rulecast/analyze/collateral"
	"rulecast/analyze/order"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
)

// evidence says why an entry is suggested, or was dropped.
type evidence struct {
	j       *collateral.Judgement
	ordered []record.ID // clients in the order of their addresses
	hosts   map[string]string
}

func newEvidence(j *collateral.Judgement) *evidence {
	e := &evidence{j: j, hosts: map[string]string{}}
	var clients []record.ID
	for id := range j.Clients {
		if j.Clients[id].All.Requests > 0 {
			clients = append(clients, record.ID(id))
		}
	}
	e.ordered = make([]record.ID, len(clients))
	for i, r := range order.Of(clients, e.key, func(a, b *record.ID) int { return e.addr(*a).Compare(e.addr(*b)) }) {
		e.ordered[i] = clients[r.At]
	}
	for i := range j.Hotlinks.Hosts {
		h := &j.Hotlinks.Hosts[i]
		e.hosts[h.Host] = fmt.Sprintf("score %d: %s", h.Score, h.Reason)
	}
	return e
}

// key is the beginning of the order of addresses: those of IPv4 come first.
func (e *evidence) key(id *record.ID) uint64 {
	a := e.addr(*id)
	if a.Is4() {
		ip := a.As4()
		return uint64(binary.BigEndian.Uint32(ip[:]))
	}
	ip := a.As16()
	return 1<<63 | binary.BigEndian.Uint64(ip[:])>>1
}

func (e *evidence) addr(id record.ID) netip.Addr { return e.j.Dicts.Clients.Addr(id) }

// within are the clients in a network, in the order of their addresses.
func (e *evidence) within(p netip.Prefix) []record.ID {
	from, _ := slices.BinarySearchFunc(e.ordered, p.Addr(), func(id record.ID, a netip.Addr) int { return e.addr(id).Compare(a) })
	to := from
	for to < len(e.ordered) && p.Contains(e.addr(e.ordered[to])) {
		to++
	}
	return e.ordered[from:to]
}

// of is the reason for an entry.
func (e *evidence) of(control policy.Control, entry policy.Entry, h *collateral.Harm) string {
	switch control {
	case policy.IP:
		return e.ofNetwork(entry.Prefix)
	case policy.Referer:
		if reason := e.hosts[entry.Text]; reason != "" {
			return reason
		}
		return "embeds our files"
	}
	return fmt.Sprintf("%d of %d requests are bad", h.Bad.Requests, h.Denied.Requests)
}

// ofClient is what is held against one client: each signal with the most that
// was in its bucket, of what that holds.
func (e *evidence) ofClient(id record.ID) string {
	var words []string
	for _, found := range e.j.Abuse.Evidence(id) {
		name := strings.ReplaceAll(found.Signal.String(), "_", " ")
		switch {
		case found.Signal == abuse.Label:
			name, _ = e.j.Abuse.Lists(id)
			name = "listed in " + name
		case found.Bucket.Leak == 0:
			name = fmt.Sprintf("%s %d", name, found.Peak)
		default:
			name = fmt.Sprintf("%s %d (of %d)", name, found.Peak, found.Bucket.Capacity)
		}
		words = append(words, name)
	}
	c := &e.j.Clients[id]
	if c.Headless {
		words = append(words, "loads no files as visitors do")
	}
	if c.Passing {
		words = append(words, "is led to pages by others, and goes on from none")
	}
	if c.Flagged > 0 {
		words = append(words, fmt.Sprintf("%d of %d neighbours are bad", c.Flagged, c.Others))
	}
	return strings.Join(words, ", ")
}

// ofNetwork is what is held against the clients of a network: of one its own
// reason, of several the commonest.
func (e *evidence) ofNetwork(p netip.Prefix) string {
	clients := e.within(p)
	count := map[string]int{}
	bad, only := 0, ""
	for _, id := range clients {
		if c := &e.j.Clients[id]; c.Bad > 0 {
			bad, only = bad+1, e.ofClient(id)
			for _, word := range strings.Fields(c.Signals.String()) {
				count[word]++
			}
		}
	}
	if len(clients) == 1 && bad == 1 {
		return only
	}
	var names []string
	for name := range count {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", strings.ReplaceAll(name, "_", " "), count[name])
	}
	text := fmt.Sprintf("%d of %d addresses seen are bad", bad, len(clients))
	if len(names) > 0 {
		text += ": " + strings.Join(names[:min(3, len(names))], ", ")
	}
	return text
}
