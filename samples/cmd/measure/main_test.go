//go:build unix

package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	var stdout, stderr bytes.Buffer
	const spin = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done"
	made := filepath.Join(t.TempDir(), "made")
	in := "= reference\t1000\ttrue\t" + spin + "\nspins as well\t1000000\ttrue\t" + spin + "\nreads\t1\techo x >" + made + "\tcat " + made + "\n"
	if code := run([]string{"-rounds", "2"}, strings.NewReader(in), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for _, want := range []string{"= / it, cpu", "= reference ", "reads ", "median of 2"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in:\n%s", want, &stdout)
		}
	}
	for line := range strings.Lines(stdout.String()) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "spins as well") && (fields[len(fields)-1] != "1.00" || fields[len(fields)-2] != "1.00") {
			t.Errorf("not the times of the reference, which is the same command: %s", line)
		}
	}
	if n := strings.Count(stderr.String(), "\n"); n != 4 {
		t.Errorf("%d runs, want 2 rounds of 2 commands:\n%s", n, &stderr)
	}
}

func TestRatio(t *testing.T) {
	if got := ratio([]time.Duration{10, 40, 30}, []time.Duration{20, 10, 10}); got != 3 {
		t.Errorf("median of 0.5, 4 and 3: %v", got)
	}
	if got := ratio([]time.Duration{5}, []time.Duration{0}); got != 5 {
		t.Errorf("over no time at all: %v", got)
	}
}

func TestRunErrors(t *testing.T) {
	for in, want := range map[string]int{"only a label\n": 2, "x\t1\ttrue\n": 2, "x\tmany\ttrue\ttrue\n": 2, "fails\t1\ttrue\texit 3\n": 1, "is not ready\t1\texit 3\ttrue\n": 1} {
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
