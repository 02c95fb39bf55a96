package format

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// The oracles below read lines in the most obvious way that the standard
// library offers, and set the same builder. They return the reason that the
// format gives when they reject, so that reasons are compared too.

func oracleLines(block string, row func(b *record.Builder, line string) (skipped bool, reason string)) outcome {
	b := record.NewBuilder(record.AllColumns)
	var o outcome
	for _, line := range strings.Split(strings.TrimSuffix(block, "\n"), "\n") {
		o.Lines++
		skipped, reason := row(b, strings.TrimSuffix(line, "\r"))
		switch {
		case skipped:
			o.Skipped++
		case reason != "":
			b.Reject(o.Lines, reason, nil)
			o.Rejects = append(o.Rejects, fmt.Sprintf("line %d: %s", o.Lines, reason))
		default:
			b.Commit()
		}
	}
	batch := b.Flush(0)
	for i := range batch.Rows {
		o.Rows = append(o.Rows, dumpRow(batch, i))
	}
	return o
}

var (
	oraclePercent = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	oracleNumber  = regexp.MustCompile(`^[0-9]{1,18}$`)
	oracleStatus  = regexp.MustCompile(`^[0-9]{1,3}$`)
)

func oracleDecode(s string) string {
	return oraclePercent.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[1:], 16, 8)
		return string([]byte{byte(n)})
	})
}

// oracleCloudFront reads a CloudFront log that has the columns of v1.
func oracleCloudFront(block string) outcome {
	var names []string
	return oracleLines(block, func(b *record.Builder, line string) (bool, string) {
		line = strings.TrimPrefix(line, byteOrderMark)
		if line == "" || line[0] == '#' {
			if header, ok := strings.CutPrefix(line, fieldsDirective); ok {
				names = strings.Fields(header)
			}
			return true, ""
		}
		if names == nil {
			return false, reasonNoFields
		}
		values := strings.Split(line, "\t")
		if len(values) == 1 {
			spaces := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' })
			commas := strings.Split(line, ",")
			if len(spaces) == len(names) {
				values = spaces
			} else if len(commas) == len(names) {
				values = commas
			}
		}
		if len(values) == len(names)+1 && values[len(names)] == "" {
			values = values[:len(names)]
		}
		if len(values) != len(names) {
			return false, reasonColumns
		}
		row := map[string]string{}
		for i, name := range names {
			row[name] = values[i]
		}
		return false, oracleCloudFrontRow(b, row)
	})
}

func oracleCloudFrontRow(b *record.Builder, row map[string]string) string {
	if _, err := time.Parse("2006-01-02", row["date"]); err != nil {
		return reasonDate
	}
	t, err := time.Parse("2006-01-02 15:04:05", row["date"]+" "+row["time"])
	if err != nil || len(row["time"]) != 8 {
		return reasonTime
	}
	b.SetTime(t.UnixMicro())
	if !b.SetClient([]byte(row["c-ip"])) {
		return reasonClient
	}
	if s := row["sc-status"]; s != "-" {
		n, _ := strconv.ParseUint(s, 10, 16)
		b.SetStatus(uint16(n))
		if !oracleStatus.MatchString(s) {
			return reasonStatus
		}
	}
	if s := row["sc-bytes"]; s != "-" {
		n, _ := strconv.ParseInt(s, 10, 64)
		b.SetBytes(n)
		if !oracleNumber.MatchString(s) {
			return reasonBytes
		}
	}
	host := row["x-host-header"]
	if host == "-" {
		host = row["cs(Host)"]
	}
	b.SetHost([]byte(host))
	b.SetReferer([]byte(row["cs(Referer)"]), func(dst, src []byte) []byte { return append(dst, oracleDecode(string(src))...) })
	agent := oracleDecode(row["cs(User-Agent)"])
	if !strings.Contains(agent, " ") && regexp.MustCompile("%2[0-9A-F]").MatchString(agent) {
		agent = oracleDecode(agent)
	}
	oracleString(b, record.UserAgent, row["cs(User-Agent)"], agent)
	for name, c := range map[string]record.Column{"cs-method": record.Method, "cs-protocol": record.Scheme,
		"x-edge-result-type": record.Cache, "sc-content-type": record.ContentType} {
		oracleString(b, c, row[name], oracleDecode(row[name]))
	}
	for name, c := range map[string]record.Column{"x-forwarded-for": record.Forwarded, "cs-uri-stem": record.Path,
		"cs-uri-query": record.Query, "x-edge-request-id": record.RequestID} {
		if row[name] != "-" {
			b.SetText(c, []byte(row[name]), func(dst, _ []byte) []byte { return append(dst, oracleDecode(row[name])...) })
		}
	}
	return ""
}

