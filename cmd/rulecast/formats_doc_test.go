package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/format"
)

// TestFormatsAreListed holds the table of docs/formats.md to the formats there
// are.
func TestFormatsAreListed(t *testing.T) {
	const file, begin, end = "../../docs/formats.md", "<!-- formats -->\n", "<!-- /formats -->"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(old), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no %s", file, begin)
	}
	var table strings.Builder
	table.WriteString("| format | what it is | known by |\n|---|---|---|\n")
	for _, f := range format.All() {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", f.Name, f.Title, strings.ReplaceAll(f.Because(), "|", `\|`))
	}
	want := head + begin + table.String() + end + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(old)); diff != "" {
		t.Errorf("(go test ./cmd/rulecast -run TestFormatsAreListed -update rewrites it):\n%s", diff)
	}
}
