package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rulecast/samples"
	"rulecast/samples/gen"
)

// TestGenerated makes the embedded logs and truths again, as the go:generate
// lines of package samples say, and compares them byte for byte.
func TestGenerated(t *testing.T) {
	source, err := os.ReadFile("../../samples.go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, sub := range []string{"logs", "truth", "days"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var made []string
	for line := range strings.Lines(string(source)) {
		line, ok := strings.CutPrefix(line, "//go:generate go run ./cmd/makelogs ")
		if !ok {
			continue
		}
		args := strings.Fields(line)
		for i, a := range args {
			if strings.HasPrefix(a, "logs/") || strings.HasPrefix(a, "truth/") || strings.HasPrefix(a, "days/") {
				made = append(made, a)
				args[i] = filepath.Join(dir, a)
			}
		}
		var stderr bytes.Buffer
		if code := run(args, os.Stdout, &stderr); code != 0 {
			t.Fatalf("%s: exit code %d: %s", line, code, &stderr)
		}
	}
	for _, name := range made {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := samples.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what go generate ./samples makes", name)
		}
		if most := map[string]int{"logs": 100_000, "days": 150_000}[path.Dir(name)]; most > 0 && len(got) > most {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
	for _, sub := range []string{"logs", "truth", "days"} {
		err := fs.WalkDir(samples.FS, sub, func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && !slices.Contains(made, name) {
				t.Errorf("%s is made by no go:generate line", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args string
		code int
		want string // in stdout or stderr
	}{
		{"-format combined -rows 100 -start 2026-05-06T07:08:09Z -span 1s", 0, "[06/May/2026:07:08:09 +0000]"},
		{"-h", 0, "Referer hosts"},
		{"-rows 4000 -files 4 -gzip -o " + filepath.Join(dir, "out"), 0, ""},
		{"-rows 100 -truth " + filepath.Join(dir, "truth.json") + " -o " + filepath.Join(dir, "one.log"), 0, ""},
		{"-scenario town -rows 20000 -days 3 -files days -gzip -o " + filepath.Join(dir, "town") + " -ranges " + filepath.Join(dir, "bots.json") + " -truth " + filepath.Join(dir, "truth.json.gz"), 0, ""},
		{"-rows 4000 -files days -o " + filepath.Join(dir, "town"), 1, "only a town"},
		{"-rows 4000 -files x -o " + filepath.Join(dir, "town"), 1, `files "x"`},
		{"-scenario town -rows 20000 -days 3 -span 24h", 2, "exclude each other"},
		{"-scenario town -rows 20000 -days 3 -ruleset " + filepath.Join(dir, "rules"), 1, "no blocklist"},
		{"-scenario city", 1, "not one of"},
		{"-rows 4000 -files 4", 2, "-files needs -o"},
		{"stray", 2, "no arguments"},
		{"-start noon", 2, "invalid value"},
		{"-format qif", 1, `format "qif"`},
		{"-rows 100 -o " + filepath.Join(dir, "none", "x"), 1, "no such file"},
		{"-rows 100 -truth " + filepath.Join(dir, "none", "x"), 1, "no such file"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(strings.Fields(c.args), &stdout, &stderr)
		if code != c.code || !strings.Contains(stdout.String()+stderr.String(), c.want) {
			t.Errorf("makelogs %s: exit code %d, want %d and %q; stderr: %s", c.args, code, c.code, c.want, &stderr)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "out", "cloudfront-000?.log.gz"))
	if err != nil || len(files) != 4 {
		t.Errorf("files %v, %v", files, err)
	}
	if files, err = filepath.Glob(filepath.Join(dir, "town", "cloudfront-000?.log.gz")); err != nil || len(files) != 3 {
		t.Errorf("files %v, %v", files, err)
	}
	if ranges, err := os.ReadFile(filepath.Join(dir, "bots.json")); err != nil || !bytes.Contains(ranges, []byte("ipv6Prefix")) {
		t.Errorf("ranges %s, %v", ranges, err)
	}
	packed, err := os.ReadFile(filepath.Join(dir, "truth.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var town gen.Truth
	if err := json.NewDecoder(zr).Decode(&town); err != nil || town.Labels.Days != 3 || town.Labels.Bad == 0 {
		t.Errorf("truth %+v, %v", town.Labels, err)
	}
	truth, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil || !bytes.Contains(truth, []byte(`"rows": 100`)) {
		t.Errorf("truth %s, %v", truth, err)
	}
}
