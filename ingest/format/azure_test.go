package format

import "testing"

var frontDoorSamples = []sample{
	{
		`{"time":"2024-04-10T23:00:00.1234567Z","resourceId":"/X","category":"FrontDoorAccessLog","operationName":"Microsoft.Cdn/Profiles/AccessLog/Write","properties":{` +
			`"trackingReference":"0abc=","httpMethod":"GET","httpVersion":"2.0.0.0","requestUri":"https:\/\/Img.example.com:443\/a.jpg?w=1","sni":"img.example.com",` +
			`"requestBytes":"50","responseBytes":"12480","userAgent":"Mozilla/5.0 x","clientIp":"198.51.100.9","clientPort":"4711","socketIp":"203.0.113.7",` +
			`"httpStatusCode":"200","pop":"AMS","cacheStatus":"HIT","errorInfo":"NoError","ErrorInfo":"NoError","result":"N/A","hostName":"www.example.com",` +
			`"referer":"https://evil.example/x","clientCountry":"Netherlands","rulesEngineMatchNames":[],"originIp":"N/A"}}`,
		`time=2024-04-10T23:00:00.123456Z client=203.0.113.7 forwarded=198.51.100.9 country=NL method=GET scheme=https host=www.example.com path=/a.jpg query=w=1 status=200 ` +
			`bytes=12480 referer=https://evil.example/x referer_host=evil.example user_agent="Mozilla/5.0 x" cache=HIT request_id=0abc=`,
	},
	{frontDoorLine("FrontdoorAccessLog", `"isReceivedFromClient":true,"clientIp":"203.0.113.7","socketIp":"203.0.113.7","referer":"","clientCountry":"Korea, Republic of"`),
		`time=2024-04-10T23:00:00Z client=203.0.113.7 country=KR scheme=https host=a.example path=/`},
	{frontDoorLine("AzureCdnAccessLog", `"isReceivedFromClient":"True","clientIp":"2001:db8::7","socketIp":"N\/A","cacheStatus":"N\/A","hostName":"N/A","clientCountry":"Atlantis"`),
		`time=2024-04-10T23:00:00Z client=2001:db8::7 scheme=https host=a.example path=/`},
	{frontDoorLine("frontdooraccesslog", `"socketIp":"203.0.113.7","clientIp":"","httpStatusCode":0,"referer":"-"`),
		`time=2024-04-10T23:00:00Z client=203.0.113.7 scheme=https host=a.example path=/ referer=- referer_host="(no scheme)"`},
	{frontDoorLine("FrontdoorAccessLog", `"isReceivedFromClient":false,"clientIp":"203.0.113.7"`), `duplicate`},
	{frontDoorLine("FrontDoorWebApplicationFirewallLog", `"clientIP":"203.0.113.7","action":"Block"`), `skipped`},
	{frontDoorLine("FrontDoorHealthProbeLog", `"httpVerb":"HEAD"`), `skipped`},
	{frontDoorLine("FrontDoorAccessLog", `"clientIp":"","socketIp":"N/A"`), `reject: no client`},
	{frontDoorLine("FrontDoorAccessLog", `"socketIp":"edge"`), `reject: client is not an address`},
	{frontDoorLine("FrontDoorAccessLog", `"socketIp":"203.0.113.7","httpStatusCode":"N/A"`), `reject: status is not a number`},
	{frontDoorLine("FrontDoorAccessLog", `"socketIp":"203.0.113.7","responseBytes":"1.5"`), `reject: bytes are not a number`},
	{frontDoorLine("FrontDoorAccessLog", `"socketIp":"203.0.113.7","hostName":[]`), `reject: JSON value of an unexpected type`},
	{`{"category":"FrontDoorAccessLog","time":"now","properties":{"socketIp":"203.0.113.7"}}`, `reject: time is not valid`},
	{`{"category":"FrontDoorAccessLog","time":"2024-04-10T23:00:00Z"}`, `reject: no client`},
}

func frontDoorLine(category, properties string) string {
	return `{"category":"` + category + `","properties":{"requestUri":"https://a.example:443/",` + properties + `},"time":"2024-04-10T23:00:00Z"}`
}

func TestConformAzureFrontDoor(t *testing.T) {
	conform(t, azureFrontDoor(), "time client forwarded country method scheme host path query status bytes referer referer_host user_agent cache request_id", frontDoorSamples)
}

