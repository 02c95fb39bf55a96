// Package savings says what denying requests saves: what the provider bills for
// them, less what it bills for the answers that they get instead. Only requests
// that were served save anything: those that got an error cost about what the
// denial costs.
package savings

import (
	"math"

	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
)

// Prices are what the provider bills, in any currency.
type Prices struct {
	PerGB      float64 // 10^9 bytes
	PerMillion float64 // requests
	// Answer is the size of the answer to a denied request as it is sent, in
	// bytes; Unknown: the mean of the log's own answers with 403.
	Answer int64
	// DeniedFree: neither denied requests nor the answers to them are billed.
	// Redirected ones are.
	DeniedFree bool
}

// Unknown is the Answer of who does not say.
const Unknown = -1

// MostAnswer bounds the size of an answer, which is multiplied by numbers of
// requests. A log whose answers are larger counts as one of this size.
const MostAnswer = 1 << 24

// Analysis collects what the requests of one stream say about the bill.
type Analysis struct{ bill Bill }

// Bill is what prices mean for a log.
type Bill struct {
	Prices
	Forbidden   tally.Counts // answered with 403 (RFC 9110: Forbidden)
	First, Last int64        // times of the earliest and the latest request; record.NoTime if none has one
}

// New starts the analysis of one stream.
func (p *Prices) New() *Analysis {
	return &Analysis{Bill{Prices: *p, First: record.NoTime, Last: record.NoTime}}
}

// Columns are those that the batches must have.
func (p *Prices) Columns() record.Columns {
	return record.ColumnSet(record.Time, record.Status, record.Bytes)
}

// Add takes in a batch.
func (a *Analysis) Add(b *record.Batch) error {
	sizes := b.Ints(record.Bytes)
	for i, status := range b.Statuses() {
		if status == 403 {
			a.bill.Forbidden.Add(sizes[i])
		}
	}
	for _, t := range b.Ints(record.Time) {
		a.meet(t, t)
	}
	return nil
}

func (a *Analysis) meet(first, last int64) {
	if first == record.NoTime {
		return
	}
	if a.bill.First == record.NoTime || first < a.bill.First {
		a.bill.First = first
	}
	a.bill.Last = max(a.bill.Last, last)
}

// Merge takes in the analysis of another stream.
func (a *Analysis) Merge(b *Analysis) {
	a.bill.Forbidden = a.bill.Forbidden.Plus(b.bill.Forbidden)
	a.meet(b.bill.First, b.bill.Last)
}

// Bill is what the streams say.
func (a *Analysis) Bill() *Bill { return &a.bill }

// AnswerBytes is the size of the answer to a denied request; false if nobody
// says and the log has none.
func (b *Bill) AnswerBytes() (int64, bool) {
	switch n := b.Forbidden.Requests; {
	case b.Answer != Unknown:
		return b.Answer, true
	case n == 0:
		return 0, false
	default:
		return min(b.Forbidden.Bytes/n+(b.Forbidden.Bytes%n+n/2)/n, MostAnswer), true // rounded half up
	}
}

// Saving is what denying requests would have saved; a negative one is what
// allowing them would have cost.
type Saving struct {
	Served   tally.Counts // the requests, with the bytes that were sent
	Answers  int64        // bytes of the answers that they would get instead and that are billed
	Requests int64        // that would not be billed
}

// Bytes is how many bytes less would be billed. It is negative if what was
// served was smaller than the answers.
func (s Saving) Bytes() int64 { return s.Served.Bytes - s.Answers }

// Plus is the sum of both.
func (s Saving) Plus(t Saving) Saving {
	return Saving{s.Served.Plus(t.Served), s.Answers + t.Answers, s.Requests + t.Requests}
}

// Minus is what is left of s without t.
func (s Saving) Minus(t Saving) Saving {
	return Saving{s.Served.Minus(t.Served), s.Answers - t.Answers, s.Requests - t.Requests}
}

// Of is the saving of an action on requests that were served.
func (b *Bill) Of(served tally.Counts, action policy.Action) Saving {
	s := Saving{Served: served}
	if b.DeniedFree && action.Kind == policy.Deny {
		s.Requests = served.Requests
		return s
	}
	size, _ := b.AnswerBytes()
	s.Answers = size * served.Requests
	return s
}

// Cost is what a saving is worth, rounded to a millionth of the currency's
// unit, half away from zero.
func (b *Bill) Cost(s Saving) float64 { return rounded(b.exact(s)) }

func (b *Bill) exact(s Saving) float64 {
	return float64(s.Bytes())/1e9*b.PerGB + float64(s.Requests)/1e6*b.PerMillion
}

func rounded(cost float64) float64 { return math.Round(cost*1e6)/1e6 + 0 } // never -0

// Spans of logs, in µs. A log stands for other times from a day or a week on:
// traffic has a course of the day, and one of the week. The logs of a day, or of
// a week, lack a little of it.
const (
	hour      = 60 * 60 * 1_000_000
	day       = 24 * hour
	leastDay  = day - hour
	leastWeek = 7*day - hour
)

// PerDay is what a saving is worth a day, at the mean of the time from the
// first request to the last, rounded as Cost; false if that is less than 23
// hours.
func (b *Bill) PerDay(s Saving) (float64, bool) { return b.projected(s, day, leastDay) }

// Per30Days is what a saving is worth in 30 days; false if the log spans less
// than a week but an hour.
func (b *Bill) Per30Days(s Saving) (float64, bool) { return b.projected(s, 30*day, leastWeek) }

func (b *Bill) projected(s Saving, time, least float64) (float64, bool) {
	if b.First == record.NoTime {
		return 0, false
	}
	span := float64(b.Last) - float64(b.First)
	if span < least {
		return 0, false
	}
	return rounded(b.exact(s) * time / span), true
}
