package format

// istio is the text that Envoy's access log has with Istio. The client is the
// remote end of the downstream connection, with its port. Envoy escapes
// nothing, so that a line with a quote within a value is rejected: a client
// could have written the rest of it. There is no Referer.
//
// Source: "Default access log format" in Istio's documentation; the details of
// response and connection came with 1.9.
func istio() *Format {
	f := layoutFormat("istio", "Envoy access log of Istio (text)", func() []*logLayout {
		return []*logLayout{istioLayout(` `, ` `, ` "`), istioLayout(` "`, `" "`)}
	})
	sniff := f.Sniff
	f.Sniff = func(head []byte, whole bool) string {
		missed := sniff(head, whole)
		if missed != "" && sniffLayouts(head, whole, []*logLayout{envoyLayout(` `, nil)}) == "" {
			return "Envoy's default log, which has no address of the client (%DOWNSTREAM_REMOTE_ADDRESS%)"
		}
		return missed
	}
	return f
}

// istioLayout is the layout with the texts that stand before each value between
// the flags of the response and the bytes; the last of these is in quotes.
func istioLayout(before ...string) *logLayout {
	return envoyLayout(before[0], func(values []logValue) []logValue {
		for i := range before {
			next := `" `
			if i+1 < len(before) {
				next = before[i+1]
			}
			values = append(values, logValue{literal: next})
		}
		return values
	})
}

// envoyLayout is Envoy's default layout, if details is nil, or else Istio's
// with what details adds behind the flags.
func envoyLayout(behindFlags string, details func([]logValue) []logValue) *logLayout {
	values := []logValue{
		{means: meansTime, class: classFixed, time: &timePattern{width: len("2006-01-02T15:04:05.000Z"), whole: timeRFC3339}, literal: `] "`},
		{means: meansRequest, literal: `" `},
		{means: meansStatus, class: classNumber, literal: " "},
		{class: className, literal: behindFlags},
	}
	if details != nil {
		values = details(values)
	}
	values = append(values,
		logValue{class: classNumber, literal: " "}, // bytes received
		logValue{means: meansBytes, class: classNumber, literal: " "},
		logValue{class: classNumber, literal: " "},  // duration
		logValue{class: classNumber, literal: ` "`}, // time of the upstream service
		logValue{means: meansForwarded, literal: `" "`},
		logValue{means: meansUserAgent, literal: `" "`},
		logValue{means: meansRequestID, literal: `" "`},
		logValue{means: meansHost, literal: `" "`},
		logValue{literal: `"`}) // upstream
	if details != nil {
		values[len(values)-1].literal += " "
		values = append(values,
			logValue{class: className, literal: " "},    // cluster
			logValue{class: classAddress, literal: " "}, // local end to the upstream
			logValue{class: classAddress, literal: " "}, // local end to the client
			logValue{means: meansClient, class: classAddress, ported: true, literal: " "},
			logValue{literal: " "}, // name that TLS asked for
			logValue{class: className})
	}
	return newLogLayout("[", values, escaping{quotes: true})
}
