package dialect_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

func waf(rules string, more ...string) string {
	return `{"IPSets": [` + strings.Join(more, ",") + `], "RuleGroup": {"Name": "g", "Scope": "CLOUDFRONT", "Capacity": 5, "Rules": [
` + rules + `]}}`
}

const (
	wafSet   = `{"Name": "bad", "Scope": "CLOUDFRONT", "IPAddressVersion": "IPV4", "Addresses": ["192.0.2.0/24"]}`
	wafSix   = `{"Name": "six", "Scope": "CLOUDFRONT", "IPAddressVersion": "IPV6", "Addresses": ["2001:db8::/32"]}`
	wafUse   = `{"IPSetReferenceStatement": {"ARN": "arn:aws:wafv2:us-east-1:123456789012:global/ipset/bad/a1b2c3d4"}}`
	wafUse6  = `{"IPSetReferenceStatement": {"ARN": "arn:aws:wafv2:us-east-1:123456789012:global/ipset/six/a1b2c3d4"}}`
	wafGeo   = `{"GeoMatchStatement": {"CountryCodes": ["CN"]}}`
	wafNoOne = `{"IPSetReferenceStatement": {"ARN": "arn:aws:wafv2:us-east-1:123456789012:global/ipset/none/x"}}`
)

func wafRule(name string, priority int, action, statement string) string {
	return fmt.Sprintf(`{"Name": %q, "Priority": %d, "Action": {%q: {}}, "Statement": %s}`, name, priority, action, statement)
}

func TestAWSWAFRules(t *testing.T) {
	rs := parse(t, waf(strings.Join([]string{
		wafRule("last", 9, "Block", wafGeo),
		wafRule("off", 1, "Count", wafUse6),
		wafRule("first", 2, "Block", `{"OrStatement": {"Statements": [`+wafUse+","+wafUse6+`]}}`),
		wafRule("office", 5, "Block", `{"NotStatement": {"Statement": `+wafUse+`}}`),
	}, ",\n"), wafSet, wafSix))
	var order []string
	for _, r := range rs.Rules {
		order = append(order, fmt.Sprint(r.ID, " ", r.Mode, " ", r.Disabled))
	}
	if got := strings.Join(order, ", "); got != "off block true, first block false, office allow false, last block false" {
		t.Errorf("rules %s", got)
	}
	for client, want := range map[string]string{"192.0.2.1": "first", "2001:db8::1": "first", "198.51.100.1": "office"} {
		if got := verdict(rs, ask(client, "US", "-", "", "/")); got != want {
			t.Errorf("%s: %q", client, got)
		}
	}
}

func TestAWSWAFReads(t *testing.T) {
	one := parse(t, `{"IPSet": {"Name": "x", "Id": "1", "ARN": "arn:x", "Description": "", "IPAddressVersion": "IPV4", "Addresses": ["192.0.2.0/24"]}, "LockToken": "y"}`)
	if one.Provider != "awswaf" || one.Rules[0].ID != "x" {
		t.Errorf("%+v", one)
	}
	refused(t, waf(wafRule("a", 0, "Block", wafNoOne), wafSet), "2:96", "no IP set")
	refused(t, waf(wafRule("a", 0, "Allow", wafUse), wafSet), "2:41", "NotStatement")
	refused(t, waf(wafRule("a", 0, "Captcha", wafUse), wafSet), "2:41", "Block or Count")
	refused(t, waf(wafRule("a", 0, "Block", wafUse)+",\n"+wafRule("b", 0, "Block", wafGeo), wafSet), "3:27", "another rule")
	refused(t, waf(wafRule("a", 0, "Block", `{"OrStatement": {"Statements": [`+wafUse+","+wafGeo+`]}}`), wafSet), "2:225", "one control")
	refused(t, waf(wafRule("a", 0, "Block", `{"LabelMatchStatement": {}}`)), "2:68", "not read here")
	refused(t, waf(wafRule("a", 0, "Block", wafGeo), wafSet, strings.Replace(wafSix, "CLOUDFRONT", "REGIONAL", 1)), "1:136", "they have one")
	refused(t, waf(wafRule("a", 0, "Block", wafGeo), wafSet, strings.Replace(wafSix, "2001:db8::/32", "192.0.2.7/32", 1)), "1:192", "separate sets")
	refused(t, "provider: awswaf\nip: {block: ['::/0']}", "2:14", "/0")
	refused(t, "provider: awswaf\ncountry: {block: []}", "2:10", "at least one entry")
	refused(t, "provider: awswaf\nreferer: {block: [a.example]}", "2:10", "allow_null_referer")
	refused(t, "provider: awswaf\nreferer: {allow_null_referer: true, block: ["+strings.Repeat("a", 60)+"."+strings.Repeat("b", 60)+"]}", "2:45", "at most 78")
	warned(t, parse(t, waf(wafRule("a", 0, "Block", wafGeo), "\n"+wafSet)), 2, "denies nothing")
	many := "provider: awswaf\nrules:\n"
	for i := range 51 {
		many += fmt.Sprintf("- {id: r%d, ip: {block: [192.0.2.%d]}}\n", i, i)
	}
	if _, err := dialect.Parse("t", []byte(many), dialect.Options{}); err == nil || !strings.Contains(err.Error(), "51 IP sets, the limit is 50") {
		t.Errorf("%v", err)
	}
}

