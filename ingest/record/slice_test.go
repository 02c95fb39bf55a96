package record

import "testing"

func TestSlice(t *testing.T) {
	b := NewBuilder(AllColumns)
	b.SetPresent(AllColumns)
	for i := range 10 {
		b.SetTime(int64(i))
		b.SetStatus(uint16(200 + i))
		b.SetText(Path, []byte{'/', 'a' + byte(i)}, nil)
		b.SetHost([]byte{'a' + byte(i)})
		b.Commit()
	}
	whole := b.Flush(3)
	for from := range 11 {
		for to := from; to <= 10; to++ {
			part := whole.Slice(from, to)
			if part.Rows != to-from || part.Input != 3 {
				t.Fatalf("rows %d to %d: %d of input %d", from, to, part.Rows, part.Input)
			}
			for i := range part.Rows {
				if part.Ints(Time)[i] != int64(from+i) || part.Statuses()[i] != uint16(200+from+i) ||
					string(part.Text(Path).At(i)) != string([]byte{'/', 'a' + byte(from+i)}) || part.IDs(Host)[i] != whole.IDs(Host)[from+i] {
					t.Fatalf("rows %d to %d: row %d differs", from, to, i)
				}
			}
			part.Release()
		}
	}
}
