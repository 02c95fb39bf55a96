package dialect_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rulecast/analyze/dialect"
	"rulecast/analyze/dialect/source"
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
	refused(t, "192.0.2.1\n[ip blocklist]\n", "1:1", "not a ruleset")
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

func TestCDNetworksScopes(t *testing.T) {
	for _, c := range []struct {
		scope     string
		in, other []string
	}{
		{`"all"`, []string{"/", "/x?y"}, nil},
		{`{"homepage": true}`, []string{"/", "/?a"}, []string{"/index.html", "//"}},
		{`{"file_types": "jpg;PNG"}`, []string{"/a.jpg", "/b/c.png?x", "/d.JPG"}, []string{"/jpg", "/a.jpg/", "/a.gif"}},
		{`{"uris": "path/index.html?abc=123;/two"}`, []string{"/path/index.html?abc=123", "/two"}, []string{"/path/index.html", "/two?x"}},
		{`{"uris": "/path/index.html", "match": "ignore_parameters"}`, []string{"/path/index.html?abc=123", "/path/index.html"}, []string{"/path/"}},
		{`{"directories": "/file/abc/\n/x.y_z-%20/"}`, []string{"/file/abc/", "/file/abc/d/e", "/x.y_z-%20/a"}, []string{"/file/abc", "/file/abcd/"}},
		{`{"url_pattern": "\\.jpg$"}`, []string{"/a.jpg", "/b?c.jpg"}, []string{"/a.jpg?x"}},
	} {
		rs := parse(t, `{"rules": [{"type": "blacklist", "ips": "all", "effective_range": `+c.scope+`}]}`)
		for _, uri := range c.in {
			if verdict(rs, ask("192.0.2.1", "US", "-", "", uri)) == "" {
				t.Errorf("%s does not look at %s", c.scope, uri)
			}
		}
		for _, uri := range c.other {
			if verdict(rs, ask("192.0.2.1", "US", "-", "", uri)) != "" {
				t.Errorf("%s looks at %s", c.scope, uri)
			}
		}
	}
	bad := func(scope string, words ...string) {
		t.Helper()
		refused(t, "{\"rules\": [{\"type\": \"blacklist\", \"ips\": \"all\", \"effective_range\":\n"+scope+"}]}", "2:16", words...)
	}
	bad(`{"directories":"file/"}`, "start and end with /")
	bad(`{"directories":"/file"}`, "start and end with /")
	bad(`{"directories":"/fi le/"}`, "letters")
	refused(t, "{\"rules\": [{\"type\": \"blacklist\", \"ips\": \"all\", \"effective_range\":\n{\"uris\":\"/a\", \"homepage\":true}}]}", "2:15", "one of them")
	refused(t, "{\"rules\": [{\"type\": \"blacklist\", \"ips\": \"all\", \"effective_range\":\n{\"url_pattern\":\"(?=a)\"}}]}", "2:16", "lookaround")
	refused(t, "{\"rules\": [{\"type\": \"blacklist\", \"ips\": \"all\", \"effective_range\":\n{\"url_pattern\":\"((a{100}){100})\"}}]}", "2:16", "repeat count")
}

func TestCDNetworksPatternExample(t *testing.T) {
	rs := parse(t, "{\"rules\": [\n{\"type\": \"blacklist\", \"ips\": \"all\", \"effective_range\": {\"url_pattern\": \"*.jpg$\"}}]}")
	warned(t, rs, 2, "*.jpg$", ".*")
	if verdict(rs, ask("192.0.2.1", "US", "-", "", "/a/b.jpg")) == "" || verdict(rs, ask("192.0.2.1", "US", "-", "", "/a/b.png")) != "" {
		t.Error("*.jpg$ is not read as .*.jpg$")
	}
	if rs.Rules[0].Scope.Pattern != "*.jpg$" {
		t.Error("the pattern is not kept as written")
	}
}