// oracleString sets a dictionary column to decoded, unless the raw value is
// "-"; what merely decodes to "-" is a value.
func oracleString(b *record.Builder, c record.Column, raw, decoded string) {
	if raw != "-" {
		b.SetString(c, []byte(raw+"\x00"), func(dst, _ []byte) []byte { return append(dst, decoded...) })
	}
}

var (
	oracleTime   = regexp.MustCompile(`(?s)\[(.{26})\] "`)
	oracleQuoted = regexp.MustCompile(`(?s)^"((?:[^"\\]|\\.)*)"`)
	oracleHeader = regexp.MustCompile(`(?s)^ (?:"((?:[^"\\]|\\.)*)"|(-)(?: |$))`)
	oracleEscape = regexp.MustCompile(`(?s)\\(?:x[0-9A-Fa-f]{2}|.)`)
	oracleURI    = regexp.MustCompile(`(?s)^(?i:https?)://([^/?#]*)(.*)$`)
	oracleMethod = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$")
	oracleGlued  = regexp.MustCompile(`(?s)\[(.{26})\] $`)
)

func oracleUnescape(s string) string {
	return oracleEscape.ReplaceAllStringFunc(s, func(e string) string {
		if e[1] == 'x' && len(e) == 4 || strings.Contains(`"\abfnrtv`, e[1:]) {
			out, err := strconv.Unquote(`"` + e + `"`)
			if err != nil {
				panic(err)
			}
			return out
		}
		return e
	})
}

func oracleLogTime(s string) (time.Time, bool) {
	t, err := time.Parse("02/Jan/2006:15:04:05 -0700", s)
	exact := regexp.MustCompile(`^\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$`)
	return t, err == nil && exact.MatchString(s)
}

// oracleVhost matches a name with a letter and a point, perhaps with a port,
// before a client.
var oracleVhost = regexp.MustCompile(`^((?:[0-9./_-]*[A-Za-z][0-9A-Za-z_/-]*\.[0-9A-Za-z./_-]*)(?::[^ ]+)?) ([^ ]+) - `)

func oracleLog(block string, shape logShape) outcome {
	return oracleLines(block, func(b *record.Builder, line string) (bool, string) {
		if line == "" {
			return true, ""
		}
		return false, oracleLogRow(b, line, shape)
	})
}

func oracleLogRow(b *record.Builder, line string, shape logShape) string {
	if line[0] == '"' {
		return reasonQuotedLine
	}
	m := oracleTime.FindStringSubmatchIndex(line)
	if m == nil {
		return reasonNoRequest
	}
	front := strings.SplitN(line[:m[0]], " ", map[logShape]int{shapeVhost: 4, shapeCombined: 3, shapeCommon: 3}[shape])
	if vhost := oracleVhost.FindStringSubmatch(line); vhost != nil && shape != shapeVhost {
		if _, err := netip.ParseAddr(vhost[2]); err == nil {
			b.SetHost([]byte(vhost[1]))
			front = strings.SplitN(line[len(vhost[1])+1:m[0]], " ", 3)
		}
	}
	if shape == shapeVhost {
		if front[0] == "" {
			return reasonBeforeTime
		}
		b.SetHost([]byte(front[0]))
		front = front[1:]
	}
	if len(front) < 3 || front[0] == "" || front[1] == "" || !strings.HasSuffix(front[2], " ") {
		return reasonBeforeTime
	}
	if strings.Contains(strings.TrimSuffix(front[2], " "), " ") && front[1] != "-" {
		return reasonBeforeTime
	}
	t, ok := oracleLogTime(line[m[2]:m[3]])
	if !ok {
		return reasonTime
	}
	b.SetTime(t.UnixMicro())
	quoted := oracleQuoted.FindStringSubmatch(line[m[1]-1:])
	if quoted == nil {
		return reasonQuote
	}
	if reason := oracleLogRest(b, line[m[1]-1+len(quoted[0]):], shape); reason != "" {
		return reason
	}
	if !b.SetClient([]byte(front[0])) {
		return reasonClient
	}
	oracleRequest(b, quoted[1])
	return ""
}

