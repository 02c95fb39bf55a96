package object

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// real are keys as providers make them, with the first and the last moment of
// the span that names them.
var real = []struct{ key, from, to string }{
	{"E3HXCM7PFRG6HT.2023-04-24-21.d740d76b.gz", "2023-04-24T21", "2023-04-24T22"},
	{"cdn/devworx-E2KG6TMBAL2PBU.2021-01-23-14.7d805aff.gz", "2021-01-23T14", "2021-01-23T15"},
	{"AWSLogs/123456789012/CloudFront/EMLARXS9EXAMPLE.2019-11-14-20.RT4KCN4SGK9.gz", "2019-11-14T20", "2019-11-14T21"},
	{"AWSLogs/123456789012/CloudFront/EMLARXS9EXAMPLE/2025/02/28/23/x.parquet", "2025-02-28T00", "2025-03-01T00"},
	{"p/AWSLogs/123456789012/elasticloadbalancing/us-east-1/2024/02/29/123456789012_elasticloadbalancing_us-east-1_app.a.b_20240229T2340Z_192.0.2.1_x.log.gz",
		"2024-02-29T00", "2024-03-01T00"},
	{"access/2023-12-31-23-17-20-E568B2907131C0C0", "2023-12-31T23", "2024-01-01T00"},
	{"http/20220101/20220101T000000Z_20220101T000100Z_dc7c9a83.log.gz", "2022-01-01T00", "2022-01-01T01"},
	{"20240630/09/rtl.7c1f2c3e-0000-4000-8000-000000000000+1+2.ndjson.gz", "2024-06-30T09", "2024-06-30T10"},
	{"requests/2024/06/30/23/23:00:00_23:59:59_S0.json", "", ""}, // not as Google names it
	{"requests/2024/06/30/23:00:00_23:59:59_S0.json", "2024-06-30T23", "2024-07-01T00"},
	{"insights-logs-frontdooraccesslog/resourceId=/X/y=2025/m=04/d=24/h=13/m=00/PT1H.json", "2025-04-24T13", "2025-04-24T14"},
	{"fastly/2024-01-16T23:00:00.000-aBcDeFgHiJkL.log.zst", "2024-01-16T23", "2024-01-17T00"},
	{"t/year=2024/month=1/day=5/part-0.parquet", "2024-01-05T00", "2024-01-06T00"},
	{"t/year=2024/month=01/day=05/hour=07/part-0.parquet", "2024-01-05T00", "2024-01-06T00"},
	{"t/dt=2024-01-05/part-0.parquet", "2024-01-05T00", "2024-01-06T00"},
	{"t/dt=2024-02-30/part-0.parquet", "", ""},
	{"year=0001/month=01/day=01/x", "", ""},
	{"t/year=2024/month=13/day=05/x", "", ""},
	{"backup-2024-01-05/access.log", "", ""},
	{"2024/01/05/access.log.gz", "", ""},
	{"E3HXCM7PFRG6HT.2023-04-24-25.d740d76b.gz", "", ""},
	{"access-20240105.log.gz", "", ""},
}

