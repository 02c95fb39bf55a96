package samples_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"rulecast/ingest"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
	"rulecast/samples"
	"rulecast/samples/gen"
)

// TestLogsReadAsMeant reads every sample with the format that is detected and
// compares what it finds with the truth.
func TestLogsReadAsMeant(t *testing.T) {
	names, err := fs.Glob(samples.FS, "logs/*")
	if err != nil || len(names) != len(gen.Formats()) {
		t.Fatalf("logs %v, %v: not one for each format", names, err)
	}
	for _, name := range names {
		t.Run(path.Base(name), func(t *testing.T) {
			base, _, _ := strings.Cut(path.Base(name), ".")
			text, err := samples.FS.ReadFile("truth/" + base + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want gen.Truth
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			got := read(t, filepath.FromSlash(name), &want)
			got.Seed, got.Planted = want.Seed, want.Planted // which a log does not tell
			if diff := gocmp.Diff(want, *got); diff != "" {
				t.Errorf("-truth +read:\n%s", diff)
			}
		})
	}
}

// reading counts what a log's batches say.
type reading struct {
	gen.Truth
	clients, hosts map[string]*gen.Count
}

// read reads one log. The clients and hosts that it counts are those of want.
func read(t *testing.T, name string, want *gen.Truth) *gen.Truth {
	t.Helper()
	reader, err := ingest.Open([]string{name}, ingest.Options{Columns: record.AllColumns})
	if err != nil {
		t.Fatal(err)
	}
	got := &reading{clients: map[string]*gen.Count{}, hosts: map[string]*gen.Count{}}
	got.Statuses = map[string]int64{}
	if want.Referers != nil {
		got.Referers = map[string]int64{}
	}
	if want.Countries != nil {
		got.Countries = map[string]int64{}
	}
	for _, s := range reader.Streams(1) {
		if err := s.Each(context.Background(), got.add); err != nil {
			t.Fatal(err)
		}
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	in := reader.Inputs()[0]
	if in.Err != nil {
		t.Fatal(in.Err)
	}
	got.Format, got.Lines, got.Rejects, got.Skipped = formatOf(in.Format, want.Format), in.Lines, in.Rejects, in.Skipped
	got.Clients, got.Hosts = len(got.clients), len(got.hosts)
	for _, c := range want.TopClients {
		got.TopClients = append(got.TopClients, *cmp.Or(got.clients[c.Value], &gen.Count{}))
	}
	for _, c := range want.TopHosts {
		got.TopHosts = append(got.TopHosts, *cmp.Or(got.hosts[c.Value], &gen.Count{}))
	}
	return &got.Truth
}

// formatOf allows for formats that are read as one: both W3C forms of
// CloudFront are cloudfront.
func formatOf(read, made string) string {
	if made == "cloudfront-v2" && read == "cloudfront" {
		return made
	}
	return read
}

func (g *reading) add(b *record.Batch) error {
	times, sizes, statuses := b.Ints(record.Time), b.Ints(record.Bytes), b.Statuses()
	clients, hosts := b.IDs(record.Client), b.IDs(record.RefererHost)
	countries := b.IDs(record.Country)
	for i := range b.Rows {
		g.Rows++
		g.Bytes += sizes[i]
		if g.First == 0 || times[i] < g.First {
			g.First = times[i]
		}
		g.Last = max(g.Last, times[i])
		g.Statuses[strconv.Itoa(int(statuses[i]))]++
		count(g.clients, b.Dicts.Clients.Addr(clients[i]).String(), sizes[i])
		if g.Countries != nil {
			g.Countries[cmp.Or(b.Dicts.Countries.String(countries[i]), "ZZ")]++
		}
		if g.Referers == nil {
			continue
		}
		switch class := b.Dicts.RefererHosts.Class(b.IDs(record.RefererHost)[i]); {
		case class == referer.ClassHost:
			g.Referers["host"]++
			count(g.hosts, b.Dicts.RefererHosts.String(hosts[i]), sizes[i])
		case class.State() == referer.Missing:
			g.Referers["missing"]++
		default:
			g.Referers[class.String()]++
		}
	}
	if n := len(b.Rejects); n > 0 && len(b.Rejects[0].Sample) == 0 {
		return fmt.Errorf("reject without its line: %+v", b.Rejects[0])
	}
	return nil
}

func count(m map[string]*gen.Count, value string, n int64) {
	if m[value] == nil {
		m[value] = &gen.Count{Value: value}
	}
	m[value].Requests++
	m[value].Bytes += n
}
