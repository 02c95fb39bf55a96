package format

import (
	"fmt"
	"regexp"
	"strings"
)

// haproxyValue is what HAProxy logs for a variable.
type haproxyValue struct {
	logValue
	quotable bool // %{+Q} puts quotes around it
}

// haproxyTime is "02/Jan/2006:15:04:05.000", which has no zone.
func haproxyTime() *timePattern {
	p := &timePattern{}
	for _, piece := range []timePiece{
		{letter: 'd', width: 2}, {text: "/", width: 1}, {letter: 'b', width: 3}, {text: "/", width: 1}, {letter: 'Y', width: 4}, {text: ":", width: 1},
		{letter: 'H', width: 2}, {text: ":", width: 1}, {letter: 'M', width: 2}, {text: ":", width: 1}, {letter: 'S', width: 2}, {text: ".", width: 1},
		{letter: '3', width: 3},
	} {
		p.add(piece)
	}
	return p
}

// haproxyVariables are HAProxy's variables. Source: "Custom log format" in the
// configuration manual of HAProxy 3.0, section 8.2.6 (8.2.4 before).
func haproxyVariables() map[string]haproxyValue {
	variables := map[string]haproxyValue{
		"ci":  {logValue: logValue{means: meansClient, class: classAddress}, quotable: true},
		"t":   {logValue: logValue{means: meansTime, class: classFixed, time: haproxyTime()}},
		"tr":  {logValue: logValue{means: meansTime, class: classFixed, rank: 1, time: haproxyTime()}},
		"T":   {logValue: logValue{means: meansTime, class: classFixed, rank: 2, time: clfTime()}},
		"trg": {logValue: logValue{means: meansTime, class: classFixed, rank: 3, time: clfTime()}},
		"Tl":  {logValue: logValue{means: meansTime, class: classFixed, rank: 2, time: clfTime()}},
		"trl": {logValue: logValue{means: meansTime, class: classFixed, rank: 3, time: clfTime()}},
		"Ts":  {logValue: logValue{means: meansTime, class: classNumber, rank: 1, time: epochTime(timeSeconds)}},
		"ST":  {logValue: logValue{means: meansStatus, class: classNumber}},
		"B":   {logValue: logValue{means: meansBytes, class: classNumber}},
		"r":   {logValue: logValue{means: meansRequest}, quotable: true},
		"HM":  {logValue: logValue{means: meansMethod, class: classToken}, quotable: true},
		"HU":  {logValue: logValue{means: meansTarget}, quotable: true},
		"HP":  {logValue: logValue{means: meansPath}, quotable: true},
		"HPO": {logValue: logValue{means: meansPath, rank: -1}, quotable: true},
		"HQ":  {logValue: logValue{means: meansQuery}, quotable: true},
		"HV":  {logValue: logValue{class: classToken}, quotable: true},
		"ID":  {logValue: logValue{means: meansRequestID, raw: true}, quotable: true},
		"hr":  {logValue: logValue{class: classBraces}, quotable: true},
		"hs":  {logValue: logValue{class: classBraces}, quotable: true},
		"hrl": {logValue: logValue{raw: true}},
		"hsl": {logValue: logValue{raw: true}},
		"CC":  {logValue: logValue{raw: true}, quotable: true},
		"CS":  {logValue: logValue{raw: true}, quotable: true},
	}
	for _, name := range strings.Fields("f ft b s H sslc sslv") {
		variables[name] = haproxyValue{logValue: logValue{class: className}, quotable: true}
	}
	for _, name := range strings.Fields("bi fi si") {
		variables[name] = haproxyValue{logValue: logValue{class: classAddress}, quotable: true}
	}
	for _, name := range strings.Fields("cp bp fp sp ac fc bc sc bq sq rc rt lc pid ms U Ta Tc Td Th Ti Tq TR Tr Tt Tu Tw") {
		variables[name] = haproxyValue{logValue: logValue{class: classNumber}}
	}
	for _, name := range strings.Fields("ts tsc") {
		variables[name] = haproxyValue{logValue: logValue{class: className}}
	}
	return variables
}