func stamp(t rapid.TB, text string) time.Time {
	at, err := time.Parse("2006-01-02T15", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func windowOf(since, until time.Time) window {
	w := NewClient(Options{Since: since, Until: until}).window()
	return w
}

func TestLayouts(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range real {
		if k.from == "" {
			w := windowOf(time.Time{}, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC))
			if w.excludes(k.key) {
				t.Errorf("%s has no time", k.key)
			}
			continue
		}
		from, to := stamp(t, k.from), stamp(t, k.to)
		w := windowOf(from, to)
		matched := false
		for _, l := range w.layouts {
			a, b, ok := l.span(k.key)
			if !ok {
				continue
			}
			matched, seen[l.name] = true, true
			if !a.Equal(from.Add(-l.before)) || !b.Equal(to.Add(l.after)) {
				t.Errorf("%s: %s from %v to %v", k.key, l.name, a, b)
			}
			if l.before < day || l.after < day {
				t.Errorf("%s: margins are too narrow", l.name)
			}
		}
		if !matched {
			t.Errorf("%s: no layout", k.key)
		}
		for _, far := range []window{windowOf(to.Add(5*day), time.Time{}), windowOf(time.Time{}, from.Add(-5*day))} {
			if !far.excludes(k.key) {
				t.Errorf("%s is read for a time days away", k.key)
			}
		}
	}
	for _, l := range layouts() {
		if !seen[l.name] {
			t.Errorf("no key for %s", l.name)
		}
	}
}

// formatKey fills in %Y, %m, %d and %H.
func formatKey(shape string, at time.Time) string {
	return strings.NewReplacer("%Y", at.Format("2006"), "%m", at.Format("01"), "%d", at.Format("02"), "%H", at.Format("15")).Replace(shape)
}

// Objects that are left out have no request of the window, whenever within the
// margins their requests were made: what is read is what a filter of all of
// them leaves.
func TestPruningLosesNothing(t *testing.T) {
	shapes := []struct {
		format string // see formatKey
		span   time.Duration
	}{
		{"E3HXCM7PFRG6HT.%Y-%m-%d-%H.d740d76b.gz", hour},
		{"AWSLogs/123456789012/CloudFront/E3HXCM7PFRG6H/%Y/%m/%d/%H/x.gz", hour},
		{"AWSLogs/123456789012/elasticloadbalancing/eu-west-1/%Y/%m/%d/x.log.gz", day},
		{"%Y-%m-%d-%H-01-02-E568B2907131C0C0", hour},
		{"%Y%m%d/%Y%m%dT%H0000Z_%Y%m%dT%H0500Z_dc7c9a83.log.gz", hour},
		{"%Y%m%d/%H/rtl.a+b+c.ndjson.gz", hour},
		{"requests/%Y/%m/%d/%H:00:00_%H:59:59_S0.json", hour},
		{"y=%Y/m=%m/d=%d/h=%H/m=00/PT1H.json", hour},
		{"%Y-%m-%dT%H:00:00.000-aBcDeFgHiJkL.log", hour},
		{"year=%Y/month=%m/day=%d/x", day},
		{"year=%Y/month=%m/day=%d/hour=%H/x", hour},
		{"dt=%Y-%m-%d/x", day},
		{"dt=%Y-%m-%d/%Y%m%d/%H/rtl.a.ndjson.gz", hour}, // two at once
		{"other/%Y-%m-%d.log", day},
	}
	base := time.Date(2024, 2, 20, 0, 0, 0, 0, time.UTC)
	pruned := 0
	rapid.Check(t, func(t *rapid.T) {
		moment := func(name string) time.Time {
			return base.Add(time.Duration(rapid.IntRange(0, 20*24*3600).Draw(t, name)) * time.Second)
		}
		since := moment("since")
		until := since.Add(time.Duration(rapid.IntRange(1, 3*24*3600).Draw(t, "length")) * time.Second)
		switch rapid.IntRange(0, 3).Draw(t, "open") {
		case 0:
			since = time.Time{}
		case 1:
			until = time.Time{}
		}
		w := windowOf(since, until)
		shape := rapid.SampledFrom(shapes).Draw(t, "shape")
		begin := moment("stamp").Truncate(shape.span)
		key := formatKey(shape.format, begin)
		// A request is up to a day older than the span, or up to one younger.
		at := begin.Add(time.Duration(rapid.Int64Range(-int64(day), int64(shape.span+day)-1).Draw(t, "request")))
		within := (since.IsZero() || !at.Before(since)) && (until.IsZero() || at.Before(until))
		excluded := w.excludes(key)
		if within && excluded {
			t.Fatalf("%s is left out of %v to %v, but has %v", key, since, until, at)
		}
		if excluded {
			pruned++
		}
	})
	if pruned == 0 {
		t.Error("nothing was left out")
	}
}

func TestFindPrunes(t *testing.T) {
	s := start(t)
	for d := range 60 {
		for h := range 24 {
			at := time.Date(2024, 1, 1+d, h, 0, 0, 0, time.UTC)
			s.Put(formatKey("cf/E3HXCM7PFRG6HT.%Y-%m-%d-%H.d740d76b.gz", at), []byte("x"))
		}
	}
	s.Put("cf/README.txt", []byte("x"))
	c := quick(t, s.URL, nil)
	c.options.Since = time.Date(2024, 1, 10, 8, 30, 0, 0, time.UTC)
	c.options.Until = time.Date(2024, 1, 10, 9, 0, 0, 0, time.UTC)
	found, err := c.Find(t.Context(), "s3://logs/cf/")
	if err != nil {
		t.Fatal(err)
	}
	got := names(found)
	// The hours that end behind 8:30 the day before, and begin before 9:00 the
	// day after: 24 + 1 + 24 of them, and what has no time.
	if len(got) != 50 || found.Pruned != 60*24-49 || got[0] != "cf/E3HXCM7PFRG6HT.2024-01-09-08.d740d76b.gz" ||
		got[48] != "cf/E3HXCM7PFRG6HT.2024-01-11-08.d740d76b.gz" {
		t.Errorf("%d objects, %d pruned:\n%s", len(got), found.Pruned, strings.Join(got, "\n"))
	}
	// One that is named is read, and if all are left out that is no error.
	c.options.Since, c.options.Until = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}
	one(t, c, "s3://logs/"+got[0])
	if found, err := c.Find(t.Context(), "s3://logs/cf/E*"); err != nil || len(found.Objects) != 0 || found.Pruned != 60*24 {
		t.Errorf("%v, %v", fmt.Sprint(found), err)
	}
}
