package object

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rulecast/ingest/source/object/objecttest"
)

// serve starts a web server.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	isolate(t)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

var modified = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// file answers as most servers do.
func file(w http.ResponseWriter, r *http.Request, tag string, data []byte) {
	if tag != "" {
		w.Header().Set("ETag", tag)
	}
	http.ServeContent(w, r, "", modified, bytes.NewReader(data))
}

func TestWeb(t *testing.T) {
	data := contents(3*pageSize + 10)
	var requests atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if user, word, _ := r.BasicAuth(); user != "me" || word != "word" || r.URL.RawQuery != "token=abc" {
			http.Error(w, "who?", http.StatusUnauthorized)
			return
		}
		file(w, r, `"v1"`, data)
	})
	address := strings.Replace(s.URL, "http://", "http://me:word@", 1) + "/a.log?token=abc"
	o := one(t, quick(t, "", nil), address)
	if o.Name != s.URL+"/a.log?token=***" || o.Size != -1 {
		t.Errorf("object %+v", o)
	}
	f, err := o.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	same(t, got, data, err)
	if requests.Load() != 1 || f.Through != nil || f.Size != int64(len(data)) {
		t.Errorf("%d requests, file %+v", requests.Load(), f)
	}
	p := make([]byte, 100)
	if n, err := f.At.ReadAt(p, int64(len(data)-50)); n != 50 || err != io.EOF || !bytes.Equal(p[:50], data[len(data)-50:]) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if _, err := one(t, quick(t, "", nil), s.URL+"/a.log?token=wrong").Open(t.Context()); err == nil || err.Error() != s.Listener.Addr().String()+": HTTP 401 Unauthorized" {
		t.Errorf("error %v", err)
	}
}

// A download that breaks goes on where it was, however the server tells
// versions apart, and whether it serves parts.
func TestWebResumes(t *testing.T) {
	data := contents(2 * pageSize)
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request){
		"tag":  func(w http.ResponseWriter, r *http.Request) { file(w, r, `"v1"`, data) },
		"date": func(w http.ResponseWriter, r *http.Request) { file(w, r, "", data) },
		"weak": func(w http.ResponseWriter, r *http.Request) { file(w, r, `W/"v1"`, data) },
		"no parts": func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			file(dropped{w}, r, `"v1"`, data)
		},
		"no size": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			http.NewResponseController(w).Flush()
			w.Write(data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var broken atomic.Int64
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch n := int(broken.Add(1)); n {
				case 1, 4:
					w = objecttest.Cut(w, pageSize+n*progress)
				case 2:
					panic(http.ErrAbortHandler)
				case 3:
					w.Header().Set("Retry-After", "1")
					http.Error(w, "later", http.StatusServiceUnavailable)
					return
				}
				answer(w, r)
			})
			got, err := readAll(t, one(t, quick(t, "", nil), s.URL))
			same(t, got, data, err)
			if broken.Load() < 4 {
				t.Errorf("%d requests", broken.Load())
			}
		})
	}
}

func TestWebFaults(t *testing.T) {
	data := contents(2 * pageSize)
	other := contents(2*pageSize + 1)
	var requests atomic.Int64
	first := func(w http.ResponseWriter) http.ResponseWriter {
		if requests.Add(1) == 1 {
			return objecttest.Cut(w, 1000)
		}
		return w
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"overwritten": {func(w http.ResponseWriter, r *http.Request) {
			if w = first(w); requests.Load() == 1 {
				file(w, r, `"v1"`, data)
				return
			}
			file(w, r, `"v2"`, other)
		}, fmt.Sprintf("at byte 1000 of %d: it was overwritten while it was read: read it again", 2*pageSize)},
		"shorter": {func(w http.ResponseWriter, r *http.Request) {
			if w = first(w); requests.Load() == 1 {
				file(w, r, `"v1"`, data)
				return
			}
			r.Header.Del("If-Range")
			file(w, r, `"v2"`, data[:10])
		}, fmt.Sprintf("at byte 1000 of %d: it was overwritten while it was read: read it again", 2*pageSize)},
		"no version": {func(w http.ResponseWriter, r *http.Request) {
			w = first(w)
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			w.Write(data)
		}, fmt.Sprintf("at byte 1000 of %d: the server does not say which version it serves, so reading cannot be resumed", 2*pageSize)},
		"missing": {http.NotFound, "HOST: HTTP 404 Not Found"},
		"circle": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again?X-Amz-Signature=abc", http.StatusFound)
		}, "HOST: redirected more than 5 times"},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "ftp://files.example/", http.StatusFound)
		}, "HOST: redirected from http to ftp, which is not followed"},
		"truncated": {func(w http.ResponseWriter, r *http.Request) {
			var from int
			fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
			file(objecttest.Cut(w, max(0, 5000-from)), r, `"v1"`, data)
		}, fmt.Sprintf("at byte 5000 of %d: HOST: the server sent less than it announced (after 4 attempts)", 2*pageSize)},
	} {
		t.Run(name, func(t *testing.T) {
			requests.Store(0)
			s := serve(t, tt.answer)
			got, err := readAll(t, one(t, quick(t, "", nil), s.URL+"/x"))
			want := strings.Replace(tt.want, "HOST", s.Listener.Addr().String(), 1)
			if err == nil || err.Error() != want && !strings.Contains(err.Error(), "connection reset") || !bytes.Equal(got, data[:len(got)]) {
				t.Errorf("%d bytes, error %v; want %s", len(got), err, want)
			}
		})
	}
}

