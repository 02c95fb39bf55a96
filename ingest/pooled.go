package ingest

import "rulecast/ingest/record"

// largeDicts is how many entries the dictionaries of a stream may have before
// they are renewed, if they are at all.
const largeDicts = 1 << 16

// renew gives the stream new dictionaries if it should have them and its own are
// large. Nobody may hold an id, and the builder no row.
func (s *stream) renew() {
	if !s.reader.renew || s.builder.DictSize() < largeDicts {
		return
	}
	s.builder.Renew()
	if s.proxies != nil {
		s.proxies = record.NewProxies(s.reader.trusted)
	}
}

// countPooled counts the requests of a batch with pooled values.
func (r *Reader) countPooled(b *record.Batch) {
	for c := range record.NumColumns {
		if !b.Has(c) || c != record.Client && c != record.RefererHost && b.Dicts.Strings(c) == nil {
			continue
		}
		n := int64(0)
		for _, id := range b.IDs(c) {
			if b.Dicts.Pooled(c, id) {
				n++
			}
		}
		r.pooled[c].Add(n)
	}
}
