package format

import "testing"

var cdn77Samples = []sample{
	{
		`{"timestamp":"2024-04-10T23:00:00.299Z","startTimeMs":1712790000299,"tcpRTTus":42321,"resourceID":1693215245,"cacheStatus":"HIT","clientCountry":"US","clientIP":"203.0.113.7",` +
			`"clientASN":64500,"clientRequestCompleted":true,"clientRequestHost":"Img.example.com","clientRequestMethod":"GET","clientRequestPath":"/a.jpg?w=1","clientRequestProtocol":"HTTP20",` +
			`"clientRequestReferer":"https://evil.example/x","clientRequestScheme":"HTTPS","clientRequestUserAgent":"Mozilla/5.0 x","clientRequestXForwardedFor":"198.51.100.0",` +
			`"responseStatus":200,"responseBytes":4143,"responseContentType":"image/jpeg"}`,
		`time=2024-04-10T23:00:00.299Z client=203.0.113.7 forwarded=198.51.100.0 country=US asn=64500 method=GET scheme=https host=img.example.com path=/a.jpg query=w=1 status=200 bytes=4143 ` +
			`referer=https://evil.example/x referer_host=evil.example user_agent="Mozilla/5.0 x" cache=HIT content_type=image/jpeg`,
	},
	{`{"clientIP":"2001:db8::7","timestamp":"2024-04-10T23:00:00.299Z","clientRequestReferer":"","clientRequestXForwardedFor":"","clientCountry":""}`,
		`time=2024-04-10T23:00:00.299Z client=2001:db8::7`},
	{`{"clientIP":"203.0.113.7","clientRequestReferer":"-","clientRequestPath":"/"}`, `client=203.0.113.7 path=/ referer=- referer_host="(no scheme)"`},
	{`{"resourceID":1}`, `reject: no client`},
	{`{"clientIP":"x"}`, `reject: client is not an address`},
	{`{"clientIP":"203.0.113.7","startTimeMs":"now"}`, `reject: time is not valid`},
	{`{"clientIP":"203.0.113.7","responseStatus":"x"}`, `reject: status is not a number`},
	{`{"clientIP":"203.0.113.7","responseBytes":1e3}`, `reject: bytes are not a number`},
	{`{"clientIP":"203.0.113.7","responseBytes":false}`, `reject: JSON value of an unexpected type`},
}

func TestConformCDN77(t *testing.T) {
	conform(t, cdn77(), "time client forwarded country asn method scheme host path query status bytes referer referer_host user_agent cache content_type", cdn77Samples)
}

func FuzzCDN77(f *testing.F) { fuzzJSONFormat(f, cdn77(), cdn77Samples) }
