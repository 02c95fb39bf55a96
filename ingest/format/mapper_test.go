package format

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

// mapped is Mapped of fields that are right, separated by spaces.
func mapped(t testing.TB, fields string) *Format {
	t.Helper()
	f, err := Mapped(strings.Fields(fields))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestConformMappedJSON(t *testing.T) {
	f := mapped(t, `client=httpRequest.remoteIp time=timestamp status=httpRequest.status bytes=httpRequest.responseSize url=httpRequest.requestUrl
		referer=headers.Referer[0] user_agent=httpRequest.userAgent:percent country=geo cache=httpRequest.cacheHit asn="geo.asn" action=action`)
	conformLines(t, f, "time client country asn scheme host path query status bytes referer referer_host user_agent cache action", mappedJSONSamples())
	if missed := f.Sniff([]byte(joinLines(mappedJSONSamples(), "\n")), true); missed != "" {
		t.Error(missed)
	}
}

func mappedJSONSamples() []sample {
	return []sample{
		{`{"timestamp":"2024-03-01T12:00:00.123456789Z","httpRequest":{"remoteIp":"192.0.2.1","status":200,"responseSize":"157",` +
			`"requestUrl":"https://WWW.A.example:443/p?q=1","userAgent":"curl%2F8","cacheHit":true},"headers":{"Referer":["https://b.example/x","y"]},` +
			`"geo":"de","geo.asn":"AS64496 Example","action":"ALLOW"}`,
			`time=2024-03-01T12:00:00.123456Z client=192.0.2.1 country=DE asn=64496 scheme=https host=www.a.example path=/p query=q=1 status=200 bytes=157 ` +
				`referer=https://b.example/x referer_host=b.example user_agent=curl/8 cache=true action=ALLOW`},
		{`{"timestamp":1709294400,"httpRequest":{"remoteIp":"[2001:db8::1]:443","requestUrl":"/\u0061?","referer":null}}`,
			`time=2024-03-01T12:00:00Z client=2001:db8::1 path=/a`},
		{`{"httpRequest":{"remoteIp":"192.0.2.2:9989","requestUrl":"http://a.example"},"headers":{"Referer":[]},"geo":"Greece"}`,
			`client=192.0.2.2 scheme=http host=a.example path=/`},
		{`{"httpRequest":{"remoteIp":"192.0.2.3"},"headers":{"Referer":[""]},"geo":"(null)","action":"-"}`, `client=192.0.2.3`},
		{`{"httpRequest":{"remoteIp":"192.0.2.3"},"headers":"none","timestamp":0}`, `client=192.0.2.3`},
		{`{"httpRequest":{"remoteIp":"192.0.2.1, 198.51.100.1"}}`, "reject: " + reasonClientList},
		{`{"httpRequest":{"remoteIp":"a.example"}}`, "reject: " + reasonClient},
		{`{"httpRequest":{"remoteIp":["192.0.2.1"]}}`, "reject: " + reasonJSONKind},
		{`{"httpRequest":{"remoteIp":"-"}}`, "reject: " + reasonClientMissing},
		{`{"httpRequest":{}}`, "reject: " + reasonClientMissing},
		{`{"httpRequest":{"remoteIp":"192.0.2.1","status":"2x0"}}`, "reject: " + reasonStatus},
		{`{"httpRequest":{"remoteIp":"192.0.2.1","responseSize":1.5}}`, "reject: " + reasonBytes},
		{`{"httpRequest":{"remoteIp":"192.0.2.1"},"timestamp":"yesterday"}`, "reject: " + reasonTime},
		{`{"httpRequest":{"remoteIp":"192.0.2.1"`, "reject: " + jsonCut},
		{` `, "skipped"},
		{`client,time`, "reject: " + reasonNoHeader},
	}
}

const csvFields = `client=ip date=day clock=clock status=code bytes=size method=verb host=vhost path=uri:percent query="q.s" referer=ref user_agent=ua forwarded=xff request_id=#2`

func TestConformMappedCSV(t *testing.T) {
	f := mapped(t, csvFields)
	for _, delimiter := range []string{",", ";", "|"} {
		var samples []sample
		for _, s := range mappedCSVSamples() {
			s.line = strings.ReplaceAll(s.line, ",", delimiter)
			s.want = strings.ReplaceAll(s.want, "COMMA", delimiter)
			samples = append(samples, s)
		}
		conformLines(t, f, "time client forwarded method host path query status bytes referer referer_host user_agent request_id", samples)
		if missed := f.Sniff([]byte(joinLines(samples, "\n")), true); missed != "" {
			t.Error(missed)
		}
	}
}

func mappedCSVSamples() []sample {
	return []sample{
		{"", "skipped"},
		{"# day, id ,clock,ip,code,size,verb,vhost,uri,q.s,ref,ua,xff", "skipped"},
		{`2024-03-01,r1,12:00:00.5,192.0.2.1,200,10,GET,A.example:80,/a%20b,x=%20,https://b.example/,"Mozilla/5.0 (X11, ""q"")",198.51.100.1`,
			`time=2024-03-01T12:00:00.5Z client=192.0.2.1 forwarded=198.51.100.1 method=GET host=a.example path="/a b" query=x=%20 status=200 bytes=10 ` +
				`referer=https://b.example/ referer_host=b.example user_agent="Mozilla/5.0 (X11COMMA \"q\")" request_id=r1`},
		{`"2024-03-01","","12:00:00","2001:db8::1","","-","","","","","-","",""`, `time=2024-03-01T12:00:00Z client=2001:db8::1`},
		{`,,,192.0.2.1,,,,,,,a "b" c,u",`, `client=192.0.2.1 referer="a \"b\" c" referer_host="(no scheme)" user_agent="u\""`},
		{"# day, id ,clock,ip,code,size,verb,vhost,uri,q.s,ref,ua,xff", "skipped"},
		{"day,id,clock,ip,code,size,verb,vhost,uri,q.s,ref,ua,xff", "reject: " + reasonDate},
		{"", "skipped"},
		{`,,,192.0.2.1,,,,,,,,,,`, "reject: " + reasonManyColumns},
		{`,,,192.0.2.1,,,,,,,,`, "reject: " + reasonManyColumns},
		{`,,,192.0.2.1,,,,,,,,"u,`, "reject: " + reasonOpenQuote},
		{`,,,192.0.2.1,,,,,,,,"u"x,`, "reject: " + reasonBehindQuote},
		{`2024-03-01,,,192.0.2.1,,,,,,,,,`, "reject: " + reasonHalfTime},
		{`2024-02-30,,12:00:00,192.0.2.1,,,,,,,,,`, "reject: " + reasonDate},
		{`2024-03-01,,24:00:00,192.0.2.1,,,,,,,,,`, "reject: " + reasonTime},
		{`,,,,,,,,,,,,`, "reject: " + reasonClientMissing},
		{`{"ip":"192.0.2.1"}`, "reject: " + reasonManyColumns},
	}
}

func TestConformMappedTSV(t *testing.T) {
	conformLines(t, mapped(t, "client=ip time=time user_agent=ua request=req:backslash"), "time client method path query user_agent", []sample{
		{"time\tip\tua\treq", "skipped"},
		{"1709294400123\t192.0.2.1\t\"quoted, it is\"\tGET /a\\x20b?c HTTP/1.1", `time=2024-03-01T12:00:00.123Z client=192.0.2.1 method=GET path="/a b" query=c user_agent="quoted, it is"`},
		{"[01/Mar/2024:13:00:00 +0100]\t192.0.2.1\t\"open\tPOST / HTTP/2.0", `time=2024-03-01T12:00:00Z client=192.0.2.1 method=POST path=/ user_agent="\"open"`},
		{"20240301120000\t192.0.2.1\t\tconnect", `time=2024-03-01T12:00:00Z client=192.0.2.1`},
		{"20240301120000\t192.0.2.1\t", "reject: " + reasonManyColumns},
	})
}

// TestConformMappedNumbered reads rows without a header, such as KeyCDN's.
func TestConformMappedNumbered(t *testing.T) {
	f := mapped(t, "time=#1 client=#3 status=#4 bytes=#5 host=#8 cache=#9 request=#10 referer=#12 user_agent=#13 scheme=#14 country=#16 asn=#18")
	samples := []sample{
		{`1709294400.1,2|x|y,192.0.2.9,4|a`, "reject: " + reasonNoDelimiter},
		{`1|2,a,192.0.2.9,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18|192.0.2.1|200|5|6|7|8|9|10|11|12|13|14|15|16|17|18`, "reject: " + reasonDelimiters},
		{`1709294400.123|defr|192.0.2.0|200|253|u1|z1|a.example|HIT|"GET /lorem.jpg?x HTTP/1.1"|[01/Mar/2024:12:00:00 +0000]|"https://b.example"|"curl, 8"|https|TLSv1.2|US|CA|"AS64496 Example, Inc."|-`,
			`time=2024-03-01T12:00:00.123Z client=192.0.2.0 country=US asn=64496 method=GET scheme=https host=a.example path=/lorem.jpg query=x status=200 bytes=253 ` +
				`referer=https://b.example referer_host=b.example user_agent="curl, 8" cache=HIT`},
		{`1709294400.123|defr|192.0.2.0`, "reject: " + reasonFewColumns},
		{`#1|#2`, "reject: " + reasonFewColumns},
	}
	want := wantOutcome(samples, func(dump string) string { return dump })
	want.Present = "time client country asn method path query status bytes referer referer_host user_agent cache scheme host"
	got := decodeBlocks(t, f, record.AllColumns, joinLines(samples, "\n"))
	if got.Present = want.Present; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	// Decoded over and over, the first rows come behind one that decides.
	conformLines(t, f, "time client country asn method scheme host path query status bytes referer referer_host user_agent cache", samples[2:])
}

func TestMappedErrors(t *testing.T) {
	for fields, want := range map[string]string{
		"":                                  "fields: client has no place, and without it no row can be judged",
		"time=t":                            "fields: client has no place, and without it no row can be judged",
		"client":                            `field "client": want NAME=PLACE, such as client=httpRequest.remoteIp or client=#3`,
		"client=":                           `field "client=": want NAME=PLACE, such as client=httpRequest.remoteIp or client=#3`,
		"client_ip=ip":                      `field "client_ip=ip": unknown name client_ip: it is one of ` + strings.Join(FieldNames(), ", "),
		"client=a client=b":                 `field "client=b": client has a place already`,
		"client=ip:percent":                 `field "client=ip:percent": client has no encoding: it is not text`,
		"client=#0":                         `field "client=#0": column #0 is none: they are #1 to #1000`,
		"client=#1001":                      `field "client=#1001": column #1001 is none: they are #1 to #1000`,
		"client=#x":                         `field "client=#x": column #x is none: they are #1 to #1000`,
		"client=a[1]":                       `field "client=a[1]": of arrays, only the first element can be had, with "[0]" at the end; put a name with brackets in quotes`,
		"client=a[0].b":                     `field "client=a[0].b": of arrays, only the first element can be had, with "[0]" at the end; put a name with brackets in quotes`,
		"client=a..b":                       `field "client=a..b": a key is empty`,
		"client=a.":                         `field "client=a.": a key is empty`,
		`client="a`:                         `field "client=\"a": the quote is not closed`,
		`client=a"b"`:                       `field "client=a\"b\"": a quote stands within a key`,
		"client=ip date=d":                  "fields: date and clock are halves: give both, or time alone",
		"client=ip date=d clock=c time=t":   "fields: time and date are about the same: give one of them",
		"client=ip url=u query=q":           "fields: url and query are about the same: give one of them",
		"client=ip request=r method=method": "fields: request and method are about the same: give one of them",
	} {
		if _, err := Mapped(strings.Fields(fields)); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", fields, err, want)
		}
	}
}

