package format

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// The strings of the formats that have a reader of their own.
const (
	commonString   = `%h %l %u %t "%r" %>s %b`
	combinedString = commonString + ` "%{Referer}i" "%{User-Agent}i"`
	nginxString    = `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"`
	haproxyString  = `%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r`
)

func TestLogFormatErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "it is empty"},
		{"  ", "it is empty"},
		{"combined", "no directive such as"},
		{"%r %>s", "no address of the client: it needs one of %h, %a, %{c}a"},
		{"$request", "no address of the client: it needs one of $remote_addr"},
		{"log-format %r", "it needs one of %ci, %[src]"},
		{"%h %Z", "column 4: %Z: unknown directive; known are %h"},
		{`LogFormat "%h \"%Z\""`, "column 17: %Z: unknown"},
		{"%h%l", "column 3: nothing stands between %h and %l"},
		{"$remote_addr$status", "column 13: nothing stands between $remote_addr and $status"},
		{"%h %{Referer", "is not closed by a brace"},
		{"%h %", "ends within a directive"},
		{"%h %{%d/%b}t", "column 4: the time %{%d/%b}t has no year"},
		{"%h %{%c}t", "%c in a time is not read"},
		{"%h %{%}t", "ends in a bare %"},
		{"%h %{}t", "a time without a format"},
		{"%h %{x}a", "the argument of %a is c"},
		{`log_format main '$remote_addr`, "column 17: this quote is not closed"},
		{`log_format main escape=xml '$remote_addr';`, "escape=xml is none of default, json, none"},
		{`$remote_addr ${status`, "column 14: no name of a variable"},
		{`%ci %{+E}r`, "column 5: the flag +E is not read"},
		{`%ci %zz`, `column 5: unknown variable "zz"`},
		{`%ci %[src`, "is not closed by a bracket"},
		{strings.Repeat("%h ", 1<<13), "are too many"},
	} {
		f, err := FromLogFormat(tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("FromLogFormat(%.40q) = %v, %v; want %q", tt.text, f != nil, err, tt.want)
		}
	}
}

// formatCase is a string, a line and what has to become of it.
type formatCase struct{ text, line, want string }

