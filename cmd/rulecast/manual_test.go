package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite goldens, and the sessions in README.md and docs/")

// TestManual runs every "$ rulecast ..." and "$ cat ..." line in the console
// blocks of README.md and docs/, from the top of the module, and compares
// standard output (with the message, of a command that fails) with what stands
// below the line.
func TestManual(t *testing.T) {
	t.Chdir("../..")
	t.Setenv("COLUMNS", "80")
	t.Setenv("TZ", "UTC")
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, name := range append([]string{"README.md"}, docs...) {
		t.Run(name, func(t *testing.T) {
			old, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, n := runSessions(string(old))
			ran += n
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(old), got); diff != "" {
				t.Errorf("-stands there +is printed (go test ./cmd/rulecast -run TestManual -update rewrites it):\n%s", diff)
			}
		})
	}
	if ran == 0 {
		t.Error("no session found")
	}
}

// runSessions returns the text with the output of each session replaced by
// what is printed now, and the number of commands run.
func runSessions(text string) (string, int) {
	var out strings.Builder
	inside, skipping, ran := false, false, 0
	for line := range strings.Lines(text) {
		bare := strings.TrimRight(line, "\n")
		switch {
		case bare == "```console":
			inside = true
		case inside && bare == "```":
			inside, skipping = false, false
		case inside && strings.HasPrefix(bare, "$ "):
			out.WriteString(line)
			skipping = false
			output, ok := runLine(strings.TrimPrefix(bare, "$ "))
			out.WriteString(output)
			skipping = ok
			ran++
			continue
		case skipping:
			continue
		}
		out.WriteString(line)
	}
	return out.String(), ran
}

// runLine runs a command that stands in a session; false if it is none that
// can be run here.
func runLine(line string) (string, bool) {
	args := shellSplit(line)
	switch args[0] {
	case "cat":
		text, err := os.ReadFile(args[1])
		if err != nil {
			return err.Error() + "\n", true
		}
		return string(text), true
	case "rulecast":
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), args[1:], strings.NewReader(""), &stdout, &stderr); code != exitOK {
			stdout.WriteString(lastLines(stderr.String()))
		}
		return stdout.String(), true
	}
	return "", false
}

// lastLines is what a command says of its failure, without the summary of what
// it read, which has a time in it.
func lastLines(stderr string) string {
	if i := strings.Index(stderr, "rulecast: "); i >= 0 {
		return stderr[i:]
	}
	return stderr
}

// shellSplit splits a command line at blanks outside quotes.
func shellSplit(line string) []string {
	var args []string
	var word strings.Builder
	quote, open := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ':
			if open {
				args = append(args, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		args = append(args, word.String())
	}
	return args
}
