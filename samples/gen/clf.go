package gen

import (
	"strconv"
	"time"
)

// rowCommon writes Apache's %h %l %u %t "%r" %>s %b.
func rowCommon(dst []byte, r *request) []byte {
	dst = appendCommon(dst, r, appendApache[string], appendApache[[]byte])
	dst = append(dst, ' ')
	if n := bodyOnly(r); n > 0 {
		return append(strconv.AppendInt(dst, n, 10), '\n')
	}
	return append(dst, "-\n"...)
}

// rowVhostCombined writes Apache's %v:%p, common and the two headers.
func rowVhostCombined(dst []byte, r *request) []byte {
	dst = append(append(dst, r.host...), ":443 "...)
	dst = rowCommon(dst, r)
	dst = append(dst[:len(dst)-1], ` "`...)
	if r.noReferer {
		dst = append(dst, '-')
	}
	dst = appendApache(append(appendApache(dst, r.referer), `" "`...), r.agent)
	return append(dst, "\"\n"...)
}

// rowCombined writes nginx's combined form.
func rowCombined(dst []byte, r *request) []byte {
	dst = appendCommon(dst, r, appendNginx[string], appendNginx[[]byte])
	dst = strconv.AppendInt(append(dst, ' '), bodyOnly(r), 10)
	dst = append(dst, ` "`...)
	if r.noReferer {
		dst = append(dst, '-')
	}
	dst = appendNginx(append(appendNginx(dst, r.referer), `" "`...), r.agent)
	return append(dst, "\"\n"...)
}

// appendCommon appends everything up to the status.
func appendCommon(dst []byte, r *request, path func([]byte, string) []byte, query func([]byte, []byte) []byte) []byte {
	dst = append(append(dst, r.client.addr...), " - - ["...)
	if r.badTime {
		dst = append(dst, "45/Foo/2026:25:61:61"...)
	} else {
		y, m, d := time.UnixMicro(r.at).UTC().Date()
		dst = append(appendPadded(dst, d, 2), '/')
		dst = append(append(dst, m.String()[:3]...), '/')
		dst = append(appendPadded(dst, y, 4), ':')
		dst = appendClock(dst, r.at/1e6)
	}
	dst = append(append(dst, ` +0000] "`...), r.method...)
	dst = path(append(dst, ' '), r.path)
	if len(r.query) > 0 {
		dst = query(append(dst, '?'), r.query)
	}
	dst = append(dst, ` HTTP/2.0" `...)
	return appendPadded(dst, statusOr(r, 499), 3)
}
