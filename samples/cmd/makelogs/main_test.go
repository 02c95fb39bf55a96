package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rulecast/samples"
)

// TestGenerated makes the embedded logs and truths again, as the go:generate
// lines of package samples say, and compares them byte for byte.
func TestGenerated(t *testing.T) {
	source, err := os.ReadFile("../../samples.go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, sub := range []string{"logs", "truth"} {
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
			if strings.HasPrefix(a, "logs/") || strings.HasPrefix(a, "truth/") {
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
		if strings.HasPrefix(name, "logs/") && len(got) > 100_000 {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
	for _, sub := range []string{"logs", "truth"} {
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
	truth, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil || !bytes.Contains(truth, []byte(`"rows": 100`)) {
		t.Errorf("truth %s, %v", truth, err)
	}
}
