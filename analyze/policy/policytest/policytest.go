// Package policytest draws random rulesets, and requests that meet them, for
// property tests.
package policytest

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
)

// The values that random rulesets and requests are drawn from: few, so that
// they meet often.
var (
	addrs = []string{"192.0.2.1", "192.0.2.77", "192.0.3.1", "198.51.100.9", "10.1.2.3", "2001:db8::1", "2001:db8:1::1", "::1"}
	nets  = []string{"192.0.2.0/24", "192.0.2.1/32", "192.0.2.0/23", "198.51.100.0/24", "10.0.0.0/8", "2001:db8::/32", "2001:db8::1/128", "::/0", "0.0.0.0/0"}
	codes = []string{"IN", "US", "DE", "CN"}
	hosts = []string{"a.example", "www.a.example", "b.example", "x.y.b.example", "example"}
	paths = []string{"/", "/index.html", "/img/a.JPG", "/img/a.jpg", "/img/x/b.png", "/imgs", "/browse/index.html", "", "/a.b/c"}
	qs    = []string{"", "a=1", "b=2&c"}
	times = []time.Time{{}, time.Unix(100, 0).UTC(), time.Unix(200, 0).UTC(), time.Unix(300, 500).UTC()}
)

func drawEntry(t *rapid.T, c policy.Control) policy.Entry {
	switch c {
	case policy.Country:
		return policy.Entry{Kind: policy.CountryEntry, Text: rapid.SampledFrom(codes).Draw(t, "code")}
	case policy.Referer:
		host := rapid.SampledFrom(hosts).Draw(t, "host")
		if rapid.IntRange(0, 3).Draw(t, "suffix") == 0 {
			return policy.Entry{Kind: policy.SuffixEntry, Text: "*." + host}
		}
		return policy.Entry{Kind: policy.HostEntry, Text: host}
	}
	kind := rapid.SampledFrom([]policy.EntryKind{policy.PrefixEntry, policy.PrefixEntry, policy.PrefixEntry, policy.AllEntry, policy.AllIPv4Entry, policy.AllIPv6Entry}).Draw(t, "kind")
	if kind != policy.PrefixEntry {
		return policy.Entry{Kind: kind, Text: fmt.Sprint("all", kind)}
	}
	text := rapid.SampledFrom(nets).Draw(t, "net")
	return policy.Entry{Kind: kind, Text: text, Prefix: netip.MustParsePrefix(text)}
}

func drawEntries(t *rapid.T, c policy.Control, most int) []policy.Entry {
	entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) policy.Entry { return drawEntry(t, c) }), 0, most).Draw(t, "entries")
	var out []policy.Entry
	seen := map[string]bool{}
	for _, e := range entries {
		if !seen[e.Text] {
			seen[e.Text] = true
			out = append(out, e)
		}
	}
	return out
}

func drawScope(t *rapid.T) policy.Scope {
	s := policy.Scope{Kind: rapid.SampledFrom([]policy.ScopeKind{policy.AllRequests, policy.AllRequests, policy.Homepage, policy.FileTypes, policy.URIs, policy.Directories, policy.URLPattern}).Draw(t, "scope")}
	switch s.Kind {
	case policy.FileTypes:
		s.Values = []string{"jpg", "png", "b/c"}
	case policy.URIs:
		s.Values = []string{"/index.html", "/?a=1", "/browse/index.html?b=2&c"}
		s.IgnoreQuery = rapid.Bool().Draw(t, "ignore")
	case policy.Directories:
		s.Values = []string{"/img/", "/a.b/"}
	case policy.URLPattern:
		s.Pattern = rapid.SampledFrom([]string{`.*\.jpg$`, `a=1`, `^/$`}).Draw(t, "pattern")
		s.Regexp = regexp.MustCompile(s.Pattern)
	}
	return s
}

