package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"rulecast/ingest/decompress"
	"rulecast/ingest/record"
)

// cloudFrontLog is a synthetic standard log of n requests.
func cloudFrontLog(n int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	agents := []string{"Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36", "curl/8.5.0",
		"Mozilla/5.0%20(iPhone;%20CPU%20iPhone%20OS%2017_1%20like%20Mac%20OS%20X)"}
	var b bytes.Buffer
	b.WriteString("#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status " +
		"cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol " +
		"cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version " +
		"fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type " +
		"sc-content-len sc-range-start sc-range-end\n")
	for i := range n {
		referer := fmt.Sprintf("https://site%d.example/page/%d", rng.IntN(300), rng.IntN(1000))
		if rng.IntN(4) == 0 {
			referer = "-"
		}
		fmt.Fprintf(&b, "2026-11-01\t%02d:%02d:%02d\tFRA56-P4\t%d\t198.51.%d.%d\tGET\td111111abcdef8.cloudfront.net\t/media/%d.jpg\t200\t"+
			"%s\t%s\t-\t-\tHit\t%016x%016x==\twww.example.com\thttps\t412\t0.001\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\tHTTP/2.0\t"+
			"-\t-\t%d\t0.001\tHit\timage/jpeg\t%d\t-\t-\n",
			i*24/n, rng.IntN(60), rng.IntN(60), rng.IntN(1<<20), rng.IntN(64), rng.IntN(256), rng.IntN(5000), referer,
			agents[rng.IntN(len(agents))], rng.Uint64(), rng.Uint64(), 1024+rng.IntN(60000), rng.IntN(1<<20))
	}
	return b.Bytes()
}

func BenchmarkDriver(b *testing.B) {
	const rows = 100_000
	text := cloudFrontLog(rows)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(text)
	w.Close()
	replayed := record.ColumnSet(record.Time, record.Client, record.Country, record.Path, record.Query, record.Status,
		record.Bytes, record.RefererHost)
	for _, input := range []struct {
		name string
		data []byte
	}{{"plain", text}, {"gzip", packed.Bytes()}} {
		path := filepath.Join(b.TempDir(), "log")
		if err := os.WriteFile(path, input.data, 0o666); err != nil {
			b.Fatal(err)
		}
		for name, columns := range map[string]record.Columns{"replay": replayed, "all": record.AllColumns} {
			for _, ahead := range []decompress.Ahead{decompress.Never, decompress.IfPacked} {
				b.Run(fmt.Sprintf("%s/columns=%s/ahead=%v", input.name, name, ahead != decompress.Never), func(b *testing.B) {
					b.SetBytes(int64(len(text)))
					b.ReportAllocs()
					for b.Loop() {
						if n := readAll(b, path, columns, ahead); n != rows {
							b.Fatalf("%d rows", n)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
				})
			}
		}
	}
}

func readAll(b *testing.B, path string, columns record.Columns, ahead decompress.Ahead) (rows int) {
	r, err := Open([]string{path}, Options{Columns: columns})
	if err != nil {
		b.Fatal(err)
	}
	s := r.Streams(1)[0]
	s.(*stream).ahead = ahead
	if err := s.Each(context.Background(), func(batch *record.Batch) error { rows += batch.Rows; return nil }); err != nil {
		b.Fatal(err)
	}
	return rows
}
