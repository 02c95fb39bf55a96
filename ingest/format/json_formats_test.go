package format

import "testing"

func TestConformCaddy(t *testing.T) {
	conform(t, caddy(), "time client forwarded method scheme host path query status bytes referer referer_host user_agent content_type request_id", caddySamples())
}

func FuzzCaddy(f *testing.F) { fuzzText(f, caddy(), caddySamples()) }

func caddySamples() []sample {
	const begin = `{"level":"info","ts":1709294400.1234567,"logger":"http.log.access.log0","msg":"handled request","request":{`
	const end = `,"bytes_read":0,"user_id":"","duration":0.017557019,"size":3768,"status":200,"resp_headers":{"Server":["Caddy"],"Content-Type":["text/css; charset=utf-8","x"]},"uuid":"u1"}`
	return []sample{
		{begin + `"remote_ip":"192.0.2.1","remote_port":"38574","client_ip":"203.0.113.9","proto":"HTTP/2.0","method":"GET","host":"A.example:400","uri":"/p%20?q=1",` +
			`"headers":{"Referer":["https://b.example/x","https://c.example/"],"User-Agent":["curl/8"],"X-Forwarded-For":["203.0.113.9"]},"tls":{"proto":"h2"}}` + end,
			`time=2024-03-01T12:00:00.123456Z client=192.0.2.1 forwarded=203.0.113.9 method=GET scheme=https host=a.example path=/p%20 query=q=1 status=200 bytes=3768 ` +
				`referer=https://b.example/x referer_host=b.example user_agent=curl/8 content_type="text/css; charset=utf-8" request_id=u1`},
		{begin + `"remote_addr":"[2001:db8::1]:4711","method":"GET","host":"a.example","uri":"/","headers":{"Referer":["-"],"User-Agent":[""]}}` + end,
			`time=2024-03-01T12:00:00.123456Z client=2001:db8::1 method=GET scheme=http host=a.example path=/ status=200 bytes=3768 ` +
				`referer=- referer_host="(no scheme)" content_type="text/css; charset=utf-8" request_id=u1`},
		{`{"level":"info","ts":"2024/03/01 12:00:00","logger":"admin","msg":"admin endpoint started"}`, "skipped"},
		{`{"level":"error","ts":1709294400,"logger":"http.log.error.log0","msg":"dial","request":{"remote_ip":"192.0.2.1","uri":"/","headers":{}},"status":502}`, "skipped"},
		{`{"ts":"2024/03/01 12:00:00","request":{"remote_ip":"192.0.2.1","uri":"/","headers":{"Referer":[""]}},"size":0,"status":502,"resp_headers":{"Content-Type":["a"]},"uuid":"-"}`,
			`time=2024-03-01T12:00:00Z client=192.0.2.1 scheme=http path=/ status=502 referer_host=(empty) content_type=a`},
		{begin + `"remote_ip":"@"}` + end, "reject: " + reasonClient},
		{begin + `"remote_ip":["192.0.2.1"]}` + end, "reject: " + reasonJSONKind},
		{`{"level":"info"}`, "reject: " + reasonClientMissing},
	}
}

func TestConformTraefikJSON(t *testing.T) {
	conform(t, traefikJSON(), "time client forwarded method scheme host path query status bytes referer referer_host user_agent content_type", traefikSamples())
}

func FuzzTraefikJSON(f *testing.F) { fuzzText(f, traefikJSON(), traefikSamples()) }

