package format

// Because says what Sniff knows the format by, for a person who asks why. It
// is "" for formats that are not in All.
func (f *Format) Because() string { return knownBy[f.Name] }

// knownBy is what each format of All is known by.
var knownBy = map[string]string{
	"parquet":             "begins with PAR1",
	"arrow":               "begins with ARROW1, or with the schema of an Arrow stream",
	"cloudfront":          "#Fields line with c-ip and a column that only CloudFront has, such as x-edge-location; or rows of a legacy log without that line",
	"w3c":                 "#Fields line with c-ip, cs-method and cs-uri-stem or cs-uri, and no column that only CloudFront has",
	"cloudfront-realtime": "no header; as many columns as a real-time log of all fields has, the first of them a time with ms and an address",
	"cloudfront-json":     "JSON objects with the key c-ip and others of CloudFront",
	"cloudflare":          "JSON objects with the key ClientIP and others of Cloudflare",
	"cdn77":               "JSON objects with the key clientIP and others of CDN77, such as startTimeMs",
	"akamai":              "JSON objects with the key cliIP and others of DataStream 2, such as reqTimeSec",
	"gcp-lb":              "JSON objects with httpRequest.remoteIp, httpRequest.requestUrl and a key of a Google Cloud LogEntry, such as logName",
	"fastly-json":         "JSON objects with the keys of Fastly's examples, such as client_ip, url and request_user_agent",
	"azure-frontdoor":     "JSON objects with the category FrontDoorAccessLog or AzureCdnAccessLog",
	"azure-appgw":         "JSON objects with the category ApplicationGatewayAccessLog",
	"bunny":               `columns with "|" between them, the third a time in ms and the sixth an address`,
	"gcore":               `the first line begins with "ADDRESS" "-" "USER" "[TIME]", each in quotes`,
	"alibaba-cdn":         "the first line begins with [TIME] ADDRESS, as Alibaba Cloud has them",
	"huawei-cdn":          "the first line begins with [TIME] ADDRESS, as Huawei Cloud has them",
	"tencent-cdn":         "the first line begins with YYYYMMDDHHMMSS ADDRESS",
	"fastly-syslog":       "Common Log Format behind a syslog prefix as Fastly writes it: <134>TIME HOST NAME[PID]:",
	"aws-alb":             "the first line begins with the type and the time of a load balancer's row",
	"aws-s3":              "the first line begins with the owner of a bucket, 64 hexadecimal digits, its name and [TIME]",
	"haproxy":             "most lines are CLIENT:PORT [TIME] FRONTEND BACKEND/SERVER TIMERS STATUS BYTES",
	"haproxy_clf":         "most lines are what HAProxy's option httplog clf writes",
	"istio":               "most lines are what Istio's access log format writes",
	"traefik":             `most lines are Common Log Format with the count, "ROUTER" "URL" and duration of Traefik behind it`,
	"nginx_ingress":       "most lines are Combined Log Format with the upstream's fields of ingress-nginx behind it",
	"ssl_request":         `most lines are [TIME] ADDRESS PROTOCOL CIPHER "REQUEST" BYTES`,
	"aws-waf":             "JSON objects with the keys webaclId and httpRequest.clientIp",
	"caddy":               "JSON objects with request.remote_ip and others of Caddy, such as request.uri and size",
	"traefik-json":        "JSON objects with ClientAddr or ClientHost, DownstreamStatus and RequestPath",
	"envoy-json":          "JSON objects with downstream_remote_address, response_flags and response_code",
	"alibaba-json":        "JSON objects with unixtime, uri and return_code",
	"huawei-json":         "JSON objects with client_ip, request_time, http_code and hit_info",
	"tencent-json":        "JSON objects with client_ip, http_code, rsp_size and url",
	"nginx-json":          "JSON objects with nginx's variables as keys, such as remote_addr, request and status",
	"vhost_combined":      `most lines are HOST ADDRESS - - [TIME] "REQUEST" STATUS BYTES "REFERER" "USER-AGENT"`,
	"combined":            `most lines are ADDRESS - - [TIME] "REQUEST" STATUS BYTES "REFERER" "USER-AGENT"`,
	"common":              `most lines are ADDRESS - - [TIME] "REQUEST" STATUS BYTES, without a Referer`,
}
