package object

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/minio/minio-go/v7"
	"pgregory.net/rapid"

	"rulecast/ingest/source/object/objecttest"
)

func TestMain(m *testing.M) {
	minio.DefaultRetryUnit = 0 // it waits after its only attempt
	os.Exit(m.Run())
}

// isolate takes away what the environment says of stores.
func isolate(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_NO_SIGN_REQUEST", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("HOME", t.TempDir())
}

// start starts a store, and lets the environment say where it is.
func start(t *testing.T) *objecttest.Server {
	t.Helper()
	isolate(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", "")
	t.Setenv("AWS_ACCESS_KEY_ID", objecttest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", objecttest.SecretKey)
	s := objecttest.NewServer("logs")
	t.Cleanup(s.Close)
	return s
}

// quick is a client that does not wait, and counts how often it would have.
func quick(t *testing.T, endpoint string, waits *atomic.Int64) *Client {
	t.Helper()
	if waits == nil {
		waits = new(atomic.Int64)
	}
	c := NewClient(Options{Endpoint: endpoint, Retry: Retry{Attempts: 4, Idle: 10 * time.Second, Sleep: func(ctx context.Context, d time.Duration) error {
		waits.Add(1)
		return ctx.Err()
	}}})
	t.Cleanup(c.transport.CloseIdleConnections)
	return c
}

// one finds the only object for an argument.
func one(t *testing.T, c *Client, arg string) *Object {
	t.Helper()
	found, err := c.Find(t.Context(), arg)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Objects) != 1 {
		t.Fatalf("%d objects", len(found.Objects))
	}
	return found.Objects[0]
}

// contents are n bytes that are different anywhere.
func contents(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n)})
	source.Read(data)
	return data
}

// readAll reads an object in sequence and says whether it could.
func readAll(t *testing.T, o *Object) ([]byte, error) {
	t.Helper()
	f, err := o.Open(t.Context())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func same(t *testing.T, got, want []byte, err error) {
	t.Helper()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
}

func TestRead(t *testing.T) {
	s := start(t)
	for _, size := range []int{0, 1, 1000, pageSize - 1, pageSize, pageSize + 1, 5*pageSize + 7, 40 * pageSize} {
		key := fmt.Sprintf("size/%d", size)
		data := contents(size)
		s.Put(key, data)
		o := one(t, quick(t, s.URL, nil), "s3://logs/"+key)
		if o.Name != "s3://logs/"+key || o.Size != int64(size) {
			t.Errorf("object %+v", o)
		}
		got, err := readAll(t, o)
		same(t, got, data, err)
	}
	most := 0
	for _, r := range s.Requests() {
		var from, to int
		if _, err := fmt.Sscanf(r, "GET /logs/size/41943040 bytes=%d-%d", &from, &to); err == nil {
			most = max(most, to-from+1)
		}
	}
	if most != runPages*pageSize {
		t.Errorf("a large object was read %d bytes at a time", most)
	}
}

// Every way to read gives what a file would.
func TestReaderAt(t *testing.T) {
	s := start(t)
	data := contents(6*pageSize + 12345)
	s.Put("a", data)
	o := one(t, quick(t, s.URL, nil), "s3://logs/a")
	f, err := o.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rapid.Check(t, func(t *rapid.T) {
		at := f.At
		if rapid.Bool().Draw(t, "through") {
			at = f.Through
		}
		off := rapid.IntRange(0, len(data)+10).Draw(t, "off")
		p := make([]byte, rapid.IntRange(1, 2*pageSize).Draw(t, "size"))
		n, err := at.ReadAt(p, int64(off))
		want := bytes.NewReader(data)
		q := make([]byte, len(p))
		m, failed := want.ReadAt(q, int64(off))
		if n != m || (err == nil) != (failed == nil) || !bytes.Equal(p, q) {
			t.Fatalf("%d bytes and %v; want %d and %v", n, err, m, failed)
		}
	})
	if err := iotest.TestReader(io.NewSectionReader(f.At, 0, 5000), data[:5000]); err != nil {
		t.Error(err)
	}
}

// Readers of blocks that overtake each other share requests, and what is in
// memory stays bounded.
func TestThrough(t *testing.T) {
	s := start(t)
	data := contents(100 * pageSize)
	s.Put("a", data)
	o := one(t, quick(t, s.URL, nil), "s3://logs/a")
	f, err := o.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var next atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			p := make([]byte, pageSize)
			for {
				block := next.Add(1) - 1
				if block >= 100 {
					return
				}
				if _, err := f.Through.ReadAt(p, block*pageSize); err != nil || !bytes.Equal(p, data[block*pageSize:][:pageSize]) {
					t.Errorf("block %d: %v", block, err)
				}
			}
		})
	}
	group.Wait()
	r := f.Through.(view).ranges
	if len(r.pages) > inOrder().pages {
		t.Errorf("%d pages in memory", len(r.pages))
	}
	var asked int64
	for _, r := range s.Requests() {
		var from, to int64
		if _, err := fmt.Sscanf(r, "GET /logs/a bytes=%d-%d", &from, &to); err == nil {
			asked += to - from + 1
		}
	}
	if asked > 104*pageSize || len(s.Requests()) > 45 { // a reader may be left far behind
		t.Errorf("%d bytes in %d requests", asked, len(s.Requests()))
	}
}