var (
	// haproxyFlags matches what stands between "%" and the variable.
	haproxyFlags = regexp.MustCompile(`^%(?:\{([^}]*)\})?(?:\([^)]*\))?(?:\{([^}]*)\})?`)
	// haproxySample matches the expressions that fetch a request header.
	haproxySample = regexp.MustCompile(`^(?:req\.f?hdr|hdr)\(([A-Za-z_-]+)\)$`)
)

// haproxy compiles a string of HAProxy.
func (c *layoutCompiler) haproxy() error {
	c.escapes = escaping{decode: decodeHash, quotes: true}
	text := c.source.text
	quoted := false // by %{+Q}o, from here on
	for i := 0; i < len(text); {
		if text[i] != '%' {
			c.haproxyText(text[i : i+1])
			i++
			continue
		}
		if strings.HasPrefix(text[i:], "%%") {
			c.text("%")
			i += 2
			continue
		}
		size, err := c.haproxyDirective(text[i:], c.source.column(i), &quoted)
		if err != nil {
			return err
		}
		i += size
	}
	return nil
}

// haproxyText adds a text. HAProxy writes one space for several.
func (c *layoutCompiler) haproxyText(s string) {
	before := c.lead
	if n := len(c.values); n > 0 {
		before = c.values[n-1].literal
	}
	if s == " " && strings.HasSuffix(before, " ") {
		return
	}
	c.text(s)
}

// haproxyDirective compiles the directive that text begins with: "%", flags in
// braces, a name in parentheses, and a variable or an expression in brackets.
func (c *layoutCompiler) haproxyDirective(text string, column int, quoted *bool) (size int, err error) {
	m := haproxyFlags.FindStringSubmatch(text)
	quote := *quoted
	for _, flag := range strings.FieldsFunc(m[1]+","+m[2], func(r rune) bool { return r == ',' || r == ' ' }) {
		switch flag {
		case "+Q", "-Q":
			quote = flag == "+Q"
		case "+M", "-M", "-E", "-X":
		default:
			return 0, fmt.Errorf("column %d: the flag %s is not read; what is: +Q -Q +M -M", column, flag)
		}
	}
	rest := text[len(m[0]):]
	if flags, ok := strings.CutPrefix(rest, "o"); ok { // flags for all that follow
		*quoted = quote
		return len(text) - len(strings.TrimPrefix(flags, " ")), nil
	}
	v, length, err := haproxyNamed(rest)
	if err != nil {
		return 0, fmt.Errorf("column %d: %w", column, err)
	}
	size = len(m[0]) + length
	v.name, v.at = text[:size], column
	if v.raw {
		c.escapes.quotes = false
	}
	if quote && v.quotable {
		v.emptyAbsent = true
		c.text(`"`)
		c.value(v.logValue)
		c.text(`"`)
		return size, nil
	}
	c.value(v.logValue)
	return size, nil
}

// haproxyNamed is the value of the variable or the expression that text begins
// with, and the length of its name.
func haproxyNamed(text string) (haproxyValue, int, error) {
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 {
			return haproxyValue{}, 0, fmt.Errorf("%q is not closed by a bracket", text)
		}
		v := haproxyValue{logValue: logValue{raw: true}, quotable: true}
		if inner := text[1:end]; inner == "src" {
			v.means, v.class, v.raw = meansClient, classAddress, false
		} else if m := haproxySample.FindStringSubmatch(inner); m != nil {
			v.means = header(m[1])
		}
		return v, end + 1, nil
	}
	variables := haproxyVariables()
	for length := min(3, len(text)); length > 0; length-- {
		if v, ok := variables[text[:length]]; ok {
			return v, length, nil
		}
	}
	return haproxyValue{}, 0, fmt.Errorf("unknown variable %.8q; known are %%ci %%cp %%tr %%trg %%trl %%t %%T %%Tl %%Ts %%r %%HM %%HU %%HP %%HQ %%HV %%ST %%B %%ID %%hr %%hs %%hrl %%hsl %%CC %%CS %%[EXPRESSION] and those of timers, names and counts", text)
}

// decodeHash appends src to dst with the escapes of HAProxy undone: "#" and two
// hexadecimal digits. It is a record.Decode.
func decodeHash(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		if c, ok := hexByte(src, i+1); ok && src[i] == '#' {
			dst, i = append(dst, c), i+2
			continue
		}
		dst = append(dst, src[i])
	}
	return dst
}
