package format

import "bytes"

// afterSyslog is what a line says behind the header that syslog gave it, and
// whether it has one: a priority in angle brackets, a time, a host and a tag
// that ends in a colon (RFC 3164, also with the time of RFC 3339), of which a
// file may have the tag alone; or the header of RFC 5424.
func afterSyslog(line []byte) (message []byte, headed bool) {
	rest, prioritised := cutPriority(line)
	if version, after := cutToken(rest); prioritised && string(version) == "1" {
		return afterSyslog5424(after)
	}
	const stamp = len("Jan  2 15:04:05 ")
	if len(rest) > stamp && monthNumber(rest[:3]) != 0 && rest[stamp-1] == ' ' && rest[9] == ':' && rest[12] == ':' {
		rest = rest[stamp:]
	} else if word, after := cutToken(rest); len(word) > 19 && word[4] == '-' && word[10] == 'T' {
		rest = after
	}
	for range 2 { // the host may be missing
		word, after := cutToken(rest)
		if n := len(word); n > 1 && word[n-1] == ':' && isSyslogTag(word[:n-1]) {
			return after, true
		}
		rest = after
	}
	return line, false
}

// isSyslogTag reports whether v is the name of a program, perhaps with the
// number of its process in brackets.
func isSyslogTag(v []byte) bool {
	if n := len(v); v[n-1] == ']' {
		open := bytes.LastIndexByte(v, '[')
		return open > 0 && isName(v[:open])
	}
	return isName(v)
}

// isName reports whether v has letters and no colon, as an address would.
func isName(v []byte) bool {
	letters := false
	for _, c := range v {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && !('0' <= c && c <= '9') && bytes.IndexByte([]byte("-_./"), c) < 0 {
			return false
		}
		letters = letters || letter
	}
	return letters
}

// cutPriority cuts "<134>".
func cutPriority(line []byte) (rest []byte, ok bool) {
	if len(line) < 3 || line[0] != '<' {
		return line, false
	}
	end := bytes.IndexByte(line[:min(len(line), 5)], '>')
	if end < 2 {
		return line, false
	}
	if _, ok := parseInt(line[1:end]); !ok {
		return line, false
	}
	return line[end+1:], true
}

// cutToken cuts what stands before the first space.
func cutToken(v []byte) (word, after []byte) {
	if space := bytes.IndexByte(v, ' '); space >= 0 {
		return v[:space], v[space+1:]
	}
	return v, nil
}

// afterSyslog5424 is the message behind time, host, program, process, message
// id and structured data, from the time on.
func afterSyslog5424(rest []byte) (message []byte, headed bool) {
	for range 5 {
		_, rest = cutToken(rest)
	}
	for len(rest) > 0 && rest[0] == '[' { // elements of structured data
		end := bytes.IndexByte(rest, ']')
		for end > 0 && rest[end-1] == '\\' {
			next := bytes.IndexByte(rest[end+1:], ']')
			if next < 0 {
				return nil, true
			}
			end += 1 + next
		}
		if end < 0 {
			return nil, true
		}
		rest = rest[end+1:]
	}
	if nothing, after := cutToken(rest); string(nothing) == "-" {
		rest = after
	}
	return bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte{' '}), []byte("\xef\xbb\xbf")), true
}
