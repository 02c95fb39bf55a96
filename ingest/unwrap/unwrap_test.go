package unwrap

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDetect(t *testing.T) {
	for head, want := range map[string]Kind{
		"":                                    Lines,
		" \n":                                 Lines,
		"{\"a\":1}\n{\"a\":2}\n":              Lines,
		"{\"records\":1}\n":                   Lines,
		"{\"a\":{\"records\":[{":              Lines,
		"{\"a\":\"records\",\"b\":[{\"c\":1":  Lines,
		"{\"records\":[1,2]}":                 Lines,
		"{\"Records\":[{}]}":                  Lines,
		"{\"a\":1}\n{\"records\":[{}]}":       Lines,
		"{\"a\":1,\n\"b\":2}\n":               Lines, // rather a line cut short
		"{ \"a\":1}":                          Lines,
		"{":                                   Lines,
		"{\n":                                 Lines,
		"[":                                   Lines,
		"[]x":                                 Lines,
		"[9/Jun/2015:01:58:09 +0800] 1.2.3.4": Lines,
		"203.0.113.7 - - [":                   Lines,
		"[{\"a\":1},":                         Array,
		" [\r\n  {":                           Array,
		"[]\n":                                Array,
		"{\"records\":[{\"a\":":               Records,
		"{ \"records\" : [ ] }":               Records,
		"{\"n\":[\"records\",{\"x\":1}],\"s\":\"\\\"{[\",\n\"records\"\n:\n[\n{": Records,
		"{\n  \"records\": [\n    {\n":                                           Records,
		"{\n  \"a\": 1\n}\n":                                                     Objects,
		"{\r\n\t\"a\":":                                                          Objects,
	} {
		if got := Detect([]byte(head)); got != want {
			t.Errorf("%q: %d, want %d", head, got, want)
		}
	}
}

// unwrapped is all that comes of the pieces of an input.
func unwrapped(kind Kind, pieces ...string) (string, error) {
	u := New(kind)
	var out []byte
	for _, piece := range pieces {
		lines, err := u.Next([]byte(piece), nil)
		if err != nil {
			return "", err
		}
		out = append(out, lines...)
	}
	lines, err := u.Next(nil, io.EOF)
	if err == io.EOF {
		err = nil
	}
	return string(append(out, lines...)), err
}

