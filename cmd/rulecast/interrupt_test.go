package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write makes a file.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// names are what is in a folder, hidden files too.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

const oneRequest = "192.0.2.1 - - [02/Mar/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n"

// TestInterrupted calls every command that reads logs when it is already over:
// exit code 130, no report, and the files of an earlier run as they were.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	const rules = "../../samples/rulesets/imagekit.yaml"
	for _, args := range [][]string{
		{"inspect", "--output", "OUT", "--as", "csv", "--rejects", "OUT/bad.txt"},
		{"replay", "-r", rules, "--output", "OUT", "--as", "csv", "--rejects", "OUT/bad.txt"},
		{"replay", "-r", rules},
		{"diff", "-r", rules, "-r", rules, "--fail-if", "requests >= 0"},
		{"check", rules, "--log", "LOG"},
		{"compact", "-o", "OUT"},
	} {
		dir := t.TempDir()
		log, out := filepath.Join(dir, "access.log"), filepath.Join(dir, "out")
		if err := os.Mkdir(out, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, log, strings.Repeat(oneRequest, 1000)+"no such line\n")
		write(t, filepath.Join(out, "bad.txt"), "as it was")
		write(t, filepath.Join(out, "summary.csv"), "as it was")
		for i := range args {
			args[i] = strings.ReplaceAll(strings.ReplaceAll(args[i], "OUT", out), "LOG", log)
		}
		if args[0] != "check" {
			args = append(args, log)
		}
		var stdout, stderr bytes.Buffer
		code := run(ctx, args, strings.NewReader(""), &stdout, &stderr)
		if code != exitInterrupted || stdout.Len() > 0 || stderr.String() != "rulecast: interrupted\n" {
			t.Errorf("%s: exit code %d, %q, %q", args[0], code, stdout.String(), stderr.String())
		}
		if got := names(t, out); got != "bad.txt summary.csv" {
			t.Errorf("%s left %s", args[0], got)
		}
		for _, name := range []string{"bad.txt", "summary.csv"} {
			if text, err := os.ReadFile(filepath.Join(out, name)); string(text) != "as it was" {
				t.Errorf("%s: %s: %.20q %v", args[0], name, text, err)
			}
		}
	}
}

// TestInterruptedWhileWaiting ends a run that waits for standard input.
func TestInterruptedWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	stdin, feed := io.Pipe()
	defer feed.Close()
	var stdout, stderr bytes.Buffer
	done := make(chan int)
	go func() { done <- run(ctx, []string{"inspect", "-"}, stdin, &stdout, &stderr) }()
	if _, err := io.WriteString(feed, oneRequest); err != nil { // somebody reads
		t.Fatal(err)
	}
	cancel()
	if code := <-done; code != exitInterrupted || stdout.Len() > 0 {
		t.Errorf("exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
}

// TestSignal sends the program, as a process of its own, what Ctrl-C sends.
func TestSignal(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "rulecast", "compact", "-o", out, "-") // found where TestMain puts it
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for ctx.Err() == nil { // once the folder is there, the signal is waited for
		if _, err := os.Stat(out); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || stderr.String() != "rulecast: interrupted\n" {
		t.Errorf("%v, %q", err, stderr.String())
	}
	if got := names(t, out); got != "" {
		t.Errorf("left %s", got)
	}
}