// refererVerdicts are what a list of hotlinker.example and *.b.example says of
// headers, for every provider that looks at them itself.
func refererVerdicts(t *testing.T, provider string) {
	t.Helper()
	for _, mode := range []string{"block", "allow"} {
		for _, null := range []bool{true, false} {
			rs := parse(t, fmt.Sprintf("provider: %s\nreferer: {%s: [hotlinker.example, '*.b.example'], allow_null_referer: %t}\n", provider, mode, null))
			text, err := dialect.Render(rs)
			if err != nil {
				t.Fatal(err)
			}
			back := parse(t, string(text))
			for header, listed := range map[string]bool{
				"https://hotlinker.example/x": true, "http://HOTLINKER.example:80": true, "https://x.y.b.example/": true,
				"https://b.example/": false, "https://www.hotlinker.example/": false, "null": false, "app://x": false,
			} {
				if got := verdict(back, ask("192.0.2.1", "US", header, "", "/")) != ""; got != (listed == (mode == "block")) {
					t.Errorf("%s %s, null %v: %s denied %v\n%s", provider, mode, null, header, got, text)
				}
			}
			for _, missing := range []string{"", "-"} {
				if got := verdict(back, ask("192.0.2.1", "US", missing, "", "/")) != ""; got == null {
					t.Errorf("%s %s, null %v: missing denied %v\n%s", provider, mode, null, got, text)
				}
			}
		}
	}
}

func TestAWSWAFReferer(t *testing.T) { refererVerdicts(t, "awswaf") }

func TestAWSWAFLongExpressions(t *testing.T) {
	rs := &policy.Ruleset{Provider: "awswaf", Rules: []policy.Rule{{ID: "referer", Control: policy.Referer}}}
	for i := range 500 {
		host := strings.Repeat(fmt.Sprintf("%c.", 'a'+i%26), i%30) + fmt.Sprintf("h%d.example", i)
		rs.Rules[0].Entries = append(rs.Rules[0].Entries, policy.Entry{Kind: policy.SuffixEntry, Text: "*." + host})
	}
	text, err := dialect.Render(rs)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if _, expression, ok := strings.Cut(line, `"RegexString": "`); ok {
			if n := len(strings.ReplaceAll(strings.TrimRight(expression, "\n,\""), `\\`, `\`)); n > 200 {
				t.Errorf("%d characters: %s", n, expression)
			}
		}
	}
	if back := parse(t, string(text)); len(back.Rules[0].Entries) != 500 {
		t.Errorf("%d hosts", len(back.Rules[0].Entries))
	}
}

func TestTerraformReads(t *testing.T) {
	const head = "# a comment\nresource \"aws_wafv2_ip_set\" \"x\" {\n  name = \"x\" // another\n  scope=\"REGIONAL\"\n  ip_address_version = \"IPV4\" /* and\n another */\n"
	rs := parse(t, head+"  addresses = [\"192.0.2.0/24\",\n \"198.51.100.7/32\",]\n}\n")
	if rs.Setting("scope") != "REGIONAL" || len(rs.Rules) != 1 || len(rs.Rules[0].Entries) != 2 {
		t.Errorf("%+v", rs)
	}
	refused(t, head+"  addresses = var.list\n}", "7:15", "literal value")
	refused(t, head+"  addresses = [\"${var.a}/32\"]\n}", "7:16", "templates")
	refused(t, head+"  addresses = [\"192.0.2.1/32\" \"192.0.2.2/32\"]\n}", "7:31", "want ,")
	refused(t, head+"  addresses = [\"192.0.2.1\\x\"]\n}", "7:26", "escape")
	refused(t, head+"  addresses = [\"192.0.2.1\n\"]\n}", "7:16", "no end on its line")
	refused(t, head+"  address = [\"192.0.2.1/32\"]\n}", "7:3", "unknown key")
	refused(t, head+"  name = \"y\"\n}", "7:3", "twice")
	refused(t, head+"  tags { a = 1 }\n  addresses = []\n}\n", "7:3", "unknown key")
	refused(t, head+"  addresses = []\n}\nresource \"aws_s3_bucket\" \"x\" {}\n", "9:10", "not read here")
	refused(t, head+"  addresses = []\n}\nvariable \"x\" {}\n", "9:1", "want resource")
	refused(t, head+"  addresses = []\n", "8:1", "have the end")
	refused(t, head+strings.Repeat(" block {\n", 100), "47:8", "nested")
}

// TestTerraformFormat holds the Terraform form against the program, where it
// is installed.
func TestTerraformFormat(t *testing.T) {
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed")
	}
	d, err := dialect.Named("awswaf/terraform")
	if err != nil {
		t.Fatal(err)
	}
	text, err := d.Render(load(t, "awswaf.json"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "fmt", "-no-color", "-")
	cmd.Stdin = strings.NewReader(string(text))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != string(text) {
		t.Errorf("terraform fmt makes of\n%s\nthis:\n%s", text, out)
	}
}