func oracleLogRest(b *record.Builder, rest string, shape logShape) string {
	fields := strings.SplitN(rest, " ", 4)
	if len(fields) < 2 || fields[0] != "" || fields[1] == "" {
		return reasonNoStatus
	}
	if s := fields[1]; s != "-" {
		n, _ := strconv.ParseUint(s, 10, 16)
		b.SetStatus(uint16(n))
		if !oracleStatus.MatchString(s) {
			return reasonStatus
		}
	}
	if len(fields) < 3 || fields[2] == "" {
		return reasonNoBytes
	}
	if s := fields[2]; s != "-" {
		n, _ := strconv.ParseInt(s, 10, 64)
		b.SetBytes(n)
		if !oracleNumber.MatchString(s) {
			return reasonBytes
		}
	}
	headers := ""
	if len(fields) == 4 {
		headers = " " + fields[3]
	}
	reason := oracleHeaders(b, headers, shape == shapeCommon)
	if shape == shapeCommon {
		return "" // whatever stands there
	}
	return reason
}

func oracleHeaders(b *record.Builder, headers string, quoted bool) string {
	if quoted && !strings.HasPrefix(headers, ` "`) {
		return reasonNoReferer
	}
	var values [2]string
	for i, missing := range []string{reasonNoReferer, reasonNoUserAgent} {
		m := oracleHeader.FindStringSubmatch(headers)
		if m == nil && strings.HasPrefix(headers, ` "`) {
			return reasonQuote
		}
		if m == nil {
			return missing
		}
		values[i] = m[1] + m[2]
		headers = headers[len(strings.TrimSuffix(m[0], " ")):]
	}
	for _, v := range values {
		if m := oracleGlued.FindStringSubmatch(v); m != nil {
			if _, ok := oracleLogTime(m[1]); ok {
				return reasonGlued
			}
		}
	}
	b.SetReferer([]byte(values[0]), func(dst, _ []byte) []byte { return append(dst, oracleUnescape(values[0])...) })
	if values[1] != "" {
		oracleString(b, record.UserAgent, values[1], oracleUnescape(values[1]))
	}
	if _, after, ok := strings.Cut(headers, `"`); ok {
		if list, _, closed := strings.Cut(after, `"`); closed && oracleAddresses(list) {
			b.SetText(record.Forwarded, []byte(list), nil)
		}
	}
	return ""
}

// oracleAddresses holds for the lists that the generator makes.
func oracleAddresses(list string) bool {
	return regexp.MustCompile(`^(\d+\.\d+\.\d+\.\d+|[0-9a-f:]*::[0-9a-f:]*)(, ?(\d+\.\d+\.\d+\.\d+|[0-9a-f:]*::[0-9a-f:]*|unknown))*$`).MatchString(list)
}

func oracleRequest(b *record.Builder, request string) {
	words := strings.Split(request, " ")
	if len(words) < 2 || !oracleMethod.MatchString(words[0]) {
		return
	}
	if n := len(words) - 1; n >= 2 && strings.HasPrefix(words[n], "HTTP/") {
		words = words[:n]
	}
	b.SetString(record.Method, []byte(words[0]), nil)
	target := strings.Join(words[1:], " ")
	if m := oracleURI.FindStringSubmatch(target); m != nil {
		b.SetHost([]byte(m[1]))
		if target = m[2]; !strings.HasPrefix(target, "/") {
			target = "/" + target
		}
	}
	path, query, _ := strings.Cut(target, "?")
	for c, v := range map[record.Column]string{record.Path: path, record.Query: query} {
		if v != "-" {
			b.SetText(c, []byte(oracleUnescape(v)), nil)
		}
	}
}

// drawLine joins pieces, mostly the good one of each place, sometimes another
// of its place, and rarely junk.
func drawLine(t *rapid.T, separator string, places [][]string) string {
	var parts []string
	for _, place := range places {
		switch n := rapid.IntRange(0, 99).Draw(t, "place"); {
		case n < 70:
			parts = append(parts, place[0])
		case n < 98:
			parts = append(parts, rapid.SampledFrom(place).Draw(t, "value"))
		case n < 99:
			parts = append(parts, rapid.StringOfN(rapid.SampledFrom([]rune("\"\\ \t%2x0[]-,:.é")), 0, 8, -1).Draw(t, "junk"))
		}
	}
	return strings.Join(parts, separator)
}

