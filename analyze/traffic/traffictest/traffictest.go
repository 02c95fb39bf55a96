// Package traffictest draws random logs as streams of batches, for property
// tests of analyses.
package traffictest

import (
	"context"
	"net/netip"

	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy/policytest"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// Request is a request with the columns that only counting looks at.
type Request struct {
	*explain.Request
	Status uint16
	Bytes  int64
	Agent  string // User-Agent; "" is none
	logged bool   // the log has the country; else the locator has to place the client
}

// Places is the locator: the country of a client is drawn once.
type Places map[netip.Addr]geo.Country

func (p Places) Country(a netip.Addr) geo.Country { return p[a] }

// Stream hands out requests in batches of at most size rows. Batches none of
// whose requests has a country in the log are of a log without that column.
type Stream struct {
	Requests []Request
	Size     int
}

func (s *Stream) Each(_ context.Context, fn func(*record.Batch) error) error {
	b := record.NewBuilder(record.AllColumns)
	b.SetPresent(record.AllColumns)
	logged := false
	for i, q := range s.Requests {
		put(b, q)
		logged = logged || q.logged
		if b.Rows() == s.Size || i == len(s.Requests)-1 {
			batch := b.Flush(0)
			if !logged {
				batch.Present &^= record.ColumnSet(record.Country)
			}
			if err := fn(batch); err != nil {
				return err
			}
			b.Reset()
			logged = false
		}
	}
	return nil
}

func put(b *record.Builder, q Request) {
	b.SetClientAddr(q.Client)
	if q.logged {
		b.SetCountry([]byte(q.Country.String()))
	}
	switch {
	case q.Class == referer.ClassHost:
		b.SetReferer([]byte("https://"+q.Referer+"/x"), nil)
	case q.Class == referer.ClassPooled: // which no header is
		b.SetID(record.RefererHost, record.ID(q.Class))
	default:
		b.SetReferer([]byte(refererOf[q.Class]), nil)
	}
	b.SetHost([]byte(q.Host))
	b.SetText(record.Path, []byte(q.Path), nil)
	b.SetText(record.Query, []byte(q.Query), nil)
	if !q.Time.IsZero() {
		b.SetTime(q.Time.UnixMicro())
	}
	if q.Agent != "" {
		b.SetString(record.UserAgent, []byte(q.Agent), nil)
	}
	b.SetStatus(q.Status)
	b.SetBytes(q.Bytes)
	b.Commit()
}

// refererOf is a header of each class without a host but that of pooled ones.
var refererOf = [referer.NumClasses]string{"", "-", "", "android-app://a", "chrome-extension://a", "about:blank", "ftp://a", "a", "http://"}

// Log draws the requests of a log. Clients whose country the log does not say
// are given one in where.
func Log(t *rapid.T, where Places) []Request {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Request {
		q := Request{
			Request: policytest.Request(t),
			Status:  rapid.SampledFrom([]uint16{0, 200, 206, 304, 399, 400, 403}).Draw(t, "status"),
			Bytes:   rapid.Int64Range(0, 1000).Draw(t, "bytes"),
			logged:  rapid.Bool().Draw(t, "logged"),
		}
		if !q.logged || q.Country == geo.Unknown {
			if c, ok := where[q.Client]; ok {
				q.Country = c
			} else {
				where[q.Client] = q.Country
			}
			q.logged = false
		}
		return q
	}), 0, 60).Draw(t, "log")
}

// Streams cuts a log into streams of batches of different sizes.
func Streams(t *rapid.T, log []Request) []record.Stream {
	var streams []record.Stream
	for rest := log; len(streams) == 0 || len(rest) > 0; {
		n := rapid.IntRange(min(1, len(rest)), len(rest)).Draw(t, "split")
		streams = append(streams, &Stream{Requests: rest[:n], Size: rapid.IntRange(1, 9).Draw(t, "size")})
		rest = rest[n:]
	}
	return streams
}
