package object

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Retry says how often a server is asked again, and after how long. Zero
// fields are the defaults.
type Retry struct {
	Attempts int           // in a row that bring nothing; 8
	First    time.Duration // the longest wait before the second attempt, doubled for each further one; 200 ms
	Longest  time.Duration // the longest wait of all; 20 s
	Idle     time.Duration // a connection that brings nothing for so long is given up; 30 s

	// Sleep waits, but not longer than the context; nil is a timer.
	Sleep func(context.Context, time.Duration) error
}

// progress is how many bytes make an attempt one that brought something: less
// would let a server that drops connections keep us busy for ever.
const progress = 64 << 10

func (r Retry) withDefaults() *Retry {
	if r.Attempts <= 0 {
		r.Attempts = 8
	}
	if r.First <= 0 {
		r.First = 200 * time.Millisecond
	}
	if r.Longest <= 0 {
		r.Longest = 20 * time.Second
	}
	if r.Idle <= 0 {
		r.Idle = 30 * time.Second
	}
	if r.Sleep == nil {
		r.Sleep = sleep
	}
	return &r
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause decides what follows the attempt with this number, from 1 on, that
// ended with err: it waits for the next one, or returns why there is none. The
// wait is a random part of an interval that grows exponentially ("full
// jitter"), and not shorter than what the server asked for.
func (r *Retry) pause(ctx context.Context, attempt int, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if !temporary(err) {
		return err
	}
	if attempt >= r.Attempts {
		return &exhaustedError{attempt, err}
	}
	most := r.Longest
	if shift := attempt - 1; shift < 32 && r.First<<shift > 0 {
		most = min(most, r.First<<shift)
	}
	wait := rand.N(most + 1)
	var refused *Error
	if errors.As(err, &refused) {
		wait = max(wait, min(refused.after, r.Longest))
	}
	return r.Sleep(ctx, wait)
}

// Causes that end a connection or an object.
var (
	errIdle      = errors.New("the server sent nothing for too long")
	errClosed    = errors.New("the server closed the connection")
	errCutShort  = errors.New("the server sent less than it announced")
	errChanged   = errors.New("it was overwritten while it was read: read it again")
	errNoRanges  = errors.New("the server does not serve parts of it")
	errPlain     = errors.New("the server speaks http, not https")
	errNoVersion = errors.New("the server does not say which version it serves, so reading cannot be resumed")
)

// temporary reports whether asking again may help: when the server is
// overloaded or in trouble, and when a connection breaks or stalls.
func temporary(err error) bool {
	var refused *Error
	if errors.As(err, &refused) && (refused.Status != 0 || refused.Code != "") {
		return refused.temporary()
	}
	for _, final := range []error{errChanged, errNoRanges, errNoVersion, errRedirected, errPlain, syscall.ECONNREFUSED, context.Canceled} {
		if errors.Is(err, final) {
			return false
		}
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return !name.IsNotFound
	}
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	return !errors.As(err, &authority) && !errors.As(err, &hostname) && !errors.As(err, &invalid) &&
		!errors.As(err, &header) && !errors.As(err, &verification)
}

// newTransport makes connections for objects. Bodies come as they are stored:
// what is packed is unpacked later.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		DisableCompression:     true,
	}
}

// limitedBody is the most of an error's body that is read.
const limitedBody = 64 << 10

// discard lets a connection be used again after a short body, and closes it
// otherwise.
func discard(body io.ReadCloser) {
	io.CopyN(io.Discard, body, limitedBody)
	body.Close()
}
