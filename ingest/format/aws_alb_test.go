package format

import (
	"strings"
	"testing"
)

func albLine(kind, request, userAgent string) string {
	return kind + ` 2020-01-11T16:55:20.356586Z app/web/jf29 192.0.2.10:44325 10.0.0.1:3286 0.013 0.164 0.000 200 200 391 107999 ` +
		request + ` ` + userAgent + ` ECDHE-RSA TLSv1.2 arn:aws:tg "Root=1-2" "www.example.com" "arn:cert" 2 2020-01-11T16:55:19.624000Z "waf,forward" "-" "-" "10.0.0.1:3286" "200" "-" "-"`
}

func albSamples() []sample {
	const url = `"GET https://www.example.com:443/a%20b?c=d HTTP/2.0"`
	const plain = "time=2020-01-11T16:55:20.356586Z client=192.0.2.10 method=GET scheme=https host=www.example.com path=/a%20b query=c=d " +
		"status=200 bytes=107999 user_agent=curl/7 request_id=Root=1-2"
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	line := albLine("h2", url, `"curl/7"`)
	changed := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(line) }
	return []sample{
		{line, plain},
		{line + ` TID_0 "-" "-"`, plain},
		{changed("192.0.2.10:44325", "[2001:db8::1]:44325", "10.0.0.1:3286", "-", " 200 200 ", " 503 - "), with("192.0.2.10", "2001:db8::1", "status=200", "status=503")},
		{changed("192.0.2.10:44325", "2001:db8::1"), with("192.0.2.10", "2001:db8::1")},
		{albLine("wss", `"GET https://www.example.com:443/chat HTTP/1.1"`, `"curl/7"`),
			with("/a%20b query=c=d", "/chat")},
		{changed("20.356586Z", "20Z", " 200 200 ", " - - ", "107999", "-"), with("20.356586Z", "20Z", " status=200 bytes=107999", "")},
		{albLine("http", `"GET http://198.51.100.1:80/?a=<b c>&\x22d\\ HTTP/1.1"`, `"a \"b\" \x22 c"`),
			with("scheme=https host=www.example.com path=/a%20b query=c=d", `scheme=http host=198.51.100.1 path=/ query="a=<b c>&\"d\\"`, "curl/7", `"a \"b\" \" c"`)},
		{albLine("http", `"GET http://www.example.com:80 HTTP/1.1"`, `"-"`), with("scheme=https", "scheme=http", "/a%20b query=c=d", "/", " user_agent=curl/7", "")},
		{albLine("https", `"- http://www.example.com:80- -"`, `"-"`), with(" method=GET scheme=https host=www.example.com path=/a%20b query=c=d", "", " user_agent=curl/7", "")},
		{"", "skipped"},
		// Classic.
		{`2021-05-13T23:39:43.945958Z my-lb 192.0.2.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -`,
			"time=2021-05-13T23:39:43.945958Z client=192.0.2.7 method=GET scheme=http host=www.example.com path=/ status=200 bytes=29 user_agent=curl/7.38.0"},
		{`2021-05-13T23:39:45.945958Z my-lb 192.0.2.7:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -`, "skipped"},
		{`2021-05-13T23:39:46.945958Z my-lb 192.0.2.7:2817 10.0.0.1:80 0.1 0.1 0.1 - - -1 -1 "- - - " "-" ECDHE TLSv1.2`, "skipped"},
		{`tls 2.0 2022-04-01T08:51:42 net/nlb/c6e g3d4 192.0.2.1:51341 172.0.0.1:443 5 2 98 246 - arn - ECDHE tlsv12 - name h2 h2 "h2"`, "reject: " + reasonNLB},
		{albLine("spdy", url, `"curl/7"`), "reject: " + reasonALBType},
		{changed("2020-01-11T16", "2020-13-11T16"), "reject: " + reasonTime},
		{changed("192.0.2.10:44325", "-"), "reject: " + reasonClient},
		{changed(" 200 200 ", " OK 200 "), "reject: " + reasonStatus},
		{changed(" 107999 ", " -1 "), "reject: " + reasonBytes},
		{albLine("h2", `"GET https://www.example.com/"b HTTP/2.0"`, `"curl/7"`), "reject: " + reasonFields},
		{albLine("h2", url, `curl/7`), "reject: " + reasonFields},
		{line[:200], "reject: " + reasonFields},
		{"h2", "reject: " + reasonFields},
	}
}

func TestConformALB(t *testing.T) {
	conform(t, awsALB(), "time client method scheme host path query status bytes user_agent request_id", albSamples())
}

func TestSniffALB(t *testing.T) {
	const beginning = "the first line does not begin with the type and time of a load balancer's row"
	for head, missed := range map[string]string{
		"":                beginning,
		"h2 app/web x\n":  beginning,
		"\n\nspdy 2020\n": beginning,
		"tls 2.0 2022-04-01T08:51:42 net/nlb/c6e g3d4 192.0.2.1:51341\n":               "the log of a Network Load Balancer: TLS connections, not requests",
		"2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE 4.036 \"CN\"": "a load balancer's log of connections, not of requests",
		"2023-10-04T17:05:15Z INFO something started\n":                                "most lines cannot be read; of the first: " + reasonFields,
	} {
		if got := sniffALB([]byte(head), true); got != missed {
			t.Errorf("%.60q: got %q, want %q", head, got, missed)
		}
	}
}
