package format

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

const w3cFields = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) " +
	"cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken X-Forwarded-For"

// w3cRow is a row of w3cFields with some columns, counted from 1, replaced.
func w3cRow(replace map[int]string) string {
	v := strings.Fields("2015-01-13 00:32:17 192.0.2.1 GET /robots.txt - 80 - 198.51.100.7 Mozilla/5.0+(X11;+Linux) - www.example.com 200 0 0 1405 242 283 -")
	for i, s := range replace {
		v[i-1] = s
	}
	return strings.Join(v, " ")
}

func w3cSamples() []sample {
	const plain = `time=2015-01-13T00:32:17Z client=198.51.100.7 method=GET host=www.example.com path=/robots.txt ` +
		`status=200 bytes=1405 user_agent="Mozilla/5.0 (X11; Linux)"`
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	return []sample{
		{"#Software: Microsoft Internet Information Services 10.0", "skipped"},
		{"#Version: 1.0", "skipped"},
		{"#Date: 2015-01-13 00:32:17", "skipped"},
		{w3cFields, "skipped"},
		{w3cRow(nil), plain},
		{w3cRow(nil) + " ", plain},
		{strings.ReplaceAll(w3cRow(nil), " ", "\t"), plain},
		{strings.ReplaceAll(w3cRow(nil), " ", "   "), plain},
		{w3cRow(map[int]string{9: "fe80::1%3"}), with("198.51.100.7", "fe80::1")},
		{w3cRow(map[int]string{9: "::ffff:192.0.2.9"}), with("198.51.100.7", "192.0.2.9")},
		{w3cRow(map[int]string{6: "q=a+b%20c&r=|22|", 11: "https://Evil.example/a?b+c"}),
			with("path=/robots.txt", "path=/robots.txt query=q=a+b%20c&r=|22|", " user_agent", " referer=https://Evil.example/a?b+c referer_host=evil.example user_agent")},
		{w3cRow(map[int]string{10: "bot/2.0;++http://bot.example"}), with(`"Mozilla/5.0 (X11; Linux)"`, `"bot/2.0; +http://bot.example"`)},
		{w3cRow(map[int]string{19: "203.0.113.5,+192.0.2.77"}), with(" method", " forwarded=203.0.113.5,+192.0.2.77 method")},
		{w3cRow(map[int]string{13: "-", 16: "-"}), with(" status=200 bytes=1405", "")},
		// Quotes of clients are no quotes of IIS.
		{w3cRow(map[int]string{10: `"Mozilla/5.0`, 11: `https://a.example/"`}),
			with(`user_agent="Mozilla/5.0 (X11; Linux)"`, `referer="https://a.example/\"" referer_host=a.example user_agent="\"Mozilla/5.0"`)},
		{w3cRow(map[int]string{10: `"bot"`}), with(`"Mozilla/5.0 (X11; Linux)"`, `"\"bot\""`)},
		{"", "skipped"},
		{w3cRow(map[int]string{9: "[10.0.0.1](http://10.0.0.1)"}), "reject: " + reasonClient},
		{w3cRow(map[int]string{9: "-"}), "reject: " + reasonClient},
		{w3cRow(map[int]string{1: "13/Jan/2015"}), "reject: " + reasonDate},
		{w3cRow(map[int]string{2: "24:00:00"}), "reject: " + reasonTime},
		{w3cRow(map[int]string{2: "00:32:17."}), "reject: " + reasonTime},
		{w3cRow(map[int]string{2: "0:32"}), "reject: " + reasonTime},
		{w3cRow(map[int]string{4: "[2]USER"}), "reject: " + reasonMethod},
		{w3cRow(map[int]string{13: "OK"}), "reject: " + reasonStatus},
		{w3cRow(map[int]string{16: "1e3"}), "reject: " + reasonBytes},
		{w3cRow(nil) + " more", "reject: " + reasonColumns},
		{w3cRow(map[int]string{10: "Mozilla/5.0 (X11)"}), "reject: " + reasonColumns},
		{w3cRow(map[int]string{10: `"Mozilla/5.0 (X11)"`}), "reject: " + reasonColumns},
		{" ", "reject: " + reasonColumns},
	}
}

func TestConformW3C(t *testing.T) {
	conform(t, w3cExtended(), "time client forwarded method host path query status bytes referer referer_host user_agent", w3cSamples())
}

