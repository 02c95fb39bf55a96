package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

// TestProvidersAreListed holds the tables of docs/providers.md to the forms and
// the limits there are.
func TestProvidersAreListed(t *testing.T) {
	const file = "../../docs/providers.md"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := string(old)
	for name, table := range map[string]string{"forms": formTable(), "limits": limitTable()} {
		head, rest, found := strings.Cut(want, "<!-- "+name+" -->\n")
		_, tail, ended := strings.Cut(rest, "<!-- /"+name+" -->")
		if !found || !ended {
			t.Fatalf("%s has no table of %s", file, name)
		}
		want = head + "<!-- " + name + " -->\n" + table + "<!-- /" + name + " -->" + tail
	}
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(old)); diff != "" {
		t.Errorf("(go test ./cmd/rulecast -run TestProvidersAreListed -update rewrites it):\n%s", diff)
	}
}

func formTable() string {
	var b strings.Builder
	b.WriteString("| `--to` | IP | country | referer | what it is |\n|---|---|---|---|---|\n")
	for _, target := range dialect.Targets() {
		d, err := dialect.Named(target)
		if err != nil || len(d.Forms) > 1 && target == d.Name {
			continue
		}
		fmt.Fprintf(&b, "| `%s` |", target)
		for c := range policy.NumControls {
			fmt.Fprintf(&b, " %s |", strings.Replace(d.Controls[c].Modes(), "none", "-", 1))
		}
		fmt.Fprintf(&b, " %s |\n", d.Forms[0].About)
	}
	return b.String()
}

func limitTable() string {
	var b strings.Builder
	b.WriteString("| provider | limit | at most | where it is written | on |\n|---|---|---|---|---|\n")
	seen := map[string]bool{}
	for _, target := range dialect.Targets() {
		d, err := dialect.Named(target)
		if err != nil {
			continue
		}
		for _, l := range d.Limits {
			line := fmt.Sprintf("| %s | %s | %d | <%s> | %s |\n", d.Title, l.Name, l.Max, l.Source, l.Verified)
			if !seen[line] {
				b.WriteString(line)
			}
			seen[line] = true
		}
	}
	return b.String()
}
