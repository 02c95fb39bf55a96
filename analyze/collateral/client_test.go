package collateral

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// TestPerClient compares the numbers of few and of many clients with a table.
func TestPerClient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clients := rapid.IntRange(1, 200).Draw(t, "clients")
		var got perClient
		want := map[record.ID]int64{}
		for range rapid.IntRange(0, 60).Draw(t, "adds") {
			client, n := record.ID(rapid.IntRange(0, clients-1).Draw(t, "client")), int64(rapid.IntRange(1, 9).Draw(t, "n"))
			got.add(client, n, clients)
			want[client] += n
		}
		if all := maps.Collect(got.all()); !maps.Equal(all, want) {
			t.Fatalf("%v, want %v", all, want)
		}
	})
}
