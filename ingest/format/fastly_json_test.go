package format

import "testing"

const fastlySyslog = `<134>2024-04-10T23:00:00Z cache-ams2100-AMS access[322614]: `

var fastlySamples = []sample{
	{
		`{"timestamp":"2024-04-10T23:00:00+0000","client_ip":"203.0.113.7","geo_country":"france","geo_city":"paris","host":"Img.example.com","url":"/a.jpg?w=1",` +
			`"request_method":"GET","request_protocol":"HTTP/2","request_referer":"https://evil.example/x","request_user_agent":"Mozilla/5.0 \"x\"","response_state":"HIT",` +
			`"response_status":200,"response_reason":"OK","response_body_size":12480,"fastly_server":"cache-ams","fastly_is_edge":true}`,
		`time=2024-04-10T23:00:00Z client=203.0.113.7 country=FR method=GET host=img.example.com path=/a.jpg query=w=1 status=200 bytes=12480 ` +
			`referer=https://evil.example/x referer_host=evil.example user_agent="Mozilla/5.0 \"x\"" cache=HIT`,
	},
	{
		`{"service_id":"x","time_start":"2024-04-10T23:00:00UTC","client_ip":"203.0.113.7","request":"GET","host":"(null)","origin_host":"img.example.com","url":"/a","is_tls":false,` +
			`"request_referer":"(null)","request_user_agent":"(null)","geo_country_code":"FR","response_status":"304","resp_body_size":"5","cache_status":"MISS"}`,
		`time=2024-04-10T23:00:00Z client=203.0.113.7 country=FR method=GET scheme=http host=img.example.com path=/a status=304 bytes=5 cache=MISS`,
	},
	{fastlySyslog + `{"bytes":11355,"content_type":"application/gzip","date_time":"2024-04-10T23:00:00.460557177Z","http":{"protocol":"HTTP/2","referer":null,"useragent":"cargo/1.92"},` +
		`"ip":"203.0.113.7","method":"GET","status":200,"url":"https://static.example/crates/a%2Bb.crate","version":"1"}`,
		`time=2024-04-10T23:00:00.460557Z client=203.0.113.7 method=GET scheme=https host=static.example path=/crates/a%2Bb.crate status=200 bytes=11355 user_agent=cargo/1.92 ` +
			`content_type=application/gzip`},
	{fastlySyslog + `{"date_time":"2024-04-10T23:00:00","http":{"referer":"-"},"ip":"2001:db8::7","is_tls":"true"}`,
		`time=2024-04-10T23:00:00Z client=2001:db8::7 scheme=https referer=- referer_host="(no scheme)"`},
	{`{"time_start":1712790000123,"client_ip":"203.0.113.7","timestamp":"","geo_country":"(null)","request_referer":""}`, `time=2024-04-10T23:00:00.123Z client=203.0.113.7`},
	{`{"timestamp":"2024-04-10T23:00:00.5GMT","client_ip":"203.0.113.7","url":"(null)","host":"a.example"}`, `time=2024-04-10T23:00:00.5Z client=203.0.113.7 host=a.example`},
	{`{"timestamp":"2024-04-11T01:00:00+02:00","client_ip":"203.0.113.7"}`, `time=2024-04-10T23:00:00Z client=203.0.113.7`},
	{`{"client_ip":"203.0.113.7","fastly_is_edge":false}`, `duplicate`},
	{`{"client_ip":"203.0.113.7","fastly_is_edge":"false"}`, `duplicate`},
	{fastlySyslog + `not an object`, `reject: not a JSON object`},
	{fastlySyslog + `{"client_ip":"203.0.113.7"`, `reject: JSON object does not end on its line`},
	{`x {"client_ip":"203.0.113.7"}`, `reject: not a JSON object`},
	{`{"client_ip":"(null)"}`, `reject: no client`},
	{`{"ip":"edge"}`, `reject: client is not an address`},
	{`{"url":"/"}`, `reject: no client`},
	{`{"client_ip":"203.0.113.7","timestamp":"2024-04-10T23:00:61"}`, `reject: time is not valid`},
	{`{"client_ip":"203.0.113.7","timestamp":"yesterday"}`, `reject: time is not valid`},
	{`{"client_ip":"203.0.113.7","status":"x"}`, `reject: status is not a number`},
	{`{"client_ip":"203.0.113.7","bytes":"x"}`, `reject: bytes are not a number`},
	{`{"client_ip":"203.0.113.7","http":{"referer":["x"]}}`, `reject: JSON value of an unexpected type`},
}

func TestConformFastlyJSON(t *testing.T) {
	conform(t, fastlyJSON(), "time client country method scheme host path query status bytes referer referer_host user_agent cache content_type", fastlySamples)
}

func TestSniffFastlyJSON(t *testing.T) {
	for head, want := range map[string]bool{
		`{"client_ip":"203.0.113.7","url":"/","request_referer":""}`:                                  true,
		fastlySyslog + `{"ip":"203.0.113.7","url":"/","date_time":"","method":"GET","status":200}`:    true,
		`{"ip":"203.0.113.7","url":"/","time":"","method":"GET","status":200}`:                        false,
		`{"client_ip":"203.0.113.7","url":"/","status":200}`:                                          false,
		fastlySyslog + "203.0.113.7 - - [":                                                            false,
		fastlySyslog + `{"client_ip":"203.0.113.7","url":"/","request_user_agent":"x","response_stat`: true,
	} {
		if got := fastlyJSON().Sniff([]byte(head), false) == ""; got != want {
			t.Errorf("%q: %v, want %v", head, got, want)
		}
	}
}

func FuzzFastlyJSON(f *testing.F) { fuzzJSONFormat(f, fastlyJSON(), fastlySamples) }
