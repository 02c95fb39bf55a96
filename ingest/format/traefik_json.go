package format

import (
	"bytes"

	"rulecast/ingest/record"
)

// traefikJSON is the access log of Traefik in JSON: one object per line. Unless
// its configuration keeps headers, Referer and User-Agent are not in it.
func traefikJSON() *Format {
	return jsonFormat("traefik-json", "Traefik access log (JSON)", traefikMap, func(values []jsonValue) string {
		if values[traefikHost].kind == jsonNone && values[traefikAddr].kind == jsonNone {
			return "JSON without the keys ClientAddr and ClientHost of Traefik"
		}
		if values[traefikStatus].kind == jsonNone || values[traefikPath].kind == jsonNone {
			return "JSON without the keys DownstreamStatus and RequestPath of Traefik"
		}
		return ""
	})
}

// The keys that are looked at by number, of the first fields.
const (
	traefikAddr = iota
	traefikHost
	traefikStatus
	traefikPath
)

// traefikMap is the fields. The peer is ClientAddr; ClientHost is the header
// X-Forwarded-For, if there is one. Sizes are those of bodies. Source:
// pkg/middlewares/accesslog of Traefik and "Access Logs" in its documentation.
func traefikMap() *jsonMap {
	m := newJSONMap([]jsonField{
		jsonTo(toClient, "ClientAddr"),
		jsonTo(toClient, "ClientHost"),
		jsonTo(toStatus, "DownstreamStatus"),
		jsonTo(toURL, "RequestPath"),
		jsonTo(toTime, "StartUTC"),
		jsonTo(toTime, "StartLocal"),
		jsonTo(toTime, "time"),
		jsonTo(toForwarded, "request_X-Forwarded-For").hidden(),
		jsonTo(toMethod, "RequestMethod"),
		jsonTo(toScheme, "RequestScheme"),
		jsonTo(toHost, "RequestHost"),
		jsonTo(toHost, "RequestAddr"),
		jsonTo(toBytes, "DownstreamContentSize"),
		jsonTo(toReferer, "request_Referer").header().hidden(),
		jsonTo(toUserAgent, "request_User-Agent").hidden(),
		jsonTo(toContentType, "downstream_Content-Type").hidden(),
	})
	m.more = setTraefikForwarded
	return m
}

// setTraefikForwarded takes X-Forwarded-For from ClientHost, where it stands in
// place of the peer's address.
func setTraefikForwarded(d *jsonDecoder, row *mapRow, b *record.Builder) {
	if row.done.has(toForwarded) || !d.has(traefikAddr) || !d.has(traefikHost) {
		return
	}
	peer := bytes.TrimPrefix(d.reader.values[traefikAddr].raw, []byte{'['})
	if bytes.HasPrefix(peer, d.reader.values[traefikHost].raw) {
		return
	}
	b.SetText(record.Forwarded, d.text(traefikHost), nil)
	row.extra = row.extra.Union(record.ColumnSet(record.Forwarded))
}