func TestCloudFrontOracle(t *testing.T) {
	places := [][]string{
		{"2019-12-04", "2019-12-05", "2020-02-29", "2019-02-29", "2019-13-01", "2019-1-01", "-"},
		{"21:02:31", "00:00:00", "23:59:59", "24:00:00", "1:02:03", "21:02:60"},
		{"LAX1", "-"},
		{"392", "0", "-", "12345678901234567890", "+1", "1 2"},
		{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.9", "-", "x", "192.0.2.1:80"},
		{"GET", "POST", "-", "a%20b"},
		{"d1.cloudfront.net", "-"},
		{"/", "/a%2520b", "/%", "/%zz%41%4", "-", "%2D"},
		{"200", "000", "-", "40x", "1000", "7"},
		{"-", "https://a.example/", "http://b.example/%2520?%25", "", "android-app://x", "%20", "http%3A//c.example/"},
		{"curl/7", "-", "a%20b", "a%2520b", "a%2520b%20c", "%252", "%25252F", "é%2F", "%2D"},
		{"-", "a=b", "%25", "", "q=%C3%A4"},
		{"-"},
		{"Hit", "Miss", "-", "Error"},
		{"id==", "-"},
		{"www.example.com", "-", "WWW.Example.com:8080."},
		{"https", "http", "-"},
		{"192.0.2.1,%20192.0.2.2", "-"},
		{"text/html;%20charset=utf-8", "-"},
	}
	const header = "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) " +
		"cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol x-forwarded-for sc-content-type"
	rapid.Check(t, func(t *rapid.T) {
		lines := []string{"#Version: 1.0", header}
		for range rapid.IntRange(1, 8).Draw(t, "lines") {
			separator := rapid.SampledFrom([]string{"\t", "\t", "\t", " ", ","}).Draw(t, "separator")
			lines = append(lines, drawLine(t, separator, places)+rapid.SampledFrom([]string{"", "", "\t", "\r"}).Draw(t, "end"))
		}
		block := strings.Join(lines, "\n") + "\n"
		got, want := decodeBlocks(&testing.T{}, cloudFront(), record.AllColumns, block), oracleCloudFront(block)
		want.Present = got.Present
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q\n(-want +got):\n%s", block, diff)
		}
	})
}

func TestLogOracle(t *testing.T) {
	places := [][]string{
		{"192.0.2.1", "2001:db8::1", "a.example", "-", "", `"192.0.2.1`, "192.0.2.1:80"},
		{"-", "ident", ""},
		{"-", "frank", "Jane Public", `x [a\"`, "x [10/Oct/2000:13:55:36 -0700]", ""},
		{"[10/Oct/2000:13:55:36 -0700]", "[10/Oct/2000:13:55:37 -0700]", "[29/Feb/2023:13:55:36 +0000]", "[29/Feb/2024:00:00:00 +0530]",
			"[10/Oct/2000:13:55:61 -0700]", "[10/Okt/2000:13:55:36 -0700]", "10/Oct/2000:13:55:36", "[1/Oct/2000:13:55:36 -0700]"},
		{`"GET / HTTP/1.1"`, `"GET /a?b?c HTTP/2.0"`, `"-"`, `""`, `"x"`, `"GET /a b HTTP/1.1"`, `"GET http://b.example/x?y HTTP/1.0"`,
			`"GET HTTPS://b.example"`, `"GET http://b.example?q#f x"`, `"GET /\"\\\x22\xe4\t\q HTTP/1.1"`, `"\x16\x03 \x00"`, `"GET /`, `"GET /\"`,
			`"GET - HTTP/1.1"`, `"G(T / HTTP/1.1"`, `"GET HTTP/1.1"`, `"GET  HTTP/1.1"`},
		{"200", "000", "-", "x", "", "2000"},
		{"2326", "0", "-", "1k", "", "12345678901234567890"},
		{`"-"`, "-", `"https://a.example/"`, `""`, `"http://\x41/\""`, `"a`, "12", `"x" y`},
		{`"u"`, "-", `"a \"b\" \\"`, `""`, `"[10/Oct/2000:13:55:36 -0700] "`, `"\x2D"`, `"u`, "u"},
		{"", `"192.0.2.7"`, `12 "192.0.2.7, unknown,2001:db8::1" "192.0.2.8"`, `"-"`, `"0.003"`, "x", `"192.0.2.7`, `"1.2.3.4:80"`},
	}
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SampledFrom([]logShape{shapeVhost, shapeCombined, shapeCommon}).Draw(t, "shape")
		f := map[logShape]*Format{shapeVhost: vhostCombined(), shapeCombined: combined(), shapeCommon: common()}[shape]
		block := ""
		for range rapid.IntRange(1, 8).Draw(t, "lines") {
			if rapid.IntRange(0, 9).Draw(t, "host") < 7 == (shape == shapeVhost) {
				block += rapid.SampledFrom([]string{"a.example:443 ", "B.example ", "192.0.2.99:80 "}).Draw(t, "vhost")
			}
			block += drawLine(t, " ", places) + rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "end")
		}
		got, want := decodeBlocks(&testing.T{}, f, record.AllColumns, block), oracleLog(block, shape)
		want.Present = got.Present
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: %q\n(-want +got):\n%s", f.Name, block, diff)
		}
	})
}