func TestMappedSniff(t *testing.T) {
	for _, c := range []struct{ fields, head, want string }{
		{"client=ip status=code", "time,ip\n", `the header line does not have (once) the column code: its columns are ["time" "ip"]`},
		{"client=ip", "ip,ip\n", `the header line does not have (once) the column ip: its columns are ["ip" "ip"]`},
		{"client=ip status=#9", "ip,code\n", `the header line does not have (once) the column #9: its columns are ["ip" "code"]`},
		{"client=ip", "# made by hand\n\nip\n", ""},
		{"client=ip", "ip", ""},
		{"client=ip", "", ""},
		{"client=#2", "a;192.0.2.1\n", ""},
		{"client=#2", "a 192.0.2.1\n", reasonNoDelimiter},
		{"client=#2", "{}\n", reasonNoDelimiter},
		{"client=ip", `{"ip":"192.0.2.1"}`, ""},
		{"client=a.ip", `{"ip":"192.0.2.1"}`, "no value at a.ip, where the client is said to be"},
		{"client=a", `{"a":{"ip":"192.0.2.1"}}`, "a is an object: the keys in it come behind a dot"},
		{"client=a.ip", `{"a":{"ip":["192.0.2.1"]}}`, "a.ip is an array: its first element is a.ip[0]"},
		{"client=a.ip", "{\n\"a\": 1}", "JSON, but not one object per line"},
	} {
		if missed := mapped(t, c.fields).Sniff([]byte(c.head), true); missed != c.want {
			t.Errorf("%s, %q: %s\nwant %s", c.fields, c.head, missed, c.want)
		}
	}
}