func logFormatCases() []formatCase {
	const (
		at     = "[10/Oct/2000:13:55:36 -0700]"
		when   = "time=2000-10-10T20:55:36Z "
		plain  = "192.0.2.1 - - " + at + ` "GET /a?b HTTP/1.1" 200 5 "https://a.example/" "u"`
		row    = when + "client=192.0.2.1 method=GET path=/a query=b status=200 bytes=5 referer=https://a.example/ referer_host=a.example user_agent=u"
		client = "client=192.0.2.1"
	)
	return []formatCase{
		{combinedString, plain, row},
		{strings.ReplaceAll(combinedString, `"`, `\"`), plain, row},
		{`LogFormat "` + strings.ReplaceAll(combinedString, `"`, `\"`) + `" combined`, plain, row},
		{`CustomLog logs/access_log "` + strings.ReplaceAll(combinedString, `"`, `\"`) + `"`, plain, row},
		{nginxString, plain, row},
		{"log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n  '$status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"';", plain, row},
		{combinedString, plain + " more", "reject: " + reasonLayoutLonger},
		{combinedString, plain[:len(plain)-1], "reject: " + reasonLayoutText},
		{combinedString, "x " + plain, "reject: " + reasonTwoWays},
		{combinedString, "host " + plain[10:], "reject: " + reasonClient},
		{combinedString, strings.Replace(plain, "- -", "- Jane Q. Public", 1), row},
		{combinedString, strings.Replace(plain, "- -", "ident Jane Public", 1), "reject: " + reasonTwoWays},
		{combinedString, strings.Replace(plain, "- -", `- ""`, 1), row},
		{combinedString, strings.Replace(plain, "- -", "- x [y", 1), row},
		{combinedString, strings.Replace(plain, `"u"`, `"a\"b\\"`, 1), strings.Replace(row, "=u", `="a\"b\\"`, 1)},
		{combinedString, strings.Replace(plain, `"u"`, `"a"b"`, 1), "reject: " + reasonLayoutLonger},
		{"%v:%p " + combinedString, "A.example:443 " + plain, strings.Replace(row, "path", "host=a.example path", 1)},
		{"%{Host}i %v %h", "b.example a.example 192.0.2.1", client + " host=b.example"},
		{"%a %h %{c}a", "192.0.2.7 h.example 192.0.2.1", client},
		{"%h %O %b %B", "192.0.2.1 7 5 5", client + " bytes=7"},
		{"%h %s %>s", "192.0.2.1 302 200", client + " status=200"},
		{"%h %!200,304{Referer}i", "192.0.2.1 https://a.example/", client + " referer=https://a.example/ referer_host=a.example"},
		{"%h %m %U%q %H", "192.0.2.1 GET /a b?c HTTP/1.1", client + ` method=GET path="/a b" query=c`},
		{"%h\t%{X-Forwarded-For}i", "192.0.2.1\t203.0.113.7, 10.0.0.1", client + ` forwarded="203.0.113.7, 10.0.0.1"`},
		{`%h "%{Varnish:hitmiss}x" %{Content-Type}o`, `192.0.2.1 "hit" text/css`, client + " cache=hit content_type=text/css"},
		{"%h %{sec}t %D", "192.0.2.1 971211336 5", when + client},
		{"%h %{msec}t", "192.0.2.1 971211336500", "time=2000-10-10T20:55:36.5Z " + client},
		{"%h %{usec}t", "192.0.2.1 971211336500000", "time=2000-10-10T20:55:36.5Z " + client},
		{"%h [%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t]", "192.0.2.1 [10/Oct/2000 13:55:36.250 -0700]", "time=2000-10-10T20:55:36.25Z " + client},
		{"%h %{%F %R:%S}t", "192.0.2.1 2000-10-10 20:55:36", when + client},
		{"%h %{%a %e %b %y %H:%M:%S %%}t", "192.0.2.1 Tue 10 Oct 00 20:55:36 %", when + client},
		{"%h %{%D %T}t", "192.0.2.1 10/10/00 20:55:36", when + client},
		{"%h %{%D %T}t", "192.0.2.1 13/10/00 20:55:36", "reject: " + reasonTime},
		{"%h %t %{usec_frac}t", "192.0.2.1 " + at + " 000123", when + client},
		{"%t %h %{Referer}i -> %U", at + " 192.0.2.1 https://a.example/ -> /b", when + client + " path=/b referer=https://a.example/ referer_host=a.example"},
		{"%t %h %{Referer}i -> %U", at + " 192.0.2.1 https://a.example/ -> /b -> /c", "reject: " + reasonTwoWays},
		{"%%%h%%", "%192.0.2.1%", client},
		{"$remote_addr:$remote_port $status", "2001:db8::1:443 200", "client=2001:db8::1 status=200"},
		{"$realip_remote_addr $remote_addr $bytes_sent $body_bytes_sent", "192.0.2.1 203.0.113.7 9 5", client + " bytes=9"},
		{"$remote_addr $time_iso8601 $uri$is_args$args", "192.0.2.1 2000-10-10T13:55:36-07:00 /a?b=c", when + client + " path=/a query=b=c"},
		{"$remote_addr $msec $request_uri $scheme ${host} $unknown", "192.0.2.1 971211336.500 /a?b https A.example x", "time=2000-10-10T20:55:36.5Z " + client + " scheme=https host=a.example path=/a query=b"},
		{`$remote_addr $geoip2_data_country_code $upstream_cache_status $request_id "$sent_http_content_type"`, `192.0.2.1 de HIT f00 "text/css"`,
			client + " country=DE cache=HIT content_type=text/css request_id=f00"},
		{`$remote_addr "$http_referer" "$http_user_agent"`, `192.0.2.1 "-" "a\x22b\"`, client + ` user_agent="a\"b\\"`},
		{`escape=json '$remote_addr "$http_referer" "$http_user_agent"'`, `192.0.2.1 "" "a\"b\u0041"`, client + ` user_agent="a\"bA"`},
		{`escape=json '$remote_addr "$http_referer"'`, `192.0.2.1 "-"`, client + ` referer=- referer_host="(no scheme)"`},
		{`escape=none '$remote_addr "$http_referer" "$http_user_agent"'`, `192.0.2.1 "https://a.example/" "a"b\"`,
			client + ` referer=https://a.example/ referer_host=a.example user_agent="a\"b\\"`},
		{`escape=none '$remote_addr "$http_referer" "$http_user_agent"'`, `192.0.2.1 "https://a.example/" "a" "b"`, "reject: " + reasonTwoWays},
		{haproxyString, `192.0.2.1:443 [10/Oct/2000:20:55:36.500] fe~ be/s1 0/0/1/2/3 200 5 - - ---- 1/1/1/1/0 0/0 {a b|} {} "GET /#22?b HTTP/1.1"`,
			`time=2000-10-10T20:55:36.5Z ` + client + ` method=GET path="/\"" query=b status=200 bytes=5`},
		{haproxyString, `<134>Oct 10 20:55:36 lb haproxy[7]: 192.0.2.1:443 [10/Oct/2000:20:55:36.500] fe~ be/s1 0/0/1/-1/+3 -1 +5 - - CD-- 1/1/1/1/0 0/0 {} {} "<BADREQ>"`,
			`time=2000-10-10T20:55:36.5Z ` + client + ` bytes=5`},
		{`log-format "%ci [%trg] %{+Q}[req.hdr(Referer)] %ST"`, `192.0.2.1 [10/Oct/2000:20:55:36 +0000] "https://a.example/#41" 200`,
			when + client + ` status=200 referer=https://a.example/#41 referer_host=a.example`},
		{`log-format "%ci %{+Q}[req.hdr(Referer)] %{+Q}r"`, `192.0.2.1 "x" "y" "GET / HTTP/1.1"`, "reject: " + reasonTwoWays},
		{`log-format %{+Q}o\ %{-Q}ci\ %HM\ %HU`, `192.0.2.1 "GET" "/a?b"`, client + ` method=GET path=/a query=b`},
	}
}

func TestLogFormatLines(t *testing.T) {
	for _, tt := range logFormatCases() {
		f, err := FromLogFormat(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		o := decodeBlocks(t, f, record.AllColumns, tt.line+"\n\n")
		got := strings.Join(o.Rows, "")
		if len(o.Rejects) == 1 {
			got = strings.Replace(o.Rejects[0], "line 1", "reject", 1)
		}
		if got != tt.want || o.Skipped != 1 {
			t.Errorf("%s\n%s\ngot  %s\nwant %s", tt.text, tt.line, got, tt.want)
		}
		if isRow(sample{want: tt.want}) {
			conformAllocations(t, f, []sample{{tt.line, tt.want}})
			if missed := f.Sniff([]byte(tt.line+"\n"), true); missed != "" {
				t.Errorf("%s\n%s\nnot recognised: %s", tt.text, tt.line, missed)
			}
		}
	}
}

// A "-" of %400{Referer}i may stand for a Referer that was not logged.
func TestLogFormatPartial(t *testing.T) {
	f, err := FromLogFormat("%h %400{Referer}i")
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{"192.0.2.1 -\n": "client", "192.0.2.1 x\n": "client referer referer_host"} {
		if o := decodeBlocks(t, f, record.AllColumns, line); o.Present != want {
			t.Errorf("%q has %s, want %s", line, o.Present, want)
		}
	}
}

// The strings of Apache make the same rows of the lines that they describe as
// the formats that are written out; of other lines, they make none.
func TestLogFormatIsCombined(t *testing.T) {
	places := [][]string{
		{"192.0.2.1", "2001:db8::1", "a.example", "-", "", "192.0.2.1:80"},
		{"-", "ident", "192.0.2.8", ""},
		{"-", "frank", "Jane Public", `x [a\"`, "x [10/Oct/2000:13:55:36 -0700]", "- -", ""},
		{"[10/Oct/2000:13:55:36 -0700]", "[29/Feb/2023:13:55:36 +0000]", "[29/Feb/2024:00:00:00 +0530]", "10/Oct/2000:13:55:36"},
		{`"GET / HTTP/1.1"`, `"GET /a?b?c HTTP/2.0"`, `"-"`, `""`, `"GET /a b HTTP/1.1"`, `"GET http://b.example/x?y HTTP/1.0"`, `"GET /\"\\\x22\t\q HTTP/1.1"`, `"GET /`, `"GET /\"`},
		{"200", "000", "-", "x", "", "2000"},
		{"2326", "0", "-", "1k", "", "12345678901234567890"},
		{`"-"`, "-", `"https://a.example/"`, `""`, `"http://\x41/\""`, `"a`, "12", `"x" y`},
		{`"u"`, "-", `"a \"b\" \\"`, `""`, `"\x2D"`, `"u`, "u"},
	}
	for _, tt := range []struct {
		format *Format
		text   string
		places [][]string
	}{
		{combined(), combinedString, places},
		{combined(), nginxString, places},
		{common(), commonString, places[:7]},
		{vhostCombined(), "%v:%p " + combinedString, append([][]string{{"a.example:443", "B.example:80", "a.example"}}, places...)},
	} {
		f, err := FromLogFormat(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			line := drawLine(t, " ", tt.places) + "\n"
			if tt.text == nginxString {
				line = strings.ReplaceAll(line, `\"`, `\x22`)
			}
			got, want := decodeBlocks(&testing.T{}, f, record.AllColumns, line), decodeBlocks(&testing.T{}, tt.format, record.AllColumns, line)
			if len(got.Rows) == 0 && len(want.Rows) == 1 && !isWritten(line, tt.text) {
				return
			}
			got.Rejects, want.Rejects = nil, nil
			got.Present, want.Present = withoutSometimes(got.Present), withoutSometimes(want.Present)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %q\n(-want +got):\n%s", tt.text, line, diff)
			}
		})
	}
}

