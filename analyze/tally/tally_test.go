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
