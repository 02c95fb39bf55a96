package explain_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/explain"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/analyze/policy/policytest"
	"rulecast/ingest/referer"
)

func network(text string) policy.Entry {
	e, _, err := policy.ParseAddress(text)
	if err != nil {
		panic(err)
	}
	return e
}

func country(code string) policy.Entry {
	return policy.Entry{Kind: policy.CountryEntry, Text: code}
}

func host(name string) policy.Entry {
	kind := policy.HostEntry
	if strings.HasPrefix(name, "*.") {
		kind = policy.SuffixEntry
	}
	return policy.Entry{Kind: kind, Text: name}
}

// plain is a request from 192.0.2.1 in India with a Referer of a.example.
func plain(change func(*explain.Request)) *explain.Request {
	q := &explain.Request{
		Client: netip.MustParseAddr("192.0.2.1"), Country: geo.Parse("IN"), Class: referer.ClassHost, Referer: "a.example",
		Host: "cdn.example", Path: "/img/a.jpg", Time: time.Unix(100, 0),
	}
	if change != nil {
		change(q)
	}
	return q
}

func TestOneRule(t *testing.T) {
	block := func(c policy.Control, es ...policy.Entry) policy.Rule {
		return policy.Rule{ID: "r", Control: c, Entries: es}
	}
	allow := func(c policy.Control, es ...policy.Entry) policy.Rule {
		return policy.Rule{ID: "r", Control: c, Mode: policy.Allow, Entries: es}
	}
	with := func(r policy.Rule, change func(*policy.Rule)) policy.Rule {
		change(&r)
		return r
	}
	noReferer := func(q *explain.Request) { q.Class, q.Referer = referer.ClassAbsent, "" }
	app := func(q *explain.Request) { q.Class, q.Referer = referer.ClassApp, "" }
	nowhere := func(q *explain.Request) { q.Country = geo.Unknown }
	timeless := func(q *explain.Request) { q.Time = time.Time{} }
	until := func(s int64) func(*policy.Rule) { return func(r *policy.Rule) { r.Until = time.Unix(s, 0) } }
	from := func(s int64) func(*policy.Rule) { return func(r *policy.Rule) { r.From = time.Unix(s, 0) } }
	v4 := network("192.0.2.0/24")
	tests := []struct {
		name   string
		rule   policy.Rule
		change func(*explain.Request)
		why    explain.Why
		denies bool
	}{
		{"listed", block(policy.IP, v4), nil, explain.Listed, true},
		{"not listed", block(policy.IP, network("192.0.3.0/24")), nil, explain.NotListed, false},
		{"all of the other family", block(policy.IP, network("all-ipv6")), nil, explain.NotListed, false},
		{"all", block(policy.IP, network("all")), nil, explain.Listed, true},
		{"excepted", with(block(policy.IP, v4), func(r *policy.Rule) { r.Except = []policy.Entry{network("192.0.2.1")} }), nil, explain.Excepted, false},
		{"another excepted", with(block(policy.IP, v4), func(r *policy.Rule) { r.Except = []policy.Entry{network("192.0.2.2")} }), nil, explain.Listed, true},
		{"allowed", allow(policy.IP, v4), nil, explain.Listed, false},
		{"not allowed", allow(policy.IP), nil, explain.NotListed, true},
		{"disabled", with(allow(policy.IP), func(r *policy.Rule) { r.Disabled = true }), nil, explain.Disabled, false},
		{"before it begins", with(allow(policy.IP), from(101)), nil, explain.OutsideWindow, false},
		{"as it begins", with(allow(policy.IP), from(100)), nil, explain.NotListed, true},
		{"as it ends", with(allow(policy.IP), until(100)), nil, explain.OutsideWindow, false},
		{"before it ends", with(allow(policy.IP), until(101)), nil, explain.NotListed, true},
		{"no time and a beginning", with(allow(policy.IP), from(1)), timeless, explain.OutsideWindow, false},
		{"no time and an end", with(allow(policy.IP), until(1)), timeless, explain.NotListed, true},
		{"out of scope", with(allow(policy.IP), func(r *policy.Rule) { r.Scope = policy.Scope{Kind: policy.Homepage} }), nil, explain.OutOfScope, false},
		{"country", block(policy.Country, country("IN")), nil, explain.Listed, true},
		{"unknown country, block list", block(policy.Country, country("IN")), nowhere, explain.UnknownCountry, false},
		{"unknown country, allow list", allow(policy.Country, country("IN")), nowhere, explain.UnknownCountry, false},
		{"unknown country, denied", with(allow(policy.Country), func(r *policy.Rule) { r.DenyUnknown = true }), nowhere, explain.UnknownCountry, true},
		{"host", block(policy.Referer, host("a.example")), nil, explain.Listed, true},
		{"its subdomain is another", block(policy.Referer, host("a.example")), func(q *explain.Request) { q.Referer = "www.a.example" }, explain.NotListed, false},
		{"subdomains", block(policy.Referer, host("*.a.example")), func(q *explain.Request) { q.Referer = "x.www.a.example" }, explain.Listed, true},
		{"subdomains without the apex", block(policy.Referer, host("*.a.example")), nil, explain.NotListed, false},
		{"no dot, no subdomain", block(policy.Referer, host("*.a.example")), func(q *explain.Request) { q.Referer = "wwwa.example" }, explain.NotListed, false},
		{"missing, passes", allow(policy.Referer), noReferer, explain.Missing, false},
		{"missing, denied", with(block(policy.Referer), func(r *policy.Rule) { r.DenyMissing = true }), noReferer, explain.Missing, true},
		{"no host is not missing", with(block(policy.Referer), func(r *policy.Rule) { r.DenyMissing = true }), app, explain.NotListed, false},
		{"no host is on no allow list", allow(policy.Referer, host("a.example")), app, explain.NotListed, true},
	}
	for _, tt := range tests {
		rs := &policy.Ruleset{Rules: []policy.Rule{tt.rule}}
		res := explain.Explain(rs, plain(tt.change))
		if s := res.Steps[0]; s.Why != tt.why || s.Denies != tt.denies {
			t.Errorf("%s: why %d, denies %v; want %d, %v", tt.name, s.Why, s.Denies, tt.why, tt.denies)
		}
		if (res.Decided == 0) != tt.denies {
			t.Errorf("%s: decided %d", tt.name, res.Decided)
		}
	}
}

