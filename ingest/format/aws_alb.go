package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// awsALB is the access log of Amazon's Application Load Balancer, and of the
// Classic one, whose rows have the same fields without the type of connection
// in front. There is no Referer in it. Quoted fields are escaped; the time is
// when the response was sent. Source: "Access log entries" in the user guides
// of both.
func awsALB() *Format {
	return &Format{
		Name:  "aws-alb",
		Title: "AWS load balancer access log (Application, Classic)",
		Sniff: sniffALB,
		New:   func() Decoder { return &lineDecoder{new(albRow)} },
	}
}

const (
	reasonALBType = "type of connection is none of an Application Load Balancer"
	reasonNLB     = "a TLS connection of a Network Load Balancer, not a request"
)

var albColumns = record.ColumnSet(record.Time, record.Client, record.Method, record.Path, record.Query, record.Status, record.Bytes, record.UserAgent)

// albRow is a rowReader.
type albRow struct {
	date    dateCache
	request requestLine
}

func (r *albRow) row(line []byte, b *record.Builder) string {
	f := cutFields(line)
	when := f.word()
	classic := len(when) > 0 && '0' <= when[0] && when[0] <= '9'
	if !classic {
		if reason := albType(when); reason != "" {
			return reason
		}
		when = f.word()
	}
	f.word() // load balancer
	client := f.word()
	f.skip(4) // target, times
	status := f.word()
	f.skip(2) // status of the target, bytes received
	sent := f.word()
	request, userAgent := f.quoted(), f.quoted()
	present := albColumns
	var trace []byte
	if !classic {
		f.skip(3) // cipher, protocol, target group
		trace = f.quoted()
		present |= record.ColumnSet(record.RequestID)
	}
	if !f.ok {
		return reasonFields
	}
	if classic && string(request) == "- - - " {
		return rowSkipped // a TCP connection
	}
	us, ok := parseRFC3339(when, &r.date)
	if !ok {
		return reasonTime
	}
	if !b.SetClient(client) {
		return reasonClient
	}
	if reason := setNumbers(b, status, sent); reason != "" {
		return reason
	}
	b.SetTime(us)
	b.SetString(record.UserAgent, userAgent, decodeEscapes)
	b.SetText(record.RequestID, trace, nil)
	if r.request.setAbsolute(b, request, decodeEscapes) {
		present |= record.ColumnSet(record.Host, record.Scheme)
	}
	b.SetPresent(present)
	return ""
}

// albType says what is wrong with the type of a row.
func albType(v []byte) string {
	switch string(v) {
	case "http", "https", "h2", "grpcs", "ws", "wss":
		return ""
	case "tls":
		return reasonNLB
	}
	return reasonALBType
}

// sniffALB tells rows by their beginning, and those of similar logs of AWS.
func sniffALB(head []byte, whole bool) string {
	line := firstLine(head, whole)
	kind, rest, _ := bytes.Cut(line, []byte{' '})
	when := kind
	if albType(kind) == "" || string(kind) == "tls" {
		when, _, _ = bytes.Cut(rest, []byte{' '})
	}
	if string(kind) == "tls" && bytes.HasPrefix(rest, []byte("2.0 ")) {
		return "the log of a Network Load Balancer: TLS connections, not requests"
	}
	if _, ok := parseRFC3339(when, new(dateCache)); !ok {
		return "the first line does not begin with the type and time of a load balancer's row"
	}
	if second, _, _ := bytes.Cut(rest, []byte{' '}); isClient(second) {
		return "a load balancer's log of connections, not of requests"
	}
	return missedLines(head, whole, &lineDecoder{new(albRow)})
}
