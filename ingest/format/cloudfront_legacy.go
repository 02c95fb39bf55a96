package format

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"rulecast/ingest/record"
)

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

// assumeLegacy takes a row that has no header before it, as lines cut out of a
// log have not, for one of a legacy log, whose fields are known by their
// number. It reports whether it can be one, and the decoder has a plan then.
func (d *cloudFrontDecoder) assumeLegacy(line []byte, b *record.Builder) bool {
	header, ok := legacyRow(line)
	if ok {
		d.directive([]byte(header), b)
	}
	return ok
}

// legacyRow is the header that a row of a legacy log stood under, or false if
// the row has not the number of fields, the date, the time and the address
// that such a row has.
func legacyRow(line []byte) (header string, ok bool) {
	const date, clock, client = 0, 1, 4
	columns := bytes.Split(line, []byte{'\t'})
	if !slices.Contains(legacyEras, len(columns)) {
		return "", false
	}
	if _, ok := new(dateCache).parse(columns[date]); !ok {
		return "", false
	}
	if _, ok := parseClock(columns[clock]); !ok {
		return "", false
	}
	if _, err := netip.ParseAddr(string(columns[client])); err != nil {
		return "", false
	}
	return fieldsDirective + " " + strings.Join(strings.Fields(legacyFields)[:len(columns)], " "), true
}
