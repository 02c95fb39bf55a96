package format

import "testing"

var akamaiSamples = []sample{
	{
		`{"version":"1","streamId":"12345","cp":"123456","reqId":"1239f220","reqTimeSec":"1712790000.123","bytes":"4995","cliIP":"203.0.113.7","statusCode":"206","proto":"HTTPS",` +
			`"reqHost":"Img.example.com","reqMethod":"GET","reqPath":"/a/b%20c.jpg","reqPort":"443","rspContentType":"text%2Fhtml","UA":"Mozilla%2F5.0+%28Macintosh%3B+Intel%29",` +
			`"totalBytes":"5480","queryStr":"w=1%26","referer":"https%3A%2F%2Fevil.example%2Fx%252F","xForwardedFor":"198.51.100.9","country":"IN","asn":"64500","cacheStatus":"1","isMidgress":"0"}`,
		`time=2024-04-10T23:00:00.123Z client=203.0.113.7 forwarded=198.51.100.9 country=IN asn=64500 method=GET scheme=https host=img.example.com path=/a/b%20c.jpg query=w=1%26 status=206 ` +
			`bytes=5480 referer=https://evil.example/x%2F referer_host=evil.example user_agent="Mozilla/5.0 (Macintosh; Intel)" cache=hit content_type=text/html request_id=1239f220`,
	},
	{`{"cliIP":"203.0.113.7","reqTimeSec":"1712790000","reqPath":"a.jpg","UA":"Bot/2.1%20(+http://bot.example/)","bytes":"5","cacheStatus":"0","queryStr":"-"}`,
		`time=2024-04-10T23:00:00Z client=203.0.113.7 path=/a.jpg bytes=5 user_agent="Bot/2.1 (+http://bot.example/)" cache=miss`},
	{`{"cliIP":"2001:db8::7","streamId":"1","referer":"-","xForwardedFor":"-","cacheStatus":"2","UA":"x%zz","reqPath":"/a?b","queryStr":"?c"}`,
		`client=2001:db8::7 path=/a query=c user_agent=x%zz cache=2`},
	{`{"cliIP":"203.0.113.7","isMidgress":"1"}`, `duplicate`},
	{`{"cliIP":"203.0.113.7","isMidgress":2}`, `duplicate`},
	{`{"streamId":"1"}`, `reject: no client`},
	{`{"cliIP":"203.0.113"}`, `reject: client is not an address`},
	{`{"cliIP":"203.0.113.7","reqTimeSec":"1712790000123"}`, `reject: time is not valid`},
	{`{"cliIP":"203.0.113.7","statusCode":"x"}`, `reject: status is not a number`},
	{`{"cliIP":"203.0.113.7","totalBytes":"x"}`, `reject: bytes are not a number`},
	{`{"cliIP":"203.0.113.7","UA":[]}`, `reject: JSON value of an unexpected type`},
}

func TestConformAkamai(t *testing.T) {
	conform(t, akamai(), "time client forwarded country asn method scheme host path query status bytes referer referer_host user_agent cache content_type request_id", akamaiSamples)
}

func FuzzAkamai(f *testing.F) { fuzzJSONFormat(f, akamai(), akamaiSamples) }