func TestFirstThatDeniesDecides(t *testing.T) {
	rs := &policy.Ruleset{Rules: []policy.Rule{
		{ID: "passes", Control: policy.Country, Entries: []policy.Entry{country("US")}},
		{ID: "first", Control: policy.IP, Entries: []policy.Entry{network("192.0.2.0/24"), network("192.0.2.1")}},
		{ID: "second", Control: policy.Referer, Entries: []policy.Entry{host("a.example")}},
	}}
	res := explain.Explain(rs, plain(nil))
	if res.Decided != 1 || !res.Steps[2].Denies || len(res.Steps[1].Entries) != 2 {
		t.Errorf("%+v", res)
	}
}

func TestParts(t *testing.T) {
	rs := &policy.Ruleset{
		Parts: []policy.Part{{Name: "main"}, {Name: "img", PathPrefix: "/img"}, {Name: "cdn", Host: "cdn.example"}},
		Rules: []policy.Rule{
			{ID: "main", Control: policy.IP, Mode: policy.Allow},
			{ID: "img", Control: policy.IP, Mode: policy.Allow, Part: 1},
			{ID: "cdn", Control: policy.IP, Mode: policy.Allow, Part: 2},
		},
	}
	for path, want := range map[string]string{"/img/a.jpg": "img", "/img": "img", "/images/a.jpg": "cdn"} {
		res := explain.Explain(rs, plain(func(q *explain.Request) { q.Path = path }))
		if got := rs.Rules[res.Decided].ID; got != want || rs.Parts[res.Part].Name != want {
			t.Errorf("%s: decided by %s in part %s, want %s", path, got, rs.Parts[res.Part].Name, want)
		}
	}
	res := explain.Explain(rs, plain(func(q *explain.Request) { q.Path, q.Host = "/", "www.example" }))
	if res.Decided != 0 || res.Steps[1].Why != explain.OtherPart {
		t.Errorf("%+v", res)
	}
}

