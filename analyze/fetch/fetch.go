// Package fetch tells what a request fetches, and whether a browser sent it,
// by what a log has of it: the path, the content type and the User-Agent.
package fetch

import "strings"

// Kind is what a request fetches.
type Kind uint8

// The kinds.
const (
	Unclear  Kind = iota // neither path nor content type says
	Document             // somebody went there: pages, and what a link opens or downloads
	Embed                // a page loads it: images, video, audio, fonts, scripts, styles
	Data                 // a page's script asks for it, or any program: JSON
)

// embedded are the file name extensions of what pages embed, by the
// destinations that a browser fetches for a page (WHATWG Fetch, "destination":
// image, video, audio, track, font, style, script, manifest, object), with the
// extensions that the IANA media type registry and MDN's list of common media
// types give for them. Anything else, archives and PDF included, is opened by
// a click.
const embedded = `
	apng avif bmp cur gif heic heif ico jfif jpe jpeg jpg jxl png svg svgz tif tiff webp
	3g2 3gp avi flv m2ts m3u8 m4s m4v mkv mov mp4 mpd mpeg mpg ogv ts webm wmv
	aac flac m4a mid midi mp3 oga ogg opus wav weba wma
	eot otf ttf woff woff2
	cjs css js less map mjs srt swf vtt wasm
`

// data are the file name extensions of data.
const data = "json"

// manifest is the one extension of what pages embed that no word holds.
const manifest = "webmanifest"

// A word is up to eight bytes of an extension in lower case, the last lowest.
type word uint64

const longestWord = 8

func wordOf(text string) (w word) {
	for _, c := range []byte(text) {
		w = w<<8 | word(c)
	}
	return w
}

// wordTable is a hash table of words, open addressed and a quarter full.
type wordTable [512]struct {
	word word
	kind Kind
}

// place is where a word is looked for first.
func (w word) place() uint64 { return uint64(w) * 0x9e3779b97f4a7c15 >> 55 }

var extensions = func() (t wordTable) {
	for text, kind := range map[string]Kind{embedded: Embed, data: Data} {
		for _, extension := range strings.Fields(text) {
			w := wordOf(extension)
			at := w.place()
			for t[at].word != 0 {
				at = (at + 1) % uint64(len(t))
			}
			t[at].word, t[at].kind = w, kind
		}
	}
	return t
}()

// OfPath tells by the extension of the last segment of a path. A path without
// one is a document.
func OfPath(path []byte) Kind {
	if len(path) == 0 {
		return Unclear
	}
	var w word
	for n := 0; n <= longestWord && n < len(path); n++ {
		c := path[len(path)-1-n]
		switch {
		case c == '/', c == 0: // 0 would be no part of a word
			return Document
		case c == '.':
			return ofWord(w)
		case n == longestWord:
			return ofLong(path)
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		}
		w |= word(c) << (8 * n)
	}
	return Document
}

func ofWord(w word) Kind {
	for at := w.place(); extensions[at].word != 0; at = (at + 1) % uint64(len(extensions)) {
		if extensions[at].word == w {
			return extensions[at].kind
		}
	}
	return Document
}

// ofLong is OfPath for what has no dot or slash among the last bytes.
func ofLong(path []byte) Kind {
	if n := len(path) - len(manifest); n > 0 && path[n-1] == '.' && strings.EqualFold(string(path[n:]), manifest) {
		return Embed
	}
	return Document
}

// contentKinds are the kinds of content types by prefix, the first that fits.
// Types that say too little are not there: the path decides. Sources: as for
// embedded, and the types of HLS (RFC 8216) and DASH (ISO/IEC 23009-1).
var contentKinds = []struct {
	prefix string
	kind   Kind
}{
	{"image/", Embed}, {"video/", Embed}, {"audio/", Embed}, {"font/", Embed}, {"text/css", Embed}, {"text/vtt", Embed},
	{"text/javascript", Embed}, {"application/javascript", Embed}, {"application/x-javascript", Embed}, {"application/ecmascript", Embed},
	{"application/json", Data}, {"application/manifest+json", Embed}, {"application/wasm", Embed},
	{"application/font", Embed}, {"application/x-font", Embed}, {"application/vnd.ms-fontobject", Embed},
	{"application/vnd.apple.mpegurl", Embed}, {"application/x-mpegurl", Embed}, {"application/dash+xml", Embed},
	{"application/x-shockwave-flash", Embed},
	{"text/html", Document}, {"application/xhtml+xml", Document}, {"application/pdf", Document},
}

// longestContentType bounds what of a content type is looked at.
const longestContentType = 100

// OfContentType tells by a content type; Unclear where the path is to decide.
func OfContentType(contentType []byte) Kind {
	media, _, _ := strings.Cut(strings.ToLower(string(contentType[:min(len(contentType), longestContentType)])), ";")
	for _, c := range contentKinds {
		if strings.HasPrefix(media, c.prefix) {
			return c.kind
		}
	}
	return Unclear
}
