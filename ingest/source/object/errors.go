package object

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/minio/minio-go/v7"
)

// Error is the answer of a server that is none, or the lack of one.
type Error struct {
	Host   string // of the endpoint, with its port
	Status int    // HTTP's; 0 if there was no answer
	Code   string // S3's; "" if there is none
	Reason string // what that means, and what to do; "" if nothing is known
	Err    error  // why there was no answer

	region string        // of the bucket, if the store says so
	after  time.Duration // how long not to ask again
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Host)
	b.WriteString(": ")
	switch {
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	case e.Status == 0:
		b.WriteString(e.Code)
	default:
		fmt.Fprintf(&b, "HTTP %d", e.Status)
		if e.Code != "" {
			b.WriteString(" " + e.Code)
		} else if text := http.StatusText(e.Status); text != "" {
			b.WriteString(" " + text)
		}
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// temporary reports whether the answer may be another one soon.
func (e *Error) temporary() bool {
	switch e.Code {
	case "SlowDown", "SlowDownRead", "RequestTimeout", "InternalError", "ServiceUnavailable",
		"Throttling", "ThrottlingException", "RequestThrottled", "RequestLimitExceeded":
		return true
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return e.Status >= 500
}

// reasons explain the codes of S3 that users meet.
// Source: "Error responses" in Amazon's S3 API reference.
func reasons(code string) string {
	switch code {
	case "AccessDenied":
		return "the credentials do not allow this"
	case "InvalidAccessKeyId":
		return "the store does not know the access key"
	case "SignatureDoesNotMatch":
		return "the secret key does not belong to the access key"
	case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
		return "the session has ended: get new credentials"
	case "NoSuchBucket":
		return "there is no such bucket"
	case "NoSuchKey":
		return "there is no such object"
	case "RequestTimeTooSkewed":
		return "the clock of this machine is wrong"
	case "InvalidObjectState":
		return "it is archived and has to be restored before it can be read"
	case "PermanentRedirect", "TemporaryRedirect":
		return "the bucket is at another endpoint"
	}
	return ""
}

// fault makes one of our errors of what minio-go returns for a request to
// host.
func fault(host string, err error) error {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return &Error{Host: host, Err: cause(err)}
	}
	e := &Error{Host: host, Status: answer.StatusCode, Code: printable(answer.Code), region: answer.Region}
	if strings.Contains(e.Code, " ") {
		e.Code = "" // minio-go puts the status line there if the answer has no code
	} else if e.Reason = reasons(e.Code); e.Reason == "" {
		e.Reason = printable(answer.Message)
	}
	return e
}

// cause is an error of a request without its URL, which may have secrets and
// which whoever reads the error knows.
func cause(err error) error {
	for {
		var request *url.Error
		if !errors.As(err, &request) {
			break
		}
		err = request.Err
	}
	switch text := err.Error(); {
	case strings.HasPrefix(text, "Connection closed by foreign host") || err == io.EOF: // as minio-go says it
		return errClosed
	case text == "http: server gave HTTP response to HTTPS client":
		return errPlain
	}
	return err
}

// printable is text of a server for a line of ours: short and without control
// characters.
func printable(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// exhaustedError is the last of several failures.
type exhaustedError struct {
	attempts int
	err      error
}

func (e *exhaustedError) Error() string {
	return fmt.Sprintf("%v (after %d attempts)", e.err, e.attempts)
}
func (e *exhaustedError) Unwrap() error { return e.err }

// PositionError says how far an object could be read.
type PositionError struct {
	Offset int64 // bytes that were delivered
	Size   int64 // that the object should have; -1 if that is not known
	Err    error
}

func (e *PositionError) Error() string {
	if e.Size < 0 {
		return fmt.Sprintf("at byte %d: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("at byte %d of %d: %v", e.Offset, e.Size, e.Err)
}

func (e *PositionError) Unwrap() error { return e.Err }
