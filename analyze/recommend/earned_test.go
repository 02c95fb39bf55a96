package recommend_test

import (
	"testing"

	"rulecast/analyze/collateral"
	"rulecast/analyze/match"
	"rulecast/analyze/policy"
	"rulecast/analyze/recommend"
)

// TestEarned adds up by hand what each entry stopped on each day.
func TestEarned(t *testing.T) {
	w := newTown(t)
	j, _ := w.read(nil, 2)
	o := wishes(t, "imagekit")
	m, err := match.Compile(w.recommend(j, o).Ruleset)
	if err != nil {
		t.Fatal(err)
	}
	earned, idle := 0, 0
	for day := j.FirstDay - 1; day <= j.LastDay; day++ {
		for i, got := range o.Earned(j, m, day) {
			rule := &m.Ruleset.Rules[m.Entries[i].Rule]
			entry := m.Entries[i].Text
			var bad, good int64
			for c := range j.Cells() {
				host := j.Dicts.RefererHosts.String(c.Referer)
				var meets bool
				for _, e := range rule.Entries {
					meets = meets || e.Text == entry && (rule.Control == policy.Referer && host == entry || rule.Control == policy.IP && e.Contains(j.Dicts.Clients.Addr(c.Client)))
				}
				if meets && c.Day == day {
					bad += c.Counts.Requests * c.Bad[rule.Control]
					good += c.Counts.Requests * (collateral.One - c.Bad[rule.Control])
				}
			}
			price := int64(recommend.DefaultPrice)
			if rule.Control == policy.Referer {
				price = 10
			}
			// Bad requests are whole ones: what is over counts as good.
			over := bad % collateral.One
			want := bad-over > price*(good+over)+10*collateral.One
			if got != want {
				t.Errorf("%s on day %d, with %d bad and %d good: %v", entry, day, bad, good, got)
			}
			if got {
				earned++
			} else {
				idle++
			}
		}
	}
	if earned == 0 || idle == 0 {
		t.Errorf("%d earned, %d did not", earned, idle)
	}
}
