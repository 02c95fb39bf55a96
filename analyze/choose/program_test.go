package choose

import "testing"

// TestJoinAgain joins tables of different sizes with the same memory: what was
// enough for a long right table need not be enough for a long result.
func TestJoinAgain(t *testing.T) {
	table := func(n int) []cell {
		cells := make([]cell, n)
		for i := range cells {
			cells[i].value = int64(i + 1)
		}
		return cells
	}
	var tables tables
	for _, c := range []struct{ left, right int }{{1, 6}, {12, 4}, {1, 1}} {
		joined := tables.join(table(c.left), table(c.right), c.left+c.right)
		if last := joined[len(joined)-1].value; last != int64(c.left+c.right) {
			t.Errorf("%d and %d: the best is %d", c.left, c.right, last)
		}
	}
}
