package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// awsS3 is the server access log of Amazon S3. Nothing in it is escaped, so
// that its fields are found by what cannot stand in them: no space in a
// request's URI, and no quote behind the User-Agent. What Amazon did by itself
// (S3.EXPIRE.OBJECT, the delivery of logs) has no client and is skipped; what
// became of each object of a request for many is a duplicate of that. Source:
// "Amazon S3 server access log format" in its user guide.
func awsS3() *Format {
	return &Format{
		Name:  "aws-s3",
		Title: "Amazon S3 server access log",
		Sniff: sniffS3,
		New:   func() Decoder { return &lineDecoder{new(s3Row)} },
	}
}

const (
	reasonBareQuotes = "Referer and User-Agent cannot be told apart: quotes within them are not escaped"
	reasonTail       = "fields behind the User-Agent are missing"
)

var s3Columns = record.ColumnSet(record.Time, record.Client, record.Method, record.Path, record.Query, record.Status, record.Bytes,
	record.Referer, record.RefererHost, record.UserAgent, record.RequestID)

// s3Row is a rowReader.
type s3Row struct {
	times   logTimeCache
	request requestLine
	path    []byte // scratch
}

func (r *s3Row) row(line []byte, b *record.Builder) string {
	f := cutFields(line)
	f.skip(2) // owner, bucket
	when, client := f.bracketed(), f.word()
	f.word() // requester
	id, operation, key := f.word(), f.word(), f.word()
	request := cutRequest(&f)
	status := f.word()
	f.word() // error
	sent := f.word()
	f.skip(3) // size, time, turn-around time
	if !f.ok {
		return reasonFields
	}
	if isDash(client) || bytes.HasPrefix(operation, []byte("S3.")) {
		return rowSkipped
	}
	if bytes.HasPrefix(operation, []byte("BATCH.")) {
		return rowDuplicate
	}
	header, userAgent, reason := cutBareHeaders(&f)
	if reason != "" {
		return reason
	}
	us, ok := r.times.parse(when)
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
	b.SetReferer(header, nil)
	b.SetString(record.UserAgent, userAgent, nil)
	b.SetText(record.RequestID, id, nil)
	present := s3Columns
	if r.setRequest(b, request, key) {
		present |= hostColumn
	}
	if b.Wants(record.Host) {
		f.skip(5) // version, host id, signature, cipher, authentication
		if host := f.word(); f.ok {
			b.SetHost(host)
			present |= hostColumn
		}
	}
	b.SetPresent(present)
	return ""
}

// setRequest sets what was requested; where there is no request line, the path
// is that of the key, which is encoded twice in the log.
func (r *s3Row) setRequest(b *record.Builder, request, key []byte) (hosted bool) {
	if isDash(request) {
		if !isDash(key) {
			r.path = decodePercent(append(r.path[:0], '/'), key)
			b.SetText(record.Path, r.path, nil)
		}
		return false
	}
	return r.request.set(b, request, nil)
}

// cutRequest cuts the request line in quotes, which ends behind the HTTP version
// whatever quotes stand before, or a bare "-".
func cutRequest(f *fields) []byte {
	if !bytes.HasPrefix(f.rest, []byte{'"'}) {
		return f.quoted()
	}
	line := f.rest
	f.skip(2) // method and URI, which have no spaces
	version := f.word()
	if !bytes.HasPrefix(version, []byte("HTTP/")) || version[len(version)-1] != '"' {
		f.fail()
		return nil
	}
	end := len(line) - len(f.rest)
	if len(f.rest) > 0 {
		end-- // the space
	}
	return line[1 : end-1]
}

// cutBareHeaders cuts Referer and User-Agent, in which quotes are not escaped,
// off the fields, of which those behind have no quotes. At least one has to
// follow, or the line may be cut short.
func cutBareHeaders(f *fields) (header, userAgent []byte, reason string) {
	if bytes.HasPrefix(f.rest, []byte("- ")) {
		header = f.word()
		if bytes.HasPrefix(f.rest, []byte("- ")) {
			return header, f.word(), ""
		}
	}
	last := bytes.LastIndexByte(f.rest, '"')
	if last <= 0 || f.rest[0] != '"' {
		return nil, nil, reasonFields
	}
	userAgent = f.rest[1:last]
	if last+2 >= len(f.rest) || f.rest[last+1] != ' ' {
		return nil, nil, reasonTail
	}
	f.rest = f.rest[last+2:]
	if header != nil {
		return header, userAgent, ""
	}
	between := []byte(`" "`)
	at := bytes.Index(userAgent, between)
	switch {
	case at < 0:
		return nil, nil, reasonFields
	case bytes.Contains(userAgent[at+1:], between):
		return nil, nil, reasonBareQuotes
	}
	return userAgent[:at], userAgent[at+len(between):], ""
}

// sniffS3 wants the 64 digits of a bucket's owner, the bucket and "[".
func sniffS3(head []byte, whole bool) string {
	f := cutFields(firstLine(head, whole))
	const ownerSize = 64
	owner := f.word()
	if len(owner) != ownerSize || bytes.ContainsFunc(owner, func(c rune) bool { _, hex := hexDigit(byte(c)); return !hex }) {
		return "the first line does not begin with the owner of a bucket, 64 hexadecimal digits"
	}
	if f.word(); len(f.rest) == 0 || f.rest[0] != '[' {
		return "no [time] behind the bucket"
	}
	return missedLines(head, whole, &lineDecoder{new(s3Row)})
}
