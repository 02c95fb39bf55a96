package hostpattern_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/dialect/hostpattern"
	"rulecast/analyze/explain"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
)

func entry(text string) policy.Entry {
	if strings.HasPrefix(text, "*.") {
		return policy.Entry{Kind: policy.SuffixEntry, Text: text}
	}
	return policy.Entry{Kind: policy.HostEntry, Text: text}
}

func list(texts ...string) []policy.Entry {
	var entries []policy.Entry
	for _, text := range texts {
		entries = append(entries, entry(text))
	}
	return entries
}

// TestExpressionIsTheList holds expressions against what a replay finds.
func TestExpressionIsTheList(t *testing.T) {
	entries := list("a.example", "*.b.example", "[2001:db8::1]", "x_y-z.example", "example")
	re := regexp.MustCompile("(?i)" + hostpattern.Expression(entries))
	rs := &policy.Ruleset{Rules: []policy.Rule{{ID: "referer", Control: policy.Referer, Entries: entries}}}
	part := func(t *rapid.T, label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	rapid.Check(t, func(t *rapid.T) {
		header := part(t, "scheme", "https://", "http://", "HTTPS://", "ftp://", "http:/", "", "android-app://", "xhttps://") +
			part(t, "user", "", "", "", "u@", "a.example@", "a.example:1@", "u@v:@", "/@", `\@`, "?@") +
			part(t, "sub", "", "", "www.", "x.y.", ".", "-", "a.example") +
			part(t, "host", "a.example", "A.Example", "b.example", "[2001:db8::1]", "x_y-z.example", "example", "aXexample", "c.example", "") +
			part(t, "dot", "", "", ".", "..", "x") +
			part(t, "port", "", "", ":", ":80", ":12345", ":123456", ":8x", ":80:80") +
			part(t, "rest", "", "/", "/x?y", "?a.example", "#", `\`, "@c.example/", " /", "|")
		if header == "" || strings.Contains(header, "].") {
			return
		}
		q := &explain.Request{Client: netip.MustParseAddr("192.0.2.1")}
		q.Referer, q.Class = referer.Parse([]byte(header))
		if want, got := explain.Explain(rs, q).Decided >= 0, re.MatchString(header); want != got {
			t.Fatalf("%q is %q (class %d): on the list %v, matched %v", header, q.Referer, q.Class, want, got)
		}
	})
}

func TestHostsReadsBack(t *testing.T) {
	texts := []string{"a.example", "*.b.example", "[2001:db8::1]", "x_y-z.example"}
	got, err := hostpattern.Hosts(hostpattern.Expression(list(texts...)))
	if err != nil || strings.Join(got, " ") != strings.Join(texts, " ") {
		t.Errorf("%q, %v", got, err)
	}
	good := hostpattern.Expression(list("a.example"))
	for _, bad := range []string{"", "a", strings.Replace(good, `a\.`, `a.`, 1), strings.Replace(good, `a\.`, `.*`, 1), good + "x", strings.Replace(good, "a", "(a)", 1), strings.Replace(good, "a", "A", 1)} {
		if hosts, err := hostpattern.Hosts(bad); err == nil {
			t.Errorf("%q is read as %q", bad, hosts)
		}
	}
}

func TestSplit(t *testing.T) {
	var entries []policy.Entry
	for i := range 100 {
		entries = append(entries, entry(strings.Repeat("h", i%40+1)+".example"))
	}
	var joined []policy.Entry
	for _, part := range hostpattern.Split(entries, 200, 5) {
		if n := len(hostpattern.Expression(part)); n > 200 || len(part) > 5 || len(part) == 0 {
			t.Errorf("%d hosts, %d characters", len(part), n)
		}
		joined = append(joined, part...)
	}
	if len(joined) != len(entries) {
		t.Errorf("%d of %d hosts", len(joined), len(entries))
	}
	if hostpattern.Split(nil, 200, 5) != nil {
		t.Error("parts of nothing")
	}
}
