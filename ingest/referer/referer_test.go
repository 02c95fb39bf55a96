package referer

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("a", 63)
	tests := []struct {
		value string
		host  string
		class Class
	}{
		{"http://example.com/", "example.com", ClassHost},
		{"https://example.com", "example.com", ClassHost},
		{"HTTPS://Example.COM:8443/a?b#c", "example.com", ClassHost},
		{"  http://example.com/ \t", "example.com", ClassHost},
		{"http://user:pa@ss@example.com/", "example.com", ClassHost},
		{"http://good.example@evil.example/", "evil.example", ClassHost},
		{`http://evil.example\@good.example/`, "evil.example", ClassHost},
		{"http://example.com?x=/@good.example", "example.com", ClassHost},
		{"http://example.com./", "example.com", ClassHost},
		{"http://example.com:/", "example.com", ClassHost},
		{"http://my_host/", "my_host", ClassHost},
		{"http://192.0.2.1:81/", "192.0.2.1", ClassHost},
		{"http://[2001:DB8:0::1]:81/", "[2001:db8::1]", ClassHost},
		{"http://[fe80::1%25eth0]/", "[fe80::1]", ClassHost},
		{"http://bücher.example/", "xn--bcher-kva.example", ClassHost},
		{"http://BÜCHER.example/", "xn--bcher-kva.example", ClassHost},
		{"http://xn--bcher-kva.example/", "xn--bcher-kva.example", ClassHost},
		{"http://例え。テスト/", "xn--r8jz45g.xn--zckzah", ClassHost},
		{"http://" + long + ".example/", long + ".example", ClassHost},

		{"-", "", ClassAbsent},
		{"", "", ClassEmpty},
		{" \t ", "", ClassEmpty},
		{"android-app://com.google.android.gm", "", ClassApp},
		{"ios-app://123/", "", ClassApp},
		{"moz-extension://abc/", "", ClassExtension},
		{"null", "", ClassOpaque},
		{"about:blank", "", ClassOpaque},
		{"data:text/html,x", "", ClassOpaque},
		{"ftp://example.com/", "", ClassScheme},
		{"javascript:alert(1)", "", ClassScheme},
		{"example.com/page", "", ClassNoScheme},
		{"example.com:8080/page", "", ClassNoScheme},
		{"localhost:8080", "", ClassNoScheme},
		{"//example.com/", "", ClassNoScheme},
		{"http://", "", ClassMalformed},
		{"http:///path", "", ClassMalformed},
		{"http:/example.com", "", ClassMalformed},
		{"http://a..b/", "", ClassMalformed},
		{"http://.example/", "", ClassMalformed},
		{"http://exa mple.com/", "", ClassMalformed},
		{"http://example.com:80a/", "", ClassMalformed},
		{"http://2001:db8::1/", "", ClassMalformed},
		{"http://[2001:db8::1/", "", ClassMalformed},
		{"http://[192.0.2.1]/", "", ClassMalformed},
		{"http://[::1]x/", "", ClassMalformed},
		{"http://%65xample.com/", "", ClassMalformed},
		{"http://" + long + "a.example/", "", ClassMalformed},
		{"http://" + strings.Repeat(long+".", 4) + "example/", "", ClassMalformed},
		{"http://" + strings.Repeat("ü", 100_000) + "/", "", ClassMalformed},
		{"http://\xff\xfe/", "", ClassMalformed},
		{"http://a\x00b/", "", ClassMalformed},
	}
	for _, tt := range tests {
		host, class := Parse([]byte(tt.value))
		if host != tt.host || class != tt.class {
			t.Errorf("%.60q: %q %v; want %q %v", tt.value, host, class, tt.host, tt.class)
		}
	}
}

func TestStates(t *testing.T) {
	for c := range NumClasses {
		want := None
		switch c {
		case ClassHost, ClassPooled:
			want = Host
		case ClassAbsent, ClassEmpty:
			want = Missing
		}
		if got := c.State(); got != want {
			t.Errorf("%v: %v; want %v", c, got, want)
		}
		if label := c.String(); c != ClassHost && (label[0] != '(' || label == "(invalid)") {
			t.Errorf("class %d: label %q", c, label)
		}
	}
}

// checkParse holds what must be true of any value.
func checkParse(t interface{ Fatalf(string, ...any) }, value []byte) {
	host, class := Parse(value)
	if class >= NumClasses || (class == ClassHost) != (host != "") {
		t.Fatalf("%q: host %q, class %v", value, host, class)
	}
	if class == ClassHost {
		checkHost(t, host)
		if again, class := Parse([]byte("https://" + host + "/x")); again != host || class != ClassHost {
			t.Fatalf("%q: host %q reads as %q %v", value, host, again, class)
		}
	}
	if host, ok := CanonicalHost(string(value)); ok {
		checkHost(t, host)
	}
}

func checkHost(t interface{ Fatalf(string, ...any) }, host string) {
	if again, ok := CanonicalHost(host); !ok || again != host {
		t.Fatalf("canonical form of %q is %q, %v", host, again, ok)
	}
	name := host
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		name = strings.ReplaceAll(name[1:len(name)-1], ":", "")
	}
	if len(host) > MaxHostLen {
		t.Fatalf("host %q of %d bytes", host, len(host))
	}
	for _, c := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-._", c) {
			t.Fatalf("host %q has a %q", host, c)
		}
	}
}

func TestParseProperties(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"http://", "https://", "HTTP:", "//", "/", "\\", "@", ":", "80", ".", "..", "[", "]", "::1", "%25", "a", "Example",
		"com", "xn--", "ü", "ß", "。", "\u200d", "\u00ad", "\xff", "\x00", " ", "\t", "?", "#", "-", "_", "١", "İ", "K",
	})
	rapid.Check(t, func(t *rapid.T) {
		checkParse(t, []byte(strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")))
	})
}

func FuzzReferer(f *testing.F) {
	for _, seed := range []string{
		"", "-", "http://example.com/", "HTTPS://User:Pass@Example.COM:8443/a?b#c", "http://[2001:db8::1%25eth0]:80/",
		"http://bücher.example/", "http://例え。テスト/", "http://xn--a/", "http://xn--bcher-kva.example./", "http:/x", "null",
		"android-app://x", "moz-extension://x", "data:x", "example.com:80", `http://a\@b/`, "http://a..b/", "http://\xff/",
		"http://1.2.3.4/", "http://[::ffff:1.2.3.4]/", "http://a\u00adb/", "http://١.com/", "http://İ/", " http://a/ ",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) { checkParse(t, value) })
}
