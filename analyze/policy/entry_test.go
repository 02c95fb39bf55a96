package policy_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rulecast/analyze/policy"
)

func TestCountries(t *testing.T) {
	if n := len(policy.Countries()); n != 249 {
		t.Errorf("%d countries", n)
	}
	for _, code := range policy.Countries() {
		if !policy.IsCountry(code) {
			t.Errorf("%s", code)
		}
	}
	for _, code := range []string{"", "A", "D ", " D", "DEU", "de", "UK", "XK", "EU", "ZZ", "E\n"} {
		if policy.IsCountry(code) {
			t.Errorf("%q", code)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "192.0.2.0/24": "192.0.2.0/24", "2001:DB8::1": "2001:db8::1/128",
		"10.0.0.5/24": "10.0.0.0/24", "::ffff:192.0.2.1": "192.0.2.1/32", "::ffff:10.0.0.5/120": "10.0.0.0/24", "::/0": "::/0",
	} {
		e, warning, err := policy.ParseAddress(text)
		if err != nil || e.Prefix.String() != want {
			t.Errorf("%s: %s, %v", text, e.Prefix, err)
		}
		if changed := strings.Contains(text, ".5/") || strings.Contains(text, "ffff"); changed != (warning != "") {
			t.Errorf("%s: warning %q", text, warning)
		}
	}
	for _, text := range []string{"", "192.0.2", "192.0.2.256", "192.0.2.1/33", "192.0.2.01", "192.0.2.0/024", "fe80::1%eth0", "fe80::%1/64",
		"192.0.2.1-192.0.2.9", "192.0.2.*", "192.0.2.1 ", "ALL", "https://192.0.2.1/"} {
		if e, _, err := policy.ParseAddress(text); err == nil {
			t.Errorf("%q is read as %v", text, e)
		}
	}
}

// TestSubtract counts addresses one by one in a small network.
func TestSubtract(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := func(label string) netip.Prefix {
			a := netip.AddrFrom4([4]byte{192, 0, 2, rapid.Byte().Draw(t, label)})
			return netip.PrefixFrom(a, rapid.IntRange(23, 32).Draw(t, label)).Masked()
		}
		p := small("p")
		var holes []netip.Prefix
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			holes = append(holes, small("hole"))
		}
		rest := policy.Subtract(p, holes)
		a := netip.MustParseAddr("192.0.1.255")
		for range 514 {
			want := p.Contains(a)
			for _, h := range holes {
				want = want && !h.Contains(a)
			}
			have := 0
			for _, r := range rest {
				if r != r.Masked() {
					t.Fatalf("%s is not masked", r)
				}
				if r.Contains(a) {
					have++
				}
			}
			if have > 1 || want != (have == 1) {
				t.Fatalf("%s minus %v is %v: %s is in it %d times", p, holes, rest, a, have)
			}
			a = a.Next()
		}
		if last := policy.LastAddr(p); !p.Contains(last) || p.Contains(last.Next()) {
			t.Fatalf("the last of %s is not %s", p, last)
		}
	})
}

// TestScopesCompared asks both scopes about requests.
func TestScopesCompared(t *testing.T) {
	scopes := []policy.Scope{
		{}, {Kind: policy.Homepage},
		{Kind: policy.FileTypes, Values: []string{"jpg"}}, {Kind: policy.FileTypes, Values: []string{"jpg", "png"}},
		{Kind: policy.URIs, Values: []string{"/"}}, {Kind: policy.URIs, Values: []string{"/"}, IgnoreQuery: true},
		{Kind: policy.URIs, Values: []string{"/a/b.jpg?x", "/a/c.png"}}, {Kind: policy.URIs, Values: []string{"/a/b.jpg"}, IgnoreQuery: true},
		{Kind: policy.Directories, Values: []string{"/"}}, {Kind: policy.Directories, Values: []string{"/a/"}},
		{Kind: policy.Directories, Values: []string{"/a/d/", "/e/"}},
		{Kind: policy.URLPattern, Pattern: "jpg$", Regexp: regexp.MustCompile("jpg$")},
		{Kind: policy.URLPattern, Pattern: "^/$", Regexp: regexp.MustCompile("^/$")},
	}
	paths := []string{"/", "/a/b.jpg", "/a/c.png", "/a/d/e.JPG", "/e/f", "/g.jpg", "/h"}
	for i := range scopes {
		for j := range scopes {
			a, b := &scopes[i], &scopes[j]
			if a.MayOverlap(b) != b.MayOverlap(a) {
				t.Errorf("%+v and %+v: overlap one way only", a, b)
			}
			for _, path := range paths {
				for _, query := range []string{"", "x", "jpg"} {
					inA, inB := a.Contains(path, query), b.Contains(path, query)
					if inB && !inA && a.Covers(b) {
						t.Errorf("%+v covers %+v, but not %s?%s", a, b, path, query)
					}
					if inA && inB && !a.MayOverlap(b) {
						t.Errorf("%+v and %+v overlap in %s?%s", a, b, path, query)
					}
				}
			}
			if i == j && !a.Covers(b) {
				t.Errorf("%+v does not cover itself", a)
			}
		}
	}
}
