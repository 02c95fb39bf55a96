package format

import (
	"fmt"
	"strings"
	"testing"

	"rulecast/ingest/record"
)

const (
	commonPresent   = "time client method path query status bytes"
	combinedPresent = "time client method host path query status bytes referer referer_host user_agent"
)

// logTime is the time of the samples, and logTimeOut its dump.
const (
	logTime    = " [10/Oct/2000:13:55:36 -0700] "
	logTimeOut = "time=2000-10-10T20:55:36Z "
)

func TestConformCommon(t *testing.T) {
	samples := []sample{
		{"127.0.0.1 - frank" + logTime + `"GET /apache_pb.gif HTTP/1.0" 200 2326`,
			logTimeOut + "client=127.0.0.1 method=GET path=/apache_pb.gif status=200 bytes=2326"},
		{"::1 - -" + logTime + `"-" 408 -`, logTimeOut + "client=::1 status=408"},
		{"fe80::1%eth0 - -" + logTime + `"" - 7`, logTimeOut + "client=fe80::1 bytes=7"},
		{"", "skipped"},
		{"198.51.100.71 192.0.2.5 -" + logTime + `"HEAD /a?b HTTP/1.1" 000 0 158 128 0 "-" "nsscache"`,
			logTimeOut + "client=198.51.100.71 method=HEAD path=/a query=b"},
		{"host.example - -" + logTime + `"GET / HTTP/1.0" 200 1`, "reject: " + reasonClient},
		{"127.0.0.1 - -" + logTime + `"GET / HTTP/1.0"`, "reject: " + reasonNoStatus},
		{"127.0.0.1 - -" + logTime + `"GET /"x" HTTP/1.0" 200 1`, "reject: " + reasonNoStatus},
		{"127.0.0.1 - -" + logTime + `"GET / HTTP/1.0" 200`, "reject: " + reasonNoBytes},
		{"127.0.0.1 - -" + logTime + `"GET / HTTP/1.0" abc 1`, "reject: " + reasonStatus},
		{"127.0.0.1 - -" + logTime + `"GET / HTTP/1.0" 200 1k`, "reject: " + reasonBytes},
		{"2001:db8::1 - -" + logTime + `"GET / HTTP/1.0" 200 1`, logTimeOut + "client=2001:db8::1 method=GET path=/ status=200 bytes=1"},
	}
	conform(t, common(), commonPresent, append(startOf(samples[0]), samples...))
}

