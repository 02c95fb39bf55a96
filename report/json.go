package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes the document as one object: schema_version, command,
// ruleset, warnings, and tables by name, each an array of rows with their
// columns in order. Notes, titles and units are left out.
//
// Integers are exact, shares and other floats the shortest form that reads back
// the same, times RFC 3339 in UTC with microseconds, and "no value" is null.
// Strings are exact but for bytes that are not UTF-8, which become the four
// characters \xNN. All characters that could have an effect on a terminal are
// written as \uNNNN, which a reader of JSON does not see.
func WriteJSON(w io.Writer, doc *Document) error {
	if err := doc.check(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	j := jsonWriter{out: out}
	j.raw(`{"schema_version":` + strconv.Itoa(SchemaVersion) + ",\n" + `"command":`)
	j.text(doc.Command)
	j.raw(",\n" + `"ruleset":`)
	j.any(doc.Ruleset)
	j.raw(",\n" + `"warnings":[`)
	for i, warning := range doc.Warnings {
		j.separate(i)
		j.text(warning)
	}
	j.raw("],\n" + `"tables":{`)
	for i := range doc.Tables {
		j.separate(i)
		j.table(&doc.Tables[i])
	}
	j.raw("}}\n")
	if j.err != nil {
		return j.err
	}
	return out.Flush()
}

// jsonWriter keeps the first error of marshalling; the buffered writer keeps
// that of writing.
type jsonWriter struct {
	out     *bufio.Writer
	err     error
	scratch bytes.Buffer
}

func (j *jsonWriter) raw(s string) { j.out.WriteString(s) }

func (j *jsonWriter) separate(i int) {
	if i > 0 {
		j.raw(",\n")
	}
}

func (j *jsonWriter) table(t *Table) {
	keys := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		keys[i] = strconv.Quote(c.Name) + ":" // a name needs no escapes
	}
	j.raw(strconv.Quote(t.Name) + ":[")
	for n, row := range t.Rows {
		j.separate(n)
		j.raw("{")
		for i, v := range row {
			if i > 0 {
				j.raw(",")
			}
			j.raw(keys[i])
			j.cell(v)
		}
		j.raw("}")
	}
	j.raw("]")
}

func (j *jsonWriter) cell(v any) {
	switch v := value(v).(type) {
	case nil:
		j.raw("null")
	case string:
		j.text(v)
	case int64:
		j.raw(strconv.FormatInt(v, 10))
	case time.Time:
		j.raw(v.UTC().Format(`"` + timeLayout + `"`))
	default: // bool, float64
		j.any(v)
	}
}

func (j *jsonWriter) text(s string) { j.any(validText(s)) }

// any writes what encoding/json makes of a value, with invisible characters
// escaped.
func (j *jsonWriter) any(v any) {
	j.scratch.Reset()
	enc := json.NewEncoder(&j.scratch)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		if j.err == nil {
			j.err = fmt.Errorf("report: %w", err)
		}
		return
	}
	rest := bytes.TrimSuffix(j.scratch.Bytes(), []byte("\n"))
	var seen marks
	for len(rest) > 0 {
		r, size := utf8.DecodeRune(rest)
		switch {
		case seen.allow(r) && visible(r, size):
			j.out.Write(rest[:size])
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(j.out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(j.out, `\u%04x`, r)
		}
		rest = rest[size:]
	}
}
