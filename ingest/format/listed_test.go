package format

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// realTimeLine is a row of all fields with some columns, by name, replaced.
func realTimeLine(replace map[string]string) string {
	v := strings.Fields("1607374321.541 192.0.2.1 0.042 200 1234 GET https d1.cloudfront.net /a%2520b?x=1 31 IAD89 id== www.example.com 0.04 HTTP/2.0 IPv4 " +
		"Mozilla/5.0%20(X11) https://a.example/ - x=1 Hit - TLSv1.3 AES Hit - - image/png 78 - - 4242 Hit DE gzip */* * Host:x%0AA:b Host 2 0.1 0.2 3320")
	for i, name := range strings.Fields(realTimeFields) {
		if r, ok := replace[name]; ok {
			v[i] = r
		}
	}
	return strings.Join(v, "\t")
}

func realTimeSamples() []sample {
	const plain = "time=2020-12-07T20:52:01.541Z client=192.0.2.1 country=DE asn=3320 method=GET scheme=https host=www.example.com path=/a%20b query=x=1 " +
		`status=200 bytes=1234 referer=https://a.example/ referer_host=a.example user_agent="Mozilla/5.0 (X11)" cache=Hit content_type=image/png request_id=id==`
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	line := realTimeLine(nil)
	return []sample{
		{line, plain},
		{strings.Join(strings.Split(line, "\t")[:40], "\t"), with(" asn=3320", "")},
		{realTimeLine(map[string]string{"c-ip": "2001:db8::1", "x-host-header": "-", "cs-uri-query": "-", "x-forwarded-for": "203.0.113.5,%20192.0.2.8"}),
			with("192.0.2.1", "2001:db8::1 forwarded=\"203.0.113.5, 192.0.2.8\"", "www.example.com", "d1.cloudfront.net", " query=x=1", "")},
		{realTimeLine(map[string]string{"sc-status": "000", "cs-referer": "-", "cs-user-agent": "-"}),
			with(" status=200", "", " referer=https://a.example/ referer_host=a.example", "", ` user_agent="Mozilla/5.0 (X11)"`, "")},
		{"", "skipped"},
		{realTimeLine(map[string]string{"timestamp": "-"}), "reject: " + reasonTime},
		{realTimeLine(map[string]string{"c-ip": "-"}), "reject: " + reasonClient},
		{realTimeLine(map[string]string{"sc-bytes": "x"}), "reject: " + reasonBytes},
		{line + "\tmore", "reject: " + reasonListed},
		{strings.ReplaceAll(line, "\t", " "), "reject: " + reasonListed},
	}
}

func TestConformRealTime(t *testing.T) {
	conform(t, cloudFrontRealTime(), "time client forwarded country asn method scheme host path query status bytes referer referer_host user_agent "+
		"cache content_type request_id", realTimeSamples())
}