func combinedSamples() []sample {
	const ua = ` "https://a.example/" "curl/7"`
	const row = logTimeOut + "client=192.0.2.1 method=GET path=/ status=200 bytes=5 referer=https://a.example/ referer_host=a.example user_agent=curl/7"
	request := func(r string) string { return "192.0.2.1 - -" + logTime + `"` + r + `" 200 5` + ua }
	requested := func(dump string) string { return strings.Replace(row, " method=GET path=/", dump, 1) }
	headers := func(h string) string { return "192.0.2.1 - -" + logTime + `"GET / HTTP/1.1" 200 5` + h }
	with := func(dump string) string { return row[:strings.Index(row, " referer=")] + dump }
	front := func(f string) string { return f + logTime + `"GET / HTTP/1.1" 200 5` + ua }
	at := func(time string) string { return "192.0.2.1 - - [" + time + `] "GET / HTTP/1.1" 200 5` + ua }
	when := func(time string) string { return strings.Replace(row, "2000-10-10T20:55:36Z", time, 1) }
	return []sample{
		{"a line of junk in front", "reject: " + reasonNoRequest},
		{request("GET / HTTP/1.1"), row},
		{request("GET /a?b?c#d HTTP/2.0"), requested(" method=GET path=/a query=b?c#d")},
		{request("GET /a%20b?x=%2F HTTP/1.1"), requested(" method=GET path=/a%20b query=x=%2F")},
		{request("GET /a b  c HTTP/1.1"), requested(` method=GET path="/a b  c"`)},
		{request("GET /old"), requested(" method=GET path=/old")},
		{request("GET /old style"), requested(` method=GET path="/old style"`)},
		{request("GET  HTTP/1.1"), requested(" method=GET")},
		{request("hello"), requested("")},
		{request("-"), requested("")},
		{request(""), requested("")},
		{request("- - HTTP/1.0"), requested("")},
		{request(`\x16\x03\x01\x02 \x00`), requested("")},
		{request(`\n`), requested("")},
		{request("<SCRIPT>X</SCRIPT> / HTTP/1.1"), requested("")},
		{request(strings.Repeat("A", 33) + " / HTTP/1.1"), requested("")},
		{request("GET http://Evil.example:8080/p?q HTTP/1.1"), requested(" method=GET host=evil.example path=/p query=q")},
		{request("GET HTTPS://evil.example HTTP/1.1"), requested(" method=GET host=evil.example path=/")},
		{request("GET http://evil.example?q HTTP/1.1"), requested(" method=GET host=evil.example path=/ query=q")},
		{request("CONNECT a.example:443 HTTP/1.1"), requested(" method=CONNECT path=a.example:443")},
		{request("GET ftp://a.example/x HTTP/1.1"), requested(" method=GET path=ftp://a.example/x")},
		{request(`GET /\"a\\b\x22\t\xe4\q\x4 HTTP/1.1`), requested(` method=GET path="/\"a\\b\"\t\xe4\\q\\x4"`)},
		{headers(` "-" "-"`), with("")},
		{headers(` "" ""`), with(" referer_host=(empty)")},
		{headers(` - "a b"`), with(` user_agent="a b"`)},
		{headers(` - -`), with("")},
		{headers(` - - 12 "x"`), with("")},
		{headers(` "http://a.example:8080/x" "\"q\" \\"`), with(` referer=http://a.example:8080/x referer_host=a.example user_agent="\"q\" \\"`)},
		{headers(` "android-app://x" "u"rt=0.000 uct="0.000"`), with(" referer=android-app://x referer_host=(app) user_agent=u")},
		{headers(` "a.example/x" "u" "1.2.3.4:80" "192.0.2.9"`), with(` referer=a.example/x referer_host="(no scheme)" user_agent=u`)},
		{headers(""), "reject: " + reasonNoReferer},
		{headers(" 12"), "reject: " + reasonNoReferer},
		{headers(` -x "u"`), "reject: " + reasonNoReferer},
		{headers(` "-"`), "reject: " + reasonNoUserAgent},
		{headers(` "-""u"`), "reject: " + reasonNoUserAgent},
		{headers(` "a"b" "u"`), "reject: " + reasonNoUserAgent},
		{headers(` "-" "u`), "reject: " + reasonQuote},
		{headers(` "-" "u\"`), "reject: " + reasonQuote},
		{headers(` "-`), "reject: " + reasonQuote},
		{headers(` "-" "Mozilla (+http://abou192.0.2.7 - -` + logTime + `"GET /b HTTP/1.1" 200 1 "-" "u"`), "reject: " + reasonGlued},
		{`192.0.2.1 - -` + logTime + `"GET /`, "reject: " + reasonQuote},
		{front("192.0.2.1 - Jane Q. Public"), row},
		{front(`192.0.2.1 - x [10/Oct/2000:13:55:36 -0700] \"GET`), row},
		{front("192.0.2.1 ident user"), row},
		{front("192.0.2.1:4711 - user"), row},
		{front("[::ffff:192.0.2.1] - -"), row},
		{front("192.0.2.1 ident Jane Public"), "reject: " + reasonBeforeTime},
		{front("127.0.1.1:80 127.0.0.1 - -"), "reject: " + reasonBeforeTime},
		{front("192.0.2.1 -"), "reject: " + reasonBeforeTime},
		{front("192.0.2.1"), "reject: " + reasonBeforeTime},
		{front(""), "reject: " + reasonBeforeTime},
		{front("a.example - -"), "reject: " + reasonClient},
		{front("- 127.0.0.1 -"), "reject: " + reasonClient},
		{front("10.0.0.2, 10.0.0.1, 127.0.0.1 - -"), "reject: " + reasonBeforeTime},
		{`"192.0.2.1 - -` + logTime + `""GET / HTTP/1.1"" 200 5"`, "reject: " + reasonQuotedLine},
		{at("29/Feb/2024:23:59:59 +0530"), when("2024-02-29T18:29:59Z")},
		{at("29/Feb/2024:23:59:00 +0530"), when("2024-02-29T18:29:00Z")},
		{at("01/Jan/1970:00:00:00 +0000"), when("1970-01-01T00:00:00Z")},
		{at("29/Feb/2023:23:59:59 +0530"), "reject: " + reasonTime},
		{at("10/okt/2000:13:55:36 -0700"), "reject: " + reasonTime},
		{at("10/Oct/2000:13:55:60 -0700"), "reject: " + reasonTime},
		{at("10/Oct/2000:24:55:36 -0700"), "reject: " + reasonTime},
		{at("10/Oct/2000:13:55:36 *0700"), "reject: " + reasonTime},
		{at("10/Oct/2000:13:55:36 -0760"), "reject: " + reasonTime},
		{at("10/Oct/2000:13:55:36-07000"), "reject: " + reasonTime},
		{at(strings.Repeat("\x00", 17) + ":00" + strings.Repeat("\x00", 6)), "reject: " + reasonTime},
		{at("10/Oct/2000:13:55:36"), "reject: " + reasonNoRequest},
		{`{"ClientIP":"192.0.2.1"}`, "reject: " + reasonNoRequest},
		{"\x1f\x8b\x08\x00\xff", "reject: " + reasonNoRequest},
	}
}

