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
}

func (e *UnrecognisedError) Error() string {
	text := "no known log format"
	if e.Hint != "" {
		text += ": it seems to be " + e.Hint
	}
	if len(e.Misses) == 0 {
		return text
	}
	var misses []string
	for i := 0; i < len(e.Misses); {
		same := i // formats that are looked for alike miss the same
		var names []string
		for ; i < len(e.Misses) && e.Misses[i].Missed == e.Misses[same].Missed; i++ {
			names = append(names, e.Misses[i].Format)
		}
		misses = append(misses, strings.Join(names, ", ")+": "+e.Misses[same].Missed)
	}
	return text + " (" + strings.Join(misses, "; ") + ")"
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