// TestListedCountrySkipsIP is THEOlive's rule: whoever is from a country on the
// list, whatever the list's mode, meets no IP rule.
func TestListedCountrySkipsIP(t *testing.T) {
	rs := func(mode policy.Mode, disabled bool) *policy.Ruleset {
		return &policy.Ruleset{ListedCountrySkipsIP: true, Rules: []policy.Rule{
			{ID: "geo", Control: policy.Country, Mode: mode, Disabled: disabled, Entries: []policy.Entry{country("IN")}},
			{ID: "ip", Control: policy.IP, Entries: []policy.Entry{network("192.0.2.1")}},
		}}
	}
	res := explain.Explain(rs(policy.Allow, false), plain(nil))
	if res.Decided != -1 || res.Steps[1].Why != explain.CountrySkipped || len(res.Steps[1].Entries) != 1 {
		t.Errorf("listed and allowed: %+v", res)
	}
	if res = explain.Explain(rs(policy.Block, false), plain(nil)); res.Decided != 0 || res.Steps[1].Denies {
		t.Errorf("listed and blocked: %+v", res)
	}
	if res = explain.Explain(rs(policy.Allow, true), plain(nil)); res.Decided != 1 {
		t.Errorf("geo-blocking is off: %+v", res)
	}
}

func TestFlips(t *testing.T) {
	from := func(c policy.Control, mode policy.Mode, es ...policy.Entry) policy.Rule {
		return policy.Rule{ID: c.String(), Control: c, Mode: mode, Entries: es}
	}
	ruleset := func(rules ...policy.Rule) *policy.Ruleset { return &policy.Ruleset{Rules: rules} }
	tests := []struct {
		name string
		rs   *policy.Ruleset
		q    *explain.Request
		want []string
	}{
		{"all that deny", ruleset(from(policy.Country, policy.Block, country("IN")), from(policy.IP, policy.Block, network("192.0.2.0/24"), network("192.0.2.1")),
			from(policy.Referer, policy.Allow)), plain(nil), []string{
			`removing IN from rule "country"`,
			`removing 192.0.2.0/24 and 192.0.2.1 from rule "ip"`,
			`adding a.example to allow list "referer"`,
		}},
		{"any one", ruleset(from(policy.Country, policy.Allow, country("IN")), from(policy.IP, policy.Block), from(policy.Referer, policy.Block)), plain(nil), []string{
			`removing IN from allow list "country" would deny it`,
			`adding 192.0.2.1 to ip rule "ip" would deny it`,
			`adding a.example to referer rule "referer" would deny it`,
		}},
		{"what has no host cannot be listed", ruleset(from(policy.Referer, policy.Block)),
			plain(func(q *explain.Request) { q.Class, q.Referer = referer.ClassMalformed, "" }), nil},
		{"whoever is excepted stays so", ruleset(policy.Rule{ID: "ip", Entries: []policy.Entry{network("10.0.0.0/8")}, Except: []policy.Entry{network("192.0.2.0/24")}}),
			plain(nil), nil},
		{"a country that is no longer listed meets IP rules", &policy.Ruleset{ListedCountrySkipsIP: true, Rules: []policy.Rule{
			from(policy.Country, policy.Block, country("IN")), from(policy.IP, policy.Allow)}}, plain(nil), []string{
			`removing IN from rule "country"`,
			`adding 192.0.2.1 to allow list "ip"`,
		}},
		{"and one that is listed then meets none", &policy.Ruleset{ListedCountrySkipsIP: true, Rules: []policy.Rule{
			from(policy.Country, policy.Allow), from(policy.IP, policy.Allow)}}, plain(nil), []string{`adding IN to allow list "country"`}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, explain.Flips(tt.rs, tt.q, explain.Explain(tt.rs, tt.q))); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
}

// TestFlipsFlip does to random rulesets what Flips says, as a reader would, and
// looks whether the verdict turns: for a request that is denied all of it, and
// nothing less; for one that is allowed each.
func TestFlipsFlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs, q := policytest.Ruleset(t), policytest.Request(t)
		if rs.ListedCountrySkipsIP { // such a provider tries countries first
			isCountry := func(r policy.Rule) bool { return r.Control == policy.Country }
			others := slices.DeleteFunc(slices.Clone(rs.Rules), isCountry)
			countries := slices.DeleteFunc(slices.Clone(rs.Rules), func(r policy.Rule) bool { return !isCountry(r) })
			rs.Rules = append(countries, others...)
		}
		res := explain.Explain(rs, q)
		flips := explain.Flips(rs, q, res)
		if res.Decided < 0 {
			for _, text := range flips {
				for _, alt := range follow(t, rs, q, text) {
					if explain.Explain(alt, q).Decided < 0 {
						t.Fatalf("allowed, and still so after %s", text)
					}
				}
			}
			return
		}
		if explain.Explain(followAll(t, rs, q, flips), q).Decided >= 0 {
			t.Fatalf("denied, and still so after %q", flips)
		}
		for i, text := range flips {
			less := slices.Delete(slices.Clone(flips), i, i+1)
			if explain.Explain(followAll(t, rs, q, less), q).Decided < 0 {
				t.Fatalf("%s is not needed: %q would do", text, less)
			}
		}
	})
}