func traefikSamples() []sample {
	const rest = `"ClientUsername":"-","DownstreamContentSize":19,"DownstreamStatus":404,"Duration":40356,"OriginContentSize":7,"RequestAddr":"a.example:8080","RequestHost":"a.example",` +
		`"RequestLine":"GET /p?q HTTP/1.1","RequestMethod":"GET","RequestPath":"/p?q","RequestPort":"8080","RequestProtocol":"HTTP/1.1","RequestScheme":"http",` +
		`"StartLocal":"2024-03-01T13:00:00.5+01:00","StartUTC":"2024-03-01T12:00:00.5Z","downstream_Content-Type":"text/plain",`
	const row = ` method=GET scheme=http host=a.example path=/p query=q status=404 bytes=19`
	return []sample{
		{`{"ClientAddr":"192.0.2.1:48658","ClientHost":"192.0.2.1","ClientPort":"48658",` + rest +
			`"request_Referer":"https://b.example/","request_User-Agent":"curl/8","time":"2024-03-01T12:00:01Z"}`,
			`time=2024-03-01T12:00:00.5Z client=192.0.2.1` + row + ` referer=https://b.example/ referer_host=b.example user_agent=curl/8 content_type=text/plain`},
		{`{"ClientAddr":"[2001:db8::1]:48658","ClientHost":"2001:db8::1",` + rest + `"request_Referer":"REDACTED","request_User-Agent":"REDACTED"}`,
			`time=2024-03-01T12:00:00.5Z client=2001:db8::1` + row + ` content_type=text/plain`},
		{`{"ClientAddr":"192.0.2.1:48658","ClientHost":"203.0.113.9, 198.51.100.1",` + rest + `"request_Referer":"","request_User-Agent":"-"}`,
			`time=2024-03-01T12:00:00.5Z client=192.0.2.1 forwarded="203.0.113.9, 198.51.100.1"` + row + ` referer_host=(empty) content_type=text/plain`},
		{`{"ClientHost":"192.0.2.1",` + rest + `"request_Referer":null,"request_User-Agent":null}`, `time=2024-03-01T12:00:00.5Z client=192.0.2.1` + row + ` content_type=text/plain`},
		{`{"ClientHost":"203.0.113.9, 198.51.100.1",` + rest + `"level":"info"}`, "reject: " + reasonClientList},
		{`{"ClientAddr":"-",` + rest + `"level":"info"}`, "reject: " + reasonClientMissing},
	}
}

func TestConformNginxJSON(t *testing.T) {
	conform(t, nginxJSON(), "time client forwarded country asn method scheme host path query status bytes referer referer_host user_agent cache content_type request_id", nginxSamples())
}

func FuzzNginxJSON(f *testing.F) { fuzzText(f, nginxJSON(), nginxSamples()) }

func nginxSamples() []sample {
	return []sample{
		{`{"time_local":"01/Mar/2024:13:00:00 +0100","remote_addr":"192.0.2.1","remote_user":"","request":"GET /p?q HTTP/1.1","status": "200","body_bytes_sent":"10","bytes_sent":312,` +
			`"http_referer":"https://b.example/","http_user_agent":"curl \"8\"","http_x_forwarded_for":"203.0.113.9","http_host":"A.example:443","server_name":"_","scheme":"https",` +
			`"upstream_cache_status":"HIT","sent_http_content_type":"text/html","request_id":"r1","geoip_country_code":"DE","asn":"64496","request_time":0.001}`,
			`time=2024-03-01T12:00:00Z client=192.0.2.1 forwarded=203.0.113.9 country=DE asn=64496 method=GET scheme=https host=a.example path=/p query=q status=200 bytes=312 ` +
				`referer=https://b.example/ referer_host=b.example user_agent="curl \"8\"" cache=HIT content_type=text/html request_id=r1`},
		{`{"@timestamp":"2024-03-01T12:00:00+00:00","remote_addr":"2001:db8::1","request_method":"POST","request_uri":"/%41?a=b","uri":"/A","args":"a=b","request":"","status":499,` +
			`"body_bytes_sent":0,"http_referer":"-","http_user_agent":"","host":"-","server_name":"a.example"}`,
			`time=2024-03-01T12:00:00Z client=2001:db8::1 method=POST host=a.example path=/%41 query=a=b status=499`},
		{`{"msec":"1709294400.123","remote_addr":"192.0.2.1","request":"\u0016\u0003\u0001","uri":"/x","status":"400","body_bytes_sent":"150","http_user_agent":"-"}`,
			`time=2024-03-01T12:00:00.123Z client=192.0.2.1 status=400 bytes=150`},
		{`{"remote_addr":"192.0.2.1","request_type":"GET","request_url":"/","timestamp":"01/Mar/2024:12:00:00 +0000","timestamp_iso8601":"2024-03-01T12:00:00+00:00","status":"200","http_referer":""}`,
			`time=2024-03-01T12:00:00Z client=192.0.2.1 method=GET path=/ status=200`},
		{`{"remote_addr":"unix:","status":"200","request":"-"}`, "reject: " + reasonClient},
		{`{"remote_addr":"192.0.2.1","http_user_agent":"\x22"}`, "reject: " + jsonBroken},
		{`{"remote_addr":"192.0.2.1","status":"-","time_local":"-"}`, `client=192.0.2.1`},
	}
}

