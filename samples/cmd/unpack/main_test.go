package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(bytes.Repeat([]byte("a row of a log\n"), 100_000))
	z.Close()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, plain := write("whole.gz", packed.Bytes()), write("plain", []byte("plain\n"))
	var out strings.Builder
	if err := run([]string{whole, plain, whole}, &out); err != nil || out.String() != "3000006\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	cut := write("cut.gz", packed.Bytes()[:packed.Len()/2])
	if err := run([]string{whole, cut}, &out); err == nil || !strings.HasPrefix(err.Error(), cut+": ") {
		t.Errorf("half a file: %v", err)
	}
	if err := run([]string{filepath.Join(dir, "none")}, &out); err == nil {
		t.Error("no file was unpacked")
	}
}