// Columns that are read side by side are each read ahead, and nothing twice.
func TestColumns(t *testing.T) {
	s := start(t)
	data := contents(64 * pageSize)
	s.Put("a", data)
	f, err := one(t, quick(t, s.URL, nil), "s3://logs/a").Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var columns []*io.SectionReader
	for i := range 16 {
		columns = append(columns, io.NewSectionReader(f.At, int64(4*i)*pageSize, 2*pageSize))
	}
	p := make([]byte, 64<<10)
	for step := range 2 * pageSize / len(p) {
		for i, c := range columns {
			from := 4*i*pageSize + step*len(p)
			if _, err := io.ReadFull(c, p); err != nil || !bytes.Equal(p, data[from:][:len(p)]) {
				t.Fatalf("column %d at step %d: %v", i, step, err)
			}
		}
	}
	asked := map[string]bool{}
	for _, r := range s.Requests() {
		if asked[r] {
			t.Errorf("asked twice: %s", r)
		}
		asked[r] = true
	}
	if r := f.At.(view).ranges; len(asked) > 1+16*3+1 || len(r.pages) > 8+2*len(r.streaks) {
		t.Errorf("%d requests, %d pages in memory", len(asked), len(r.pages))
	}
}

// breaking is a store in which only the first tries for each part fail.
func breaking(s *objecttest.Server, tries int, how objecttest.Intercept) {
	var mu sync.Mutex
	seen := map[string]int{}
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		mu.Lock()
		id := r.URL.String() + r.Header.Get("Range")
		seen[id]++
		fails := seen[id] <= tries
		mu.Unlock()
		if fails {
			how(w, r, serve)
			return
		}
		serve(w, r)
	})
}

// What fails for a while is read all the same.
func TestFaultsThatPass(t *testing.T) {
	answer := func(status int, code string) func(http.ResponseWriter, *http.Request, http.HandlerFunc) {
		return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) { objecttest.Refuse(w, status, code) }
	}
	faults := map[string]func(http.ResponseWriter, *http.Request, http.HandlerFunc){
		"slow down": answer(503, "SlowDown"),
		"internal":  answer(500, "InternalError"),
		"too many":  answer(429, "TooManyRequests"),
		"timeout":   answer(400, "RequestTimeout"),
		"gateway": func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			http.Error(w, "<html>oops", http.StatusBadGateway)
		},
		"no answer":     func(http.ResponseWriter, *http.Request, http.HandlerFunc) { panic(http.ErrAbortHandler) },
		"reset at once": func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) { serve(objecttest.Cut(w, 0), r) },
		"reset": func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			serve(objecttest.Cut(w, progress+100), r)
		},
		"slow": func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			serve(objecttest.Slow(w, 200<<10, func() { time.Sleep(time.Millisecond) }), r)
		},
	}
	for name, how := range faults {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			breaking(s, 2, how)
			data := contents(9*pageSize + 1)
			s.Put("dir/a.log", data)
			var waits atomic.Int64
			o := one(t, quick(t, s.URL, &waits), "s3://logs/dir/")
			got, err := readAll(t, o)
			same(t, got, data, err)
			if waits.Load() == 0 != (name == "slow") {
				t.Errorf("%d waits", waits.Load())
			}
		})
	}
}

