package dialect_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

func rendered(t *testing.T, target string, rs *policy.Ruleset) string {
	t.Helper()
	d, err := dialect.Named(target)
	if err != nil {
		t.Fatal(err)
	}
	text, err := d.Render(rs)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCloudflareExpressions(t *testing.T) {
	for yaml, want := range map[string]string{
		"ip: {block: [192.0.2.0/24, '2001:db8::7']}":                     `ip.src in {192.0.2.0/24 2001:db8::7}`,
		"ip: {allow: [192.0.2.0/24]}":                                    `not (ip.src in {192.0.2.0/24})`,
		"country: {block: [CN, RU]}":                                     `ip.src.country in {"CN" "RU"}`,
		"country: {allow: [IN]}":                                         `not (ip.src.country in {"IN"})`,
		"referer: {block: [a.example], allow_null_referer: true}":        `http.referer matches r"(?i)^https?://(?:[^/?#\\]*@)?(?:a\.example)\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)"`,
		"referer: {block: ['*.a.example'], allow_null_referer: false}":   `http.referer eq "" or http.referer matches r"(?i)^https?://(?:[^/?#\\]*@)?(?:(?:[a-z0-9_-]+\.)+a\.example)\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)"`,
		"referer: {allow: ['[2001:db8::1]'], allow_null_referer: true}":  `http.referer ne "" and not (http.referer matches r"(?i)^https?://(?:[^/?#\\]*@)?(?:\[2001:db8::1\])\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)")`,
		"referer: {allow: [a.example, b.co], allow_null_referer: false}": `not (http.referer matches r"(?i)^https?://(?:[^/?#\\]*@)?(?:a\.example|b\.co)\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)")`,
	} {
		yaml = strings.ReplaceAll(yaml, "'[2001:db8::1]'", "'https://[2001:db8::1]/'")
		rs := parse(t, "provider: cloudflare\n"+yaml)
		lines := strings.Split(rendered(t, "cloudflare/expression", rs), "\n")
		if got := lines[3]; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", yaml, got, want)
		}
	}
	refererVerdicts(t, "cloudflare")
	for text, country := range map[string]string{
		`(ip.src in {192.0.2.0/24} or ip.src in {2001:db8::/32})`: "",
		`(ip.geoip.country in {"CN"})`:                            "CN",
		"# a comment\nnot (not ip.src in {192.0.2.0/24})\n":       "-",
	} {
		rs, err := dialect.Parse("x", []byte(text), dialect.Options{})
		switch {
		case country == "-" && err == nil:
			t.Errorf("%s: read as %+v", text, rs.Rules)
		case country != "-" && err != nil:
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCloudflareLists(t *testing.T) {
	rs := &policy.Ruleset{Provider: "cloudflare", Rules: []policy.Rule{{ID: "Bad Bots"}}}
	add := func(text string) {
		rs.Rules[0].Entries = append(rs.Rules[0].Entries, policy.NetworkEntry(netip.MustParsePrefix(text)))
	}
	add("2001:db8::7/128") // in no list: behind /64
	add("0.0.0.0/7")       // in no list: before /8
	for i := range 400 {
		add(fmt.Sprintf("10.%d.%d.0/24", i/256, i%256))
	}
	d, err := dialect.Named("cloudflare")
	if err != nil {
		t.Fatal(err)
	}
	d.Resolve(rs)
	files, err := d.Files(rs)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 || files[1].Name != "list-rulecast_bad_bots.json" || files[2].Name != "rules.json" || strings.Count(string(files[1].Data), `"ip"`) != 400 {
		t.Fatalf("%d files", len(files))
	}
	back := parse(t, string(files[0].Data))
	if r := back.Rules[0]; r.ID != "Bad Bots" || len(r.Entries) != 402 {
		t.Errorf("%s, %d entries", r.ID, len(r.Entries))
	}
	for client, want := range map[string]string{"10.1.7.9": "Bad Bots", "1.2.3.4": "Bad Bots", "2001:db8::7": "Bad Bots", "2001:db8::8": ""} {
		if got := verdict(back, ask(client, "US", "-", "", "/")); got != want {
			t.Errorf("%s: %q", client, got)
		}
	}
	if list := parse(t, string(files[1].Data)); list.Provider != "cloudflare" || len(list.Rules[0].Entries) != 400 {
		t.Errorf("the items alone: %+v", list)
	}
	// As an expression it does not fit, and the error says how much it is.
	expression, err := dialect.Named("cloudflare/expression")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := expression.Render(rs); err == nil || !strings.Contains(err.Error(), "5413 characters of an expression in rule Bad Bots, the limit is 4096") {
		t.Errorf("%v", err)
	}
	refused(t, `[{"ip": "2001:db8::7"}]`, "1:9", "IPv6 networks from /4 to /64")
	refused(t, `[{"ip": "192.0.2.1", "asn": 1}]`, "1:22", "unknown key")
	refused(t, "provider: cloudflare\nreferer:\n  allow_null_referer: true\n  block:\n"+strings.Repeat("  - a-rather-long-name.hotlinker.example\n", 120), "107:5", "of an expression in rule referer, the limit is 4096", "first entry beyond")
}

func TestCloudflareRefuses(t *testing.T) {
	rule := func(expression string) string {
		return `{"lists": [{"name": "a", "kind": "ip", "items": [{"ip": "192.0.2.1"}]}], "rules": [
{"description": "x", "action": "block", "expression": "` + expression + `"}]}`
	}
	parse(t, rule("ip.src in $a"))
	for expression, words := range map[string]string{
		"ip.src in $b": "no list $b", "ip.src eq 192.0.2.1": "want in", "http.host eq 1": "not read here",
		"ip.src in {192.0.2.1} and ip.src in {192.0.2.2}": "one list", "ip.src in {192.0.2.1}) or true": "want and, or or the end",
		`http.referer contains \"x\"`: "not read here", `http.referer matches \"x\"`: "rulecast writes", `http.referer matches r\"(?i)x\"`: "rulecast writes",
		`ip.src in $a or http.referer eq \"\"`: "Referer list only", `http.referer eq \"\"`: "no list is in it",
		`ip.src in $a or ip.src.country in {\"CN\"}`: "one control", "": "want a field", `ip.src in {\"192.0.2.1\"}`: "want an address",
		strings.Repeat("(", 60): "nested", `ip.src.country in {\"UK\"}`: "GB", "ip.src in {192.0.2.1-192.0.2.9}": "a range is written",
	} {
		_, err := dialect.Parse("t", []byte(rule(expression)), dialect.Options{})
		if err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "t:2:") {
			t.Errorf("%s: %v", expression, err)
		}
	}
	refused(t, strings.Replace(rule("ip.src in $a"), `"block"`, `"skip"`, 1), "2:32", "only block")
	refused(t, "ip.src in {192.0.2.1}\nip.src in {192.0.2.2} ip.src in {192.0.2.3}\n", "2:23", "end of the line")
	warned(t, parse(t, rule("ip.src in {192.0.2.9}")), 1, "list a is in no rule")
}
