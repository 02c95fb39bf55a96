package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commands are those of rulecast, without cobra's own.
func commands() []*cobra.Command {
	return rootCommand(&streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}).Commands()
}

// described matches a flag with what it does, which is no whole sentence.
var described = regexp.MustCompile(`^  (-\w, |    )--[a-z0-9-]+( [A-Z=]+)?  +\w.*[^.\s]\n$`)

// TestHelp demands that every command says what it is for, shows how it is
// called, and describes every flag.
func TestHelp(t *testing.T) {
	for _, c := range commands() {
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), []string{c.Name(), "--help"}, strings.NewReader(""), &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
			t.Errorf("%s --help: exit code %d, %s", c.Name(), code, stderr.String())
		}
		for _, part := range []string{c.Long, "Usage:\n  rulecast " + c.Use, "Examples:\n  ", "Flags:\n"} {
			if part == "" || !strings.Contains(stdout.String(), part) {
				t.Errorf("%s --help does not say %q", c.Name(), part)
			}
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: in short: %q", c.Name(), c.Short)
		}
		_, flags, _ := strings.Cut(stdout.String(), "Flags:\n")
		for line := range strings.Lines(flags) {
			if !described.MatchString(line) {
				t.Errorf("%s: flag not described: %s", c.Name(), line)
			}
		}
	}
}

// TestExamples reads the examples in the help as the program does, and runs
// those that are about the samples alone.
func TestExamples(t *testing.T) {
	t.Chdir("../..")
	ran := map[string]bool{}
	for _, c := range commands() {
		lines := strings.Split(strings.TrimSpace(c.Example), "\n")
		for _, line := range lines {
			line = strings.TrimSpace(line)
			_, call, ok := strings.Cut("| "+line, "| rulecast ") // what comes through a pipe counts too
			if !ok {
				t.Errorf("%s: example without a call: %s", c.Name(), line)
				continue
			}
			args := shellSplit(call)
			if args[0] != c.Name() {
				t.Errorf("%s: example of another command: %s", c.Name(), line)
			}
			if err := parses(args); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			if strings.HasPrefix(line, "rulecast") && onlySamples(args[1:]) {
				ran[c.Name()] = true
				var stdout, stderr bytes.Buffer
				if code := run(context.Background(), expand(t, args), strings.NewReader(""), &stdout, &stderr); code != exitOK {
					t.Errorf("%s: exit code %d, %s", line, code, stderr.String())
				}
			}
		}
		if !ran[c.Name()] && c.Name() != "compact" { // whose examples write files
			t.Errorf("%s: no example that runs on the samples", c.Name())
		}
	}
}

// parses reads the flags and counts the arguments of a call, and does no more.
func parses(args []string) error {
	for _, c := range commands() {
		if c.Name() == args[0] {
			if err := c.ParseFlags(args[1:]); err != nil {
				return err
			}
			return c.ValidateArgs(c.Flags().Args())
		}
	}
	return nil
}

// onlySamples reports whether all files that a call names are samples.
func onlySamples(args []string) bool {
	some := false
	for i, arg := range args {
		isFile := !strings.HasPrefix(arg, "-") && strings.ContainsAny(arg, "./") && !strings.Contains(arg, "://")
		switch {
		case arg == "-o":
			return false
		case isFile && i > 0 && (args[i-1] == "--ip" || args[i-1] == "--own"):
		case isFile && !strings.HasPrefix(arg, "samples/"):
			return false
		case isFile:
			some = true
		}
	}
	return some
}

// expand does what a shell does with patterns.
func expand(t *testing.T, args []string) []string {
	var out []string
	for _, arg := range args {
		names, err := filepath.Glob(arg)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(arg, "*") {
			out = append(out, names...)
			continue
		}
		if strings.HasPrefix(arg, "samples/") {
			if _, err := os.Stat(arg); err != nil {
				t.Error(err)
			}
		}
		out = append(out, arg)
	}
	return out
}
