package format

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// sample is one line of a log and what has to become of it: the dump of a row
// (see dumpRow), "reject: REASON", "skipped" or "duplicate".
type sample struct {
	line string
	want string
}

// conform is the suite that every format made of lines passes. The samples
// stand in one log, in this order, so a header comes first; present is the
// String of the columns that this log has. A format plugs in with
//
//	func TestConformCommon(t *testing.T) { conform(t, common(), "time client ...", commonSamples) }
func conform(t *testing.T, f *Format, present string, samples []sample) {
	t.Helper()
	conformLines(t, f, present, samples)
	conformDetect(t, f, samples)
}

// conformLines is conform for a format that is not found by its name or by
// detection.
func conformLines(t *testing.T, f *Format, present string, samples []sample) {
	t.Helper()
	all := record.AllColumns
	want := wantOutcome(samples, func(dump string) string { return dump })
	want.Present = present
	check := func(name string, got, want outcome) {
		t.Helper()
		if name != "one block" && f.Name != "cloudfront" {
			// Single lines of other logs have a host or an address list; that is
			// looked for only if somebody wants it.
			got.Present, want.Present = withoutSometimes(got.Present), withoutSometimes(want.Present)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	check("one block", decodeBlocks(t, f, all, joinLines(samples, "\n")), want)
	check("crlf", decodeBlocks(t, f, all, joinLines(samples, "\r\n")), want)
	check("line by line", decodeBlocks(t, f, all, strings.SplitAfter(joinLines(samples, "\n"), "\n")...), want)
	for c := range record.NumColumns {
		want := wantOutcome(samples, func(dump string) string { return dumpedColumn(dump, c) })
		want.Present = present
		check("only "+c.String(), decodeBlocks(t, f, record.ColumnSet(c), joinLines(samples, "\n")), want)
	}
	want = wantOutcome(samples, func(string) string { return "" })
	want.Present = present
	check("no columns", decodeBlocks(t, f, 0, joinLines(samples, "\n")), want)
	conformBatches(t, f, samples)
	conformAllocations(t, f, samples)
}

func withoutSometimes(present string) string {
	words := strings.Fields(present)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "host" || w == "forwarded" }), " ")
}

// conformDetect demands that the log is recognised whole and with its last
// line cut short, and by no format that is tried earlier.
func conformDetect(t *testing.T, f *Format, samples []sample) {
	t.Helper()
	head := joinLines(samples, "\n")
	if missed := f.Sniff([]byte(head), true); missed != "" {
		t.Errorf("own samples not recognised: %s", missed)
	}
	if missed := f.Sniff([]byte(head[:len(head)-5]), false); missed != "" {
		t.Errorf("own samples, cut short, not recognised: %s", missed)
	}
	if got, misses := Detect([]byte(head), true); got == nil || got.Name != f.Name {
		t.Errorf("detected as %v, want %s (misses: %v)", got, f.Name, misses)
	}
	if got := Named(f.Name); got == nil || got.Title != f.Title {
		t.Errorf("Named(%q) = %v", f.Name, got)
	}
}

// conformBatches decodes the samples over and over, so that the builder fills
// up in the middle, and demands that the accounts add up.
func conformBatches(t *testing.T, f *Format, samples []sample) {
	t.Helper()
	one := wantOutcome(samples, func(dump string) string { return dump })
	rows, rejects := len(one.Rows), len(one.Rejects)
	if rows == 0 {
		t.Fatal("no sample is a row")
	}
	times := record.BatchRows/rows + 2
	block := []byte(strings.Repeat(joinLines(samples, "\n"), times))
	b, d, at := record.NewBuilder(record.AllColumns), f.New(), &Position{}
	gotRows, gotRejects, flushes := 0, 0, 0
	for len(block) > 0 {
		n := d.Decode(block, b, at)
		if n <= 0 || n > len(block) || block[n-1] != '\n' {
			t.Fatalf("consumed %d of %d bytes", n, len(block))
		}
		block = block[n:]
		if len(block) > 0 && !b.Full() {
			t.Fatal("stopped before the builder was full")
		}
		batch := b.Flush(0)
		gotRows, gotRejects, flushes = gotRows+batch.Rows, gotRejects+len(batch.Rejects), flushes+1
		b.Reset()
	}
	got := [...]int{gotRows, gotRejects, int(at.Skipped), int(at.Duplicates), int(at.Line)}
	want := [...]int{rows * times, rejects * times, int(one.Skipped) * times, int(one.Duplicates) * times, len(samples) * times}
	if got != want || flushes < 2 {
		t.Errorf("%d batches of the samples, %d times: rows, rejects, skipped, duplicates, lines are %v, want %v", flushes, times, got, want)
	}
}

// conformAllocations decodes each accepted line again and again.
func conformAllocations(t *testing.T, f *Format, samples []sample) {
	t.Helper()
	for i, s := range samples {
		if !isRow(s) {
			continue
		}
		b, d, at := record.NewBuilder(record.AllColumns), f.New(), &Position{}
		d.Decode([]byte(joinLines(samples[:i+1], "\n")), b, at)
		b.Reset()
		line := []byte(s.line + "\n")
		if n := testing.AllocsPerRun(20, func() {
			d.Decode(line, b, at)
			b.Reset()
		}); n != 0 {
			t.Errorf("line %d: %g allocations", i+1, n)
		}
	}
}

