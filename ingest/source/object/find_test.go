package object

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/source/object/objecttest"
)

func names(found *Found) []string {
	all := []string{}
	for _, o := range found.Objects {
		all = append(all, strings.TrimPrefix(o.Name, "s3://logs/"))
	}
	return all
}

func TestFind(t *testing.T) {
	s := start(t)
	s.Configure(func(c *objecttest.Config) { c.Page = 3 })
	for _, key := range []string{"a.log", "a.log.gz", "dir/1.log", "dir/2.log", "dir/.hidden", "dir/.git/x", "dir/sub/3.log", "dir/sub/deep/4.log",
		"dir-2/5.log", "odd[1].log", "sp ace/+%41/ü.log", "year=2026/month=11/day=01/x.gz", "year=2026/month=12/day=01/y.gz"} {
		s.Put(key, []byte(key))
	}
	s.Put("dir/", nil)
	s.Put("dir/empty", nil)
	s.Put("mark", nil)
	s.Put("mark/6.log", []byte("6"))
	s.Put("alone", nil)
	tests := []struct {
		arg  string
		want []string
	}{
		{"a.log", []string{"a.log"}},
		{"a.lo", []string{"a.log", "a.log.gz"}},
		{"dir/", []string{"dir/1.log", "dir/2.log", "dir/sub/3.log", "dir/sub/deep/4.log"}},
		{"dir", []string{"dir-2/5.log", "dir/1.log", "dir/2.log", "dir/sub/3.log", "dir/sub/deep/4.log"}},
		{"dir/.h", []string{"dir/.hidden"}},
		{"mark", []string{"mark/6.log"}},
		{"alone", []string{"alone"}},
		{"odd[1].log", []string{"odd[1].log"}},
		{"sp ace/", []string{"sp ace/+%41/ü.log"}},
		{"*.log", []string{"a.log", "odd[1].log"}},
		{"dir/*.log", []string{"dir/1.log", "dir/2.log"}},
		{"dir/*", []string{"dir/1.log", "dir/2.log", "dir/sub/3.log", "dir/sub/deep/4.log"}},
		{"dir/.*", []string{"dir/.git/x", "dir/.hidden"}},
		{"dir*/*", []string{"dir-2/5.log", "dir/1.log", "dir/2.log", "dir/sub/3.log", "dir/sub/deep/4.log"}},
		{"dir/**/4.log", []string{"dir/sub/deep/4.log"}},
		{"**/?.log", []string{"a.log", "dir-2/5.log", "dir/1.log", "dir/2.log", "dir/sub/3.log", "dir/sub/deep/4.log", "mark/6.log", "sp ace/+%41/ü.log"}},
		{"year=2026/month=*/", []string{"year=2026/month=11/day=01/x.gz", "year=2026/month=12/day=01/y.gz"}},
		{"", []string{"a.log", "a.log.gz", "dir-2/5.log", "dir/1.log", "dir/2.log", "dir/sub/3.log", "dir/sub/deep/4.log", "mark/6.log", "odd[1].log",
			"sp ace/+%41/ü.log", "year=2026/month=11/day=01/x.gz", "year=2026/month=12/day=01/y.gz"}},
	}
	c := quick(t, s.URL, nil)
	for _, tt := range tests {
		found, err := c.Find(t.Context(), "s3://logs/"+tt.arg)
		if err != nil {
			t.Errorf("%s: %v", tt.arg, err)
			continue
		}
		if diff := cmp.Diff(tt.want, names(found)); diff != "" || found.Pruned != 0 {
			t.Errorf("%s (-want +got):\n%s", tt.arg, diff)
		}
	}
	got, err := readAll(t, one(t, c, "s3://logs/sp ace/+%41/ü.log"))
	same(t, got, []byte("sp ace/+%41/ü.log"), err)
	if found, err := c.Find(t.Context(), "S3://logs"); err != nil || len(found.Objects) != 12 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestFindErrors(t *testing.T) {
	s := start(t)
	host := strings.TrimPrefix(s.URL, "http://")
	s.Put("a.log", []byte("x"))
	tests := []struct{ arg, want string }{
		{"s3://", "names no bucket"},
		{"s3://a/x", "the bucket's name is not valid"},
		{"s3://other/x", host + ": HTTP 404 NoSuchBucket: there is no such bucket"},
		{"s3://logs/nothing", "no object has this key or prefix"},
		{"s3://logs/nothing*", "no object matches this pattern"},
		{"s3://logs/[", "syntax error in pattern"},
		{"https://:80/x", "names no host"},
		{"https://a b/x", "is no URL"},
	}
	for _, tt := range tests {
		if _, err := quick(t, s.URL, nil).Find(t.Context(), tt.arg); err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v; want %s", tt.arg, err, tt.want)
		}
	}
	s.Close()
	_, err := quick(t, s.URL, nil).Find(t.Context(), "s3://logs/")
	if err == nil || !strings.HasPrefix(err.Error(), host+": ") || !strings.HasSuffix(err.Error(), "connection refused") {
		t.Errorf("error %v", err)
	}
}