// isWritten reports whether a line that a tolerant format reads is one that the
// server writes with the string: each value in quotes is there in quotes, and
// nothing follows.
func isWritten(line, text string) bool {
	if text == commonString && strings.Count(line[strings.LastIndexByte(line, '"'):], " ") != 2 {
		return false // the format takes any other fields
	}
	line = strings.NewReplacer(`\\`, "", `\"`, "").Replace(strings.TrimSuffix(line, "\n"))
	return strings.Count(line, `"`) == strings.Count(text, `"`) && (!strings.HasSuffix(text, `"`) || strings.HasSuffix(line, `"`)) &&
		!strings.Contains(line, `"-" -`) && (!strings.HasPrefix(text, "%v:%p") || strings.Contains(strings.SplitN(line, " ", 2)[0], ":")) &&
		(!strings.HasPrefix(text, "$") || strings.SplitN(line, " ", 3)[1] == "-") && !strings.HasSuffix(line, " ")
}

// TestLayoutScanner compares with every way in which a line can be divided:
// one that is accepted must have one way only, as far as it matters, and the
// values found must be those of it.
func TestLayoutScanner(t *testing.T) {
	texts := []string{" ", " ", "-", ` "`, `" `, `" "`, ": ", "ab"}
	rapid.Check(t, func(t *rapid.T) {
		var values []logValue
		for i := range rapid.IntRange(1, 5).Draw(t, "values") {
			v := logValue{literal: rapid.SampledFrom(texts).Draw(t, "text"),
				class: rapid.SampledFrom([]valueClass{classFree, classFree, classNumber, classAddress, classToken, classBraces}).Draw(t, "class")}
			if i != 1 { // each means something else, so that none is dropped
				v.means = []meaning{meansHost, meansHost, meansPath, meansCache, meansForwarded}[i]
			}
			values = append(values, v)
		}
		last := &values[len(values)-1]
		last.literal = rapid.SampledFrom([]string{"", `"`, "-"}).Draw(t, "end")
		l := newLogLayout("", values, escaping{quotes: rapid.Bool().Draw(t, "quotes")})
		line := ""
		for _, v := range l.values {
			line += rapid.SampledFrom([]string{"", "1", "a", "{}", "a b", "1-2", "ab", `x"y`, "{ ", "- "}).Draw(t, "value") + v.literal
		}
		s := newLayoutScanner(l)
		reason := s.scan([]byte(line))
		if reason != "" {
			return
		}
		found := false
		divide(l, line, nil, func(ways []string) {
			same := true
			for i, v := range l.values {
				if v.matters() && ways[i] != string(s.value(i)) {
					t.Fatalf("%+v\n%q is read with value %d as %q, and can be as %q", l.values, line, i, s.value(i), ways[i])
				}
				same = same && ways[i] == string(s.value(i))
			}
			found = found || same
		})
		if !found {
			t.Fatalf("%+v\n%q is read in a way that it cannot be", l.values, line)
		}
	})
}

