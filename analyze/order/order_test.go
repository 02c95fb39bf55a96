package order

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

type entry struct {
	high, low uint32
	rest      int
}

func keyOf(e *entry) uint64 { return uint64(e.high)<<32 | uint64(e.low) }

func compare(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.high, b.high), cmp.Compare(a.low, b.low), cmp.Compare(a.rest, b.rest))
}

// TestSort sorts lists with many and with few equal keys, by their bytes and by
// comparison, in place and not.
func TestSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, fewEntries - 1, fewEntries, 3 * fewEntries} {
		for _, spread := range []uint32{1, 2, 300, 1 << 31} {
			var list []entry
			for range n {
				list = append(list, entry{rng.Uint32N(spread), rng.Uint32N(spread), rng.IntN(3)})
			}
			want := slices.Clone(list)
			slices.SortFunc(want, func(a, b entry) int { return compare(&a, &b) })
			for i, r := range Of(list, keyOf, compare) {
				if list[r.At] != want[i] || r.Key != keyOf(&want[i]) {
					t.Fatalf("%d entries, keys below %d: place %d has another", n, spread, i)
				}
			}
			cut := rng.IntN(n + 1)
			part := slices.Clone(list[:cut])
			slices.SortFunc(part, func(a, b entry) int { return compare(&a, &b) })
			if got := Merge(part, list[cut:], keyOf, compare); !slices.Equal(got, want) {
				t.Errorf("%d entries, keys below %d: not merged", n, spread)
			}
		}
	}
}

// TestGrouped sorts lists of entries of few and of many ids, in runs and not.
func TestGrouped(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	byValue := func(a, b entry) int { return compare(&a, &b) }
	for _, ids := range []uint32{1, 2, 50, 3000} {
		for _, n := range []int{0, 1, shortRun - 1, shortRun, 3*shortRun + 1, 5000} {
			for _, spread := range []uint32{1, 2, 1 << 31} {
				var pile Pile[entry]
				var lists [][]entry
				for range 2 {
					var list []entry
					for range n {
						list = append(list, entry{rng.Uint32N(ids), rng.Uint32N(spread), rng.IntN(3)})
					}
					slices.SortFunc(list[:rng.IntN(n+1)], byValue)
					lists = append(lists, list)
				}
				for range 2 * n {
					pile.Add(entry{rng.Uint32N(ids), rng.Uint32N(spread), 0})
				}
				lists = append(lists, pile.Lists()...)
				want := slices.Concat(lists...)
				slices.SortFunc(want, byValue)
				if got := Grouped(int(ids), func(e *entry) uint32 { return e.high }, byValue, lists...); !slices.Equal(got, want) {
					t.Fatalf("%d entries of %d ids below %d: not sorted", n, ids, spread)
				}
			}
		}
	}
}

// TestPile has what was added, in that order, and nothing after it was cleared.
func TestPile(t *testing.T) {
	var pile Pile[int]
	for _, n := range []int{0, 1, pileChunk, pileChunk + 1, 3 * pileChunk, 5, 5 * pileChunk} {
		var want []int
		for i := range n {
			pile.Add(i + n)
			want = append(want, i+n)
		}
		if got := slices.Concat(pile.Lists()...); !slices.Equal(got, want) || pile.Len() != n {
			t.Errorf("%d entries: %d, said to be %d", n, len(got), pile.Len())
		}
		pile.Clear()
	}
}

func BenchmarkOf(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	list := make([]entry, 1<<20)
	for b.Loop() {
		for i := range list {
			list[i] = entry{rng.Uint32N(1 << 18), rng.Uint32(), i}
		}
		Of(list, keyOf, compare)
	}
}
