package format

import "testing"

func TestConformAWSWAF(t *testing.T) {
	conform(t, awsWAF(), "time client forwarded country asn method host path query referer referer_host user_agent request_id action", awsWAFSamples())
}

func FuzzAWSWAF(f *testing.F) { fuzzText(f, awsWAF(), awsWAFSamples()) }

func awsWAFSamples() []sample {
	const begin = `{"timestamp":1709294400123,"formatVersion":1,"webaclId":"arn:aws:wafv2:us-east-1:123456789012:global/webacl/x/y","terminatingRuleId":"Default_Action",`
	return []sample{
		{begin + `"terminatingRuleType":"REGULAR","action":"ALLOW","httpSourceName":"CF","ruleGroupList":[{"ruleGroupId":"g","excludedRules":null}],"httpRequest":{` +
			`"clientIp":"192.0.2.1","country":"DE","headers":[{"name":"Host","value":"A.example"},{"name":"referer","value":"https://b.example/\u0070"},` +
			`{"name":"User-Agent","value":"curl/8"},{"value":"203.0.113.9","name":"X-Forwarded-For"}],"uri":"/p","args":"a=b","httpVersion":"HTTP/2.0","httpMethod":"GET","requestId":"r1"},"clientAsn":64496}`,
			`time=2024-03-01T12:00:00.123Z client=192.0.2.1 forwarded=203.0.113.9 country=DE asn=64496 method=GET host=a.example path=/p query=a=b ` +
				`referer=https://b.example/p referer_host=b.example user_agent=curl/8 request_id=r1 action=ALLOW`},
		{begin + `"action":"BLOCK","httpRequest":{"clientIp":"2001:db8::1","country":"-","headers":[{"name":"Referer","value":""},{"name":"Referer","value":"https://c.example/"}],` +
			`"uri":"/","args":"","httpMethod":"POST","requestId":"r2"}}`,
			`time=2024-03-01T12:00:00.123Z client=2001:db8::1 method=POST path=/ referer_host=(empty) request_id=r2 action=BLOCK`},
		{begin + `"action":"CAPTCHA","httpRequest":{"clientIp":"192.0.2.1","headers":[{"name":"Referer","value":"REDACTED"},{"name":"host"},{},7,{"name":["x"],"value":{}}],"uri":"REDACTED"}}`,
			`time=2024-03-01T12:00:00.123Z client=192.0.2.1 action=CAPTCHA`},
		{begin + `"action":"ALLOW","httpRequest":{"clientIp":"192.0.2.1","headers":null,"uri":"/x"}}`,
			`time=2024-03-01T12:00:00.123Z client=192.0.2.1 path=/x action=ALLOW`},
		{begin + `"action":"ALLOW","httpRequest":{"clientIp":"x"}}`, "reject: " + reasonClient},
		{begin + `"action":"ALLOW","httpRequest":{}}`, "reject: " + reasonClientMissing},
		{begin + `"action":"ALLOW","httpRequest":{"clientIp":"192.0.2.1","uri":["/"]}}`, "reject: " + reasonJSONKind},
	}
}
