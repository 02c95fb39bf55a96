package format

import (
	"bytes"
	"slices"
)

// lastW3CHeader implements Format.Header: the last of each directive that the
// decoder heeds.
func lastW3CHeader(lines []byte, longest int, _ bool) []byte {
	var software, date, fields []byte
	eachDirective(lines, "#", longest, func(line []byte) {
		switch {
		case bytes.HasPrefix(line, []byte(softwareDirective)):
			software = line
		case bytes.HasPrefix(line, []byte(dateDirective)):
			date = line
		case bytes.HasPrefix(line, []byte(fieldsDirective)):
			fields = line
		}
	})
	var found [][]byte
	for _, line := range [][]byte{software, date, fields} {
		if line != nil {
			found = append(found, line)
		}
	}
	if found == nil {
		return nil
	}
	return slices.Clip(bytes.Join(found, []byte{'\n'}))
}

// eachDirective calls fn with each of the lines that begins with prefix, behind
// a byte order mark or not, and has no more than longest bytes.
func eachDirective(lines []byte, prefix string, longest int, fn func(line []byte)) {
	for at := 0; ; {
		i := bytes.Index(lines[at:], []byte(prefix)) // quick: '#' stands in few values
		if i < 0 {
			return
		}
		at += i
		begin := at
		if bytes.HasSuffix(lines[:at], []byte(byteOrderMark)) {
			begin -= len(byteOrderMark)
		}
		end := len(lines)
		if size := bytes.IndexByte(lines[at:], '\n'); size >= 0 {
			end = at + size
		}
		if (begin == 0 || lines[begin-1] == '\n') && end-begin <= longest {
			fn(lines[at:end])
		}
		at = end
	}
}

// sniffW3C wants a #Fields line, before any row, with the columns of HTTP
// requests, and rows, if there are any, that have HTTP methods.
func sniffW3C(head []byte, whole bool) string {
	rows := bytes.TrimPrefix(head, []byte(byteOrderMark))
	missed := "no #Fields line before the first row"
	for len(rows) > 0 {
		line, size := cutLine(rows)
		if size == len(line) && !whole {
			break
		}
		if len(line) > 0 && line[0] != '#' {
			break
		}
		rows = rows[size:]
		if names, ok := bytes.CutPrefix(line, []byte(fieldsDirective)); ok {
			missed = missedByW3C(headerNames(string(bytes.ToLower(names))))
		}
	}
	if missed != "" {
		return missed
	}
	if accepted, _, reason := tryLines(head, whole, new(w3cDecoder)); accepted == 0 && reason == reasonMethod {
		return "cs-method has no HTTP methods: the log of another kind of server"
	}
	return ""
}

// missedByW3C is what a #Fields line lacks.
func missedByW3C(names []string) string {
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(name string) bool { return slices.Contains(names, name) })
	}
	switch {
	case has("x-event"):
		return "#Fields has x-event: a streaming (RTMP) log, not one of HTTP requests"
	case has("s-reason"):
		return "#Fields has s-reason: errors of HTTP.sys, most of them of connections without a request"
	case !has("c-ip", "cs-ip"):
		return "#Fields has no c-ip"
	case !has("cs-method") || !has("cs-uri-stem", "cs-uri"):
		return "#Fields has no cs-method, or neither cs-uri-stem nor cs-uri"
	}
	return ""
}
