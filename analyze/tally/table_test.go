package tally

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// naiveTable is Table by Counts.
type naiveTable []Counts

func (n *naiveTable) add(id uint32, c Counts) {
	*n = Grown(*n, int(id)+1)
	(*n)[id] = (*n)[id].Plus(c)
}

// drawBytes draws numbers of bytes of a batch: of most batches small ones, of
// some so large that a word holds few of them or none, and of some negative ones.
func drawBytes(t *rapid.T, n int) []int64 {
	most := rapid.SampledFrom([]int64{1000, 1 << (packedBytes - 3), 1 << packedBytes, 1 << 59}).Draw(t, "most")
	least := rapid.SampledFrom([]int64{0, 0, 0, -1}).Draw(t, "least")
	return rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(least, most), rapid.Just(most-1)), n, n).Draw(t, "bytes")
}

func TestTableAgreesWithCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tables [2]Table
		var want [2]naiveTable
		for range rapid.IntRange(1, 20).Draw(t, "batches") {
			k := rapid.IntRange(0, 1).Draw(t, "table")
			ids := rapid.SliceOf(rapid.Uint32Range(0, 20)).Draw(t, "ids")
			bytes := drawBytes(t, len(ids))
			sum, within := SumOf(bytes)
			if within != sum && within != Unbounded {
				t.Fatalf("sum %d is within %d", sum, within)
			}
			tables[k].Grow(rapid.IntRange(21, 30).Draw(t, "room"))
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				tables[k].Add(ids, bytes, within)
				for i, id := range ids {
					want[k].add(id, Counts{1, bytes[i]})
				}
			case 1:
				var rows []uint32
				for i := range ids {
					if rapid.Bool().Draw(t, "row") {
						rows = append(rows, uint32(i))
						want[k].add(ids[i], Counts{1, bytes[i]})
					}
				}
				tables[k].AddRows(rows, ids, bytes, within)
			case 2:
				for i, id := range ids {
					tables[k].AddCounts(id, Counts{3, bytes[i]})
					want[k].add(id, Counts{3, bytes[i]})
				}
			}
		}
		for k := range tables {
			checkTable(t, &tables[k], want[k])
		}
		to := rapid.Permutation([]uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 40}).Draw(t, "to")
		tables[0].Grow(41)
		tables[0].Merge(&tables[1], append(to, make([]uint32, 30)...))
		for id, c := range want[1] {
			want[0].add(to[id], c)
		}
		checkTable(t, &tables[0], want[0])
	})
}

func checkTable(t interface{ Fatalf(string, ...any) }, got *Table, want naiveTable) {
	for id := range got.Len() {
		c := Counts{}
		if id < len(want) {
			c = want[id]
		}
		if got.At(id) != c {
			t.Fatalf("id %d: %+v, want %+v", id, got.At(id), c)
		}
	}
}

// TestTableOfManyRequests counts more requests than a word has room for.
func TestTableOfManyRequests(t *testing.T) {
	const batch, batches = 8192, 3000
	ids, bytes := make([]uint32, batch), slices.Repeat([]int64{7}, batch)
	sum, within := SumOf(bytes)
	var table, twice Table
	table.Grow(1)
	for range batches {
		table.Add(ids, bytes, within)
	}
	checkTable(t, &table, naiveTable{{batch * batches, sum * batches}})
	twice.Grow(1)
	for range 3 {
		twice.Merge(&table, []uint32{0})
	}
	checkTable(t, &twice, naiveTable{{3 * batch * batches, 3 * sum * batches}})
}

// TestTableOfLargeAnswers counts requests of so many bytes that a word holds few
// of them: all ids are not gone through again and again for these.
func TestTableOfLargeAnswers(t *testing.T) {
	const ids, large = 1000, 1 << (packedBytes - 1)
	var table, other Table
	table.Grow(ids)
	want := make(naiveTable, ids)
	for id := range uint32(100) {
		table.Add([]uint32{id}, []int64{large}, large)
		want.add(id, Counts{1, large})
	}
	other.Grow(1)
	other.Add([]uint32{0}, []int64{large}, large)
	table.Merge(&other, []uint32{7})
	want.add(7, Counts{1, large})
	checkTable(t, &table, want)
	if table.packed[0] == 0 {
		t.Error("all ids were gone through for a few large answers")
	}
}

func TestSumOf(t *testing.T) {
	for _, tt := range []struct {
		bytes       []int64
		sum, within int64
	}{
		{nil, 0, 0},
		{[]int64{1, 2}, 3, 3},
		{[]int64{1, -2}, -1, Unbounded},
		{[]int64{1<<packedBytes - 1, 1}, 1 << packedBytes, 1 << packedBytes},
		{[]int64{1 << packedBytes}, 1 << packedBytes, Unbounded},
		{[]int64{math.MinInt64}, math.MinInt64, Unbounded},
	} {
		if sum, within := SumOf(tt.bytes); sum != tt.sum || within != tt.within {
			t.Errorf("%v: %d within %d, want %d within %d", tt.bytes, sum, within, tt.sum, tt.within)
		}
	}
}