// Redirects are followed without telling anybody the address that led there.
func TestRedirect(t *testing.T) {
	data := []byte("10.0.0.1 - - text\n")
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Referer() != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("told %v", r.Header)
		}
		file(w, r, `"v1"`, data)
	})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(target.URL, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
	})
	got, err := readAll(t, one(t, quick(t, "", nil), strings.Replace(s.URL, "//", "//me:word@", 1)+"/?sig=abc"))
	same(t, got, data, err)
}

func TestNotHTTPS(t *testing.T) {
	s := serve(t, http.NotFound)
	_, err := readAll(t, one(t, quick(t, "", nil), strings.Replace(s.URL, "http:", "https:", 1)))
	if !errors.Is(err, errPlain) {
		t.Errorf("error %v", err)
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	var waits atomic.Int64
	_, err = readAll(t, one(t, quick(t, "", &waits), secure.URL))
	if err == nil || !strings.Contains(err.Error(), "certificate") || waits.Load() != 0 {
		t.Errorf("error %v after %d waits", err, waits.Load())
	}
}

func TestPublicName(t *testing.T) {
	tests := []struct{ arg, want string }{
		{"a.log", "a.log"},
		{"s3://bucket/key?token=x", "s3://bucket/key?token=x"},
		{"https://me:word@cdn.example:8443/a%20b.log", "https://cdn.example:8443/a%20b.log"},
		{"https://cdn.example/a.log?date=2026-11-21&zone=17", "https://cdn.example/a.log?date=2026-11-21&zone=17"},
		{"https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261121&X-Amz-Date=20261121T080000Z&X-Amz-Expires=900&X-Amz-Signature=abcdef",
			"https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=***&X-Amz-Date=20261121T080000Z&X-Amz-Expires=900&X-Amz-Signature=***"},
		{"https://x.blob.core.windows.net/l/a?sv=2024-11-04&sp=r&sig=q%2Fr%3D", "https://x.blob.core.windows.net/l/a?sv=2024-11-04&sp=r&sig=***"},
		{"https://x.example/a?%73ig=secret&Token=secret&access_token=secret", "https://x.example/a?%73ig=***&Token=***&access_token=***"},
		{"https://x.example/a?q=0123456789abcdef0123456789abcdef", "https://x.example/a?q=***"},
		{"https://x.example/a?0123456789abcdef0123456789abcdef", "https://x.example/a?***"},
		{"https://me:word@x.example:port/", "https://***"},
	}
	for _, tt := range tests {
		if got := PublicName(tt.arg); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.arg, got, tt.want)
		}
	}
	if u, _ := url.Parse("https://me@x.example/#part"); publicURL(u) != "https://x.example/#part" {
		t.Error(publicURL(u))
	}
}

// Headers that make no sense make no answer that does.
func TestParseAnswer(t *testing.T) {
	tests := []struct {
		status     int
		span       string
		length     string
		from, size int64
	}{
		{200, "", "10", 0, 10},
		{200, "", "", 0, -1},
		{200, "", "-5", 0, -1},
		{206, "bytes 5-9/10", "5", 5, 10},
		{206, "bytes 5-9/*", "5", 5, -1},
		{206, "", "5", -1, -1},
		{206, "bytes */10", "5", -1, 10},
		{206, "bytes -5-9/-7", "5", -1, -1},
		{206, "items 5-9/10", "5", -1, 10},
		{206, "bytes 99999999999999999999-1/99999999999999999999", "5", -1, -1},
	}
	for _, tt := range tests {
		h := http.Header{"Content-Range": {tt.span}, "Content-Length": {tt.length}}
		if a := parseAnswer(tt.status, h, nil); a.from != tt.from || a.size != tt.size {
			t.Errorf("%d %q %q: from %d of %d", tt.status, tt.span, tt.length, a.from, a.size)
		}
	}
}
