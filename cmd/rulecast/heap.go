package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much the heap may grow between collections. While it is small, that is
// headroom bytes, so that a short run collects hardly ever; then it is least
// percent: the heap is made of few large slices without pointers, so collecting
// costs next to nothing, and memory is what a nightly job shares with others.
const (
	headroom     = 32 << 20
	leastPercent = 50
	mostPercent  = 800
)

// growth is the percentage for a heap of so many bytes in use.
func growth(live uint64) int {
	return int(min(max(headroom*100/max(live, 1), leastPercent), mostPercent))
}

// pace sets how much the heap may grow until the next collection, and again
// after each one.
func pace() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(growth(live[0].Value.Uint64()))
	type mark struct{ _ *byte } // nobody holds it: the next collection finds it
	runtime.SetFinalizer(new(mark), func(*mark) { pace() })
}
