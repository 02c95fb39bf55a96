// Package recommend suggests the block lists that stop most bad traffic within
// a provider's limits, and says what they would have done to the log.
package recommend

import (
	"rulecast/analyze/abuse"
	"rulecast/analyze/collateral"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
	"rulecast/analyze/replay"
)

// Change is what becomes of an entry.
type Change string

// The changes.
const (
	Added   Change = "added"   // the current ruleset does not have it
	Kept    Change = "kept"    // the current ruleset has it, too
	Dropped Change = "dropped" // only the current ruleset has it
)

// Suggestion is an entry of the suggested ruleset, or one of the current that
// is not.
type Suggestion struct {
	Control policy.Control
	Entry   string
	Change  Change
	Harm    collateral.Harm
	Reason  string
	// Watch: on the last day of a log of several the entry was not worth its
	// slot. It may be gone tomorrow.
	Watch bool
}

// Point is what the best list of so many entries does to a day like the next.
type Point struct {
	Control   policy.Control
	Entries   int
	Bad, Good float64 // requests a day that it stops, by forecast
	Chosen    bool
}

// Certificate says how far from the best possible a list can be, given the
// others, in requests a day: bad ones stopped less the price of good ones.
type Certificate struct {
	Control    policy.Control
	Value      float64
	UpperBound float64
	Next       float64 // what one more entry would be worth
}

// Shared is an address that many people use and somebody abuses: a rate limit
// stops the one and leaves the others alone.
type Shared struct {
	Client    string
	Users     int64
	Bad, Good int64 // requests
	Reason    string
}

// Allowlist is what a Referer allow list would do instead of a block list.
type Allowlist struct {
	Hosts []string
	Harm  collateral.Harm
	// Better: it is worth more than the block list, at the price of good
	// requests for the referer control.
	Better bool
}

// Beyond is the bad traffic, in requests, that none of the provider's lists can
// name.
type Beyond struct {
	Provider string
	IPv6     int64 // of IPv6 clients, where addresses are IPv4 only
	Referer  int64 // of hosts to block, where there is no block list of Referers
}

// Result is what is suggested.
type Result struct {
	Ruleset      *policy.Ruleset
	Usage        []limit.Usage
	Days         int // of the log, that the forecast is made from
	Objective    Objective
	Beyond       Beyond
	Suggestions  []Suggestion
	Frontier     []Point
	Certificates []Certificate
	Shared       []Shared
	Allow        *Allowlist    // nil if the provider has none, or there is nothing to allow
	Clients      *abuse.Result // what speaks against whom, listed or not
	Harms        *collateral.Harms
	Replay       *replay.Result
	Judgement    *collateral.Judgement
	// Others are rules of the current ruleset that are no plain block lists, or of
	// a control that nothing is suggested for:
	// they are neither kept nor dropped.
	Others []string
}

// Reconcile checks that the replay of the suggestion adds up to the requests
// read. A result that does not must not be shown.
func (r *Result) Reconcile(rowsRead int64) error { return r.Replay.Reconcile(rowsRead) }
