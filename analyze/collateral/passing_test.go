package collateral

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"rulecast/analyze/abuse"
	"rulecast/analyze/explain"
	"rulecast/analyze/fold"
	"rulecast/analyze/geo"
	"rulecast/analyze/hotlinks"
	"rulecast/analyze/networks"
	"rulecast/analyze/traffic/traffictest"
	"rulecast/ingest/record"
	"rulecast/ingest/referer"
)

// TestPassing has clients be led to pages by another site, and some of them go
// on.
func TestPassing(t *testing.T) {
	ask := func(client, path, from string) traffictest.Request {
		return traffictest.Request{
			Request: &explain.Request{Client: netip.MustParseAddr(client), Host: "www.own.example", Path: path, Class: referer.ClassHost, Referer: from, Time: time.Unix(1_770_000_000, 0)},
			Status:  200, Bytes: 100,
		}
	}
	led := func(client string, pages int) (log []traffictest.Request) {
		for i := range pages {
			log = append(log, ask(client, fmt.Sprintf("/page%d", i), "other.example"))
		}
		return append(log, ask(client, "/a.png", "other.example"))
	}
	var log []traffictest.Request
	for i := range 4 { // visitors
		client := fmt.Sprintf("192.0.2.%d", i)
		log = append(append(log, led(client, 9)...), ask(client, "/a.png", "www.own.example"))
	}
	log = append(log, led("203.0.113.1", passingPages)...)
	log = append(log, led("203.0.113.2", passingPages-1)...)
	log = append(log, led("203.0.113.3", 9)...)     // protected
	log = append(log, led("203.0.113.4", 9)[:9]...) // loads nothing
	declared := led("203.0.113.5", 9)
	for i := range declared {
		declared[i].Agent = "Archive/1 (+https://archive.example)"
	}
	log = append(log, declared...)
	denied := led("203.0.113.6", 9)
	for i := range denied[:9] {
		denied[i].Status = 403
	}
	log = append(log, denied...)
	judge := func(log []traffictest.Request) map[string]bool {
		o := Options{
			Hotlinks: hotlinks.Options{Own: []string{"own.example"}, Classes: hotlinks.KnownClasses(), From: geo.PreferLog, Locator: traffictest.Places{}},
			Abuse:    abuse.Options{Thresholds: abuse.DefaultThresholds()},
		}
		o.Abuse.Protect = networks.NewSet(&networks.List{Name: "ours", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.3/32")}})
		plan, err := NewPlan(o)
		if err != nil {
			t.Fatal(err)
		}
		a, err := fold.Run(context.Background(), []record.Stream{&traffictest.Stream{Requests: log, Size: 7}}, plan.New)
		if err != nil {
			t.Fatal(err)
		}
		j, passing := a.Judge(10, false), map[string]bool{}
		for id := range j.Clients {
			if c := &j.Clients[id]; c.Passing {
				passing[j.Dicts.Clients.String(record.ID(id))] = c.Bad >= passingWeight
			}
		}
		return passing
	}
	if got := judge(log); len(got) != 1 || !got["203.0.113.1"] {
		t.Errorf("%v", got)
	}
	if got := judge(led("203.0.113.1", 9)); len(got) != 0 {
		t.Errorf("where everybody is led by others: %v", got)
	}
}
