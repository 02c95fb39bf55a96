package format

import (
	"strings"
	"testing"
)

const usualPresent = "time client method path query status bytes"

func TestConformNginxIngress(t *testing.T) {
	const (
		plain = `192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.1" 200 5 "https://a.example/" "u" 89 0.001 [shop-web-8080] [] `
		end   = `203.0.113.5:8080 59 0.000 200 529a`
		row   = logTimeOut + "client=192.0.2.1 method=GET path=/a status=200 bytes=5 referer=https://a.example/ referer_host=a.example user_agent=u request_id=529a"
	)
	conform(t, nginxIngress(), usualPresent+" referer referer_host user_agent request_id", []sample{
		{plain + end, row},
		{plain + "[2001:db8::7]:5000, [2001:db8::8]:5000 0, 0 1.000, 2.000 502, 502 529a", row},
		{plain + "- - - - 529a", row},
		{strings.Replace(plain, "- -", "- [192.0.2.1] - -", 1) + end, row},
		{strings.Replace(strings.Replace(plain, "- -", "- [192.0.2.1] - -", 1), "[] ", "", 1) + end, row},
		{plain, "reject: " + reasonLayoutValue},
		{"", "skipped"},
	})
}

func TestConformSSLRequest(t *testing.T) {
	const line = `[10/Oct/2000:13:55:36 -0700] 192.0.2.1 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /a?b HTTP/1.1" `
	const row = logTimeOut + "client=192.0.2.1 method=GET path=/a query=b"
	conform(t, sslRequest(), "time client method path query bytes", []sample{
		{line + "1375", row + " bytes=1375"},
		{line + "-", row},
		{strings.Replace(line, "TLSv1.3 TLS_AES_256_GCM_SHA384", "- -", 1) + "-", row},
		{line + "1375 200", "reject: " + reasonLayoutValue},
		{line, "reject: " + reasonLayoutValue},
	})
}

func TestConformHAProxyCLF(t *testing.T) {
	const line = `192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /#22 HTTP/1.1" 200 5 "" "" 52340 123 "fe" "be" "s1" 0 0 1 2 3 ---- 1 1 0 0 0 0 0 "" "" `
	const row = logTimeOut + `client=192.0.2.1 method=GET path="/\"" status=200 bytes=5`
	conform(t, haproxyCLF(), usualPresent, []sample{
		{line + `"" ""`, row},
		{line + `"a.example" "text/css"`, row},
		{strings.Replace(line, `"" ""`, `"-" "u"`, 1) + `"" ""`, "reject: " + reasonTwoWays},
	})
}

