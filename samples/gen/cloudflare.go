package gen

import (
	"strconv"
	"strings"
)

// cacheStatus are CloudFront's result types in Cloudflare's words.
var cacheStatus = map[string]string{"Hit": "hit", "RefreshHit": "revalidated", "Miss": "miss", "Error": "dynamic"}

// rowCloudflare writes one object of a Logpush job with nanosecond times.
func rowCloudflare(dst []byte, r *request) []byte {
	dst = append(append(dst, `{"CacheCacheStatus":"`...), cacheStatus[r.result]...)
	dst = strconv.AppendUint(append(dst, `","ClientASN":`...), uint64(r.client.asn), 10)
	dst = append(dst, `,"ClientCountry":"`...)
	if r.client.country == "" {
		dst = append(dst, "xx"...)
	} else {
		dst = append(dst, strings.ToLower(r.client.country)...)
	}
	dst = append(append(dst, `","ClientIP":"`...), r.client.addr...)
	dst = append(append(dst, `","ClientRequestHost":"`...), r.host...)
	dst = append(append(dst, `","ClientRequestMethod":"`...), r.method...)
	dst = appendJSON(append(dst, `","ClientRequestPath":"`...), r.path)
	dst = appendJSON(append(dst, `","ClientRequestProtocol":"HTTP/2","ClientRequestReferer":"`...), r.referer)
	dst = appendJSON(append(dst, `","ClientRequestScheme":"https","ClientRequestSource":"eyeball","ClientRequestURI":"`...), r.path)
	if len(r.query) > 0 {
		dst = appendJSON(append(dst, '?'), r.query)
	}
	dst = appendJSON(append(dst, `","ClientRequestUserAgent":"`...), r.agent)
	dst = append(append(dst, `","EdgeResponseContentType":"`...), r.object.contentType...)
	dst = strconv.AppendInt(append(dst, `","EdgeResponseBodyBytes":`...), r.body, 10)
	dst = strconv.AppendInt(append(dst, `,"EdgeResponseBytes":`...), onWire(r), 10)
	dst = strconv.AppendInt(append(dst, `,"EdgeResponseStatus":`...), int64(statusOr(r, 499)), 10)
	dst = append(dst, `,"EdgeStartTimestamp":`...)
	if r.badTime {
		dst = append(dst, `"noon"`...)
	} else {
		dst = strconv.AppendInt(dst, r.at*1000, 10)
	}
	dst = append(dst, `,"RayID":"`...)
	for v, i := r.id[0], 0; i < 16; i++ {
		dst = append(dst, lowerHex[v&15])
		v >>= 4
	}
	return append(dst, "\",\"WorkerSubrequest\":false}\n"...)
}

// statusOr is the status, or abort if the client left before the answer.
func statusOr(r *request, abort int) int {
	if r.status == 0 {
		return abort
	}
	return r.status
}
