package format

import (
	"slices"
	"strings"

	"rulecast/ingest/record"
)

// tableKind is what the values of a column of a columnar file say.
type tableKind uint8

const (
	tableTime   tableKind = iota // a moment
	tableDate                    // a day, of a moment
	tableClock                   // the time of day, of a moment
	tableNumber                  // Status, Bytes or ASN
	tableDict                    // Client and the other dictionary columns
	tableText
)

// tableField is a column of a columnar file by its name.
type tableField struct {
	name   string
	kind   tableKind
	sets   record.Column
	decode record.Decode
	text   func(raw []byte) (int64, bool) // reads what is no number but text
}

// tableCloudFront are the columns of CloudFront standard logging v2. Of two
// that set the same record column the later one counts where it has a value.
// Source: "Standard log file fields" in Amazon's CloudFront Developer Guide;
// in column names "-", "(" and ")" become "_".
func tableCloudFront() []tableField {
	return []tableField{
		{"date", tableDate, record.Time, nil, parseDate},
		{"time", tableClock, record.Time, nil, parseClock},
		{"timestamp", tableTime, record.Time, nil, parseEpoch},
		{"timestamp_ms", tableTime, record.Time, nil, parseEpoch},
		{"c_ip", tableDict, record.Client, nil, nil},
		{"x_forwarded_for", tableText, record.Forwarded, decodePercent, nil},
		{"c_country", tableDict, record.Country, nil, nil},
		{"asn", tableNumber, record.ASN, nil, textASN},
		{"cs_method", tableDict, record.Method, decodePercent, nil},
		{"cs_protocol", tableDict, record.Scheme, decodePercent, nil},
		{"cs_host", tableDict, record.Host, nil, nil},
		{"x_host_header", tableDict, record.Host, nil, nil},
		{"cs_uri_stem", tableText, record.Path, decodePercent, nil},
		{"cs_uri_query", tableText, record.Query, decodePercent, nil},
		{"sc_status", tableNumber, record.Status, nil, textStatus},
		{"sc_bytes", tableNumber, record.Bytes, nil, textBytes},
		{"cs_referer", tableText, record.Referer, decodePercent, nil},
		{"cs_referer", tableDict, record.RefererHost, decodePercent, nil},
		{"cs_user_agent", tableDict, record.UserAgent, decodeUserAgent, nil},
		{"x_edge_result_type", tableDict, record.Cache, decodePercent, nil},
		{"sc_content_type", tableDict, record.ContentType, decodePercent, nil},
		{"x_edge_request_id", tableText, record.RequestID, decodePercent, nil},
	}
}

// tableOwn are the columns that package compact writes: those of a Batch.
func tableOwn() []tableField {
	var fields []tableField
	for c := range record.NumColumns {
		f := tableField{name: c.String(), kind: tableDict, sets: c}
		switch c {
		case record.Time:
			f.kind = tableTime
		case record.ASN, record.Status, record.Bytes:
			f.kind = tableNumber
		case record.Forwarded, record.Path, record.Query, record.Referer, record.RequestID:
			f.kind = tableText
		}
		fields = append(fields, f)
	}
	return fields
}

func textStatus(raw []byte) (int64, bool) {
	if len(raw) == 0 {
		return 0, true
	}
	n, ok := parseStatus(raw)
	return int64(n), ok
}

func textBytes(raw []byte) (int64, bool) {
	if len(raw) == 0 {
		return 0, true
	}
	return parseBytes(raw)
}

func textASN(raw []byte) (int64, bool) { return int64(parseASN(raw)), true }

// tableName brings a column name to the spelling of tableCloudFront, so that
// "cs(Referer)" is "cs_referer".
func tableName(name string) string {
	name = strings.NewReplacer("-", "_", "(", "_", ")", "_").Replace(strings.ToLower(name))
	return strings.TrimRight(name, "_")
}

// fieldsOf are the columns to look for in a file, in the order in which they
// are set: those of CloudFront, or ours if package compact wrote it. The name
// of a column there is compared by tableName, unless it is ours.
func fieldsOf(own bool, has func(name string) bool) []tableField {
	if own {
		return tableOwn()
	}
	return oneMoment(tableCloudFront(), has)
}

// oneMoment leaves out the columns of time that others make superfluous.
func oneMoment(fields []tableField, has func(name string) bool) []tableField {
	drop := []string{"date", "time"}
	switch {
	case has("timestamp_ms"):
		drop = append(drop, "timestamp")
	case has("timestamp"):
	case has("date") && has("time"):
		drop = nil
	}
	return slices.DeleteFunc(fields, func(f tableField) bool { return slices.Contains(drop, f.name) })
}

// fallible reports whether a value can make its row a reject: the column is
// then read whether it was asked for or not. Those that compact wrote are sound
// but for a client that is null.
func (f tableField) fallible(own bool) bool {
	return f.sets == record.Client || !own && f.text != nil && f.sets != record.ASN
}

// namedColumns are the columns that the log had from which compact made a
// file, by what stands there under ParquetColumns.
func namedColumns(names string) record.Columns {
	present := record.Columns(0)
	for c := range record.NumColumns {
		if slices.Contains(strings.Fields(names), c.String()) {
			present |= record.ColumnSet(c)
		}
	}
	return present
}
