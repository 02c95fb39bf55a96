package format

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// logDialect is whose format string it is.
type logDialect uint8

const (
	dialectApache logDialect = iota // and Varnish
	dialectNginx
	dialectHAProxy
)

// clients lists, for people, the directives that name the client.
func (d logDialect) clients() string {
	return [...]string{
		dialectApache:  "%h, %a, %{c}a",
		dialectNginx:   "$remote_addr, $realip_remote_addr",
		dialectHAProxy: "%ci, %[src]",
	}[d]
}

// statement is a format string without what stands around it in a
// configuration: the keyword, the name, quotes and their escapes.
type statement struct {
	text   string
	at     []int // where each byte of text stands in what was given, from 0
	nginx  bool  // its keyword is nginx's
	proxy  bool  // its keyword is HAProxy's
	escape string
}

// column is where byte i of the text stands in what was given, from 1.
func (s *statement) column(i int) int {
	if i < len(s.at) {
		return s.at[i] + 1
	}
	if len(s.at) == 0 {
		return 1
	}
	return s.at[len(s.at)-1] + 2
}

// The keywords of statements, up to where the string begins. The last group is
// nginx's way of escaping.
var (
	nginxKeyword     = regexp.MustCompile(`^\s*log_format\s+\S+\s+(?:escape=(\w+)\s+)?`)
	nginxEscape      = regexp.MustCompile(`^\s*escape=(\w+)\s+`)
	haproxyKeyword   = regexp.MustCompile(`^\s*log-format\s+`)
	apacheKeyword    = regexp.MustCompile(`(?i)^\s*(?:LogFormat|CustomLog\s+(?:"[^"]*"|\S+))\s+`)
	nginxDirective   = regexp.MustCompile(`\$[a-z{]`)
	apacheDirective  = regexp.MustCompile(`%[hat{>]`)
	haproxyDirective = regexp.MustCompile(`%(\{[^}]*\})?(ci|ST|TR|ft|tsc|\[)|%\{[+-]`)
)

// parseStatement takes off what stands around the string.
func parseStatement(text string) (*statement, error) {
	s := &statement{}
	begin, keyed := 0, false
	for i, keyword := range []*regexp.Regexp{nginxKeyword, nginxEscape, haproxyKeyword, apacheKeyword} {
		m := keyword.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		begin, keyed = m[1], true
		s.nginx, s.proxy = i < 2, i == 2
		if len(m) > 2 && m[2] >= 0 {
			s.escape = text[m[2]:m[3]]
		}
		break
	}
	for begin < len(text) && isSpace(text[begin]) {
		begin++
	}
	if begin == len(text) {
		return nil, errors.New("it is empty")
	}
	quoted := text[begin] == '"' && keyed || text[begin] == '\'' || s.nginx || wholeQuoted(text[begin:])
	if !quoted {
		s.bare(text, begin)
		return s, nil
	}
	return s, s.quoted(text, begin)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// wholeQuoted reports whether the first '"' of text is closed by its last byte.
func wholeQuoted(text string) bool {
	text = strings.TrimRight(text, " \t\r\n")
	return len(text) > 1 && text[0] == '"' && strings.Contains(text, `\"`) && closingQuote(text) == len(text)-1
}

// closingQuote is where the quote is that closes the one that text begins with, or
// -1.
func closingQuote(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i
		}
	}
	return -1
}

// bare takes a string as it is, but for \" and what else a configuration
// writes so.
func (s *statement) bare(text string, begin int) {
	text = strings.TrimRight(text, " \t\r\n")
	for i := begin; i < len(text); i++ {
		i = s.unescaped(text, i)
	}
}

// unescaped adds the byte at text[i], or what it and the next stand for, and
// returns where the last of them is.
func (s *statement) unescaped(text string, i int) int {
	c, at := text[i], i
	if c == '\\' && i+1 < len(text) {
		switch next := text[i+1]; next {
		case '"', '\'', '\\', ' ', '#':
			c, i = next, i+1
		case 't':
			c, i = '\t', i+1
		}
	}
	s.text += string([]byte{c})
	s.at = append(s.at, at)
	return i
}

// quoted takes one string in quotes, or nginx's several. What follows is the
// name that Apache gives to a format, a condition, or nginx's semicolon.
func (s *statement) quoted(text string, begin int) error {
	for taken := 0; ; taken++ {
		for begin < len(text) && isSpace(text[begin]) {
			begin++
		}
		if begin == len(text) || text[begin] == ';' {
			return nil
		}
		if text[begin] != '"' && text[begin] != '\'' {
			if taken > 0 && !s.nginx {
				return nil
			}
			for ; begin < len(text) && !isSpace(text[begin]) && text[begin] != ';'; begin++ {
				begin = s.unescaped(text, begin)
			}
			continue
		}
		end := closingQuote(text[begin:])
		if end < 0 {
			return fmt.Errorf("column %d: this quote is not closed", begin+1)
		}
		inner := text[:begin+end]
		for i := begin + 1; i < len(inner); i++ {
			i = s.unescaped(inner, i)
		}
		begin += end + 1
	}
}

// dialect tells whose string it is by the directives in it.
func (s *statement) dialect() logDialect {
	switch {
	case s.nginx || nginxDirective.MatchString(s.text) && !apacheDirective.MatchString(s.text):
		return dialectNginx
	case s.proxy || haproxyDirective.MatchString(s.text):
		return dialectHAProxy
	}
	return dialectApache
}
