package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile are strings that an attacker may write into a log.
var hostile = []string{
	"\x1b[31mred\x1b[0m",
	"\x1b]0;title\x07",
	"\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
	"\u009b31mC1 as UTF-8",
	"\x9b31mC1 as a byte",
	"user\u202egnp.exe",
	"\u2066isolate\u2069 \u200fmark",
	"zero\u200bwidth\u200djoiner\ufeff",
	"=cmd|' /C calc'!A0",
	"+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1+1", "a;=1", `a; "=1`, `"=1`,
	"nul\x00nul",
	"line\nbreak\r\nand\ttab",
	"invalid \xff\xfe utf-8 \xc3",
	"\ufffd a real replacement character",
	"a" + strings.Repeat("\u0301", 300),
	strings.Repeat("x", 100_000),
	strings.Repeat("漢", 50_000),
	strings.Repeat("\u0301", 100_000),
	"\u2028\u2029 separators",
	"\U000e0041 tag \ufe0f selector \u3164 filler",
	"<script>alert(1)</script>",
	`quote " comma , backslash \ \x1b`,
	"",
	" ",
}

func TestSafeText(t *testing.T) {
	for in, want := range map[string]string{
		"plain ASCII, ünï, 漢字, \U0001f600": "plain ASCII, ünï, 漢字, \U0001f600",
		"\x1b[31m":                         `\x1b[31m`,
		"\x00\x7f":                         `\x00\x7f`,
		"a\nb\r\tc":                        `a\nb\r\tc`,
		"\u0085\u009b":                     `\u0085\u009b`,
		"\x9b":                             `\x9b`,
		"\u202egnp":                        `\u202egnp`,
		"a\u200bb":                         `a\u200bb`,
		"\U000e0041":                       `\U000e0041`,
		"\u00a0\u3000":                     `\u00a0\u3000`,
		"\u3164\ufe0f\u034f":               `\u3164\ufe0f\u034f`,
		"\ue000\u0378":                     `\ue000\u0378`,
		"\ufffd\xff":                       "\ufffd" + `\xff`,
		`a\x1b`:                            `a\x1b`,
		"e\u0301":                          "e\u0301",
		"e" + strings.Repeat("\u0301", 6):  "e" + strings.Repeat("\u0301", 4) + `\u0301\u0301`,
		"":                                 "",
	} {
		if got := SafeText(in); got != want {
			t.Errorf("SafeText(%+q) = %+q, want %+q", in, got, want)
		}
	}
	if got, want := SafeLines("a\n  ^\x1b\r\n"), "a\n  ^\\x1b\\r\n"; got != want {
		t.Errorf("SafeLines = %q, want %q", got, want)
	}
}

// checkSafe fails if a text holds a rune that may have an effect on a terminal.
// allowed are the exceptions.
func checkSafe(t *testing.T, what, text, allowed string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Fatalf("%s: not UTF-8", what)
	}
	marks := 0
	for i, r := range text {
		if strings.ContainsRune(allowed, r) {
			continue
		}
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Join_Control, unicode.Variation_Selector) {
			t.Fatalf("%s: %U at %d", what, r, i)
		}
		if unicode.Is(unicode.Mn, r) {
			marks++
		} else {
			marks = 0
		}
		if marks > maxMarks {
			t.Fatalf("%s: %d combining marks in a row at %d", what, marks, i)
		}
	}
}

func FuzzSafeText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s[:min(len(s), 2000)])
	}
	f.Fuzz(func(t *testing.T, s string) {
		safe := SafeText(s)
		checkSafe(t, "SafeText", safe, "")
		if again := SafeText(safe); again != safe {
			t.Fatalf("%q becomes %q the second time", safe, again)
		}
		if lines := SafeLines(s); strings.ReplaceAll(lines, "\n", `\n`) != safe {
			t.Fatalf("SafeLines %q, SafeText %q", lines, safe)
		}
		for _, width := range []int{1, 2, 7, 30} {
			short := shorten(safe, width)
			checkSafe(t, "shorten", short, "")
			if displayWidth(short) > width {
				t.Fatalf("shortened to %d: %q is %d wide", width, short, displayWidth(short))
			}
		}
	})
}
