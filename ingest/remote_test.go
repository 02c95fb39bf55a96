package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"rulecast/ingest/compact"
	"rulecast/ingest/record"
	"rulecast/ingest/source/object/objecttest"
	"rulecast/samples"
)

// startStore starts a store that the environment leads to.
func startStore(t *testing.T) *objecttest.Server {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_NO_SIGN_REQUEST", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ACCESS_KEY_ID", objecttest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", objecttest.SecretKey)
	s := objecttest.NewServer("logs")
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", s.URL)
	return s
}

// parquetOf is a log as package compact writes it.
func parquetOf(t *testing.T, log []byte) []byte {
	t.Helper()
	r, err := Open([]string{write(t, "a.log", string(log))}, Options{Columns: record.AllColumns})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.parquet")
	w, err := compact.Create(path, record.AllColumns)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Streams(1) {
		if err := s.Each(t.Context(), w.Write); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// faulty breaks some of the answers to requests for objects.
func faulty() objecttest.Intercept {
	var requests atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if n := requests.Add(1); n%5 == 2 {
			w = objecttest.Cut(w, 100<<10)
		} else if n%5 == 4 {
			objecttest.Refuse(w, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		serve(w, r)
	}
}

// Objects and files on the web give the rows that local files do, whatever
// packs them and however many streams read them.
func TestRemote(t *testing.T) {
	packed, err := samples.FS.ReadFile("logs/cloudfront.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	large := cloudFrontLog(30000)
	logs := map[string]struct {
		format string
		data   []byte
	}{
		"plain":   {"cloudfront", large},
		"gzip":    {"cloudfront", packed},
		"large":   {"cloudfront", []byte(gzipped(string(large)))},
		"parquet": {"parquet", parquetOf(t, large)},
	}
	for name, log := range logs {
		t.Run(name, func(t *testing.T) {
			s := startStore(t)
			s.Put("dir/a.log", log.data)
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"v1"`)
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(log.data))
			}))
			defer web.Close()
			s.Intercept(faulty())
			dir := t.TempDir()
			path := write(t, "a.log", string(log.data))
			opts := Options{Form: Form{Format: log.format}}
			want := readParallel(t, dir, 1, 0, opts, path)
			if len(want.Rows) == 0 {
				t.Fatal("no rows")
			}
			for address, public := range map[string]string{
				"s3://logs/dir/": "s3://logs/dir/a.log",
				strings.Replace(web.URL, "//", "//me:word@", 1) + "/a.log?sig=x": web.URL + "/a.log?sig=***",
			} {
				for _, n := range []int{1, 3} {
					got := readParallel(t, dir, n, 0, opts, address)
					if got.Inputs[0].Name != public {
						t.Errorf("name %s", got.Inputs[0].Name)
					}
					got.Inputs[0].Name = path
					got.File = strings.ReplaceAll(got.File, public, path)
					if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(record.Presence{})); diff != "" {
						t.Errorf("%s in %d streams (-want +got):\n%.2000s", public, n, diff)
					}
				}
			}
		})
	}
}

// Many small objects come whole and in no more requests than there are.
func TestManyObjects(t *testing.T) {
	s := startStore(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		text := fmt.Sprintf("#toy\n192.0.2.%d %d /a\nbad\n", i%250, i)
		key := fmt.Sprintf("logs/%03d.log", i)
		s.Put(key, []byte(text))
		if err := os.WriteFile(filepath.Join(dir, key), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want := readParallel(t, dir, 2, 0, Options{}, filepath.Join(dir, "logs"))
	got := readParallel(t, dir, 3, 0, Options{}, "s3://logs/logs/*.log")
	for i := range got.Inputs {
		got.Inputs[i].Name = strings.Replace(got.Inputs[i].Name, "s3://logs", dir, 1)
		for k := range got.Inputs[i].Reasons {
			got.Inputs[i].Reasons[k].First.Sample = want.Inputs[i].Reasons[k].First.Sample
		}
	}
	got.File = strings.ReplaceAll(got.File, "s3://logs", dir)
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(record.Presence{})); diff != "" {
		t.Errorf("(-want +got):\n%.2000s", diff)
	}
	if n := len(s.Requests()); n != 501 {
		t.Errorf("%d requests", n)
	}
}

// Small objects do not wait for each other to come.
func TestObjectsComeTogether(t *testing.T) {
	s := startStore(t)
	for i := range 100 {
		s.Put(fmt.Sprintf("%03d.log", i), []byte("#toy\n192.0.2.1 1 /a\n"))
	}
	var at, most atomic.Int64
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		n := at.Add(1)
		defer at.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		if r.URL.Path != "/logs/" {
			time.Sleep(20 * time.Millisecond)
		}
		serve(w, r)
	})
	got := readParallel(t, t.TempDir(), 1, 0, Options{}, "s3://logs/")
	if len(got.Rows) != 100 || most.Load() < preparedInputs/2 || most.Load() > preparedInputs+1 {
		t.Errorf("%d rows, %d requests at a time", len(got.Rows), most.Load())
	}
}

// What a store does not deliver is a fault of the input, and what came before
// it counts.
func TestRemoteFault(t *testing.T) {
	s := startStore(t)
	s.Put("a.log", []byte(toyLog(100000)))
	s.Put("b.log", []byte(toyLog(10)))
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		switch {
		case r.URL.Path == "/logs/a.log" && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-"):
			objecttest.Refuse(w, http.StatusForbidden, "AccessDenied")
		default:
			serve(w, r)
		}
	})
	for _, n := range []int{1, 3} {
		got := readParallel(t, t.TempDir(), n, 0, Options{}, "s3://logs/")
		a, b := got.Inputs[0], got.Inputs[1]
		if want := "HTTP 403 AccessDenied: the credentials do not allow this"; a.Err == nil || !strings.HasSuffix(a.Err.Error(), want) ||
			!strings.HasPrefix(a.Err.Error(), "at byte 1048576 of ") {
			t.Errorf("error %v", a.Err)
		}
		if a.Rows == 0 || a.BytesRead != 1<<20 || b.Err != nil || b.Rows != 9 {
			t.Errorf("accounts %+v and %+v", a, b)
		}
	}
}

// Objects that cannot have anything from the time window are not read, and the
// rows are those that a filter leaves.
func TestRemoteWindow(t *testing.T) {
	s := startStore(t)
	begin := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	for d := range 20 {
		at := begin.AddDate(0, 0, d)
		s.Put(at.Format("t/dt=2006-01-02/a.log"), fmt.Appendf(nil, "#toy\n192.0.2.1 %d /a\n192.0.2.2 %d /late\n", at.UnixMicro(), at.Add(-20*time.Hour).UnixMicro()))
	}
	opts := Options{Since: begin.AddDate(0, 0, 9), Until: begin.AddDate(0, 0, 11)}
	got := readParallel(t, t.TempDir(), 2, 0, opts, "s3://logs/t/")
	if len(got.Rows) != 4 || len(got.Inputs) != 7 {
		t.Errorf("%d rows of %d inputs", len(got.Rows), len(got.Inputs))
	}
	r, err := Open([]string{"s3://logs/t/"}, opts)
	if err != nil || r.Pruned() != 13 {
		t.Errorf("%v, %v", r, err)
	}
}

// Reading that is broken off leaves nothing behind.
func TestRemoteCancel(t *testing.T) {
	s := startStore(t)
	for i := range 20 {
		s.Put(fmt.Sprintf("%d.log", i), []byte(toyLog(100000)))
	}
	before := runtime.NumGoroutine()
	r, err := Open([]string{"s3://logs/"}, Options{Columns: record.AllColumns})
	if err != nil {
		t.Fatal(err)
	}
	r.detect = detectToy
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, stream := range r.Streams(1) {
		err := stream.Each(ctx, func(*record.Batch) error {
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	expectEnd(t, s, before)
}

// What was prepared and not read is given up without a context that ends.
func TestRemoteDiscard(t *testing.T) {
	s := startStore(t)
	for i := range 20 {
		s.Put(fmt.Sprintf("%d.log", i), []byte(toyLog(1000)))
	}
	before := runtime.NumGoroutine()
	r, err := Open([]string{"s3://logs/"}, Options{Columns: record.AllColumns})
	if err != nil {
		t.Fatal(err)
	}
	r.detect = detectToy
	enough := errors.New("enough")
	if err := r.Streams(1)[0].Each(t.Context(), func(*record.Batch) error { return enough }); err != enough {
		t.Errorf("error %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	expectEnd(t, s, before)
}

// expectEnd waits until there are no more goroutines than before.
func expectEnd(t *testing.T, s *objecttest.Server, before int) {
	t.Helper()
	s.CloseClientConnections()
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestOpenContext(t *testing.T) {
	s := startStore(t)
	s.Put("a.log", []byte(toyLog(1)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := OpenContext(ctx, []string{"s3://logs/"}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", "")
	r, err := Open([]string{"s3://logs/"}, Options{Endpoint: s.URL})
	if err != nil || len(r.Inputs()) != 1 {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := Open([]string{"s3://logs/"}, Options{Endpoint: s.URL, Anonymous: true}); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("error %v", err)
	}
}