func FuzzAzureFrontDoor(f *testing.F) { fuzzJSONFormat(f, azureFrontDoor(), frontDoorSamples) }

// TestAzureFrontDoorCorpus: the other reader takes clientIp for the client.
func TestAzureFrontDoorCorpus(t *testing.T) {
	clients := []string{"89.160.20.128", "175.16.199.0", "175.16.199.0", "175.16.199.0", "175.16.199.0", "175.16.199.0"}
	compareExpected(t, azureFrontDoor(), "azure_frontdoor/elastic_integrations__azure_frontdoor__test-fdaccess.log", func(i int, theirs, ours *request) {
		if ours.Client == clients[i] {
			theirs.Client = ours.Client
		}
	})
}

var appGatewaySamples = []sample{
	{
		`{"timeStamp": "2021-10-14T22:17:11+00:00","resourceId": "/X","listenerName": "HTTP-Listener","category": "ApplicationGatewayAccessLog","properties": {` +
			`"instanceId": "appgw_2","clientIP": "203.0.113.7","clientPort": 45057,"httpMethod": "GET","originalRequestUriWithArgs": "\/a?b=1","requestUri": "\/rewritten",` +
			`"requestQuery": "c=1","userAgent": "Mozilla\/5.0 x","httpStatus": 200,"httpVersion": "HTTP\/1.1","receivedBytes": 184,"sentBytes": 466,"timeTaken": 0.034,` +
			`"transactionId": "592d","sslEnabled": "on","originalHost": "Img.example.com","host": "back.example"}}`,
		`time=2021-10-14T22:17:11Z client=203.0.113.7 method=GET scheme=https host=img.example.com path=/a query=b=1 status=200 bytes=466 user_agent="Mozilla/5.0 x" request_id=592d`,
	},
	{appGatewayLine(`"timestamp":"2017-04-26T19:27:38Z"`, `"clientIP":"203.0.113.7","requestUri":"/a","requestQuery":"X-AzureApplicationGateway-CACHE-HIT=0&SERVER-STATUS=404","sslEnabled":"off","userAgent":"-","host":"a.example"`),
		`time=2017-04-26T19:27:38Z client=203.0.113.7 scheme=http host=a.example path=/a`},
	{appGatewayLine(`"time":"2017-04-26T19:27:38Z"`, `"clientIP":"203.0.113.7","requestUri":"/a","requestQuery":"b=1","originalHost":"","host":"a.example"`),
		`time=2017-04-26T19:27:38Z client=203.0.113.7 host=a.example path=/a query=b=1`},
	{`{"category":"ApplicationGatewayFirewallLog","time":"2017-03-20T15:52:09.1494499Z","properties":{"clientIp":"203.0.113.7","details":{"line":"791"}}}`, `skipped`},
	{appGatewayLine(`"time":""`, `"clientIP":""`), `reject: no client`},
	{appGatewayLine(`"time":""`, `"clientIP":"x"`), `reject: client is not an address`},
	{appGatewayLine(`"time":"x"`, `"clientIP":"203.0.113.7"`), `reject: time is not valid`},
	{appGatewayLine(`"time":""`, `"clientIP":"203.0.113.7","httpStatus":2000`), `reject: status is not a number`},
	{appGatewayLine(`"time":""`, `"clientIP":"203.0.113.7","sentBytes":-1`), `reject: bytes are not a number`},
}

func appGatewayLine(time, properties string) string {
	return `{"category":"ApplicationGatewayAccessLog",` + time + `,"properties":{` + properties + `}}`
}

func TestConformAzureAppGateway(t *testing.T) {
	conform(t, azureAppGateway(), "time client method scheme host path query status bytes user_agent request_id", appGatewaySamples)
}

func FuzzAzureAppGateway(f *testing.F) { fuzzJSONFormat(f, azureAppGateway(), appGatewaySamples) }

// TestAppGatewayCorpus: of the four lines of the real log two are a firewall's,
// which have no answer.
func TestAppGatewayCorpus(t *testing.T) {
	const name = "azure_appgw/elastic_integrations__azure_appgw__test-application-gateway-raw.log"
	compareRequests(t, azureAppGateway(), name, expectedRequests(t, name)[:2], func(_ int, theirs, ours *request) {
		theirs.Bytes = ours.Bytes // they have sentBytes as those of the destination
		if ours.Bytes != 553 {
			t.Errorf("%d bytes, want 553", ours.Bytes)
		}
	})
}
