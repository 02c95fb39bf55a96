package dialect_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"rulecast/analyze/dialect"
	"rulecast/analyze/explain"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
)

const samples = "../../samples/rulesets/"

func parse(t *testing.T, text string) *policy.Ruleset {
	t.Helper()
	rs, err := dialect.Parse("t.conf", []byte(text), dialect.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return rs
}

func load(t *testing.T, name string) *policy.Ruleset {
	t.Helper()
	rs, err := dialect.Load(samples + name)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// refused demands that a text is an error of which one line begins with "at"
// (line:column) and says all of the words.
func refused(t *testing.T, text, at string, words ...string) {
	t.Helper()
	_, err := dialect.Parse("t.conf", []byte(text), dialect.Options{})
	var all *dialect.Errors
	if !errors.As(err, &all) {
		t.Fatalf("not refused: %v\n%s", err, text)
	}
	for _, e := range all.List {
		message := e.Message()
		found := strings.HasPrefix(message, "t.conf:"+at+": ") && e.Snippet != ""
		for _, w := range words {
			found = found && strings.Contains(message, w)
		}
		if found {
			return
		}
	}
	t.Errorf("want %s %q, have\n%v", at, words, err)
}

// warned demands a warning at a place that says all of the words.
func warned(t *testing.T, rs *policy.Ruleset, line int, words ...string) {
	t.Helper()
	for _, w := range rs.Warnings {
		found := w.Pos.Line == line
		for _, word := range words {
			found = found && strings.Contains(w.Text, word)
		}
		if found {
			return
		}
	}
	t.Errorf("want a warning on line %d: %q, have %v", line, words, rs.Warnings)
}

// ask is a request in short: client, country, referer ("-" absent), URL.
func ask(client, country, ref, host, uri string) *explain.Request {
	q := &explain.Request{Client: netip.MustParseAddr(client), Country: geo.Parse(country), Host: host}
	q.Referer, q.Class = referer.Parse([]byte(ref))
	q.Path, q.Query, _ = strings.Cut(uri, "?")
	return q
}

// verdict is the id of the rule that decides, or "".
func verdict(rs *policy.Ruleset, q *explain.Request) string {
	if r := explain.Explain(rs, q); r.Decided >= 0 {
		return rs.Rules[r.Decided].ID
	}
	return ""
}
