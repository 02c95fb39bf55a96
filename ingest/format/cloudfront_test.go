package format

import (
	"fmt"
	"strings"
	"testing"

	"rulecast/ingest/record"
)

const cloudFrontHeader = "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) " +
	"cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken " +
	"x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port " +
	"time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end"

const cloudFrontPresent = "time client forwarded method scheme host path query status bytes referer referer_host user_agent " +
	"cache content_type request_id"

// cloudFrontRow is a row of cloudFrontHeader with some columns, counted from
// 1 as in Amazon's table, replaced.
func cloudFrontRow(replace map[int]string) string {
	v := strings.Fields("2019-12-04 21:02:31 LAX1 392 192.0.2.100 GET d1.cloudfront.net /index.html 200 - curl/7.55.1 - - Hit " +
		"SOX4== www.example.com https 23 0.001 - TLSv1.2 ECDHE Hit HTTP/2.0 - - 11040 0.001 Hit text/html 78 - -")
	for i, s := range replace {
		v[i-1] = s
	}
	return strings.Join(v, "\t")
}

func cloudFrontSamples() []sample {
	const plain = "time=2019-12-04T21:02:31Z client=192.0.2.100 method=GET scheme=https host=www.example.com path=/index.html " +
		"status=200 bytes=392 user_agent=curl/7.55.1 cache=Hit content_type=text/html request_id=SOX4=="
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	return []sample{
		{"#Version: 1.0", "skipped"},
		{cloudFrontHeader, "skipped"},
		{cloudFrontRow(nil), plain},
		{cloudFrontRow(map[int]string{5: "::ffff:192.0.2.7"}), with("192.0.2.100", "192.0.2.7")},
		{cloudFrontRow(nil) + "\t", plain},
		{"", "skipped"},
		{"# a remark", "skipped"},
		{strings.ReplaceAll(cloudFrontRow(nil), "\t", "  "), plain},
		{strings.ReplaceAll(cloudFrontRow(nil), "\t", ","), plain},
		{cloudFrontRow(map[int]string{8: "/a%252Bb%20c%zz%2", 12: "q=%2520&r=%C3%A4"}),
			with("path=/index.html", `path="/a%2Bb c%zz%2" query="q=%20&r=ä"`)},
		{cloudFrontRow(map[int]string{9: "000", 4: "-"}), with(" status=200 bytes=392", "")},
		{cloudFrontRow(map[int]string{10: "https://Evil.example:8443/a%2520b", 11: "Mozilla/5.0%2520(X11;%2520Linux)"}),
			with(" user_agent=curl/7.55.1", ` referer=https://Evil.example:8443/a%20b referer_host=evil.example user_agent="Mozilla/5.0 (X11; Linux)"`)},
		{cloudFrontRow(map[int]string{10: "android-app://x/", 11: "Mozilla/5.0%20%2520"}),
			with(" user_agent=curl/7.55.1", ` referer=android-app://x/ referer_host=(app) user_agent="Mozilla/5.0 %20"`)},
		{cloudFrontRow(map[int]string{10: "http://a.example/", 16: "-", 20: "81.2.69.142,%20216.160.83.56"}),
			with("www.example.com", "d1.cloudfront.net", " method", ` forwarded="81.2.69.142, 216.160.83.56" method`,
				" user_agent", " referer=http://a.example/ referer_host=a.example user_agent")},
		{cloudFrontRow(map[int]string{30: "application/json;%20charset=utf-8"}), with("text/html", `"application/json; charset=utf-8"`)},
		{cloudFrontRow(map[int]string{1: "2020-02-29", 2: "23:59:59"}), with("2019-12-04T21:02:31Z", "2020-02-29T23:59:59Z")},
		{cloudFrontRow(map[int]string{1: "2019-02-29"}), "reject: " + reasonDate},
		{cloudFrontRow(map[int]string{1: "2019-12-4"}), "reject: " + reasonDate},
		{cloudFrontRow(map[int]string{1: "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}), "reject: " + reasonDate},
		{cloudFrontRow(map[int]string{2: "24:00:00"}), "reject: " + reasonTime},
		{cloudFrontRow(map[int]string{2: "-"}), "reject: " + reasonTime},
		{cloudFrontRow(map[int]string{5: "host.example"}), "reject: " + reasonClient},
		{cloudFrontRow(map[int]string{5: "-"}), "reject: " + reasonClient},
		{cloudFrontRow(map[int]string{9: "2x0"}), "reject: " + reasonStatus},
		{cloudFrontRow(map[int]string{9: "1200"}), "reject: " + reasonStatus},
		{cloudFrontRow(map[int]string{4: "-1"}), "reject: " + reasonBytes},
		{cloudFrontRow(map[int]string{4: "9999999999999999999"}), "reject: " + reasonBytes},
		{cloudFrontRow(nil) + "\tmore", "reject: " + reasonColumns},
		{cloudFrontRow(nil) + "\t\t", "reject: " + reasonColumns},
		{"2019-12-04\t21:02:31", "reject: " + reasonColumns},
		{"some text", "reject: " + reasonColumns},
		{`"2019-12-04" "broken`, "reject: " + reasonColumns},
	}
}

func TestConformCloudFront(t *testing.T) {
	conform(t, cloudFront(), cloudFrontPresent, cloudFrontSamples())
}

// Another header in the middle, as in concatenated files, changes the columns.
func TestConformCloudFrontHeaders(t *testing.T) {
	conform(t, cloudFront(), "time client country asn method scheme host status bytes request_id", []sample{
		{byteOrderMark + "#Version:\t1.0", "skipped"},
		{"#Fields:\tdate\ttime\tx-edge-location\tc-ip\tsc-bytes\tcs(Host)", "skipped"},
		{"2014-09-05\t12:48:00\tIAD53\t54.236.254.12\t33125\tD3.cloudfront.net", "time=2014-09-05T12:48:00Z client=54.236.254.12 host=d3.cloudfront.net bytes=33125"},
		{"#Version: 2.0", "skipped"},
		{"#Fields: timestamp(ms) date time c-country asn c-ip my-own cs-method cs-method x-edge-request-id", "skipped"},
		{"1732104000123\t-\t-\tde\t3320\t2001:db8::1\twhatever\tGET\tPOST\tid%3D",
			"time=2024-11-20T12:00:00.123Z client=2001:db8::1 country=DE asn=3320 method=GET request_id=id="},
		{"1732104000123\t-\t-\tXX\tnone\t2001:db8::1\twhatever\tGET\tPOST\t-", "time=2024-11-20T12:00:00.123Z client=2001:db8::1 method=GET"},
		{"1732104000.5\t-\t-\tDE\t1\t2001:db8::1\t-\tGET\tPOST\t-", "reject: " + reasonTime},
		{"#Fields: date cs-uri-stem", "skipped"},
		{"2014-09-05\t/", "reject: " + reasonNoClient},
		{"#Fields: c-ip,sc-status,cs-protocol", "skipped"},
		{"192.0.2.1,200,https", "client=192.0.2.1 scheme=https status=200"},
		{"192.0.2.1 200 https", "client=192.0.2.1 scheme=https status=200"},
		{"192.0.2.1, 200, https", "reject: " + reasonDelimiter},
		{"#Fields: c-ip", "skipped"},
		{"192.0.2.1", "client=192.0.2.1"},
		{"192.0.2.1\t", "client=192.0.2.1"},
		{"#Fields:", "skipped"},
		{"192.0.2.1", "reject: " + reasonNoClient},
		{"#Fields: x-host-header date time x-edge-location c-ip cs(Host)" + strings.Repeat(" pad", 300) + " sc-status", "skipped"},
		{"-\t2014-09-05\t12:48:00\tX\t192.0.2.1\tb.example" + strings.Repeat("\tx", 301),
			"time=2014-09-05T12:48:00Z client=192.0.2.1 host=b.example"},
	})
}

// A row without a header is one of a legacy log if it can be, and else a reject.
func TestCloudFrontRowBeforeHeader(t *testing.T) {
	got := decodeBlocks(t, cloudFront(), record.AllColumns, cloudFrontRow(nil)+"\n"+cloudFrontHeader+"\n"+cloudFrontRow(nil)+"\n")
	if len(got.Rejects) != 0 || len(got.Rows) != 2 || got.Rows[0] != got.Rows[1] {
		t.Errorf("got %+v", got)
	}
	got = decodeBlocks(t, cloudFront(), record.AllColumns, "x\ty\n"+cloudFrontHeader+"\n"+cloudFrontRow(nil)+"\n")
	if len(got.Rejects) != 1 || got.Rejects[0] != "line 1: "+reasonNoFields || len(got.Rows) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestSniffCloudFront(t *testing.T) {
	const noFields = "no #Fields line before the first row, which is none of a legacy log either"
	for _, tt := range []struct {
		head   string
		whole  bool
		missed string
	}{
		{"#Version: 1.0\n" + cloudFrontHeader + "\n", true, ""},
		{cloudFrontHeader + "\n", false, ""},
		{cloudFrontHeader, true, ""},
		{cloudFrontHeader, false, noFields},
		{"#Version: 1.0\r\n\r\n#Fields:\tx-edge-location\tc-ip\r\n", false, ""},
		{"", true, noFields},
		{"#Version: 1.0\n", true, noFields},
		{cloudFrontRow(nil) + "\n" + cloudFrontHeader + "\n", true, ""},
		{cloudFrontRow(nil) + "\tx\n", true, noFields},
		{"#Software: Microsoft Internet Information Services 8.5\n#Fields: date time s-ip cs-method c-ip cs(Referer)\n", true,
			"#Fields has no column that only CloudFront has, such as x-edge-location or x-host-header"},
		{"#Fields: date time x-edge-location c-ip x-event sc-bytes x-cf-status\n", true,
			"#Fields has x-event: a streaming (RTMP) log, not one of HTTP requests"},
		{"#Fields: ts uid id.orig_h\n", true, "#Fields has no c-ip"},
		{"\x00\x01#Fields: c-ip x-edge-location\n", true, noFields},
	} {
		if got := sniffCloudFront([]byte(tt.head), tt.whole); got != tt.missed {
			t.Errorf("%.60q: got %q, want %q", tt.head, got, tt.missed)
		}
	}
}

// BenchmarkCloudFront decodes a log of 33 columns, some 500 bytes a row, with
// few distinct values as real ones have.
func BenchmarkCloudFront(b *testing.B) {
	var log strings.Builder
	const rows = 1 << 13
	for i := range rows {
		log.WriteString(cloudFrontRow(map[int]string{
			2:  fmt.Sprintf("21:%02d:%02d", i/60%60, i%60),
			4:  fmt.Sprint(1000 + i*7919%100000),
			5:  fmt.Sprintf("198.51.%d.%d", i*31%100, i*17%250),
			8:  fmt.Sprintf("/images/products/%d/large-picture-%d.jpg", i%977, i%31),
			10: fmt.Sprintf("https://www.site-%d.example/page/%d", i%300, i),
			11: "Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36%20(KHTML,%20like%20Gecko)%20Chrome/" + fmt.Sprint(70+i%40) + ".0.3904.108%20Safari/537.36",
			15: fmt.Sprintf("SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGd%08d==", i),
		}) + "\n")
	}
	block := []byte(log.String())
	for _, bench := range []struct {
		name  string
		wants record.Columns
	}{
		{"referer rules", record.ColumnSet(record.Client, record.RefererHost, record.Status, record.Bytes)},
		{"replay", record.ColumnSet(record.Time, record.Client, record.Host, record.Path, record.RefererHost, record.Status, record.Bytes)},
		{"all", record.AllColumns},
	} {
		b.Run(bench.name, func(b *testing.B) {
			benchmarkDecode(b, cloudFront(), bench.wants, []byte(cloudFrontHeader+"\n"), block, rows)
		})
	}
}

// TestCloudFrontCorpus compares a real log with what another reader made of it.
func TestCloudFrontCorpus(t *testing.T) {
	compareExpected(t, cloudFront(), "cloudfront/elastic_integrations__aws_cloudfront__test-cloudfront.log", func(int, *request, *request) {})
}
