package convert_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/convert"
	"rulecast/analyze/dialect"
	"rulecast/analyze/explain"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
)

// ruleset draws a ruleset that is valid for a dialect, from few values.
func ruleset(t *rapid.T, d *dialect.Dialect) *policy.Ruleset {
	drawn := policytest.Ruleset(t)
	rs := &policy.Ruleset{Provider: d.Name}
	if d.Aliases {
		rs.Parts = drawn.Parts
	}
	if _, ok := d.Setting("missing_referer"); ok && rapid.Bool().Draw(t, "missing") {
		rs.Settings = []policy.Setting{{Name: "missing_referer", Value: "denied"}}
	}
	for _, r := range drawn.Rules[:min(len(drawn.Rules), 8)] {
		fitTo(d, &r)
		d.Resolve(rs)
		valid := *rs
		rs.Rules = append(slices.Clone(rs.Rules), r)
		d.Resolve(rs)
		if len(d.Check(rs)) > 0 {
			*rs = valid
		}
	}
	return rs
}

func fitTo(d *dialect.Dialect, r *policy.Rule) {
	if !d.Scopes {
		r.Scope = policy.Scope{}
	}
	if !d.Redirects {
		r.Action = policy.Action{}
	}
	if !d.Disabling {
		r.Disabled = false
	}
	if !d.Windows {
		r.From, r.Until = policy.Rule{}.From, policy.Rule{}.Until
	}
	if !d.Aliases {
		r.Part = 0
	}
	if !d.Exceptions {
		r.Except = nil
	}
	r.DenyMissing = r.DenyMissing && r.Control == policy.Referer
	r.DenyUnknown = false
	legal := func(list []policy.Entry, words bool) []policy.Entry {
		var out []policy.Entry
		for _, e := range list {
			switch e.Kind {
			case policy.PrefixEntry:
				e = policy.NetworkEntry(e.Prefix)
				if e.Prefix.Addr().Is6() && !d.IPv6 || e.Prefix.Bits() == 0 && !d.SlashZero {
					continue
				}
			case policy.AllEntry, policy.AllIPv4Entry, policy.AllIPv6Entry:
				e.Text = map[policy.EntryKind]string{policy.AllEntry: "all", policy.AllIPv4Entry: "all-ipv4", policy.AllIPv6Entry: "all-ipv6"}[e.Kind]
				if !d.Words || !words || r.Mode == policy.Allow {
					continue
				}
				return []policy.Entry{e}
			case policy.SuffixEntry:
				if !d.Wildcards {
					continue
				}
			}
			out = append(out, e)
		}
		return out
	}
	r.Entries, r.Except = legal(r.Entries, true), legal(r.Except, false)
}

// TestEffects converts random rulesets and demands that what is denied
// changes only as the losses say.
func TestEffects(t *testing.T) {
	for _, from := range dialect.All() {
		for _, to := range dialect.Targets() {
			t.Run(from.Name+" to "+to, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					rs := ruleset(t, from)
					out, losses, err := convert.Convert(rs, to)
					if err != nil {
						t.Fatal(err)
					}
					target, err := dialect.Named(to)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := target.Files(out); err != nil {
						t.Fatal(err)
					}
					effects := map[convert.Effect]bool{}
					for _, l := range losses {
						effects[l.Effect] = true
					}
					for range 20 {
						q := policytest.Request(t)
						was := explain.Explain(rs, q).Decided >= 0
						is := explain.Explain(out, q).Decided >= 0
						if was && !is && !effects[convert.Less] && !effects[convert.Other] || is && !was && !effects[convert.More] && !effects[convert.Other] {
							t.Fatalf("%+v\ndenied %v, then %v, but losses %+v\n%+v\n%+v", q, was, is, losses, rs.Rules, out.Rules)
						}
					}
				})
			})
		}
	}
}

