// Command rulecast forecasts what an edge access policy would do before anyone
// ships it: it replays CDN access logs against candidate rulesets.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent is how much the heap may grow between collections. It is made of
// few large slices without pointers, so collecting costs next to nothing, and
// memory is what a nightly job shares with others.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