// The rejects outnumber the rows among the samples, for detection too: in a
// log, they come after its first lines.
func TestConformCombined(t *testing.T) {
	samples := combinedSamples()
	conform(t, combined(), combinedPresent, append(startOf(samples[1]), samples...))
}

// startOf is as many good lines as detection looks at.
func startOf(good sample) []sample {
	start := make([]sample, sniffLines)
	for i := range start {
		start[i] = good
	}
	return start
}

func TestConformVhostCombined(t *testing.T) {
	const present = "time client forwarded method host path query status bytes referer referer_host user_agent"
	const tail = logTime + `"GET / HTTP/1.1" 200 5 "-" "u"`
	row := func(client, host string) string {
		return logTimeOut + "client=" + client + " method=GET host=" + host + " path=/ status=200 bytes=5 user_agent=u"
	}
	forwarded := func(list string) string {
		return strings.Replace(row("192.0.2.1", "a.example"), "method", "forwarded="+list+" method", 1)
	}
	conform(t, vhostCombined(), present, []sample{
		{"A.example:443 192.0.2.1 - -" + tail, row("192.0.2.1", "a.example")},
		{"a.example 192.0.2.1 - -" + tail, row("192.0.2.1", "a.example")},
		{"127.0.1.1:80 2001:db8::1 - -" + tail, row("2001:db8::1", "127.0.1.1")},
		{"a.example:80 192.0.2.1 - Jane Public" + tail, row("192.0.2.1", "a.example")},
		{"a.example:80 192.0.2.1 - -" + strings.Replace(tail, "/ ", "http://b.example/ ", 1), row("192.0.2.1", "b.example")},
		{"a.example:80 192.0.2.1 - -" + tail + ` "203.0.113.7"`, forwarded("203.0.113.7")},
		{"a.example:80 192.0.2.1 - -" + tail + ` X-Forwarded-For="203.0.113.7, unknown,2001:db8::7"`, forwarded(`"203.0.113.7, unknown,2001:db8::7"`)},
		{"a.example:80 192.0.2.1 - -" + tail + ` "-"`, row("192.0.2.1", "a.example")},
		{"a.example:80 192.0.2.1 - -" + tail + ` "unknown" "203.0.113.7"`, row("192.0.2.1", "a.example")},
		{"a.example:80 192.0.2.1 - -" + tail + ` "0.003"`, row("192.0.2.1", "a.example")},
		{"a.example:80 192.0.2.1 - -" + tail + ` "203.0.113.7`, row("192.0.2.1", "a.example")},
		{"192.0.2.1 - -" + tail, "reject: " + reasonBeforeTime},
		{"a.example:80 b.example - -" + tail, "reject: " + reasonClient},
		{"a.example:80" + tail, "reject: " + reasonBeforeTime},
		{" 192.0.2.1 - -" + tail, "reject: " + reasonBeforeTime},
	})
}

