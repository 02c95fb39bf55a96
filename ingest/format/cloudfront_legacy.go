package format

import "strings"

// legacyFields are the fields of a CloudFront standard log (legacy) in their
// fixed order. Logs of earlier years have as many of the first of them as
// there were then.
const legacyFields = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) " +
	"cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for " +
	"ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port " +
	"time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end"

// legacyEras are the numbers of fields that CloudFront standard logs have had:
// until 2013, then with each extension up to the last in December 2019.
var legacyEras = []int{12, 15, 18, 19, 23, 24, 26, 33}

// LegacyCloudFrontHeader is the header that a line of so many fields, cut out
// of a CloudFront standard log, stood under; false if no such log had lines of
// that many fields.
func LegacyCloudFrontHeader(fields int) (string, bool) {
	for _, era := range legacyEras {
		if era == fields {
			return "#Fields: " + strings.Join(strings.Fields(legacyFields)[:fields], " ") + "\n", true
		}
	}
	return "", false
}
