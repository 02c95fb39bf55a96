package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// azureAppGateway is the access log of Azure Application Gateway, v1 and v2, as
// Azure Monitor exports it: one record per line. It has no Referer. The client
// is the peer. Records of the firewall and of performance are skipped.
func azureAppGateway() *Format {
	return &Format{
		Name:  "azure-appgw",
		Title: "Azure Application Gateway (Azure Monitor)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSON(head, whole, appGatewayKeys(), missedByAppGateway)
		},
		New: func() Decoder { return newJSONDecoder(appGatewayKeys(), appGatewayRow) },
	}
}

// The keys, by number.
const (
	agwCategory = iota
	agwTime
	agwTimeStamp
	agwTimestamp
	agwClient
	agwMethod
	agwURI
	agwOriginalURI
	agwQuery
	agwOriginalHost
	agwHost
	agwTLS
	agwStatus
	agwBytes
	agwUserAgent
	agwTransaction
)

// appGatewayKeys are the keys in the order of their numbers. Source:
// "Diagnostic logs - Azure Application Gateway" by Microsoft, whose examples
// spell the time in three ways.
func appGatewayKeys() []jsonKey {
	set := record.ColumnSet
	properties := []string{"properties"}
	return []jsonKey{
		agwCategory:     {name: "category"},
		agwTime:         {name: "time", sets: set(record.Time)},
		agwTimeStamp:    {name: "timeStamp", sets: set(record.Time)},
		agwTimestamp:    {name: "timestamp", sets: set(record.Time)},
		agwClient:       {name: "clientIP", within: properties, sets: set(record.Client)},
		agwMethod:       {name: "httpMethod", within: properties, sets: set(record.Method)},
		agwURI:          {name: "requestUri", within: properties, sets: set(record.Path, record.Query)},
		agwOriginalURI:  {name: "originalRequestUriWithArgs", within: properties, sets: set(record.Path, record.Query)},
		agwQuery:        {name: "requestQuery", within: properties},
		agwOriginalHost: {name: "originalHost", within: properties, sets: set(record.Host)},
		agwHost:         {name: "host", within: properties, sets: set(record.Host)},
		agwTLS:          {name: "sslEnabled", within: properties, sets: set(record.Scheme)},
		agwStatus:       {name: "httpStatus", within: properties, sets: set(record.Status)},
		agwBytes:        {name: "sentBytes", within: properties, sets: set(record.Bytes)},
		agwUserAgent:    {name: "userAgent", within: properties, sets: set(record.UserAgent)},
		agwTransaction:  {name: "transactionId", within: properties, sets: set(record.RequestID)},
	}
}

var appGatewayAccess = []byte("ApplicationGatewayAccessLog")

func missedByAppGateway(values []jsonValue) string {
	if values[agwClient].kind == jsonNone || !bytes.EqualFold(values[agwCategory].raw, appGatewayAccess) {
		return "JSON without the category ApplicationGatewayAccessLog"
	}
	return ""
}

var schemeHTTP, schemeHTTPS = []byte("http"), []byte("https")

func appGatewayRow(d *jsonDecoder, b *record.Builder) string {
	if d.has(agwCategory) && !bytes.EqualFold(d.text(agwCategory), appGatewayAccess) {
		return jsonSkipped
	}
	if reason := d.client(b, agwClient); reason != "" {
		return reason
	}
	if reason := d.time(b, agwTime, agwTimeStamp, agwTimestamp); reason != "" {
		return reason
	}
	if reason := d.status(b, agwStatus); reason != "" {
		return reason
	}
	if reason := d.bytes(b, agwBytes); reason != "" {
		return reason
	}
	appGatewayURI(d, b)
	host := agwOriginalHost
	if d.isNone(agwOriginalHost) {
		host = agwHost
	}
	b.SetHost(d.text(host))
	switch string(d.text(agwTLS)) {
	case "on":
		b.SetString(record.Scheme, schemeHTTPS, nil)
	case "off":
		b.SetString(record.Scheme, schemeHTTP, nil)
	}
	b.SetString(record.Method, d.text(agwMethod), nil)
	b.SetString(record.UserAgent, d.text(agwUserAgent), nil)
	b.SetText(record.RequestID, d.text(agwTransaction), nil)
	return ""
}

// appGatewayURI sets path and query: of v2 as they came, before any rewriting;
// else as they were passed on. The requestQuery of v1 is about the server.
func appGatewayURI(d *jsonDecoder, b *record.Builder) {
	if d.has(agwOriginalURI) {
		setURI(b, d.text(agwOriginalURI))
		return
	}
	setURI(b, d.text(agwURI))
	if query := d.text(agwQuery); len(query) > 0 && !bytes.HasPrefix(query, []byte("X-AzureApplicationGateway-")) {
		b.SetValue(record.Query, query)
	}
}
