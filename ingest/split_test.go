package ingest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/format"
	"rulecast/ingest/record"
)

// everything is all that reading yields but for the order of rows.
type everything struct {
	Rows    []string // all columns, sorted
	Rejects []record.Reject
	Inputs  []record.Input
	File    string // of rejects
	Read    int64  // bytes, by Progress
}

// readParallel reads the inputs in n streams, and in blocks of a size if that
// is not 0. Format "" is toy. Rejects are written if there is a dir for them;
// otherwise they have their ranks for Line.
func readParallel(t rapid.TB, dir string, n int, size int64, opts Options, args ...string) (got everything) {
	opts.Columns = record.AllColumns
	if dir != "" {
		opts.Rejects = filepath.Join(dir, fmt.Sprintf("rejects-%d-%d", n, size))
	}
	r, err := Open(args, opts)
	if err != nil {
		t.Fatal(err)
	}
	r.detect = detectToy
	if r.block = size; size == 0 {
		r.block = blockSize
	}
	if r.forced != nil && size > 0 {
		r.forced = yielding(r.forced)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, s := range r.Streams(n) {
		wg.Go(func() {
			err := s.Each(context.Background(), func(b *record.Batch) error {
				mu.Lock()
				defer mu.Unlock()
				for i := range b.Rows {
					got.Rows = append(got.Rows, rowText(b, i))
				}
				for _, r := range b.Rejects {
					got.Rejects = append(got.Rejects, record.Reject{Line: r.Line, Reason: r.Reason, Sample: bytes.Clone(r.Sample)})
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got.Read, _ = r.Progress()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if opts.Rejects != "" {
		file, err := os.ReadFile(opts.Rejects)
		if err != nil {
			t.Fatal(err)
		}
		got.File = string(file)
	}
	got.Inputs = r.Inputs()
	slices.Sort(got.Rows)
	slices.SortFunc(got.Rejects, func(a, b record.Reject) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Reason, b.Reason), bytes.Compare(a.Sample, b.Sample))
	})
	if opts.Rejects == "" {
		for i := range got.Rejects {
			got.Rejects[i].Line = int64(i + 1)
		}
	}
	return got
}

// yielding is a format whose decoders let other streams have a turn.
func yielding(f *format.Format) *format.Format {
	other := *f
	other.New = func() format.Decoder {
		runtime.Gosched()
		return f.New()
	}
	return &other
}

// rowText is all that row i of a batch has, and its input.
func rowText(b *record.Batch, i int) string {
	text := fmt.Sprint(b.Input)
	for c := range record.NumColumns {
		switch {
		case c == record.Client:
			text += fmt.Sprintf(" %v", b.Dicts.Clients.Addr(b.IDs(c)[i]))
		case c == record.RefererHost:
			id := b.IDs(c)[i]
			text += fmt.Sprintf(" %v:%q", b.Dicts.RefererHosts.Class(id), b.Dicts.RefererHosts.Bytes(id))
		case c == record.Status:
			text += fmt.Sprintf(" %d", b.Statuses()[i])
		case c == record.ASN:
			text += fmt.Sprintf(" %d", b.ASNs()[i])
		case c == record.Time || c == record.Bytes:
			text += fmt.Sprintf(" %d", b.Ints(c)[i])
		case b.Dicts.Strings(c) != nil:
			text += fmt.Sprintf(" %q", b.Dicts.Strings(c).Bytes(b.IDs(c)[i]))
		default:
			text += fmt.Sprintf(" %q", b.Text(c).At(i))
		}
	}
	return text
}

// splitParts are what the logs of TestBlocksDoNotMatter are made of, by format.
func splitParts() map[string][]string {
	const legacy = "2012-05-01\t01:13:12\tFRA2\t182\t192.0.2.10\tGET\tx.net\t/a\t200\thttps://r.example/\tMozilla\t-"
	long := strings.Repeat("l", 300)
	both := []string{"\n", "\n", "\r\n", "\r", "\xef\xbb\xbf", "#", long, "bad"}
	return map[string][]string{
		"": append([]string{"192.0.2.1 5 /a\n", "2001:db8::1 6 /b\r\n", "192.0.2.1 7 /" + long + "\n"}, both...),
		"cloudfront": append([]string{"#Version: 1.0\n", "#Fields: date time c-ip cs-uri-stem x-edge-location\n", "#Fields: c-ip sc-status\n",
			"\xef\xbb\xbf#Fields:\tc-ip\tsc-bytes\r\n", "x#Fields: c-ip\n", "#Fields: c-ip " + long + "\n", "#Fields: date time\n", "#Fields:",
			"2026-11-01\t00:00:01\t192.0.2.1\t/a\tFRA\n", "192.0.2.2\t200\n", "192.0.2.3\t404\r\n", "192.0.2.4 500\n",
			legacy + "\n", legacy + "\t-\tHit\tid==\n", "\xef\xbb\xbf" + legacy + "\n", legacy + long + "\n"}, both...),
		"combined": append([]string{`192.0.2.1 - - [01/Nov/2026:00:00:01 +0000] "GET /a HTTP/1.1" 200 5 "-" "ua"` + "\n",
			`192.0.2.2 - - [01/Nov/2026:00:00:02 +0000] "GET /b?c HTTP/1.1" 403 6 "https://r.example/x" "ua" "198.51.100.7"` + "\n",
			`192.0.2.3 - - [01/Nov/2026`}, both...),
		"cloudflare": append([]string{`{"ClientIP":"192.0.2.1","EdgeResponseStatus":200,"ClientRequestURI":"/a"}` + "\n",
			`{"ClientIP":"192.0.2.2","ClientCountry":"de","RayID":"1"}` + "\r\n", `{"content":"tests"}` + "\n", `{"ClientIP":`}, both...),
		"w3c": append([]string{"#Software: Microsoft X\n", "#Software: other\r\n", "#Date: 2026-11-01 23:00:00\n", "#Date: 2026-11-02\n", "#Date:",
			"#Fields: time c-ip cs-method cs-uri-stem cs(User-Agent)\n", "\xef\xbb\xbf#Fields: c-ip sc-status\n", "#Fields: " + long + "\n",
			"23:00:01 192.0.2.1 GET /a \"x\"\n", "00:00:01 192.0.2.2 GET /b \"y z\"\n", "192.0.2.3 404\r\n"}, both...),
		"bunny": append([]string{"HIT|200|1507167062421|412|390|192.0.2.0|-|https://z.example/v.mp4|WA|ua|32ab|DE\n",
			"MISS|404|1507167062421|0|390|192.0.2.7|-|https://z.example/|WA|-|32ab|-|4|-|-\r\n", "HIT|200|1507167062421|412|390|0.0.0.0|"}, both...),
	}
}

// Whatever the number of streams and the size of blocks, what comes out is
// what one stream reads from the beginning to the end.
func TestBlocksDoNotMatter(t *testing.T) {
	for name, parts := range splitParts() {
		t.Run("format="+name, func(t *testing.T) { blocksDoNotMatter(t, Options{Form: Form{Format: name}}, parts) })
	}
}

// blocksDoNotMatter reads logs made of parts.
func blocksDoNotMatter(t *testing.T, opts Options, parts []string) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	errorText := gocmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 40).Draw(rt, "parts"), "")
		if opts.Format == "" && opts.Fields == nil {
			text = "#toy\n" + text
		}
		if rapid.IntRange(0, 9).Draw(rt, "mark") == 0 {
			text = "\xef\xbb\xbf" + text
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			rt.Fatal(err)
		}
		opts := opts
		opts.MaxLine = rapid.SampledFrom([]int{1, 20, 100, 250, 1000, 0}).Draw(rt, "longest")
		if rapid.Bool().Draw(rt, "proxies") {
			opts.Trusted = func(a netip.Addr) bool { return a.As16()[15] == 2 }
		}
		dir := dir
		if rapid.Bool().Draw(rt, "unwritten") {
			dir = ""
		}
		n, size := rapid.IntRange(2, 16).Draw(rt, "streams"), rapid.Int64Range(1, 100).Draw(rt, "block")
		want := readParallel(rt, dir, 1, 0, opts, path)
		got := readParallel(rt, dir, n, size, opts, path)
		if diff := gocmp.Diff(want, got, errorText); diff != "" {
			rt.Fatalf("%d streams, blocks of %d bytes (-whole +split):\n%s", n, size, diff)
		}
	})
}

