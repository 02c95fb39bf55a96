package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

func TestOutputNames(t *testing.T) {
	for _, tt := range []struct{ inputs, want []string }{
		{[]string{"logs/a.log.gz", "b.log.zst", "-"}, []string{"a.log", "b.log", "stdin"}},
		{[]string{"one/a.log", "two/a.log", "b.log"}, []string{"one__a.log", "two__a.log", "b.log"}},
		{[]string{"../one/a.log", "/two/a.log"}, []string{"one__a.log", "two__a.log"}},
		{[]string{"a.log", "a.log.gz"}, []string{"a.log", "a.log-2"}},
		{[]string{"a.log", "a.log.gz", "a.log-2"}, []string{"a.log", "a.log-2", "a.log-2-3"}},
		{[]string{"compacted/a.log.parquet"}, []string{"a.log"}},
		{[]string{".hidden.log", "logs/.gz"}, []string{"hidden.log", "gz"}},
	} {
		for i := range tt.want {
			tt.want[i] += ".parquet"
		}
		if got := outputNames(inputsNamed(tt.inputs)); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.inputs, got, tt.want)
		}
	}
}

func inputsNamed(names []string) []record.Input {
	inputs := make([]record.Input, len(names))
	for i, name := range names {
		inputs[i].Name = name
	}
	return inputs
}

// TestOutputNamesDiffer demands a file of its own for every input, and one that
// a reader of the directory finds.
func TestOutputNamesDiffer(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "a-2", "a-2-3", ".a", "..a", "__", "a__a", "-", ".", "a.gz", "a.parquet", ".gz", "a.gz-2"})
	path := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "parts"), "/")
	})
	rapid.Check(t, func(t *rapid.T) {
		inputs := rapid.SliceOfN(path, 1, 12).Draw(t, "inputs")
		slices.Sort(inputs)
		inputs = slices.Compact(inputs)
		names := outputNames(inputsNamed(inputs))
		for i, name := range names {
			if name != filepath.Base(name) || name[0] == '.' || !strings.HasSuffix(name, ".parquet") {
				t.Fatalf("%s becomes %s", inputs[i], name)
			}
			if j := slices.Index(names, name); j != i {
				t.Fatalf("%s and %s become %s", inputs[j], inputs[i], name)
			}
		}
	})
}
