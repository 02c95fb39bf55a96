package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"rulecast/analyze/dialect"
	"rulecast/report"
)

// The exit codes, in one place.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitFailIf      = 3
	exitIncomplete  = 4
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

const exitCodes = `Exit codes: 0 done; 1 an error; 2 wrong usage, a missing file or an invalid
ruleset; 3 a --fail-if condition holds; 4 done, but some input could not be read
whole (rejects above --max-rejects, a truncated or corrupt file); 130 interrupted.`

// usageError is a mistake in the arguments or in what they name, found before
// any log is read.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(err error) error { return &usageError{err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// failIfError says which --fail-if conditions hold.
type failIfError struct{ held []string }

func (e *failIfError) Error() string { return strings.Join(e.held, "\n") }

// incompleteError says that a report was made from less than all of the input.
type incompleteError struct{ text string }

func (e *incompleteError) Error() string { return e.text }

// exitCode says what went wrong, if anything did, and which code that has.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "rulecast: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "rulecast: "+report.SafeLines(err.Error()))
	var (
		wrong      *usageError
		ruleset    *dialect.Error
		failIf     *failIfError
		incomplete *incompleteError
	)
	switch {
	case errors.As(err, &failIf):
		return exitFailIf
	case errors.As(err, &incomplete):
		return exitIncomplete
	case errors.As(err, &wrong), errors.As(err, &ruleset):
		return exitUsage
	}
	return exitError
}
