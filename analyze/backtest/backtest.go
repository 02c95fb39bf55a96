package backtest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"rulecast/analyze/collateral"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/recommend"
	"rulecast/analyze/replay"
)

// Horizon is for how many days after it was chosen a list is tested.
const Horizon = 7

// Options say what lists are wanted. Current is not looked at: each list is
// chosen as the one after the list of the day before.
type Options struct {
	recommend.Options
	// Replays makes the plan of a replay of the traffic gathered.
	Replays func([]replay.Candidate) (*replay.Plan, error)
	// Anonymised: some input had addresses that the provider had cut.
	Anonymised bool
}

// Day is a day of the log (UTC), in days since 1970.
type Day struct {
	Day      int
	Requests int64
	// Slight: there is less of the day than an hour's share of a median day,
	// as where logs are cut by another clock than UTC. It is known to who
	// chooses, but nothing is chosen at its end or tested on it.
	Slight bool
}

// Date is the day as people write it.
func (d Day) Date() string { return Date(d.Day) }

// Date is a day since 1970 as people write it.
func Date(day int) string {
	return time.Unix(int64(day)*24*60*60, 0).UTC().Format(time.DateOnly)
}

// Result is what lists would have done.
type Result struct {
	Days    []Day
	Untimed int64 // requests without a time, which are in nothing else
	Terms   *recommend.Terms
	// Scores has each list on each day that it was tested on, by control, day,
	// method and age.
	Scores []Score
	Sites  []hotlinks.OwnSite
}

// Tested are the days that lists were tested on.
func (r *Result) Tested() []int {
	var out []int
	for _, d := range r.Days {
		if !d.Slight {
			out = append(out, d.Day)
		}
	}
	return out[1:]
}

// Slight is how many days are.
func (r *Result) Slight() (n int) {
	for _, d := range r.Days {
		if d.Slight {
			n++
		}
	}
	return n
}

// Reconcile checks that all requests read are accounted for.
func (r *Result) Reconcile(rowsRead int64) error {
	sum := r.Untimed
	for _, d := range r.Days {
		sum += d.Requests
	}
	if sum != rowsRead {
		return fmt.Errorf("days: %d requests, of %d", sum, rowsRead)
	}
	return nil
}

// TooShortError says that there is no day to test lists on.
type TooShortError struct{ text string }

func (e *TooShortError) Error() string { return e.text }

// Run chooses and tests. It uses the analysis up.
func (a *Analysis) Run(o Options) (*Result, error) {
	days, err := a.listed()
	if err != nil {
		return nil, err
	}
	r := &Result{Days: days, Untimed: a.untimed}
	lists, j, err := a.chosen(days, &o)
	if err != nil {
		return nil, err
	}
	r.Terms, r.Sites = o.Terms(j.Total), j.Hotlinks.Sites
	t := newTest(j, r.Terms, r.Tested())
	if lists, err = t.with(lists, &o); err != nil {
		return nil, err
	}
	r.Scores, err = t.scores(lists)
	return r, err
}

// listed are the days of the log.
func (a *Analysis) listed() ([]Day, error) {
	if err := a.tooMany(); err != nil {
		return nil, err
	}
	var days []Day
	var sizes []int64
	for _, day := range slices.Sorted(maps.Keys(a.days)) {
		n := a.days[day].requests
		days, sizes = append(days, Day{Day: day, Requests: n}), append(sizes, n)
	}
	switch {
	case len(days) == 0 && a.untimed > 0:
		return nil, &TooShortError{"no request has a time: a backtest goes day by day"}
	case len(days) == 0:
		return nil, &TooShortError{"there is no request to test lists on"}
	}
	slices.Sort(sizes)
	whole := 0
	for i := range days {
		days[i].Slight = days[i].Requests*24 < sizes[len(sizes)/2]
		if !days[i].Slight {
			whole++
		}
	}
	if whole < 2 {
		return nil, &TooShortError{fmt.Sprintf("the log is of one day (%s): a backtest needs a day to choose lists by, and another to test them on", busiest(days))}
	}
	return days, nil
}

func busiest(days []Day) string {
	return slices.MaxFunc(days, func(a, b Day) int { return int(min(max(a.Requests-b.Requests, -1), 1)) }).Date()
}

// chosen are the lists of all methods that look ahead, and the judgement of the
// whole log: the days are merged one after the other, and at the end of each
// lists are chosen by what is known by then.
func (a *Analysis) chosen(days []Day, o *Options) ([]*list, *collateral.Judgement, error) {
	var all *collateral.Analysis
	c := &chain{o: o, before: map[Method]*list{}}
	for i, d := range days {
		of := a.days[d.Day].of
		delete(a.days, d.Day)
		if all == nil {
			all = of
		} else {
			all.Merge(of)
		}
		if d.Slight || !slices.ContainsFunc(days[i+1:], func(d Day) bool { return !d.Slight }) {
			continue
		}
		if err := c.choose(all.Judge(hotlinks.MostJudged, o.Anonymised), d.Day); err != nil {
			return nil, nil, err
		}
	}
	return c.lists, all.Judge(hotlinks.MostJudged, o.Anonymised), nil
}
