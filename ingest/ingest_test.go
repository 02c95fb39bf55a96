package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rulecast/ingest/decompress"
	"rulecast/ingest/record"
)

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

func TestLines(t *testing.T) {
	long := strings.Repeat("z", 200)
	const row = "192.0.2.1 5 /a"
	tests := []struct {
		name string
		text string
		want record.Input
		rows []string
		file string // of rejects, with @ for the header up to the line
	}{
		{"rows", "#toy\n" + row + "\n\n2001:db8::1 6 /b\n", record.Input{Lines: 4, Rows: 2, Skipped: 2},
			[]string{"0 192.0.2.1 5 /a", "0 2001:db8::1 6 /b"}, ""},
		{"no newline at the end", "#toy\n" + row, record.Input{Lines: 2, Rows: 1, Skipped: 1}, []string{"0 192.0.2.1 5 /a"}, ""},
		{"crlf", "#toy\r\n" + row + "\r\n\r\n" + row + "\r\n", record.Input{Lines: 4, Rows: 2, Skipped: 2},
			[]string{"0 192.0.2.1 5 /a", "0 192.0.2.1 5 /a"}, ""},
		{"byte order mark", "\xef\xbb\xbf#toy\n" + row + "\n", record.Input{Lines: 2, Rows: 1, Skipped: 1},
			[]string{"0 192.0.2.1 5 /a"}, ""},
		{"header only", "#toy\n", record.Input{Lines: 1, Skipped: 1}, nil, ""},
		{"header only, no newline", "#toy", record.Input{Lines: 1, Skipped: 1}, nil, ""},
		{"bad lines", "#toy\nx\n" + row + "\n\x00\n" + long + "\r\ny", record.Input{Lines: 6, Rows: 1, Rejects: 4, Skipped: 1},
			[]string{"0 192.0.2.1 5 /a"},
			"@2: no address\nx\n@4: no address\n\x00\n@5: no address\n" + long + "\r\n@6: no address\ny\n"},
		{"longest line", "#toy\n" + long + long[:100] + "\n" + row + "\n", record.Input{Lines: 3, Rows: 1, Rejects: 1, Skipped: 1},
			[]string{"0 192.0.2.1 5 /a"}, "@2: no address\n" + long + long[:100] + "\n"},
		{"line too long", "#toy\n" + long + long[:101] + "\n" + row + "\n", record.Input{Lines: 3, Rows: 1, Rejects: 1, Skipped: 1},
			[]string{"0 192.0.2.1 5 /a"}, "@2: line longer than the limit\n" + long + long[:101] + "\n"},
		{"last line too long", "#toy\n" + row + "\nx\n" + long + long + long, record.Input{Lines: 4, Rows: 1, Rejects: 2, Skipped: 1},
			[]string{"0 192.0.2.1 5 /a"}, "@3: no address\nx\n@4: line longer than the limit\n" + long + long + long + "\n"},
		{"two lines too long", "#toy\n" + long + long + "\n" + long + long + "\nx\n", record.Input{Lines: 4, Rejects: 3, Skipped: 1},
			nil, "@2: line longer than the limit\n" + long + long + "\n@3: line longer than the limit\n" + long + long +
				"\n@4: no address\nx\n"},
	}
	counts := cmpopts.IgnoreFields(record.Input{}, "Name", "Format", "Title", "Because", "Packing", "BytesRead", "Present", "Reasons")
	for _, tt := range tests {
		for packing, text := range map[string]string{"plain": tt.text, "gzip": gzipped(tt.text)} {
			path := write(t, "a.log", text)
			got := run(t, 1, Options{MaxLine: 300}, path)
			in := got.Inputs[0]
			if diff := cmp.Diff(tt.want, in, counts); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", tt.name, packing, diff)
			}
			if diff := cmp.Diff(tt.rows, got.Rows); diff != "" {
				t.Errorf("%s, %s: rows (-want +got):\n%s", tt.name, packing, diff)
			}
			if diff := cmp.Diff(strings.ReplaceAll(tt.file, "@", "# "+path+":"), got.File); diff != "" {
				t.Errorf("%s, %s: rejects (-want +got):\n%s", tt.name, packing, diff)
			}
			if in.Format != "toy" || in.Packing != packing || in.BytesRead != int64(len(text)) || in.Present.Has(record.Path) != (in.Rows > 0) {
				t.Errorf("%s: format %q, packing %q, %d bytes, present %v", tt.name, in.Format, in.Packing, in.BytesRead, in.Present)
			}
		}
	}
}

