package ingest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// readWithoutCopies reads inputs in n streams, and says how many rows each gave.
func readWithoutCopies(t *testing.T, n int, args ...string) (rows map[string]int, inputs []record.Input) {
	t.Helper()
	r, err := Open(args, Options{Columns: record.ColumnSet(record.Client), Rejects: filepath.Join(t.TempDir(), "rejects")})
	if err != nil {
		t.Fatal(err)
	}
	r.detect = detectToy
	if err := r.LeaveCopies(context.Background()); err != nil {
		t.Fatal(err)
	}
	rows = make(map[string]int)
	for _, s := range r.Streams(n) { // one after another: what one leaves the next one takes
		err := s.Each(context.Background(), func(b *record.Batch) error {
			rows[filepath.Base(r.inputs[b.Input].Name)] += b.Rows
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read, total := r.Progress(); read < total {
		t.Errorf("%d of %d bytes read", read, total)
	}
	rejects := r.rejects.path
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(rejects); err != nil {
		t.Errorf("the reading does not count as complete: %v", err)
	}
	for _, in := range r.Inputs() {
		if in.Lines != in.Rows+in.Rejects+in.Skipped+in.Duplicates+in.Outside {
			t.Errorf("%s does not add up: %+v", in.Name, in)
		}
	}
	return rows, r.Inputs()
}

func TestLeaveCopies(t *testing.T) {
	dir := t.TempDir()
	log := toyLog(900)
	other := []byte(log)
	other[len(other)-2]++ // the last line
	damaged := gzipped(toyLog(4000))[:5000]
	for name, text := range map[string]string{
		"a.log": log, "b.log": log, "c.log": string(other), "d.log": log, "e.log": "#toy\n192.0.2.1 1 /\n", "f.log": "#toy\n192.0.2.1 1 /\n",
		"g.gz": damaged, "h.gz": damaged, "i.log": strings.Repeat("?", 2000), "j.log": strings.Repeat("?", 2000),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	names := func(order string) (args []string) {
		for _, c := range order {
			args = append(args, filepath.Join(dir, map[rune]string{'g': "g.gz", 'h': "h.gz"}[c]))
			if c != 'g' && c != 'h' {
				args[len(args)-1] = filepath.Join(dir, string(c)+".log")
			}
		}
		return args
	}
	want, accounts := readWithoutCopies(t, 1, names("abcdefghij")...)
	copies := map[string]string{}
	for _, in := range accounts {
		if in.CopyOf != "" {
			copies[filepath.Base(in.Name)] = filepath.Base(in.CopyOf)
		}
	}
	if diff := gocmp.Diff(map[string]string{"b.log": "a.log", "d.log": "a.log", "h.gz": "g.gz", "j.log": "i.log"}, copies); diff != "" {
		t.Errorf("copies (-want +got):\n%s", diff)
	}
	if a, b := accounts[0], accounts[1]; b.Lines != a.Lines || b.Duplicates != a.Lines-a.Skipped || b.Rows != 0 || b.Format != "toy" || b.Err != nil {
		t.Errorf("account of a copy: %+v", b)
	}
	if h := accounts[7]; h.Err == nil || h.Rows != 0 {
		t.Errorf("account of a damaged copy: %+v", h)
	}
	if want["a.log"] == 0 || want["c.log"] != want["a.log"] || want["e.log"] != 1 || want["f.log"] != 1 || want["g.gz"] == 0 || len(want) != 5 {
		t.Errorf("rows %v", want)
	}
	byName := func(a, b record.Input) int { return strings.Compare(a.Name, b.Name) }
	errorText := gocmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	for _, order := range []string{"jihgfedcba", "dbacfehgji"} {
		for _, n := range []int{1, 3} {
			rows, inputs := readWithoutCopies(t, n, names(order)...)
			slices.SortFunc(inputs, byName)
			if diff := gocmp.Diff(want, rows) + gocmp.Diff(accounts, inputs, errorText); diff != "" {
				t.Errorf("%s in %d streams (-alphabetical +here):\n%s", order, n, diff)
			}
		}
	}
}

// Files that differ only beyond what is read at once are no copies.
func TestSameContent(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcde\n"), 40_000)
	changed := slices.Clone(long)
	changed[len(changed)-2] = 'x'
	a, b, c, short := write(t, "a", string(long)), write(t, "b", string(long)), write(t, "c", string(changed)), write(t, "d", string(long[:512<<10]))
	for _, tt := range []struct {
		one, other string
		want       bool
	}{{a, b, true}, {a, c, false}, {short, short, true}, {a, short, false}, {a, a + "-not-there", false}} {
		if got, err := sameContent(context.Background(), tt.one, tt.other); err != nil || got != tt.want {
			t.Errorf("%s, %s: %t, %v", tt.one, tt.other, got, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := sameContent(ctx, a, b); err == nil {
		t.Error("it goes on when it is over")
	}
}
