package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"rulecast/analyze/dialect"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/replay"
	"rulecast/ingest"
	"rulecast/ingest/compact"
	"rulecast/samples/gen"
)

// benchRows is enough for dictionaries to settle and little enough to be made
// in a moment.
const benchRows = 200_000

// BenchmarkReplay is the whole path, from files to a result, for each kind of
// input, on one worker. Beside the time it gives rows/s, MB/s of text (of the
// file, for Parquet), allocations a row, and the peak of the heap.
func BenchmarkReplay(b *testing.B) {
	for _, c := range []struct{ name, format, file string }{
		{"cloudfront", "cloudfront", "plain.log"},
		{"cloudfront-gzip", "cloudfront", "packed.log.gz"},
		{"cloudfront-json", "cloudfront-json", "plain.log"},
		{"cloudflare", "cloudflare", "plain.log"},
		{"combined", "combined", "plain.log"},
		{"parquet", "cloudfront", "compact.parquet"},
	} {
		b.Run(c.name, func(b *testing.B) {
			dir := b.TempDir()
			path := filepath.Join(dir, c.file)
			text := writeBenchLog(b, c.format, path)
			plan := benchPlan(b)
			b.SetBytes(text)
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var rows int64
			for b.Loop() {
				rows += replayOnce(b, plan, path)
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(rows), "allocs/row")
			b.ReportMetric(float64(after.HeapSys)/1e6, "heap-MB")
		})
	}
}

// BenchmarkJudge is what the commands do that judge who asks, on as many workers
// as there are processors.
func BenchmarkJudge(b *testing.B) {
	path := filepath.Join(b.TempDir(), "plain.log")
	text := writeBenchLog(b, "cloudfront", path)
	for name, args := range map[string][]string{
		"hotlinks":  {"hotlinks"},
		"recommend": {"recommend", "--provider", "imagekit"},
	} {
		args = append(args, "--own", "shop.example", "--as", "json", "--quiet", path)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(text)
			for b.Loop() {
				if code := run(context.Background(), args, nil, io.Discard, os.Stderr); code != 0 {
					b.Fatal("exit code", code)
				}
			}
		})
	}
}

func writeBenchLog(b *testing.B, format, path string) (text int64) {
	g, err := gen.New(gen.Options{Format: format, Rows: benchRows, Clients: 14_000, Hosts: 800, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	plain := path
	if filepath.Ext(path) == ".parquet" {
		plain += ".log"
	}
	f, err := os.Create(plain)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	counted := &countingWriter{w: f}
	if filepath.Ext(path) == ".gz" {
		if _, err := g.Write(counted, true); err != nil {
			b.Fatal(err)
		}
		counted.n = 0
		if _, err := g.Write(counted.discard(), false); err != nil {
			b.Fatal(err)
		}
		return counted.n
	}
	if _, err := g.Write(counted, false); err != nil {
		b.Fatal(err)
	}
	if plain != path {
		compactBench(b, plain, path)
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		return info.Size()
	}
	return counted.n
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.w.Write(p)
}

// discard goes on counting, and writes nothing.
func (c *countingWriter) discard() io.Writer {
	c.w = io.Discard
	return c
}

func compactBench(b *testing.B, plain, path string) {
	r, err := ingest.Open([]string{plain}, ingest.Options{Columns: compactColumns})
	if err != nil {
		b.Fatal(err)
	}
	files := compact.NewFiles([]string{path}, compactColumns)
	if _, err := fold.Run(context.Background(), r.Streams(1), files.New); err != nil {
		b.Fatal(err)
	}
	if _, _, err := files.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchPlan(b *testing.B) *replay.Plan {
	rs, err := dialect.Load("../../samples/rulesets/imagekit.yaml")
	if err != nil {
		b.Fatal(err)
	}
	db, err := geo.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	plan, err := replay.NewPlan([]replay.Candidate{{Ruleset: rs}}, geo.PreferLog, db)
	if err != nil {
		b.Fatal(err)
	}
	return plan
}

func replayOnce(b *testing.B, plan *replay.Plan, path string) int64 {
	r, err := ingest.Open([]string{path}, ingest.Options{Columns: plan.Columns()})
	if err != nil {
		b.Fatal(err)
	}
	a, err := fold.Run(context.Background(), r.Streams(1), plan.New)
	if err != nil {
		b.Fatal(err)
	}
	rows := r.Inputs()[0].Rows
	if err := a.Result(10).Reconcile(rows); err != nil || rows != benchRows {
		b.Fatal(rows, err)
	}
	return rows
}
