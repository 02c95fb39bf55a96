package inspect_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/fold"
	"rulecast/analyze/inspect"
	"rulecast/analyze/tally"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// request is a line of a log: texts as it has them, "" for none.
type request struct {
	client  string
	time    int64
	bytes   int64
	status  uint16
	asn     uint32
	text    map[record.Column]string
	referer string
	reject  bool // what was set of it counts for nothing
}

var texts = []record.Column{record.Country, record.Method, record.Scheme, record.Host, record.UserAgent, record.Cache, record.ContentType, record.Action}

func drawRequest(t *rapid.T) request {
	q := request{
		client: rapid.SampledFrom([]string{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1:80", "2001:db8::1", "2001:DB8:0::1"}).Draw(t, "client"),
		time:   rapid.SampledFrom([]int64{record.NoTime, -5, 0, 7, 99}).Draw(t, "time"),
		bytes:  rapid.Int64Range(0, 9).Draw(t, "bytes"),
		status: rapid.SampledFrom([]uint16{0, 200, 404}).Draw(t, "status"),
		asn:    rapid.Uint32Range(0, 2).Draw(t, "asn"),
		text:   map[record.Column]string{},
		reject: rapid.IntRange(0, 4).Draw(t, "reject") == 0,
	}
	for _, c := range texts {
		q.text[c] = rapid.SampledFrom([]string{"", "-", "aa", "bb", "cc"}).Draw(t, c.String())
	}
	q.referer = rapid.SampledFrom([]string{"-", "", "https://a.example/", "http://A.example:80/x", "http://b.example", "android-app://x", "about:blank"}).Draw(t, "referer")
	return q
}

// input is a log with the columns that it has; values of others are not set.
type input struct {
	present  record.Columns
	requests []request
}

func drawInput(t *rapid.T) input {
	in := input{present: record.ColumnSet(record.Client, record.Bytes)}
	for _, c := range []record.Column{record.Time, record.Status, record.ASN, record.RefererHost, record.Country, record.Host, record.UserAgent, record.Action} {
		if rapid.Bool().Draw(t, c.String()) {
			in.present |= record.ColumnSet(c)
		}
	}
	in.requests = rapid.SliceOfN(rapid.Custom(drawRequest), 0, 12).Draw(t, "requests")
	return in
}

// stream hands out inputs in batches of a size.
type stream struct {
	inputs []input
	size   int
}

func (s stream) Each(_ context.Context, fn func(*record.Batch) error) error {
	b := record.NewBuilder(inspect.Columns())
	for n, in := range s.inputs {
		b.NextInput()
		b.SetPresent(in.present)
		for i, q := range in.requests {
			put(b, in, q, int64(i+1))
			if b.Rows() == s.size || i == len(in.requests)-1 {
				if err := fn(b.Flush(n)); err != nil {
					return err
				}
				b.Reset()
			}
		}
	}
	return nil
}

func put(b *record.Builder, in input, q request, line int64) {
	b.SetClient([]byte(q.client))
	b.SetBytes(q.bytes)
	if in.present.Has(record.Time) {
		b.SetTime(q.time)
	}
	if in.present.Has(record.Status) {
		b.SetStatus(q.status)
	}
	if in.present.Has(record.ASN) {
		b.SetASN(q.asn)
	}
	if in.present.Has(record.RefererHost) {
		b.SetReferer([]byte(q.referer), nil)
	}
	for c, v := range q.text {
		switch {
		case !in.present.Has(c):
		case c == record.Country:
			b.SetCountry([]byte(v))
		case c == record.Host:
			b.SetHost([]byte(v))
		default:
			b.SetString(c, []byte(v), nil)
		}
	}
	if q.reject {
		b.Reject(line, "no reason", nil)
		return
	}
	b.Commit()
}

// naive looks at one request after the other and remembers all values.
func naive(inputs []input) *inspect.Result {
	r := &inspect.Result{First: record.NoTime, Last: record.NoTime}
	columns := map[record.Column]*inspect.Column{}
	values := map[record.Column]map[string]bool{}
	for c := range record.NumColumns {
		columns[c], values[c] = &inspect.Column{Column: c}, map[string]bool{}
	}
	fill := func(c record.Column, value string, is bool) {
		if is {
			columns[c].Filled++
			values[c][value] = true
		}
	}
	for _, in := range inputs {
		for _, q := range in.requests {
			if q.reject {
				continue
			}
			r.Total.Add(q.bytes)
			fill(record.Bytes, "", true)
			fill(record.Client, address(q.client), true)
			fill(record.Time, "", in.present.Has(record.Time) && q.time != record.NoTime)
			fill(record.Status, "", in.present.Has(record.Status) && q.status != 0)
			fill(record.ASN, "", in.present.Has(record.ASN) && q.asn != 0)
			for c, v := range q.text {
				fill(c, v, in.present.Has(c) && v != "" && v != "-")
			}
			host, class := referer.Parse([]byte(q.referer))
			if in.present.Has(record.RefererHost) && class.State() != referer.Missing {
				columns[record.RefererHost].Filled++
				if class == referer.ClassHost {
					values[record.RefererHost][host] = true
				}
			}
			if in.present.Has(record.Time) && q.time != record.NoTime {
				if r.First == record.NoTime || q.time < r.First {
					r.First = q.time
				}
				r.Last = max(r.Last, q.time)
			}
		}
	}
	r.Clients, r.Hosts, r.Referers = int64(len(values[record.Client])), int64(len(values[record.Host])), int64(len(values[record.RefererHost]))
	for c := range record.NumColumns {
		if !inspect.Columns().Has(c) {
			continue
		}
		columns[c].Distinct = int64(len(values[c]))
		if slices.Contains([]record.Column{record.Time, record.ASN, record.Status, record.Bytes}, c) {
			columns[c].Distinct = -1
		}
		r.Columns = append(r.Columns, *columns[c])
	}
	return r
}

func address(text string) string {
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr().Unmap().String()
	}
	return netip.MustParseAddr(text).Unmap().String()
}

func TestInspectAgreesWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := rapid.SliceOfN(rapid.Custom(drawInput), 0, 5).Draw(t, "inputs")
		want := naive(inputs)
		// Any distribution of the inputs over streams, some of them empty.
		streams := make([]record.Stream, rapid.IntRange(1, 4).Draw(t, "streams"))
		for i := range streams {
			streams[i] = stream{size: rapid.IntRange(1, 5).Draw(t, "size")}
		}
		for _, in := range inputs {
			i := rapid.IntRange(0, len(streams)-1).Draw(t, "stream")
			s := streams[i].(stream)
			s.inputs = append(s.inputs, in)
			streams[i] = s
		}
		a, err := fold.Run(context.Background(), streams, inspect.New)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, a.Result()); diff != "" {
			t.Fatalf("-naive +inspect:\n%s", diff)
		}
	})
}

func TestNothing(t *testing.T) {
	r := inspect.New().Result()
	if r.Total != (tally.Counts{}) || r.First != record.NoTime || r.Last != record.NoTime || r.Clients != 0 {
		t.Errorf("%+v", r)
	}
	want := inspect.Columns().String()
	got := ""
	for _, c := range r.Columns {
		if got != "" {
			got += " "
		}
		got += fmt.Sprint(c.Column)
	}
	if got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
}
