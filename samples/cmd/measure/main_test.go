//go:build unix

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var stdout, stderr bytes.Buffer
	in := "= reference\t1000\ttrue\nspins\t1000000\ti=0; while [ $i -lt 3000 ]; do i=$((i+1)); done\n"
	if code := run([]string{"-rounds", "2"}, strings.NewReader(in), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for _, want := range []string{"= reference", "(reference)", "spins", "median of 2"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in:\n%s", want, &stdout)
		}
	}
}

func TestRunErrors(t *testing.T) {
	for in, want := range map[string]int{"only a label\n": 2, "x\tmany\ttrue\n": 2, "fails\t1\texit 3\n": 1} {
		var stdout, stderr bytes.Buffer
		if code := run(nil, strings.NewReader(in), &stdout, &stderr); code != want || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, want %d; %q, %q", in, code, want, &stdout, &stderr)
		}
	}
	if code := run([]string{"-rounds", "0"}, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}); code != 2 {
		t.Errorf("no rounds: exit code %d", code)
	}
}

func TestMedian(t *testing.T) {
	if got := median([]int{9, 1, 5}); got != 5 {
		t.Errorf("median of three: %d", got)
	}
	if got := median([]int{9, 1, 5, 7}); got != 5 {
		t.Errorf("median of four: %d", got)
	}
}
