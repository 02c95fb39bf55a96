package format

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

var cloudflareSamples = []sample{
	{`{"content":"tests"}`, `skipped`},
	{
		`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":1712790000100000999,"ClientCountry":"us","ClientASN":64500,"ClientRequestMethod":"GET","ClientRequestScheme":"https",` +
			`"ClientRequestHost":"Img.example.com","ClientRequestURI":"/a.jpg?w=1?","ClientRequestPath":"/other","EdgeResponseStatus":200,"EdgeResponseBytes":12480,` +
			`"ClientRequestReferer":"https://evil.example/x","ClientRequestUserAgent":"Mozilla/5.0 \"x\"","CacheCacheStatus":"hit","EdgeResponseContentType":"image/jpeg",` +
			`"RayID":"87a1","SecurityAction":"block","WAFAction":"allow","ClientRequestSource":"eyeball","WorkerSubrequest":false,"Cookies":{"a":[1]},"ParentRayID":"00"}`,
		`time=2024-04-10T23:00:00.1Z client=203.0.113.7 country=US asn=64500 method=GET scheme=https host=img.example.com path=/a.jpg query=w=1? status=200 bytes=12480 ` +
			`referer=https://evil.example/x referer_host=evil.example user_agent="Mozilla/5.0 \"x\"" cache=hit content_type=image/jpeg request_id=87a1 action=block`,
	},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":"1712790000100000000"}`, `time=2024-04-10T23:00:00.1Z client=203.0.113.7`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":1712790000}`, `time=2024-04-10T23:00:00Z client=203.0.113.7`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":"2024-04-10T23:00:00Z"}`, `time=2024-04-10T23:00:00Z client=203.0.113.7`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":"2024-04-11T01:00:00.123456789+02:00"}`, `time=2024-04-10T23:00:00.123456Z client=203.0.113.7`},
	{`{"ClientIP":"203.0.113.7","EdgeEndTimestamp":1712790000123}`, `time=2024-04-10T23:00:00.123Z client=203.0.113.7`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":0,"ClientCountry":"Greece","ClientRequestReferer":""}`, `client=203.0.113.7`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":null,"ClientCountry":"T1","EdgeResponseBytes":"5"}`, `client=203.0.113.7 bytes=5`},
	{`{"ClientIP":"203.0.113.7","ClientRequestReferer":"-","ClientRequestURI":"/a?-"}`, `client=203.0.113.7 path=/a query=- referer=- referer_host="(no scheme)"`},
	{`{"ClientIP":"203.0.113.7","ClientRequestReferer":"https:\/\/a\u002eexample\/","ClientRequestPath":"/x\u003fy"}`,
		`client=203.0.113.7 path=/x?y referer=https://a.example/ referer_host=a.example`},
	{`{"ClientIP":"203.0.113.7","ClientRequestURI":"","ClientRequestPath":"/p","SecurityAction":"unknown","WAFAction":"drop","ClientRequestSource":"unknown"}`,
		`client=203.0.113.7 path=/p action=drop`},
	{`{"ClientIP":"203.0.113.7","WorkerSubrequest":true}`, `duplicate`},
	{`{"ClientIP":"203.0.113.7","WorkerSubrequest":"true"}`, `duplicate`},
	{`{"ClientIP":"203.0.113.7","ClientRequestSource":"edgeWorkerFetch"}`, `duplicate`},
	{` `, `skipped`},
	{`{"EdgeStartTimestamp":1712790000}`, `reject: no client`},
	{`{"ClientIP":""}`, `reject: no client`},
	{`{"ClientIP":"localhost"}`, `reject: client is not an address`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":1.7127900001e18}`, `reject: time is not valid`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":"yesterday"}`, `reject: time is not valid`},
	{`{"ClientIP":"203.0.113.7","EdgeStartTimestamp":-5}`, `reject: time is not valid`},
	{`{"ClientIP":"203.0.113.7","EdgeResponseStatus":"x"}`, `reject: status is not a number`},
	{`{"ClientIP":"203.0.113.7","EdgeResponseBytes":-1}`, `reject: bytes are not a number`},
	{`{"ClientIP":"203.0.113.7","RayID":{}}`, `reject: JSON value of an unexpected type`},
	{`{"ClientIP":"203.0.113.7","RayID":"x"}`, `client=203.0.113.7 request_id=x`},
}

func TestConformCloudflare(t *testing.T) {
	conform(t, cloudflare(), "time client country asn method scheme host path query status bytes referer referer_host user_agent cache content_type request_id action",
		cloudflareSamples)
}

func TestEpoch(t *testing.T) {
	for raw, want := range map[string]string{
		"1712790000": "2024-04-10T23:00:00Z", "1712790000123": "2024-04-10T23:00:00.123Z", "1712790000123456": "2024-04-10T23:00:00.123456Z",
		"1712790000123456789": "2024-04-10T23:00:00.123456Z", "1712790000.5": "2024-04-10T23:00:00.5Z", "1": "1970-01-01T00:00:01Z",
		"9223372036854775807": "2262-04-11T23:47:16.854775Z", "": "", "-1": "", "1e9": "", "12345678901234567890": "", "x": "",
	} {
		us, ok := parseEpoch([]byte(raw))
		if got := time.UnixMicro(us).UTC().Format(time.RFC3339Nano); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v, want %q", raw, got, ok, want)
		}
	}
}

// TestRFC3339 has the standard library as its oracle.
func TestRFC3339(t *testing.T) {
	var cache dateCache
	check := func(t interface{ Fatalf(string, ...any) }, raw string) {
		want, err := time.Parse(time.RFC3339, raw)
		us, ok := parseRFC3339([]byte(raw), &cache)
		if ok != (err == nil) || ok && us != want.UnixMicro() {
			t.Fatalf("%q: %d %v, want %v %v", raw, us, ok, want, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns"))
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "zone"))
		raw := at.In(zone).Format(rapid.SampledFrom([]string{time.RFC3339, time.RFC3339Nano, "2006-01-02T15:04:05.000Z07:00"}).Draw(t, "layout"))
		check(t, raw)
		damaged := []byte(raw)
		damaged[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("0359:-+TZ.x ")).Draw(t, "byte")
		if !strings.Contains(string(damaged), "+24") && !strings.Contains(string(damaged), "-24") {
			check(t, string(damaged))
		}
		check(t, raw[:rapid.IntRange(0, len(raw)).Draw(t, "cut")])
	})
}

func FuzzCloudflare(f *testing.F) {
	for _, s := range cloudflareSamples {
		f.Add([]byte(s.line + "\n"))
	}
	f.Fuzz(func(t *testing.T, block []byte) { fuzzJSONLines(t, cloudflare(), block) })
}

func BenchmarkCloudflare(b *testing.B) {
	for name, wants := range map[string]record.Columns{
		"rules": record.ColumnSet(record.Client, record.Country, record.RefererHost, record.Bytes, record.Status), "all": record.AllColumns,
	} {
		b.Run(name, func(b *testing.B) {
			line := append(benchmarkLine(), '\n')
			builder, d, at := record.NewBuilder(wants), cloudflare().New(), &Position{}
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(line, builder, at)
				if builder.Full() {
					builder.Reset()
				}
			}
		})
	}
}
