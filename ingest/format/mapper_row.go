package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// Why a row of a mapped log is rejected, beside the reasons of others.
const (
	reasonClientList = "client is a list of addresses, of which none is known to be the peer"
	reasonHalfTime   = "date without time of day, or the other way round"
)

// mappedField is a value of a log and what it becomes.
type mappedField struct {
	to       target
	decode   record.Decode // nil: as it is
	escaped  bool          // decode undoes backslashes
	exact    bool          // of a Referer: "" and "-" are what the client sent
	redacted bool          // "REDACTED" is a value that the log keeps to itself
}

// unread reports whether the value makes no difference to a row of the columns
// wanted.
func (f *mappedField) unread(wanted record.Columns) bool {
	return wanted&f.to.sets() == 0 && !f.to.always()
}

// mapRow sets the columns of one row after the other. The zero value is ready
// to use. It keeps nothing of the values.
type mapRow struct {
	time    timeReader
	done    targetSet      // targets that the row has a value of
	extra   record.Columns // columns that its values alone have shown
	us      int64          // of date and clock
	scratch []byte
}

func (r *mapRow) begin() { r.done, r.extra, r.us = 0, 0, 0 }

// set sets what a value becomes, or says why it cannot. Nil is no value. Of
// several values for one target the first counts that is not missing.
func (r *mapRow) set(f *mappedField, v []byte, b *record.Builder) string {
	if r.done.has(f.to) || r.said(f.to) || f.redacted && string(v) == "REDACTED" {
		return ""
	}
	if f.to == toReferer && f.exact {
		if v != nil {
			r.done = r.done.with(toReferer)
			setReferer(b, v)
		}
		return ""
	}
	if isNothing(v) {
		return ""
	}
	r.done = r.done.with(f.to)
	t := &targets[f.to]
	switch t.form {
	case formRequest, formURL:
		r.setRequested(f, v, b)
	case formTime, formDate, formClock:
		return r.setTime(t.form, v, b)
	case formClient:
		return setClient(v, b)
	case formStatus:
		code, ok := parseStatus(v)
		if !ok {
			return reasonStatus
		}
		b.SetStatus(code)
	case formBytes:
		n, ok := parseBytes(v)
		if !ok {
			return reasonBytes
		}
		b.SetBytes(n)
	case formCountry:
		b.SetCountry(v)
	case formASN:
		b.SetASN(parseNamedASN(v))
	case formHost:
		b.SetHost(v)
	case formReferer:
		b.SetReferer(v, f.decode)
	case formString:
		b.SetString(t.column, v, f.decode)
	case formText:
		b.SetText(t.column, v, f.decode)
	}
	return ""
}

// said reports whether a URL has told what t is about: it is as requested,
// where a path on its own may be what a server has made of it.
func (r *mapRow) said(t target) bool {
	return (t == toPath || t == toQuery) && (r.done.has(toURL) || r.done.has(toRequest))
}

// end closes the row.
func (r *mapRow) end(b *record.Builder) string {
	if !r.done.has(toClient) {
		return reasonClientMissing
	}
	switch dated, clocked := r.done.has(toDate), r.done.has(toClock); {
	case dated != clocked:
		return reasonHalfTime
	case dated:
		b.SetTime(r.us)
	}
	return ""
}

// isNothing reports whether a value says that there is none; Fastly writes
// "(null)".
func isNothing(v []byte) bool {
	switch string(v) {
	case "", "-", "(null)":
		return true
	}
	return false
}

func setClient(v []byte, b *record.Builder) string {
	if b.SetClient(v) {
		return ""
	}
	if bytes.IndexByte(v, ',') >= 0 || bytes.IndexByte(bytes.TrimSpace(v), ' ') >= 0 {
		return reasonClientList
	}
	return reasonClient
}

// setRequested sets what a request line or a URL says.
func (r *mapRow) setRequested(f *mappedField, v []byte, b *record.Builder) {
	if f.decode != nil {
		r.scratch = f.decode(r.scratch[:0], v)
		v = r.scratch
	}
	if f.to == toRequest {
		method, target, ok := divideRequest(v)
		if !ok {
			return
		}
		b.SetString(record.Method, method, nil)
		v = target
	}
	if _, _, absolute := cutAuthority(v); absolute {
		r.extra = r.extra.Union(record.ColumnSet(record.Scheme, record.Host))
	}
	setURI(b, v)
}

func (r *mapRow) setTime(form valueForm, v []byte, b *record.Builder) string {
	var us int64
	var ok bool
	switch form {
	case formDate:
		if us, ok = r.time.date.parse(v); !ok {
			return reasonDate
		}
		r.us += us
	case formClock:
		var rest []byte
		if us, rest, ok = parseFineClock(v); !ok || len(rest) > 0 {
			return reasonTime
		}
		r.us += us
	default:
		if len(v) == 1 && v[0] == '0' {
			return "" // of what writes numbers even if it has none
		}
		if us, ok = r.time.parse(v); !ok {
			return reasonTime
		}
		b.SetTime(us)
	}
	return ""
}

// parseNamedASN reads an autonomous system number, also as "AS64496" and with a
// name behind it; what is none is 0.
func parseNamedASN(v []byte) uint32 {
	if len(v) > 2 && v[0]|0x20 == 'a' && v[1]|0x20 == 's' {
		v = v[2:]
	}
	if space := bytes.IndexByte(v, ' '); space > 0 {
		v = v[:space]
	}
	return parseASN(v)
}
