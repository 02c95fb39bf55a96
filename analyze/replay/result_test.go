package replay

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/tally"
)

// TestRankingAgreesWithSort ranks values many of which are alike.
func TestRankingAgreesWithSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requests := rapid.Int64Range(0, rapid.SampledFrom([]int64{0, 3, 1000}).Draw(t, "most"))
		n := rapid.IntRange(0, 300).Draw(t, "values")
		var values []Value
		all, denied := make([]tally.Counts, n), make([]tally.Counts, n)
		name := func(i int) string { return fmt.Sprint("v", i) }
		sum := Value{Value: "(other)", Other: true}
		for i := range n {
			if all[i].Requests = requests.Draw(t, "requests"); all[i].Requests == 0 {
				continue
			}
			all[i].Bytes = rapid.Int64Range(0, 1).Draw(t, "bytes")
			denied[i].Requests = rapid.SampledFrom([]int64{0, 0, all[i].Requests}).Draw(t, "denied")
			values = append(values, Value{Value: name(i), All: all[i], Denied: denied[i]})
		}
		slices.SortFunc(values, func(a, b Value) int {
			return cmp.Or(cmp.Compare(b.Denied.Requests, a.Denied.Requests), cmp.Compare(b.All.Requests, a.All.Requests),
				cmp.Compare(b.All.Bytes, a.All.Bytes), cmp.Compare(a.Value, b.Value))
		})
		top := rapid.SampledFrom([]int{0, 1, 2, 30, 1000, 1<<63 - 1}).Draw(t, "top")
		want := values[:min(top, len(values))]
		for _, v := range values[len(want):] {
			sum.Rest, sum.All, sum.Denied = sum.Rest+1, sum.All.Plus(v.All), sum.Denied.Plus(v.Denied)
		}
		if sum.Rest > 0 {
			want = append(slices.Clone(want), sum)
		}
		r := ranking{tally.TableOf(all), tally.TableOf(denied), name}
		if got := r.values(top); len(got)+len(want) > 0 && !slices.Equal(got, want) {
			t.Fatalf("-sorted +ranked:\n%s", gocmp.Diff(want, got))
		}
	})
}
