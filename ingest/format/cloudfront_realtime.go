package format

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rulecast/ingest/record"
)

// realTimeFields are the fields of CloudFront real-time logs in their order,
// which does not depend on that in which they were chosen. Source: "Fields" of
// real-time log configurations in Amazon's CloudFront Developer Guide.
const realTimeFields = "timestamp c-ip time-to-first-byte sc-status sc-bytes cs-method cs-protocol cs-host cs-uri-stem cs-bytes x-edge-location " +
	"x-edge-request-id x-host-header time-taken cs-protocol-version c-ip-version cs-user-agent cs-referer cs-cookie cs-uri-query " +
	"x-edge-response-result-type x-forwarded-for ssl-protocol ssl-cipher x-edge-result-type fle-encrypted-fields fle-status sc-content-type " +
	"sc-content-len sc-range-start sc-range-end c-port x-edge-detailed-result-type c-country cs-accept-encoding cs-accept " +
	"cache-behavior-path-pattern cs-headers cs-header-names cs-headers-count origin-fbl origin-lbl asn"

// realTimeLater are fields that came later and of which the place among the
// others is not known.
const realTimeLater = "primary-distribution-id primary-distribution-dns-name r-host s-ip sr-reason x-edge-mqcs " +
	"cmcd-encoded-bitrate cmcd-buffer-length cmcd-buffer-starvation cmcd-content-id cmcd-object-duration cmcd-deadline " +
	"cmcd-measured-throughput cmcd-next-object-request cmcd-next-range-request cmcd-object-type cmcd-playback-rate " +
	"cmcd-requested-maximum-throughput cmcd-streaming-format cmcd-session-id cmcd-stream-type cmcd-startup cmcd-top-bitrate cmcd-version"

// realTimeEras are the numbers of fields that a log of all of them has had:
// before and since there are origin-fbl, origin-lbl and asn.
var realTimeEras = []int{40, 43}

// cloudFrontRealTime is a real-time log of all fields.
func cloudFrontRealTime() *Format {
	all := strings.Fields(realTimeFields)
	var lists [][]string
	for _, n := range realTimeEras {
		lists = append(lists, all[:n])
	}
	f := realTimeFormat(lists)
	f.Sniff = sniffRealTime
	return f
}

// CloudFrontRealTime is a CloudFront real-time log of the fields given, which
// commas or white space separate: in any order, since the log has its own, but
// for lists with newer fields, which have to be as CloudFront itself returns
// the configuration. Without c-ip there is nothing to replay.
func CloudFrontRealTime(list string) (*Format, error) {
	all := strings.Fields(realTimeFields)
	names, err := listedFields(list, append(slices.Clone(all), strings.Fields(realTimeLater)...))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, "c-ip") {
		return nil, errors.New("the list of fields has no c-ip")
	}
	place := func(a, b string) int { return slices.Index(all, a) - slices.Index(all, b) }
	old := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(all, name) })
	switch {
	case len(old) == len(names):
		slices.SortFunc(names, place)
	case !slices.IsSortedFunc(old, place):
		return nil, fmt.Errorf("the place of %s is not known: list the fields as CloudFront returns the configuration",
			names[slices.IndexFunc(names, func(name string) bool { return !slices.Contains(all, name) })])
	}
	return realTimeFormat([][]string{names}), nil
}

func realTimeFormat(lists [][]string) *Format {
	f := &Format{
		Name:  "cloudfront-realtime",
		Title: "CloudFront real-time log",
		New:   func() Decoder { return &lineDecoder{&listedDecoder{lists: lists, table: realTimeTable(), tabs: true}} },
	}
	f.Sniff = func(head []byte, whole bool) string { return missedLines(head, whole, f.New()) }
	return f
}

// realTimeTable is the columns that are read. The URI has the query, too, which
// has a column of its own if that was chosen.
func realTimeTable() *columnTable {
	return &columnTable{
		fields: []namedField{
			{"timestamp", fieldSeconds, record.Time},
			{"c-ip", fieldClient, record.Client},
			{"x-forwarded-for", fieldText, record.Forwarded},
			{"c-country", fieldCountry, record.Country},
			{"asn", fieldASN, record.ASN},
			{"cs-method", fieldString, record.Method},
			{"cs-protocol", fieldString, record.Scheme},
			{"x-host-header", fieldHost, record.Host},
			{"cs-host", fieldHost, record.Host},
			{"cs-uri-query", fieldText, record.Query},
			{"cs-uri-stem", fieldTarget, record.Path},
			{"sc-status", fieldStatus, record.Status},
			{"sc-bytes", fieldBytes, record.Bytes},
			{"cs-referer", fieldReferer, record.Referer},
			{"cs-user-agent", fieldUserAgent, record.UserAgent},
			{"x-edge-result-type", fieldString, record.Cache},
			{"sc-content-type", fieldString, record.ContentType},
			{"x-edge-request-id", fieldText, record.RequestID},
		},
		decode:    decodePercent,
		userAgent: decodeUserAgent,
		otherHost: "cs-host",
	}
}

// sniffRealTime wants the number of columns of a log of all fields, of which
// the first are a time with ms and an address.
func sniffRealTime(head []byte, whole bool) string {
	line := firstLine(head, whole)
	columns := bytes.Split(line, []byte{'\t'})
	if !slices.Contains(realTimeEras, len(columns)) {
		return "not the columns of a real-time log of all fields, with TABs between them; of others the fields must be given"
	}
	const milliseconds = len("1607374321.541")
	if _, ok := parseSeconds(columns[0]); !ok || len(columns[0]) != milliseconds || !isClient(columns[1]) {
		return "the first columns are not a time with ms and an address"
	}
	return missedLines(head, whole, cloudFrontRealTime().New())
}
