package hotlinks

import (
	"math/rand/v2"
	"slices"
	"testing"
)

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

// TestTake fills ledgers in parts, with many equal keys, and compares with all
// of it sorted and joined at once.
func TestTake(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 1000, 3000} {
		for _, spread := range []uint32{1, 2, 300, 1 << 31} {
			l := ledger[visit]{limit: 1 + rng.IntN(n+1), key: keyOfVisit, compare: compareVisits, join: joinVisits}
			var all []visit
			for range n {
				v := visit{host: rng.Uint32N(spread), hash: rng.Uint32N(spread), client: rng.Uint32N(3), slot: int32(rng.IntN(5)) - 2, country: uint16(rng.IntN(2)), requests: 1}
				all = append(all, v)
				l.add(&v)
			}
			l.compact()
			slices.SortFunc(all, func(v, w visit) int { return compareVisits(&v, &w) })
			var want []visit
			for i, v := range all {
				if i > 0 && compareVisits(&all[i-1], &v) == 0 {
					want[len(want)-1].requests++
					continue
				}
				want = append(want, v)
			}
			if !slices.Equal(l.entries, want) {
				t.Errorf("%d entries, keys below %d: %d entries, want %d", n, spread, len(l.entries), len(want))
			}
		}
	}
}
