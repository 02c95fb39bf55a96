// Package imagekit is the dialect of ImageKit's advanced security settings.
//
// The dashboard has a text field for each list, one entry a line. The native
// form is those fields one after the other, each under a heading that says
// which it is; what follows a heading is ready to paste:
//
//	[ip blocklist]
//	163.120.4.15
//	10.0.0.0/24
//
//	[country allowlist]
//	IN
//	US
//
//	[referer blocklist]
//	https://hotlinker.example/
//
//	[switches]
//	missing_referer: denied
//	order: country, ip, referer
//
// A file may have one list only. "#" begins a comment. [switches] is of
// rulecast alone: it holds what ImageKit does not document.
package imagekit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/limit"
	"rulecast/analyze/policy"
)

// Name is the provider's name in rulesets.
const Name = "imagekit"

// The switches: what ImageKit does not document.
const (
	// MissingReferer says whether a request without a Referer passes a
	// Referer list. Default allowed, under a block list and an allow list.
	MissingReferer = "missing_referer"
	// Order is the order in which the lists are tried. It moves what a rule
	// decides, never what is denied.
	Order = "order"
)

const (
	docs     = "https://imagekit.io/docs/media-delivery-advanced-waf"
	verified = "2026-11-21"
)

// Profile is what ImageKit's rules can express.
func Profile() profile.Profile {
	return profile.Profile{
		Name:  Name,
		Title: "ImageKit",
		Controls: [policy.NumControls]profile.Control{
			policy.IP:      {Block: true, Single: true},
			policy.Country: {Block: true, Allow: true, Single: true},
			policy.Referer: {Block: true, Allow: true, Single: true},
		},
		Limits: []limit.Limit{
			{Name: "IP entries", Max: 100, What: limit.Entries, Control: policy.IP, Source: docs, Verified: verified},
			{Name: "referer entries", Max: 30, What: limit.Entries, Control: policy.Referer, Source: docs, Verified: verified},
		},
		Settings: []profile.Setting{
			{Name: MissingReferer, Values: []string{"allowed", "denied"}},
			{Name: Order, Values: []string{"country", "ip", "referer"}, Order: true},
		},
		SlashZero:   true,
		RefererURLs: true,
	}
}

// Resolve brings the rules into the order in which they are tried and decides
// what they do with a missing Referer and an unknown country.
func Resolve(rs *policy.Ruleset) {
	order := []string{"country", "ip", "referer"}
	if s := rs.Setting(Order); s != "" {
		order = strings.Split(s, ", ")
	}
	slices.SortStableFunc(rs.Rules, func(a, b policy.Rule) int {
		return slices.Index(order, a.Control.String()) - slices.Index(order, b.Control.String())
	})
	for i := range rs.Rules {
		r := &rs.Rules[i]
		r.DenyMissing = r.Control == policy.Referer && rs.Setting(MissingReferer) == "denied"
		r.DenyUnknown = r.Control == policy.Country && r.Mode == policy.Allow
	}
}

// Sniff reports whether a text begins with one of our headings.
func Sniff(f *source.File) bool {
	for n := 1; n <= f.Lines(); n++ {
		if text, _ := profile.Uncomment(f.Line(n)); text != "" {
			name, ok := heading(text)
			first, _, _ := strings.Cut(name, " ")
			return ok && slices.Contains([]string{"ip", "country", "referer", switches}, first)
		}
	}
	return false
}

const switches = "switches"

// heading is the words of a line in brackets.
func heading(text string) (string, bool) {
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return "", false
	}
	inner := text[1 : len(text)-1]
	if strings.ContainsAny(inner, "[],\"'") {
		return "", false
	}
	return strings.Join(strings.Fields(strings.ToLower(inner)), " "), true
}

// list is a heading of the native form.
type list struct {
	heading string
	control policy.Control
	mode    policy.Mode
}

var lists = [...]list{
	{"ip blocklist", policy.IP, policy.Block},
	{"ip allowlist", policy.IP, policy.Allow}, // read so that the profile can say why not
	{"country blocklist", policy.Country, policy.Block},
	{"country allowlist", policy.Country, policy.Allow},
	{"referer blocklist", policy.Referer, policy.Block},
	{"referer allowlist", policy.Referer, policy.Allow},
}

