package gen

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"rulecast/ingest/referer"
)

func mustNew(t testing.TB, o Options) *Generator {
	t.Helper()
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func write(t testing.TB, o Options) (string, *Truth) {
	t.Helper()
	var b bytes.Buffer
	truth, err := mustNew(t, o).Write(&b, false)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), truth
}

// TestDeterministic writes each format with one worker and with several.
func TestDeterministic(t *testing.T) {
	for _, format := range Formats() {
		o := Options{Format: format, Seed: 3, Rows: 12_345, Broken: 17, Hostile: 50}
		want, wantTruth := write(t, o)
		old := runtime.GOMAXPROCS(1)
		one, oneTruth := write(t, o)
		runtime.GOMAXPROCS(old)
		if one != want || !reflect.DeepEqual(oneTruth, wantTruth) {
			t.Errorf("%s: the number of workers shows", format)
		}
		o.Seed++
		if other, _ := write(t, o); other == want {
			t.Errorf("%s: the seed does not show", format)
		}
	}
}

// TestFiles demands that a log is the same however many files it is spread
// over, compressed or not.
func TestFiles(t *testing.T) {
	o := Options{Format: "combined", Seed: 5, Rows: 7_500, Broken: 4}
	want, wantTruth := write(t, o)
	for n := 1; n <= 8; n++ {
		dir := filepath.Join(t.TempDir(), "logs")
		truth, err := mustNew(t, o).WriteFiles(dir, n, n%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(truth, wantTruth) {
			t.Errorf("%d files: another truth", n)
		}
		names, err := filepath.Glob(filepath.Join(dir, "combined-*"))
		if err != nil || len(names) != n {
			t.Fatalf("%d files: %v, %v", n, names, err)
		}
		var got strings.Builder
		for _, name := range names {
			got.WriteString(readFile(t, name))
		}
		if got.String() != want {
			t.Errorf("%d files: other lines", n)
		}
	}
	if _, err := mustNew(t, o).WriteFiles(t.TempDir(), 9, false); err == nil {
		t.Error("9 files of 8 chunks: no error")
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(name) == ".gz" {
		zr, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(zr); err != nil {
			t.Fatal(err)
		}
	}
	return string(raw)
}

// TestTruth counts the rows of a log in the plainest way and compares with the
// truth.
func TestTruth(t *testing.T) {
	o := Options{Format: "cloudfront", Seed: 7, Rows: 30_000, Clients: 5_000, Hosts: 400, Broken: 30, Hostile: 200, Span: 3 * 24 * time.Hour}
	text, truth := write(t, o)
	got := Truth{Format: "cloudfront", Seed: 7, Statuses: map[string]int64{}}
	clients, hosts := map[string]*Count{}, map[string]*Count{}
	count := func(m map[string]*Count, value string, n int64) {
		if m[value] == nil {
			m[value] = &Count{Value: value}
		}
		m[value].Requests++
		m[value].Bytes += n
	}
	for line := range strings.Lines(text) {
		got.Lines++
		v := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			got.Skipped++
			continue
		}
		var at time.Time
		var err error
		if len(v) == 33 {
			at, err = time.Parse("2006-01-02 15:04:05", v[0]+" "+v[1])
		}
		if len(v) != 33 || err != nil {
			got.Rejects++
			continue
		}
		got.Rows++
		n, err := strconv.ParseInt(v[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		status, err := strconv.Atoi(v[8])
		if err != nil {
			t.Fatal(err)
		}
		got.Bytes += n
		got.Statuses[strconv.Itoa(status)]++
		if us := at.UnixMicro(); got.First == 0 || us < got.First {
			got.First = us
		}
		got.Last = max(got.Last, at.UnixMicro())
		count(clients, v[4], n)
		if host, class := referer.Parse([]byte(percentDecoded(v[9]))); class == referer.ClassHost {
			count(hosts, host, n)
		}
	}
	got.Clients, got.Hosts = len(clients), len(hosts)
	for _, top := range truth.TopClients {
		got.TopClients = append(got.TopClients, *clients[top.Value])
	}
	for _, top := range truth.TopHosts {
		got.TopHosts = append(got.TopHosts, *hosts[top.Value])
	}
	got.Planted, got.Referers = truth.Planted, truth.Referers
	if !reflect.DeepEqual(&got, truth) {
		t.Errorf("counted %+v\nthe truth is %+v", got, *truth)
	}
	if got.Rows != o.Rows || got.Rejects != o.Broken || got.Clients != o.Clients || got.Hosts != o.Hosts {
		t.Errorf("not what was asked for: %+v", got)
	}
}

// TestPlanted demands that the tables of plant.go mean what a reader makes of
// them.
func TestPlanted(t *testing.T) {
	named := map[string]bool{}
	for _, h := range namedHosts {
		named[h.name] = true
	}
	for _, h := range hotlinkHosts {
		named[h] = true
	}
	for name := range named {
		if got, ok := referer.CanonicalHost(name); !ok || got != name {
			t.Errorf("host %q is %q, %v in canonical form", name, got, ok)
		}
	}
	for _, o := range slices.Concat(oddReferers, hostileReferers) {
		host, class := referer.Parse([]byte(o.raw))
		if class != referer.ClassHost {
			host = class.String()
		} else if !named[host] {
			t.Errorf("%q: %s is not among namedHosts", o.raw, host)
		}
		if host != o.want {
			t.Errorf("%q: reads as %s, not %s", o.raw, host, o.want)
		}
	}
}

// TestAllKinds demands that a large log has every planted client, hostile text
// and odd Referer.
func TestAllKinds(t *testing.T) {
	text, truth := write(t, Options{Format: "cloudflare", Seed: 1, Rows: 20_011, Hosts: 97, Hostile: 100})
	for _, c := range plantedClients {
		if !strings.Contains(text, `"ClientIP":"`+c.addr+`"`) {
			t.Errorf("client %s is missing", c.addr)
		}
	}
	want := slices.Clone(hostileAgents)
	for _, o := range slices.Concat(oddReferers, hostileReferers) {
		want = append(want, o.raw)
	}
	for _, s := range want {
		if !strings.Contains(text, `"`+string(appendJSON(nil, s))+`"`) {
			t.Errorf("%q is missing", s)
		}
	}
	if truth.Countries["ZZ"] == 0 || truth.Countries["DE"] == 0 || truth.Statuses["499"] == 0 || truth.Statuses["206"] == 0 {
		t.Errorf("countries %v, statuses %v", truth.Countries, truth.Statuses)
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"format":         {Format: "qif"},
		"few clients":    {Clients: 5},
		"few hosts":      {Hosts: 5},
		"few rows":       {Rows: 1000, Clients: 1001},
		"broken":         {Broken: -1},
		"too many":       {Rows: 1000, Broken: 1001},
		"span":           {Span: time.Millisecond},
		"year":           {Start: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
		"too few to fit": {Rows: 10},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	text, truth := write(t, Options{Rows: 64, Hostile: -1})
	if truth.Rows != 64 || strings.Contains(text, "%1B") {
		t.Errorf("smallest log: %+v", truth)
	}
}

type brokenPipe struct{ left int }

func (w *brokenPipe) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	g := mustNew(t, Options{Rows: 50_000})
	for _, pack := range []bool{false, true} {
		if truth, err := g.Write(&brokenPipe{left: 2}, pack); err == nil || truth != nil {
			t.Errorf("pack %v: %v, %v", pack, truth, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := g.WriteFiles(filepath.Join(file, "dir"), 3, false); err == nil {
		t.Error("a folder below a file: no error")
	}
}

func FuzzEscapes(f *testing.F) {
	for _, s := range hostileAgents {
		f.Add(s)
	}
	for _, o := range slices.Concat(oddReferers, hostileReferers) {
		f.Add(o.raw)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || s == "-" {
			return
		}
		if got := percentDecoded(string(appendCloudFront(nil, s))); got != s {
			t.Errorf("CloudFront: %q came back as %q", s, got)
		}
		for _, e := range []string{string(appendNginx(nil, s)), string(appendApache(nil, s))} {
			if got, err := strconv.Unquote(`"` + strings.ReplaceAll(e, "\x7f", `\x7f`) + `"`); err != nil || got != s {
				t.Errorf("%q: %q came back as %q, %v", e, s, got, err)
			}
		}
		var got string
		if err := json.Unmarshal([]byte(`"`+string(appendJSON(nil, s))+`"`), &got); err != nil || got != string([]rune(s)) {
			t.Errorf("JSON: %q came back as %q, %v", s, got, err)
		}
	})
}

// percentDecoded decodes once, byte by byte.
func percentDecoded(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func BenchmarkWrite(b *testing.B) {
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			g := mustNew(b, Options{Format: format, Rows: 100_000})
			var n countWriter
			for b.Loop() {
				n = 0
				if _, err := g.Write(&n, false); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(n))
		})
	}
}

type countWriter int64

func (n *countWriter) Write(p []byte) (int, error) {
	*n += countWriter(len(p))
	return len(p), nil
}
