package record

import (
	"bytes"
	"net/url"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"rulecast/ingest/referer"
)

// Two ways of escaping, for which the same bytes mean different things.
func percent(dst, src []byte) []byte {
	s, err := url.PathUnescape(string(src))
	if err != nil {
		return append(dst, src...)
	}
	return append(dst, s...)
}

func backslash(dst, src []byte) []byte {
	s, err := strconv.Unquote(`"` + string(src) + `"`)
	if err != nil {
		return append(dst, src...)
	}
	return append(dst, s...)
}

// TestFormatsShareDictionary reads raw forms of several formats in one stream:
// each has to stand for what it stands for in its own format, whatever was
// read before.
func TestFormatsShareDictionary(t *testing.T) {
	decodes := []Decode{nil, percent, backslash}
	piece := rapid.SampledFrom([]string{"a", "A", "%41", "%61", `\x41`, `\u0061`, "%25", "%2541", `\\`, "-", " "})
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuilder(ColumnSet(UserAgent, RefererHost))
		for range rapid.IntRange(1, 60).Draw(t, "rows") {
			var raw []byte
			for range rapid.IntRange(1, 3).Draw(t, "pieces") {
				raw = append(raw, piece.Draw(t, "piece")...)
			}
			decode := rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "decode")
			want := raw
			if isMissing(raw) {
				want = nil
			} else if decodes[decode] != nil {
				want = decodes[decode](nil, raw)
			}
			b.SetString(UserAgent, raw, decodes[decode])
			if got := b.dicts.UserAgents.Bytes(b.ids[UserAgent][b.rows]); !bytes.Equal(got, want) {
				t.Fatalf("%q in code %d is %q, want %q", raw, decode, got, want)
			}
			header := append([]byte("http://x"), raw...)
			value := header
			if decodes[decode] != nil {
				value = decodes[decode](nil, header)
			}
			b.SetReferer(header, decodes[decode])
			id := b.ids[RefererHost][b.rows]
			host, class := referer.Parse(value)
			if got := b.dicts.RefererHosts; got.Class(id) != class || class == referer.ClassHost && got.String(id) != host {
				t.Fatalf("%q in code %d has host %q, want %q (%v)", header, decode, got.String(id), host, class)
			}
			b.Commit()
		}
	})
}

// TestManyDecodes hands over more function values than a dictionary numbers.
func TestManyDecodes(t *testing.T) {
	b := NewBuilder(ColumnSet(UserAgent))
	for range 3 {
		for i := range 2 * maxCodes {
			suffix := strconv.Itoa(i)
			b.SetString(UserAgent, []byte("x"), func(dst, src []byte) []byte { return append(append(dst, src...), suffix...) })
			if got, want := b.dicts.UserAgents.String(b.ids[UserAgent][0]), "x"+suffix; got != want {
				t.Fatalf("decode %d made %q, want %q", i, got, want)
			}
		}
	}
}

func TestInternIsSetter(t *testing.T) {
	b := NewBuilder(AllColumns)
	for _, c := range []Column{Client, Country, Method, Host, UserAgent, Action, RefererHost} {
		for _, raw := range []string{"", "-", "1.2.3.4", "::ffff:1.2.3.4", "de", "zz", "Greece", "GET", "Example.COM:443", "http://Example.com/x", "a%20b"} {
			id, ok := b.Intern(c, []byte(raw), percent)
			b.dropRow()
			switch c {
			case Client:
				if set := b.SetClient([]byte(raw)); set != ok {
					t.Errorf("client %q: Intern %v, SetClient %v", raw, ok, set)
				}
				b.resolve(1)
			case Country:
				b.SetCountry([]byte(raw))
			case Host:
				b.SetHost([]byte(raw))
			case RefererHost:
				b.SetReferer([]byte(raw), percent)
			default:
				b.SetString(c, []byte(raw), percent)
			}
			if got := b.ids[c][0]; ok && got != id {
				t.Errorf("%v %q: Intern %d, setter %d", c, raw, id, got)
			}
		}
	}
	if _, ok := NewBuilder(0).Intern(Client, []byte("1.2.3.4"), nil); ok {
		t.Error("interned for a column not asked for")
	}
}

func TestInternValue(t *testing.T) {
	b := NewBuilder(AllColumns)
	b.SetReferer([]byte("http://evil.example:8080/"), nil) // makes "evil.example:8080" a key
	for value, want := range map[string]string{
		"": "(empty)", "(missing)": "(missing)", "(malformed)": "(malformed)", "evil.example": "evil.example", "[::1]": "[::1]",
		"evil.example:8080": "", "UPPER.example": "", "(other)": "", "-": "-",
	} {
		id, ok := b.InternValue(RefererHost, []byte(value))
		if got := b.dicts.RefererHosts.String(id); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %v; want %q", value, got, ok, want)
		}
	}
	id, _ := b.InternValue(UserAgent, []byte("-"))
	b.SetID(UserAgent, id)
	b.SetValue(Query, []byte("-"))
	b.Commit()
	batch := b.Flush(0)
	if got := batch.Dicts.UserAgents.String(batch.IDs(UserAgent)[0]) + string(batch.Text(Query).At(0)); got != "--" {
		t.Errorf("values are %q", got)
	}
}

func BenchmarkSetStringEscaped(b *testing.B) {
	builder := NewBuilder(ColumnSet(UserAgent))
	raw := []byte("Mozilla/5.0%20(Macintosh;%20Intel%20Mac%20OS%20X%2010_15_7)%20AppleWebKit/537.36%20(KHTML,%20like%20Gecko)%20Chrome/120.0.0.0%20Safari/537.36")
	for b.Loop() {
		builder.SetString(UserAgent, raw, percent)
	}
}
