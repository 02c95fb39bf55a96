package format

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// slowCloudFront reads rows in the obvious way.
type slowCloudFront struct{ cloudFrontDecoder }

func (d *slowCloudFront) Decode(block []byte, b *record.Builder, at *Position) int {
	for line := range bytes.Lines(block) {
		at.Line++
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		if len(line) == 0 || line[0] == '#' {
			d.directive(line, b)
			at.Skipped++
		} else if reason := d.row(line, b); reason != "" {
			b.Reject(at.Line, reason, line)
		} else {
			b.Commit()
		}
	}
	return len(block)
}

func (d *slowCloudFront) row(line []byte, b *record.Builder) string {
	p := d.plan
	if !p.hasClient {
		return reasonNoClient
	}
	columns := bytes.Split(line, []byte{'\t'})
	if len(columns) == 1 && p.columns > 1 {
		if reason := d.retab(line); reason != "" {
			return reason
		}
		line = d.tabbed
		columns = bytes.Split(line, []byte{'\t'})
	}
	if len(columns) == p.columns+1 && len(columns[p.columns]) == 0 {
		columns = columns[:p.columns]
	}
	if len(columns) != p.columns {
		return reasonColumns
	}
	end := 0
	for i, v := range columns[:p.needed] {
		end += len(v)
		d.ends[i] = int32(end)
		end++
	}
	var us int64
	for i := range p.steps {
		n, reason := d.step(&p.steps[i], columns, line, b)
		if reason != "" {
			return reason
		}
		us += n
	}
	if p.hasTime {
		b.SetTime(us)
	}
	return ""
}

func (d *slowCloudFront) step(s *planStep, columns [][]byte, line []byte, b *record.Builder) (us int64, reason string) {
	v := columns[s.column]
	number := func(longest int) (int64, bool) {
		if string(v) == "-" {
			return 0, true
		}
		n, err := strconv.ParseInt(string(v), 10, 64)
		return n, err == nil && v[0] != '+' && v[0] != '-' && len(v) <= longest
	}
	switch s.field {
	case fieldStamp:
		date, ok := parseDate(v)
		if !ok {
			return 0, reasonDate
		}
		clock, ok := parseClock(columns[s.column+1])
		if !ok {
			return 0, reasonTime
		}
		return date + clock, ""
	case fieldClient:
		if !b.SetClient(v) {
			return 0, reasonClient
		}
	case fieldStatus:
		n, ok := number(3)
		if !ok {
			return 0, reasonStatus
		}
		b.SetStatus(uint16(n))
	case fieldBytes:
		n, ok := number(maxDigits)
		if !ok || n > maxBytes {
			return 0, reasonBytes
		}
		b.SetBytes(n)
	default:
		if s.field <= lastChecked {
			return d.setRare(s, v, b)
		}
		d.setPlain(s, v, line, b)
	}
	return 0, ""
}

// checkRows compares the rows of a log, and the reasons of its rejects, with
// those of the obvious way.
func checkRows(t interface {
	Helper()
	Fatalf(string, ...any)
}, tt *testing.T, wants record.Columns, header, rows string) {
	t.Helper()
	slow := *cloudFront()
	slow.New = func() Decoder { return new(slowCloudFront) }
	want := decodeBlocks(tt, &slow, wants, header, rows)
	got := decodeBlocks(tt, cloudFront(), wants, header, rows)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%q: (-obvious way +ours)\n%s", rows, diff)
	}
}

func TestRows(t *testing.T) {
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
		checkRows(rt, t, wants, header+"\n", rows.String())
	})
}

func FuzzRows(f *testing.F) {
	for _, s := range cloudFrontSamples() {
		f.Add(s.line)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		if !strings.Contains(rows, "#") {
			checkRows(t, t, record.AllColumns, cloudFrontHeader+"\n", rows)
		}
	})
}

func TestParseInt(t *testing.T) {
	check := func(raw []byte) {
		t.Helper()
		digits := len(raw) > 0 && len(raw) <= maxDigits && !bytes.ContainsFunc(raw, func(r rune) bool { return r < '0' || r > '9' })
		want, _ := strconv.ParseInt(string(raw), 10, 64)
		if n, ok := parseInt(raw); ok != digits || ok && n != want {
			t.Errorf("%q of %d: %d, %v", raw, cap(raw), n, ok)
		}
	}
	digits := []byte("98765432109876543210")
	for from := range digits {
		for size := range len(digits) - from + 1 {
			number := digits[from:][:size]
			check(number)
			check(slices.Clip(slices.Clone(number)))
			for i := range number {
				for c := range 256 {
					odd := append(make([]byte, 0, size+8), number...)
					odd[i] = byte(c)
					check(odd)
				}
			}
		}
	}
}

func TestStampCache(t *testing.T) {
	var c stampCache
	for _, stamp := range []string{"2024-02-29\t23:59:58", "2024-02-29\t23:59:59", "2024-02-29\t23:59:60", "2024-02-29\t23:59.59", "2024-02-29\t23:59:5",
		"2024-02-29\t23:59:580", "2024-02-2\t23:59:58", "2024-02-290\t23:59:58", "2024-02-30\t23:59:58", "2024-02-29\t23:58:5x",
		"2024-02-29\t23:58:01", "1970-01-01\t00:00:00", "9999-12-31\t23:59:59", "\t", "2024-02-29\t", "2024-02-30\t", "\t23:58:01",
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\t\x00\x00\x00\x00\x00\x00\x0000"} {
		date, clock, _ := strings.Cut(stamp, "\t")
		day, ok := parseDate([]byte(date))
		sinceMidnight, ok2 := parseClock([]byte(clock))
		want, wantReason := day+sinceMidnight, ""
		if !ok {
			want, wantReason = 0, reasonDate
		} else if !ok2 {
			want, wantReason = 0, reasonTime
		}
		if us, reason := c.parse([]byte(date), []byte(clock)); us != want || reason != wantReason {
			t.Errorf("%q: %d, %q; want %d, %q", stamp, us, reason, want, wantReason)
		}
	}
}
