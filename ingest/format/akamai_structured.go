package format

import (
	"errors"
	"slices"
	"strings"

	"rulecast/ingest/record"
)

// akamaiFields are the names of the fields of DataStream 2 as its JSON has
// them. Source: "Data set parameters" in Akamai's documentation of DataStream 2.
const akamaiFields = "version streamId cp reqId reqTimeSec bytes cliIP statusCode proto reqHost reqMethod reqPath reqPort rspContentLen " +
	"rspContentType UA tlsOverheadTimeMSec tlsVersion objSize uncompressedSize overheadBytes totalBytes queryStr breadcrumbs accLang cookie " +
	"range referer xForwardedFor maxAgeSec reqEndTimeMSec errorCode turnAroundTimeMSec transferTimeMSec dnsLookupTimeMSec lastByte edgeIP " +
	"country state city asn serverCountry billingRegion cacheStatus cacheable securityRules ewUsageInfo customField"

// AkamaiStructured is Akamai's DataStream 2 in its structured form: rows of the
// fields that the stream has, in its order, between spaces or TABs, without a
// header. The fields are given by the names of the JSON form, between commas or
// white space. Nothing tells such rows from others, so they are never detected.
func AkamaiStructured(list string) (*Format, error) {
	names, err := listedFields(list, strings.Fields(akamaiFields))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, "cliIP") {
		return nil, errors.New("the list of fields has no cliIP")
	}
	f := &Format{
		Name:  "akamai-structured",
		Title: "Akamai DataStream 2 (structured)",
		New:   func() Decoder { return &lineDecoder{&listedDecoder{lists: [][]string{names}, table: akamaiTable()}} },
	}
	f.Sniff = func(head []byte, whole bool) string { return missedLines(head, whole, f.New()) }
	return f, nil
}

// akamaiTable is the columns that are read. Bytes beyond printable ASCII are
// percent-encoded, but the percent sign is not: only of a User-Agent, which
// has spaces and rarely "%", is it better undone. Paths lack their "/".
func akamaiTable() *columnTable {
	return &columnTable{
		fields: []namedField{
			{"reqtimesec", fieldSeconds, record.Time},
			{"cliip", fieldClient, record.Client},
			{"xforwardedfor", fieldText, record.Forwarded},
			{"country", fieldCountry, record.Country},
			{"asn", fieldASN, record.ASN},
			{"reqmethod", fieldString, record.Method},
			{"proto", fieldScheme, record.Scheme},
			{"reqhost", fieldHost, record.Host},
			{"reqpath", fieldRelative, record.Path},
			{"querystr", fieldText, record.Query},
			{"statuscode", fieldStatus, record.Status},
			{"bytes", fieldBytes, record.Bytes},
			{"totalbytes", fieldBytes, record.Bytes},
			{"referer", fieldReferer, record.Referer},
			{"ua", fieldUserAgent, record.UserAgent},
			{"cachestatus", fieldString, record.Cache},
			{"rspcontenttype", fieldString, record.ContentType},
			{"reqid", fieldText, record.RequestID},
		},
		userAgent: decodePercent,
	}
}

// rootedPath is a path with the "/" that it lacks. It is a record.Decode.
func rootedPath(dst, src []byte) []byte {
	if len(src) == 0 || src[0] != '/' {
		dst = append(dst, '/')
	}
	return append(dst, src...)
}

// lowerCase is a record.Decode.
func lowerCase(dst, src []byte) []byte {
	for _, c := range src {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}