func TestConformEnvoyJSON(t *testing.T) {
	conform(t, envoyJSON(), "time client forwarded method scheme host path query status bytes referer referer_host user_agent request_id", envoySamples())
}

func FuzzEnvoyJSON(f *testing.F) { fuzzText(f, envoyJSON(), envoySamples()) }

func envoySamples() []sample {
	return []sample{
		{`{"authority":"a.example:9080","bytes_received":0,"bytes_sent":358,"connection_termination_details":null,"downstream_local_address":"198.51.100.1:9080",` +
			`"downstream_remote_address":"192.0.2.1:43612","duration":15,"method":"GET","path":"/p?q","protocol":"HTTP/1.1","request_id":"r1","response_code":200,` +
			`"response_flags":"-","start_time":"2024-03-01T12:00:00.656Z","user_agent":"curl/8","x_forwarded_for":"203.0.113.9","x_forwarded_proto":"https","referer":"https://b.example/"}`,
			`time=2024-03-01T12:00:00.656Z client=192.0.2.1 forwarded=203.0.113.9 method=GET scheme=https host=a.example path=/p query=q status=200 bytes=358 ` +
				`referer=https://b.example/ referer_host=b.example user_agent=curl/8 request_id=r1`},
		{`{":authority":"a.example","bytes_sent":"11","downstream_remote_address":"[2001:db8::1]:5000","method":"POST","x-envoy-origin-path":"/","x-request-id":"r2",` +
			`"response_code":"503","response_flags":"UH","start_time":"2024-03-01T12:00:00.656Z","user-agent":"curl/8","x-forwarded-for":null,"referer":"-"}`,
			`time=2024-03-01T12:00:00.656Z client=2001:db8::1 method=POST host=a.example path=/ status=503 bytes=11 user_agent=curl/8 request_id=r2`},
		{`{"authority":"-","bytes_sent":11,"downstream_remote_address":"192.0.2.1:51643","method":"-","path":"-","request_id":"-","response_code":400,"response_flags":"DPE",` +
			`"@timestamp":"2024-03-01T12:00:00.656Z","user_agent":"-","x_forwarded_for":null}`,
			`time=2024-03-01T12:00:00.656Z client=192.0.2.1 status=400 bytes=11`},
		{`{"authority":null,"bytes_sent":5000,"downstream_remote_address":"192.0.2.1:51643","method":null,"path":null,"response_code":0,"response_flags":"-","start_time":"2024-03-01T12:00:00.656Z"}`,
			"skipped"},
		{`{"downstream_remote_address":"/var/run/sds","response_code":200,"response_flags":"-"}`, "reject: " + reasonClient},
	}
}

func TestConformAlibabaJSON(t *testing.T) {
	conform(t, alibabaJSON(), "time client forwarded method scheme host path query status bytes referer referer_host user_agent cache content_type request_id", alibabaSamples())
}

func FuzzAlibabaJSON(f *testing.F) { fuzzText(f, alibabaJSON(), alibabaSamples()) }

func alibabaSamples() []sample {
	const begin = `{"unixtime":"1709294400","domain":"a.example","method":"GET","scheme":"https","uri":"/p","uri_param":"q=1","client_ip":"203.0.113.9","proxy_ip":"-","remote_port":"4711",`
	const end = `"request_size":"301","request_time":"14","response_size":"588","return_code":"200","content_type":"image/png","hit_info":"HIT","user_agent":"curl/8","uuid":"u1","via_info":"x","xforwordfor":"203.0.113.9"}`
	const row, rest = ` forwarded=203.0.113.9 method=GET scheme=https host=a.example path=/p query=q=1 status=200 bytes=588`, ` user_agent=curl/8 cache=HIT content_type=image/png request_id=u1`
	return []sample{
		{begin + `"remote_ip":"192.0.2.1","refer_protocol":"https","refer_domain":"B.example","refer_uri":"/x","refer_param":"a=b",` + end,
			`time=2024-03-01T12:00:00Z client=192.0.2.1` + row + ` referer=https://B.example/x?a=b referer_host=b.example` + rest},
		{begin + `"remote_ip":"2001:db8::1","refer_protocol":"-","refer_domain":"-","refer_uri":"-","refer_param":"-",` + end,
			`time=2024-03-01T12:00:00Z client=2001:db8::1` + row + rest},
		{begin + `"remote_ip":"192.0.2.1","refer_protocol":"http","refer_domain":"b.example","refer_uri":"x","refer_param":"",` + end,
			`time=2024-03-01T12:00:00Z client=192.0.2.1` + row + ` referer=http://b.example/x referer_host=b.example` + rest},
		{begin + `"remote_ip":"192.0.2.1","refer_domain":"","refer_uri":"about:blank",` + end,
			`time=2024-03-01T12:00:00Z client=192.0.2.1` + row + ` referer=about:blank referer_host=(opaque)` + rest},
		{begin + `"refer_protocol":"-",` + end, "reject: " + reasonClientMissing},
	}
}

