package policy

import "fmt"

// String is "file:line:column", or less where less is known.
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		if s != "" {
			s += ":"
		}
		s += fmt.Sprint(p.Line)
		if p.Column > 0 {
			s += fmt.Sprintf(":%d", p.Column)
		}
	}
	return s
}

// Where names a place as seen from another: "on line 3", or with the file if
// that is a different one.
func (p Pos) Where(from Pos) string {
	if p.File == from.File && p.Line > 0 {
		return fmt.Sprintf("on line %d", p.Line)
	}
	return "at " + p.String()
}
