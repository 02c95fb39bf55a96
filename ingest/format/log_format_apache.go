package format

import (
	"fmt"
	"strings"
)

// apacheDirectives are the letters of Apache httpd's and Varnish's directives
// without an argument. Source: "Custom Log Formats" of mod_log_config,
// mod_logio, and varnishncsa(1).
func apacheDirectives() map[byte]logValue {
	return map[byte]logValue{
		'h': {means: meansClient, class: classAddress},
		'a': {means: meansClient, class: classAddress, rank: 1}, // %h may be a name
		'A': {class: classAddress},
		'l': {means: meansIdentity},
		'u': {means: meansUser},
		't': {means: meansTime, class: classFixed, rank: 1, time: clfTime()},
		'r': {means: meansRequest},
		's': {means: meansStatus, class: classNumber},
		'b': {means: meansBytes, class: classNumber},
		'B': {means: meansBytes, class: classNumber, rank: 1},
		'O': {means: meansBytes, class: classNumber, rank: 2}, // with headers
		'I': {class: classNumber},
		'S': {class: classNumber}, // both directions
		'm': {means: meansMethod, class: classToken},
		'U': {means: meansPath},
		'q': {means: meansQuery},
		'H': {class: classToken},
		'v': {means: meansHost, class: className},
		'V': {means: meansHost, rank: 1},
		'p': {class: classNumber},
		'D': {class: classNumber},
		'F': {class: classNumber}, // of %^FB
		'T': {class: classNumber},
		'k': {class: classNumber},
		'P': {class: classNumber},
		'X': {class: className},
		'L': {class: className},
		'R': {class: className},
		'f': {},
	}
}

// knownApache lists, for people, what apacheDirectives and those with an
// argument are.
const knownApache = "%h %a %{c}a %l %u %t %{FORMAT}t %r %s %>s %b %B %O %I %S %m %U %q %H %v %V %p %D %T %k %P %X %L %R %f %A %{NAME}i %{NAME}o %{NAME}C %{NAME}e %{NAME}n %{NAME}x %^FB"

// apache compiles a string of Apache httpd or varnishncsa.
func (c *layoutCompiler) apache() error {
	c.escapes = escaping{decode: decodeEscapes, quotes: true, backslashes: true}
	text := c.source.text
	for i := 0; i < len(text); {
		if text[i] != '%' {
			c.text(text[i : i+1])
			i++
			continue
		}
		if strings.HasPrefix(text[i:], "%%") {
			c.text("%")
			i += 2
			continue
		}
		size, err := c.apacheDirective(text[i:], c.source.column(i))
		if err != nil {
			return err
		}
		i += size
	}
	return nil
}

// apacheDirective compiles the directive that text begins with: "%", in any
// order "<" or ">", a list of statuses with or without "!" and "{ARGUMENT}",
// and a letter, or "^" and two.
func (c *layoutCompiler) apacheDirective(text string, column int) (size int, err error) {
	var argument string
	final, partial, argued := false, false, false
	i := 1
modifiers:
	for ; i < len(text); i++ {
		switch {
		case text[i] == '>':
			final = true
		case text[i] == '<':
		case text[i] == '!' || text[i] == ',' || '0' <= text[i] && text[i] <= '9':
			partial = true
		case text[i] == '{' && !argued:
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return 0, fmt.Errorf("column %d: %q is not closed by a brace", column, text)
			}
			argument, argued = text[i+1:i+end], true
			i += end
		default:
			break modifiers
		}
	}
	letters := 1
	if strings.HasPrefix(text[i:], "^") {
		letters = 3
	}
	if i+letters > len(text) {
		return 0, fmt.Errorf("column %d: %q ends within a directive", column, text)
	}
	size = i + letters
	name := text[:size]
	letter := text[i+letters-1]
	if letters == 3 {
		letter = text[i+1]
	}
	v, err := apacheValue(letter, argument, argued)
	if err != nil {
		return 0, fmt.Errorf("column %d: %s: %w", column, name, err)
	}
	v.name, v.at, v.partial = name, column, partial
	if final && letter == 's' {
		v.rank++
	}
	if letter == 't' && !argued {
		c.text("[")
		c.value(v)
		c.text("]")
		return size, nil
	}
	c.value(v)
	return size, nil
}

// apacheValue is the value of a letter with or without an argument.
func apacheValue(letter byte, argument string, argued bool) (logValue, error) {
	if argued {
		switch letter {
		case 'i':
			return logValue{means: header(argument), rank: 2}, nil
		case 'o':
			return logValue{means: responseHeader(argument)}, nil
		case 'e', 'n':
			return logValue{means: variable(argument), rank: 1}, nil
		case 'x':
			return varnishValue(argument), nil
		case 'C':
			return logValue{}, nil
		case 't':
			return apacheTime(argument)
		case 'a':
			if argument != "c" {
				return logValue{}, fmt.Errorf("the argument of %%a is c")
			}
			return logValue{means: meansClient, class: classAddress, rank: 2}, nil
		}
	}
	v, ok := apacheDirectives()[letter]
	if !ok {
		return logValue{}, fmt.Errorf("unknown directive; known are %s", knownApache)
	}
	return v, nil
}

// varnishValue is what varnishncsa's %{ARGUMENT}x is; with Apache httpd, it is
// a variable of TLS.
func varnishValue(argument string) logValue {
	switch argument {
	case "Varnish:hitmiss":
		return logValue{means: meansCache, class: className, rank: 2}
	case "Varnish:handling":
		return logValue{means: meansCache, class: className, rank: 1}
	case "Varnish:vxid":
		return logValue{means: meansRequestID, class: className}
	}
	return logValue{}
}

// apacheTime is the time in a format of its own. That of the end of the request
// (end:) comes after that of its beginning.
func apacheTime(argument string) (logValue, error) {
	rank := 1
	format, ended := strings.CutPrefix(argument, "end:")
	if ended {
		rank = 0
	}
	format = strings.TrimPrefix(format, "begin:")
	number := func(unit timeNumber) (logValue, error) {
		return logValue{means: meansTime, class: classNumber, rank: rank, time: epochTime(unit)}, nil
	}
	part := func(p *timePattern) (logValue, error) {
		return logValue{means: meansTime, class: classFixed, rank: rank, time: p}, nil
	}
	switch format {
	case "sec":
		return number(timeSeconds)
	case "msec":
		return number(timeMillis)
	case "usec":
		return number(timeMicros)
	case "msec_frac":
		return part(&timePattern{width: 3, pieces: []timePiece{{letter: '3', width: 3}}})
	case "usec_frac":
		return part(&timePattern{width: 6, pieces: []timePiece{{letter: '6', width: 6}}})
	}
	p, err := strftime(format)
	if err != nil {
		return logValue{}, err
	}
	if p.width == 0 {
		return logValue{}, fmt.Errorf("a time without a format")
	}
	return part(p)
}
