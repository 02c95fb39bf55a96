package dialect_test

import (
	"fmt"
	"strings"
	"testing"

	"rulecast/analyze/dialect"
)

func TestFastlyVCL(t *testing.T) {
	rs := parse(t, "provider: fastly\nrules:\n- {id: bad bots, ip: {block: [192.0.2.0/24, '2001:db8::7']}}\n- {id: in, country: {allow: [IN, US]}}\n")
	const want = `# Include this, and begin vcl_recv with: call rulecast_recv;

acl rulecast_bad_bots {
  "192.0.2.0"/24;
  "2001:db8::7"/128;
}

sub rulecast_recv {
  if (fastly.ff.visits_this_service == 0) {
    if (client.ip ~ rulecast_bad_bots) {
      error 403;
    }
    if (!(client.geo.country_code ~ "^(?:IN|US)$")) {
      error 403;
    }
  }
}
`
	if got := rendered(t, "fastly", rs); got != want {
		t.Errorf("%s", got)
	}
	refererVerdicts(t, "fastly")
	for text, words := range map[string]string{
		strings.Replace(want, "IN|US", "IN|UK", 1):                                          "GB",
		strings.Replace(want, `"192.0.2.0"/24`, `! "192.0.2.0"/24`, 1):                      "exception",
		strings.Replace(want, `"192.0.2.0"/24`, `"localhost"`, 1):                           "neither an address nor a network",
		strings.Replace(want, `"192.0.2.0"/24`, `"0.0.0.0"/0`, 1):                           "/0",
		strings.Replace(want, "error 403", "error 404", 1):                                  "want 403",
		strings.Replace(want, "~ rulecast_bad_bots", "~ others", 1):                         "no acl others",
		strings.Replace(want, "client.ip ~", "client.ip !~", 1):                             "write !(client.ip",
		strings.Replace(want, "client.ip ~ rulecast_bad_bots", `req.url ~ "x"`, 1):          "not read here",
		strings.Replace(want, "client.ip ~ rulecast_bad_bots", `req.http.Referer ~ "x"`, 1): "rulecast writes",
		want + "sub vcl_recv {}\n":                                                          "only lists and one subroutine",
		strings.TrimSuffix(want, "}\n"):                                                     "have the end",
	} {
		if _, err := dialect.Parse("t", []byte(text), dialect.Options{}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", words, err)
		}
	}
	unused := parse(t, strings.Replace(want, "client.ip ~ rulecast_bad_bots", `req.http.Referer !~ "." || req.http.Referer ~ "(?i)^https?://(?:[^/?#\\]*@)?(?:a\.example)\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)"`, 1))
	warned(t, unused, 3, "denies nothing")
	if !unused.Rules[0].DenyMissing {
		t.Error("a missing Referer passes")
	}
}

func TestFastlyACL(t *testing.T) {
	rs := parse(t, `{"entries": [{"op": "create", "ip": "192.0.2.0", "subnet": 24, "negated": 0}, {"ip": "2001:db8::7", "comment": "x"}]}`)
	if got := rs.Rules[0]; got.ID != "ip" || len(got.Entries) != 2 || got.Entries[1].Text != "2001:db8::7" {
		t.Errorf("%+v", got)
	}
	const want = `{
  "entries": [
    {
      "op": "create",
      "ip": "192.0.2.0",
      "subnet": 24,
      "negated": 0
    },
`
	if got := rendered(t, "fastly/acl", rs); !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
	refused(t, `{"entries": [{"op": "delete", "ip": "192.0.2.0"}]}`, "1:21", "only create")
	refused(t, `{"entries": [{"ip": "192.0.2.0", "negated": 1}]}`, "1:45", "exception")
	refused(t, `{"entries": [{"ip": "192.0.2.0", "subnet": 40}]}`, "1:21", "neither")
	refused(t, `{"entries": [{"subnet": 40}]}`, "1:14", "ip is missing")
	var long strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&long, "  - 10.0.%d.%d\n", i/256, i%256)
	}
	refused(t, "provider: fastly\nip:\n  block:\n"+long.String(), "1004:5", "1001 entries of an ACL in rule ip, the limit is 1000")
	d, err := dialect.Named("fastly/acl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Render(parse(t, "provider: fastly\ncountry: {block: [CN]}\n")); err == nil || !strings.Contains(err.Error(), "no country rules") {
		t.Errorf("%v", err)
	}
}
