package format

import (
	"strings"
	"testing"
)

const s3Owner = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

func s3Line(request, headers string) string {
	return s3Owner + " bucket [06/Feb/2019:01:00:38 +0100] 192.0.2.3 - 3E57EXAMPLE REST.GET.OBJECT a%2520b.jpg " + request + " 200 - 2662992 3462992 70 10 " + headers +
		" - s9lzH= SigV4 ECDHE AuthHeader bucket.s3.example TLSV1.2 - Yes us-east-1"
}

func s3Samples() []sample {
	const plain = "time=2019-02-06T00:00:38Z client=192.0.2.3 method=GET host=bucket.s3.example path=/a%20b.jpg query=x=1 status=200 bytes=2662992 " +
		`referer=https://a.example/b referer_host=a.example user_agent="curl/7 (x)" request_id=3E57EXAMPLE`
	const request, headers = `"GET /a%20b.jpg?x=1 HTTP/1.1"`, `"https://a.example/b" "curl/7 (x)"`
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	line := s3Line(request, headers)
	changed := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(line) }
	const noReferer = " referer=https://a.example/b referer_host=a.example"
	return []sample{
		{line, plain},
		{line[:strings.Index(line, " s9lzH")], with(" host=bucket.s3.example", "")},
		{changed("192.0.2.3", "2001:db8::7", " 2662992 ", " - ", " 200 ", " 304 "), with("192.0.2.3", "2001:db8::7", " bytes=2662992", "", "status=200", "status=304")},
		{s3Line(request, `"-" "curl/7 (x)"`), with(noReferer, "")},
		{s3Line(request, `"" "-"`), with(noReferer, " referer_host=(empty)", ` user_agent="curl/7 (x)"`, "")},
		{s3Line(request, "- -"), with(noReferer, "", ` user_agent="curl/7 (x)"`, "")},
		{s3Line(request, `- "curl/7 (x)"`), with(noReferer, "")},
		{s3Line("-", headers), with(" method=GET", "", " query=x=1", "")},
		{s3Line(`"GET http://www.example.com/a%20b.jpg?x=1 HTTP/1.1"`, headers), plain},
		// Quotes of clients: in the URI, in a Referer, in a User-Agent, and such that nobody can tell.
		{s3Line(`"GET /a"b" 200 HTTP/1.1"`, headers), "reject: " + reasonFields},
		{s3Line(`"GET /a"b"?x=1 HTTP/1.1"`, headers), with("/a%20b.jpg", `"/a\"b\""`)},
		{s3Line(request, `"https://a.example/b" "curl" (x)"`), with("curl/7 (x)", `curl\" (x)`)},
		{s3Line(request, `"https://a.example/b"c" "curl/7 (x)"`), with("referer=https://a.example/b", `referer="https://a.example/b\"c"`)},
		{s3Line(request, `"https://a.example/" "fake" "curl/7 (x)"`), "reject: " + reasonBareQuotes},
		{s3Line(request, `"-" " "`), with(noReferer, "", `"curl/7 (x)"`, `" "`)},
		{s3Line(request, `"-" "a" "b"`), "reject: " + reasonBareQuotes},
		// What no viewer asked for.
		{changed("192.0.2.3", "-", "REST.GET", "REST.PUT"), "skipped"},
		{changed("REST.GET.OBJECT", "S3.EXPIRE.OBJECT"), "skipped"},
		{changed("REST.GET.OBJECT", "BATCH.DELETE.OBJECT"), "duplicate"},
		{"", "skipped"},
		{changed("06/Feb", "31/Feb"), "reject: " + reasonTime},
		{changed("192.0.2.3", "AmazonS3"), "reject: " + reasonClient},
		{changed(" 200 ", " 2000 "), "reject: " + reasonStatus},
		{changed(" 2662992 ", " many "), "reject: " + reasonBytes},
		{line[:strings.Index(line, " - s9lzH")], "reject: " + reasonTail},
		{line[:strings.Index(line, ` "curl`)] + " -", "reject: " + reasonFields},
		{line[:150], "reject: " + reasonFields},
		{s3Owner + " bucket [06/Feb", "reject: " + reasonFields},
		{s3Owner, "reject: " + reasonFields},
	}
}

func TestConformS3(t *testing.T) {
	conform(t, awsS3(), "time client method host path query status bytes referer referer_host user_agent request_id", s3Samples())
}

func TestSniffS3(t *testing.T) {
	const owner = "the first line does not begin with the owner of a bucket, 64 hexadecimal digits"
	for head, missed := range map[string]string{
		"":                            owner,
		"- bucket [06/Feb\n":          owner,
		s3Owner + "\n":                "no [time] behind the bucket",
		s3Owner + " bucket 06/Feb\n":  "no [time] behind the bucket",
		s3Owner + " bucket [06/Feb\n": "most lines cannot be read; of the first: " + reasonFields,
	} {
		if got := sniffS3([]byte(head), true); got != missed {
			t.Errorf("%.60q: got %q, want %q", head, got, missed)
		}
	}
	if got := sniffS3([]byte(s3Line("-", "- -")), false); got != owner {
		t.Errorf("a line that is cut short: %q", got)
	}
}