// outcome is what became of a log.
type outcome struct {
	Rows       []string // dumps
	Rejects    []string // "line 3: REASON"
	Skipped    int64
	Lines      int64
	Duplicates int64
	Present    string
}

func wantOutcome(samples []sample, project func(dump string) string) outcome {
	o := outcome{Lines: int64(len(samples))}
	for i, s := range samples {
		reason, rejected := strings.CutPrefix(s.want, "reject: ")
		switch {
		case rejected:
			o.Rejects = append(o.Rejects, fmt.Sprintf("line %d: %s", i+1, reason))
		case s.want == "skipped":
			o.Skipped++
		case s.want == "duplicate":
			o.Duplicates++
		default:
			o.Rows = append(o.Rows, project(s.want))
		}
	}
	return o
}

// decodeBlocks decodes blocks one after the other with one decoder. They must
// not fill a batch.
func decodeBlocks(t testing.TB, f *Format, wants record.Columns, blocks ...string) outcome {
	t.Helper()
	return decodeWith(t, f, record.NewBuilder(wants), blocks...)
}

// decodeWith is decodeBlocks with a builder that has nothing to flush, which
// it leaves so.
func decodeWith(t testing.TB, f *Format, b *record.Builder, blocks ...string) outcome {
	t.Helper()
	d, at := f.New(), &Position{}
	for _, block := range blocks {
		if n := d.Decode([]byte(block), b, at); n != len(block) {
			t.Fatalf("consumed %d of %d bytes", n, len(block))
		}
	}
	batch := b.Flush(0)
	o := outcome{Skipped: at.Skipped, Duplicates: at.Duplicates, Lines: at.Line, Present: batch.Present.String()}
	for i := range batch.Rows {
		o.Rows = append(o.Rows, dumpRow(batch, i))
	}
	for _, r := range batch.Rejects {
		o.Rejects = append(o.Rejects, fmt.Sprintf("line %d: %s", r.Line, r.Reason))
	}
	b.Reset()
	b.NextInput()
	if o.Lines != int64(len(o.Rows)+len(o.Rejects))+o.Skipped+o.Duplicates {
		t.Errorf("%d lines, but %d rows, %d rejects, %d skipped, %d duplicates", o.Lines, len(o.Rows), len(o.Rejects), o.Skipped, o.Duplicates)
	}
	return o
}

func isRow(s sample) bool {
	return s.want != "skipped" && s.want != "duplicate" && !strings.HasPrefix(s.want, "reject: ")
}

func joinLines(samples []sample, end string) string {
	var sb strings.Builder
	for _, s := range samples {
		sb.WriteString(s.line + end)
	}
	return sb.String()
}

// dumpRow renders the columns of row i that have a value (for numbers: other
// than zero) as "name=value", in schema order and separated by spaces. A value
// with a space, a quote or anything but printable ASCII is written as Go
// writes it.
func dumpRow(b *record.Batch, i int) string {
	var fields []string
	for c := range record.NumColumns {
		if !b.Has(c) {
			continue
		}
		if v := dumpValue(b, c, i); v != "" {
			fields = append(fields, c.String()+"="+v)
		}
	}
	return strings.Join(fields, " ")
}

func dumpValue(b *record.Batch, c record.Column, i int) string {
	switch c {
	case record.Time:
		if us := b.Ints(c)[i]; us != record.NoTime {
			return time.UnixMicro(us).UTC().Format(time.RFC3339Nano)
		}
		return ""
	case record.Client:
		return b.Dicts.Clients.Addr(b.IDs(c)[i]).String()
	case record.ASN:
		return dumpInt(int64(b.ASNs()[i]))
	case record.Status:
		return dumpInt(int64(b.Statuses()[i]))
	case record.Bytes:
		return dumpInt(b.Ints(c)[i])
	case record.RefererHost:
		if b.Dicts.RefererHosts.Class(b.IDs(record.RefererHost)[i]) == referer.ClassAbsent {
			return ""
		}
		return dumpText(b.Dicts.RefererHosts.Bytes(b.IDs(c)[i]))
	}
	if dict := b.Dicts.Strings(c); dict != nil {
		return dumpText(dict.Bytes(b.IDs(c)[i]))
	}
	return dumpText(b.Text(c).At(i))
}

func dumpInt(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func dumpText(v []byte) string {
	for _, c := range v {
		if c <= ' ' || c >= 0x7f || c == '"' {
			return strconv.Quote(string(v))
		}
	}
	return string(v)
}

// dumpedColumn is what is left of a dump when only c was asked for.
func dumpedColumn(dump string, c record.Column) string {
	prefix := c.String() + "="
	for rest := dump; rest != ""; {
		name, value, _ := strings.Cut(rest, "=")
		end := strings.IndexByte(value, ' ')
		if strings.HasPrefix(value, `"`) {
			quoted, err := strconv.QuotedPrefix(value)
			if err != nil {
				return "bad quoting in the dump wanted"
			}
			end = len(quoted)
		}
		if name == c.String() {
			if end < 0 || end >= len(value) {
				return prefix + value
			}
			return prefix + value[:end]
		}
		if end < 0 || end >= len(value) {
			break
		}
		rest = strings.TrimPrefix(value[end:], " ")
	}
	return ""
}
