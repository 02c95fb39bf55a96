package hotlinks

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestKindOfPath(t *testing.T) {
	for path, want := range map[string]Kind{
		"": Unclear, "/": Document, "/a": Document, "/a.html": Document, "/a.php": Document, "/a.pdf": Document, "/a.tar.gz": Document, "/a.zip": Document,
		"/a.jpg": Embed, "/a.JPG": Embed, "/x/a.b.WebP": Embed, "/a.mp4": Embed, "/a.woff2": Embed, "/app.js": Embed, "/a.css": Embed, "/live/1.m3u8": Embed,
		"/a.jpg/": Document, "/a.jpg/b": Document, "/.jpg": Embed, "a.png": Embed, "/a.": Document, "/a.jpgjpgjpgjpgjpg": Document, "/a.webmanifest": Embed,
		"/a.%6Apg": Document, "/a.j\x00pg": Document, "/tr:w-300/a.png": Embed,
	} {
		if got := kindOfPath([]byte(path)); got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
	}
}

func TestKindOfContent(t *testing.T) {
	for contentType, want := range map[string]Kind{
		"": Unclear, "image/jpeg": Embed, "IMAGE/PNG": Embed, "video/mp4; codecs=avc1": Embed, "text/html; charset=utf-8": Document,
		"application/pdf": Document, "application/octet-stream": Unclear, "text/plain": Unclear, "application/vnd.apple.mpegurl": Embed,
		strings.Repeat("x", 1<<16): Unclear,
	} {
		if got := kindOfContent([]byte(contentType)); got != want {
			t.Errorf("%q: %d, want %d", contentType, got, want)
		}
	}
}

func TestIsBrowser(t *testing.T) {
	for agent, want := range map[string]bool{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           true,
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  true,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": true,
		"Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)":                                                                                      true,
		"Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18":                                                                               true,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                                                false,
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)":                                  false,
		"Mozilla/5.0 zgrab/0.x": false, "Mozilla/5.0": false, "curl/8.4.0": false, "python-requests/2.31.0": false, "": false,
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)":                     false,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36": false,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 " + strings.Repeat("a", 1<<20):                              true,
	} {
		if got := isBrowser([]byte(agent)); got != want {
			t.Errorf("%.150q: %v", agent, got)
		}
	}
}

func TestClasses(t *testing.T) {
	c := KnownClasses()
	if err := c.Extend("mine.txt", "\ufeffpartner partner.example # ours\r\n\nnone\tpinterest.*\nnone www.bing.com\nsearch https.example\nsocial B\u00fccher.example\n"); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]Class{
		"www.google.com": Search, "google.co.uk": Search, "images.google.de": Search, "google.example": Unclassified, "google.blogspot.com": Unclassified,
		"notgoogle.com": Unclassified, "google.com.evil.example": Unclassified, "mail.google.com": Webmail, "translate.google.com": Translate,
		"sites.google.com": Unclassified, "webcache.googleusercontent.com": Cache, "lh3.googleusercontent.com": Unclassified,
		"www-shop-example.translate.goog": Translate, "t.co": Social, "at.co": Unclassified, "feedly.com": Feed, "chatgpt.com": Assistant,
		"web.archive.org": Cache, "partner.example": Partner, "cdn.partner.example": Partner, "www.pinterest.com": Unclassified,
		"www.bing.com": Unclassified, "cn.bing.com": Search, "203.0.113.9": Unclassified, "[2001:db8::5]": Unclassified, "com": Unclassified, "": Unclassified,
		"xn--bcher-kva.example": Social,
	} {
		if got := c.Of(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
	if (&Classes{}).Of("www.google.com") != Unclassified {
		t.Error("the zero value knows something")
	}
}

func TestClassErrors(t *testing.T) {
	for text, want := range map[string]string{
		"search":                    `f:1: 1 words: must be a class and a domain`,
		"# x\n\nsearch a b":         `f:3: 3 words: must be a class and a domain`,
		"serach a.example":          `f:1: class "serach": must be one of search, social, webmail, translate, cache, feed, ai, partner or none`,
		"search com":                `f:1: "com" is a public suffix: everybody's domains end so`,
		"search a b.*":              `f:1: 3 words: must be a class and a domain`,
		"search a.b.*":              `f:1: "a.b.*": must be one name before .*`,
		"search .*":                 `f:1: ".*": must be one name before .*`,
		"search https://a.example/": `f:1: "https://a.example/" is not a domain`,
		"search *.a.example":        `f:1: "*.a.example" is not a domain`,
	} {
		if err := (&Classes{}).Extend("f", text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestSort sorts ledgers of many equal keys by bytes and by comparison.
func TestSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, fewEntries - 1, fewEntries, 3 * fewEntries} {
		for _, spread := range []uint32{1, 2, 300, 1 << 31} {
			l := ledger[visit]{key: keyOfVisit, compare: compareVisits}
			o := ledger[own]{key: keyOfOwn, compare: compareOwn}
			for range n {
				l.entries = append(l.entries, visit{host: rng.Uint32N(spread), hash: rng.Uint32N(spread), client: rng.Uint32N(3), slot: int32(rng.IntN(5)) - 2, country: uint16(rng.IntN(2))})
				o.entries = append(o.entries, own{client: rng.Uint32N(spread), slot: int32(rng.Uint32())})
			}
			want, wantOwn := slices.Clone(l.entries), slices.Clone(o.entries)
			slices.SortFunc(want, compareVisits)
			slices.SortFunc(wantOwn, compareOwn)
			l.sort()
			o.sort()
			if !slices.Equal(l.entries, want) || !slices.Equal(o.entries, wantOwn) {
				t.Errorf("%d entries, keys below %d: not sorted", n, spread)
			}
		}
	}
}
