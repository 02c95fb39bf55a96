package dialect_test

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"pgregory.net/rapid"

	"rulecast/analyze/dialect"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/policy"
)

// ruleset draws a random valid ruleset of a dialect: whatever its profile
// allows.
func ruleset(t *rapid.T, d *dialect.Dialect) *policy.Ruleset {
	g := generator{T: t, Profile: &d.Profile}
	rs := &policy.Ruleset{Provider: d.Name}
	for _, s := range d.Settings {
		if g.coin(s.Name) {
			value := rapid.SampledFrom(s.Values).Draw(t, s.Name)
			if s.Order {
				words := rapid.Permutation(s.Values).Draw(t, s.Name)
				value = words[0] + ", " + words[1] + ", " + words[2]
			}
			rs.Settings = append(rs.Settings, policy.Setting{Name: s.Name, Value: value})
		}
	}
	if d.Aliases && g.coin("aliases") {
		rs.Parts = []policy.Part{{Name: "main"}, {Name: "a", Host: "a.example"}, {Name: "b b", PathPrefix: "/b/"}, {Name: "c", Host: "c.example", PathPrefix: "/c"}}
	}
	controls := []policy.Control{}
	for c := range policy.NumControls {
		if d.Controls[c].Block || d.Controls[c].Allow {
			controls = append(controls, c)
		}
	}
	allowIP := false
	for i := range rapid.IntRange(0, 5).Draw(t, "rules") {
		r := g.rule(fmt.Sprintf("r%d", i), rapid.SampledFrom(controls).Draw(t, "control"))
		if len(rs.Parts) > 0 {
			r.Part = rapid.IntRange(0, len(rs.Parts)-1).Draw(t, "part")
		}
		sameControl := func(o policy.Rule) bool { return o.Control == r.Control }
		if d.Controls[r.Control].Single && slices.ContainsFunc(rs.Rules, sameControl) {
			continue
		}
		if r.Control == policy.IP && r.Mode == policy.Allow && d.Priorities {
			if allowIP {
				continue
			}
			allowIP = true
		}
		if g.coin("short id") && !slices.ContainsFunc(rs.Rules, sameControl) {
			r.ID = r.Control.String()
			if r.Part > 0 {
				r.ID = rs.Parts[r.Part].Name + "/" + r.ID
			}
		}
		rs.Rules = append(rs.Rules, r)
		if d.Windows && len(d.Check(rs)) > 0 { // two in force at one time
			rs.Rules = rs.Rules[:len(rs.Rules)-1]
		}
	}
	d.Resolve(rs)
	return rs
}

type generator struct {
	*rapid.T
	*profile.Profile
}

func (g generator) coin(label string) bool { return rapid.Bool().Draw(g.T, label) }

func (g generator) rule(id string, c policy.Control) policy.Rule {
	r := policy.Rule{ID: id, Control: c}
	control := g.Controls[c]
	if !control.Block || control.Allow && g.coin("allow") {
		r.Mode = policy.Allow
	}
	fewest := 0
	if control.NonEmpty {
		fewest = 1
	}
	n := rapid.IntRange(fewest, 12).Draw(g.T, "entries")
	for range n {
		r.Entries = append(r.Entries, g.entry(c))
	}
	if c == policy.IP && g.Words && r.Mode == policy.Block && g.coin("word") {
		e, _, _ := policy.ParseAddress(rapid.SampledFrom([]string{"all", "all-ipv4", "all-ipv6"}).Draw(g.T, "word"))
		r.Entries = []policy.Entry{e}
	}
	if c == policy.IP && g.Exceptions && r.Mode == policy.Block && g.coin("except") {
		r.Except = []policy.Entry{g.entry(c), g.entry(c)}
	}
	if c == policy.Referer && g.NullReferer {
		r.DenyMissing = g.coin("null")
	}
	if g.Scopes {
		r.Scope = g.scope()
	}
	if g.Priorities {
		r.Priority = rapid.IntRange(-2, 2).Draw(g.T, "priority")
	}
	if g.Disabling {
		r.Disabled = rapid.IntRange(0, 3).Draw(g.T, "disabled") == 0
	}
	if g.Redirects && g.coin("redirect") {
		r.Action = policy.Action{Kind: policy.Redirect, URL: "https://example.com/denied?a=1&b=2"}
	}
	if g.Windows && g.coin("window") {
		from := time.Date(2026, 1, 31, rapid.IntRange(0, 20).Draw(g.T, "hour"), 0, 0, 1000, time.UTC)
		r.From, r.Until = from, from.Add(time.Hour)
		if g.coin("open") {
			r.Until = time.Time{}
		}
	}
	return r
}

func (g generator) entry(c policy.Control) policy.Entry {
	switch c {
	case policy.Country:
		return policy.Entry{Kind: policy.CountryEntry, Text: rapid.SampledFrom(policy.Countries()).Draw(g.T, "country")}
	case policy.Referer:
		host := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?(\.[a-z]{2,5}){1,2}`).Draw(g.T, "host")
		if g.Wildcards && g.coin("wildcard") {
			return policy.Entry{Kind: policy.SuffixEntry, Text: "*." + host}
		}
		return policy.Entry{Kind: policy.HostEntry, Text: rapid.SampledFrom([]string{host, host, "[2001:db8::1]"}).Draw(g.T, "host")}
	}
	if g.IPv6 && g.coin("ipv6") {
		var b [16]byte
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(g.T, "address"))
		b[0] |= 0x20 // not an IPv4 address written as IPv6
		return g.network(netip.AddrFrom16(b))
	}
	var b [4]byte
	copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(g.T, "address"))
	return g.network(netip.AddrFrom4(b))
}

func (g generator) network(a netip.Addr) policy.Entry {
	masks := g.Masks(netip.PrefixFrom(a, a.BitLen()))
	bits := rapid.IntRange(masks.Min, masks.Max).Draw(g.T, "bits")
	return policy.NetworkEntry(netip.PrefixFrom(a, bits).Masked())
}

func (g generator) scope() policy.Scope {
	switch kind := policy.ScopeKind(rapid.IntRange(0, int(policy.InvalidScope)-1).Draw(g.T, "scope")); kind {
	case policy.FileTypes:
		return policy.Scope{Kind: kind, Values: []string{"jpg", "7z", "264"}}
	case policy.URIs:
		if g.coin("ignore") {
			return policy.Scope{Kind: kind, Values: []string{"/a/b.html", "/c:d"}, IgnoreQuery: true}
		}
		return policy.Scope{Kind: kind, Values: []string{"/a/b.html?c=d&e", "/x;y", "/%2B"}}
	case policy.Directories:
		return policy.Scope{Kind: kind, Values: []string{"/", "/a.b/c_d/%20/"}}
	case policy.URLPattern:
		text := rapid.SampledFrom([]string{`*.jpg$`, `\.(png|gif)\?`, `é"'\\ #: `, "^/\t\x01", `(?i)^/A`}).Draw(g.T, "pattern")
		scope, _, err := profile.URLPattern(text)
		if err != nil {
			g.Fatal(err)
		}
		return scope
	default:
		return policy.Scope{Kind: kind}
	}
}