// A listing of many pages comes whole and in order, whatever breaks meanwhile.
func TestFindMany(t *testing.T) {
	s := start(t)
	var want []string
	for i := range 7500 {
		key := fmt.Sprintf("logs/%05d.gz", i)
		want = append(want, key)
		s.Put(key, []byte("x"))
	}
	var pages atomic.Int64
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		switch pages.Add(1) % 4 {
		case 1:
			serve(w, r)
		case 2:
			objecttest.Refuse(w, 503, "SlowDown")
		case 3:
			serve(objecttest.Cut(w, 5000), r)
		case 0:
			panic(http.ErrAbortHandler)
		}
	})
	found, err := quick(t, s.URL, nil).Find(t.Context(), "s3://logs/logs/")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, names(found)); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		cancel()
		serve(w, r)
	})
	if _, err := quick(t, s.URL, nil).Find(ctx, "s3://logs/logs/"); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// A pattern finds what a slow and obvious one finds.
func TestMatch(t *testing.T) {
	var obvious func(pattern, key []string) bool
	obvious = func(pattern, key []string) bool {
		switch {
		case len(pattern) == 0:
			return !strings.Contains("/"+strings.Join(key, "/"), "/.")
		case pattern[0] == "**":
			return obvious(pattern[1:], key) || len(key) > 0 && key[0][:1] != "." && obvious(pattern, key[1:])
		case len(key) == 0:
			return false
		}
		ok, _ := filepath.Match(pattern[0], key[0])
		return ok && (key[0][:1] != "." || pattern[0][:1] == ".") && obvious(pattern[1:], key[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*", "**", "a*", ".*", "?"}), 1, 5).Draw(t, "pattern")
		key := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", ".a"}), 1, 6).Draw(t, "key")
		w := newWanted(strings.Join(append(pattern, "*"), "/"))
		if got, want := w.match(strings.Join(key, "/")), obvious(w.segments, key); got != want {
			t.Fatalf("%v %v: %v", w.segments, key, got)
		}
	})
}

func TestRegion(t *testing.T) {
	s := start(t)
	s.Configure(func(c *objecttest.Config) { c.Region = "eu-south-2" })
	s.Put("a", []byte("text"))
	for _, region := range []string{"", "eu-south-2", "us-west-1"} {
		t.Setenv("AWS_REGION", region)
		got, err := readAll(t, one(t, quick(t, s.URL, nil), "s3://logs/a"))
		same(t, got, []byte("text"), err)
	}
}

func TestEndpoint(t *testing.T) {
	s := start(t)
	s.Put("a", []byte("text"))
	t.Setenv("AWS_ENDPOINT_URL", s.URL+"/")
	one(t, quick(t, "", nil), "s3://logs/a")
	t.Setenv("AWS_ENDPOINT_URL", "http://192.0.2.1")
	t.Setenv("AWS_ENDPOINT_URL_S3", s.URL)
	one(t, quick(t, "", nil), "s3://logs/a")
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://192.0.2.1")
	one(t, quick(t, s.URL, nil), "s3://logs/a")
	for endpoint, want := range map[string]string{
		"ftp://store.example":           "the endpoint of the store has the scheme ftp: it must be https or http",
		"https://me:word@store.example": "the endpoint of the store must have no user name and password: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
		"https://store.example/path":    "the endpoint of the store must end behind the host: https://store.example",
		"https://":                      "the endpoint of the store is no URL",
	} {
		if _, err := quick(t, endpoint, nil).Find(t.Context(), "s3://logs/a"); err == nil || err.Error() != want {
			t.Errorf("%s: error %v; want %s", endpoint, err, want)
		}
	}
	if u, err := parseEndpoint("store.example:9000"); err != nil || u.String() != "https://store.example:9000" {
		t.Errorf("%v, %v", u, err)
	}
}

func TestCredentials(t *testing.T) {
	s := start(t)
	s.Put("a", []byte("text"))
	find := func() error {
		_, err := quick(t, s.URL, nil).Find(t.Context(), "s3://logs/a")
		return err
	}
	if err := find(); err != nil {
		t.Errorf("environment: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "OTHER")
	if err := find(); err == nil || !strings.HasSuffix(err.Error(), "HTTP 403 InvalidAccessKeyId: the store does not know the access key") {
		t.Errorf("unknown key: %v", err)
	}
	const how = "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a profile of the shared credentials file, " +
		"or AWS_NO_SIGN_REQUEST=1 for a bucket that is open to everybody"
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	if err := find(); err == nil || err.Error() != how+" (environment: one of the access key and its secret is missing)" {
		t.Errorf("half a key: %v", err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if err := find(); err == nil || err.Error() != how {
		t.Errorf("none: %v", err)
	}
	file := filepath.Join(t.TempDir(), "credentials")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("[work]\naws_access_key_id = " + objecttest.AccessKey + "\naws_secret_access_key = " + objecttest.SecretKey + "\n")
	t.Setenv("AWS_PROFILE", "work")
	if err := find(); err != nil {
		t.Errorf("profile: %v", err)
	}
	t.Setenv("AWS_PROFILE", "play")
	if err := find(); err == nil || !strings.Contains(err.Error(), "(profile: ") || !strings.Contains(err.Error(), "play") {
		t.Errorf("no such profile: %v", err)
	}
	write("[play]\n" + objecttest.SecretKey + "\n")
	if err := find(); err == nil || strings.Contains(err.Error(), "secret-key") {
		t.Errorf("damaged file: %v", err)
	}
	t.Setenv("AWS_NO_SIGN_REQUEST", "true")
	if err := find(); err == nil || !strings.HasSuffix(err.Error(), "HTTP 403 AccessDenied: it is not open to everybody, and the request was sent without credentials") {
		t.Errorf("not public: %v", err)
	}
	s.Configure(func(c *objecttest.Config) { c.Public = true })
	if err := find(); err != nil {
		t.Errorf("public: %v", err)
	}
}

// A role's credentials come from where the environment says.
func TestRole(t *testing.T) {
	s := start(t)
	s.Put("a", []byte("text"))
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	var asked atomic.Int64
	s.Intercept(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if r.URL.Path != "/role" {
			serve(w, r)
			return
		}
		asked.Add(1)
		fmt.Fprintf(w, `{"Code":"Success","AccessKeyId":%q,"SecretAccessKey":%q,"Token":"t","Expiration":%q}`,
			objecttest.AccessKey, objecttest.SecretKey, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	})
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.URL+"/role")
	got, err := readAll(t, one(t, quick(t, s.URL, nil), "s3://logs/a"))
	same(t, got, []byte("text"), err)
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// No error tells a secret.
func TestNoSecrets(t *testing.T) {
	s := start(t)
	s.Put("a", []byte("text"))
	for status, code := range map[int]string{403: "SignatureDoesNotMatch", 400: "InvalidToken", 500: "InternalError", 301: "PermanentRedirect"} {
		s.Intercept(func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) { objecttest.Refuse(w, status, code) })
		_, err := quick(t, s.URL, nil).Find(t.Context(), "s3://logs/a")
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != code || refused.Status != status {
			t.Errorf("error %v", err)
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, objecttest.SecretKey) || strings.Contains(text, "Signature=") {
			t.Error(text)
		}
	}
}
