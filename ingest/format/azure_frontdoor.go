package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// azureFrontDoor is the access log of Azure Front Door, standard, premium and
// classic, and of Azure CDN, as Azure Monitor exports it: one record per line.
// Nearly all values are strings.
//
// The client is socketIp, the peer. ClientIp is taken from X-Forwarded-For if
// the request had one, so it stands for the client only where there is no
// socketIp. Requests between servers of Front Door itself are duplicates, and
// the records of health probes and of the firewall are skipped.
func azureFrontDoor() *Format {
	return &Format{
		Name:  "azure-frontdoor",
		Title: "Azure Front Door and Azure CDN (Azure Monitor)",
		Sniff: func(head []byte, whole bool) string {
			return sniffJSON(head, whole, frontDoorKeys(), missedByFrontDoor)
		},
		New: func() Decoder { return newJSONDecoder(frontDoorKeys(), frontDoorRow) },
	}
}

// The keys, by number.
const (
	afdCategory = iota
	afdTime
	afdSocket
	afdClient
	afdCountry
	afdMethod
	afdURI
	afdHost
	afdStatus
	afdBytes
	afdReferer
	afdUserAgent
	afdCache
	afdReference
	afdFromClient
)

// frontDoorKeys are the keys in the order of their numbers. Source: "Monitor
// metrics and logs in Azure Front Door" by Microsoft.
func frontDoorKeys() []jsonKey {
	set := record.ColumnSet
	properties := []string{"properties"}
	return []jsonKey{
		afdCategory:   {name: "category"},
		afdTime:       {name: "time", sets: set(record.Time)},
		afdSocket:     {name: "socketIp", within: properties, sets: set(record.Client, record.Forwarded)},
		afdClient:     {name: "clientIp", within: properties, sets: set(record.Client)},
		afdCountry:    {name: "clientCountry", within: properties, sets: set(record.Country)},
		afdMethod:     {name: "httpMethod", within: properties, sets: set(record.Method)},
		afdURI:        {name: "requestUri", within: properties, sets: set(record.Scheme, record.Host, record.Path, record.Query)},
		afdHost:       {name: "hostName", within: properties, sets: set(record.Host)},
		afdStatus:     {name: "httpStatusCode", within: properties, sets: set(record.Status)},
		afdBytes:      {name: "responseBytes", within: properties, sets: set(record.Bytes)},
		afdReferer:    {name: "referer", within: properties, sets: set(record.Referer, record.RefererHost)},
		afdUserAgent:  {name: "userAgent", within: properties, sets: set(record.UserAgent)},
		afdCache:      {name: "cacheStatus", within: properties, sets: set(record.Cache)},
		afdReference:  {name: "trackingReference", within: properties, sets: set(record.RequestID)},
		afdFromClient: {name: "isReceivedFromClient", within: properties, flag: true},
	}
}

func missedByFrontDoor(values []jsonValue) string {
	category := values[afdCategory]
	if category.kind == jsonNone || values[afdURI].kind == jsonNone || !isFrontDoorAccess(category.raw) {
		return "JSON without the category FrontDoorAccessLog or AzureCdnAccessLog"
	}
	return ""
}

// isFrontDoorAccess reports whether a category is that of requests, which
// Microsoft writes in one case here and in another there.
func isFrontDoorAccess(category []byte) bool {
	return bytes.EqualFold(category, []byte("FrontDoorAccessLog")) || bytes.EqualFold(category, []byte("AzureCdnAccessLog"))
}

func frontDoorRow(d *jsonDecoder, b *record.Builder) string {
	if d.has(afdCategory) && !isFrontDoorAccess(d.text(afdCategory)) {
		return jsonSkipped
	}
	if bytes.EqualFold(d.text(afdFromClient), []byte("false")) {
		return jsonDuplicate
	}
	if reason := frontDoorClient(d, b); reason != "" {
		return reason
	}
	if reason := d.time(b, afdTime); reason != "" {
		return reason
	}
	if reason := d.status(b, afdStatus); reason != "" {
		return reason
	}
	if reason := d.bytes(b, afdBytes); reason != "" {
		return reason
	}
	setURI(b, d.text(afdURI))
	if !d.isNone(afdHost) {
		b.SetHost(d.text(afdHost))
	}
	b.SetCountry(country(d.text(afdCountry)))
	d.referer(b, afdReferer)
	b.SetString(record.Method, d.text(afdMethod), nil)
	b.SetString(record.UserAgent, d.text(afdUserAgent), nil)
	if !d.isNone(afdCache) {
		b.SetString(record.Cache, d.text(afdCache), nil)
	}
	b.SetText(record.RequestID, d.text(afdReference), nil)
	return ""
}

// isNone reports whether a value of a log of Azure is missing in any of the ways
// that there are.
func (d *jsonDecoder) isNone(key int) bool {
	switch string(d.text(key)) {
	case "", "-", "N/A":
		return true
	}
	return false
}

// frontDoorClient sets the client and, where X-Forwarded-For named another one,
// that.
func frontDoorClient(d *jsonDecoder, b *record.Builder) string {
	if d.isNone(afdSocket) {
		return d.client(b, afdClient)
	}
	if !d.isNone(afdClient) && string(d.reader.values[afdClient].raw) != string(d.reader.values[afdSocket].raw) {
		b.SetText(record.Forwarded, d.text(afdClient), nil)
	}
	return d.client(b, afdSocket)
}
