package format

import "rulecast/ingest/record"

// The keys that have the Referer in pieces, by number, if they are the others
// of a jsonMap.
const (
	refererProtocol = iota
	refererDomain
	refererURI
	refererParam
	refererPartsEnd
)

// refererPartKeys are the keys as Alibaba Cloud and Huawei Cloud name them.
// What the Referer does not have is "-".
func refererPartKeys() []jsonKey {
	sets := record.ColumnSet(record.Referer, record.RefererHost)
	return []jsonKey{{name: "refer_protocol"}, {name: "refer_domain", sets: sets}, {name: "refer_uri"}, {name: "refer_param"}}
}

// setRefererParts puts the pieces together: "https", "a.example", "/p" and
// "q=1" are https://a.example/p?q=1. A header that is no URL has some of them
// only.
func setRefererParts(d *jsonDecoder, row *mapRow, b *record.Builder) {
	joined := row.scratch[:0]
	if v := d.text(refererProtocol); !isNothing(v) {
		joined = append(append(joined, v...), "://"...)
	}
	if v := d.text(refererDomain); !isNothing(v) {
		joined = append(joined, v...)
	}
	if v := d.text(refererURI); !isNothing(v) {
		if v[0] != '/' && len(joined) > 0 {
			joined = append(joined, '/')
		}
		joined = append(joined, v...)
	}
	if v := d.text(refererParam); !isNothing(v) {
		joined = append(append(joined, '?'), v...)
	}
	row.scratch = joined
	if len(joined) > 0 {
		b.SetReferer(joined, nil)
	}
}
