package object

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxRedirects is how often a server may send us elsewhere.
const maxRedirects = 5

var errRedirected = errors.New("redirected")

// newWebClient follows redirects, but not to anything less protected.
func newWebClient(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		to.Header.Del("Referer") // it has the query, which may be a signature
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("%w more than %d times", errRedirected, maxRedirects)
		case to.URL.Scheme != "https" && to.URL.Scheme != via[0].URL.Scheme:
			return fmt.Errorf("%w from %s to %s, which is not followed", errRedirected, via[0].URL.Scheme, printable(to.URL.Scheme))
		}
		return nil
	}}
}

// findURL is the one object that a URL stands for.
func (c *Client) findURL(arg string) (*Found, error) {
	u, err := url.Parse(arg)
	switch {
	case err != nil:
		return nil, errors.New("is no URL") // the error would quote it
	case u.Hostname() == "":
		return nil, errors.New("names no host")
	}
	u.Fragment = ""
	w := &web{client: c.web, url: u}
	return &Found{Objects: []*Object{{Name: publicURL(u), ID: u.String(), Size: -1, open: func(ctx context.Context) (*File, error) {
		return c.open(ctx, w, -1, false)
	}}}}, nil
}

// web is a file on a web server.
type web struct {
	client *http.Client
	url    *url.URL
}

// host implements origin.
func (w *web) host() string { return w.url.Host }

// get implements origin.
func (w *web) get(ctx context.Context, from, until int64, v version) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url.String(), nil)
	if err != nil {
		return nil, &Error{Host: w.host(), Err: cause(err)}
	}
	request.Header.Set("User-Agent", "rulecast")
	request.Header.Set("Accept-Encoding", "identity")
	if span := rangeHeader(from, until); span != "" {
		request.Header.Set("Range", span)
		if validator := v.validator(); validator != "" {
			request.Header.Set("If-Range", validator)
		}
	}
	response, err := w.client.Do(request)
	if err != nil {
		return nil, &Error{Host: w.host(), Err: cause(err)}
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
		return parseAnswer(response.StatusCode, response.Header, response.Body), nil
	case http.StatusRequestedRangeNotSatisfiable:
		discard(response.Body)
		return nil, errChanged // it was longer
	}
	discard(response.Body)
	return nil, &Error{Host: w.host(), Status: response.StatusCode, after: retryAfter(response.Header)}
}

// retryAfter is how long a server wants not to be asked again.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0 // a date, which servers do not send in practice, or nothing
	}
	return min(time.Duration(seconds), 3600) * time.Second
}

// PublicName is an argument as it may be shown.
func PublicName(arg string) string {
	if !Handles(arg) || strings.EqualFold(arg[:5], "s3://") {
		return arg
	}
	u, err := url.Parse(arg)
	if err != nil {
		scheme, _, _ := strings.Cut(arg, "://")
		return scheme + "://***"
	}
	return publicURL(u)
}

// publicURL is a URL for reports: without a user and a password, and without
// the values of the query that may let others in.
func publicURL(u *url.URL) string {
	shown := *u
	shown.User = nil
	pairs := strings.Split(u.RawQuery, "&")
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if ok && secret(name, value) {
			pairs[i] = name + "=***"
		} else if !ok && secret("", name) {
			pairs[i] = "***"
		}
	}
	shown.RawQuery = strings.Join(pairs, "&")
	return shown.String()
}

// secret reports whether a parameter may be a secret: by its name, which in
// one of its words says so, or because its value looks like a key.
func secret(name, value string) bool {
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	for _, word := range []string{"sig", "token", "key", "secret", "pass", "pwd", "auth", "cred", "code", "jwt", "session", "policy",
		"hmac", "hash", "md5", "sha", "ticket", "otp", "acl"} {
		if strings.Contains(strings.ToLower(name), word) {
			return true
		}
	}
	const longest = 20 // of values that people give
	dense := !strings.ContainsFunc(value, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_+/=%~", r)
	})
	return len(value) > longest && dense
}
