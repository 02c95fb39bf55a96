package format

import "rulecast/ingest/record"

// cutKind is how a field of a template stands in the line.
type cutKind uint8

const (
	byWord       cutKind = iota // up to the next space
	byQuotes                    // in quotes, or "-"
	byEither                    // in quotes or up to the next space
	byBrackets                  // in brackets
	byQuotedTime                // in brackets in quotes
)

// templateField is a field of a template and what it is.
type templateField struct {
	cut   cutKind
	field fieldKind
	sets  record.Column // of fieldText and fieldString
}

// Kinds of fields that only templates have.
const (
	fieldSkip    fieldKind = 100 + iota
	fieldLogTime           // 02/Jan/2006:15:04:05 -0700
	fieldDigits            // 20060102150405, of the template's zone
	fieldRequest           // a request line, with the HTTP version or without
)

// template is a format whose rows have the same fields in the same order,
// between single spaces. More may follow.
type template struct {
	fields  []templateField
	missing string // what stands for "none" beside "-"; may be ""
	east    int64  // µs that fieldDigits is ahead of UTC
	present record.Columns
}

// templateRow is a rowReader.
type templateRow struct {
	*template
	times   logTimeCache
	request requestLine
	padded  [logTimeSize]byte
	none    [1]byte // "-"
}

func (t *template) decoder() Decoder {
	return &lineDecoder{&templateRow{template: t, none: [1]byte{'-'}}}
}

func (r *templateRow) row(line []byte, b *record.Builder) string {
	f := cutFields(line)
	present := r.present
	for i := range r.fields {
		field := &r.fields[i]
		v := cutTemplate(&f, field.cut)
		if !f.ok {
			return reasonFields
		}
		hosted, reason := r.set(field, v, b)
		if reason != "" {
			return reason
		}
		if hosted {
			present |= record.ColumnSet(record.Host, record.Scheme)
		}
	}
	b.SetPresent(present)
	return ""
}

func cutTemplate(f *fields, cut cutKind) []byte {
	switch cut {
	case byQuotes:
		return f.quoted()
	case byEither:
		if len(f.rest) > 0 && f.rest[0] == '"' {
			return f.quoted()
		}
	case byBrackets:
		return f.bracketed()
	case byQuotedTime:
		v := f.quoted()
		if len(v) < 2 || v[0] != '[' || v[len(v)-1] != ']' {
			f.fail()
			return nil
		}
		return v[1 : len(v)-1]
	}
	return f.word()
}

// set sets what a field is, or says why it cannot. It reports whether there was
// a host in it.
func (r *templateRow) set(field *templateField, v []byte, b *record.Builder) (hosted bool, reason string) {
	if r.missing != "" && string(v) == r.missing {
		v = r.none[:]
	}
	ok := true
	switch field.field {
	case fieldLogTime, fieldDigits:
		var us int64
		if us, ok = r.time(field.field, v); !ok {
			return false, reasonTime
		}
		b.SetTime(us)
	case fieldClient:
		if !b.SetClient(v) {
			return false, reasonClient
		}
	case fieldMethod:
		if !isToken(v) {
			return false, reasonMethod
		}
		b.SetString(record.Method, v, nil)
	case fieldStatus:
		var code uint16
		if code, ok = parseStatus(v); !ok {
			return false, reasonStatus
		}
		b.SetStatus(code)
	case fieldBytes:
		var n int64
		if n, ok = parseBytes(v); !ok {
			return false, reasonBytes
		}
		b.SetBytes(n)
	default:
		return r.setPlain(field, v, b), ""
	}
	return false, ""
}

// setPlain sets a field that cannot be wrong.
func (r *templateRow) setPlain(field *templateField, v []byte, b *record.Builder) (hosted bool) {
	switch field.field {
	case fieldRequest:
		return r.request.setAbsolute(b, v, decodeEscapes)
	case fieldTarget:
		return r.request.setURL(b, v, decodeEscapes)
	case fieldReferer:
		b.SetReferer(v, decodeEscapes)
	case fieldUserAgent:
		b.SetString(record.UserAgent, v, decodeEscapes)
	case fieldHost:
		b.SetHost(v)
	case fieldCountry:
		b.SetCountry(v)
	case fieldASN:
		b.SetASN(parseASN(v))
	case fieldText:
		b.SetText(field.sets, v, decodeEscapes)
	case fieldString:
		b.SetString(field.sets, v, decodeEscapes)
	}
	return false
}

// time reads the time of a row, in whose day the first digit may be missing.
func (r *templateRow) time(kind fieldKind, v []byte) (int64, bool) {
	if kind == fieldDigits {
		us, ok := parseDigits(v)
		return us - r.east, ok
	}
	if len(v) == logTimeSize-1 {
		r.padded[0] = '0'
		copy(r.padded[1:], v)
		v = r.padded[:]
	}
	return r.times.parse(v)
}
