package ingest

import (
	"bytes"
	"cmp"
	"slices"

	"rulecast/ingest/record"
)

// count adds rejects to the account.
func (in *reading) count(rejects []record.Reject) {
	in.account.Rejects += int64(len(rejects))
	for _, r := range rejects {
		reason := in.reasons[r.Reason]
		if reason == nil {
			if in.reasons == nil {
				in.reasons = make(map[string]*record.Reason)
			}
			first := r
			first.Sample = bytes.Clone(r.Sample)
			reason = &record.Reason{Reason: r.Reason, First: first}
			in.reasons[r.Reason] = reason
		}
		reason.Count++
	}
}

// sortedReasons are the reasons counted, the most frequent first.
func sortedReasons(reasons map[string]*record.Reason) []record.Reason {
	var all []record.Reason
	for _, r := range reasons {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b record.Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}