func mustConvert(t *testing.T, text, to string) (*policy.Ruleset, []convert.Loss) {
	t.Helper()
	rs, err := dialect.Parse("t.yaml", []byte(text), dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, losses, err := convert.Convert(rs, to)
	if err != nil {
		t.Fatal(err)
	}
	return out, losses
}

func has(t *testing.T, losses []convert.Loss, effect convert.Effect, entry string, words ...string) {
	t.Helper()
	for _, l := range losses {
		found := l.Effect == effect && l.Entry == entry
		for _, w := range words {
			found = found && strings.Contains(l.Text, w)
		}
		if found {
			return
		}
	}
	t.Errorf("want %s %q %q, have %+v", effect, entry, words, losses)
}

func texts(r policy.Rule) string {
	var out []string
	for _, e := range r.Entries {
		out = append(out, e.Text)
	}
	return strings.Join(out, " ")
}

func TestToImageKit(t *testing.T) {
	out, losses := mustConvert(t, "provider: cdnetworks\nallow_null_referer: false\nrules:\n"+
		"- {id: a, priority: 3, ip: {block: [192.0.2.0/24, '2001:db8::/32'], except: [192.0.2.0/25]}, action: {redirect: 'https://example.com/'}}\n"+
		"- {id: b, ip: {block: [198.51.100.1]}}\n"+
		"- {id: c, ip: {allow: [203.0.113.1]}}\n"+
		"- {id: d, scope: {homepage: true}, ip: {block: [203.0.113.2]}}\n"+
		"- {id: e, referer: {block: [x.example, '*.x.example']}}\n"+
		"- {id: f, country: {allow: [IN, US]}}\n- {id: g, country: {block: [US]}}\n", "imagekit")
	var rules []string
	for _, r := range out.Rules {
		rules = append(rules, fmt.Sprint(r.ID, " ", r.Mode, " ", texts(r)))
	}
	if got := strings.Join(rules, "; "); got != "f allow IN; a block 192.0.2.128/25 198.51.100.1; e block x.example" {
		t.Errorf("rules %s", got)
	}
	if out.Setting("missing_referer") != "denied" {
		t.Error("missing Referer passes")
	}
	has(t, losses, convert.Less, "2001:db8::/32", "IPv4 only")
	has(t, losses, convert.Same, "192.0.2.0/24", "exceptions")
	has(t, losses, convert.Same, "", "403")
	has(t, losses, convert.Same, "", "priority 3")
	has(t, losses, convert.Less, "", "allow list cannot become one")
	has(t, losses, convert.Less, "", "homepage")
	has(t, losses, convert.Less, "*.x.example", "wildcards")
	has(t, losses, convert.Unclear, "", "missing Referer is denied")
	has(t, losses, convert.Same, "", "joined with f")
}

func TestOverTheLimit(t *testing.T) {
	var b strings.Builder
	b.WriteString("provider: cdnetworks\nip:\n  block:\n")
	for i := range 130 {
		fmt.Fprintf(&b, "  - 192.0.2.%d\n", i)
	}
	out, losses := mustConvert(t, b.String(), "imagekit")
	if n := len(out.Rules[0].Entries); n != 100 {
		t.Errorf("%d entries", n)
	}
	if len(losses) != 30 || losses[0].Entry != "192.0.2.100" || losses[29].Entry != "192.0.2.129" || losses[0].Pos.Line != 104 || losses[0].Effect != convert.Less {
		t.Errorf("losses %+v", losses)
	}
}

func TestDividedAtTheLimit(t *testing.T) {
	rs := &policy.Ruleset{Provider: "cdnetworks", Rules: []policy.Rule{{ID: "big"}}}
	for i := range 25_000 {
		a := netip.AddrFrom4([4]byte{20, byte(i >> 8), byte(i), 1})
		rs.Rules[0].Entries = append(rs.Rules[0].Entries, policy.NetworkEntry(netip.PrefixFrom(a, 32)))
	}
	out, losses, err := convert.Convert(rs, "cloudfront")
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Rules) != 3 || len(out.Rules[2].Entries) != 5000 {
		t.Errorf("%d rules", len(out.Rules))
	}
	has(t, losses, convert.Same, "", "divided into 3 rules")
}

func TestOtherWords(t *testing.T) {
	const all = "provider: cdnetworks\nip: {block: [all], except: [192.0.2.0/24]}"
	for to, want := range map[string]string{"theolive": "allow 192.0.2.0/24", "cloudfront": "allow 192.0.2.0/24"} {
		out, losses := mustConvert(t, all, to)
		if got := fmt.Sprint(out.Rules[0].Mode, " ", texts(out.Rules[0])); got != want {
			t.Errorf("%s: %s", to, got)
		}
		has(t, losses, convert.Same, "", "becomes an allow list")
	}
	out, _ := mustConvert(t, "provider: cdnetworks\nip: {block: [all-ipv4]}", "cloudfront")
	if got := texts(out.Rules[0]); got != "0.0.0.0/1 128.0.0.0/1" {
		t.Errorf("all-ipv4: %s", got)
	}
	out, losses := mustConvert(t, "provider: imagekit\nreferer: {allow: [https://a.example]}\ncountry: {allow: [IN]}", "cloudfront")
	if len(out.Rules) != 2 || out.Setting("missing_referer") != "allowed" {
		t.Errorf("%+v", out)
	}
	has(t, losses, convert.Less, "", "unknown country")
	_, losses = mustConvert(t, "provider: imagekit\nreferer: {allow: [https://a.example]}", "theolive")
	has(t, losses, convert.Less, "", "no referer rules")
	_, losses = mustConvert(t, "provider: theolive\nrules: [{ip: {allow: [192.0.2.1]}, from: 2026-01-31T20:00:00Z}]\naliases: [{name: a, host: a.example, ip: {block: [192.0.2.2]}}]", "cloudfront")
	has(t, losses, convert.Less, "", "at all times")
	has(t, losses, convert.Less, "", "alias a")
	has(t, losses, convert.Other, "", "no aliases")
}
