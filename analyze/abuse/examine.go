package abuse

import (
	"slices"

	"rulecast/analyze/fetch"
	"rulecast/ingest/record"
)

// examine files what is remarkable about a request that is not for a static
// file, or was not answered with it.
func (a *Analysis) examine(q *request) {
	if q.status >= 400 && !q.explained {
		a.clients[q.client].errors++
	}
	if q.denied && !q.explained {
		a.hit(q.client, WAF)
	}
	kinds := q.counts()
	var suspect bool
	path := q.path[:min(len(q.path), longestTarget)]
	a.lower, suspect = a.plan.hunt.lower(a.lower[:0], path)
	if len(path) == len(q.path) { // else its end is not there
		kinds |= a.named(q)
	}
	if len(q.query) > 0 {
		inQuery := false
		a.lower, inQuery = a.plan.hunt.lower(append(a.lower, '?'), q.query[:min(len(q.query), longestTarget)])
		suspect = suspect || inQuery
		a.bust(q)
	}
	if suspect && containsAny(a.lower, a.plan.hunt.traversals) {
		a.pour(q, 1<<Traversal, fetch.Hash(a.lower))
	}
	if suspect && containsAny(a.lower, a.plan.hunt.exploits) || a.agents[q.agent].exploit {
		a.hit(q.client, Exploit)
	}
	if kinds != 0 {
		if q.explained {
			kinds |= 1 << explained
		}
		a.pour(q, kinds, fetch.Hash(q.path))
	}
}

// bust files a request by a query of digits.
func (a *Analysis) bust(q *request) {
	switch {
	case !isBusting(q.query):
	case q.static:
		// Half of the bits say which file. That two files look the same seldom
		// matters, and that two queries do is in favour of the client.
		a.pour(q, 1<<busted, fetch.Hash(q.path)>>48<<48|fetch.Hash(q.query)>>48<<32)
	default:
		a.pour(q, 1<<CacheBusting, fetch.Hash(q.query))
	}
}

// method is what buckets make of a method.
type method uint8

const (
	otherMethod method = iota
	fetching           // GET; a log without methods is one of these
	looking            // HEAD
	asking             // those that are answered 401 to clients that mean no harm
)

func methodOf(name []byte) method {
	switch string(name) {
	case "", "GET":
		return fetching
	case "HEAD":
		return looking
	case "OPTIONS", "PROPFIND", "REPORT":
		return asking
	}
	return otherMethod
}

// errorStatuses are those that count as errors: rules says where from.
var errorStatuses = []uint16{400, 401, 403, 404, 405}

// counts are the buckets that a request goes into whatever it is called.
func (q *request) counts() (kinds Signals) {
	if !q.static {
		kinds.put(Flood)
		if q.method == fetching || q.method == looking {
			kinds.put(Crawl)
		}
		if q.method == fetching && q.page && q.served() {
			kinds.put(PagesOnly)
		}
	}
	if q.status < 400 {
		return kinds
	}
	if slices.Contains(errorStatuses, q.status) {
		kinds.put(Errors)
	}
	if q.status == 401 && q.method != asking {
		kinds.put(Logins)
	}
	if !q.static && (q.status == 404 || q.status == 403 || q.status == 400) {
		kinds.put(Probing)
	}
	return kinds
}

// served reports whether the client got what it asked for, as far as is known, or
// had it already.
func (q *request) served() bool {
	return !q.denied && (q.status < 300 || q.status == 304)
}

// named are the buckets that a request goes into by its path, which is in
// lower.
func (a *Analysis) named(q *request) (kinds Signals) {
	if a.plan.hunt.isSensitive(a.lower) {
		kinds.put(SensitiveFiles)
	}
	if q.status == 404 || q.status == 403 {
		if a.plan.hunt.isAdmin(a.lower) {
			kinds.put(AdminPaths)
		}
		if isWordPress(a.lower) {
			kinds.put(WordPress)
		}
	}
	return kinds
}

// pour files an event for buckets that count requests, or distinct hashes.
func (a *Analysis) pour(q *request, kinds Signals, hash uint64) {
	if when, ok := momentOf(q.time, kinds); ok {
		a.events.add(event{client: q.client, hash: uint32(hash >> 32), when: when})
	}
}

func (a *Analysis) hit(client record.ID, s Signal) {
	h := a.hits[client]
	if h == nil {
		h = &hit{}
		a.hits[client] = h
	}
	h[s-Exploit]++
}
