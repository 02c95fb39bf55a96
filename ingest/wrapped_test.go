package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
	"rulecast/ingest/unwrap"
)

// frontDoorLog is n records of a log, of which every 17th is bad.
func frontDoorLog(n int) (records []string) {
	for i := range n {
		client := fmt.Sprintf("192.0.2.%d", i%256)
		if i%17 == 16 {
			client = "edge"
		}
		records = append(records, fmt.Sprintf(`{"time":"2024-04-10T23:00:%02d.1234567Z","category":"FrontDoorAccessLog","properties":{"socketIp":%q,`+
			`"requestUri":"https://a.example:443/%d?[{","userAgent":"\"}\\","rulesEngineMatchNames":["x","y"]}}`, i%60, client, i))
	}
	return records
}

func pretty(text string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "    "); err != nil {
		panic(err)
	}
	return b.String()
}

// TestWrapped reads the same records on lines and in every wrapping, however
// many streams there are and however the input is cut.
func TestWrapped(t *testing.T) {
	records := frontDoorLog(2000)
	dir := t.TempDir()
	opts := Options{Form: Form{Format: "azure-frontdoor"}}
	read := func(n int, size int64, opts Options, args ...string) everything {
		got := readParallel(t, dir, n, size, opts, args...)
		for i := range got.Inputs {
			got.Inputs[i].Name, got.Inputs[i].Packing, got.Inputs[i].BytesRead = "", "", 0
		}
		// Samples may differ in white space.
		for i := range got.Rejects {
			got.Rejects[i].Sample = nil
		}
		for i := range got.Inputs[0].Reasons {
			got.Inputs[0].Reasons[i].First.Sample = nil
		}
		got.Read, got.File = 0, ""
		return got
	}
	want := read(1, 0, opts, write(t, "lines.json", strings.Join(records, "\n")))
	if in := want.Inputs[0]; in.Lines != 2000 || in.Rejects != 2000/17 || in.Rows+in.Rejects != in.Lines {
		t.Fatalf("account of lines: %+v", in)
	}
	array := "[" + strings.Join(records, ",") + "]"
	for name, text := range map[string]string{
		"array":          array,
		"array of lines": "[\n" + strings.Join(records, ",\n") + "\n]\n",
		"arrays":         "[" + strings.Join(records[:700], ",") + "]\n[" + strings.Join(records[700:], ",") + "]\n",
		"records":        `{"count":2000,"records":` + array + `,"end":{}}`,
		"records, many":  `{"records":[` + strings.Join(records[:3], ",") + "]}\n" + `{"records":[` + strings.Join(records[3:], ",") + "]}\n",
		"pretty array":   pretty(array),
		"pretty records": "\xef\xbb\xbf" + pretty(`{"records":`+array+`}`),
		"pretty objects": pretty(records[0]) + "\n" + prettyEach(records[1:]),
	} {
		path := write(t, "wrapped.json", text)
		for _, n := range []int{1, 3} {
			for _, size := range []int64{0, 777} {
				if diff := cmp.Diff(want, read(n, size, opts, path)); diff != "" {
					t.Errorf("%s, %d streams, blocks of %d (-want +got):\n%.2000s", name, n, size, diff)
				}
			}
		}
		if diff := cmp.Diff(want, read(2, 0, opts, write(t, "wrapped.json.gz", gzipped(text)))); diff != "" {
			t.Errorf("%s, gzip (-want +got):\n%.2000s", name, diff)
		}
		piped := opts
		piped.Stdin = iotest.HalfReader(strings.NewReader(text))
		if diff := cmp.Diff(want, read(1, 0, piped, "-")); diff != "" {
			t.Errorf("%s, pipe (-want +got):\n%.2000s", name, diff)
		}
		checkDetected(t, name, path)
	}
}

func prettyEach(records []string) string {
	var b strings.Builder
	for _, r := range records {
		b.WriteString(pretty(r) + "\n")
	}
	return b.String()
}

func checkDetected(t *testing.T, name, path string) {
	t.Helper()
	r, err := Open([]string{path}, Options{Columns: record.ColumnSet(record.Client)})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	if err := r.Streams(1)[0].Each(t.Context(), func(b *record.Batch) error { rows += b.Rows; return nil }); err != nil {
		t.Fatal(err)
	}
	if in := r.Inputs()[0]; in.Format != "azure-frontdoor" || in.Err != nil || rows != 2000-2000/17 {
		t.Errorf("%s: detected %q, %d rows, %v", name, in.Format, rows, in.Err)
	}
}

// TestWrappedCut reads containers that end too early, or hold what is too long.
func TestWrappedCut(t *testing.T) {
	records := frontDoorLog(3)
	long := strings.Replace(records[1], "a.example", strings.Repeat("a", 2000), 1)
	for _, c := range []struct {
		name, text    string
		rows, rejects int64
		reason        string
		err           error
	}{
		{"cut in a record", "[" + records[0] + "," + records[1][:60], 1, 1, ReasonCutOff, unwrap.ErrTruncated},
		{"cut behind a record", `{"records":[` + records[0] + "," + records[1], 2, 0, "", unwrap.ErrTruncated},
		{"cut behind the records", `{"records":[` + records[0] + "]", 1, 0, "", unwrap.ErrTruncated},
		{"without records", `{"records":[` + records[0] + `]}{"a":1}`, 1, 0, "", unwrap.ErrNoRecords},
		{"empty", "[]", 0, 0, "", nil},
		{"too long", "[" + records[0] + "," + long + "," + records[2] + "]", 2, 1, ReasonTooLong, nil},
		{"cut in what is too long", "[" + records[0] + "," + long[:2000], 1, 1, ReasonTooLong, unwrap.ErrTruncated},
		{"no object", "[" + records[0] + `,17,"x"]`, 1, 2, "not a JSON object", nil},
	} {
		for packing, text := range map[string]string{"plain": c.text, "gzip": gzipped(c.text)} {
			got := readParallel(t, t.TempDir(), 2, 100, Options{Form: Form{Format: "azure-frontdoor"}, MaxLine: 1000}, write(t, "a.json", text))
			in := got.Inputs[0]
			reason := ""
			if len(in.Reasons) > 0 {
				reason = in.Reasons[0].Reason
			}
			if in.Rows != c.rows || in.Rejects != c.rejects || reason != c.reason || !errors.Is(in.Err, c.err) || in.BytesRead != int64(len(text)) {
				t.Errorf("%s, %s: %d rows, %d rejects, %q, %v, %d of %d bytes", c.name, packing, in.Rows, in.Rejects, reason, in.Err, in.BytesRead, len(text))
			}
		}
	}
	damaged := gzipped("[" + records[0] + "," + records[1] + "]")
	got := readParallel(t, t.TempDir(), 1, 0, Options{Form: Form{Format: "azure-frontdoor"}}, write(t, "a.json.gz", damaged[:len(damaged)-12]))
	if in := got.Inputs[0]; !errors.Is(in.Err, io.ErrUnexpectedEOF) {
		t.Errorf("damaged archive: %v", in.Err)
	}
}
