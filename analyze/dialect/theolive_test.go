package dialect_test

import (
	"testing"
	"time"
)

func TestTHEOliveModes(t *testing.T) {
	for mode, want := range map[string][2]string{ // of the listed, of the others
		``:                     {"", "ipBlocking"},
		`"mode": "whitelist",`: {"", "ipBlocking"},
		`"mode": "blacklist",`: {"ipBlocking", ""},
	} {
		rs := parse(t, `{"publicationConfig": {"ipBlocking": {"enabled": true, `+mode+` "cidrs": ["170.123.145.2", "2001:db8::/64"]}}}`)
		for client, i := range map[string]int{"170.123.145.2": 0, "2001:db8::7": 0, "170.123.145.3": 1, "2001:db8:0:1::": 1} {
			if got := verdict(rs, ask(client, "US", "-", "", "/")); got != want[i] {
				t.Errorf("%q, %s: %q, want %q", mode, client, got, want[i])
			}
		}
		if e := rs.Rules[0].Entries[0]; e.Prefix.Bits() != 32 {
			t.Errorf("a bare address is %s", e.Prefix)
		}
	}
	off := parse(t, `{"publicationConfig": {"ipBlocking": {"enabled": false, "cidrs": ["170.123.145.2"]}}}`)
	if got := verdict(off, ask("192.0.2.1", "US", "-", "", "/")); got != "" {
		t.Errorf("disabled, and denies: %s", got)
	}
	refused(t, "{\"publicationConfig\": {\"ipBlocking\":\n{\"cidrs\": []}}}", "2:1", "enabled")
	refused(t, "{\"publicationConfig\": {\"ipBlocking\":\n{\"enabled\": true}}}", "2:1", "cidrs")
	refused(t, "{\"publicationConfig\": {\n\"ipblocking\": {}}}", "2:1", "unknown key", "ipBlocking")
	refused(t, "provider: theolive\nreferer: {block: [a.example]}", "2:10", "no referer rules")
}

func TestTHEOliveGeoGoesFirst(t *testing.T) {
	for mode, want := range map[string][3]string{ // listed country, other country with good and bad address
		"blacklist": {"geoBlocking", "", "ipBlocking"},
		"whitelist": {"", "geoBlocking", "geoBlocking"},
	} {
		rs := parse(t, `{"publicationConfig": {
			"ipBlocking": {"enabled": true, "cidrs": ["192.0.2.1"]},
			"geoBlocking": {"enabled": true, "mode": "`+mode+`", "countries": ["BE"]}}}`)
		got := [3]string{
			verdict(rs, ask("198.51.100.1", "BE", "-", "", "/")),
			verdict(rs, ask("192.0.2.1", "NL", "-", "", "/")),
			verdict(rs, ask("198.51.100.1", "NL", "-", "", "/")),
		}
		if got != want {
			t.Errorf("%s: %q, want %q", mode, got, want)
		}
	}
}

func TestTHEOliveAliases(t *testing.T) {
	rs := load(t, "theolive.yaml")
	for _, c := range []struct{ client, host, path, want string }{
		{"198.51.100.7", "partner.example", "/", "partner/ip"},
		{"198.51.100.8", "partner.example", "/", ""},
		{"198.51.100.8", "live.example", "/rehearsal/x", "rehearsal/ip"},
		{"203.0.113.1", "live.example", "/rehearsal", ""},
		{"198.51.100.8", "live.example", "/rehearsals", "before the show"},
		{"192.0.2.1", "live.example", "/", ""},
	} {
		q := ask(c.client, "FR", "-", c.host, c.path)
		q.Time = time.Date(2026, 1, 31, 19, 59, 59, 0, time.UTC)
		if got := verdict(rs, q); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	native := parse(t, `{"publicationConfig": {}, "aliases": [
		{"name": "a", "host": "A.example.", "publicationConfig": {"ipBlocking": {"enabled": true, "cidrs": []}}}]}`)
	if got := verdict(native, ask("192.0.2.1", "US", "-", "a.example", "/")); got != "a/ipBlocking" {
		t.Errorf("native alias: %q", got)
	}
	refused(t, "{\"publicationConfig\": {}, \"aliases\": [\n{\"name\": \"a\", \"publicationConfig\": {}}]}", "2:1", "host or path_prefix")
}

func TestTHEOliveWindows(t *testing.T) {
	rs := load(t, "theolive.yaml")
	at := time.Date(2026, 1, 31, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		time time.Time
		want string
	}{
		{at.Add(-time.Microsecond), "before the show"}, {at, "regions"}, {at.Add(time.Hour), "regions"},
	} {
		q := ask("198.51.100.8", "FR", "-", "live.example", "/")
		q.Time = c.time
		if got := verdict(rs, q); got != c.want {
			t.Errorf("%s: %q, want %q", c.time, got, c.want)
		}
	}
	native := parse(t, `{"publicationConfig": {"ipBlocking": {"enabled": true, "cidrs": ["192.0.2.1"]}}, "until": "2026-01-31T21:00:00+01:00",
		"periods": [{"publicationConfig": {"ipBlocking": {"enabled": false, "cidrs": []}}, "from": "2026-01-31T20:00:00Z"}]}`)
	if r := native.Rules[0]; !r.Until.Equal(at) || native.Rules[1].ID != "ipBlocking-2" || !native.Rules[1].From.Equal(at) {
		t.Errorf("windows: %+v", native.Rules)
	}
	refused(t, "provider: theolive\nrules:\n- {ip: {allow: [192.0.2.1]}}\n- {ip: {allow: [192.0.2.2]}, from: 2026-01-31T20:00:00Z}", "4:3", "one ipBlocking")
	refused(t, "provider: theolive\nrules:\n- {ip: {allow: [192.0.2.1]}, from: yesterday}", "3:36", "2026-01-31T20:00:00Z")
	refused(t, "provider: cdnetworks\nrules:\n- {ip: {allow: [192.0.2.1]}, from: 2026-01-31T20:00:00Z}", "3:30", "unknown key", "from")
}
