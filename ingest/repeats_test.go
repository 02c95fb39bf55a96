package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rulecast/ingest/record"
)

// delivery writes requests in one of the forms of CloudFront.
type delivery struct {
	dir  string
	form func(id string, n int) string
}

const v1Fields = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status x-edge-request-id\n"

func v1Row(id string, n int) string {
	return fmt.Sprintf("2026-03-02\t10:00:%02d\tFRA\t%d\t192.0.2.%d\tGET\td.example\t/\t200\t%s\n", n%60, n, n%250, id)
}

func v2Row(id string, n int) string {
	return fmt.Sprintf(`{"date":"2026-03-02","time":"10:00:%02d","x-edge-location":"FRA","sc-bytes":"%d","c-ip":"192.0.2.%d","x-edge-request-id":"%s"}`+"\n", n%60, n, n%250, id)
}

// TestLeaveRepeats delivers requests in up to three forms, some of them in one
// only, some in another hour's file, some twice in the same: what is kept of
// each has to be in the first directory that has it, for any number of streams
// and any order of the inputs.
func TestLeaveRepeats(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 3))
		top := t.TempDir()
		deliveries := []delivery{{"a/legacy", v1Row}, {"b/json/05", v2Row}, {"c", v1Row}}[:2+rng.IntN(2)]
		text := map[string]string{} // by path
		type where struct {
			path string
			dir  int
		}
		seen := map[string][]where{} // by id
		want := map[string]int{}
		for n := range 1 + rng.IntN(300) {
			id := fmt.Sprintf("id-%d-%d==", seed, n)
			if rng.IntN(20) == 0 {
				id = "-"
			}
			for d, to := range deliveries {
				for range rng.IntN(3) {
					name := fmt.Sprintf("E2ABCDEF.2026-03-02-%02d.f%d.log", 10+rng.IntN(2), d)
					path := filepath.Join(top, to.dir, name)
					text[path] += to.form(id, n)
					if id == "-" {
						want[path]++
					} else {
						seen[id] = append(seen[id], where{path, d})
					}
				}
			}
		}
		for _, places := range seen {
			first := slices.MinFunc(places, func(a, b where) int { return a.dir - b.dir }).dir
			for _, p := range places {
				if p.dir == first {
					want[p.path]++
				}
			}
		}
		var args []string
		for path, content := range text {
			if !strings.HasPrefix(content, "{") {
				content = v1Fields + content
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
		}
		if len(args) == 0 || !overlap(args) {
			continue // hours of one directory each
		}
		for _, workers := range []int{1, 2, 5} {
			rng.Shuffle(len(args), func(i, j int) { args[i], args[j] = args[j], args[i] })
			rows := readWithoutRepeats(t, workers, args)
			for path := range text {
				if rows[path] != want[path] {
					t.Fatalf("seed %d, %d workers: %s has %d rows, want %d", seed, workers, path, rows[path], want[path])
				}
			}
		}
	}
}

// overlap reports whether every file has a twin in another directory: only then
// are the requests of all compared.
func overlap(paths []string) bool {
	dirs := map[string]map[string]bool{}
	for _, path := range paths {
		hour := filepath.Base(path)[:len("E2ABCDEF.2026-03-02-10.")]
		if dirs[hour] == nil {
			dirs[hour] = map[string]bool{}
		}
		dirs[hour][filepath.Dir(path)] = true
	}
	for _, d := range dirs {
		if len(d) < 2 {
			return false
		}
	}
	return true
}

func readWithoutRepeats(t *testing.T, workers int, args []string) map[string]int {
	t.Helper()
	r, err := Open(args, Options{Columns: record.ColumnSet(record.Bytes)})
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.LeaveRepeats(context.Background(), workers)
	if err != nil || found.Inputs != len(args) || found.TooMany {
		t.Fatal(found, err)
	}
	for _, s := range r.Streams(workers) {
		if err := s.Each(context.Background(), func(*record.Batch) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, in := range r.Inputs() {
		if in.Err != nil || in.Lines != in.Rows+in.Rejects+in.Skipped+in.Duplicates+in.Outside || in.Rejects > 0 || in.Duplicates != in.Repeated {
			t.Errorf("%s: %+v", in.Name, in)
		}
		if n := in.Present.Rows[record.Bytes]; n != in.Rows {
			t.Errorf("%s: %d rows, of which %d have a size", in.Name, in.Rows, n)
		}
		rows[in.Name] = int(in.Rows)
	}
	return rows
}

// TestDelivered takes for twins what names say so, and nothing else.
func TestDelivered(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  int
	}{
		{[]string{"v1/E1A.2026-03-02-10.a.gz", "v2/E1A.2026-03-02-10.b.gz", "v1/E1A.2026-03-02-11.c.gz"}, 2},
		{[]string{"v1/E1A.2026-03-02-10.a.gz", "v1/E1A.2026-03-02-10.b.gz"}, 0},
		{[]string{"v1/E1A.2026-03-02-10.a.gz", "v2/E2B.2026-03-02-10.b.gz", "v2/access.log", "v1/access.log"}, 0},
	} {
		dir := t.TempDir()
		var args []string
		for _, name := range tt.names {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("x\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
		}
		r, err := Open(args, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.delivered(); len(got) != tt.want {
			t.Errorf("%v: %v, want %d", tt.names, got, tt.want)
		}
	}
}
