package format

import (
	"strings"
	"testing"
)

func gcoreSamples() []sample {
	const line = `"192.0.2.1" "-" "-" "[26/Apr/2019:09:47:40 +0000]" "GET /a%20b.png?x=1 HTTP/1.1" "200" "1514283" "https://a.example/v/10" "Mozilla/5.0 (X)" ` +
		`"1514848" "[dh-up]" "https" "cdn.example.com" "1.500" "0.445" "157" "bytes=0-1" "[dh]" "MISS" "10485760" "10.0.0.1:80" "2510" "7399" "-" "-" "KZ" "-" ` +
		`"shield_no" "10.0.0.1" "80" "206"`
	const plain = "time=2019-04-26T09:47:40Z client=192.0.2.1 country=KZ method=GET scheme=https host=cdn.example.com path=/a%20b.png query=x=1 " +
		`status=200 bytes=1514848 referer=https://a.example/v/10 referer_host=a.example user_agent="Mozilla/5.0 (X)" cache=MISS`
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	changed := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(line) }
	return []sample{
		{line, plain},
		{line + ` "later" "field"`, plain},
		{changed("shield_no", "shield_old"), plain},
		{changed("192.0.2.1", "2001:db8::1", `"https://a.example/v/10"`, `"-"`, `"1514848"`, `"-"`),
			with("192.0.2.1", "2001:db8::1", " bytes=1514848", "", " referer=https://a.example/v/10 referer_host=a.example", "")},
		{changed("Mozilla/5.0 (X)", `\x22a\x22" `), "reject: " + reasonFields},
		{changed("Mozilla/5.0 (X)", `a\x22 \x22b`), with("Mozilla/5.0 (X)", `a\" \"b`)},
		{"", "skipped"},
		{changed("[26/Apr/2019:09:47:40 +0000]", "26/Apr/2019:09:47:40 +0000"), "reject: " + reasonFields},
		{changed("26/Apr", "46/Apr"), "reject: " + reasonTime},
		{changed("192.0.2.1", "-"), "reject: " + reasonClient},
		{changed(`"200"`, `"OK"`), "reject: " + reasonStatus},
		{changed(`"1514848"`, `"1.5"`), "reject: " + reasonBytes},
		{line[:300], "reject: " + reasonFields},
	}
}

func alibabaOfflineSamples() []sample {
	const line = `[09/Jun/2015:01:58:09 +0800] 192.0.2.10 - 1542 "https://a.example/" "GET http://www.example.com/index.html?a=b" 200 191 2830 MISS "Mozilla/5.0 (compatible)" "text/html"`
	const plain = "time=2015-06-08T17:58:09Z client=192.0.2.10 method=GET scheme=http host=www.example.com path=/index.html query=a=b status=200 bytes=2830 " +
		`referer=https://a.example/ referer_host=a.example user_agent="Mozilla/5.0 (compatible)" cache=MISS content_type=text/html`
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	changed := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(line) }
	return []sample{
		{line, plain},
		{changed("[09/Jun", "[9/Jun") + ` "https" 198.51.100.1`, plain},
		{changed("/index.html?a=b", "", `"https://a.example/"`, `"-"`, "192.0.2.10 -", "192.0.2.10 198.51.100.3"),
			with("/index.html query=a=b", "/", " referer=https://a.example/ referer_host=a.example", "")},
		{changed("http://www.example.com", ""), with(" scheme=http host=www.example.com", "")},
		{"", "skipped"},
		{changed("09/Jun", "x/Jun"), "reject: " + reasonTime},
		{changed("192.0.2.10", "-"), "reject: " + reasonClient},
		{changed(" 200 ", " x "), "reject: " + reasonStatus},
		{changed(" 2830 ", " x "), "reject: " + reasonBytes},
		{line[:120], "reject: " + reasonFields},
		{line[1:], "reject: " + reasonFields},
	}
}

func huaweiOfflineSamples() []sample {
	const line = `[05/Feb/2018:07:54:52 +0800] 192.0.2.9 1 "-" "HTTP/1.1" "GET" "www.example.com" "/test/1234.apk" 206 720 HIT "Mozilla/5.0 (Linux)" "bytes=-256"`
	const plain = "time=2018-02-04T23:54:52Z client=192.0.2.9 method=GET host=www.example.com path=/test/1234.apk status=206 bytes=720 " +
		`user_agent="Mozilla/5.0 (Linux)" cache=HIT`
	changed := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(line) }
	return []sample{
		{line, plain},
		{line + " 198.51.100.1", plain},
		{changed(`"-"`, `"https://a.example/"`), strings.Replace(plain, " user_agent", " referer=https://a.example/ referer_host=a.example user_agent", 1)},
		{"", "skipped"},
		{changed(`"GET"`, `"G T"`), "reject: " + reasonMethod},
		{changed("192.0.2.9", "x"), "reject: " + reasonClient},
		{changed(`"www.example.com"`, "www.example.com"), "reject: " + reasonFields},
	}
}

