package format

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rulecast/ingest/record"
)

// mapping is how the values of a log of no known format become columns.
type mapping struct {
	fields   []mappedField // in the order of their targets
	places   []place       // of fields
	json     *jsonMap
	present  record.Columns // of rows of columns
	numbered bool           // all places are numbers of columns
	guesses  []*columnPlan  // then, the plan for each delimiter
	escaped  bool           // values have backslashes before quotes
}

// Mapped is the format of logs whose values are named by fields, each
// "NAME=PLACE", such as "client=httpRequest.remoteIp". NAME is one of
// FieldNames. PLACE is a path of keys, if the log is one JSON object per line,
// or else the name of a column in the header line, or "#3" for the third one;
// if all are numbers, the log has no header line. Which of the two an input is
// shows in its first byte, '{' or not; columns are divided by TABs, commas,
// semicolons or bars. Behind PLACE may stand ":percent" for text that is
// percent-encoded, or ":backslash" for text with escapes as Apache httpd and
// nginx write them.
//
// The format's Sniff tells what in the fields does not fit an input.
func Mapped(fields []string) (*Format, error) {
	m, err := parseMapping(fields)
	if err != nil {
		return nil, err
	}
	return &Format{
		Name:   "custom",
		Title:  "as the fields say",
		Sniff:  m.sniff,
		New:    func() Decoder { return newMapDecoder(m) },
		Header: m.header,
	}, nil
}

// parsedField is a field before fields are in order.
type parsedField struct {
	mappedField
	place
}

func parseMapping(texts []string) (*mapping, error) {
	var fields []parsedField
	var seen targetSet
	for _, text := range texts {
		f, err := parseField(text)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", text, err)
		}
		if seen.has(f.to) {
			return nil, fmt.Errorf("field %q: %s has a place already", text, f.to)
		}
		seen = seen.with(f.to)
		fields = append(fields, f)
	}
	if err := checkTargets(seen); err != nil {
		return nil, err
	}
	slices.SortFunc(fields, func(a, b parsedField) int { return cmp.Compare(a.to, b.to) })
	m := &mapping{numbered: true}
	keyed := make([]jsonField, len(fields))
	for i, f := range fields {
		m.fields = append(m.fields, f.mappedField)
		m.places = append(m.places, f.place)
		m.present = m.present.Union(f.to.sets())
		m.numbered = m.numbered && f.column > 0
		m.escaped = m.escaped || f.escaped
		keyed[i] = jsonField{f.mappedField, f.key}
	}
	if !m.numbered {
		m.json = newJSONMap(keyed)
		return m, nil
	}
	for _, delimiter := range []byte(delimiters) {
		m.guesses = append(m.guesses, m.numberedPlan(delimiter))
	}
	return m, nil
}

func parseField(text string) (f parsedField, err error) {
	name, path, ok := strings.Cut(text, "=")
	if !ok || name == "" || path == "" {
		return f, errors.New("want NAME=PLACE, such as client=httpRequest.remoteIp or client=#3")
	}
	if f.to, ok = targetNamed(name); !ok {
		return f, fmt.Errorf("unknown name %s: it is one of %s", name, strings.Join(FieldNames(), ", "))
	}
	path, e := cutEncoding(path)
	if e.name != "" && !f.to.encoded() {
		return f, fmt.Errorf("%s has no encoding: it is not text", f.to)
	}
	f.decode, f.escaped = e.decode, e.name == "backslash"
	f.place, err = parsePlace(path)
	return f, err
}

// checkTargets refuses fields that lack something or contradict each other.
func checkTargets(seen targetSet) error {
	if !seen.has(toClient) {
		return errors.New("fields: client has no place, and without it no row can be judged")
	}
	if seen.has(toDate) != seen.has(toClock) {
		return errors.New("fields: date and clock are halves: give both, or time alone")
	}
	for _, pair := range [...][2]target{{toTime, toDate}, {toRequest, toURL}, {toRequest, toMethod}, {toRequest, toPath}, {toRequest, toQuery}, {toURL, toPath}, {toURL, toQuery}} {
		if seen.has(pair[0]) && seen.has(pair[1]) {
			return fmt.Errorf("fields: %s and %s are about the same: give one of them", pair[0], pair[1])
		}
	}
	return nil
}
