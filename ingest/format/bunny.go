package format

import (
	"bytes"

	"rulecast/ingest/cut"
	"rulecast/ingest/record"
)

// bunny is bunny.net's CDN log (v1): 12 columns separated by "|", or 15 with
// extended logging, and blank lines. Nothing is escaped. Addresses are cut to
// their network unless the owner has asked for whole ones. Source: "Log Format"
// in bunny.net's documentation.
func bunny() *Format {
	return &Format{
		Name:  "bunny",
		Title: "bunny.net CDN log",
		Sniff: sniffBunny,
		New:   func() Decoder { return &lineDecoder{new(bunnyRow)} },
	}
}

const (
	reasonBunnyColumns = "not 12 or 15 columns, or no http URL in the eighth"
	reasonBarePipes    = `Referer, URL and User-Agent cannot be told apart: "|" within them is not escaped`
)

var bunnyColumns = record.ColumnSet(record.Time, record.Client, record.Country, record.Scheme, record.Host, record.Path, record.Query,
	record.Status, record.Bytes, record.Referer, record.RefererHost, record.UserAgent, record.Cache, record.RequestID)

// bunnyRow is a rowReader.
type bunnyRow struct {
	ends    [bunnyFront]int32
	request requestLine
}

// The columns in front of the Referer: cache, status, time, bytes, zone and
// client.
const (
	bunnyCache = iota
	bunnyStatus
	bunnyTime
	bunnyBytes
	bunnyZone
	bunnyClient
	bunnyFront
)

func (r *bunnyRow) row(line []byte, b *record.Builder) string {
	found, end := cut.Mark(line, '|', r.ends[:])
	if found < bunnyFront {
		return reasonBunnyColumns
	}
	var back bunnyBack
	if reason := back.parse(line[end:]); reason != "" {
		return reason
	}
	us, ok := parseMillis(r.front(line, bunnyTime))
	if !ok {
		return reasonTime
	}
	if !b.SetClientOrNetwork(r.front(line, bunnyClient)) {
		return reasonClient
	}
	if reason := setNumbers(b, r.front(line, bunnyStatus), r.front(line, bunnyBytes)); reason != "" {
		return reason
	}
	b.SetTime(us)
	b.SetCountry(back.country)
	b.SetReferer(back.referer, nil)
	b.SetString(record.UserAgent, back.userAgent, nil)
	b.SetString(record.Cache, r.front(line, bunnyCache), nil)
	b.SetText(record.RequestID, back.id, nil)
	r.request.setURL(b, back.url, nil)
	b.SetPresent(bunnyColumns)
	return ""
}

// front is one of the columns in front of the Referer.
func (r *bunnyRow) front(line []byte, column int) []byte {
	if column == 0 {
		return line[:r.ends[0]]
	}
	return line[r.ends[column-1]+1 : r.ends[column]]
}

// bunnyBack is the columns behind the client.
type bunnyBack struct {
	referer, url, userAgent, id, country []byte
}

// parse takes v apart, which begins with the Referer. Three columns are what
// clients like, and may have "|" in them, but only one way of taking v apart
// must make sense.
func (c *bunnyBack) parse(v []byte) string {
	const extended = 3 // columns that only extended logs have
	ways := 0
	for _, cut := range [...]int{0, extended} {
		rest := v
		for range cut {
			rest, _ = cutLastColumn(rest)
		}
		rest, country := cutLastColumn(rest)
		rest, id := cutLastColumn(rest)
		if !isDash(country) && (len(country) != 2 || !isUpper(country)) || !isHex(id) {
			continue
		}
		if n := c.parseMiddle(rest); n > 0 {
			ways += n
			c.id, c.country = id, country
		}
	}
	switch ways {
	case 0:
		return reasonBunnyColumns
	case 1:
		return ""
	}
	return reasonBarePipes
}

// parseMiddle takes Referer, URL, edge location and User-Agent apart and returns
// in how many ways that can be done: a URL begins with "|http://" or
// "|https://" and ends at an edge location such as "|WA|".
func (c *bunnyBack) parseMiddle(v []byte) (ways int) {
	starts, lastStart := 0, 0
	for at := 0; ; at++ {
		next := bytes.IndexByte(v[at:], '|')
		if next < 0 {
			return ways
		}
		at += next
		if size := edgeSize(v[at+1:]); starts > 0 && size > 0 {
			if ways += starts; ways > 1 {
				return ways // no more is of interest
			}
			c.referer, c.url, c.userAgent = v[:lastStart], v[lastStart+1:at], v[at+1+size+1:]
		}
		if _, _, ok := cutAuthority(v[at+1:]); ok {
			starts++
			lastStart = at
		}
	}
}

// edgeSize is the length of the edge location that v begins with, followed by
// "|"; 0 for none.
func edgeSize(v []byte) int {
	const longest = 8
	size := bytes.IndexByte(v[:min(len(v), longest+1)], '|')
	if size <= 0 || !isUpper(v[:size]) && !isDash(v[:size]) {
		return 0
	}
	return size
}

// cutLastColumn cuts what stands behind the last "|"; nil if there is none.
func cutLastColumn(v []byte) (rest, column []byte) {
	at := bytes.LastIndexByte(v, '|')
	if at < 0 {
		return nil, nil
	}
	return v[:at], v[at+1:]
}

// isUpper reports whether v has only upper-case letters and digits.
func isUpper(v []byte) bool {
	for _, c := range v {
		if !('A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}

// isHex reports whether v is a hexadecimal number.
func isHex(v []byte) bool {
	for _, c := range v {
		if _, ok := hexDigit(c); !ok {
			return false
		}
	}
	return len(v) > 0
}

// sniffBunny wants the first line to begin with the columns in front of the
// Referer.
func sniffBunny(head []byte, whole bool) string {
	line := firstLine(head, whole)
	var r bunnyRow
	if found, _ := cut.Mark(line, '|', r.ends[:]); found < bunnyFront {
		return `no "|" between the columns of the first line`
	}
	_, ok := parseMillis(r.front(line, bunnyTime))
	if !ok || !isClient(r.front(line, bunnyClient)) {
		return "the third column is not a time in ms, or the sixth not an address"
	}
	return missedLines(head, whole, &lineDecoder{new(bunnyRow)})
}
