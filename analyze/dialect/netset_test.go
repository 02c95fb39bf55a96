package dialect_test

import (
	"testing"

	"rulecast/analyze/dialect"
)

func TestNetset(t *testing.T) {
	rs := parse(t, "# FireHOL\n\n192.0.2.15\n198.51.100.0/24 # a comment\n2001:db8::/32\n0.0.0.0/0\n")
	if rs.Provider != "netset" || len(rs.Rules) != 1 || len(rs.Rules[0].Entries) != 4 {
		t.Fatalf("%+v", rs)
	}
	if got := verdict(rs, ask("2001:db8::7", "US", "-", "", "/")); got != "ip" {
		t.Errorf("decided by %q", got)
	}
	refused(t, "192.0.2.15\nhost.example\n", "2:1", "neither an address nor a network")
	refused(t, "192.0.2.15\n[ip blocklist]\n", "2:1", "neither an address nor a network")
	refused(t, "192.0.2.15\nall\n", "2:1", "takes addresses and networks only")
	refused(t, "provider: netset\ncountry: {block: [CN]}", "2:10", "no country rules")
	refused(t, "provider: netset\nip: {allow: [192.0.2.1]}", "2:5", "block only")

	for _, text := range []string{"provider: netset\n", "provider: netset\nip: {block: []}\n"} {
		empty := parse(t, text)
		out, err := dialect.Render(empty)
		if err != nil || string(out) != "# no networks\n" {
			t.Fatalf("%q, %v", out, err)
		}
		if back := parse(t, string(out)); len(back.Rules) != 1 || len(back.Rules[0].Entries) != 0 {
			t.Errorf("%+v", back)
		}
	}
}

func TestForms(t *testing.T) {
	for _, target := range dialect.Targets() {
		d, err := dialect.Named(target)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range d.Limits {
			if l.Source == "" || l.Verified == "" {
				t.Errorf("%s: limit %q has no source or date", target, l.Name)
			}
		}
	}
	if _, err := dialect.Named("netset/xml"); err == nil || err.Error() != `provider netset has no form "xml": must be one of list` {
		t.Errorf("%v", err)
	}
}
