package gen

import "strconv"

// standardFields are the 33 columns of a legacy standard log.
const standardFields = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end"

// deliveryFields are a choice of columns of a standard log v2.
const deliveryFields = "timestamp(ms) c-ip cs-method cs(Host) cs-uri-stem cs-uri-query sc-status sc-bytes cs(Referer) cs(User-Agent) x-edge-result-type x-edge-request-id x-host-header cs-protocol time-taken x-forwarded-for sc-content-type c-country asn"

const distribution = "d111111abcdef8.cloudfront.net"

var edges = [...]string{"FRA56-P4", "AMS54-C1", "IAD89-P2", "SIN2-P3", "GRU1-C2", "BOM78-P1", "NRT57-P5", "LHR61-C2"}

func headerOf(fields string) string { return "#Version: 1.0\n#Fields: " + fields + "\n" }

// rowStandard writes standardFields.
func rowStandard(dst []byte, r *request) []byte {
	m := r.client.mix
	if r.badTime {
		dst = append(dst, "2026-13-45\t25:61:61\t"...)
	} else {
		dst = append(appendDate(dst, r.at/1e6), '\t')
		dst = append(appendClock(dst, r.at/1e6), '\t')
	}
	dst = append(append(dst, edges[m%uint64(len(edges))]...), '\t')
	dst = append(strconv.AppendInt(dst, onWire(r), 10), '\t')
	dst = append(append(dst, r.client.addr...), '\t')
	dst = append(append(dst, r.method...), '\t')
	dst = append(dst, distribution+"\t"...)
	dst = append(appendCloudFront(dst, r.path), '\t')
	dst = append(appendPadded(dst, r.status, 3), '\t')
	dst = append(appendCloudFront(dst, r.referer), '\t')
	dst = append(appendCloudFront(dst, r.agent), '\t')
	dst = append(appendCloudFront(dst, r.query), '\t')
	dst = append(appendCookie(dst, m), '\t')
	dst = append(append(dst, r.result...), '\t')
	dst = append(appendRequestID(dst, r), '\t')
	dst = append(append(dst, r.host...), "\thttps\t"...)
	dst = append(strconv.AppendInt(dst, int64(60+len(r.path)+len(r.agent)), 10), '\t')
	dst = append(appendMillis(dst, r.took), '\t')
	dst = append(appendCloudFront(dst, r.forwarded), '\t')
	dst = append(dst, "TLSv1.3\tTLS_AES_128_GCM_SHA256\t"...)
	dst = append(append(dst, r.result...), "\tHTTP/2.0\t-\t-\t"...)
	dst = append(strconv.AppendUint(dst, 1024+r.id[0]%60000, 10), '\t')
	dst = append(appendMillis(dst, r.took/2), '\t')
	dst = append(append(dst, r.result...), '\t')
	dst = append(append(dst, r.object.contentType...), '\t')
	dst = append(strconv.AppendInt(dst, r.body, 10), '\t')
	if r.status == 206 {
		dst = append(strconv.AppendInt(append(dst, "0\t"...), max(r.body-1, 0), 10), '\n')
		return dst
	}
	return append(dst, "-\t-\n"...)
}

// rowDelivery writes deliveryFields.
func rowDelivery(dst []byte, r *request) []byte {
	if r.badTime {
		dst = append(dst, "noon"...)
	} else {
		dst = strconv.AppendInt(dst, r.at/1e3, 10)
	}
	dst = append(append(dst, '\t'), r.client.addr...)
	dst = append(append(dst, '\t'), r.method...)
	dst = append(dst, "\t"+distribution+"\t"...)
	dst = append(appendCloudFront(dst, r.path), '\t')
	dst = append(appendCloudFront(dst, r.query), '\t')
	dst = append(appendPadded(dst, r.status, 3), '\t')
	dst = append(strconv.AppendInt(dst, onWire(r), 10), '\t')
	dst = append(appendCloudFront(dst, r.referer), '\t')
	dst = append(appendCloudFront(dst, r.agent), '\t')
	dst = append(append(dst, r.result...), '\t')
	dst = append(appendRequestID(dst, r), '\t')
	dst = append(append(dst, r.host...), "\thttps\t"...)
	dst = append(appendMillis(dst, r.took), '\t')
	dst = append(appendCloudFront(dst, r.forwarded), '\t')
	dst = append(append(dst, r.object.contentType...), '\t')
	dst = append(appendCloudFront(dst, r.client.country), '\t')
	return append(strconv.AppendUint(dst, uint64(r.client.asn), 10), '\n')
}

// rowDeliveryJSON writes the same values as rowDelivery as one object of
// strings.
func rowDeliveryJSON(dst []byte, r *request) []byte {
	dst = append(dst, `{"timestamp(ms)":"`...)
	if r.badTime {
		dst = append(dst, "noon"...)
	} else {
		dst = strconv.AppendInt(dst, r.at/1e3, 10)
	}
	dst = append(append(dst, `","c-ip":"`...), r.client.addr...)
	dst = append(append(dst, `","cs-method":"`...), r.method...)
	dst = append(dst, `","cs(Host)":"`+distribution+`","cs-uri-stem":"`...)
	dst = appendCloudFront(dst, r.path)
	dst = appendCloudFront(append(dst, `","cs-uri-query":"`...), r.query)
	dst = appendPadded(append(dst, `","sc-status":"`...), r.status, 3)
	dst = strconv.AppendInt(append(dst, `","sc-bytes":"`...), onWire(r), 10)
	dst = appendCloudFront(append(dst, `","cs(Referer)":"`...), r.referer)
	dst = appendCloudFront(append(dst, `","cs(User-Agent)":"`...), r.agent)
	dst = append(append(dst, `","x-edge-result-type":"`...), r.result...)
	dst = appendRequestID(append(dst, `","x-edge-request-id":"`...), r)
	dst = append(append(dst, `","x-host-header":"`...), r.host...)
	dst = appendMillis(append(dst, `","cs-protocol":"https","time-taken":"`...), r.took)
	dst = appendCloudFront(append(dst, `","x-forwarded-for":"`...), r.forwarded)
	dst = append(append(dst, `","sc-content-type":"`...), r.object.contentType...)
	dst = appendCloudFront(append(dst, `","c-country":"`...), r.client.country)
	dst = strconv.AppendUint(append(dst, `","asn":"`...), uint64(r.client.asn), 10)
	return append(dst, "\"}\n"...)
}

// appendCookie appends what two clients in five bring along.
func appendCookie(dst []byte, mix uint64) []byte {
	if mix%5 > 1 {
		return append(dst, '-')
	}
	return append(strconv.AppendUint(append(dst, "_ga=GA1.2."...), mix>>34, 10), ".1772400000"...)
}

// appendMillis appends milliseconds as seconds with three decimals.
func appendMillis(dst []byte, ms int64) []byte {
	dst = append(strconv.AppendInt(dst, ms/1000, 10), '.')
	return appendPadded(dst, int(ms%1000), 3)
}

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// appendRequestID appends the 54 letters and "==" of a request id.
func appendRequestID(dst []byte, r *request) []byte {
	for _, v := range r.id {
		for range 10 {
			dst = append(dst, base64URL[v&63])
			v >>= 6
		}
	}
	for i := range 14 {
		dst = append(dst, base64URL[r.id[i%4]>>(20+i)&63])
	}
	return append(dst, "=="...)
}
