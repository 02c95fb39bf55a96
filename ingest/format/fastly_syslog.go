package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// fastlyCommon is Fastly's default line, which is Common Log Format, behind the
// prefix of its syslog endpoints. What else stands in Fastly's logs is the
// customer's own choice.
func fastlyCommon() *Format {
	return &Format{
		Name:  "fastly-syslog",
		Title: "Fastly log lines in Common Log Format behind a syslog prefix",
		New: func() Decoder {
			return &lineDecoder{&fastlyCommonRow{log: logDecoder{parser: logParser{shape: shapeCommon}}}}
		},
		Sniff: func(head []byte, whole bool) string {
			line := firstLine(head, whole)
			payload, ok := cutSyslogPrefix(line)
			switch {
			case !ok:
				return "the first line has no syslog prefix as Fastly writes it: <134>TIME HOST NAME[PID]:"
			case bytes.HasPrefix(payload, []byte{'{'}):
				return "JSON behind the syslog prefix"
			case shapeOf(payload) == shapeNone:
				return "no Common Log Format behind the syslog prefix"
			}
			return missedLines(head, whole, fastlyCommon().New())
		},
	}
}

const reasonSyslogPrefix = "no syslog prefix"

// fastlyCommonRow is a rowReader.
type fastlyCommonRow struct{ log logDecoder }

func (r *fastlyCommonRow) row(line []byte, b *record.Builder) string {
	payload, ok := cutSyslogPrefix(line)
	if !ok {
		return reasonSyslogPrefix
	}
	if reason := r.log.parser.parse(payload, &r.log.line); reason != "" {
		return reason
	}
	if !b.SetClient(r.log.line.client) {
		return reasonClient
	}
	r.log.set(b)
	return ""
}

// cutSyslogPrefix cuts, off what is not empty, "<134>2024-01-16T23:53:20Z cache-iad1 name[322614]: ".
func cutSyslogPrefix(line []byte) (payload []byte, ok bool) {
	f := cutFields(line)
	when := f.word()
	end := bytes.IndexByte(when, '>')
	if end < 2 || when[0] != '<' {
		return nil, false
	}
	if _, ok := parseInt(when[1:end]); !ok {
		return nil, false
	}
	if _, ok := parseRFC3339(when[end+1:], new(dateCache)); !ok {
		return nil, false
	}
	f.word() // host
	tag := f.word()
	return f.rest, f.ok && len(f.rest) > 0 && bytes.HasSuffix(tag, []byte(":"))
}
