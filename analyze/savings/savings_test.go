package savings

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/fold"
	"rulecast/analyze/policy"
	"rulecast/analyze/tally"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
)

func TestBillOfAnyLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := traffictest.Log(t, traffictest.Places{})
		want := Bill{Prices: Prices{Answer: Unknown}, First: record.NoTime, Last: record.NoTime}
		for _, q := range log {
			if q.Status == 403 {
				want.Forbidden.Add(q.Bytes)
			}
			if us := q.Time.UnixMicro(); !q.Time.IsZero() {
				if want.First == record.NoTime || us < want.First {
					want.First = us
				}
				want.Last = max(want.Last, us)
			}
		}
		a, err := fold.Run(context.Background(), traffictest.Streams(t, log), want.Prices.New)
		if err != nil {
			t.Fatal(err)
		}
		if got := *a.Bill(); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// TestStreamOfNothing: a stream without requests, or without times, changes
// nothing.
func TestStreamOfNothing(t *testing.T) {
	p := &Prices{}
	streams := []record.Stream{
		&traffictest.Stream{},
		&traffictest.Stream{Requests: []traffictest.Request{{Request: &explain.Request{Time: time.Unix(9, 0)}}}, Size: 1},
		&traffictest.Stream{Requests: []traffictest.Request{{Request: &explain.Request{}}}, Size: 1},
	}
	a, err := fold.Run(context.Background(), streams, p.New)
	if err != nil {
		t.Fatal(err)
	}
	if b := a.Bill(); b.First != 9_000_000 || b.Last != 9_000_000 {
		t.Errorf("from %d to %d", b.First, b.Last)
	}
}

func TestAnswerBytes(t *testing.T) {
	for _, c := range []struct {
		answer    int64
		forbidden tally.Counts
		want      int64
		known     bool
	}{
		{Unknown, tally.Counts{}, 0, false},
		{0, tally.Counts{Requests: 1, Bytes: 9}, 0, true},
		{7, tally.Counts{}, 7, true},
		{Unknown, tally.Counts{Requests: 4, Bytes: 9}, 2, true},
		{Unknown, tally.Counts{Requests: 4, Bytes: 10}, 3, true}, // 2.5
		{Unknown, tally.Counts{Requests: 3, Bytes: 11}, 4, true}, // 3.67
		{Unknown, tally.Counts{Requests: 1, Bytes: 1 << 62}, MostAnswer, true},
	} {
		b := Bill{Prices: Prices{Answer: c.answer}, Forbidden: c.forbidden}
		if got, known := b.AnswerBytes(); got != c.want || known != c.known {
			t.Errorf("%+v: %d, %v", c, got, known)
		}
	}
}

func TestSaving(t *testing.T) {
	served := tally.Counts{Requests: 1_000_000, Bytes: 3_000_000_000}
	deny, redirect := policy.Action{}, policy.Action{Kind: policy.Redirect}
	for name, c := range map[string]struct {
		prices   Prices
		served   tally.Counts
		action   policy.Action
		requests int64
		bytes    int64
		cost     float64
	}{
		"denied requests are billed":      {Prices{PerGB: 0.05, PerMillion: 0.8, Answer: 500}, served, deny, 0, 2_500_000_000, 0.125},
		"denied requests are free":        {Prices{PerGB: 0.05, PerMillion: 0.8, Answer: 500, DeniedFree: true}, served, deny, 1_000_000, 3_000_000_000, 0.95},
		"redirected ones are not":         {Prices{PerGB: 0.05, PerMillion: 0.8, Answer: 500, DeniedFree: true}, served, redirect, 0, 2_500_000_000, 0.125},
		"what is smaller than its answer": {Prices{PerGB: 1000, Answer: 500}, tally.Counts{Requests: 3, Bytes: 1000}, deny, 0, -500, -0.0005},
		"less than a millionth":           {Prices{PerGB: 0.000_001, Answer: 500}, tally.Counts{Requests: 3, Bytes: 1000}, deny, 0, -500, 0},
		"half a millionth":                {Prices{PerGB: 1, Answer: 0}, tally.Counts{Requests: 1, Bytes: 500}, deny, 0, 500, 0.000_001},
	} {
		b := Bill{Prices: c.prices}
		s := b.Of(c.served, c.action)
		if s.Requests != c.requests || s.Bytes() != c.bytes || b.Cost(s) != c.cost {
			t.Errorf("%s: %+v, %d bytes, cost %v; want %+v", name, s, s.Bytes(), b.Cost(s), c)
		}
		if twice := s.Plus(s); b.Cost(twice.Minus(s)) != c.cost {
			t.Errorf("%s: adding and taking away changes it", name)
		}
	}
}

func TestProjection(t *testing.T) {
	s := Saving{Served: tally.Counts{Requests: 1, Bytes: 1e9}}
	for _, c := range []struct {
		span       int64
		day, month float64 // -1: none
	}{
		{leastDay - 1, -1, -1}, {leastDay, 24. / 23, -1}, {day, 1, -1}, {4 * day, 0.25, -1},
		{leastWeek - 1, 0.143713, -1}, {leastWeek, 0.143713, 4.311377}, {30 * day, 0.033333, 1},
	} {
		b := Bill{Prices: Prices{PerGB: 1}, First: -5, Last: c.span - 5}
		daily, days := b.PerDay(s)
		monthly, months := b.Per30Days(s)
		if days != (c.day >= 0) || months != (c.month >= 0) || days && daily != rounded(c.day) || months && monthly != c.month {
			t.Errorf("%+v: %v %v, %v %v", c, daily, days, monthly, months)
		}
	}
	b := Bill{First: record.NoTime, Last: record.NoTime}
	if _, ok := b.PerDay(s); ok {
		t.Error("a log without times is projected")
	}
}
