package tally

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTopIsPrefixOfSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.IntRange(0, 20)).Draw(t, "values")
		n := rapid.IntRange(0, 30).Draw(t, "n")
		order := func(a, b int) int { return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(a, b)) }
		want := make([]int, len(values))
		for i := range want {
			want[i] = i
		}
		slices.SortFunc(want, order)
		want = want[:min(n, len(want))]
		if got := Top(n, len(values), order); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// TestGrown grows slices that were shortened: the elements that come back are
// zero.
func TestGrown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := make([]int, rapid.IntRange(0, 9).Draw(t, "length"), 9+rapid.IntRange(0, 9).Draw(t, "room"))
		for i := range s[:cap(s)] {
			s[:cap(s)][i] = i + 1
		}
		old, n := s, rapid.IntRange(0, 40).Draw(t, "n")
		s = Grown(s, n)
		if len(s) != max(len(old), n) {
			t.Fatalf("%d elements, want %d", len(s), max(len(old), n))
		}
		for i, v := range s {
			if i < len(old) && v != i+1 || i >= len(old) && v != 0 {
				t.Fatalf("element %d is %d", i, v)
			}
		}
		if n > cap(old) && cap(s) < 2*len(old) {
			t.Fatalf("room for %d, after %d", cap(s), len(old))
		}
	})
}