func tencentOfflineSamples() []sample {
	const line = `20180322080001 192.0.2.7 www.example.com /index.html?a=b 1076 22 2 200 NULL 15 "Mozilla/5.0 (X)" "(null)" GET HTTP/1.1 hit`
	const plain = `time=2018-03-22T00:00:01Z client=192.0.2.7 method=GET host=www.example.com path=/index.html query=a=b status=200 bytes=1076 ` +
		`user_agent="Mozilla/5.0 (X)" cache=hit`
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	changed := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(line) }
	const referred = " referer=https://a.example/ referer_host=a.example user_agent"
	return []sample{
		{line, plain},
		{line + " 52233", plain},
		{changed("NULL", "https://a.example/"), with(" user_agent", referred)},
		{changed("NULL", `"https://a.example/"`, `"Mozilla/5.0 (X)"`, "NULL"), with(` user_agent="Mozilla/5.0 (X)"`, strings.TrimSuffix(referred, " user_agent"))},
		{changed("NULL", "-", `"Mozilla/5.0 (X)"`, `"a \"b"`), with(`"Mozilla/5.0 (X)"`, `"a \"b"`)},
		{"", "skipped"},
		{changed("20180322080001", "20180322086001"), "reject: " + reasonTime},
		{changed("20180322080001", "2018032208000"), "reject: " + reasonTime},
		{changed("192.0.2.7", "x"), "reject: " + reasonClient},
		{changed(" 200 ", " 2000 "), "reject: " + reasonStatus},
		{changed("GET", `"G"`), "reject: " + reasonMethod},
		{changed(`(X)"`, `(X)`, `"(null)"`, "-"), "reject: " + reasonFields},
	}
}

func fastlyCommonSamples() []sample {
	const prefix = "<134>2024-01-16T23:53:20Z cache-iad-kiad7000128 my-log[322614]: "
	const common = `192.0.2.3 - - [16/Jan/2024:23:53:20 +0000] "GET /a?b=c HTTP/1.1" 200 11355`
	const plain = "time=2024-01-16T23:53:20Z client=192.0.2.3 method=GET path=/a query=b=c status=200 bytes=11355"
	return []sample{
		{prefix + common, plain},
		{prefix + common + ` "https://a.example/" "curl/7"`, plain + " referer=https://a.example/ referer_host=a.example user_agent=curl/7"},
		{"<6>2024-01-16T23:53:20.5+01:00 h t: " + strings.Replace(common, "192.0.2.3", "2001:db8::1", 1), strings.Replace(plain, "192.0.2.3", "2001:db8::1", 1)},
		{"", "skipped"},
		{common, "reject: " + reasonSyslogPrefix},
		{prefix, "reject: " + reasonSyslogPrefix},
		{"<134>yesterday h t: " + common, "reject: " + reasonSyslogPrefix},
		{prefix + strings.Replace(common, "192.0.2.3", "somebody", 1), "reject: " + reasonClient},
		{prefix + "upstream is slow", "reject: " + reasonNoRequest},
	}
}

func TestConformGcore(t *testing.T) {
	conform(t, gcore(), gcoreTemplate().present.String(), gcoreSamples())
}

func TestConformAlibaba(t *testing.T) {
	conform(t, alibabaOffline(), "time client method scheme host path query status bytes referer referer_host user_agent cache content_type", alibabaOfflineSamples())
}

func TestConformHuawei(t *testing.T) {
	conform(t, huaweiOffline(), "time client method host path status bytes referer referer_host user_agent cache", huaweiOfflineSamples())
}

func TestConformTencent(t *testing.T) {
	conform(t, tencentOffline(), "time client method host path query status bytes referer referer_host user_agent cache", tencentOfflineSamples())
}

func TestConformFastly(t *testing.T) {
	conform(t, fastlyCommon(), "time client method path query status bytes referer referer_host user_agent", fastlyCommonSamples())
}

// What is refused, and why, by the first line.
func TestSniffTemplates(t *testing.T) {
	const syslog = "<134>2024-01-16T23:53:20Z cache-iad1 log[1]: "
	for _, tt := range []struct {
		format *Format
		head   string
		missed string
	}{
		{gcore(), `"192.0.2.1","-"`, `the first line does not begin with "ADDRESS" "-" "USER" "[TIME]"`},
		{gcore(), `"192.0.2.1" "-" "-" "[26/Apr/2019:09:47:40 +0000]"`, "most lines cannot be read; of the first: " + reasonFields},
		{alibabaOffline(), "[x] y", "the first line does not begin with [TIME] ADDRESS"},
		{huaweiOffline(), alibabaOfflineSamples()[0].line, "most lines cannot be read; of the first: " + reasonFields},
		{alibabaOffline(), huaweiOfflineSamples()[0].line, "most lines cannot be read; of the first: " + reasonStatus},
		{tencentOffline(), "20180322080001 www.example.com", "the first line does not begin with YYYYMMDDHHMMSS ADDRESS"},
		{fastlyCommon(), syslog + `{"ip":"192.0.2.1"}`, "JSON behind the syslog prefix"},
		{fastlyCommon(), syslog + "download|x", "no Common Log Format behind the syslog prefix"},
		{fastlyCommon(), "192.0.2.1 - -", "the first line has no syslog prefix as Fastly writes it: <134>TIME HOST NAME[PID]:"},
	} {
		if got := tt.format.Sniff([]byte(tt.head), true); got != tt.missed {
			t.Errorf("%s: %.60q: got %q, want %q", tt.format.Name, tt.head, got, tt.missed)
		}
		if got := tt.format.Sniff([]byte(tt.head), false); got == "" {
			t.Errorf("%s: %.60q, cut short, recognised", tt.format.Name, tt.head)
		}
	}
}