func TestCDNetworksTypes(t *testing.T) {
	v4, v6, office := "192.0.2.1", "2001:db8::1", "203.0.113.9"
	for _, c := range []struct {
		rule             string
		v4, v6, excepted bool // denied?
	}{
		{`"type": "blacklist", "ips": "192.0.2.0/24;2001:db8::1;203.0.113.9"`, true, true, true},
		{`"type": "blacklist", "ips": "all"`, true, true, true},
		{`"type": "blacklist", "ips": "all-ipv4"`, true, false, true},
		{`"type": "blacklist", "ips": "all-ipv6"`, false, true, false},
		{`"type": "blacklist", "ips": "all", "exceptions": "198.51.100.1;203.0.113.0/24"`, true, true, false},
		{`"type": "whitelist", "ips": "203.0.113.0/24;198.51.100.1"`, true, true, false},
	} {
		rs := parse(t, `{"rules": [{`+c.rule+`}]}`)
		for addr, want := range map[string]bool{v4: c.v4, v6: c.v6, office: c.excepted} {
			if got := verdict(rs, ask(addr, "US", "-", "", "/")) != ""; got != want {
				t.Errorf("%s: %s denied %v", c.rule, addr, got)
			}
		}
	}
	refused(t, "{\"rules\": [{\"type\": \"whitelist\", \"ips\": \"192.0.2.1\"},\n{\"type\": \"whitelist\", \"ips\": \"192.0.2.2\"}]}", "2:1", "limit is 1", "whitelist")
	refused(t, "{\"rules\": [{\"type\": \"whitelist\",\n\"ips\": \"all\"}]}", "2:8", "all", "allow list")
	refused(t, "{\"rules\": [{\"type\": \"blacklist\",\n\"ips\": \"all-ipv4;192.0.2.1\"}]}", "2:8", "only value")
	refused(t, "{\"rules\": [{\"type\": \"whitelist\", \"ips\": \"192.0.2.1\",\n\"exceptions\": \"192.0.2.2\"}]}", "2:15", "exceptions")
}

func TestCDNetworksActionAndPriority(t *testing.T) {
	rs := parse(t, `{"rules": [
		{"id": "low", "priority": 1, "type": "blacklist", "ips": "192.0.2.1"},
		{"id": "high", "priority": 2, "type": "blacklist", "ips": "192.0.2.0/24", "action": "redirect", "redirect_url": "https://example.com/no"},
		{"id": "low too", "priority": 1, "type": "blacklist", "ips": "192.0.2.1"},
		{"id": "off", "priority": 9, "enabled": false, "type": "blacklist", "ips": "all"}]}`)
	var order []string
	for _, r := range rs.Rules {
		order = append(order, r.ID)
	}
	if got := strings.Join(order, ","); got != "off,high,low,low too" {
		t.Errorf("order %s", got)
	}
	if got := verdict(rs, ask("192.0.2.1", "US", "-", "", "/")); got != "high" {
		t.Errorf("decided by %s", got)
	}
	if a := rs.Rules[1].Action; a.Kind != policy.Redirect || a.URL != "https://example.com/no" {
		t.Errorf("action %+v", a)
	}
	refused(t, "{\"rules\": [\n{\"type\": \"blacklist\", \"ips\": \"all\", \"action\": \"redirect\"}]}", "2:1", "redirect_url")
	refused(t, "{\"rules\": [\n{\"type\": \"blacklist\", \"ips\": \"all\", \"action\": \"redirect\", \"redirect_url\": \"javascript:x\"}]}", "2:1", "http")
}

// The provider's own three examples.
func TestCDNetworksDocumentedExamples(t *testing.T) {
	for _, c := range []struct {
		file                     string
		listed, other, elsewhere string
	}{
		{"cdnetworks-blacklist.json", "blacklist", "", ""},
		{"cdnetworks-whitelist.json", "", "whitelist", ""},
		{"cdnetworks-ban.json", "ban", "ban", ""},
	} {
		rs := load(t, c.file)
		for _, listed := range []string{"1.1.1.1", "2.2.2.2"} {
			if got := verdict(rs, ask(listed, "US", "-", "", "/browse/index.html")); got != c.listed {
				t.Errorf("%s: %s: %q", c.file, listed, got)
			}
		}
		if got := verdict(rs, ask("3.3.3.3", "US", "-", "", "/browse/index.html")); got != c.other {
			t.Errorf("%s: another address: %q", c.file, got)
		}
		if got := verdict(rs, ask("3.3.3.3", "US", "-", "", "/browse/")); got != c.elsewhere {
			t.Errorf("%s: elsewhere: %q", c.file, got)
		}
	}
}