// However the bytes come and whatever the length of lines, the same rows come
// out as when each line is looked at on its own.
func TestSplitsDoNotMatter(t *testing.T) {
	part := rapid.SampledFrom([]string{"192.0.2.1 7 /x", "bad", "\n", "\n", "\r\n", "#", strings.Repeat("y", 50),
		strings.Repeat("192.0.2.9 8 /y\n", 3000), strings.Repeat("n", decompress.BlockSize)})
	rapid.Check(t, func(rt *rapid.T) {
		text := "#toy\n" + strings.Join(rapid.SliceOfN(part, 0, 12).Draw(rt, "parts"), "")
		maxLine := rapid.SampledFrom([]int{14, 40, 1000, 0}).Draw(rt, "longest")
		want := naive(text, maxLine)
		sources := []io.Reader{strings.NewReader(text), iotest.HalfReader(strings.NewReader(text)),
			strings.NewReader(gzipped(text))}
		if len(text) < 5000 {
			sources = append(sources, iotest.OneByteReader(strings.NewReader(text)))
		}
		for _, src := range sources {
			got := run(t, 1, Options{MaxLine: maxLine, Stdin: src}, "-")
			if in := got.Inputs[0]; in.Rows != want.rows || in.Rejects != want.rejects || in.Skipped != want.skipped {
				rt.Fatalf("%T: %d rows, %d rejects, %d skipped; want %+v", src, in.Rows, in.Rejects, in.Skipped, want)
			}
			if got.File != want.file {
				rt.Fatalf("%T: rejects\n%.2000q\nwant\n%.2000q", src, got.File, want.file)
			}
		}
	})
}

type tallied struct {
	rows, rejects, skipped int64
	file                   string
}

// naive is the slow oracle of the line driver.
func naive(text string, maxLine int) (want tallied) {
	if maxLine == 0 {
		maxLine = DefaultMaxLine
	}
	lines := strings.Split(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	for i, raw := range lines {
		line := strings.TrimSuffix(raw, "\r")
		reason := ""
		switch {
		case len(raw) > maxLine:
			reason = ReasonTooLong
		case line == "" || line[0] == '#':
			want.skipped++
		case strings.HasPrefix(line, "192.0.2.1 ") || strings.HasPrefix(line, "192.0.2.9 "):
			want.rows++
		default:
			reason = reasonToy
		}
		if reason != "" {
			want.rejects++
			want.file += fmt.Sprintf("# -:%d: %s\n%s\n", i+1, reason, raw)
		}
	}
	return want
}

// The number of streams shows nowhere in what comes out.
func TestStreamsDoNotMatter(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		text := toyLog(1 + i*i*300)
		name := fmt.Sprintf("%02d.log", i)
		switch i {
		case 3:
			text = gzipped(text)
		case 4:
			text = gzipped(text)[:5000] // damaged
		case 5:
			text = "what is this\n"
		case 6:
			text = ""
		case 7:
			text = gzipped("")
		case 8:
			text = "TOY1" + strings.Repeat("r!", 20_000)
		case 9:
			name = "09\nb.log"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "10b.log")); err != nil {
		t.Fatal(err)
	}
	errorText := cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	want := run(t, 1, Options{}, dir)
	for _, n := range []int{2, 7, 40} {
		if diff := cmp.Diff(want, run(t, n, Options{}, dir), errorText); diff != "" {
			t.Errorf("%d streams (-1 stream +%d):\n%.3000s", n, n, diff)
		}
	}
	var faults []string
	for _, in := range want.Inputs {
		if in.Err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", filepath.Base(in.Name), in.Err))
		}
	}
	wantFaults := []string{
		"04.log: truncated gzip archive: it ends after 5000 bytes",
		"05.log: no known log format; --log-format and --field read others",
		"10b.log: no such file or directory",
	}
	if diff := cmp.Diff(wantFaults, faults); diff != "" {
		t.Errorf("errors of inputs (-want +got):\n%s", diff)
	}
	if name := `/09\nb.log":18: no address`; !strings.Contains(want.File, name) {
		t.Errorf("a name with a newline is not escaped: no %s", name)
	}
}

