package recommend

import (
	"math"
	"math/bits"

	"rulecast/analyze/collateral"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
)

// halfLife is how long, in days, bad traffic takes to be worth half as much for
// tomorrow: ALGORITHMS section 4 gives about one.
const halfLife = 1.0

// goodMemory is how many days good traffic is remembered, all of them alike.
const goodMemory = 28

// factorOne is the fixed-point one of forecast factors, a power of two.
const factorOne = 1 << 16

// forecast says what the requests of one day count towards a day like the next.
// The factors of all days of the log add up to one, so that the weights are in
// requests a day, and those of a log of one day are its requests.
type forecast struct {
	first, last int
	bad, good   []int64 // by day since the first
}

func newForecast(j *collateral.Judgement) *forecast {
	f := &forecast{first: j.FirstDay, last: j.LastDay}
	if f.first == collateral.NoDay {
		f.first, f.last = 0, 0
	}
	days := f.last - f.first + 1
	f.bad, f.good = make([]int64, days), make([]int64, days)
	var sum float64
	for age := range days {
		sum += math.Exp2(-float64(age) / halfLife)
	}
	remembered := min(days, goodMemory)
	for age := range days {
		f.bad[days-1-age] = int64(math.Round(factorOne * math.Exp2(-float64(age)/halfLife) / sum))
		if age < remembered {
			f.good[days-1-age] = factorOne / int64(remembered)
		}
	}
	return f
}

// of is what requests of a day count, as bad and as good ones. Requests without
// a time count as those of the last day.
func (f *forecast) of(day int) (bad, good int64) {
	if day == collateral.NoDay {
		day = f.last
	}
	return f.bad[day-f.first], f.good[day-f.first]
}

// Objective is what the bad traffic is counted by that a list is to catch.
type Objective string

// The objectives.
const (
	Requests Objective = "requests"
	Bytes    Objective = "bytes"
	Cost     Objective = "cost" // what the provider asks for requests and bytes
)

// Prices are what the provider asks, in any currency.
type Prices struct {
	PerGB      float64 // 10^9 bytes
	PerMillion float64 // requests
}

// Of is what requests cost.
func (p Prices) Of(c tally.Counts) float64 {
	return p.PerGB*float64(c.Bytes)/1e9 + p.PerMillion*float64(c.Requests)/1e6
}

// scale turns counts into the unit in which lists are chosen: requests, of
// which each is worth what an average one of the log is worth by the objective,
// as fixed-point numbers of One. So a price for good requests means the same
// under every objective.
type scale struct {
	perRequest, perByte float64
}

// newScale fits the unit to a log. One whose requests are worth nothing on
// average is counted in requests.
func newScale(o Objective, p Prices, total tally.Counts) scale {
	s := scale{perRequest: 1}
	switch o {
	case Bytes:
		s = scale{perByte: 1}
	case Cost:
		s = scale{p.PerMillion / 1e6, p.PerGB / 1e9}
	}
	mean := (s.perRequest*float64(total.Requests) + s.perByte*float64(total.Bytes)) / float64(max(total.Requests, 1))
	if !(mean > 0) {
		return scale{perRequest: 1}
	}
	return scale{s.perRequest / mean, s.perByte / mean}
}

// worth is what requests are worth, rounded to whole Ones by 1,024ths.
func (s scale) worth(c tally.Counts) int64 {
	return int64(math.Round((s.perRequest*float64(c.Requests) + s.perByte*float64(c.Bytes)) * collateral.One))
}

// weights are what a cell counts towards tomorrow for each control.
type weights struct {
	bad, good [policy.NumControls]int64 // fixed-point requests a day
}

// weigh says in w what a cell counts.
func (f *forecast) weigh(w *weights, c *collateral.Cell, s scale) {
	bad, good := f.of(c.Day)
	for control := range w.bad {
		share := c.Bad[control]
		switch {
		case control > 0 && share == c.Bad[control-1]: // as of most cells
			w.bad[control], w.good[control] = w.bad[control-1], w.good[control-1]
			continue
		case share > 0:
			w.bad[control] = byFactor(s.worth(c.Counts), share*bad)
		default:
			w.bad[control] = 0
		}
		w.good[control] = byFactor(c.Counts.Requests*collateral.One, (collateral.One-share)*good)
	}
}

// byFactor is mulDiv(n, factor, collateral.One*factorOne): of a power of two.
func byFactor(n, factor int64) int64 {
	const one = collateral.One * factorOne
	hi, lo := bits.Mul64(uint64(n), uint64(factor))
	lo, carry := bits.Add64(lo, one/2, 0)
	return int64((hi+carry)*(1<<63/one*2) | lo/one)
}

// mulDiv is a*b/c rounded to the nearest, for positive numbers whose product
// may be too large for 64 bits.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(c)/2, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(c))
	return int64(q)
}