func TestSniffLog(t *testing.T) {
	const (
		comm = "192.0.2.1 - -" + logTime + `"GET / HTTP/1.1" 200 5` + "\n"
		comb = "192.0.2.1 - -" + logTime + `"GET / HTTP/1.1" 200 5 "-" "u"` + "\n"
		vhst = "a.example:80 " + comb
		junk = "junk\n"
	)
	for _, tt := range []struct {
		head  string
		whole bool
		want  string
	}{
		{comm, false, "common"}, {comb, false, "combined"}, {vhst, false, "vhost_combined"},
		{junk + comb, false, "combined"},
		{junk + "\n" + junk + comm + comm, false, "common"},
		{comm + comb, false, "common"},
		{comm + comb + comb, false, "combined"},
		{comb + vhst, false, "combined"},
		{comb[:len(comb)-1], true, "combined"},
		{comb[:len(comb)-1], false, ""},
		{strings.Repeat(junk, 2) + comb, false, ""},
		{"", true, ""},
		{"\n\n", true, ""},
		{junk, true, ""},
		{`{"a": "192.0.2.1 - - "}` + "\n", true, ""},
		{"\x00\x01\x02\xff", true, ""},
		{"#Version: 1.0\n" + cloudFrontHeader + "\n" + cloudFrontRow(nil) + "\n", true, ""},
		{strings.Repeat(junk, 40) + strings.Repeat(comb, 60) + strings.Repeat(junk, 1000), true, "combined"},
	} {
		got := ""
		for _, f := range []*Format{vhostCombined(), combined(), common()} {
			if missed := f.Sniff([]byte(tt.head), tt.whole); missed == "" {
				got += f.Name
			}
		}
		if got != tt.want {
			t.Errorf("%.70q (whole: %v): recognised as %q, want %q", tt.head, tt.whole, got, tt.want)
		}
	}
}

// BenchmarkCombined decodes a log of some 250 bytes a row.
func BenchmarkCombined(b *testing.B) {
	var log strings.Builder
	const rows = 1 << 13
	for i := range rows {
		fmt.Fprintf(&log, `198.51.%d.%d - - [17/May/2015:10:%02d:%02d +0000] "GET /images/products/%d/large-picture-%d.jpg?v=2 HTTP/1.1" 200 %d `+
			`"https://www.site-%d.example/page/%d" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.1700.77 Safari/537.36"`+"\n",
			i*31%100, i*17%250, i/60%60, i%60, i%977, i%31, 1000+i*7919%100000, i%300, i, 70+i%40)
	}
	block := []byte(log.String())
	for _, bench := range []struct {
		name  string
		wants record.Columns
	}{
		{"referer rules", record.ColumnSet(record.Client, record.RefererHost, record.Status, record.Bytes)},
		{"all", record.AllColumns},
	} {
		b.Run(bench.name, func(b *testing.B) { benchmarkDecode(b, combined(), bench.wants, nil, block, rows) })
		f, err := FromLogFormat(combinedString)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bench.name+" by its string", func(b *testing.B) { benchmarkDecode(b, f, bench.wants, nil, block, rows) })
	}
}

// benchmarkDecode decodes block, of so many rows, again and again after header.
func benchmarkDecode(b *testing.B, f *Format, wants record.Columns, header, block []byte, rows int) {
	builder, d, at := record.NewBuilder(wants), f.New(), &Position{}
	d.Decode(header, builder, at)
	pass := func() {
		for n := 0; n < len(block); {
			n += d.Decode(block[n:], builder, at)
			builder.Reset()
		}
	}
	pass()
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	for b.Loop() {
		pass()
	}
	if at.Line%int64(rows) > 1 || at.Skipped > 1 {
		b.Fatalf("%d lines, %d skipped", at.Line, at.Skipped)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}
