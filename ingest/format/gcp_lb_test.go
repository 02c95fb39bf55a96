package format

import "testing"

var gcpSamples = []sample{
	{
		`{"insertId":"1abc","jsonPayload":{"@type":"type.googleapis.com/google.cloud.loadbalancing.type.LoadBalancerLogEntry","statusDetails":"response_from_cache",` +
			`"cacheDecision":["RESPONSE_HAS_ETAG"],"enforcedSecurityPolicy":{"name":"edge","outcome":"ACCEPT"}},"httpRequest":{"requestMethod":"GET",` +
			`"requestUrl":"https://Img.example.com:8443/a.jpg?w=1?","requestSize":"577","status":200,"responseSize":"12480","userAgent":"Mozilla/5.0 \"x\"",` +
			`"remoteIp":"203.0.113.7:9989","cacheHit":true,"cacheLookup":true,"serverIp":"192.0.2.1","referer":"https://evil.example/x","latency":"0.005s"},` +
			`"resource":{"type":"http_load_balancer","labels":{"zone":"global"}},"timestamp":"2024-04-10T23:00:00.078651Z","severity":"INFO","logName":"projects/p/logs/requests",` +
			`"receiveTimestamp":"2024-04-10T23:00:01.588272510Z"}`,
		`time=2024-04-10T23:00:00.078651Z client=203.0.113.7 method=GET scheme=https host=img.example.com path=/a.jpg query=w=1? status=200 bytes=12480 ` +
			`referer=https://evil.example/x referer_host=evil.example user_agent="Mozilla/5.0 \"x\"" cache=hit request_id=1abc action=ACCEPT`,
	},
	{gcpLine(`"remoteIp":"2001:db8::7","requestUrl":"http://a.example","cacheLookup":true`),
		`time=2024-04-10T23:00:00Z client=2001:db8::7 scheme=http host=a.example path=/ cache=miss request_id=1`},
	{gcpLine(`"remoteIp":"[2001:db8::7]:443","requestUrl":"http://a.example?q","status":"404"`),
		`time=2024-04-10T23:00:00Z client=2001:db8::7 scheme=http host=a.example path=/ query=q status=404 request_id=1`},
	{gcpLine(`"remoteIp":"203.0.113.7","requestUrl":"http://[2001:db8::1]/-?-","referer":"-","cacheHit":false`),
		`time=2024-04-10T23:00:00Z client=203.0.113.7 scheme=http host=[2001:db8::1] path=/- query=- referer=- referer_host="(no scheme)" request_id=1`},
	{gcpLine(`"remoteIp":"203.0.113.7","requestUrl":"/x?http://b.example/"`),
		`time=2024-04-10T23:00:00Z client=203.0.113.7 path=/x query=http://b.example/ request_id=1`},
	{`{"logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","insertId":"2","timestamp":"2024-04-10T23:00:00Z","protoPayload":{}}`, `skipped`},
	{gcpLine(`"requestUrl":"http://a.example/"`), `reject: no client`},
	{gcpLine(`"remoteIp":"unknown"`), `reject: client is not an address`},
	{gcpLine(`"remoteIp":"203.0.113.7","status":"ok"`), `reject: status is not a number`},
	{gcpLine(`"remoteIp":"203.0.113.7","responseSize":"-3"`), `reject: bytes are not a number`},
	{gcpLine(`"remoteIp":"203.0.113.7","requestUrl":["x"]`), `reject: JSON value of an unexpected type`},
	{`{"httpRequest":{"remoteIp":"203.0.113.7","requestUrl":"/"},"timestamp":"yesterday"}`, `reject: time is not valid`},
	{`{"httpRequest":"203.0.113.7","insertId":"1"}`, `reject: no client`},
}

// gcpLine is an entry with the members of a request.
func gcpLine(request string) string {
	return `{"httpRequest":{` + request + `},"insertId":"1","logName":"projects/p/logs/requests","timestamp":"2024-04-10T23:00:00Z"}`
}

func TestConformGCPLB(t *testing.T) {
	conform(t, gcpLB(), "time client method scheme host path query status bytes referer referer_host user_agent cache request_id action", gcpSamples)
}

func FuzzGCPLB(f *testing.F) { fuzzJSONFormat(f, gcpLB(), gcpSamples) }

// TestGCPLBCorpus leaves out the host of the second request, which the other
// reader does not find.
func TestGCPLBCorpus(t *testing.T) {
	compareExpected(t, gcpLB(), "gcp_lb/elastic_integrations__gcp_lb__test-load-balancer.log", func(i int, theirs, ours *request) {
		if i == 1 {
			theirs.Host = ours.Host
		}
	})
}
