package backtest

import (
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
)

// Mean is what several scores amount to on an average day. Shares are those of
// the sums: a day with more traffic weighs more.
type Mean struct {
	Control policy.Control
	Method  Method
	Age     int // of the lists; 0 where they are of different ages
	Days    int

	stopped, bad, denied, good, harmed tally.Counts
	users, entries, hit                int64
	regret                             float64
	jaccard, next                      average
}

// average is a mean of what is not always known.
type average struct {
	sum float64
	n   int
}

func (a *average) add(v *float64) {
	if v != nil {
		a.sum, a.n = a.sum+*v, a.n+1
	}
}

func (a *average) mean() *float64 {
	if a.n == 0 {
		return nil
	}
	v := a.sum / float64(a.n)
	return &v
}

func (m *Mean) add(s *Score) {
	m.Days++
	m.stopped, m.bad, m.denied, m.good, m.harmed = m.stopped.Plus(s.Harm.Bad), m.bad.Plus(s.Bad), m.denied.Plus(s.Harm.Denied), m.good.Plus(s.Good), m.harmed.Plus(s.Harm.Good())
	m.users, m.entries, m.hit, m.regret = m.users+s.Harm.Users, m.entries+int64(s.Entries), m.hit+int64(s.Hit), m.regret+s.Regret
	m.jaccard.add(s.Jaccard)
	m.next.add(s.Next)
}

func (m *Mean) daily(n int64) float64 { return float64(n) / float64(m.Days) }

// BadRequests is how many bad requests are stopped on a day; BadBytes and the
// others are their like.
func (m *Mean) BadRequests() float64     { return m.daily(m.stopped.Requests) }
func (m *Mean) BadBytes() float64        { return m.daily(m.stopped.Bytes) }
func (m *Mean) GoodUsersDenied() float64 { return m.daily(m.users) }
func (m *Mean) Entries() float64         { return m.daily(m.entries) }
func (m *Mean) EntriesHit() float64      { return m.daily(m.hit) }
func (m *Mean) Regret() float64          { return m.regret / float64(m.Days) }
func (m *Mean) Jaccard() *float64        { return m.jaccard.mean() }
func (m *Mean) Next() *float64           { return m.next.mean() }

// BadCovered is the share of bad requests that are stopped, BadBytesCovered
// that of their bytes; nil if there are none.
func (m *Mean) BadCovered() *float64      { return Share(m.stopped.Requests, m.bad.Requests) }
func (m *Mean) BadBytesCovered() *float64 { return Share(m.stopped.Bytes, m.bad.Bytes) }

// Precision is the share of what is denied that is bad; nil if nothing is.
func (m *Mean) Precision() *float64 { return Share(m.stopped.Requests, m.denied.Requests) }

// GoodDenied is the share of good requests that are denied; nil if there are
// none.
func (m *Mean) GoodDenied() *float64 { return Share(m.harmed.Requests, m.good.Requests) }

// Share is part of whole, nil of nothing. A list may have a host that in
// hindsight is an own one: no share is more than all.
func Share(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	v := min(float64(part)/float64(whole), 1)
	return &v
}

// Summary is what the lists of each method do that are chosen the day before,
// by control and method.
func (r *Result) Summary() []Mean {
	return r.means(func(s *Score) bool { return s.Fresh }, func(*Score) int { return 0 })
}

// Ages is what rulecast's lists do on the days after they were chosen, by
// control and age.
func (r *Result) Ages() []Mean {
	return r.means(func(s *Score) bool { return s.Method == Rulecast && s.Age() <= Horizon }, (*Score).Age)
}

func (r *Result) means(of func(*Score) bool, age func(*Score) int) []Mean {
	type key struct {
		control policy.Control
		method  Method
		age     int
	}
	sums := map[key]*Mean{}
	for i := range r.Scores {
		s := &r.Scores[i]
		if !of(s) {
			continue
		}
		k := key{s.Control, s.Method, age(s)}
		if sums[k] == nil {
			sums[k] = &Mean{Control: k.control, Method: k.method, Age: k.age}
		}
		sums[k].add(s)
	}
	var out []Mean
	for c := range policy.NumControls {
		for _, method := range Methods() {
			for age := range Horizon + 1 {
				if m := sums[key{c, method, age}]; m != nil {
					out = append(out, *m)
				}
			}
		}
	}
	return out
}