// The account names the reasons, the most frequent first, with the first line.
func TestReasons(t *testing.T) {
	path := write(t, "a.log", "#toy\n"+strings.Repeat("l", 50)+"\nbad 1\nbad 2\n")
	got := run(t, 1, Options{MaxLine: 40}, path)
	want := []record.Reason{
		{Reason: reasonToy, Count: 2, First: record.Reject{Line: 3, Reason: reasonToy, Sample: []byte("bad 1")}},
		{Reason: ReasonTooLong, Count: 1, First: record.Reject{Line: 2, Reason: ReasonTooLong, Sample: bytes.Repeat([]byte("l"), 50)}},
	}
	if diff := cmp.Diff(want, got.Inputs[0].Reasons); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is readable of a damaged archive is read, and the line at the damage is
// no row: half a line can say anything.
func TestDamagedArchive(t *testing.T) {
	text := toyLog(3000)
	archive := gzipped(text)
	for _, n := range []int{3, 15, 200, len(archive) / 2, len(archive) - 9, len(archive) - 1} {
		got := run(t, 1, Options{}, write(t, "a.log", archive[:n]))
		in := got.Inputs[0]
		var damage *decompress.Error
		if !errors.As(in.Err, &damage) || in.BytesRead != int64(n) {
			t.Errorf("cut to %d bytes: %d read, error %v", n, in.BytesRead, in.Err)
		}
		var unpacked decompress.Reader
		unpacked.Reset(strings.NewReader(archive[:n]))
		readable, _ := io.ReadAll(&unpacked)
		lines := int64(bytes.Count(readable, []byte("\n")))
		cut := strings.Count(strings.Join(got.Rejects, "\n"), ReasonCutOff)
		if bytes.HasPrefix(readable, []byte("#toy")) && !bytes.HasSuffix(readable, []byte("\n")) {
			if lines++; cut != 1 {
				t.Errorf("cut to %d bytes: %d lines rejected as cut off", n, cut)
			}
		}
		if in.Lines != lines {
			t.Errorf("cut to %d bytes: %d lines; want %d", n, in.Lines, lines)
		}
	}
}

func TestUnrecognised(t *testing.T) {
	tests := []struct{ text, hint string }{
		{"\xff\xfe#\x00t\x00o\x00y\x00", "UTF-16"},
		{"\xfe\xff\x00#\x00t", "UTF-16"},
		{"#\x00t\x00o\x00y\x00", "UTF-16"},
		{"\xfd7zXZ\x00\x00\x04", "xz"},
		{"PK\x03\x04\x14\x00", "zip"},
		{gzipped(gzipped("#toy\n")), "compressed twice"},
		{gzipped(strings.Repeat("x", 257) + "ustar\x0000"), "tar"},
		{"anything else", ""},
	}
	for _, tt := range tests {
		got := run(t, 1, Options{}, write(t, "a.log", tt.text))
		in := got.Inputs[0]
		var unrecognised *UnrecognisedError
		if !errors.As(in.Err, &unrecognised) || !strings.Contains(unrecognised.Hint, tt.hint) || in.Format != "" || in.Lines != 0 {
			t.Errorf("%q: format %q, %d lines, error %v", tt.text, in.Format, in.Lines, in.Err)
			continue
		}
		if len(unrecognised.Misses) != 2 || (tt.hint == "") != (unrecognised.Hint == "") {
			t.Errorf("%q: %v", tt.text, in.Err)
		}
	}
}

func TestTable(t *testing.T) {
	plain := write(t, "a.tab", "TOY1"+strings.Repeat("r", 20_000)+"!r!")
	got := run(t, 1, Options{}, plain)
	in := got.Inputs[0]
	if in.Rows != 20_001 || in.Rejects != 2 || in.Format != "toytable" || in.Packing != "toytable" || in.BytesRead != 20_007 || in.Err != nil {
		t.Errorf("%+v", in)
	}
	if want := fmt.Sprintf("# %s:20001: no address\n!\\n!\n# %s:20003: no address\n!\\n!\n", plain, plain); got.File != want {
		t.Errorf("rejects %q; want %q", got.File, want)
	}
	for text, want := range map[string]string{
		gzipped("TOY1r"): errPacked.Error(),
		"TOY1rr?rr":      "part 0: damaged page",
		"TOY1":           "no rows",
	} {
		if got := run(t, 1, Options{}, write(t, "a.tab", text)); fmt.Sprint(got.Inputs[0].Err) != want {
			t.Errorf("%q: error %v; want %s", text, got.Inputs[0].Err, want)
		}
	}
	piped := run(t, 1, Options{Stdin: strings.NewReader("TOY1r")}, "-")
	if piped.Inputs[0].Err != errPiped {
		t.Errorf("error %v", piped.Inputs[0].Err)
	}
}

func TestWindow(t *testing.T) {
	path := write(t, "a.log", toyLog(1000))
	got := run(t, 2, Options{Since: time.UnixMicro(100), Until: time.UnixMicro(120)}, path)
	in := got.Inputs[0]
	if in.Rows != 18 || in.Outside != 1000-1-18-in.Rejects || in.Rejects != 58 { // 101 and 118 are bad lines
		t.Errorf("%d rows, %d outside, %d rejects", in.Rows, in.Outside, in.Rejects)
	}
	if got.Rows[0] != "0 192.0.2.100 100 /path/100" || got.Rows[17] != "0 192.0.2.119 119 /path/119" {
		t.Errorf("from %s to %s", got.Rows[0], got.Rows[17])
	}
	r, err := Open([]string{path}, Options{Since: time.UnixMicro(1)})
	if err != nil || r.Columns() != record.ColumnSet(record.Time) {
		t.Errorf("columns %v, %v", r.Columns(), err)
	}
}

// The client is the one that trusted proxies name, and the account says so.
func TestTrustedProxies(t *testing.T) {
	line := func(peer, forwarded string) string {
		return peer + ` - - [01/Nov/2026:00:00:01 +0000] "GET /a HTTP/1.1" 200 5 "-" "ua" "` + forwarded + `"` + "\n"
	}
	path := write(t, "a.log", line("10.0.0.1", "203.0.113.9, 192.0.2.1")+line("10.0.0.1", "-")+line("192.0.2.2", "203.0.113.9")+"bad\n"+
		line("10.0.0.2", "192.0.2.3, 10.0.0.1")+line("10.0.0.2", "10.0.0.1"))
	opts := Options{Form: Form{Format: "combined"}, Trusted: netip.Addr.IsPrivate}
	got := run(t, 2, opts, path)
	const us = 1793491201000000
	var want []string
	for _, client := range []string{"192.0.2.1", "10.0.0.1", "192.0.2.2", "192.0.2.3", "10.0.0.1"} {
		want = append(want, fmt.Sprintf("0 %s %d /a", client, int64(us)))
	}
	if diff := cmp.Diff(want, got.Rows); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if through := got.Inputs[0].Through; through != (record.Through{Named: 2, Unnamed: 2}) || got.Inputs[0].Rejects != 1 {
		t.Errorf("%+v, %d rejects", through, got.Inputs[0].Rejects)
	}
	r, err := Open([]string{path}, Options{Trusted: netip.Addr.IsPrivate})
	if err != nil || r.Columns() != record.ColumnSet(record.Client, record.Forwarded) {
		t.Errorf("columns %v, %v", r.Columns(), err)
	}
}

func TestOpenErrors(t *testing.T) {
	path := write(t, "a.log", "#toy\n")
	missing := filepath.Join(filepath.Dir(path), "no", "rejects")
	now := time.Unix(1e9, 0)
	tests := []struct {
		args []string
		opts Options
		want string
	}{
		{nil, Options{}, "no input is named"},
		{[]string{path}, Options{Form: Form{Format: "nonsense"}}, `unknown format "nonsense": it is one of `},
		{[]string{path}, Options{Form: Form{Fields: []string{"ip=a"}}}, `field "ip=a": unknown name ip: it is one of `},
		{[]string{path}, Options{Form: Form{Format: "common", Fields: []string{"client=a"}}}, "a format, fields and a log format exclude one another"},
		{[]string{path}, Options{Form: Form{LogFormat: "%h", Fields: []string{"client=a"}}}, "a format, fields and a log format exclude one another"},
		{[]string{path}, Options{Form: Form{LogFormat: "%r"}}, "log format: "},
		{[]string{path}, Options{Form: Form{Listed: "c-ip"}}, "a list of fields needs its format"},
		{[]string{path}, Options{Form: Form{Format: "common", Listed: "c-ip"}}, "the format common says its fields itself"},
		{[]string{path}, Options{Form: Form{Format: "cloudfront-realtime", Listed: "timestamp"}}, "the list of fields has no c-ip"},
		{[]string{path}, Options{Form: Form{Format: "akamai-structured"}}, "the format akamai-structured needs the list of its fields"},
		{[]string{path}, Options{Since: now, Until: now}, "the time window is empty: since is not before until"},
		{[]string{path}, Options{Rejects: path}, path + ": rejects would overwrite this input"},
		{[]string{path}, Options{Rejects: filepath.Dir(path)}, filepath.Dir(path) + ": rejects are written to regular files only"},
		{[]string{path}, Options{Rejects: missing}, missing + ": open "},
	}
	for _, tt := range tests {
		_, err := Open(tt.args, tt.opts)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%+v: error %v; want %s", tt.opts, err, tt.want)
		}
	}
}