// Ruleset draws a ruleset of any shape that the neutral model has.
func Ruleset(t *rapid.T) *policy.Ruleset {
	rs := &policy.Ruleset{ListedCountrySkipsIP: rapid.Bool().Draw(t, "skips")}
	if rapid.Bool().Draw(t, "parted") {
		rs.Parts = []policy.Part{{Name: "main"}, {Name: "img", PathPrefix: "/img"}, {Name: "host", Host: "cdn.example"}}
	}
	n := rapid.IntRange(0, 6).Draw(t, "rules")
	if rapid.IntRange(0, 9).Draw(t, "many") == 0 {
		n = 80 // more than one word of gates
	}
	for i := range n {
		c := policy.Control(rapid.IntRange(0, 2).Draw(t, "control"))
		r := policy.Rule{
			ID: fmt.Sprint("r", i), Control: c, Mode: policy.Mode(rapid.IntRange(0, 1).Draw(t, "mode")),
			Entries: drawEntries(t, c, 5), Scope: drawScope(t),
			Disabled:    rapid.IntRange(0, 5).Draw(t, "disabled") == 0,
			DenyMissing: rapid.Bool().Draw(t, "missing"), DenyUnknown: rapid.Bool().Draw(t, "unknown"),
			From: rapid.SampledFrom(times).Draw(t, "from"), Until: rapid.SampledFrom(times).Draw(t, "until"),
		}
		if c == policy.IP && r.Mode == policy.Block {
			r.Except = drawEntries(t, c, 2)
		}
		if n == 80 {
			r.From = time.Unix(int64(i), 0).UTC() // all gates differ
		}
		if len(rs.Parts) > 0 {
			r.Part = rapid.IntRange(0, 2).Draw(t, "part")
		}
		if rapid.Bool().Draw(t, "redirect") {
			r.Action = policy.Action{Kind: policy.Redirect, URL: "https://example.com/"}
		}
		rs.Rules = append(rs.Rules, r)
	}
	return rs
}

// Ungated is a copy of a ruleset whose rules look at clients, countries and
// Referers alone.
func Ungated(rs *policy.Ruleset) *policy.Ruleset {
	out := *rs
	out.Parts, out.Rules = nil, nil
	for _, r := range rs.Rules {
		plain := policy.Rule{ID: r.ID, Control: r.Control, Mode: r.Mode, Entries: r.Entries, Except: r.Except, Action: r.Action, Disabled: r.Disabled, DenyMissing: r.DenyMissing, DenyUnknown: r.DenyUnknown}
		out.Rules = append(out.Rules, plain)
	}
	return &out
}

// Variant draws what a ruleset is when a switch is set another way: mostly it
// treats Referers differently, and sometimes it is another ruleset.
func Variant(t *rapid.T, rs *policy.Ruleset) *policy.Ruleset {
	if rapid.IntRange(0, 3).Draw(t, "another") == 0 {
		return Ruleset(t)
	}
	out := *rs
	out.Rules = slices.Clone(rs.Rules)
	out.ListedCountrySkipsIP = rapid.Bool().Draw(t, "skips IP")
	for i := range out.Rules {
		if r := &out.Rules[i]; r.Control == policy.Referer {
			r.DenyMissing = !r.DenyMissing
			r.Disabled = rapid.IntRange(0, 3).Draw(t, "disabled") == 0
			if rapid.Bool().Draw(t, "other entries") {
				r.Entries = drawEntries(t, r.Control, 5)
			}
		}
	}
	return &out
}

// Request draws a request that such a ruleset often meets.
func Request(t *rapid.T) *explain.Request {
	q := &explain.Request{
		Client:  netip.MustParseAddr(rapid.SampledFrom(addrs).Draw(t, "addr")),
		Country: geo.Parse(rapid.SampledFrom(append([]string{"ZZ"}, codes...)).Draw(t, "country")),
		Class:   referer.Class(rapid.IntRange(0, int(referer.NumClasses)-1).Draw(t, "class")),
		Host:    rapid.SampledFrom([]string{"", "cdn.example", "www.example"}).Draw(t, "host"),
		Path:    rapid.SampledFrom(paths).Draw(t, "path"),
		Query:   rapid.SampledFrom(qs).Draw(t, "query"),
		Time:    rapid.SampledFrom(times).Draw(t, "time"),
	}
	if q.Class == referer.ClassHost {
		q.Referer = rapid.SampledFrom(hosts).Draw(t, "referer")
	}
	return q
}
