package format

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// place is where a value of a mapped log stands: in a column, or below a key.
type place struct {
	text   string // as it was given
	name   string // of the column
	column int    // number of the column, from 1; 0 is the one called name
	key    jsonKey
}

// parsePlace reads what stands behind NAME= in a field, less its encoding:
// "#3" or keys, the inner ones behind a dot, with "[0]" at the end for the
// first element of an array. Keys and names of columns with dots, brackets or
// '#' in front stand in quotes.
func parsePlace(text string) (place, error) {
	p := place{text: text, name: text}
	if number, ok := strings.CutPrefix(text, "#"); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > maxMappedColumns {
			return p, fmt.Errorf("column %s is none: they are #1 to #%d", text, maxMappedColumns)
		}
		p.column = n
		return p, nil
	}
	if size := len(text); size > 2 && text[0] == '"' && strings.IndexByte(text[1:], '"') == size-2 {
		p.name = text[1 : size-1]
		p.key = jsonKey{name: p.name}
		return p, nil
	}
	keys, first, err := parseKeys(text)
	if err != nil {
		return p, err
	}
	last := len(keys) - 1
	p.key = jsonKey{name: keys[last], within: keys[:last], first: first}
	return p, nil
}

// parseKeys reads keys with dots between them.
func parseKeys(text string) (keys []string, first bool, err error) {
	for rest := text; ; rest = rest[1:] {
		var key string
		if strings.HasPrefix(rest, `"`) {
			end := strings.IndexByte(rest[1:], '"') + 1
			if end == 0 {
				return nil, false, errors.New("the quote is not closed")
			}
			key, rest = rest[1:end], rest[end+1:]
		} else {
			end := strings.IndexAny(rest, `."[`)
			if end < 0 {
				end = len(rest)
			}
			key, rest = rest[:end], rest[end:]
		}
		if key == "" {
			return nil, false, errors.New("a key is empty")
		}
		keys = append(keys, key)
		switch {
		case rest == "":
			return keys, false, nil
		case rest == "[0]":
			return keys, true, nil
		case rest[0] == '[':
			return nil, false, errors.New(`of arrays, only the first element can be had, with "[0]" at the end; put a name with brackets in quotes`)
		case rest[0] != '.':
			return nil, false, errors.New("a quote stands within a key")
		}
	}
}
