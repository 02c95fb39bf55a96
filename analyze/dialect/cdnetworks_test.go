package dialect_test

import (
	"strings"
	"testing"

	"rulecast/analyze/policy"
)

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
