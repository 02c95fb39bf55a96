package site

import "testing"

func TestOf(t *testing.T) {
	for host, want := range map[string]string{
		"www.shop.example": "shop.example", "shop.example": "shop.example", "a.b.example.co.uk": "example.co.uk",
		"someone.github.io": "someone.github.io", "www.someone.github.io": "someone.github.io", "blog.blogspot.com": "blog.blogspot.com",
		"com": "com", "co.uk": "co.uk", "github.io": "github.io", "localhost": "localhost",
		"203.0.113.9": "203.0.113.9", "[2001:db8::5]": "[2001:db8::5]", "a..b": "a..b", "": "",
		"www.xn--bcher-kva.example": "xn--bcher-kva.example", "www.example.xn--p1ai": "example.xn--p1ai",
	} {
		if got := Of(host); got != want {
			t.Errorf("site of %q is %q, want %q", host, got, want)
		}
	}
}

func TestIsSuffix(t *testing.T) {
	for host, want := range map[string][2]bool{
		"com": {true, true}, "co.uk": {true, true}, "github.io": {true, false}, "example.com": {}, "someone.github.io": {},
		"localhost": {}, "example": {}, "203.0.113.9": {}, "[::1]": {},
	} {
		if is, registry := IsSuffix(host); [2]bool{is, registry} != want {
			t.Errorf("IsSuffix(%q) = %v, %v", host, is, registry)
		}
	}
}

func TestBrand(t *testing.T) {
	for host, want := range map[string]string{
		"www.google.co.uk": "google", "google.com": "google", "google.blogspot.com": "", "com": "", "www.google.example": "",
		"203.0.113.9": "", "": "",
	} {
		if got, ok := Brand(host); got != want || ok != (want != "") {
			t.Errorf("brand of %q is %q, %v, want %q", host, got, ok, want)
		}
	}
}