// Rows without a date are of the day of #Date, or the one behind.
func TestConformW3CDates(t *testing.T) {
	conform(t, w3cExtended(), "time client method path status", []sample{
		{byteOrderMark + "#Fields: time c-ip cs-method cs-uri-stem sc-status", "skipped"},
		{"16:44:49 192.0.2.1 GET / 200", "client=192.0.2.1 method=GET path=/ status=200"}, // nobody knows the day
		{"#Date: 2000-10-09 23:30:00  // when the first entry was recorded", "skipped"},
		{"23:30:00 192.0.2.1 GET / 200", "time=2000-10-09T23:30:00Z client=192.0.2.1 method=GET path=/ status=200"},
		{"23:29 192.0.2.1 GET / 200", "time=2000-10-09T23:29:00Z client=192.0.2.1 method=GET path=/ status=200"},
		{"00:00:01.123456789 192.0.2.1 GET / 200", "time=2000-10-10T00:00:01.123456Z client=192.0.2.1 method=GET path=/ status=200"},
		{"24:30 192.0.2.1 GET / 200", "reject: " + reasonTime},
		{byteOrderMark + "#Date: 2000-10-10", "skipped"},
		{"00:00:01 192.0.2.1 GET / 200", "time=2000-10-10T00:00:01Z client=192.0.2.1 method=GET path=/ status=200"},
		{"#Fields: date c-ip cs-method cs-uri-stem sc-status", "skipped"},
		{"2000-10-10 192.0.2.1 GET / 200", "client=192.0.2.1 method=GET path=/ status=200"},
		{"#Fields: c-ip cs-method cs-uri-stem sc-status", "skipped"},
		{"192.0.2.1 GET / -", "client=192.0.2.1 method=GET path=/"},
		{"#Fields: date-local time-local c-ip cs-method cs-uri-stem sc-status", "skipped"}, // of which zone?
		{"2000-10-10 11:12:13 192.0.2.1 GET / 200", "client=192.0.2.1 method=GET path=/ status=200"},
		{"#Fields: cs-uri-stem", "skipped"},
		{"/", "reject: " + reasonNoClient},
		{"#Date: yesterday", "skipped"},
		{"#Date:", "skipped"},
	})
}

// Values are quoted where a directive does not say that Microsoft wrote them.
func TestConformW3CQuoted(t *testing.T) {
	conform(t, w3cExtended(), "time client method host path query status bytes referer referer_host user_agent", []sample{
		{"#Version: 1.0", "skipped"},
		{"#Fields: date\ttime\tcs-ip\tcs-method\tcs-uri\tsc-status\tsc-bytes\ttime-taken\tcs(Referer)\tcs(User-Agent)\tcs(Cookie)", "skipped"},
		{"2017-08-27\t13:26:06\t192.0.2.9\tGET\t/www.example.com/a/b.jpg?x=1\t200\t2527\t0\t\"https://a.example/\"\t\"Mozilla/5.0%20(X11)\"\t\"-\"",
			`time=2017-08-27T13:26:06Z client=192.0.2.9 method=GET path=/a/b.jpg query=x=1 status=200 bytes=2527 referer=https://a.example/ referer_host=a.example user_agent="Mozilla/5.0 (X11)"`},
		{"2017-08-27\t13:26:06\t192.0.2.9\tGET\t/v1.2/b.jpg\t304\t0\t0\t\"-\"\t\"UA \"\"x\"\"\ty\"\t\"-\"",
			`time=2017-08-27T13:26:06Z client=192.0.2.9 method=GET path=/v1.2/b.jpg status=304 user_agent="UA \"x\"\ty"`},
		{`2017-08-27 13:26:06 192.0.2.9 GET http://b.example?q 304 0 0 "http://a.example/" "open "-"`,
			`time=2017-08-27T13:26:06Z client=192.0.2.9 method=GET host=b.example path=/ query=q status=304 referer=http://a.example/ referer_host=a.example user_agent="\"open"`},
		{`2017-08-27 13:26:06 192.0.2.9 GET http://b.example?q 304 0 0 "" "glued"x "-"`,
			`time=2017-08-27T13:26:06Z client=192.0.2.9 method=GET host=b.example path=/ query=q status=304 user_agent="\"glued\"x"`},
		{`2017-08-27 13:26:06 192.0.2.9 GET / 200 5 0 "" "" ""`,
			"time=2017-08-27T13:26:06Z client=192.0.2.9 method=GET path=/ status=200 bytes=5"},
		{`2017-08-27 13:26:06 192.0.2.9 GET / 200 5 0 - "a" "b" c d`, "reject: " + reasonColumns},
		// A client's quote that the writer left alone.
		{`2017-08-27 13:26:06 192.0.2.9 GET / 200 5 0 - "a b c d" e f`, "reject: " + reasonColumns},
		{`2017-08-27 13:26:06 192.0.2.9 GET / 200 5 0 - "a -`,
			`time=2017-08-27T13:26:06Z client=192.0.2.9 method=GET path=/ status=200 bytes=5 user_agent="\"a"`},
		{"#Fields: c-ip cs-method cs-uri sc-status bytes cs(Referrer)", "skipped"},
		{`192.0.2.9 GET www.example.com/page.php?a 200 350 "http://a.example/"`,
			"client=192.0.2.9 method=GET path=www.example.com/page.php query=a status=200 bytes=350 referer=http://a.example/ referer_host=a.example"},
	})
}

