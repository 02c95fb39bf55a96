package object

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Amazon's store, and the regions of requests as long as the bucket's is not
// known: a store that wants another one names it in its refusal. R2 and MinIO
// take Amazon's first one; Google documents a word of its own.
const (
	amazon        = "https://s3.amazonaws.com"
	unknownRegion = "us-east-1"
	google        = "storage.googleapis.com"
	googleRegion  = "auto"
)

// store is an S3-compatible one.
type store struct {
	client    *Client
	endpoint  *url.URL
	creds     *credentials.Credentials
	anonymous bool
	buckets   map[string]*bucket
}

// bucket is one of a store.
type bucket struct {
	*store
	name   string
	region string
	api    *minio.Core
}

// connect finds the endpoint and the credentials.
func (c *Client) connect(ctx context.Context) (*store, error) {
	text := cmp.Or(c.options.Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), amazon)
	endpoint, err := parseEndpoint(text)
	if err != nil {
		return nil, err
	}
	s := &store{client: c, endpoint: endpoint, buckets: make(map[string]*bucket)}
	s.anonymous = c.options.Anonymous || isSet(os.Getenv("AWS_NO_SIGN_REQUEST"))
	s.creds, err = c.credentials(ctx, s.anonymous)
	return s, err
}

// isSet reads a switch as others do: 1, true, yes.
func isSet(value string) bool {
	return slices.Contains([]string{"1", "true", "yes", "on"}, strings.ToLower(value))
}

// parseEndpoint reads an URL, or a host and perhaps a port for https.
func parseEndpoint(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("the endpoint of the store is no URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("the endpoint of the store has the scheme %s: it must be https or http", u.Scheme)
	case u.User != nil:
		return nil, errors.New("the endpoint of the store must have no user name and password: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the endpoint of the store must end behind the host: %s://%s", u.Scheme, u.Host)
	}
	u.Path = ""
	return u, nil
}

// bucket makes the client of a bucket.
func (s *store) bucket(name string) (*bucket, error) {
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	b := &bucket{store: s, name: name}
	region := unknownRegion
	if s.endpoint.Hostname() == google {
		region = googleRegion
	}
	region = cmp.Or(s.client.options.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), region)
	if err := b.relocate(region); err != nil {
		return nil, err
	}
	s.buckets[name] = b
	return b, nil
}

// relocate lets further requests go to a region. Buckets have names in the
// host, as Amazon and Google want it, or in the path anywhere else.
func (b *bucket) relocate(region string) error {
	api, err := minio.NewCore(b.endpoint.Host, &minio.Options{
		Creds:      b.creds,
		Secure:     b.endpoint.Scheme == "https",
		Transport:  b.client.transport,
		Region:     region,
		MaxRetries: 1, // we retry
	})
	if err != nil {
		return fmt.Errorf("endpoint %s: %w", b.endpoint.Host, err)
	}
	api.SetAppInfo("rulecast", "1")
	b.api, b.region = api, region
	return nil
}

// relocated reports whether an error says that the bucket is in another
// region, where further requests go then.
func (b *bucket) relocated(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.region != "" && refused.region != b.region && b.relocate(refused.region) == nil
}

// fault explains the error of a request.
func (b *bucket) fault(err error) error {
	err = fault(b.endpoint.Host, err)
	var refused *Error
	if b.anonymous && errors.As(err, &refused) && refused.Code == "AccessDenied" {
		refused.Reason = "it is not open to everybody, and the request was sent without credentials"
	}
	return err
}

// stored is an entry of a listing.
type stored struct {
	key  string
	size int64
}

// list hands over what has a prefix, in the order of the store. It may be
// asked of the store in many requests, each of which is repeated as need be.
func (b *bucket) list(ctx context.Context, prefix string, each func(stored)) error {
	noOwner := false
	after, tries := "", 0
	for {
		err := error(nil)
		opts := minio.ListObjectsOptions{Prefix: prefix, Recursive: true, StartAfter: after, FetchOwner: &noOwner}
		for info := range b.api.ListObjectsIter(ctx, b.name, opts) {
			if err = info.Err; err != nil {
				break
			}
			each(stored{info.Key, info.Size})
			after, tries = info.Key, 0
		}
		if ended := ctx.Err(); ended != nil {
			return ended
		}
		if err == nil {
			return nil
		}
		if err = b.fault(err); b.relocated(err) {
			continue
		}
		tries++
		if err := b.client.retry.pause(ctx, tries, err); err != nil {
			return err
		}
	}
}

// keyed is an object of a bucket.
type keyed struct {
	*bucket
	key string
}

// host implements origin.
func (o *keyed) host() string { return o.endpoint.Host }

// get implements origin.
func (o *keyed) get(ctx context.Context, from, until int64, v version) (*answer, error) {
	var opts minio.GetObjectOptions
	// Google's store and R2 would unpack objects that are stored with a
	// Content-Encoding, and then serve no parts of them.
	opts.Set("Accept-Encoding", "gzip")
	if span := rangeHeader(from, until); span != "" {
		opts.Set("Range", span)
	}
	switch {
	case v.etag != "":
		opts.Set("If-Match", v.etag)
	case v.modified != "":
		opts.Set("If-Unmodified-Since", v.modified)
	}
	body, _, header, err := o.api.GetObject(ctx, o.name, o.key, opts)
	if err != nil {
		err = o.fault(err)
		var refused *Error
		if errors.As(err, &refused) && refused.Status == http.StatusPreconditionFailed {
			return nil, errChanged
		}
		return nil, err
	}
	status := http.StatusOK
	if header.Get("Content-Range") != "" { // minio-go keeps the status to itself
		status = http.StatusPartialContent
	}
	return parseAnswer(status, header, body), nil
}

// rangeHeader asks for a part, or is "" for everything.
func rangeHeader(from, until int64) string {
	switch {
	case until >= 0:
		return fmt.Sprintf("bytes=%d-%d", from, until-1)
	case from > 0:
		return fmt.Sprintf("bytes=%d-", from)
	}
	return ""
}
