package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

func TestGrowth(t *testing.T) {
	for live, want := range map[uint64]int{0: mostPercent, 1 << 20: mostPercent, 16 << 20: 200, 32 << 20: 100, 64 << 20: 50, 1 << 40: leastPercent} {
		if got := growth(live); got != want {
			t.Errorf("%d bytes: %d%%, want %d%%", live, got, want)
		}
	}
}

// TestPace holds that the percentage follows the heap: it falls when that has
// grown, and rises again.
func TestPace(t *testing.T) {
	pace()
	percent := func(wanted func(uint64) bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			runtime.GC()
			s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
			metrics.Read(s)
			if wanted(s[0].Value.Uint64()) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the percentage stays at %d", s[0].Value.Uint64())
			}
		}
	}
	block := make([]byte, 256<<20)
	percent(func(p uint64) bool { return p == leastPercent })
	runtime.KeepAlive(block)
	percent(func(p uint64) bool { return p > leastPercent })
}