// followAll makes all changes, of two ways to make one the first.
func followAll(t *rapid.T, rs *policy.Ruleset, q *explain.Request, texts []string) *policy.Ruleset {
	for _, text := range texts {
		alts := follow(t, rs, q, text)
		rs = alts[rapid.IntRange(0, len(alts)-1).Draw(t, "way")]
	}
	return rs
}

var sentence = regexp.MustCompile(`^(\w+) (?:(.*?) )?(?:(?:from|to|past|off) )?(?:(?:ip|country|referer) )?(?:rule|allow list) "([^"]+)"(, or excepting (\S+))?(?: would deny it| \(.*\))?$`)

// follow does what a sentence of Flips says: one ruleset for each way that it
// names.
func follow(t *rapid.T, rs *policy.Ruleset, q *explain.Request, text string) []*policy.Ruleset {
	m := sentence.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no sentence: %s", text)
	}
	changed := func(do func(*policy.Rule)) *policy.Ruleset {
		out := *rs
		out.Rules = slices.Clone(rs.Rules)
		i := slices.IndexFunc(out.Rules, func(r policy.Rule) bool { return r.ID == m[3] })
		do(&out.Rules[i])
		return &out
	}
	var out []*policy.Ruleset
	switch verb, what := m[1], m[2]; {
	case verb == "enabling":
		return append(out, changed(func(r *policy.Rule) { r.Disabled = false }))
	case verb == "switching":
		return append(out, changed(func(r *policy.Rule) { r.Disabled = true }))
	case verb == "letting" && what == "requests without a Referer":
		return append(out, changed(func(r *policy.Rule) { r.DenyMissing = false }))
	case verb == "letting" && what == "unknown countries":
		return append(out, changed(func(r *policy.Rule) { r.DenyUnknown = false }))
	case verb == "adding":
		return append(out, changed(func(r *policy.Rule) { r.Entries = append(slices.Clone(r.Entries), parse(r.Control, what)) }))
	case verb == "removing" && strings.HasPrefix(what, "the exception for "):
		return append(out, changed(func(r *policy.Rule) {
			a := netip.MustParseAddr(strings.TrimPrefix(what, "the exception for "))
			r.Except = slices.DeleteFunc(slices.Clone(r.Except), func(e policy.Entry) bool { return e.Contains(a) })
		}))
	case verb == "removing":
		out = append(out, changed(func(r *policy.Rule) {
			gone := strings.Split(what, " and ")
			r.Entries = slices.DeleteFunc(slices.Clone(r.Entries), func(e policy.Entry) bool { return slices.Contains(gone, e.Text) })
		}))
		if m[5] != "" {
			out = append(out, changed(func(r *policy.Rule) { r.Except = append(slices.Clone(r.Except), network(m[5])) }))
		}
		return out
	}
	t.Fatalf("nobody knows how to do: %s", text)
	return nil
}

func parse(c policy.Control, text string) policy.Entry {
	switch c {
	case policy.IP:
		return network(text)
	case policy.Country:
		return country(text)
	}
	return host(text)
}
