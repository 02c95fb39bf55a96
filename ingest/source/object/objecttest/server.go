// Package objecttest has an S3-compatible store in memory, on loopback, that
// tests can break on purpose.
package objecttest

import (
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What requests have to be signed with; signatures are not verified.
const (
	AccessKey = "ACCESSKEYOFTHETEST"
	SecretKey = "secret-key-of-the-test"
)

// Server is a store with one bucket, addressed by path.
type Server struct {
	*httptest.Server
	bucket string

	mu       sync.Mutex
	config   Config
	objects  map[string]stored
	requests []string
}

// Config is how a store behaves. The zero value works.
type Config struct {
	Page   int    // most keys in an answer to a listing; 0 is 1000
	Public bool   // everybody may read
	Region string // unless it is empty, the only one that requests may be signed for
	// Intercept, if it is not nil, answers in place of serve, or calls it.
	Intercept Intercept
}

// Intercept stands between a store and its clients.
type Intercept func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc)

// Configure changes how the store behaves.
func (s *Server) Configure(change func(*Config)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.config)
}

// Intercept changes who answers.
func (s *Server) Intercept(i Intercept) { s.Configure(func(c *Config) { c.Intercept = i }) }

func (s *Server) behaviour() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

// NewServer starts a store. Whoever starts it closes it.
func NewServer(bucket string) *Server {
	s := &Server{bucket: bucket, objects: make(map[string]stored)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.handle))
	return s
}

// stored is an object.
type stored struct {
	data []byte
	tag  string
}

// Put stores an object.
func (s *Server) Put(key string, data []byte) {
	o := stored{data, fmt.Sprintf("%q", fmt.Sprintf("%x", md5.Sum(data)))}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = o
}

// Requests are those that came in, as "GET /bucket/key bytes=0-9".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Range")))
	s.mu.Unlock()
	if intercept := s.behaviour().Intercept; intercept != nil {
		intercept(w, r, s.serve)
		return
	}
	s.serve(w, r)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	config := s.behaviour()
	if code := config.refused(r); code != "" {
		if code == "AuthorizationHeaderMalformed" {
			w.Header().Set("X-Amz-Bucket-Region", config.Region)
		}
		Refuse(w, http.StatusForbidden, code)
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case bucket != s.bucket:
		Refuse(w, http.StatusNotFound, "NoSuchBucket")
	case r.Method != http.MethodGet:
		Refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	case key == "":
		s.list(w, r.URL.Query())
	default:
		s.get(w, r, key)
	}
}

// refused is the code of a refusal, or "".
func (c *Config) refused(r *http.Request) string {
	authorization := r.Header.Get("Authorization")
	switch {
	case authorization == "" && c.Public:
		return ""
	case authorization == "":
		return "AccessDenied"
	case !strings.Contains(authorization, "Credential="+AccessKey+"/"):
		return "InvalidAccessKeyId"
	case c.Region != "" && !strings.Contains(authorization, "/"+c.Region+"/s3/"):
		return "AuthorizationHeaderMalformed"
	}
	return ""
}

// Refuse answers with an error of S3.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>As the test wants it.</Message></Error>", code)
}

// listing is the answer to ListObjectsV2.
type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name, Prefix          string
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	Contents              []entry
}

type entry struct {
	Key, ETag    string
	Size         int
	LastModified string
}

func (s *Server) list(w http.ResponseWriter, q url.Values) {
	if q.Get("list-type") != "2" {
		Refuse(w, http.StatusNotImplemented, "NotImplemented")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	page := s.config.Page
	if page == 0 {
		page = 1000
	}
	after := q.Get("start-after")
	if token := q.Get("continuation-token"); token != "" {
		after = strings.TrimPrefix(token, "after:")
	}
	answer := listing{Name: s.bucket, Prefix: q.Get("prefix"), EncodingType: q.Get("encoding-type")}
	var keys []string
	for key := range s.objects {
		if strings.HasPrefix(key, answer.Prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if len(keys) > page {
		keys = keys[:page]
		answer.IsTruncated, answer.NextContinuationToken = true, "after:"+keys[page-1]
	}
	for _, key := range keys {
		shown := key
		if answer.EncodingType == "url" {
			shown = url.QueryEscape(key)
		}
		answer.Contents = append(answer.Contents, entry{shown, s.objects[key].tag, len(s.objects[key].data), "2026-11-21T08:00:00.000Z"})
	}
	w.Header().Set("Content-Type", "application/xml")
	xml.NewEncoder(w).Encode(answer)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	o, ok := s.objects[key]
	s.mu.Unlock()
	if !ok {
		Refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	data, tag := o.data, o.tag
	if match := r.Header.Get("If-Match"); match != "" && match != tag {
		Refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Last-Modified", time.Unix(1795248000, 0).UTC().Format(http.TimeFormat))
	w.Header().Set("Accept-Ranges", "bytes")
	w.Header().Set("Content-Type", "application/octet-stream")
	from, until, status := 0, len(data), http.StatusOK
	if span, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		first, last, _ := strings.Cut(span, "-")
		from, _ = strconv.Atoi(first)
		if n, err := strconv.Atoi(last); err == nil {
			until = min(until, n+1)
		}
		if from >= len(data) {
			Refuse(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, until-1, len(data)))
		status = http.StatusPartialContent
	}
	w.Header().Set("Content-Length", strconv.Itoa(until-from))
	w.WriteHeader(status)
	w.Write(data[from:until])
}

// Cut is a response that breaks off after some bytes of its body, by a reset of
// the connection.
func Cut(w http.ResponseWriter, bytes int) http.ResponseWriter {
	return &cut{ResponseWriter: w, left: bytes}
}

type cut struct {
	http.ResponseWriter
	left int
}

// Unwrap serves http.ResponseController.
func (c *cut) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *cut) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	c.ResponseWriter.Write(p[:c.left])
	http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// Slow is a response whose body comes in pieces, with a wait before each.
func Slow(w http.ResponseWriter, piece int, wait func()) http.ResponseWriter {
	return &slow{w, piece, wait}
}

type slow struct {
	http.ResponseWriter
	piece int
	wait  func()
}

func (s *slow) Write(p []byte) (n int, err error) {
	for err == nil && n < len(p) {
		s.wait()
		var m int
		m, err = s.ResponseWriter.Write(p[n:min(n+s.piece, len(p))])
		http.NewResponseController(s.ResponseWriter).Flush()
		n += m
	}
	return n, err
}
