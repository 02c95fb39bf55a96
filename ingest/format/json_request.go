package format

import (
	"bytes"

	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// What formats of JSON lines have in common: columns that most of them set from
// a value in the same way.

// client sets the client, which has to be there.
func (d *jsonDecoder) client(b *record.Builder, key int) string {
	if !d.has(key) {
		return reasonClientMissing
	}
	if !b.SetClient(d.text(key)) {
		return reasonClient
	}
	return ""
}

// time sets the time from the first of the keys that has a value other than 0: a
// number since the Unix epoch in any unit, or RFC 3339.
func (d *jsonDecoder) time(b *record.Builder, keys ...int) string {
	for _, key := range keys {
		if !d.has(key) {
			continue
		}
		raw := d.text(key)
		if string(raw) == "0" {
			continue
		}
		us, ok := parseEpoch(raw)
		if !ok {
			us, ok = parseRFC3339(raw, &d.date)
		}
		if !ok {
			return reasonTime
		}
		b.SetTime(us)
		return ""
	}
	return ""
}

// referer sets the header from a log that writes "" for a header that was not
// sent or was empty.
func (d *jsonDecoder) referer(b *record.Builder, key int) {
	if v := d.text(key); len(v) > 0 {
		setReferer(b, v)
	}
}

// setReferer sets a Referer that was sent: "-" is what it said, not a sign of
// absence.
func setReferer(b *record.Builder, v []byte) {
	if len(v) == 1 && v[0] == '-' {
		b.SetID(record.RefererHost, record.ID(referer.ClassNoScheme))
		b.SetValue(record.Referer, v)
		return
	}
	b.SetReferer(v, nil)
}

// setURI sets path and query from a request target or an absolute URI, of which
// it sets scheme and host, too.
func setURI(b *record.Builder, uri []byte) {
	if authority, rest, ok := cutAuthority(uri); ok {
		b.SetString(record.Scheme, uri[:bytes.IndexByte(uri, ':')], nil)
		b.SetHost(authority)
		if uri = rest; len(uri) == 0 || uri[0] != '/' {
			b.SetValue(record.Path, rootPath)
			if len(uri) > 0 && uri[0] == '?' {
				b.SetValue(record.Query, uri[1:])
			}
			return
		}
	}
	setTarget(b, uri)
}

var rootPath = []byte{'/'}

// setTarget sets path and query from a request target.
func setTarget(b *record.Builder, target []byte) {
	path, query, _ := bytes.Cut(target, []byte{'?'})
	b.SetValue(record.Path, path)
	b.SetValue(record.Query, query)
}