func TestConformTraefik(t *testing.T) {
	const (
		line  = `192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.1" 200 5 REF UA 13 "router@docker" "http://203.0.113.7:80" 8ms`
		plain = logTimeOut + "client=192.0.2.1 method=GET path=/a status=200 bytes=5"
	)
	with := func(referer, agent string) string {
		return strings.NewReplacer("REF", referer, "UA", agent).Replace(line)
	}
	const whole = plain + " referer=https://a.example/ referer_host=a.example user_agent=u"
	conform(t, traefik(), usualPresent+" referer referer_host user_agent", []sample{
		{with(`"https://a.example/"`, `"u"`), whole},
		{with(`"https://a.example/"`, `"u"`), whole},
		{with(`"https://a.example/"`, `"u"`), whole},
		{with(`-`, `"u\"`), plain + ` user_agent=u\`},
		{with(`"-"`, `"-"`), plain},
		{with(`-`, `-`), plain},
		{with(`"x"`, `-`), plain + ` referer=x referer_host="(no scheme)"`},
		{strings.Replace(with(`-`, `-`), "200 5", "- -", 1), strings.TrimSuffix(plain, " status=200 bytes=5")},
		{with(`-`, `"a"b"`), "reject: " + reasonLayoutValue},
		{with(`-`, `"u" 1 "r" "s" 1ms`), "reject: " + reasonLayoutValue},
		{strings.Replace(with(`-`, `"u"`), "/a", `/?" 200 5 "https://b.example/" "`, 1), "reject: " + reasonLayoutValue},
		{`192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 5`, "reject: " + reasonLayoutText},
	})
}

func TestConformIstio(t *testing.T) {
	const (
		head  = `[2022-07-20T09:52:24.955Z] "GET /a?b HTTP/1.1" 200 - `
		tail  = `0 178 2 1 "203.0.113.7" "u" "785918d6" "shop:9080" "203.0.113.10:9080" inbound|9080|| 127.0.0.6:47889 203.0.113.10:9080 CLIENT shop.example default`
		start = "time=2022-07-20T09:52:24.955Z "
		row   = "client=192.0.2.1 forwarded=203.0.113.7 method=GET host=shop path=/a query=b status=200 bytes=178 user_agent=u request_id=785918d6"
	)
	from := func(client string) string { return strings.Replace(tail, "CLIENT", client, 1) }
	conform(t, istio(), "time client forwarded method host path query status bytes user_agent request_id", []sample{
		{head + `via_upstream - "-" ` + from("192.0.2.1:39696"), start + row},
		{head + `via_upstream - "-" ` + from("[2001:db8::1]:39696"), start + strings.Replace(row, "192.0.2.1", "2001:db8::1", 1)},
		{head + `"-" "-" ` + from("192.0.2.1:0"), start + row},
		{strings.Replace(head, "200 -", "0 DC", 1) + `downstream_remote_disconnect - "-" ` + from("192.0.2.1:0"), start + strings.Replace(row, " status=200", "", 1)},
		{head + `via_upstream - "-" ` + from("-"), "reject: " + reasonClient},
		{head + `via_upstream - "-" ` + strings.Replace(from("192.0.2.1:0"), `"u"`, `"u" "x"`, 1), "reject: " + reasonLayoutText},
		{strings.Replace(head, "07-20", "13-20", 1) + `via_upstream - "-" ` + from("192.0.2.1:0"), "reject: " + reasonTime},
	})
	const envoy = `[2016-04-15T20:17:00.310Z] "POST /a HTTP/2" 204 - 154 0 226 100 "203.0.113.7" "u" "cc21" "shop" "tcp://203.0.113.1:80"` + "\n"
	if got := istio().Sniff([]byte(envoy), true); !strings.Contains(got, "no address of the client") {
		t.Errorf("Envoy's default format: %q", got)
	}
}

func haproxySamples() []sample {
	const (
		syslog = "Feb  6 12:14:14 localhost haproxy[14389]: "
		line   = `192.0.2.1:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.example} {} "GET /index.html?a HTTP/1.1"`
		row    = "time=2009-02-06T12:14:14.655Z client=192.0.2.1 method=GET path=/index.html query=a status=200 bytes=2750"
	)
	changed := func(old, new string) string { return syslog + strings.Replace(line, old, new, 1) }
	reads := func(old, new string) string { return strings.Replace(row, old, new, 1) }
	return []sample{
		{syslog + line, row},
		{line, row},
		{"haproxy[1]: " + line, row},
		{"Feb  6 12:14:14 haproxy[1]: " + line, row},
		{"<134>" + syslog + line, row},
		{"2009-02-06T12:14:14.655+01:00 lb1 haproxy[1]: " + line, row},
		{"<134>1 2009-02-06T12:14:14.655+01:00 lb1 haproxy 14389 - - " + line, row},
		{`<134>1 2009-02-06T12:14:14.655+01:00 lb1 haproxy 14389 - [a b="\]"][c d="e"] ` + line, row},
		{syslog + line + " 0/0/0/0/1 1wt.example/TLSv1.3/TLS_AES_256_GCM_SHA384", row},
		{changed("{1wt.example} {} ", ""), row},
		{changed("{1wt.example}", "{a } b|{c}"), row},
		{changed("192.0.2.1:", "2001:db8::1:"), reads("192.0.2.1", "2001:db8::1")},
		{changed("192.0.2.1:", "::ffff:192.0.2.1:"), row},
		{changed("/index.html", "/#22#7b"), reads("/index.html", `"/\"{"`)},
		{changed("/index.html", "https://a.example/x"), reads("path=/index.html", "host=a.example path=/x")},
		{changed("GET /index.html?a HTTP/1.1", "<BADREQ>"), reads(" method=GET path=/index.html query=a", "")},
		{changed("69/109 200 2750", "-1/+8490 -1 0"), reads(" status=200 bytes=2750", "")},
		{changed(" 2750", " +2750"), row},
		{"Feb  6 12:14:14 localhost haproxy[1]: Proxy http-in started.", "skipped"},
		{"Feb  6 12:14:14 localhost haproxy[1]: Connect from 192.0.2.1:33312 to 192.0.2.2:80 (www/HTTP)", "skipped"},
		{"haproxy[1]: 192.0.2.1:56059 [06/Feb/2009:12:14:14.655] frt/f1: Connection error during SSL handshake", "skipped"},
		{"", "skipped"},
		{"Proxy http-in started.", "reject: " + reasonNotHAProxy},
		{syslog + "192.0.2.1:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0", "reject: " + reasonTCP},
		{changed("static/srv1", "static"), "reject: " + reasonNotHAProxy},
		{changed("10/0/30/69/109", "a.example 10/0/30/69/109"), "reject: " + reasonTimers},
		{changed("10/0/30/69/109", "10/0/30/69"), "reject: " + reasonTimers},
		{changed("192.0.2.1:", "-:"), "reject: " + reasonClient},
		{changed(" 200 ", " 2x0 "), "reject: " + reasonStatus},
		{changed(" 2750", " 27k"), "reject: " + reasonBytes},
		{changed(` "GET /index.html?a HTTP/1.1"`, ""), "reject: " + reasonNoRequest},
		{changed(`HTTP/1.1"`, ""), "reject: " + reasonQuote},
		{changed("- - ----", `a=b" "x" - ----`), "reject: " + reasonTwoWays},
	}
}

func TestConformHAProxy(t *testing.T) {
	conform(t, haproxy(), "time client method host path query status bytes", haproxySamples())
}

func TestSniffHAProxy(t *testing.T) {
	const prefix = "Sep 20 15:42:59 lb haproxy[1]: "
	for line, want := range map[string]string{
		"":                              "no whole line",
		"junk":                          "most lines are not CLIENT:PORT",
		prefix + "Proxy a started.":     "no option httplog",
		"Sep 20 15:42:59 lb sshd[1]: x": "most lines are not CLIENT:PORT",
		prefix + "192.0.2.1:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0": "TCP log",
	} {
		if got := sniffHAProxy([]byte(line), true); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func FuzzHAProxy(f *testing.F) { fuzzText(f, haproxy(), haproxySamples()) }

func FuzzIstio(f *testing.F) {
	f.Add([]byte(`[2022-07-20T09:52:24.955Z] "GET / HTTP/1.1" 200 - via_upstream - "-" 0 1 2 1 "-" "u" "i" "h" "a" c 127.0.0.6:4 127.0.0.1:9 192.0.2.1:5 s d`))
	fuzzText(f, istio(), nil)
}

func FuzzTraefik(f *testing.F) {
	f.Add([]byte(`192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 5 - "u" 13 "r" "s" 8ms`))
	fuzzText(f, traefik(), combinedSamples())
}