func TestConformHuaweiJSON(t *testing.T) {
	conform(t, huaweiJSON(), "time client forwarded method scheme host path query status bytes referer referer_host user_agent cache content_type request_id", huaweiSamples())
}

func FuzzHuaweiJSON(f *testing.F) { fuzzText(f, huaweiJSON(), huaweiSamples()) }

func huaweiSamples() []sample {
	const end = `"request_size":"301","response_time":"14","response_size":"588","http_code":"403","content_type":"text/html","hit_info":"HIT","user_agent":"curl/8","uuid":"u1","xforwordfor":"203.0.113.9"}`
	const begin = `{"request_time":"1709294400123","domain":"a.example","method":"GET","scheme":"http","uri":"/p.txt","uri_param":"-",`
	const row, rest = ` forwarded=203.0.113.9 method=GET scheme=http host=a.example path=/p.txt status=403 bytes=588`, ` user_agent=curl/8 cache=HIT content_type=text/html request_id=u1`
	return []sample{
		{begin + `"client_ip":"192.0.2.1","client_port":"51517","refer_protocol":"https","refer_domain":"b.example","refer_uri":"/x","refer_param":"-",` + end,
			`time=2024-03-01T12:00:00.123Z client=192.0.2.1` + row + ` referer=https://b.example/x referer_host=b.example` + rest},
		{begin + `"client_ip":"192.0.2.1","refer_protocol":"-","refer_domain":"-","refer_uri":"-","refer_param":"-",` + end,
			`time=2024-03-01T12:00:00.123Z client=192.0.2.1` + row + rest},
		{begin + `"client_ip":"-",` + end, "reject: " + reasonClientMissing},
	}
}

func TestConformTencentJSON(t *testing.T) {
	conform(t, tencentJSON(), "time client method host path query status bytes referer referer_host user_agent cache request_id", tencentSamples())
}

func FuzzTencentJSON(f *testing.F) { fuzzText(f, tencentJSON(), tencentSamples()) }

func tencentSamples() []sample {
	return []sample{
		{`{"app_id":1,"client_ip":"192.0.2.1","file_size":10,"hit":"hit","host":"a.example","http_code":200,"isp":"x","method":"GET","param":"q=1","proto":"HTTP/1.1","prov":"y",` +
			`"referer":"https://b.example/","request_range":"-","request_time":14,"request_port":"4711","rsp_size":588,"time":1709294400,"ua":"curl/8","url":"/p","uuid":"u1","version":1}`,
			`time=2024-03-01T12:00:00Z client=192.0.2.1 method=GET host=a.example path=/p query=q=1 status=200 bytes=588 referer=https://b.example/ referer_host=b.example user_agent=curl/8 cache=hit request_id=u1`},
		{`{"client_ip":"192.0.2.1","hit":"miss","host":"a.example","http_code":404,"method":"GET","param":"","referer":"-","rsp_size":0,"time":1709294400,"ua":"-","url":"/","uuid":"u2"}`,
			`time=2024-03-01T12:00:00Z client=192.0.2.1 method=GET host=a.example path=/ status=404 cache=miss request_id=u2`},
		{`{"client_ip":"192.0.2.1","http_code":"x","rsp_size":0,"url":"/"}`, "reject: " + reasonStatus},
	}
}
