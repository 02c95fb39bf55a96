package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// tryLines decodes the first lines of an input, as detection does that would
// otherwise have to read them a second way. It returns how many became rows or
// duplicates, how many were rejected, and why the first of these was.
func tryLines(head []byte, whole bool, d Decoder) (accepted, rejected int, reason string) {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	if !whole {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	b, at := record.NewBuilder(0), new(Position)
	for len(head) > 0 && accepted+rejected < sniffLines {
		_, size := cutLine(head)
		d.Decode(head[:size], b, at)
		head = head[size:]
		rejected = len(b.Rejects())
		accepted = b.Rows() + int(at.Duplicates)
	}
	if rejected > 0 {
		reason = b.Rejects()[0].Reason
	}
	return accepted, rejected, reason
}

// missedLines is what sniffing a format of lines without a header comes to,
// once the first line looks like one of its: a third of the first lines have to
// be readable.
func missedLines(head []byte, whole bool, d Decoder) string {
	accepted, rejected, reason := tryLines(head, whole, d)
	switch {
	case accepted > 0 && 2*accepted >= rejected:
		return ""
	case rejected > 0:
		return "most lines cannot be read; of the first: " + reason
	}
	return "no whole line"
}

// firstLine is the first line of an input that is not blank, without a byte
// order mark. What is left of a line that was cut short is none, unless the
// input ends there.
func firstLine(head []byte, whole bool) []byte {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	for len(head) > 0 {
		line, size := cutLine(head)
		if size == len(line) && !whole {
			return nil
		}
		if len(line) > 0 {
			return line
		}
		head = head[size:]
	}
	return nil
}
