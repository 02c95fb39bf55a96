package format

// mustCompile makes the layout of a string of this package.
func mustCompile(text string) *logLayout {
	l, err := compileLogFormat(text)
	if err != nil {
		panic("format: " + text + ": " + err.Error())
	}
	return l
}

// nginxIngress is the log of the ingress-nginx controller of Kubernetes:
// combined and what the controller knows of the upstream. Source: "Log format"
// in its user guide; the field of the alternative upstream came with 0.21, and
// the second address went with 0.24.
func nginxIngress() *Format {
	const (
		upstream = ` "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] `
		response = `$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id`
		today    = `$remote_addr - $remote_user [$time_local]`
		before   = `$remote_addr - [$the_real_ip] - $remote_user [$time_local]`
	)
	return layoutFormat("nginx_ingress", "ingress-nginx controller (Kubernetes)", func() []*logLayout {
		return []*logLayout{
			mustCompile(today + upstream + `[$proxy_alternative_upstream_name] ` + response),
			mustCompile(before + upstream + `[$proxy_alternative_upstream_name] ` + response),
			mustCompile(before + upstream + response),
		}
	})
}

// sslRequest is the log that Apache httpd's conf/extra/httpd-ssl.conf
// configures beside the access log.
func sslRequest() *Format {
	return layoutFormat("ssl_request", "ssl_request_log (Apache)", func() []*logLayout {
		return []*logLayout{mustCompile(`%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b`)}
	})
}

// haproxyCLF is HAProxy's "option httplog clf", which looks like combined but
// has two empty strings where that has Referer and User-Agent.
func haproxyCLF() *Format {
	const line = `log-format %{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl`
	return layoutFormat("haproxy_clf", "HAProxy HTTP log in Common Log Format", func() []*logLayout {
		return []*logLayout{mustCompile(line)}
	})
}

// traefik is Traefik's access log in its common format. Referer and User-Agent
// that are missing are a bare - or "-". Traefik escapes nothing, so that a line
// with a quote within a value is rejected: a client could have written the rest
// of it. Source: CommonLogFormatter of its package accesslog.
func traefik() *Format {
	return layoutFormat("traefik", "Traefik access log (CLF)", func() []*logLayout {
		return []*logLayout{traefikLayout(true, true), traefikLayout(false, true), traefikLayout(true, false), traefikLayout(false, false)}
	})
}

// traefikLayout is the layout with or without a Referer and a User-Agent.
func traefikLayout(referer, userAgent bool) *logLayout {
	values := []logValue{
		{means: meansClient, class: classAddress, literal: " - "},
		{means: meansUser, literal: " ["},
		{means: meansTime, class: classFixed, time: clfTime(), literal: `] "`},
		{means: meansRequest, literal: `" `},
		{means: meansStatus, class: classNumber, literal: " "},
		{means: meansBytes, class: classNumber},
	}
	header := func(m meaning, there bool) {
		last := &values[len(values)-1]
		if !there {
			last.literal += " -"
			return
		}
		last.literal += ` "`
		values = append(values, logValue{means: m, literal: `"`})
	}
	header(meansReferer, referer)
	header(meansUserAgent, userAgent)
	values[len(values)-1].literal += " "
	values = append(values,
		logValue{class: classNumber, literal: ` "`}, // count
		logValue{literal: `" "`},                    // router
		logValue{literal: `" `},                     // server
		logValue{class: classNumber, literal: "ms"})
	l := newLogLayout("", values, escaping{quotes: true})
	l.once = l.once.Union(headerColumns)
	return l
}
