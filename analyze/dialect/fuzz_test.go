package dialect_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rulecast/analyze/dialect"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/policy"
)

// seed adds the samples and some texts as seeds.
func seed(f *testing.F, pattern string, more ...string) {
	files, err := filepath.Glob(samples + pattern)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range more {
		f.Add([]byte(text))
	}
}

// stable demands that whatever can be read can be written, in both forms, and
// is the same when it is read again.
func stable(t *testing.T, data []byte, o dialect.Options) {
	rs, err := dialect.Parse("f", data, o)
	if err != nil {
		return
	}
	d, err := dialect.Named(rs.Provider)
	if err != nil {
		t.Fatal(err)
	}
	type form struct {
		write func(*policy.Ruleset) ([]byte, error)
		ids   bool
	}
	forms := []form{{dialect.Render, d.NativeIDs}, {dialect.RenderYAML, true}}
	for i := 1; i < len(d.Forms); i++ {
		other, err := dialect.Named(d.Name + "/" + d.Forms[i].Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(other.Check(rs)) == 0 {
			forms = append(forms, form{other.Render, other.NativeIDs})
		}
	}
	for _, form := range forms {
		text, err := form.write(rs)
		if err != nil {
			t.Fatalf("read, but not written: %v\n%s", err, data)
		}
		back, err := dialect.Parse("f", text, dialect.Options{Provider: rs.Provider})
		if err != nil {
			t.Fatalf("written, but not read: %v\n%s", err, text)
		}
		if diff := cmp.Diff(rs, back, same(form.ids)); diff != "" {
			t.Fatalf("%s\n%s\n%s", diff, data, text)
		}
	}
}

func fuzz(f *testing.F, provider string) {
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, dialect.Options{Provider: provider}) })
}

func FuzzImageKit(f *testing.F) {
	seed(f, "imagekit*", "[referer allowlist]\nhttps://[::1]:80/#x\n[switches]\norder: ip country,referer\n")
	fuzz(f, "imagekit")
}

func FuzzCDNetworks(f *testing.F) {
	seed(f, "cdnetworks*", `{"rules": [{"type": "blacklist", "ips": ["::ffff:192.0.2.1/120"], "effective_range": {"uris": ["/;", "b?c"]}}]}`)
	fuzz(f, "cdnetworks")
}

func FuzzTHEOlive(f *testing.F) {
	seed(f, "theolive*", `{"publicationConfig": {}, "periods": [{"publicationConfig": {"geoBlocking": {"enabled": false}}, "from": "2026-01-31T20:00:00.5+09:30"}]}`)
	fuzz(f, "theolive")
}

func FuzzCloudFrontRules(f *testing.F) {
	seed(f, "cloudfront*", `{"Name":"x","Scope":"CLOUDFRONT","IPAddressVersion":"IPV4","Addresses":["192.0.2.7/31"]}`)
	fuzz(f, "cloudfront")
}

func FuzzAWSWAF(f *testing.F) {
	seed(f, "awswaf*", `{"IPSet":{"Name":"x","IPAddressVersion":"IPV4","Addresses":["192.0.2.7/31"]},"LockToken":"y"}`,
		`{"Name":"x","Scope":"REGIONAL","IPAddressVersion":"IPV6","Addresses":[]}`, `{"RuleGroup":{"Rules":[]}}`,
		"resource \"aws_wafv2_rule_group\" \"x\" {\n rule {\n name = \"a\\\"b\"\n priority=1 action {count {}}\n}}", "resource \"aws_wafv2_ip_set\" \"x\" {/*")
	fuzz(f, "awswaf")
}

func FuzzCloudflare(f *testing.F) {
	seed(f, "cloudflare*", `[{"ip":"192.0.2.0/24","comment":"x"},{"ip":"2001:db8::/64"}]`, "not (ip.src in {192.0.2.1 ::1} or ip.src in {10.0.0.0/8})\nip.geoip.country in {\"CN\"}",
		`{"lists":[{"name":"a","kind":"ip","items":[]}],"rules":[{"expression":"not ip.src in $a","action":"block"}]}`,
		"http.referer eq \"\" or http.referer matches \"(?i)x\\\\\"\n", "((((not not ip.src in {")
	fuzz(f, "cloudflare")
}

func FuzzFastly(f *testing.F) {
	seed(f, "fastly*", `{"entries":[{"op":"create","ip":"192.0.2.0","subnet":24,"negated":"0"},{"ip":"::1"}]}`,
		"acl a { \"192.0.2.1\"; }\nsub rulecast_recv { if (fastly.ff.visits_this_service == 0) { if (!(client.ip ~ a)) { error 403; } } }")
	fuzz(f, "fastly")
}

func FuzzNginx(f *testing.F) {
	seed(f, "nginx*", "geo $rulecast_a { default 1; ::/0 0; }\nmap $geoip_country_code $rulecast_B { default 0; 'CN' 1; }\nmap $rulecast_b$rulecast_a $rulecast_denied { default 1; ~^0*$ 0; }",
		"map \"\" $rulecast_denied { default 1; \"\" 0; }")
	fuzz(f, "nginx")
}

func FuzzNetset(f *testing.F) {
	seed(f, "*.netset", "# no networks\n", "10.0.0.5/8 # x\n::ffff:192.0.2.1\n")
	fuzz(f, "netset")
}

func FuzzYAML(f *testing.F) {
	seed(f, "*.yaml", "{provider: cdnetworks, ip: {block: ['a', 2001:db8::1]}}", "provider: |\n  imagekit\n", "a: {b: [c, d: e]}\n? x\n", "- - a\n- {b", "a: 'b\n\n c'\n")
	f.Fuzz(func(t *testing.T, data []byte) { stable(t, data, dialect.Options{}) })
}

func FuzzURLPattern(f *testing.F) {
	for _, text := range []string{`*.jpg$`, `\.(png|gif)\?`, `((a{100}){100})`, `(?i)x*+`, `[^\x00-\x{10FFFF}]`, `a**`} {
		f.Add(text, "/a/b.jpg?c")
	}
	f.Fuzz(func(t *testing.T, text, url string) {
		scope, _, err := profile.URLPattern(text)
		if err != nil {
			return
		}
		if scope.Pattern != text || scope.Regexp == nil {
			t.Fatalf("%q: %+v", text, scope)
		}
		begin := time.Now()
		scope.Contains(url[:min(len(url), 4096)], "")
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("%q takes %s", text, d)
		}
	})
}