// An error of the callee ends the stream, and no file of rejects appears.
func TestCalleeError(t *testing.T) {
	path := write(t, "a.log", toyLog(50_000))
	rejects := filepath.Join(filepath.Dir(path), "rejects")
	r, err := Open([]string{path}, Options{Rejects: rejects})
	if err != nil {
		t.Fatal(err)
	}
	r.detect = detectToy
	full := errors.New("disk full")
	s := r.Streams(1)[0]
	for range 2 {
		if err := s.Each(context.Background(), func(*record.Batch) error { return full }); err != full {
			t.Errorf("error %v", err)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 || r.Inputs()[0].Err != full {
		t.Errorf("%v left behind, %v; account says %v", left, err, r.Inputs()[0].Err)
	}
}

// Cancelling ends a stream that waits for a pipe.
func TestCancel(t *testing.T) {
	src, w := io.Pipe()
	defer w.Close()
	r, err := Open([]string{"-"}, Options{Stdin: src})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err = r.Streams(1)[0].Each(ctx, func(*record.Batch) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) || r.Inputs()[0].Err == nil {
		t.Errorf("error %v; account says %v", err, r.Inputs()[0].Err)
	}
}

func TestProgress(t *testing.T) {
	path := write(t, "a.log", toyLog(50_000))
	table := write(t, "a.tab", "TOY1rrr")
	r, err := Open([]string{path, table}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.detect = detectToy
	if err := r.Streams(1)[0].Each(context.Background(), func(*record.Batch) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if read, total := r.Progress(); read < total || read > total+7 {
		t.Errorf("%d of %d bytes", read, total)
	}
	if in := r.Inputs(); r.Requests() != in[0].Rows+in[1].Rows || r.Requests() < 40_000 {
		t.Errorf("%d requests", r.Requests())
	}
	if r, err = Open([]string{path, "-"}, Options{Stdin: strings.NewReader("")}); err != nil {
		t.Fatal(err)
	}
	if _, total := r.Progress(); total != -1 {
		t.Errorf("total %d with a pipe", total)
	}
}
