package dialect_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestCloudFrontGeo(t *testing.T) {
	for _, text := range []string{
		`{"RestrictionType":"whitelist","Quantity":2,"Items":["IN","US"]}`,
		`{"GeoRestriction": {"RestrictionType":"whitelist","Quantity":2,"Items":["IN","US"]}}`,
		`{"Restrictions": {"GeoRestriction": {"RestrictionType":"whitelist","Quantity":2,"Items":["IN","US"]}}}`,
	} {
		rs := parse(t, text)
		for country, want := range map[string]string{"IN": "", "CN": "country", "ZZ": ""} { // unknown is served
			if got := verdict(rs, ask("192.0.2.1", country, "-", "", "/")); got != want {
				t.Errorf("%s: %q", country, got)
			}
		}
	}
	if rs := parse(t, `{"RestrictionType":"none","Quantity":0}`); len(rs.Rules) != 0 {
		t.Error("none restricts")
	}
	refused(t, "{\"RestrictionType\":\"blacklist\",\n\"Quantity\":2,\"Items\":[\"CN\"]}", "2:12", "Quantity 2")
	refused(t, "{\"RestrictionType\":\"allow\",\"Quantity\":0}", "1:20", "whitelist")
}

func TestCloudFrontIPSets(t *testing.T) {
	rs := load(t, "cloudfront.json")
	for client, want := range map[string]string{"192.0.2.9": "scrapers", "198.51.100.7": "scrapers", "2001:db8::5": "scrapers", "198.51.100.8": ""} {
		if got := verdict(rs, ask(client, "US", "-", "", "/")); got != want {
			t.Errorf("%s: %q", client, got)
		}
	}
	// The geo restriction answers before the web ACL is asked.
	if got := verdict(rs, ask("192.0.2.9", "CN", "https://hotlinker.example/", "", "/")); got != "country" {
		t.Errorf("first is %q", got)
	}
	set := func(version, addresses string) string {
		return "{\"Name\":\"x\",\"Scope\":\"CLOUDFRONT\",\"IPAddressVersion\":\"" + version + "\",\"Addresses\":[\n" + addresses + "]}"
	}
	parse(t, set("IPV4", `"192.0.2.0/24", "0.0.0.0/1"`))
	refused(t, set("IPV4", `"0.0.0.0/0"`), "2:1", "/0")
	refused(t, set("IPV6", `"::/0"`), "2:1", "/0")
	refused(t, set("IPV4", `"2001:db8::/32"`), "2:1", "separate sets")
	refused(t, "provider: cloudfront\nip: {block: [all]}", "2:14", "networks only")
	for _, version := range []string{"4", "6"} {
		var b strings.Builder
		for i := range 10_001 {
			if version == "4" {
				fmt.Fprintf(&b, "\"10.%d.%d.0/24\",\n", i/256, i%256)
			} else {
				fmt.Fprintf(&b, "\"2001:db8:%x::/48\",\n", i)
			}
		}
		list := strings.TrimSuffix(b.String(), ",\n")
		refused(t, set("IPV"+version, list), "10002:1", "limit is 10000", "docs.aws.amazon.com")
		parse(t, set("IPV"+version, list[:strings.LastIndex(list, ",")]))
	}
}

func TestCloudFrontReferer(t *testing.T) {
	rs := load(t, "cloudfront.yaml")
	for ref, want := range map[string]string{
		"-": "referer", "https://shop.example/": "", "https://img.shop.example/x": "", "https://other.example/": "referer",
	} {
		if got := verdict(rs, ask("203.0.113.1", "US", ref, "", "/")); got != want {
			t.Errorf("%s: %q", ref, got)
		}
	}
}
