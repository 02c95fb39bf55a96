package format

import "bytes"

// lastCloudFrontHeader implements Format.Header. It has to agree with what the
// decoder takes for a header, in the middle of a log, too.
func lastCloudFrontHeader(lines []byte, longest int, first bool) []byte {
	var last []byte
	for at := 0; ; {
		i := bytes.Index(lines[at:], []byte(fieldsDirective)) // quick: '#' stands in no encoded value
		if i < 0 {
			break
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
			last = lines[at:end]
		}
		at = end
	}
	if last == nil && first {
		return assumedHeader(lines, longest)
	}
	return last
}

// assumedHeader is the header that the first rows of a log without one are
// taken to have, or nil.
func assumedHeader(lines []byte, longest int) []byte {
	for len(lines) > 0 {
		line, rest, _ := bytes.Cut(lines, []byte{'\n'})
		lines = rest
		if len(line) > longest {
			continue
		}
		line, _ = cutLine(line)
		line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if header, ok := legacyRow(line); ok {
			return []byte(header)
		}
	}
	return nil
}
