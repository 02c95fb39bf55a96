package ingest

import (
	"errors"
	"fmt"
	"strings"

	"rulecast/ingest/format"
)

// Form is how every input is written, said in at most one way; the zero value
// is "as the input itself shows".
type Form struct {
	Format string // name of a format
	// Listed are the fields of the rows, in their order, of a Format that does
	// not say them itself: format.CloudFrontRealTime or format.AkamaiStructured.
	Listed    string
	Fields    []string // what the values become: format.Mapped
	LogFormat string   // string that a server is configured with: format.FromLogFormat
}

// setForm takes over the form of every input, if it is given.
func (r *Reader) setForm(f *Form) (err error) {
	ways := 0
	for _, given := range []bool{f.Format != "" || f.Listed != "", len(f.Fields) > 0, f.LogFormat != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errors.New("a format, fields and a log format exclude one another: each says all of how the lines are written")
	case f.Listed != "":
		r.forced, err = listed(f.Format, f.Listed)
	case f.Format != "":
		if r.forced = format.Named(f.Format); r.forced == nil {
			err = unknownFormat(f.Format)
		}
	case len(f.Fields) > 0:
		r.forced, err = format.Mapped(f.Fields)
		r.mapped = true
	case f.LogFormat != "":
		r.forced, err = format.FromLogFormat(f.LogFormat)
	}
	return err
}

// akamaiStructured has no rows that could be told without a list.
const akamaiStructured = "akamai-structured"

// listed is the format of rows that have the fields of a list.
func listed(name, list string) (*format.Format, error) {
	switch name {
	case "cloudfront-realtime":
		return format.CloudFrontRealTime(list)
	case akamaiStructured:
		return format.AkamaiStructured(list)
	case "":
		return nil, errors.New("a list of fields needs its format: cloudfront-realtime or " + akamaiStructured)
	}
	return nil, fmt.Errorf("the format %s says its fields itself: only cloudfront-realtime and %s take a list", name, akamaiStructured)
}

func unknownFormat(name string) error {
	if name == akamaiStructured {
		return fmt.Errorf("the format %s needs the list of its fields", name)
	}
	var names []string
	for _, f := range format.All() {
		names = append(names, f.Name)
	}
	return fmt.Errorf("unknown format %q: it is one of %s", name, strings.Join(append(names, akamaiStructured), ", "))
}
