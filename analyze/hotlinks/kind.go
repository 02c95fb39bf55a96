package hotlinks

import (
	"bytes"
	"strings"
)

// Kind is what a request fetches, as far as the way there matters: a page of
// another site embeds images, and links to documents.
type Kind uint8

// The kinds.
const (
	Unclear  Kind = iota // neither path nor content type says
	Document             // somebody went there: pages, and what a link opens or downloads
	Embed                // a page fetched it: images, video, audio, fonts, scripts, styles, data
)

// embedded are the file name extensions of what pages embed, by the
// destinations that a browser fetches for a page (WHATWG Fetch, "destination":
// image, video, audio, track, font, style, script, manifest, object), with the
// extensions that the IANA media type registry and MDN's list of common media
// types give for them. Anything else, archives and PDF included, is opened by
// a click.
var embedded = wordSet(`
	apng avif bmp cur gif heic heif ico jfif jpe jpeg jpg jxl png svg svgz tif tiff webp
	3g2 3gp avi flv m2ts m3u8 m4s m4v mkv mov mp4 mpd mpeg mpg ogv ts webm wmv
	aac flac m4a mid midi mp3 oga ogg opus wav weba wma
	eot otf ttf woff woff2
	cjs css js json less map mjs srt swf vtt wasm webmanifest
`)

// longestExtension bounds the extensions that are looked up.
const longestExtension = 12

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// kindOfPath tells by the extension of the last segment of a path. A path
// without one is a document.
func kindOfPath(path []byte) Kind {
	if len(path) == 0 {
		return Unclear
	}
	last := path[bytes.LastIndexByte(path, '/')+1:]
	dot := bytes.LastIndexByte(last, '.')
	if dot < 0 || len(last)-dot-1 > longestExtension {
		return Document
	}
	var lower [longestExtension]byte
	n := copy(lower[:], last[dot+1:])
	for i, c := range lower[:n] {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	if embedded[string(lower[:n])] {
		return Embed
	}
	return Document
}

// contentKinds are the kinds of content types by prefix, the first that fits.
// "" are types that say too little: the path decides. Sources: as for embedded,
// and the types of HLS (RFC 8216) and DASH (ISO/IEC 23009-1).
var contentKinds = []struct {
	prefix string
	kind   Kind
}{
	{"image/", Embed}, {"video/", Embed}, {"audio/", Embed}, {"font/", Embed}, {"text/css", Embed}, {"text/vtt", Embed},
	{"text/javascript", Embed}, {"application/javascript", Embed}, {"application/x-javascript", Embed}, {"application/ecmascript", Embed},
	{"application/json", Embed}, {"application/manifest+json", Embed}, {"application/wasm", Embed},
	{"application/font", Embed}, {"application/x-font", Embed}, {"application/vnd.ms-fontobject", Embed},
	{"application/vnd.apple.mpegurl", Embed}, {"application/x-mpegurl", Embed}, {"application/dash+xml", Embed},
	{"application/x-shockwave-flash", Embed},
	{"text/html", Document}, {"application/xhtml+xml", Document}, {"application/pdf", Document},
}

// kindOfContent tells by a content type; Unclear where the path is to decide.
func kindOfContent(contentType []byte) Kind {
	media, _, _ := strings.Cut(strings.ToLower(string(contentType[:min(len(contentType), 100)])), ";")
	for _, c := range contentKinds {
		if strings.HasPrefix(media, c.prefix) {
			return c.kind
		}
	}
	return Unclear
}

// programs are words in the User-Agent of what is no browser. Most crawlers
// give an address for complaints, and browsers never do.
var programs = strings.Fields(`bot crawl spider slurp http:// https:// www. @ headless phantomjs python curl wget java/ okhttp
	go-http-client libwww perl ruby php/ node-fetch axios feed monitor preview proxy scrapy lighthouse`)

// engines are words in the User-Agent of every browser of the last 25 years.
var engines = []string{"gecko/", "applewebkit/", "msie ", "trident/", "presto/", "khtml/"}

// longestAgent bounds what of a User-Agent is looked at.
const longestAgent = 1024

// isBrowser reports whether a User-Agent is one that a browser sends. Anybody
// can send one; what sends another is no browser.
func isBrowser(agent []byte) bool {
	text := strings.ToLower(string(agent[:min(len(agent), longestAgent)]))
	if !strings.HasPrefix(text, "mozilla/") && !strings.HasPrefix(text, "opera/") {
		return false
	}
	for _, p := range programs {
		if strings.Contains(text, p) {
			return false
		}
	}
	for _, e := range engines {
		if strings.Contains(text, e) {
			return true
		}
	}
	return false
}
