package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

// TestRuleset demands that the ruleset is one that rulecast takes, with lists
// of just the limits' length.
func TestRuleset(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ruleset")
	var stdout, stderr bytes.Buffer
	args := strings.Fields("-rows 40000 -clients 2700 -hosts 160 -o " + filepath.Join(t.TempDir(), "x.log") + " -ruleset " + dir)
	if code := run(args, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	rs, err := dialect.Load(filepath.Join(dir, "ruleset.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	entries := map[policy.Control]int{}
	for _, r := range rs.Rules {
		entries[r.Control] += len(r.Entries)
	}
	if entries[policy.IP] != addressEntries || entries[policy.Referer] != refererEntries {
		t.Errorf("entries %v", entries)
	}
	stderr.Reset()
	if code := run(strings.Fields("-rows 1000 -clients 64 -hosts 40 -ruleset "+dir), &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "too few") {
		t.Errorf("few clients: exit code %d: %s", code, &stderr)
	}
}