// Read reads the native form. What is wrong is noted in the report.
func Read(f *source.File, p *profile.Profile, r *source.Report) *policy.Ruleset {
	rs := &policy.Ruleset{Provider: Name}
	seen := map[string]int{}
	from, current := 1, ""
	end := func(n int) {
		readSection(rs, section{f, current, from, n}, p, r)
	}
	for n := 1; n <= f.Lines(); n++ {
		text, column := profile.Uncomment(f.Line(n))
		name, ok := heading(text)
		if !ok {
			continue
		}
		end(n - 1)
		from, current = n+1, name
		if line, twice := seen[name]; twice {
			r.Errorf(policy.Pos{File: f.Name, Line: n, Column: column}, "[%s] twice: first on line %d", name, line)
		}
		seen[name] = n
	}
	end(f.Lines())
	return rs
}

// section is the lines under a heading.
type section struct {
	file        *source.File
	heading     string
	first, last int
}

func readSection(rs *policy.Ruleset, s section, p *profile.Profile, r *source.Report) {
	values := profile.Lines(s.file, s.first, s.last)
	if s.heading == "" {
		if len(values) > 0 {
			r.Errorf(values[0].Pos, "%q stands under no heading: begin with one like [ip blocklist]", values[0].Text)
		}
		return
	}
	pos := policy.Pos{File: s.file.Name, Line: s.first - 1, Column: 1}
	if s.heading == switches {
		readSwitches(rs, values, p, r)
		return
	}
	for _, l := range lists {
		if l.heading == s.heading {
			rs.Rules = append(rs.Rules, policy.Rule{
				ID: l.control.String(), Control: l.control, Mode: l.mode, Pos: pos,
				Entries: p.Entries(r, l.control, values),
			})
			return
		}
	}
	var known []string
	for _, l := range lists {
		if p.Controls[l.control].Has(l.mode) {
			known = append(known, "["+l.heading+"]")
		}
	}
	r.Errorf(pos, "unknown heading [%s]: must be one of %s, [%s]", s.heading, strings.Join(known, ", "), switches)
}

func readSwitches(rs *policy.Ruleset, values []profile.Value, p *profile.Profile, r *source.Report) {
	for _, v := range values {
		name, value, ok := strings.Cut(v.Text, ":")
		if !ok {
			r.Errorf(v.Pos, "%q: must be a switch and its value, like %s: denied", v.Text, MissingReferer)
			continue
		}
		known, ok := p.Setting(strings.TrimSpace(name))
		value = strings.TrimSpace(value)
		if known.Order {
			words := strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
			value = strings.Join(words, ", ")
		}
		switch {
		case !ok:
			r.Errorf(v.Pos, "unknown switch %q: must be %s or %s", name, MissingReferer, Order)
		case rs.Setting(known.Name) != "":
			r.Errorf(v.Pos, "switch %s twice", known.Name)
		case !known.Valid(value):
			r.Errorf(v.Pos, "%s %q: must be %s", known.Name, value, known.Choices())
		default:
			rs.Settings = append(rs.Settings, policy.Setting{Name: known.Name, Value: value})
		}
	}
}

// Write writes the native form of a ruleset that passes the profile's Check.
func Write(rs *policy.Ruleset) ([]byte, error) {
	var b bytes.Buffer
	for i := range rs.Rules {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "[%s]\n", listOf(&rs.Rules[i]).heading)
		writeEntries(&b, rs.Rules[i].Entries)
	}
	if len(rs.Settings) > 0 {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "[%s]\n", switches)
	}
	for _, s := range rs.Settings {
		fmt.Fprintf(&b, "%s: %s\n", s.Name, s.Value)
	}
	if b.Len() == 0 {
		// A file that says that nothing is restricted, and is known as ours.
		fmt.Fprintf(&b, "[%s]\n", switches)
	}
	return b.Bytes(), nil
}

// Parts is each list alone, as its field takes it.
func Parts(rs *policy.Ruleset) ([]profile.File, error) {
	var files []profile.File
	for i := range rs.Rules {
		var b bytes.Buffer
		writeEntries(&b, rs.Rules[i].Entries)
		name := strings.ReplaceAll(listOf(&rs.Rules[i]).heading, " ", "-") + ".txt"
		files = append(files, profile.File{Name: name, Data: b.Bytes()})
	}
	return files, nil
}

// listOf is the list that a rule is.
func listOf(r *policy.Rule) list {
	i := slices.IndexFunc(lists[:], func(l list) bool { return l.control == r.Control && l.mode == r.Mode })
	return lists[i]
}

func writeEntries(b *bytes.Buffer, entries []policy.Entry) {
	for i := range entries {
		if entries[i].Kind == policy.HostEntry {
			b.WriteString("https://")
		}
		b.WriteString(entries[i].Text + "\n")
	}
}
