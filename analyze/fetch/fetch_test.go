package fetch

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOfPath(t *testing.T) {
	for path, want := range map[string]Kind{
		"": Unclear, "/": Document, "/a": Document, "/a.html": Document, "/a.php": Document, "/a.pdf": Document, "/a.tar.gz": Document, "/a.zip": Document,
		"/a.jpg": Embed, "/a.JPG": Embed, "/x/a.b.WebP": Embed, "/a.mp4": Embed, "/a.woff2": Embed, "/app.js": Embed, "/a.css": Embed, "/live/1.m3u8": Embed,
		"/a.jpg/": Document, "/a.jpg/b": Document, "/.jpg": Embed, "a.png": Embed, "/a.": Document, "/a.jpgjpgjpgjpgjpg": Document, "/a.webmanifest": Embed, "/a.WebManifest": Embed, "/xwebmanifest": Document, ".webmanifest": Embed, "webmanifest": Document,
		"/a.json": Data, "/a.json/": Document, "/a.\x00jpg": Document, "/a.jpgjpgjp": Document, "/a.jpgjpgjpg": Document, "/\xff\xfe.png": Embed,
		"/a.%6Apg": Document, "/a.j\x00pg": Document, "/tr:w-300/a.png": Embed,
	} {
		if got := OfPath([]byte(path)); got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
	}
}

func TestOfContentType(t *testing.T) {
	for contentType, want := range map[string]Kind{
		"": Unclear, "image/jpeg": Embed, "IMAGE/PNG": Embed, "video/mp4; codecs=avc1": Embed, "text/html; charset=utf-8": Document,
		"application/pdf": Document, "application/octet-stream": Unclear, "application/json": Data, "text/plain": Unclear, "application/vnd.apple.mpegurl": Embed,
		strings.Repeat("x", 1<<16): Unclear,
	} {
		if got := OfContentType([]byte(contentType)); got != want {
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
		if got := IsBrowser([]byte(agent)); got != want {
			t.Errorf("%.150q: %v", agent, got)
		}
	}
}

// slowOfPath is OfPath in words.
func slowOfPath(path []byte) Kind {
	if len(path) == 0 {
		return Unclear
	}
	last := path[bytes.LastIndexByte(path, '/')+1:]
	dot := bytes.LastIndexByte(last, '.')
	if dot < 0 {
		return Document
	}
	extension := strings.ToLower(string(last[dot+1:]))
	for _, e := range strings.Fields(embedded + " " + manifest) {
		if e == extension {
			return Embed
		}
	}
	if extension == data {
		return Data
	}
	return Document
}

func TestOfPathAgreesWithOracle(t *testing.T) {
	pieces := append(strings.Fields(embedded), "json", manifest, "WEBMANIFEST", "JPG", "/", "/", ".", ".", ".", "a", "\x00", "\xff", "%2e", "html")
	rapid.Check(t, func(t *rapid.T) {
		path := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, "path"), ""))
		if got, want := OfPath(path), slowOfPath(path); got != want {
			t.Fatalf("%q: %d, oracle says %d", path, got, want)
		}
	})
	for _, e := range strings.Fields(embedded) {
		if OfPath([]byte("/a."+e)) != Embed {
			t.Errorf("%s is not found", e)
		}
	}
}