// divide calls use with the values of each way in which line is of the layout.
func divide(l *logLayout, line string, before []string, use func(values []string)) {
	i := len(before)
	if i == len(l.values) {
		if line == "" {
			use(before)
		}
		return
	}
	v := &l.values[i]
	for end := range len(line) + 1 {
		raw := line[:end]
		if l.quotes && strings.Contains(raw, `"`) || !strings.HasPrefix(line[end:], v.literal) || !v.class.hasAll([]byte(raw)) {
			continue
		}
		if raw == "" && v.class != classFree {
			continue
		}
		if v.class == classBraces && (len(raw) < 2 || raw[0] != '{' || strings.IndexByte(raw, '}') != len(raw)-1) {
			continue
		}
		divide(l, line[end+len(v.literal):], append(slices.Clone(before), raw), use)
	}
}

func FuzzLogFormat(f *testing.F) {
	for _, c := range logFormatCases() {
		f.Add(c.text, c.line)
	}
	f.Fuzz(func(t *testing.T, text, line string) {
		format, err := FromLogFormat(text)
		if err != nil || strings.Count(line, "\n") >= record.BatchRows {
			return
		}
		format.Sniff([]byte(line), true)
		all := decodeBlocks(t, format, record.AllColumns, line+"\n")
		few := decodeBlocks(t, format, record.ColumnSet(record.Bytes), line+"\n")
		if diff := cmp.Diff(all.Rejects, few.Rejects); diff != "" || len(all.Rows) != len(few.Rows) {
			t.Errorf("%q: rejects depend on the columns asked for:\n%s", text, diff)
		}
	})
}

// The string is not that of the servers that wrote the logs, which is not
// known, but describes them: sent, received and both add up.
func TestLogFormatCorpus(t *testing.T) {
	root := os.Getenv("RULECAST_CORPUS")
	if root == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	f, err := FromLogFormat(`%v,%p,%h,%l,%u,%t,%I,%O,%S,%B,%{ms}T,%D,%^FB,%>s,"%H","%m","%U","%q","%{Referer}i","%{User-Agent}i","%{sid}C",%L`)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(root, "apache_variants/*/apache_csv__*"))
	rows := 0
	for _, file := range files {
		data := append(bytes.TrimSuffix(corpusLog(t, file), []byte{'\n'}), '\n')
		o := decodeBlocks(t, f, record.AllColumns, string(data))
		if len(o.Rejects) > 0 {
			t.Errorf("%s: %q", file, o.Rejects)
		}
		rows += len(o.Rows)
	}
	if rows != 9455 {
		t.Errorf("%d rows", rows)
	}
}
