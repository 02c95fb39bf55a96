package format

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// slowCloudFront reads no row at once. A header is the last line of its block.
type slowCloudFront struct{ cloudFrontDecoder }

func (d *slowCloudFront) Decode(block []byte, b *record.Builder, at *Position) int {
	n := d.cloudFrontDecoder.Decode(block, b, at)
	if d.plan != nil {
		d.plan.quick = quickPlan{}
	}
	return n
}

// checkQuick compares the rows of a log, and the reasons of its rejects, with
// those that are read column by column.
func checkQuick(t interface {
	Helper()
	Fatalf(string, ...any)
}, tt *testing.T, wants record.Columns, header, rows string) {
	t.Helper()
	slow := *cloudFront()
	slow.New = func() Decoder { return new(slowCloudFront) }
	want := decodeBlocks(tt, &slow, wants, header, rows)
	got := decodeBlocks(tt, cloudFront(), wants, header, rows)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%q: (-column by column +at once)\n%s", rows, diff)
	}
}

func TestQuickRows(t *testing.T) {
	names := strings.Fields(strings.TrimPrefix(cloudFrontHeader, fieldsDirective))
	names = append(names, "timestamp(ms)", "c-country", "asn")
	usual := strings.Split(cloudFrontRow(nil), "\t")
	usual = append(usual, "1732104000123", "DE", "3320")
	odd := []string{"", "-", "0", "7", "1234567", "12345678", "123456789", "2024-02-29", "2024-02-30", "23:59:59", "23:59:60", "24:00:00",
		"198.51.100.7", "255.255.255.255", "1.2.3", "1.2.3.04", "256.1.1.1", "2001:db8::1", "192.0.2.1:80", "::ffff:192.0.2.7", "404", "4O4", "99", "1000",
		"https://Site.example/a", "http://x", "\xff\x89\x08\n", "a,b", "a b", "2024-02-29\t23:59:59", strings.Repeat("long", 9)}
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range names {
				if !yield(i) {
					return
				}
			}
		})).Draw(rt, "order")
		if rapid.Bool().Draw(rt, "usual order") {
			slices.Sort(order)
		}
		order = order[:rapid.IntRange(1, len(order)).Draw(rt, "columns")]
		header := fieldsDirective
		for _, i := range order {
			header += " " + names[i]
		}
		var rows strings.Builder
		for range rapid.IntRange(1, 5).Draw(rt, "rows") {
			var row []string
			for _, i := range order {
				v := usual[i]
				if rapid.IntRange(0, 9).Draw(rt, "odd") == 0 {
					v = rapid.SampledFrom(odd).Draw(rt, "value")
				}
				row = append(row, v)
			}
			line := strings.Join(row, "\t")
			line = line[rapid.SampledFrom([]int{0, 0, 0, min(len(line), 1), len(line) / 2}).Draw(rt, "cut"):]
			line = line[:len(line)-rapid.SampledFrom([]int{0, 0, 0, min(len(line), 1), len(line) / 2}).Draw(rt, "cut short")]
			rows.WriteString(line + rapid.SampledFrom([]string{"", "", "", "\t", "\tx", "\r"}).Draw(rt, "end") + "\n")
		}
		wants := record.Columns(rapid.Uint32().Draw(rt, "wants")) & record.AllColumns
		checkQuick(rt, t, wants, header+"\n", rows.String())
	})
}

func FuzzQuickRows(f *testing.F) {
	for _, s := range cloudFrontSamples() {
		f.Add(s.line)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		if !strings.Contains(rows, "#") {
			checkQuick(t, t, record.AllColumns, cloudFrontHeader+"\n", rows)
		}
	})
}

// skipColumns against bytes.IndexByte, on bytes near the TAB.
func TestSkipColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SliceOfN(rapid.SampledFrom([]byte{8, 9, 10, 0, 1, 0x88, 0x89, 0x8a, 0xff, 'x'}), 0, 60).Draw(t, "line")
		from, n := rapid.IntRange(0, len(line)).Draw(t, "from"), rapid.IntRange(1, 9).Draw(t, "n")
		want := from
		for range n {
			next := bytes.IndexByte(line[want:], '\t')
			if next < 0 {
				want = -1
				break
			}
			want += next + 1
		}
		got := skipColumns(line, from, n, '\t')
		if soon := want < 0 || want > len(line)-8; got != want && !(soon && got == -1) {
			t.Fatalf("from %d on the end of column %d is at %d, want %d", from, n, got, want)
		}
	})
}

func TestCutNumber(t *testing.T) {
	check := func(text string) {
		t.Helper()
		wantSize := strings.IndexByte(text, '\t')
		want, ok := int64(0), false
		if wantSize > 0 && wantSize < 8 && len(text) >= 8 {
			want, ok = parseInt([]byte(text[:wantSize]))
		}
		if !ok {
			want, wantSize = 0, 0
		}
		if n, size := cutNumber([]byte(text), '\t'); n != want || size != wantSize {
			t.Errorf("%q: %d of %d digits, want %d of %d", text, n, size, want, wantSize)
		}
	}
	digits := "9876543210"
	for from := range digits {
		for size := range digits[from:] {
			number := digits[from:][:size]
			check(number + "\t")
			check(number + "\t1234567")
			check(number + "\t\t\t\t\t\t\t")
			for c := range 256 {
				check(number + string([]byte{byte(c)}) + "5\t234567")
			}
		}
	}
}

func TestStampCache(t *testing.T) {
	var c stampCache
	for _, stamp := range []string{"2024-02-29\t23:59:58", "2024-02-29\t23:59:59", "2024-02-29\t23:59:60", "2024-02-29\t23:59.59",
		"2024-02-29 23:59:58", "2024-02-30\t23:59:58", "2024-02-29\t23:58:5x", "2024-02-29\t23:58:01", "1970-01-01\t00:00:00",
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00:00"} {
		date, ok := parseDate([]byte(stamp[:10]))
		clock, ok2 := parseClock([]byte(stamp[11:]))
		valid := ok && ok2 && stamp[10] == '\t'
		us, size := c.cut([]byte(stamp+"\t"), '\t')
		if valid && (us != date+clock || size != len(stamp)) || !valid && size != 0 {
			t.Errorf("%q: %d of %d bytes, want %d, %v", stamp, us, size, date+clock, valid)
		}
		if _, size := c.cut([]byte(stamp), '\t'); size != 0 {
			t.Errorf("%q at the end is read", stamp)
		}
	}
	if us, _ := c.cut([]byte("9999-12-31\t23:59:59\t"), '\t'); us <= 0 || us == math.MaxInt64 {
		t.Errorf("the last time is %d", us)
	}
}
