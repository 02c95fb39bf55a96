//go:build versitygw

package object

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"rulecast/ingest/source/object/objecttest"
)

// versitygw is the store that is tested with. Building it takes minutes and
// the network; VERSITYGW may name one that is built.
const versitygw = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

func buildVersitygw(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("VERSITYGW"); path != "" {
		return path
	}
	dir := t.TempDir()
	build := exec.Command("go", "install", versitygw)
	build.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-modcacherw")
	build.Dir = dir // no module of ours
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "versitygw")
}

// startVersitygw runs a store for one region, with a bucket.
func startVersitygw(t *testing.T, region string) (endpoint string, api *minio.Client) {
	t.Helper()
	path := buildVersitygw(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	root := t.TempDir()
	store, sidecar := filepath.Join(root, "store"), filepath.Join(root, "sidecar")
	for _, dir := range []string{store, sidecar} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	gateway := exec.Command(path, "--port", address, "--access", objecttest.AccessKey, "--secret", objecttest.SecretKey,
		"--region", region, "--quiet", "posix", "--sidecar", sidecar, store)
	gateway.Stdout, gateway.Stderr = t.Output(), t.Output()
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		gateway.Process.Kill()
		gateway.Wait()
	})
	api, err = minio.New(address, &minio.Options{Region: region, Creds: credentials.NewStaticV4(objecttest.AccessKey, objecttest.SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err = api.MakeBucket(t.Context(), "logs", minio.MakeBucketOptions{Region: region}); err == nil {
			return "http://" + address, api
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal(err)
	return "", nil
}

// What works with our store works with one that others wrote.
func TestVersitygw(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", objecttest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", objecttest.SecretKey)
	endpoint, api := startVersitygw(t, "eu-south-2")
	put := func(key string, data []byte) {
		t.Helper()
		if _, err := api.PutObject(t.Context(), "logs", key, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{PartSize: 5 << 20}); err != nil {
			t.Fatal(err)
		}
	}
	large := contents(17*pageSize + 123)
	put("large.log", large)
	var want []string
	for i := range 1200 {
		key := fmt.Sprintf("many/%04d ü+%%41.log", i)
		want = append(want, key)
		put(key, []byte(key))
	}
	put("many/empty", nil)

	c := quick(t, endpoint, nil)
	found, err := c.Find(t.Context(), "s3://logs/many/")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, names(found)); diff != "" {
		t.Error(diff)
	}
	got, err := readAll(t, found.Objects[700])
	same(t, got, []byte(want[700]), err)
	got, err = readAll(t, one(t, c, "s3://logs/many/empty"))
	same(t, got, nil, err)

	o := one(t, c, "s3://logs/large.log")
	got, err = readAll(t, o)
	same(t, got, large, err)
	f, err := o.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := make([]byte, 1000)
	if n, err := f.At.ReadAt(p, int64(len(large)-400)); n != 400 || err != io.EOF || !bytes.Equal(p[:n], large[len(large)-400:]) {
		t.Errorf("%d bytes, %v", n, err)
	}
	put("large.log", contents(17*pageSize+123+1))
	if _, err := f.At.ReadAt(p, 9*pageSize); !errors.Is(err, errChanged) {
		t.Errorf("overwritten: %v", err)
	}

	for arg, want := range map[string]string{"s3://logs/none": "no object has this key or prefix", "s3://other/": "HTTP 404 NoSuchBucket: there is no such bucket"} {
		if _, err := c.Find(t.Context(), arg); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", arg, err)
		}
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	if _, err := quick(t, endpoint, nil).Find(t.Context(), "s3://logs/"); err == nil || !strings.Contains(err.Error(), "HTTP 403 SignatureDoesNotMatch") {
		t.Errorf("wrong secret: %v", err)
	}
	t.Setenv("AWS_NO_SIGN_REQUEST", "1")
	if _, err := quick(t, endpoint, nil).Find(t.Context(), "s3://logs/"); err == nil || !strings.Contains(err.Error(), "HTTP 403 AccessDenied") {
		t.Errorf("anonymous: %v", err)
	}
}