func TestCDNetworksTrap(t *testing.T) {
	rs := load(t, "cdnetworks-trap.json")
	for addr, want := range map[string]string{"1.1.1.1": "blacklist", "2.2.2.2": "whitelist", "2001:db8::1": "whitelist"} {
		if got := verdict(rs, ask(addr, "US", "-", "", "/")); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}

func TestCDNetworksNullReferer(t *testing.T) {
	const list = `"type": "blacklist", "referers": "hotlinker.example;*.hotlinker.example"`
	for null, want := range map[string]string{"true": "", "false": "rule-1"} {
		rs := parse(t, `{"rules": [{`+list+`, "allow_null_referer": `+null+`}]}`)
		if got := verdict(rs, ask("192.0.2.1", "US", "-", "", "/")); got != want {
			t.Errorf("allow_null_referer %s: %q", null, got)
		}
		if verdict(rs, ask("192.0.2.1", "US", "https://www.hotlinker.example/", "", "/")) == "" {
			t.Error("the subdomain passes")
		}
	}
	refused(t, "{\"rules\": [\n{"+list+"}]}", "2:1", "allow_null_referer")
	refused(t, "provider: cdnetworks\nreferer: {block: [a.example]}", "2:10", "allow_null_referer")
	for _, text := range []string{
		"provider: cdnetworks\nallow_null_referer: false\nreferer: {block: [a.example]}",
		"provider: cdnetworks\nreferer: {block: [a.example], allow_null_referer: false}",
		"provider: cdnetworks\nallow_null_referer: true\nrules:\n- referer: {block: [a.example]}\n  allow_null_referer: false",
	} {
		if rs := parse(t, text); !rs.Rules[0].DenyMissing {
			t.Errorf("missing Referer passes:\n%s", text)
		}
	}
	countries := parse(t, `{"rules": [{"type": "whitelist", "countries": "IN;US"}]}`)
	if verdict(countries, ask("192.0.2.1", "ZZ", "-", "", "/")) == "" {
		t.Error("an unknown country passes an allow list")
	}
}

func TestTHEOliveModes(t *testing.T) {
	for mode, want := range map[string][2]string{ // of the listed, of the others
		``:                     {"", "ipBlocking"},
		`"mode": "whitelist",`: {"", "ipBlocking"},
		`"mode": "blacklist",`: {"ipBlocking", ""},
	} {
		rs := parse(t, `{"publicationConfig": {"ipBlocking": {"enabled": true, `+mode+` "cidrs": ["170.123.145.2", "2001:db8::/64"]}}}`)
		for client, i := range map[string]int{"170.123.145.2": 0, "2001:db8::7": 0, "170.123.145.3": 1, "2001:db8:0:1::": 1} {
			if got := verdict(rs, ask(client, "US", "-", "", "/")); got != want[i] {
				t.Errorf("%q, %s: %q, want %q", mode, client, got, want[i])
			}
		}
		if e := rs.Rules[0].Entries[0]; e.Prefix.Bits() != 32 {
			t.Errorf("a bare address is %s", e.Prefix)
		}
	}
	off := parse(t, `{"publicationConfig": {"ipBlocking": {"enabled": false, "cidrs": ["170.123.145.2"]}}}`)
	if got := verdict(off, ask("192.0.2.1", "US", "-", "", "/")); got != "" {
		t.Errorf("disabled, and denies: %s", got)
	}
	refused(t, "{\"publicationConfig\": {\"ipBlocking\":\n{\"cidrs\": []}}}", "2:1", "enabled")
	refused(t, "{\"publicationConfig\": {\"ipBlocking\":\n{\"enabled\": true}}}", "2:1", "cidrs")
	refused(t, "{\"publicationConfig\": {\n\"ipblocking\": {}}}", "2:1", "unknown key", "ipBlocking")
	refused(t, "provider: theolive\nreferer: {block: [a.example]}", "2:10", "no referer rules")
}

func TestTHEOliveGeoGoesFirst(t *testing.T) {
	for mode, want := range map[string][3]string{ // listed country, other country with good and bad address
		"blacklist": {"geoBlocking", "", "ipBlocking"},
		"whitelist": {"", "geoBlocking", "geoBlocking"},
	} {
		rs := parse(t, `{"publicationConfig": {
			"ipBlocking": {"enabled": true, "cidrs": ["192.0.2.1"]},
			"geoBlocking": {"enabled": true, "mode": "`+mode+`", "countries": ["BE"]}}}`)
		got := [3]string{
			verdict(rs, ask("198.51.100.1", "BE", "-", "", "/")),
			verdict(rs, ask("192.0.2.1", "NL", "-", "", "/")),
			verdict(rs, ask("198.51.100.1", "NL", "-", "", "/")),
		}
		if got != want {
			t.Errorf("%s: %q, want %q", mode, got, want)
		}
	}
}

func TestTHEOliveAliases(t *testing.T) {
	rs := load(t, "theolive.yaml")
	for _, c := range []struct{ client, host, path, want string }{
		{"198.51.100.7", "partner.example", "/", "partner/ip"},
		{"198.51.100.8", "partner.example", "/", ""},
		{"198.51.100.8", "live.example", "/rehearsal/x", "rehearsal/ip"},
		{"203.0.113.1", "live.example", "/rehearsal", ""},
		{"198.51.100.8", "live.example", "/rehearsals", "before the show"},
		{"192.0.2.1", "live.example", "/", ""},
	} {
		q := ask(c.client, "FR", "-", c.host, c.path)
		q.Time = time.Date(2026, 1, 31, 19, 59, 59, 0, time.UTC)
		if got := verdict(rs, q); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	native := parse(t, `{"publicationConfig": {}, "aliases": [
		{"name": "a", "host": "A.example.", "publicationConfig": {"ipBlocking": {"enabled": true, "cidrs": []}}}]}`)
	if got := verdict(native, ask("192.0.2.1", "US", "-", "a.example", "/")); got != "a/ipBlocking" {
		t.Errorf("native alias: %q", got)
	}
	refused(t, "{\"publicationConfig\": {}, \"aliases\": [\n{\"name\": \"a\", \"publicationConfig\": {}}]}", "2:1", "host or path_prefix")
}

func TestTHEOliveWindows(t *testing.T) {
	rs := load(t, "theolive.yaml")
	at := time.Date(2026, 1, 31, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		time time.Time
		want string
	}{
		{at.Add(-time.Microsecond), "before the show"}, {at, "regions"}, {at.Add(time.Hour), "regions"},
	} {
		q := ask("198.51.100.8", "FR", "-", "live.example", "/")
		q.Time = c.time
		if got := verdict(rs, q); got != c.want {
			t.Errorf("%s: %q, want %q", c.time, got, c.want)
		}
	}
	native := parse(t, `{"publicationConfig": {"ipBlocking": {"enabled": true, "cidrs": ["192.0.2.1"]}}, "until": "2026-01-31T21:00:00+01:00",
		"periods": [{"publicationConfig": {"ipBlocking": {"enabled": false, "cidrs": []}}, "from": "2026-01-31T20:00:00Z"}]}`)
	if r := native.Rules[0]; !r.Until.Equal(at) || native.Rules[1].ID != "ipBlocking-2" || !native.Rules[1].From.Equal(at) {
		t.Errorf("windows: %+v", native.Rules)
	}
	refused(t, "provider: theolive\nrules:\n- {ip: {allow: [192.0.2.1]}}\n- {ip: {allow: [192.0.2.2]}, from: 2026-01-31T20:00:00Z}", "4:3", "one ipBlocking")
	refused(t, "provider: theolive\nrules:\n- {ip: {allow: [192.0.2.1]}, from: yesterday}", "3:36", "2026-01-31T20:00:00Z")
	refused(t, "provider: cdnetworks\nrules:\n- {ip: {allow: [192.0.2.1]}, from: 2026-01-31T20:00:00Z}", "3:30", "unknown key", "from")
}

func TestCloudFrontGeo(t *testing.T) {
	for _, text := range []string{
		`{"RestrictionType":"whitelist","Quantity":2,"Items":["IN","US"]}`,
		`{"GeoRestriction": {"RestrictionType":"whitelist","Quantity":2,"Items":["IN","US"]}}`,
		`{"Restrictions": {"GeoRestriction": {"RestrictionType":"whitelist","Quantity":2,"Items":["IN","US"]}}}`,
	} {
		rs := parse(t, text)
		for country, want := range map[string]string{"IN": "", "CN": "country", "ZZ": ""} { // unknown is served
			if got := verdict(rs, ask("192.0.2.1", country, "-", "", "/")); got != want {
				t.Errorf("%s: %q", country, got)
			}
		}
	}
	if rs := parse(t, `{"RestrictionType":"none","Quantity":0}`); len(rs.Rules) != 0 {
		t.Error("none restricts")
	}
	refused(t, "{\"RestrictionType\":\"blacklist\",\n\"Quantity\":2,\"Items\":[\"CN\"]}", "2:12", "Quantity 2")
	refused(t, "{\"RestrictionType\":\"allow\",\"Quantity\":0}", "1:20", "whitelist")
}

func TestCloudFrontIPSets(t *testing.T) {
	rs := load(t, "cloudfront.json")
	for client, want := range map[string]string{"192.0.2.9": "scrapers", "198.51.100.7": "scrapers", "2001:db8::5": "scrapers", "198.51.100.8": ""} {
		if got := verdict(rs, ask(client, "US", "-", "", "/")); got != want {
			t.Errorf("%s: %q", client, got)
		}
	}
	// The geo restriction answers before the web ACL is asked.
	if got := verdict(rs, ask("192.0.2.9", "CN", "https://hotlinker.example/", "", "/")); got != "country" {
		t.Errorf("first is %q", got)
	}
	set := func(version, addresses string) string {
		return "{\"Name\":\"x\",\"Scope\":\"CLOUDFRONT\",\"IPAddressVersion\":\"" + version + "\",\"Addresses\":[\n" + addresses + "]}"
	}
	parse(t, set("IPV4", `"192.0.2.0/24", "0.0.0.0/1"`))
	refused(t, set("IPV4", `"0.0.0.0/0"`), "2:1", "/0")
	refused(t, set("IPV6", `"::/0"`), "2:1", "/0")
	refused(t, set("IPV4", `"2001:db8::/32"`), "2:1", "separate sets")
	refused(t, "provider: cloudfront\nip: {block: [all]}", "2:14", "networks only")
	for _, version := range []string{"4", "6"} {
		var b strings.Builder
		for i := range 10_001 {
			if version == "4" {
				fmt.Fprintf(&b, "\"10.%d.%d.0/24\",\n", i/256, i%256)
			} else {
				fmt.Fprintf(&b, "\"2001:db8:%x::/48\",\n", i)
			}
		}
		list := strings.TrimSuffix(b.String(), ",\n")
		refused(t, set("IPV"+version, list), "10002:1", "limit is 10000", "docs.aws.amazon.com")
		parse(t, set("IPV"+version, list[:strings.LastIndex(list, ",")]))
	}
}

func TestCloudFrontReferer(t *testing.T) {
	rs := load(t, "cloudfront.yaml")
	for ref, want := range map[string]string{
		"-": "referer", "https://shop.example/": "", "https://img.shop.example/x": "", "https://other.example/": "referer",
	} {
		if got := verdict(rs, ask("203.0.113.1", "US", ref, "", "/")); got != want {
			t.Errorf("%s: %q", ref, got)
		}
	}
}

func TestSamplesLoad(t *testing.T) {
	files, err := filepath.Glob(samples + "*")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, file := range files {
		rs, err := dialect.Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if rs.Name != filepath.Base(file) {
			t.Errorf("name %q", rs.Name)
		}
	}
}

func TestListFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("r.yaml", "provider: imagekit\nip: {block: {file: bad-ips.txt}}\n")
	write("bad-ips.txt", "# from the abuse desk\n\n192.0.2.1 # one\n\t198.51.100.0/24\n")
	rs, err := dialect.Load(filepath.Join(dir, "r.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if e := rs.Rules[0].Entries; len(e) != 2 || e[1].Text != "198.51.100.0/24" || e[1].Pos.Line != 4 || e[1].Pos.Column != 2 {
		t.Errorf("entries %+v", e)
	}
	write("bad-ips.txt", "192.0.2.1\nnonsense\n")
	_, err = dialect.Load(filepath.Join(dir, "r.yaml"))
	want := filepath.Join(dir, "bad-ips.txt") + ":2:1: \"nonsense\" is neither an address nor a network\n  nonsense\n  ^"
	if err == nil || err.Error() != want {
		t.Errorf("have %v\nwant %s", err, want)
	}
	write("r.yaml", "provider: imagekit\nip: {block: {file: none.txt}}\n")
	if _, err = dialect.Load(filepath.Join(dir, "r.yaml")); err == nil || !strings.Contains(err.Error(), "r.yaml:2:20: ") {
		t.Errorf("missing list file: %v", err)
	}
}

func TestStrictYAML(t *testing.T) {
	refused(t, "provider: imagekit\nip: {blok: [192.0.2.1]}", "2:6", "unknown key", "block")
	refused(t, "provider: imagekit\nip: {block: []}\nip: {block: []}", "3:1", "already defined")
	refused(t, "provider: imagekit\nip: {block: [1]}", "2:14", "want a text, have a number")
	refused(t, "provider: imagekit\nip: {block: x}", "2:13", "want a list, have a text")
	refused(t, "provider: imagekit\nip: [192.0.2.1]", "2:5", "want a map, have a list")
	refused(t, "provider: nobody\n", "1:11", "imagekit, cdnetworks, theolive, cloudfront")
	refused(t, "provider: imagekit\nip: &a {block: []}", "2:5", "anchors")
	refused(t, "provider: imagekit\nip: {block: [*a]}", "2:14", "aliases")
	refused(t, "provider: imagekit\n---\nprovider: imagekit\n", "3:9", "second")
	refused(t, "provider: imagekit\nip: {block: "+strings.Repeat("[", 100), "2:62", "nested")
	refused(t, "provider: imagekit\nip: "+strings.Repeat("- ", 100), "2:105", "nested")
	refused(t, "a: 1\nprovider: cdnetworks\nrules:\n- {id: x, ip: {block: []}}\n- {id: x, ip: {block: []}}", "5:3", "two rules with the id x")
	refused(t, "provider: cdnetworks\nip: {block: []}\nrules: []", "2:5", "beside rules")
	refused(t, "provider: cdnetworks\nrules:\n- {ip: {block: []}, country: {block: []}}", "3:30", "second control")
	refused(t, "provider: cdnetworks\nrules:\n- {ip: {block: []}, action: {deny: 404}}", "3:3", "404", "403")
	refused(t, "provider: imagekit\nip: {block: [\xff]}", "2:14", "UTF-8")
	rs := parse(t, "{provider: cdnetworks, ip: {block: [\"fe80::\", 2001:db8::/32, ::1, fe80:1:2::7]}}")
	if e := rs.Rules[0].Entries; len(e) != 4 || e[1].Text != "2001:db8::/32" {
		t.Errorf("IPv6 in a flow list: %+v", e)
	}
}

func TestStrictJSON(t *testing.T) {
	refused(t, "{\"rules\": [],\n\"rules\": []}", "2:1", "twice", "line 1")
	refused(t, "{\"rules\": [\n{\"kind\": 1}]}", "2:2", "unknown key")
	refused(t, "{\"rules\": [}", "1:12", "not JSON")
	refused(t, "{\"rules\": []} x", "1:15", "after the end")
	refused(t, "{\"rules\": "+strings.Repeat("[", 1000), "1:61", "nested")
	refused(t, `{"a": 1}`, "1:1", "not a ruleset")
}

func TestErrorsTogether(t *testing.T) {
	_, err := dialect.Parse("t.txt", []byte("[ip blocklist]\n"+strings.Repeat("x\n", 50)), dialect.Options{})
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3*source.MaxShown+1 || lines[len(lines)-1] != "and 30 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	if !strings.HasPrefix(lines[0], "t.txt:2:1: ") || !strings.HasPrefix(lines[3], "t.txt:3:1: ") {
		t.Errorf("not in file order:\n%s", err)
	}
	if _, err := dialect.Parse("t", make([]byte, source.MaxSize+1), dialect.Options{}); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("size: %v", err)
	}
	var one *dialect.Error
	if !errors.As(err, &one) || one.Pos.Line != 2 {
		t.Errorf("no *Error in it: %v", one)
	}
	if _, err := dialect.Parse("t", []byte("provider: imagekit"), dialect.Options{Provider: "cloudfront"}); err == nil || !strings.Contains(err.Error(), "not for cloudfront") {
		t.Errorf("another provider: %v", err)
	}
}

func TestRenderRefuses(t *testing.T) {
	rs := parse(t, "[ip blocklist]\n192.0.2.1\n")
	for i := range 200 {
		rs.Rules[0].Entries = append(rs.Rules[0].Entries, policy.NetworkEntry(netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), 32)))
	}
	if _, err := dialect.Render(rs); err == nil || !strings.Contains(err.Error(), "limit is 100") {
		t.Errorf("native: %v", err)
	}
	if _, err := dialect.RenderYAML(rs); err == nil || !strings.Contains(err.Error(), "limit is 100") {
		t.Errorf("yaml: %v", err)
	}
}

func TestLongListsAreQuick(t *testing.T) {
	var b strings.Builder
	b.WriteString("provider: cloudfront\nip:\n  block:\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "  - 10.%d.%d.0/24\n", i/256, i%256)
	}
	begin := time.Now()
	rs := parse(t, b.String())
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("10,000 entries took %s", d)
	}
	if len(rs.Rules[0].Entries) != 10_000 {
		t.Error("entries lost")
	}
}