// Whatever the number of streams, the parts of a table come to the same, also
// where some are damaged.
func TestPartsDoNotMatter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "table")
	errorText := gocmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	parts := rapid.SampledFrom([]string{"r", "abc", "!", "|", "||", "r!!|", "?", "??", strings.Repeat("s", 3000), strings.Repeat("!x", 5000)})
	rapid.Check(t, func(rt *rapid.T) {
		text := "TOY1" + strings.Join(rapid.SliceOfN(parts, 0, 30).Draw(rt, "parts"), "")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			rt.Fatal(err)
		}
		var opts Options
		if rapid.Bool().Draw(rt, "windowed") {
			opts.Since = time.UnixMicro(rapid.Int64Range(0, 9000).Draw(rt, "since"))
			opts.Until = opts.Since.Add(time.Duration(rapid.IntRange(1, 9000).Draw(rt, "span")) * time.Microsecond)
		}
		want := readParallel(rt, dir, 1, 0, opts, path)
		whole := opts
		whole.Whole = true
		for n, opts := range map[int]Options{2: opts, 3: whole, 16: opts} {
			if diff := gocmp.Diff(want, readParallel(rt, dir, n, 0, opts, path), errorText); diff != "" {
				rt.Fatalf("%d streams (-one +several):\n%s", n, diff)
			}
		}
	})
}

