package ingest

import (
	"bytes"
	"slices"
	"strings"

	"rulecast/ingest/format"
)

// UnrecognisedError says that an input is in no format that is known.
type UnrecognisedError struct {
	Hint   string        // what it seems to be; may be ""
	Misses []format.Miss // what each format missed
	First  byte          // of the input, but for white space; 0 if it has none
}

func (e *UnrecognisedError) Error() string {
	const unknown = "no known log format"
	if e.Hint != "" {
		return unknown + ": it seems to be " + e.Hint
	}
	const others = "; --log-format and --field read others"
	switch e.First {
	case 0:
		return unknown + ": nothing but white space"
	case '{', '[':
		if missed := e.missed("cloudflare"); missed != "" && !strings.HasPrefix(missed, "JSON without") {
			return unknown + ": " + missed // as far as any format reads JSON
		}
		return unknown + ": JSON with the keys of no log that is known" + others
	case '#':
		return unknown + e.misses("cloudfront", "w3c") + others
	}
	return unknown + e.misses("combined") + others
}

// misses is what the formats named have missed, behind a colon; the others'
// misses would say the same of lines that are like nothing they know.
func (e *UnrecognisedError) misses(names ...string) string {
	var misses []string
	for _, name := range names {
		if missed := e.missed(name); missed != "" {
			misses = append(misses, missed)
		}
	}
	if len(misses) == 0 {
		return ""
	}
	return ": " + strings.Join(slices.Compact(misses), "; ")
}

func (e *UnrecognisedError) missed(name string) string {
	for _, m := range e.Misses {
		if m.Format == name {
			return m.Missed
		}
	}
	return ""
}

// firstByte is the first byte of text, but for white space.
func firstByte(head []byte) byte {
	if head = bytes.TrimLeft(head, " \t\r\n"); len(head) > 0 {
		return head[0]
	}
	return 0
}

// UnfitError says that the fields that map every input do not fit this one.
type UnfitError struct {
	Missed string // what the input does not have
}

func (e *UnfitError) Error() string { return "the fields do not fit: " + e.Missed }

var (
	utf8BOM    = []byte("\xef\xbb\xbf")
	utf16BOMs  = [][]byte{[]byte("\xff\xfe"), []byte("\xfe\xff")}
	otherFiles = []struct {
		at    int
		magic string
		hint  string
	}{
		{0, "\xfd7zXZ\x00", "compressed with xz; unpack it first"},
		{0, "PK\x03\x04", "a zip archive; unpack it first"},
		{0, "7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"},
		{0, "\x04\x22\x4d\x18", "compressed with lz4; unpack it first"},
		{0, "\xff\x06\x00\x00sNaPpY", "compressed with snappy; unpack it first"},
		{0, "\x1f\x9d", "compressed with compress; unpack it first"},
		{0, "\x1f\x8b", "compressed twice; unpack it first"},
		{0, "\x28\xb5\x2f\xfd", "compressed twice; unpack it first"},
		{257, "ustar", "a tar archive; unpack it first"},
	}
)

// utf16Hint is a hint if text is in UTF-16: it has a byte order mark or begins
// with an ASCII character in two bytes.
func utf16Hint(head []byte) string {
	marked := slices.ContainsFunc(utf16BOMs, func(bom []byte) bool { return bytes.HasPrefix(head, bom) })
	wide := len(head) >= 4 && (isText(head[0]) && head[1] == 0 && isText(head[2]) && head[3] == 0 ||
		head[0] == 0 && isText(head[1]) && head[2] == 0 && isText(head[3]))
	if marked || wide {
		return "UTF-16 text; convert it to UTF-8 first"
	}
	return ""
}

func isText(c byte) bool { return ' ' <= c && c < 0x7f }

// hint says what an input that no format recognised may be.
func hint(head []byte) string {
	for _, f := range otherFiles {
		if len(head) >= f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return f.hint
		}
	}
	return utf16Hint(head)
}