// A server that keeps dropping the connection is asked again as long as it
// brings something.
func TestManyResets(t *testing.T) {
	s := start(t)
	data := contents(3 * pageSize)
	s.Put("a", data)
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if r.URL.Path != "/logs/" {
			w = objecttest.Cut(w, 2*progress)
		}
		serve(w, r)
	})
	got, err := readAll(t, one(t, quick(t, s.URL, nil), "s3://logs/a"))
	same(t, got, data, err)
	var few atomic.Int64
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if r.URL.Path != "/logs/" {
			few.Add(1)
			w = objecttest.Cut(w, 10)
		}
		serve(w, r)
	})
	got, err = readAll(t, one(t, quick(t, s.URL, nil), "s3://logs/a"))
	if err == nil || len(got) != 40 || few.Load() != 4 {
		t.Errorf("%d bytes in %d requests, %v", len(got), few.Load(), err)
	}
}

// What stays broken is an error that says where and what.
func TestFaultsThatStay(t *testing.T) {
	s := start(t)
	host := strings.TrimPrefix(s.URL, "http://")
	data := contents(2*pageSize + 100)
	s.Put("a.log", data)
	overwritten := func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		serve(w, r)
		if r.URL.Path == "/logs/a.log" {
			s.Put("a.log", contents(2*pageSize+200))
		}
	}
	tests := []struct {
		name string
		how  objecttest.Intercept
		got  int
		want string
	}{
		{"overload", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			objecttest.Refuse(w, 503, "SlowDown")
		}, 0,
			host + ": HTTP 503 SlowDown: As the test wants it (after 4 attempts)"},
		{"forbidden", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			objecttest.Refuse(w, 403, "AccessDenied")
		}, 0,
			host + ": HTTP 403 AccessDenied: the credentials do not allow this"},
		{"gone", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			objecttest.Refuse(w, 404, "NoSuchKey")
		}, 0,
			host + ": HTTP 404 NoSuchKey: there is no such object"},
		{"archived", func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			objecttest.Refuse(w, 403, "InvalidObjectState")
		}, 0,
			host + ": HTTP 403 InvalidObjectState: it is archived and has to be restored before it can be read"},
		{"truncated", func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			var from, to int
			fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
			serve(objecttest.Cut(w, max(0, pageSize+5000-from)), r)
		}, pageSize + 5000,
			fmt.Sprintf("at byte %d of %d: %s: the server sent less than it announced (after 4 attempts)", pageSize+5000, len(data), host)},
		{"forbidden later", func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			if strings.HasPrefix(r.Header.Get("Range"), "bytes=0-") {
				serve(w, r)
				return
			}
			objecttest.Refuse(w, 403, "ExpiredToken")
		}, pageSize, fmt.Sprintf("at byte %d of %d: %s: HTTP 403 ExpiredToken: the session has ended: get new credentials", pageSize, len(data), host)},
		{"overwritten", overwritten, pageSize, fmt.Sprintf("at byte %d of %d: it was overwritten while it was read: read it again", pageSize, len(data))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.Intercept(nil)
			o := one(t, quick(t, s.URL, nil), "s3://logs/a.log")
			s.Intercept(tt.how)
			got, err := readAll(t, o)
			text := fmt.Sprint(err)
			for _, cause := range []string{"read tcp", "connection reset"} { // a reset shows in several ways
				if strings.Contains(text, cause) {
					text = tt.want
				}
			}
			if text != tt.want || len(got) != tt.got || !bytes.Equal(got, data[:len(got)]) {
				t.Errorf("%d bytes and %v; want %d and %s", len(got), err, tt.got, tt.want)
			}
			var position *PositionError
			if tt.got > 0 && (!errors.As(err, &position) || position.Offset != int64(tt.got)) {
				t.Errorf("position of %v", err)
			}
		})
	}
}

// A store that does not answer to If-Match shows by its tags that an object
// was overwritten.
func TestOverwrittenWithoutIfMatch(t *testing.T) {
	s := start(t)
	s.Put("a.log", contents(3*pageSize))
	o := one(t, quick(t, s.URL, nil), "s3://logs/a.log")
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		r.Header.Del("If-Match")
		serve(w, r)
		s.Put("a.log", append(contents(3*pageSize), 'x')[1:])
	})
	if _, err := readAll(t, o); !errors.Is(err, errChanged) {
		t.Errorf("error %v", err)
	}
}

// A store that does not serve parts is read in one request.
func TestNoParts(t *testing.T) {
	s := start(t)
	data := contents(3 * pageSize)
	s.Put("a.log", data)
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		r.Header.Del("Range")
		serve(dropped{w}, r)
	})
	f, err := one(t, quick(t, s.URL, nil), "s3://logs/a.log").Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	same(t, got, data, err)
	if f.At != nil || f.Through != nil || f.Size != int64(len(data)) {
		t.Errorf("file %+v", f)
	}
}