// Several inputs, of which some are split, some packed and some no logs.
func TestSplitAmongOthers(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	for i, text := range []string{toyLog(900), gzipped(toyLog(700)), "what is this\n" + toyLog(100), "", toyLog(40_000), "TOY1" + strings.Repeat("r!", 900),
		"TOY1" + strings.Repeat("r!rrr|", 900) + "?",
		toyLog(3), toyLog(2000)} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.log", i)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	errorText := gocmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	want := readParallel(t, out, 1, 0, Options{}, dir)
	for _, n := range []int{2, 3, 8} {
		for _, size := range []int64{50, 1000, 1 << 16} {
			if diff := gocmp.Diff(want, readParallel(t, out, n, size, Options{}, dir), errorText); diff != "" {
				t.Errorf("%d streams, blocks of %d bytes (-whole +split):\n%.3000s", n, size, diff)
			}
		}
	}
}

// The account names the first bad line by its number, wherever that is in
// whichever block.
func TestNumberOfReject(t *testing.T) {
	const lines = 60
	path := filepath.Join(t.TempDir(), "log")
	for bad := 2; bad <= lines; bad++ {
		text := "#toy\n" + strings.Repeat("192.0.2.1 5 /a\n", bad-2) + "bad\n" + strings.Repeat("bad\n\n", (lines-bad)/2) + "bad"
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 2, 16} {
			for _, size := range []int64{1, 3, 4, 5, 15, 63, 64, 65, 100} {
				got := readParallel(t, "", n, size, Options{}, path).Inputs[0].Reasons
				if len(got) != 1 || got[0].First.Line != int64(bad) || string(got[0].First.Sample) != "bad" {
					t.Errorf("line %d, %d streams, blocks of %d bytes: %+v", bad, n, size, got)
				}
			}
		}
	}
}

// The byte order mark does not count as part of the first line, however long
// that may be.
func TestBlocksBehindMark(t *testing.T) {
	const longest = 300
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for size := longest - 4; size <= longest+4; size++ {
		text := "\xef\xbb\xbf#toy" + strings.Repeat("x", size-len("#toy")) + "\n" + strings.Repeat("192.0.2.1 5 /a\n", 50)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		want := readParallel(t, dir, 1, 0, Options{MaxLine: longest}, path)
		for _, block := range []int64{1, 7, 100, 300, 301, 302, 303, 304} {
			if diff := gocmp.Diff(want, readParallel(t, dir, 2, block, Options{MaxLine: longest}, path)); diff != "" {
				t.Errorf("%d bytes, blocks of %d bytes (-whole +split):\n%s", size, block, diff)
			}
		}
		if tooLong := int64(len(want.Rejects)); (size > longest) != (tooLong == 1) {
			t.Errorf("%d bytes: %d rejects", size, tooLong)
		}
	}
}
