package backtest

import (
	"cmp"
	"slices"

	"rulecast/analyze/collateral"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
	"rulecast/analyze/tally"
)

// Score is what a list does to a day, as far as one control goes.
type Score struct {
	Control policy.Control
	Method  Method
	Origin  int // the last day that the list was chosen by
	Day     int // the day that it was tested on
	Fresh   bool
	Harm    collateral.Harm
	// Bad is all the bad traffic of the day that the control is for: of the
	// referer control, what foreign hosts lead to. Good is all good traffic.
	Bad, Good    tally.Counts
	Entries, Hit int // entries, and those of them that denied something
	Jaccard      *float64
	Regret       float64 // what the oracle's list is worth more on that day, in requests
	Next         *float64
}

// Age is how many days older the list is than the day.
func (s *Score) Age() int { return s.Day - s.Origin }

// totals are the traffic of a day for each control, the bad in Ones.
type totals struct {
	all tally.Counts
	bad [policy.NumControls]tally.Counts
	// reached is the part of bad that a list of the control could be for.
	reached [policy.NumControls]tally.Counts
}

// test scores lists by the judgement of the whole log.
type test struct {
	j     *collateral.Judgement
	terms *recommend.Terms
	days  []int // that lists are tested on
	of    map[int]*totals
}

func newTest(j *collateral.Judgement, terms *recommend.Terms, days []int) *test {
	t := &test{j: j, terms: terms, days: days, of: map[int]*totals{}}
	for c := range j.Cells() {
		of := t.of[c.Day]
		if of == nil {
			of = &totals{}
			t.of[c.Day] = of
		}
		of.all = of.all.Plus(c.Counts)
		for control := range policy.NumControls {
			part := tally.Counts{Requests: c.Counts.Requests * c.Bad[control], Bytes: c.Counts.Bytes * c.Bad[control]}
			of.bad[control] = of.bad[control].Plus(part)
			if control != policy.Referer || j.Hotlinks.Verdicts[c.Referer] != "" {
				of.reached[control] = of.reached[control].Plus(part)
			}
		}
	}
	return t
}

// with adds the lists that nobody had to choose: the first of rulecast's, kept,
// and the best for each day.
func (t *test) with(lists []*list, o *Options) ([]*list, error) {
	frozen := *lists[slices.IndexFunc(lists, func(l *list) bool { return l.method == Rulecast })]
	frozen.method = Frozen
	frozen.compare(&frozen)
	lists = append(lists, &frozen)
	var before *list
	for _, day := range t.days {
		best, err := newSums(t.j, t.terms, day, day).best()
		if err != nil {
			return nil, err
		}
		l := o.fill(&list{method: Oracle, origin: day}, best)
		if before != nil {
			l.compare(before)
		}
		before = l
		lists = append(lists, l)
	}
	return lists, nil
}

// scores tests lists on all the days that they are for.
func (t *test) scores(lists []*list) ([]Score, error) {
	var out []Score
	for _, l := range lists {
		scores, err := t.score(l)
		if err != nil {
			return nil, err
		}
		out = append(out, scores...)
	}
	order := Methods()
	slices.SortFunc(out, func(a, b Score) int {
		return cmp.Or(cmp.Compare(a.Control, b.Control), cmp.Compare(a.Day, b.Day),
			cmp.Compare(slices.Index(order, a.Method), slices.Index(order, b.Method)), cmp.Compare(a.Age(), b.Age()))
	})
	t.regret(out)
	return out, nil
}

// score tests a list.
func (t *test) score(l *list) ([]Score, error) {
	m, err := match.Compile(l.rules)
	if err != nil {
		return nil, err
	}
	harms := t.j.AgainstDaily(m)
	var out []Score
	for i, day := range t.days {
		var fresh, tested bool
		switch l.method {
		case Oracle:
			tested = day == l.origin
			fresh = tested
		case Frozen:
			fresh, tested = true, true
		default:
			fresh = day > l.origin && (i == 0 || t.days[i-1] <= l.origin)
			tested = fresh || day > l.origin && day-l.origin <= Horizon
		}
		if !tested {
			continue
		}
		h := harms[day]
		if h == nil {
			h = &collateral.Harms{Rules: make([]collateral.Harm, len(l.rules.Rules)), Entries: make([]collateral.Harm, len(m.Entries))}
		}
		for c := range policy.NumControls {
			if t.terms.Room[c] > 0 {
				s := t.on(l, day, c)
				s.Fresh = fresh
				s.count(l, m, h)
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// on is the score of a list that denies nothing.
func (t *test) on(l *list, day int, c policy.Control) Score {
	of := t.of[day]
	return Score{
		Control: c, Method: l.method, Origin: l.origin, Day: day, Bad: whole(of.reached[c]), Good: of.all.Minus(whole(of.bad[c])),
		Jaccard: l.jaccard[c], Next: l.next[c],
	}
}

// whole rounds Ones down.
func whole(c tally.Counts) tally.Counts {
	return tally.Counts{Requests: c.Requests / collateral.One, Bytes: c.Bytes / collateral.One}
}

// count fills in what a list denies.
func (s *Score) count(l *list, m *match.Matcher, h *collateral.Harms) {
	rule := l.rule(s.Control)
	if rule < 0 {
		return
	}
	s.Harm = h.Rules[rule]
	for i, e := range m.Entries {
		if e.Rule == rule && !e.Implied {
			s.Entries++
			if h.Entries[i].Denied.Requests > 0 {
				s.Hit++
			}
		}
	}
}

// regret compares all lists with the best for the day.
func (t *test) regret(scores []Score) {
	type on struct {
		control policy.Control
		day     int
	}
	best := map[on]int64{}
	for i := range scores {
		if s := &scores[i]; s.Method == Oracle {
			best[on{s.Control, s.Day}] = t.value(s)
		}
	}
	for i := range scores {
		s := &scores[i]
		s.Regret = float64(best[on{s.Control, s.Day}]-t.value(s)) / collateral.One
	}
}

// value is what a list is worth on a day, in fixed-point requests.
func (t *test) value(s *Score) int64 {
	return t.terms.Worth(s.Harm.Bad) - t.terms.Price[s.Control]*s.Harm.Good().Requests*collateral.One
}
