package gen

import (
	"bytes"
	"strconv"
	"time"
)

// form is one way of writing a log.
type form struct {
	name      string
	header    string // at the beginning of every file
	unit      int64  // resolution of its times, in µs
	referers  bool   // it has the Referer
	countries bool   // it has the client's country
	request   bool   // it has the request line, in quotes
	// bytes is what it says of the size of an answer.
	bytes func(r *request) int64
	// abort is the status it gives to a request whose client left: 0 or 499.
	abort int
	row   func(dst []byte, r *request) []byte
	// stub is a line that lacks what every row of this form has.
	stub string
}

// forms are all of them, as Formats lists them.
var forms = []form{
	{name: "cloudfront", header: headerOf(standardFields), unit: 1e6, referers: true, bytes: onWire, row: rowStandard, stub: "2026-03-02\t10:00:00\tFRA56-P4\t100"},
	{name: "cloudfront-v2", header: headerOf(deliveryFields), unit: 1e3, referers: true, countries: true, bytes: onWire, row: rowDelivery, stub: "1772445600000\t192.0.2.1"},
	{name: "cloudfront-json", unit: 1e3, referers: true, countries: true, bytes: onWire, row: rowDeliveryJSON, stub: `["timestamp(ms)"]`},
	{name: "cloudflare", unit: 1, referers: true, countries: true, bytes: onWire, abort: 499, row: rowCloudflare, stub: `"EdgeStartTimestamp"`},
	{name: "common", unit: 1e6, request: true, bytes: bodyOnly, abort: 499, row: rowCommon, stub: `192.0.2.1 - -`},
	{name: "combined", unit: 1e6, referers: true, request: true, bytes: bodyOnly, abort: 499, row: rowCombined, stub: `192.0.2.1 - -`},
	{name: "vhost_combined", unit: 1e6, referers: true, request: true, bytes: bodyOnly, abort: 499, row: rowVhostCombined, stub: `www.shop.example:443 192.0.2.1 - -`},
}

func onWire(r *request) int64 { return r.header + r.body }

// bodyOnly is %b. An answer to HEAD has no body.
func bodyOnly(r *request) int64 {
	if r.method == "HEAD" {
		return 0
	}
	return r.body
}

// Formats are the names that Options.Format takes.
func Formats() []string {
	names := make([]string, len(forms))
	for i := range forms {
		names[i] = forms[i].name
	}
	return names
}

func formNamed(name string) *form {
	for i := range forms {
		if forms[i].name == name {
			return &forms[i]
		}
	}
	return nil
}

// appendBroken appends the k-th unreadable line, made from a request.
func (g *Generator) appendBroken(dst []byte, r *request, k int64) []byte {
	switch k % 3 {
	case 0: // cut off: within the columns, the object or the quoted request
		start := len(dst)
		dst = g.form.row(dst, r)
		keep := (len(dst) - start) * 2 / 5
		if g.form.request {
			keep = bytes.IndexByte(dst[start:], '"') + len(`"GET /`)
		}
		return append(dst[:start+keep], '\n')
	case 1:
		r.badTime = true
		dst = g.form.row(dst, r)
		r.badTime = false
		return dst
	}
	return append(append(dst, g.form.stub...), '\n')
}

// appendPadded appends n in at least width digits.
func appendPadded(dst []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			for range width - 1 {
				dst = append(dst, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

func appendClock(dst []byte, seconds int64) []byte {
	s := int(seconds % 86400)
	dst = append(appendPadded(dst, s/3600, 2), ':')
	dst = append(appendPadded(dst, s/60%60, 2), ':')
	return appendPadded(dst, s%60, 2)
}

func appendDate(dst []byte, seconds int64) []byte {
	y, m, d := time.Unix(seconds, 0).UTC().Date()
	dst = append(appendPadded(dst, y, 4), '-')
	dst = append(appendPadded(dst, int(m), 2), '-')
	return appendPadded(dst, d, 2)
}
