package limit_test

import (
	"net/netip"
	"strings"
	"testing"

	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

func rules() policy.Ruleset {
	address := func(s string, line int) policy.Entry {
		e := policy.NetworkEntry(netip.MustParsePrefix(s))
		e.Pos.Line = line
		return e
	}
	return policy.Ruleset{Rules: []policy.Rule{
		{ID: "a", Entries: []policy.Entry{address("192.0.2.0/24", 1), address("2001:db8::/32", 2)}},
		{ID: "b", Mode: policy.Allow, Entries: []policy.Entry{address("198.51.100.0/24", 3)}, Pos: policy.Pos{Line: 9}},
		{ID: "c", Control: policy.Country, Mode: policy.Allow},
	}}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		limit       limit.Limit
		rule, entry string
		used, line  int
	}{
		{limit.Limit{Max: 3, What: limit.Entries}, "", "", 0, 0},
		{limit.Limit{Max: 2, What: limit.Entries}, "", "198.51.100.0/24", 3, 3},
		{limit.Limit{Max: 1, What: limit.EntriesPerRule}, "a", "2001:db8::/32", 2, 2},
		{limit.Limit{Max: 1, What: limit.IPv4PerRule}, "", "", 0, 0},
		{limit.Limit{Max: 0, What: limit.IPv6PerRule}, "a", "2001:db8::/32", 1, 2},
		{limit.Limit{Max: 0, What: limit.AllowRules}, "", "b", 1, 9},
		{limit.Limit{Max: 0, What: limit.AllowRules, Control: policy.Country}, "", "c", 1, 0},
		{limit.Limit{Max: 0, What: limit.Entries, Control: policy.Referer}, "", "", 0, 0},
	} {
		violations := limit.Check(rules(), c.limit)
		if c.used == 0 {
			if len(violations) != 0 {
				t.Errorf("%+v: %+v", c.limit, violations)
			}
			continue
		}
		if len(violations) != 1 {
			t.Errorf("%+v: %+v", c.limit, violations)
			continue
		}
		v := violations[0]
		if v.Rule != c.rule || v.Entry != c.entry || v.Used != c.used || v.Pos.Line != c.line {
			t.Errorf("%+v: %+v", c.limit, v)
		}
	}
}

func TestViolationSaysWhere(t *testing.T) {
	l := limit.Limit{Name: "IP entries", Max: 2, Source: "https://example.com/limits", Verified: "2026-11-21"}
	text := limit.Check(rules(), l)[0].Error()
	for _, word := range []string{"3 IP entries", "limit is 2", "198.51.100.0/24", "number 3", "https://example.com/limits", "2026-11-21"} {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in %q", word, text)
		}
	}
}

func TestUse(t *testing.T) {
	usage := limit.Use(rules(), limit.Limit{Max: 5, What: limit.EntriesPerRule})
	if len(usage) != 2 || usage[0].Used != 2 || usage[1].Rule != "b" || usage[1].Entry != "" {
		t.Errorf("%+v", usage)
	}
}