// A list in any order is one in that of CloudFront; only newer fields stand
// where they were listed. Without a column for it the query is in the URI.
func TestRealTimeList(t *testing.T) {
	for _, tt := range []struct{ list, line, want string }{
		{"cs-uri-stem, c-ip,timestamp", "1607374321.541\t192.0.2.1\t/a?b%3Fc", "time=2020-12-07T20:52:01.541Z client=192.0.2.1 path=/a query=b?c"},
		{"C-IP\tcs-uri-query cs-uri-stem", "192.0.2.1\t/a?b\tb=2", "client=192.0.2.1 path=/a query=b=2"},
		{"c-ip cs-referer", "192.0.2.1\t-", "client=192.0.2.1"},
		{"c-ip r-host sc-status", "192.0.2.1\tx.example\t200", "client=192.0.2.1 status=200"},
	} {
		f, err := CloudFrontRealTime(tt.list)
		if err != nil {
			t.Fatal(err)
		}
		got := decodeBlocks(t, f, record.AllColumns, tt.line+"\n")
		if len(got.Rows) != 1 || got.Rows[0] != tt.want {
			t.Errorf("%s: got %+v, want %s", tt.list, got, tt.want)
		}
		if missed := f.Sniff([]byte(tt.line), true); missed != "" {
			t.Errorf("%s: %s", tt.list, missed)
		}
		if missed := f.Sniff([]byte("192.0.2.1\n"), true); missed != "most lines cannot be read; of the first: "+reasonListed {
			t.Errorf("%s: %s", tt.list, missed)
		}
	}
	for list, want := range map[string]string{
		"":                       "the list of fields is empty",
		"c-ip, cs-refere":        `unknown field "cs-refere"; the nearest is cs-referer`,
		"c-ip cs(Referer)":       `unknown field "cs(Referer)"; the nearest is cs-referer`,
		"c-ip timestamp c-ip":    "field c-ip stands twice in the list",
		"timestamp cs-method":    "the list of fields has no c-ip",
		"sc-status r-host c-ip":  "the place of r-host is not known: list the fields as CloudFront returns the configuration",
		strings.Repeat("x", 1e6): `unknown field "` + strings.Repeat("x", 1e6) + `"; the nearest is cmcd-playback-rate`,
	} {
		if _, err := CloudFrontRealTime(list); err == nil || len(list) < 100 && err.Error() != want {
			t.Errorf("%.40q: got %.200v, want %.200s", list, err, want)
		}
	}
}

func TestAkamaiStructured(t *testing.T) {
	f, err := AkamaiStructured("version, streamId, reqTimeSec, cliIP, statusCode, proto, reqHost, reqMethod, reqPath, queryStr, bytes, UA, referer, country, asn, cacheStatus")
	if err != nil {
		t.Fatal(err)
	}
	row := "2 21 1612215703.120 192.0.2.1 200 HTTPS www.example.com GET a/b%20c x=1 14995 Mozilla/5.0%20(X11) https://a.example/%7C DE 3320 1"
	want := "time=2021-02-01T21:41:43.12Z client=192.0.2.1 country=DE asn=3320 method=GET scheme=https host=www.example.com path=/a/b%20c query=x=1 " +
		`status=200 bytes=14995 referer=https://a.example/%7C referer_host=a.example user_agent="Mozilla/5.0 (X11)" cache=1`
	got := decodeBlocks(t, f, record.AllColumns, row+"\n", strings.ReplaceAll(row, " ", "\t")+"\n",
		"2 21 1612215703 192.0.2.1 - http - - - - - - - - - -\n", row+" x\n", strings.Replace(row, "192.0.2.1", "-", 1)+"\n")
	if len(got.Rows) != 3 || got.Rows[0] != want || got.Rows[1] != want || got.Rows[2] != "time=2021-02-01T21:41:43Z client=192.0.2.1 scheme=http" {
		t.Errorf("rows are %q", got.Rows)
	}
	if len(got.Rejects) != 2 || got.Rejects[0] != "line 4: "+reasonListed || got.Rejects[1] != "line 5: "+reasonClient {
		t.Errorf("rejects are %q", got.Rejects)
	}
	if missed := f.Sniff([]byte(row), true); missed != "" {
		t.Error(missed)
	}
	for list, want := range map[string]string{
		"cliIP useragent": `unknown field "useragent"; the nearest is `,
		"reqTimeSec":      "the list of fields has no cliIP",
	} {
		if _, err := AkamaiStructured(list); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", list, err, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 5, -1)
	var slow func(a, b string) int
	slow = func(a, b string) int {
		switch {
		case a == "" || b == "":
			return len(a) + len(b)
		case a[0] == b[0]:
			return slow(a[1:], b[1:])
		}
		return 1 + min(slow(a[1:], b), slow(a, b[1:]), slow(a[1:], b[1:]))
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := editDistance(a, b), slow(a, b); got != want {
			t.Fatalf("%q %q: %d, want %d", a, b, got, want)
		}
	})
}
