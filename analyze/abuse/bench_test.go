package abuse

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"rulecast/ingest/record"
)

// imagesHeavy fills a batch with requests of a CDN that serves images: nineteen
// of twenty are for static files and answered, one in a hundred is an error.
func imagesHeavy(b *record.Builder, rng *rand.Rand, clients int, at *int64) *record.Batch {
	b.Reset()
	b.SetPresent(record.AllColumns)
	for range record.BatchRows {
		*at += rng.Int64N(2000)
		client := uint32(rng.ExpFloat64() * float64(clients) / 8)
		b.SetClientAddr(netip.AddrFrom4([4]byte{12, byte(client >> 16), byte(client >> 8), byte(client)}))
		b.SetTime(*at)
		b.SetBytes(rng.Int64N(100_000))
		b.SetStatus(200)
		b.SetString(record.Method, []byte("GET"), nil)
		b.SetString(record.UserAgent, fmt.Appendf(nil, "%s %d", chrome, client%500), nil)
		n := rng.IntN(10_000)
		switch {
		case n < 9500:
			b.SetText(record.Path, fmt.Appendf(nil, "/static/images/2026/11/%d/photo-%d.webp", n, client), nil)
		case n < 9900:
			b.SetText(record.Path, fmt.Appendf(nil, "/products/category-%d/item-%d", n, client), nil)
			b.SetText(record.Query, fmt.Appendf(nil, "utm_source=newsletter&page=%d", n), nil)
		default:
			b.SetText(record.Path, fmt.Appendf(nil, "/products/missing-%d/item-%d", n, client), nil)
			b.SetStatus(404)
		}
		b.Commit()
	}
	return b.Flush(0)
}

func BenchmarkAdd(b *testing.B) {
	for _, clients := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			p := NewPlan(Options{Thresholds: DefaultThresholds()})
			builder := record.NewBuilder(p.Columns())
			a := p.New()
			at := int64(1_770_000_000_000_000)
			rows := 0
			for range b.N {
				b.StopTimer()
				batch := imagesHeavy(builder, rng, clients, &at)
				b.StartTimer()
				if err := a.Add(batch); err != nil {
					b.Fatal(err)
				}
				rows += batch.Rows
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
			b.ReportMetric(float64(len(a.clients)), "clients")
		})
	}
}

func BenchmarkJudge(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	p := NewPlan(Options{Thresholds: DefaultThresholds()})
	builder := record.NewBuilder(p.Columns())
	a := p.New()
	at := int64(1_770_000_000_000_000)
	for range 250 {
		if err := a.Add(imagesHeavy(builder, rng, 1_000_000, &at)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		a.Judge(false)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(a.clients)), "ns/client")
}
