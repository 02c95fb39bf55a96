package dialect_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

func TestImageKitIPIsABlockList(t *testing.T) {
	rs := parse(t, "provider: imagekit\nip: {block: [163.120.4.15, 10.0.0.0/24]}\n")
	for client, want := range map[string]string{
		"163.120.4.15": "ip", "10.0.0.0": "ip", "10.0.0.255": "ip", "10.0.1.0": "", "163.120.4.16": "", "2001:db8::1": "",
	} {
		if got := verdict(rs, ask(client, "US", "-", "", "/")); got != want {
			t.Errorf("%s: %q, want %q", client, got, want)
		}
	}
	if a := rs.Rules[0].Action; a.Kind != policy.Deny || a.Status != 403 {
		t.Errorf("action %+v", a)
	}
	refused(t, "provider: imagekit\nip: {allow: [192.0.2.1]}", "2:5", "block", "allow")
	refused(t, "[ip allowlist]\n192.0.2.1\n", "1:1", "block")
	refused(t, "provider: imagekit\nip: {block: [all]}", "2:14", "all")
}

func TestImageKitCountry(t *testing.T) {
	block := parse(t, "[country blocklist]\nCN\n")
	allow := parse(t, "[country allowlist]\nIN\nUS\n")
	for _, c := range []struct{ country, block, allow string }{
		{"CN", "country", "country"}, {"US", "", ""}, {"DE", "", "country"}, {"ZZ", "", "country"},
	} {
		q := ask("192.0.2.1", c.country, "-", "", "/")
		if got := verdict(block, q); got != c.block {
			t.Errorf("block list, %s: %q", c.country, got)
		}
		if got := verdict(allow, q); got != c.allow {
			t.Errorf("allow list, %s: %q", c.country, got)
		}
	}
	refused(t, "[country blocklist]\nUK\n", "2:1", "UK", "GB")
	refused(t, "[country blocklist]\nDE\nXX\n", "3:1", "XX")
	refused(t, "[country blocklist]\nGermany\n", "2:1", "Germany")
	rs := parse(t, "[country blocklist]\nde\n")
	warned(t, rs, 2, "de", "DE")
	if rs.Rules[0].Entries[0].Text != "DE" {
		t.Error("de is not read as DE")
	}
}

func TestImageKitReferer(t *testing.T) {
	allow := parse(t, "[referer allowlist]\nhttps://developer.mozilla.org/en-US/search?q=URL\n")
	block := parse(t, "[referer blocklist]\nhttps://developer.mozilla.org/en-US/search?q=URL\n")
	for _, c := range []struct{ ref, allow, block string }{
		{"https://developer.mozilla.org/x", "", "referer"},
		{"http://DEVELOPER.mozilla.org:8080/", "", "referer"},
		{"https://mozilla.org/", "referer", ""},
		{"https://www.developer.mozilla.org/", "referer", ""},
		{"-", "", ""},
		{"", "", ""},
		{"android-app://org.example/", "referer", ""}, // present without a host is not missing
		{"https://", "referer", ""},
	} {
		q := ask("192.0.2.1", "US", c.ref, "", "/")
		if got := verdict(allow, q); got != c.allow {
			t.Errorf("allow list, %q: %q", c.ref, got)
		}
		if got := verdict(block, q); got != c.block {
			t.Errorf("block list, %q: %q", c.ref, got)
		}
	}
	rs := parse(t, "[referer blocklist]\nhttps://a.example/x\nhttp://A.example.:80/y\n")
	warned(t, rs, 3, "a.example", "twice", "line 2")
}

func TestImageKitBadInput(t *testing.T) {
	refused(t, "[ip blocklist]\n192.0.2.1\n2001:db8::1\n", "3:1", "2001:db8::1", "IPv4")
	refused(t, "[referer blocklist]\nhttps://*.example.com/\n", "2:1", "wildcard")
	refused(t, "[referer blocklist]\nhttps://a*.example.com/\n", "2:1", "wildcard")
	refused(t, "[referer blocklist]\n  hotlinker.example\n", "2:3", "hotlinker.example", "scheme")
	refused(t, "provider: imagekit\nreferer: {block: [hotlinker.example]}", "2:19", "scheme")
	refused(t, "[referer blocklist]\nftp://hotlinker.example/\n", "2:1", "http")
	refused(t, "a.example\n[ip blocklist]\n", "1:1", "not a ruleset")
	refused(t, "[ip blocklist]\n[ip blocklist]\n", "2:1", "twice")
	refused(t, "[ip list]\n", "1:1", "unknown heading", "[ip blocklist]")
	rs := parse(t, "[ip blocklist]\n10.0.0.5/24 # office\n")
	warned(t, rs, 2, "10.0.0.5/24", "10.0.0.0/24")
	if p := rs.Rules[0].Entries[0].Prefix; p != netip.MustParsePrefix("10.0.0.0/24") {
		t.Errorf("not masked: %s", p)
	}
}

func TestImageKitLimits(t *testing.T) {
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	parse(t, "[ip blocklist]\n"+lines(100, "192.0.2.%d\n")+"[referer blocklist]\n"+lines(30, "https://h%d.example/\n"))
	refused(t, "[ip blocklist]\n"+lines(101, "192.0.2.%d\n"), "102:1", `"192.0.2.100"`, "101", "limit is 100", "imagekit.io")
	refused(t, "[referer blocklist]\n"+lines(31, "https://h%d.example/\n"), "32:1", `"h30.example"`, "31", "limit is 30", "verified")
}

func TestImageKitMissingRefererSwitch(t *testing.T) {
	for _, list := range []string{"block", "allow"} {
		text := "provider: imagekit\nreferer: {" + list + ": [https://a.example]}\n"
		missing := ask("192.0.2.1", "US", "-", "", "/")
		for setting, want := range map[string]string{"": "", "missing_referer: allowed\n": "", "missing_referer: denied\n": "referer"} {
			if got := verdict(parse(t, text+setting), missing); got != want {
				t.Errorf("%s, %q: %q", list, setting, got)
			}
		}
		variants := dialect.Variants(parse(t, text))
		if len(variants) != 1 || variants[0].Switch != "missing_referer" || variants[0].Value != "denied" || verdict(variants[0].Ruleset, missing) != "referer" {
			t.Errorf("variants of %s: %+v", list, variants)
		}
		variants = dialect.Variants(parse(t, text+"missing_referer: denied"))
		if len(variants) != 1 || variants[0].Value != "allowed" || verdict(variants[0].Ruleset, missing) != "" {
			t.Errorf("variants of denied %s: %+v", list, variants)
		}
	}
	if v := dialect.Variants(parse(t, "[ip blocklist]\n192.0.2.1\n")); v != nil {
		t.Errorf("variants without a Referer rule: %v", v)
	}
	refused(t, "provider: imagekit\nmissing_referer: maybe\n", "2:18", "allowed or denied")
}

func TestImageKitOrder(t *testing.T) {
	text := "provider: imagekit\nreferer: {block: [https://a.example]}\nip: {block: [192.0.2.1]}\ncountry: {block: [CN]}\n"
	q := ask("192.0.2.1", "CN", "https://a.example/", "", "/")
	for order, want := range map[string]string{
		"":                                "country",
		"order: [ip, referer, country]\n": "ip",
		"order: [referer, country, ip]\n": "referer",
	} {
		if got := verdict(parse(t, text+order), q); got != want {
			t.Errorf("%q: %s", order, got)
		}
	}
	refused(t, text+"order: [ip, country]", "5:8", "order")
}
