package format

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// jsonTestKeys has keys beside, around and within others, and one whose name
// has a dot.
var jsonTestKeys = []jsonKey{
	{name: "a"}, {name: "b"}, {name: "ab"}, {name: "ClientIP"}, {name: "cs(Referer)"}, {name: "timestamp(ms)"}, {name: "é"}, {name: ""}, {name: "a.b"},
	{name: "b", within: []string{"a"}}, {name: "a", within: []string{"a"}}, {name: "a", within: []string{"a", "a"}, first: true},
	{name: "c", within: []string{"a", "b"}}, {name: "b", within: []string{"c", ""}}, {name: "ab", within: []string{"é"}}, {name: "d", first: true},
	{name: "e", within: []string{"d"}},
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// checkJSON compares the reader with encoding/json on one line.
func checkJSON(t failer, line []byte) {
	t.Helper()
	r := newJSONReader(jsonTestKeys)
	checkJSONWith(t, r, line)
}

// checkJSONWith compares a reader that has read other lines.
func checkJSONWith(t failer, r *jsonReader, line []byte) {
	t.Helper()
	reason := r.read(line)
	trimmed := bytes.Trim(line, " \t\r\n")
	valid := json.Valid(line) && trimmed[0] == '{'
	if reason == jsonTooDeep {
		if strings.Count(string(line), "[")+strings.Count(string(line), "{") <= maxJSONDepth {
			t.Fatalf("%q: %s", line, reason)
		}
		return
	}
	if valid != (reason == "") {
		t.Fatalf("%q: valid is %v, but read says %q", line, valid, reason)
	}
	if !valid {
		return
	}
	for i, key := range jsonTestKeys {
		raw, has := lookUpJSON(line, key)
		got := r.values[i]
		if has != (got.kind != jsonNone) {
			t.Fatalf("%q: key %q is there: %v, kind %d", line, append(key.within, key.name), has, got.kind)
		}
		if has {
			checkJSONValue(t, got, raw)
		}
	}
}

// lookUpJSON is the value of a key as encoding/json finds it.
func lookUpJSON(object json.RawMessage, key jsonKey) (raw json.RawMessage, has bool) {
	for _, name := range append(slices.Clone(key.within), key.name) {
		var members map[string]json.RawMessage
		if json.Unmarshal(object, &members) != nil {
			return nil, false
		}
		if object, has = members[name]; !has {
			return nil, false
		}
	}
	if key.first && object[0] == '[' {
		var elements []json.RawMessage
		if json.Unmarshal(object, &elements); len(elements) == 0 {
			return nil, false
		}
		return elements[0], true
	}
	return object, true
}

func checkJSONValue(t failer, got jsonValue, raw json.RawMessage) {
	t.Helper()
	kind := map[byte]jsonKind{'{': jsonObject, '[': jsonArray, 't': jsonTrue, 'f': jsonFalse, 'n': jsonNull, '"': jsonString}[raw[0]]
	if kind == jsonNone {
		kind = jsonNumber
	}
	text := got.raw
	if kind == jsonString {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if got.kind == jsonEscaped {
			text = jsonUnescape(nil, got.raw)
			got.kind = jsonString
		}
		raw = []byte(s)
	}
	if got.kind != kind || !bytes.Equal(text, raw) {
		t.Fatalf("got kind %d %q, want kind %d %q", got.kind, text, kind, raw)
	}
	checkJSONWalk(t, got, raw)
}

// checkJSONWalk walks through an object or array, and what is in it, along with
// a json.Decoder.
func checkJSONWalk(t failer, v jsonValue, raw json.RawMessage) {
	t.Helper()
	if v.kind != jsonArray && v.kind != jsonObject {
		w := walkJSON(v)
		if _, _, ok := w.next(); ok {
			t.Fatalf("%q: walked", v.raw)
		}
		return
	}
	tokens := json.NewDecoder(bytes.NewReader(raw))
	if _, err := tokens.Token(); err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	w := walkJSON(v)
	for tokens.More() {
		key, value, ok := w.next()
		if !ok {
			t.Fatalf("%q: the walk ends early", raw)
		}
		if v.kind == jsonObject {
			want, err := tokens.Token()
			got := string(key.raw)
			if key.kind == jsonEscaped {
				got = string(jsonUnescape(nil, key.raw))
			}
			if err != nil || got != want {
				t.Fatalf("%q: key %q, want %v", raw, got, want)
			}
		}
		var element json.RawMessage
		if err := tokens.Decode(&element); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		checkJSONValue(t, value, element)
	}
	if _, value, ok := w.next(); ok {
		t.Fatalf("%q: the walk goes on to %q", raw, value.raw)
	}
}

var jsonSeeds = []string{
	`{}`, ` { } `, `{"a":1}`, `{"a":"x","a":"y"}`, `{"a":"x","\u0061":-0.5e+7}`, `{"a":{"a":[1,{"b":"]}"}],"c":[]},"b":[[],{}]}`,
	`{"a":"\ud83d\ude00\ud83d\u00e9\udc00\\\"\/\b\f\n\r\t"}`, "{\"a\":\"\xff\xc3\x28é\"}", `{"\u00e9":null,"ab":true,"b":false}`,
	`{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":.5}`, `{"a":nul}`, `{"a":"\u12g4"}`, `{"a":"\x41"}`, `{"a":1,}`, `{,}`,
	`{"a":[1,]}`, `{"a":{"b":1,}}`, `{"a":{"b"}}`, `{"a":[}]}`, `{"a"}`, `{"a":}`, `{"a":1}x`, `[{"a":1}]`, `{"a":"` + "\x01" + `"}`, `{"a`, `{`, ``,
	`{"a":"0123456\\"}`, `{"a":"01234567\\\\","b":"0123456\\\""}`, `{"a":[[[{"x":[{}]}]]]}`, "\t{\"a\"\r:\n1\n}\n", `{"a":1 "b":2}`,
	`{"a":{"b":1,"a":{"a":[{"b":2},3]},"b":{"c":"x"}},"a.b":1,"":2}`, `{"a":{"b":1},"a":{"a":2}}`, `{"a":{"b":1},"a":3}`, `{"c":{"":{"b":null}}}`,
	`{"a":{"a":{"a":[]}},"d":[ ]}`, `{"d":[ "x" , 1]}`, `{"d":[["\\"]],"d":"y"}`, `{"d":{"e":1,}}`, `{"d":{"e":1}x}`, `{"d":{"e":1`, `{"d":{"e":1},"d":{}}`, `{"d" : { } }`,
	`{"a":[1 2]}`, `{"a":{"b":1 "c":2}}`, `{"a":tru`, `{"a":[tru`, `{"a":"\`, `{"a":"\u00`, `{"a":-1.0E-09}`, `{"a":00}`, `{"a":--1}`,
}

func TestJSONSeeds(t *testing.T) {
	for _, seed := range jsonSeeds {
		checkJSON(t, []byte(seed))
	}
}

func TestJSONReasons(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	within := func(n int) string { return `{"a":{"a":{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}}}" }
	mixed := `{"a":` + strings.Repeat(`[{"x":`, 700) + "1" + strings.Repeat("}]", 700) + "}"
	for line, want := range map[string]string{
		deep(maxJSONDepth - 1): "", deep(maxJSONDepth): jsonTooDeep, within(maxJSONDepth - 3): "", within(maxJSONDepth - 2): jsonTooDeep, strings.Repeat("[", 1<<20): jsonNotObject, mixed: jsonTooDeep,
		`{"a":` + strings.Repeat("[", 1<<20): jsonTooDeep,
		`{"a":[1,2`:                          jsonCut, `{"a":"x`: jsonCut, `{`: jsonCut, `{"a":1,`: jsonCut, `{"a":1`: jsonCut, `{"a":-`: jsonCut,
		`{"a":[1}`: jsonBroken, `"a"`: jsonNotObject, "": jsonNotObject,
	} {
		if got := newJSONReader(jsonTestKeys).read([]byte(line)); got != want {
			t.Errorf("%.40q: %q, want %q", line, got, want)
		}
	}
}

// TestJSONProperty reads random objects, whole and damaged.
func TestJSONProperty(t *testing.T) {
	keys := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "ab", "", "é", "a.b", "ClientIP"}), rapid.StringOfN(rapid.RuneFrom([]rune("ab\"é")), 0, 3, -1))
	text := rapid.StringOfN(rapid.RuneFrom([]rune(`ab"\/{}[]:,0é😀`+"\n\t\x7f")), 0, 20, -1)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaf := rapid.OneOf(rapid.Map(text, toAny), rapid.Map(rapid.Float64Range(-1e9, 1e9), toAny),
			rapid.Map(rapid.Bool(), toAny), rapid.Just[any](nil))
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(value(depth-1), 0, 3), toAny),
			rapid.Map(rapid.MapOfN(keys, value(depth-1), 0, 4), toAny))
	}
	rapid.Check(t, func(t *rapid.T) {
		line, err := json.Marshal(rapid.MapOfN(keys, value(3), 0, 6).Draw(t, "object"))
		if err != nil {
			t.Fatal(err)
		}
		checkJSON(t, line)
		r := newJSONReader(jsonTestKeys)
		checkJSONWith(t, r, line)
		for range 5 {
			damaged := bytes.Clone(line)
			at := rapid.IntRange(0, len(line)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "damage") {
			case 0:
				damaged[at] = rapid.SampledFrom([]byte("\"\\{}[]:,0-.eEutfn \x00\x80\xff")).Draw(t, "byte")
			case 1:
				damaged = damaged[:at]
			case 2:
				damaged = append(damaged[:at], damaged[at+1:]...)
			}
			checkJSON(t, damaged)
			checkJSONWith(t, r, damaged)
		}
	})
}

// TestJSONOrder reads lines with one reader whose members come in the same
// order or nearly, so that what it expects to come next often, but not always,
// does.
func TestJSONOrder(t *testing.T) {
	long := strings.Repeat("k", longestLearned+1)
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfN(rapid.SampledFrom([]string{
			`"a":"x"`, `"a" : "y"`, `"a":1`, `"a": 2`, `"b":3`, `"b": {}`, `"\u0061":"z"`, `"b":"é"`, `"b":null`, `"ab":"\""`, `"ab":"` + "\xff" + `"`, `"d":["x"]`, `"d":"x"`, `"d":[]`,
			`"a":{"b":"x","a":{"a":"y"}}`, `"a":{"a":{"a":["y"]},"b":2}`, `"a":{}`, `"other":"x"`, `"other":17`, `"` + long + `":"x"`, `"":{}`, `"":""`,
		}), 1, 8).Draw(t, "members")
		r := newJSONReader(jsonTestKeys)
		for range 6 {
			members := slices.Clone(members)
			at := rapid.IntRange(0, len(members)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "change") {
			case 0:
				members = slices.Delete(members, at, at+1)
			case 1:
				to := rapid.IntRange(0, len(members)-1).Draw(t, "to")
				members[at], members[to] = members[to], members[at]
			case 2:
				members[at] = rapid.SampledFrom([]string{``, `,"a":"x"`, `"a"`, `"a":`, `"a":"`, `"b":"x"`, `"other":{"b":[{}]}`, ` "a":"x" `}).Draw(t, "other")
			}
			line := "{" + strings.Join(members, rapid.SampledFrom([]string{",", ",", ", ", " ,", ""}).Draw(t, "comma")) + "}"
			checkJSONWith(t, r, []byte(line[:max(0, len(line)-max(0, rapid.IntRange(-9, 3).Draw(t, "cut")))]))
		}
	})
}

// TestJSONExpected reads lines in which what the one before had is there, but in
// another place, where it may be wrong.
func TestJSONExpected(t *testing.T) {
	r := newJSONReader(jsonTestKeys)
	for _, line := range []string{
		`{"a":"1","b":"2"}`, `{"b":"2"}`, `{"a":"1""b":"2"}`, `{,"b":"2"}`, `{,"a":"1"}`, `{"b":"2","a":"1"}`, `{"b":"2","b":"3"}`, `{"a":"1","b":2}`, `{"a":"1","b":"}`,
		`{"a":"1","b":"2"`, `{"a":"1","b":`, `{"a":"1","b"`, `{"a":{"b":"1","a":2}}`, `{"a":{,"a":2}}`, `{"a":{"b":"1""a":2}}`, `{"x":"1","a":"2"}`, `{"x":"1""a":"2"}`,
	} {
		checkJSONWith(t, r, []byte(line))
	}
}

// TestJSONManyKeys has more keys than are remembered, all in few buckets.
func TestJSONManyKeys(t *testing.T) {
	r := newJSONReader(jsonTestKeys)
	for i := range 3000 {
		checkJSONWith(t, r, []byte(`{"key`+strconv.Itoa(i%1000)+`x":{},"a":`+strconv.Itoa(i)+`}`))
	}
	n := 0
	for _, node := range r.root.buckets {
		for ; node != nil; node = node.next {
			n++
		}
	}
	if most := mostLearned*jsonBuckets + len(jsonTestKeys); n > most {
		t.Errorf("%d keys are remembered, want at most %d", n, most)
	}
}

func toAny[T any](v T) any { return v }

func FuzzJSON(f *testing.F) {
	for _, seed := range jsonSeeds {
		f.Add([]byte(seed))
	}
	f.Add([]byte(strings.Join(jsonSeeds, "\n")))
	f.Fuzz(func(t *testing.T, text []byte) {
		checkJSON(t, text)
		r := newJSONReader(jsonTestKeys)
		for line := range bytes.Lines(text) {
			checkJSONWith(t, r, line)
		}
		jsonUnescape(nil, text)
	})
}

func TestJSONUnescapeAnything(t *testing.T) {
	for raw, want := range map[string]string{`\`: `\`, `\q`: `\q`, `\u12`: `\u12`, `a\n\u0041\`: "a\nA\\", `\ud800\u0041`: "\ufffdA", "\xff\\t": "\ufffd\t"} {
		if got := string(jsonUnescape([]byte("_"), []byte(raw))); got != "_"+want {
			t.Errorf("%q: %q, want %q", raw, got, "_"+want)
		}
	}
}

// benchmarkLine is a Cloudflare line of about 1.5 kB, made up.
func benchmarkLine() []byte {
	var sb strings.Builder
	sb.WriteString(`{"BotScore":20,"CacheCacheStatus":"hit","CacheResponseBytes":26888,"CacheResponseStatus":200,"CacheTieredFill":true,` +
		`"ClientASN":64500,"ClientCountry":"nl","ClientDeviceType":"desktop","ClientIP":"203.0.113.7","ClientIPClass":"noRecord",` +
		`"ClientRequestBytes":5324,"ClientRequestHost":"img.example.com","ClientRequestMethod":"GET","ClientRequestPath":"/a/photo.jpg",` +
		`"ClientRequestReferer":"https://www.example.com/gallery/2024/05/index.html?page=3","ClientRequestURI":"/a/photo.jpg?w=200",` +
		`"ClientRequestUserAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",` +
		`"EdgeResponseBytes":28000,"EdgeResponseContentType":"image/jpeg","EdgeResponseStatus":200,"EdgeStartTimestamp":1712790000100000000,"RayID":"87a1b2c3d4e5f001"`)
	for i := range 20 {
		sb.WriteString(`,"OtherFieldNumber` + strconv.Itoa(i) + `":"value ` + strconv.Itoa(i) + `"`)
	}
	sb.WriteString(`,"Cookies":{"key":"value"},"FirewallMatchesActions":["simulate","challenge"]}`)
	return []byte(sb.String())
}

func BenchmarkJSONRead(b *testing.B) {
	line := benchmarkLine()
	r := newJSONReader(jsonTestKeys)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if reason := r.read(line); reason != "" {
			b.Fatal(reason)
		}
	}
}

// corpusFile is a real log, or the test is skipped.
func corpusFile(t *testing.T, name string) []byte {
	t.Helper()
	root := os.Getenv("RULECAST_CORPUS")
	if root == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
