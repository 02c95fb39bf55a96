package check_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rulecast/analyze/check"
	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

const samples = "../../samples/rulesets/"

func run(t *testing.T, text string, o check.Options) check.Result {
	t.Helper()
	rs, err := dialect.Parse("t.yaml", []byte(text), dialect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return check.Ruleset(rs, o)
}

// want demands exactly these findings, as "severity kind rule entry", leaving
// out notes about reserved addresses, which all examples have.
func want(t *testing.T, text string, list ...string) {
	t.Helper()
	var have []string
	for _, f := range run(t, text, check.Options{}).Findings {
		if f.Kind != check.Reserved && f.Kind != check.Doubt {
			have = append(have, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", f.Severity, f.Kind, f.Rule, f.Entry)))
		}
	}
	if strings.Join(have, "\n") != strings.Join(list, "\n") {
		t.Errorf("%s\nhave %q\nwant %q", text, have, list)
	}
}

func TestWithinARule(t *testing.T) {
	want(t, "provider: cdnetworks\nip: {block: [192.0.2.1, 198.51.100.1]}")
	want(t, "provider: cdnetworks\nip: {block: [192.0.2.1, 192.0.2.1/32]}", "warning duplicate ip 192.0.2.1")
	want(t, "provider: cdnetworks\nip: {block: [192.0.2.1, 192.0.2.0/24]}", "warning covered ip 192.0.2.1")
	want(t, "provider: cdnetworks\nip: {block: [192.0.2.0/25], except: [192.0.2.0/26, 192.0.2.64/26]}", "warning excepted ip 192.0.2.0/25")
	want(t, "provider: cdnetworks\nip: {block: [192.0.2.0/25], except: [192.0.2.128]}", "warning excepted ip 192.0.2.128")
	want(t, "provider: cdnetworks\nallow_null_referer: true\nreferer: {block: [a.b.example, '*.example', '*.b.example', example]}",
		"warning covered referer a.b.example", "warning covered referer *.b.example")
	want(t, "provider: imagekit\ncountry: {block: [CN, CN]}", "warning duplicate country CN")
	want(t, "provider: cdnetworks\nip: {block: [15.0.0.0/8, 16.0.0.0/9]}", "warning huge ip 15.0.0.0/8")
	want(t, "provider: cdnetworks\nip: {block: [2a00::/12, 2a10::/17]}", "warning huge ip 2a00::/12")
	want(t, "provider: imagekit\nreferer: {allow: []}", "danger empty_allow referer")
	want(t, "provider: imagekit\nip: {block: []}", "note empty_block ip")
	want(t, "provider: cdnetworks\nrules: [{id: x, enabled: false, ip: {allow: []}}]", "note disabled x")
	want(t, "provider: theolive\nrules: [{id: x, ip: {allow: []}, from: 2026-01-31T20:00:00Z, until: 2026-01-31T20:00:00Z}]", "danger never_valid x")
}

func TestShadowed(t *testing.T) {
	const two = "provider: cdnetworks\nrules:\n- {id: a, %s}\n- {id: b, %s}\n"
	for _, c := range []struct{ a, b, want string }{
		{"ip: {block: [192.0.2.0/24]}", "ip: {block: [192.0.2.1, 192.0.3.1]}", "warning shadowed b 192.0.2.1"},
		{"ip: {block: [192.0.2.0/25, 192.0.2.128/25]}", "ip: {block: [192.0.2.0/24]}", "warning shadowed b 192.0.2.0/24"},
		{"ip: {block: [192.0.2.0/24], except: [192.0.2.1]}", "ip: {block: [192.0.2.1]}", ""},
		{"ip: {block: [192.0.2.0/24], except: [192.0.2.1]}", "ip: {block: [192.0.2.2]}", "warning shadowed b 192.0.2.2"},
		{"ip: {block: [192.0.2.0/24]}, scope: {directories: [/a/]}", "ip: {block: [192.0.2.1]}", ""},
		{"ip: {block: [192.0.2.0/24]}, scope: {directories: [/a/]}", "ip: {block: [192.0.2.1]}, scope: {directories: [/a/b/]}", "warning shadowed b 192.0.2.1"},
		{"ip: {block: [192.0.2.0/24]}, scope: {file_types: [jpg, png]}", "ip: {block: [192.0.2.1]}, scope: {uris: [/a.jpg?b]}", "warning shadowed b 192.0.2.1"},
		{"ip: {block: [192.0.2.0/24]}, scope: {url_pattern: 'jpg$'}", "ip: {block: [192.0.2.1]}, scope: {uris: [/a.jpg], match: ignore_query}", ""},
		{"ip: {block: [192.0.2.0/24]}, enabled: false", "ip: {block: [192.0.2.1]}", "note disabled a"},
		{"ip: {block: [all-ipv4]}", "ip: {block: [192.0.2.1, '2001:db8::1']}", "warning shadowed b 192.0.2.1"},
		{"ip: {block: [all]}", "country: {block: [CN]}", "warning shadowed b"},
		{"country: {allow: [IN]}", "country: {block: [CN, IN]}", "danger|warning shadowed b CN"},
		{"referer: {block: ['*.x.example'], allow_null_referer: true}", "referer: {block: [a.x.example, x.example], allow_null_referer: true}", "warning shadowed b a.x.example"},
	} {
		if c.want == "danger|warning shadowed b CN" {
			want(t, fmt.Sprintf(two, c.a, c.b), "danger block_and_allow a", "warning denied_anyway a IN", "warning shadowed b CN")
			continue
		}
		var list []string
		if c.want != "" {
			list = []string{c.want}
		}
		want(t, fmt.Sprintf(two, c.a, c.b), list...)
	}
}

func TestBlockAndAllow(t *testing.T) {
	rs, err := dialect.Load(samples + "cdnetworks-trap.json")
	if err != nil {
		t.Fatal(err)
	}
	findings := check.Ruleset(rs, check.Options{}).Findings
	if len(findings) == 0 || findings[0].Severity != check.Danger || findings[0].Kind != check.BlockAndAllow {
		t.Fatalf("the trap is not the first finding: %+v", findings)
	}
	for _, part := range []string{"block list blacklist", "allow list whitelist", "does not let a request past", "deny every request"} {
		if !strings.Contains(findings[0].Text, part) {
			t.Errorf("%q is not in %q", part, findings[0].Text)
		}
	}
	want(t, "provider: cdnetworks\nrules:\n- {id: b, ip: {block: [192.0.2.1]}}\n- {id: w, ip: {allow: [192.0.2.0/24, 192.0.2.1]}}",
		"warning covered w 192.0.2.1", "warning denied_anyway w 192.0.2.1", "warning block_and_allow w")
	want(t, "provider: cdnetworks\nrules:\n- {id: b, ip: {block: [192.0.2.1]}, scope: {directories: [/a/]}}\n- {id: w, ip: {allow: [192.0.2.1]}, scope: {directories: [/b/]}}")
}

func TestInert(t *testing.T) {
	country := func(a netip.Addr) string {
		switch {
		case netip.MustParsePrefix("192.0.2.0/24").Contains(a), netip.MustParsePrefix("198.18.0.0/16").Contains(a):
			return "BE"
		case a.Is6():
			return "NL"
		}
		return ""
	}
	text := `{"publicationConfig": {"ipBlocking": {"enabled": true, "cidrs": ["192.0.2.1", "192.0.2.0/23", "198.18.0.0/15", "198.18.0.0/16", "203.0.113.1", "2001:db8::/32"]},
		"geoBlocking": {"enabled": %s, "mode": "blacklist", "countries": ["BE"]}}}`
	got := map[string]string{}
	for _, f := range run(t, fmt.Sprintf(text, "true"), check.Options{Country: country}).Findings {
		if f.Kind == check.Inert {
			got[f.Entry] = f.Text
		}
	}
	for entry, words := range map[string]string{
		"192.0.2.1": "is inert: rule geoBlocking lists BE", "192.0.2.0/23": "may be inert in part", "198.18.0.0/15": "may be inert in part",
		"198.18.0.0/16": "may be inert as a whole",
	} {
		if !strings.Contains(got[entry], words) {
			t.Errorf("%s: %q", entry, got[entry])
		}
	}
	if len(got) != 4 {
		t.Errorf("inert: %v", got)
	}
	for _, f := range run(t, fmt.Sprintf(text, "false"), check.Options{Country: country}).Findings {
		if f.Kind == check.Inert {
			t.Errorf("geo-blocking is off: %s", f.Text)
		}
	}
}

func TestDeadPart(t *testing.T) {
	const aliases = "provider: theolive\naliases:\n- {name: a, %s}\n- {name: b, %s}\n"
	for _, c := range []struct {
		a, b string
		dead bool
	}{
		{"host: x.example", "host: x.example, path_prefix: /y", true},
		{"host: x.example", "host: z.example", false},
		{"path_prefix: /y", "path_prefix: /y/z", true},
		{"path_prefix: /y", "path_prefix: /yz", false},
		{"path_prefix: /y", "host: x.example", false},
		{"path_prefix: /", "host: x.example, path_prefix: /q", true},
	} {
		found := false
		for _, f := range run(t, fmt.Sprintf(aliases, c.a, c.b), check.Options{}).Findings {
			found = found || f.Kind == check.DeadPart
		}
		if found != c.dead {
			t.Errorf("%+v: %v", c, found)
		}
	}
}

func TestReservedAndDoubts(t *testing.T) {
	kinds := map[check.Kind]int{}
	for _, f := range run(t, "provider: cdnetworks\nip: {block: [10.1.2.3/8, 100.64.1.1, 8.8.8.8, fe80::1]}", check.Options{}).Findings {
		kinds[f.Kind]++
	}
	if kinds[check.Reserved] != 3 || kinds[check.Doubt] != 1 {
		t.Errorf("%v", kinds)
	}
}

func TestUsage(t *testing.T) {
	usage := run(t, "provider: imagekit\nip: {block: [192.0.2.1, 192.0.2.2]}\nreferer: {block: [https://a.example]}", check.Options{}).Usage
	if len(usage) != 2 || usage[0].Used != 2 || usage[0].Limit.Max != 100 || usage[1].Used != 1 || usage[1].Limit.Max != 30 || usage[0].Limit.Verified == "" {
		t.Errorf("%+v", usage)
	}
}

func TestTenThousandEntriesAreQuick(t *testing.T) {
	rs := &policy.Ruleset{Provider: "cloudfront"}
	for r := range 3 {
		rule := policy.Rule{ID: fmt.Sprint("r", r)}
		for i := range 10_000 {
			a := netip.AddrFrom4([4]byte{byte(20 + r), byte(i >> 8), byte(i), 0})
			rule.Entries = append(rule.Entries, policy.NetworkEntry(netip.PrefixFrom(a, 24)))
		}
		rs.Rules = append(rs.Rules, rule)
	}
	begin := time.Now()
	if n := len(check.Ruleset(rs, check.Options{}).Findings); n != 0 {
		t.Errorf("%d findings", n)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("took %s", d)
	}
}
