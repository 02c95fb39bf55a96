package collateral

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"rulecast/analyze/abuse"
	"rulecast/analyze/explain"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/policy"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// TestCurrentRulesetHidesNobody: who is denied by the ruleset in force goes on
// to be seen as what he is. A hotlinker does not become harmless by getting
// errors, and a client that gets nothing but errors of the ruleset's making has
// not done anything wrong.
func TestCurrentRulesetHidesNobody(t *testing.T) {
	request := func(client string, status uint16, path, ref string) traffictest.Request {
		q := traffictest.Request{Request: &explain.Request{Client: netip.MustParseAddr(client), Host: "cdn.own.example", Path: path}, Status: status, Bytes: 100}
		if ref != "" {
			q.Class, q.Referer = referer.ClassHost, ref
		}
		return q
	}
	var log []traffictest.Request
	for i := range 40 { // a hotlinker that is blocked already, another address for each visitor
		log = append(log, request(fmt.Sprintf("2001:db8:%x::1", i+1), 403, "/img/a.jpg", "hot.example"))
	}
	for i := range 30 { // a client of a blocked address, and one that is denied something by the origin
		log = append(log, request("192.0.2.1", 403, fmt.Sprintf("/page%d", i), ""), request("192.0.2.2", 403, fmt.Sprintf("/page%d", i), ""))
	}
	current := &policy.Ruleset{Name: "current", Rules: []policy.Rule{
		{ID: "ip", Control: policy.IP, Entries: []policy.Entry{{Kind: policy.PrefixEntry, Text: "192.0.2.1", Prefix: netip.MustParsePrefix("192.0.2.1/32")}}},
		{ID: "referer", Control: policy.Referer, Entries: []policy.Entry{{Kind: policy.HostEntry, Text: "hot.example"}}},
	}}
	judge := func(current *policy.Ruleset) *Judgement {
		plan, err := NewPlan(Options{
			Hotlinks: hotlinks.Options{Own: []string{"own.example"}, Classes: hotlinks.KnownClasses(), From: geo.PreferLog, Locator: traffictest.Places{}},
			Abuse:    abuse.Options{Thresholds: abuse.DefaultThresholds()},
			Current:  current,
		})
		if err != nil {
			t.Fatal(err)
		}
		a, err := fold.Run(context.Background(), []record.Stream{&traffictest.Stream{Requests: log[:50], Size: 7}, &traffictest.Stream{Requests: log[50:], Size: 7}}, plan.New)
		if err != nil {
			t.Fatal(err)
		}
		return a.Judge(10, false)
	}
	for _, c := range []struct {
		current         *policy.Ruleset
		verdict         hotlinks.Verdict
		errors, blocked int64 // of 192.0.2.1, and in cells
		other           int64 // errors of 192.0.2.2
	}{{nil, "", 30, 0, 30}, {current, hotlinks.Block, 0, 70, 30}} {
		j := judge(c.current)
		var verdict hotlinks.Verdict
		for id, v := range j.Hotlinks.Verdicts {
			if j.Dicts.RefererHosts.String(record.ID(id)) == "hot.example" {
				verdict = v
			}
		}
		if verdict != c.verdict {
			t.Errorf("current %v: verdict %q, want %q", c.current != nil, verdict, c.verdict)
		}
		for id := range j.Clients {
			client := &j.Clients[id]
			switch j.Dicts.Clients.Addr(record.ID(id)).String() {
			case "192.0.2.1":
				if client.Errors != c.errors || client.Explained != 30-c.errors || client.All.Requests != 30 {
					t.Errorf("current %v: %d errors, %d explained of %d requests, want %d", c.current != nil, client.Errors, client.Explained, client.All.Requests, c.errors)
				}
			case "192.0.2.2":
				if client.Errors != c.other || client.Explained != 0 {
					t.Errorf("current %v: not denied by the ruleset: %d errors, %d explained", c.current != nil, client.Errors, client.Explained)
				}
			}
		}
		var blocked int64
		for cell := range j.Cells() {
			if cell.Blocked {
				blocked += cell.Counts.Requests
			}
		}
		if blocked != c.blocked {
			t.Errorf("current %v: %d requests blocked, want %d", c.current != nil, blocked, c.blocked)
		}
	}
}