// dropped does not say that parts are served.
type dropped struct{ http.ResponseWriter }

func (d dropped) WriteHeader(status int) {
	d.Header().Del("Accept-Ranges")
	d.ResponseWriter.WriteHeader(status)
}

// Whatever is under way ends with the context or with Close, and leaves
// nothing behind.
func TestCancel(t *testing.T) {
	for _, closing := range []bool{false, true} {
		t.Run(fmt.Sprint("closing ", closing), func(t *testing.T) {
			s := start(t)
			s.Put("a", contents(30*pageSize))
			c := quick(t, s.URL, nil)
			o := one(t, c, "s3://logs/a")
			c.transport.CloseIdleConnections()
			before := runtime.NumGoroutine()
			stalled := make(chan struct{})
			stall := sync.OnceFunc(func() { close(stalled) })
			s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
				if strings.HasPrefix(r.Header.Get("Range"), "bytes=0-") {
					serve(w, r)
					return
				}
				stall()
				<-r.Context().Done()
			})
			ctx, cancel := context.WithCancel(t.Context())
			f, err := o.Open(ctx)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				<-stalled
				if closing {
					f.Close()
				}
				cancel()
			}()
			began := time.Now()
			if n, err := io.Copy(io.Discard, f); !errors.Is(err, context.Canceled) || n != pageSize {
				t.Errorf("%d bytes and %v", n, err)
			}
			f.Close()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			c.transport.CloseIdleConnections()
			ended(t, before)
		})
	}
}

// ended waits until there are no more goroutines than before.
func ended(t *testing.T, before int) {
	t.Helper()
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

// What is prepared is opened once, and given up if nobody wants it.
func TestPrepare(t *testing.T) {
	s := start(t)
	data := contents(3000)
	s.Put("a", data)
	c := quick(t, s.URL, nil)
	o := one(t, c, "s3://logs/a")
	c.transport.CloseIdleConnections()
	before := runtime.NumGoroutine()
	for range 3 {
		o.Prepare(t.Context())
	}
	got, err := readAll(t, o)
	same(t, got, data, err)
	o.Prepare(t.Context())
	o.Discard()
	got, err = readAll(t, o)
	same(t, got, data, err)
	if n := len(s.Requests()); n != 3 {
		t.Errorf("%d requests", n)
	}
	other := one(t, c, "s3://logs/a")
	other.Prepare(t.Context())
	other.Discard()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	again := one(t, c, "s3://logs/a")
	again.Prepare(ctx)
	if _, err := again.Open(t.Context()); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	c.transport.CloseIdleConnections()
	ended(t, before)
}

// A connection that brings nothing is given up, and another one tried.
func TestIdle(t *testing.T) {
	s := start(t)
	data := contents(pageSize + 50)
	s.Put("a", data)
	c := quick(t, s.URL, nil)
	c.retry.Idle = 50 * time.Millisecond
	breaking(s, 1, func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if r.URL.Path == "/logs/" {
			serve(w, r)
			return
		}
		serve(objecttest.Slow(objecttest.Cut(w, 1000), 600, func() { <-time.After(200 * time.Millisecond) }), r)
	})
	got, err := readAll(t, one(t, c, "s3://logs/a"))
	same(t, got, data, err)
}

// The waits between attempts grow, are random, and end with the context.
func TestPause(t *testing.T) {
	var waits []time.Duration
	r := Retry{Attempts: 10, First: 100 * time.Millisecond, Longest: time.Second, Sleep: func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}}.withDefaults()
	overload := &Error{Status: 503}
	for attempt := 1; attempt < 10; attempt++ {
		if err := r.pause(t.Context(), attempt, overload); err != nil {
			t.Fatal(err)
		}
		if most := min(time.Second, 100*time.Millisecond<<(attempt-1)); waits[attempt-1] > most {
			t.Errorf("wait %d is %v, more than %v", attempt, waits[attempt-1], most)
		}
	}
	if err := r.pause(t.Context(), 10, overload); !errors.Is(err, overload) {
		t.Errorf("after the last attempt: %v", err)
	}
	if err := r.pause(t.Context(), 1, &Error{Status: 429, after: 700 * time.Millisecond}); err != nil || waits[len(waits)-1] < 700*time.Millisecond {
		t.Errorf("the server wanted 700 ms, not %v", waits[len(waits)-1])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.pause(ctx, 1, overload); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	if err := sleep(ctx, time.Hour); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}
