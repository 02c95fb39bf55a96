package recommend

import (
	"cmp"
	"slices"
	"strings"

	"rulecast/analyze/collateral"
	"rulecast/analyze/dialect"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// referrer is a Referer host and what it leads to, in requests of One.
type referrer struct {
	host      string
	bad, good int64
}

// worth is what letting a host in is worth.
func (r *referrer) worth() int64 { return refererPrice*r.good - r.bad }

// allowlist is the Referer allow list of these hosts; nil of none. Requests
// without a Referer pass it.
func allowlist(j *collateral.Judgement, d *dialect.Dialect, hosts []referrer) (*Allowlist, error) {
	if len(hosts) == 0 {
		return nil, nil
	}
	out := &Allowlist{}
	rule := policy.Rule{ID: "referer", Control: policy.Referer, Mode: policy.Allow}
	for _, h := range hosts {
		out.Hosts = append(out.Hosts, h.host)
		rule.Entries = append(rule.Entries, policy.Entry{Kind: policy.HostEntry, Text: h.host})
	}
	slices.Sort(out.Hosts)
	rs := &policy.Ruleset{Name: "allow list", Provider: d.Name, Rules: []policy.Rule{rule}}
	d.Resolve(rs)
	rs.Rules[0].DenyMissing = false
	m, err := match.Compile(rs)
	if err != nil {
		return nil, err
	}
	out.Harm = j.Against(m).Total
	return out, nil
}

// referrers are the hosts that are worth being let in, the best first.
func referrers(j *collateral.Judgement) []referrer {
	all := make([]referrer, j.Dicts.RefererHosts.Len())
	for c := range j.Cells() {
		bad := c.Counts.Requests * c.Bad[policy.Referer]
		all[c.Referer].bad += bad
		all[c.Referer].good += c.Counts.Requests*collateral.One - bad
	}
	var out []referrer
	for id := range all {
		r := &all[id]
		if hosts := j.Dicts.RefererHosts; hosts.Class(record.ID(id)) == referer.ClassHost && !hosts.Pooled(record.ID(id)) && r.worth() > 0 {
			r.host = j.Dicts.RefererHosts.String(record.ID(id))
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b referrer) int {
		return cmp.Or(cmp.Compare(b.worth(), a.worth()), strings.Compare(a.host, b.host))
	})
	return out
}

// worth is what denying is worth by the price of the referer control.
func worth(h *collateral.Harm) int64 { return h.Bad.Requests - refererPrice*h.Good().Requests }

// compare says whether the allow list would do better than the block list.
func (a *Allowlist) compare(r *Result) {
	var block collateral.Harm
	for i := range r.Ruleset.Rules {
		if r.Ruleset.Rules[i].Control == policy.Referer {
			block = r.Harms.Rules[i]
		}
	}
	a.Better = worth(&a.Harm) > worth(&block)
}