func TestSniffW3C(t *testing.T) {
	const iis = "#Software: Microsoft Internet Information Services 8.5\n"
	for head, missed := range map[string]string{
		iis + w3cFields + "\n":               "",
		w3cFields + "\n" + w3cRow(nil):       "",
		"\n" + w3cFields + "\r\n\r\ngarbage": "",
		"":                                   "no #Fields line before the first row",
		w3cRow(nil) + "\n" + w3cFields:       "no #Fields line before the first row",
		iis:                                  "no #Fields line before the first row",
		"#Fields: date time cs-method cs-uri-stem\n":                 "#Fields has no c-ip",
		"#Fields: date time c-ip c-port cs-method cs-uri s-reason\n": "#Fields has s-reason: errors of HTTP.sys, most of them of connections without a request",
		"#Fields: date time x-edge-location c-ip x-event sc-bytes\n": "#Fields has x-event: a streaming (RTMP) log, not one of HTTP requests",
		"#Fields: c-ip cs-uri-stem c-status\n":                       "#Fields has no cs-method, or neither cs-uri-stem nor cs-uri",
		"#Fields: c-ip cs-method\n":                                  "#Fields has no cs-method, or neither cs-uri-stem nor cs-uri",
		"#Fields: c-ip cs-method cs-uri-stem\n192.0.2.1 [2]USER a\n": "cs-method has no HTTP methods: the log of another kind of server",
	} {
		if got := sniffW3C([]byte(head), true); got != missed {
			t.Errorf("%.60q: got %q, want %q", head, got, missed)
		}
	}
	if got := sniffW3C([]byte(w3cFields), false); got == "" {
		t.Error("recognised by a header that is cut short")
	}
}

// A decoder that has seen only the headers found, in any division of the lines,
// goes on as the one that has seen every line that is not too long.
func TestLastW3CHeader(t *testing.T) {
	const longest = 80
	line := rapid.SampledFrom([]string{"", "#", "#Fields:", "#Fields: c-ip cs-method time", "#Fields: c-ip date time", "x#Fields: c-ip",
		"#Date: 2001-02-03 04:05:06", "#Date: 2001-02-04", "#Date: never", "#Software: Microsoft X", "#Software: other", "# #Date: 2001-02-03",
		"\ufeff#Fields: time c-ip", "\ufeff\ufeff#Fields: c-ip", "#fields: c-ip", "#Date: 2002-01-01" + strings.Repeat(" ", longest),
		"#Fields: c-ip #Date: 2003-01-01", "192.0.2.1", "a #b"})
	rapid.Check(t, func(rt *rapid.T) {
		var header []byte
		var seen strings.Builder
		for range rapid.IntRange(1, 3).Draw(rt, "blocks") {
			var lines strings.Builder
			for _, l := range rapid.SliceOfN(line, 0, 6).Draw(rt, "lines") {
				lines.WriteString(l + "\n")
				if len(l) <= longest {
					seen.WriteString(l + "\n")
				}
			}
			if h := lastW3CHeader([]byte(lines.String()), longest, false); h != nil {
				header = lastW3CHeader(append(header, string(h)+"\n"...), math.MaxInt, false)
				header = append(header, '\n')
			}
		}
		var want, got w3cDecoder
		b := record.NewBuilder(record.AllColumns)
		want.Decode([]byte(seen.String()), b, new(Position))
		got.Decode(header, b, new(Position))
		if diff := cmp.Diff(want.plan, got.plan, comparePlans()...); diff != "" || want.start != got.start || want.bare != got.bare {
			rt.Fatalf("%q: %v %v, %v %v; plan (-all lines +header):\n%s", header, want.start, want.bare, got.start, got.bare, diff)
		}
	})
}
