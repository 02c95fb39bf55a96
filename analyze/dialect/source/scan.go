package source

import (
	"bytes"
	"strings"

	"rulecast/analyze/policy"
)

// TokenKind is the type of a token.
type TokenKind uint8

// The kinds of tokens.
const (
	End    TokenKind = iota // of the file, or of what can be read of it
	Word                    // without quotes
	Quoted                  // Text is without the quotes, its escapes read
	Mark                    // one byte that is none of the others
)

// Token is one token of a configuration language.
type Token struct {
	Kind TokenKind
	Text string
	Pos  policy.Pos
}

// Is reports whether a token is a mark or a word of this text.
func (t Token) Is(text string) bool {
	return (t.Kind == Mark || t.Kind == Word) && t.Text == text
}

// Syntax is how a configuration language is cut into tokens.
type Syntax struct {
	// Comments is what begins a comment to the end of the line; "/*" one that
	// ends with "*/".
	Comments []string
	// Quotes are the bytes that a quoted text may stand in.
	Quotes string
	// Word says of which bytes words are made.
	Word func(c byte) bool
	// Escapes are the bytes that a backslash in quotes may stand before, and
	// what each pair is read as. A backslash before any other byte is an error
	// if StrictEscapes, else it is a backslash.
	Escapes       map[byte]string
	StrictEscapes bool
	// Raw: r"..." is a text in quotes in which a backslash is a backslash.
	Raw bool
}

// Scanner cuts a file into tokens. After an error, which is in the report,
// all tokens are End.
type Scanner struct {
	Syntax
	file   *File
	fixed  *policy.Pos // of all tokens, or nil
	report *Report
	at     int
	token  Token
	last   policy.Pos
}

// NewScanner is at the first token of a file.
func NewScanner(f *File, r *Report, s Syntax) *Scanner {
	sc := &Scanner{Syntax: s, file: f, report: r}
	sc.Next()
	return sc
}

// NewTextScanner is at the first token of a text that a value of some file
// holds. All tokens stand at the value's place: escapes hide where in it each
// begins.
func NewTextScanner(text string, at policy.Pos, r *Report, s Syntax) *Scanner {
	sc := &Scanner{Syntax: s, file: &File{Data: []byte(text)}, fixed: &at, report: r}
	sc.Next()
	return sc
}

func (s *Scanner) pos(offset int) policy.Pos {
	if s.fixed != nil {
		return *s.fixed
	}
	return s.file.Pos(offset)
}

// Token is the token that the scanner is at.
func (s *Scanner) Token() Token { return s.token }

// Last is the place of the token before.
func (s *Scanner) Last() policy.Pos { return s.last }

// Next is the token that the scanner is at, and moves on to the one after.
func (s *Scanner) Next() Token {
	t := s.token
	s.last = t.Pos
	s.blanks()
	s.token = s.scan()
	return t
}

// Fail notes an error at a token and ends the file there.
func (s *Scanner) Fail(at Token, format string, args ...any) {
	s.report.Errorf(at.Pos, format, args...)
	s.at = len(s.file.Data)
	s.token = Token{Pos: at.Pos}
}

// Accept moves on if the scanner is at this mark or word.
func (s *Scanner) Accept(text string) bool {
	if !s.token.Is(text) {
		return false
	}
	s.Next()
	return true
}

// Expect moves on over a mark or word, and fails if the scanner is at another.
func (s *Scanner) Expect(text string) bool {
	if s.Accept(text) {
		return true
	}
	s.Fail(s.token, "want %s, have %s", text, s.token)
	return false
}

// Take moves on over a token of a kind, and fails if the scanner is at
// another. What is wanted is said in words.
func (s *Scanner) Take(kind TokenKind, what string) (Token, bool) {
	if s.token.Kind == kind {
		return s.Next(), true
	}
	s.Fail(s.token, "want %s, have %s", what, s.token)
	return Token{}, false
}

// String is the token as messages show it.
func (t Token) String() string {
	switch t.Kind {
	case End:
		return "the end"
	case Quoted:
		return `"` + clip(t.Text) + `"`
	}
	return clip(t.Text)
}

func (s *Scanner) blanks() {
	for s.at < len(s.file.Data) {
		rest := s.file.Data[s.at:]
		if c := rest[0]; c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			s.at++
			continue
		}
		n := s.comment(rest)
		if n == 0 {
			return
		}
		s.at += n
	}
}

// comment is the length of the comment that a text begins with, or 0. One
// without an end is no comment: its "/" is a mark that nobody wants.
func (s *Scanner) comment(rest []byte) int {
	for _, begin := range s.Comments {
		switch {
		case !bytes.HasPrefix(rest, []byte(begin)):
		case begin == "/*":
			if i := bytes.Index(rest[2:], []byte("*/")); i >= 0 {
				return i + 4
			}
		default:
			if i := bytes.IndexByte(rest, '\n'); i >= 0 {
				return i + 1
			}
			return len(rest)
		}
	}
	return 0
}

func (s *Scanner) scan() Token {
	if s.at >= len(s.file.Data) {
		return Token{Pos: s.pos(len(s.file.Data))}
	}
	data := s.file.Data
	t := Token{Kind: Mark, Pos: s.pos(s.at)}
	c := data[s.at]
	switch {
	case s.Raw && c == 'r' && s.at+1 < len(data) && data[s.at+1] == '"':
		s.at++
		return s.quoted(t, nil, false)
	case strings.IndexByte(s.Quotes, c) >= 0:
		return s.quoted(t, s.Escapes, s.StrictEscapes)
	case s.Word(c):
		from := s.at
		for s.at < len(data) && s.Word(data[s.at]) {
			s.at++
		}
		t.Kind, t.Text = Word, string(data[from:s.at])
		return t
	}
	t.Text = string(data[s.at : s.at+1])
	s.at++
	return t
}

// quoted reads a text in quotes, which ends on its line.
func (s *Scanner) quoted(t Token, escapes map[byte]string, strict bool) Token {
	data := s.file.Data
	quote := data[s.at]
	var b strings.Builder
	for i := s.at + 1; i < len(data) && data[i] != '\n'; i++ {
		switch c := data[i]; {
		case c == quote:
			s.at = i + 1
			t.Kind, t.Text = Quoted, b.String()
			return t
		case c == '\\' && len(escapes) > 0 && i+1 < len(data):
			read, ok := escapes[data[i+1]]
			switch {
			case ok:
				b.WriteString(read)
				i++
			case strict:
				s.Fail(Token{Pos: s.pos(i)}, "the escape \\%c is not read here", rune(Printable(rune(data[i+1]))))
				return s.token
			default:
				b.WriteByte(c)
			}
		default:
			b.WriteByte(c)
		}
	}
	s.Fail(t, "the text in quotes has no end on its line")
	return s.token
}