// TestMappedHeader looks for the line that rules those behind it as a file that
// is read in blocks needs it.
func TestMappedHeader(t *testing.T) {
	for _, c := range []struct{ fields, lines, want string }{
		{"client=ip", "# x\r\n\ufefft,ip\r\n1,192.0.2.1\n", "t,ip"},
		{"client=ip", "1,192.0.2.1\n{}\n", ""},
		{"client=ip", strings.Repeat("x", 99) + ",ip\nip;y\n", "ip;y"},
		{"client=#2", "a|b\na|192.0.2.1\n", "#1|#2"},
		{"client=#1", "192.0.2.1\n", "#1\t#2"},
		{"client=#2", "#1;#2\n", "#1;#2"},
	} {
		f := mapped(t, c.fields)
		got := f.Header([]byte(c.lines), 50, true)
		if string(got) != c.want || (got == nil) != (c.want == "") {
			t.Errorf("%s, %q: %q, want %q", c.fields, c.lines, got, c.want)
		}
		if f.Header([]byte(c.lines), 50, false) != nil {
			t.Errorf("%s, %q: a header in the middle", c.fields, c.lines)
		}
		if got != nil {
			if o := decodeBlocks(t, f, record.AllColumns, string(got)+"\n"); o.Skipped != 1 {
				t.Errorf("%s, %q: the header is %v", c.fields, c.lines, o)
			}
		}
	}
}