func TestUnwrap(t *testing.T) {
	for _, c := range []struct {
		kind     Kind
		in, want string
		err      error
	}{
		{Array, `[]`, "", nil},
		{Array, `[{"a":1},{"b":"]},{"}]`, "{\"a\":1}\n{\"b\":\"]},{\"}\n", nil},
		{Array, "[\n  {\n    \"a\": \"x\\\"y\\\\\",\r\n\t\"b\": [1, 2]\n  }\n]\n", "{ \"a\": \"x\\\"y\\\\\", \"b\": [1, 2] }\n", nil},
		{Array, "[{\"a\":1}]\n[{\"a\":2}]{\"a\":3}", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", nil},
		{Array, `[1, "a ,]b" ,true,[2,[3]],null]`, "1\n\"a ,]b\"\ntrue\n[2,[3]]\nnull\n", nil},
		{Array, `[{"a":1},{"b":2`, "{\"a\":1}\n{\"b\":2", ErrTruncated},
		{Array, `[{"a":1}`, "{\"a\":1}\n", ErrTruncated},
		{Array, `[{"a":1}] rest }`, "{\"a\":1}\nrest\n}", nil},
		{Array, `[{"a":[}]}]`, "{\"a\":[}]\n}\n", nil},
		{Array, `[{"a":[}},{}]`, "{\"a\":[}}\n{}\n", nil},
		{Array, "[{\"a\":\"x\ny\\\nz\"}]", "{\"a\":\"x\ry\\\rz\"}\n", nil},
		{Records, `{"records":[{"a":1},{"a":2}]}`, "{\"a\":1}\n{\"a\":2}\n", nil},
		{Records, `{"n":{"records":[{"a":0}]},"s":"records","records" : [ {"a":1} ],"x":[{"a":3}]} {"records":[]}`, "{\"a\":1}\n", nil},
		{Records, "{\"records\":[{\"a\":1}]}\n{\"records\":[{\"a\":2}]}\n", "{\"a\":1}\n{\"a\":2}\n", nil},
		{Records, `{"records":[{"a":1}],"records":[{"a":2}]}`, "{\"a\":1}\n{\"a\":2}\n", nil},
		{Records, `{"records":[{"a":1}]} {"b":1} {"records":[{"a":2}]}`, "{\"a\":1}\n{\"a\":2}\n", ErrNoRecords},
		{Records, `{"records":[{"a":1}]`, "{\"a\":1}\n", ErrTruncated},
		{Records, `{"records":[{"a":"`, "{\"a\":\"", ErrTruncated},
		{Objects, "{\n \"a\": {\n \"b\": 1\n }\n}\n{\n}\n", "{ \"a\": { \"b\": 1 } }\n{ }\n", nil},
		{Objects, "{\n \"a\": 1\n", "{ \"a\": 1 ", ErrTruncated},
	} {
		got, err := unwrapped(c.kind, c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q:\ngot  %q %v\nwant %q %v", c.in, got, err, c.want, c.err)
		}
		if cut, err := unwrapped(c.kind, strings.Split(c.in, "")...); cut != got || !errors.Is(err, c.err) {
			t.Errorf("%q byte by byte: %q %v", c.in, cut, err)
		}
	}
}

// TestUnwrapProperty wraps values of any kind in any way that JSON can be
// written and demands that they come back.
func TestUnwrapProperty(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune(`ab"\/{}[]:, é`+"\n\t")), 0, 10, -1)
	object := rapid.MapOfN(text, rapid.OneOf(rapid.Map(text, toAny), rapid.Map(rapid.Int(), toAny), rapid.Map(rapid.SliceOfN(text, 0, 3), toAny),
		rapid.Map(rapid.MapOfN(text, text, 0, 3), toAny)), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(object, 1, 6).Draw(t, "records")
		var whole any = records
		kind := rapid.SampledFrom([]Kind{Array, Records}).Draw(t, "kind")
		if kind == Records {
			whole = map[string]any{"records": records, "a": []string{"records"}, "z": map[string]int{"records": 1}}
		}
		in, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "pretty") {
			var b bytes.Buffer
			json.Indent(&b, in, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
			in = b.Bytes()
		}
		if got := Detect(in); got != kind {
			t.Fatalf("%q: kind %d, want %d", in, got, kind)
		}
		var want strings.Builder
		for _, r := range records {
			line, _ := json.Marshal(r)
			want.WriteString(string(line) + "\n")
		}
		var pieces []string
		for rest := string(in); rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		got, err := unwrapped(kind, pieces...)
		if err != nil {
			t.Fatal(err)
		}
		var compact strings.Builder
		for line := range strings.Lines(got) {
			var b bytes.Buffer
			if err := json.Compact(&b, []byte(line)); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			compact.WriteString(b.String() + "\n")
		}
		if compact.String() != want.String() {
			t.Fatalf("got %q, want %q", compact.String(), want.String())
		}
		cut := rapid.IntRange(1, len(in)-1).Draw(t, "cut")
		short, err := unwrapped(kind, string(in[:cut]))
		if !strings.HasPrefix(got, strings.TrimRight(short, " ")) || err != ErrTruncated {
			t.Fatalf("%q: %q %v", in[:cut], short, err)
		}
	})
}

func toAny[T any](v T) any { return v }

// FuzzUnwrap demands of any bytes that where they are cut makes no difference
// and that lines are not much longer than they.
func FuzzUnwrap(f *testing.F) {
	f.Add([]byte(`{"n":1,"records":[{"a":"\"]"}, 1 ,[2]]} x`), 7)
	f.Add([]byte("[{\n \"a\": \"x\ny\"}]\n{\"records\":{}}"), 1)
	f.Fuzz(func(t *testing.T, in []byte, n int) {
		Detect(in)
		for kind := Array; kind <= Objects; kind++ {
			want, err := unwrapped(kind, string(in))
			if len(want) > 2*len(in) {
				t.Fatalf("%q: %q", in, want)
			}
			at := 0
			if len(in) > 0 {
				at = int(uint(n) % uint(len(in)))
			}
			if got, cutErr := unwrapped(kind, string(in[:at]), string(in[at:])); got != want || cutErr != err {
				t.Fatalf("%q, kind %d, cut at %d: %q %v, want %q %v", in, kind, at, got, cutErr, want, err)
			}
		}
	})
}

func BenchmarkUnwrap(b *testing.B) {
	record := `    {"time":"2024-04-10T23:00:00.1234567Z","properties":{"clientIp":"203.0.113.7","userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36","n":12345}},` + "\n"
	data := []byte(strings.Repeat(record, 1000))
	u := New(Array)
	u.Next([]byte("[\n"), nil)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		u.Next(data, nil)
	}
}
