package format

import "bytes"

// lastCloudFrontHeader implements Format.Header. It has to agree with what the
// decoder takes for a header, in the middle of a log, too.
func lastCloudFrontHeader(lines []byte, longest int, first bool) []byte {
	var last []byte
	eachDirective(lines, fieldsDirective, longest, func(line []byte) { last = line })
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
