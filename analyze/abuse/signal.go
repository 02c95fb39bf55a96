package abuse

import (
	"slices"
	"strings"
	"time"
)

// Signal is a kind of evidence against a client.
type Signal uint8

// The signals. Those before Exploit are leaky buckets that are replayed in the
// time of the log; Exploit and WAF count requests, whatever their time.
// PagesOnly is filled by the pages that were served to clients that load
// nothing: who is denied a page, or sent elsewhere, has no files of it to load.
const (
	Crawl Signal = iota
	Probing
	SensitiveFiles
	AdminPaths
	WordPress
	Traversal
	CacheBusting
	Logins
	Errors
	Flood
	PagesOnly
	AgentSwitching
	Exploit
	WAF
	Label // in a list of bad networks that the user gave
	// Impostor: its User-Agent is that of a crawler in the networks that the
	// user allows, where it is not.
	Impostor
	NumSignals

	numBuckets = Label          // the signals that have a threshold
	numKinds   = AgentSwitching // those that events are marked with
)

// Bucket is a threshold: it holds Capacity requests, one of which leaks out in
// each Leak (never if that is 0), and fires when one more comes than it holds.
type Bucket struct {
	Capacity int
	Leak     time.Duration // whole microseconds
	Off      bool          // it never fires
}

// One is a weight of one: that all that a client asks for is bad.
const One = 1024

// rule is what is known of a signal.
type rule struct {
	name     string
	counts   string // what a bucket counts
	distinct bool   // each value of it once in the life of a bucket
	weight   int64  // of One; hard signals weigh all
	bucket   Bucket
}

// rules are the signals in their order. The buckets are published defaults:
//
//   - CrowdSec hub, scenarios/crowdsecurity, read 2026: http-crawl-non_statics
//     (40, 0.5s), http-probing (10, 10s), http-sensitive-files (4, 5s),
//     http-admin-interface-probing (2, 10s), http-wordpress-scan (3, 10s),
//     http-path-traversal-probing (3, 10s), http-dos-bypass-cache (30, 1s),
//     http-generic-401-bf (5, 10s), http-dos-switching-ua (10, 8s), and the scenarios of type trigger, which
//     fire at the first request, for exploits
//   - Security Automations for AWS WAF: error threshold 50 requests a minute
//     answered 400, 401, 403, 404 or 405; request threshold 100 in five minutes
//     (here of requests that are not for static files)
//   - AWS WAF, rate-based rules: 10 requests in five minutes is the lowest limit
//     that they take. People may read faster, but what they read has files
//
// What soft signals weigh is our own proposal: what only a scanner does weighs
// more than what an eager visitor may do as well, and none that only just fires
// is enough where a good request is worth twenty bad ones (20/21 of One is 976).
var rules = [NumSignals]rule{
	Crawl:          {"crawl", "pages", true, 512, Bucket{Capacity: 40, Leak: 500 * time.Millisecond}},
	Probing:        {"probing", "paths answered 400, 403 or 404", true, One, Bucket{Capacity: 10, Leak: 10 * time.Second}},
	SensitiveFiles: {"sensitive_files", "sensitive files", true, 768, Bucket{Capacity: 4, Leak: 5 * time.Second}},
	AdminPaths:     {"admin_paths", "missing admin paths", true, 768, Bucket{Capacity: 2, Leak: 10 * time.Second}},
	WordPress:      {"wordpress", "missing WordPress scripts", true, 768, Bucket{Capacity: 3, Leak: 10 * time.Second}},
	Traversal:      {"traversal", "path traversals", true, 896, Bucket{Capacity: 3, Leak: 10 * time.Second}},
	CacheBusting:   {"cache_busting", "queries of digits", true, 768, Bucket{Capacity: 30, Leak: time.Second}},
	Logins:         {"logins", "requests answered 401", false, 512, Bucket{Capacity: 5, Leak: 10 * time.Second}},
	Errors:         {"errors", "errors", false, 512, Bucket{Capacity: 50, Leak: time.Minute / 50}},
	Flood:          {"flood", "requests for pages", false, 384, Bucket{Capacity: 100, Leak: 5 * time.Minute / 100}},
	PagesOnly:      {"pages_only", "pages, and no file of theirs,", true, 384, Bucket{Capacity: 10, Leak: 30 * time.Second}},
	AgentSwitching: {"agent_switching", "User-Agents", true, 512, Bucket{Capacity: 10, Leak: 8 * time.Second}},
	Exploit:        {"exploit", "exploits", false, One, Bucket{}},
	WAF:            {"waf", "requests denied by the WAF", false, One, Bucket{}},
	Label:          {name: "label", weight: One},
	Impostor:       {name: "impostor", weight: 768},
}

func (s Signal) String() string {
	if s < NumSignals {
		return rules[s].name
	}
	return "invalid"
}

// Hard reports whether the signal alone says that all that a client asks for is
// bad.
func (s Signal) Hard() bool { return rules[s].weight == One }

// Signals is a set of signals. The zero value is empty.
type Signals uint16

// Has reports whether a signal is in the set.
func (s Signals) Has(signal Signal) bool { return s>>signal&1 != 0 }

func (s *Signals) put(signal Signal) { *s |= 1 << signal }

// String lists the names in order, separated by spaces.
func (s Signals) String() string {
	var names []string
	for signal := range NumSignals {
		if s.Has(signal) {
			names = append(names, signal.String())
		}
	}
	return strings.Join(names, " ")
}

// mostDoublings is how often a peak of twice a bucket counts.
const mostDoublings = 3

// weigh combines evidence by noisy-or: what is right in w of 1024 cases leaves
// 1024-w, and what several leave is multiplied. A peak of twice, four or eight
// times what the bucket holds is as much as two, three or four signals. The
// weight is rounded down. A crawl of 41 pages and 51 errors are 512 each and
// leave a quarter: 768; a crawl of 80 alone does, too. What crawls and loads no
// file gives two signals by the same requests: the stronger one counts.
func weigh(evidence []Evidence) int64 {
	const bits = 30 // beyond those of One, for what is left
	left, beside := int64(One)<<bits, weaker(evidence)
	for i := range evidence {
		if i != beside {
			left = evidence[i].leave(left)
		}
	}
	return One - (left+1<<bits-1)>>bits
}

// leave is what of left a signal leaves, rounded up.
func (e *Evidence) leave(left int64) int64 {
	for range 1 + e.doublings() {
		left = (left*(One-rules[e.Signal].weight) + One - 1) / One
	}
	return left
}

// weaker is the place of that of Crawl and PagesOnly which says less, or -1 if
// they are not both there.
func weaker(evidence []Evidence) int {
	place := func(signal Signal) int {
		return slices.IndexFunc(evidence, func(e Evidence) bool { return e.Signal == signal })
	}
	crawl, pages := place(Crawl), place(PagesOnly)
	switch {
	case crawl < 0 || pages < 0:
		return -1
	case evidence[crawl].leave(One) <= evidence[pages].leave(One):
		return pages
	}
	return crawl
}

func (e *Evidence) doublings() (n int) {
	if e.Bucket.Capacity == 0 {
		return 0
	}
	for full := 2 * int64(e.Bucket.Capacity); e.Peak >= full && n < mostDoublings; full *= 2 {
		n++
	}
	return n
}

// hard reports whether one of the signals is.
func (s Signals) hard() bool {
	for signal := range NumSignals {
		if s.Has(signal) && signal.Hard() {
			return true
		}
	}
	return false
}
