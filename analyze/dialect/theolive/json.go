package theolive

import (
	"fmt"
	"time"

	"rulecast/analyze/dialect/neutral"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

// objects and listKeys are the names of a control in a publicationConfig.
var (
	objects  = [policy.NumControls]string{policy.IP: "ipBlocking", policy.Country: "geoBlocking"}
	listKeys = [policy.NumControls]string{policy.IP: "cidrs", policy.Country: "countries"}
)

// Sniff reports whether a JSON value is a channel's configuration.
func Sniff(root *source.Node) bool {
	for _, key := range []string{"publicationConfig", "periods", "aliases"} {
		if _, ok := root.Field(key); ok {
			return true
		}
	}
	return false
}

// Read reads the native form. What is wrong is noted in the report.
func Read(root *source.Node, p *profile.Profile, r *source.Report) *policy.Ruleset {
	c := &configReader{Report: r, profile: p, rs: &policy.Ruleset{Provider: Name}}
	if !r.Keys(root, "configuration", "publicationConfig", "from", "until", "periods", "aliases") {
		return c.rs
	}
	c.part(root)
	aliases, ok := root.Field("aliases")
	if !ok || !r.Expect(aliases, source.List, "aliases") {
		return c.rs
	}
	if len(aliases.Items) > 0 {
		c.rs.Parts = append(c.rs.Parts, policy.Part{Name: neutral.MainPart})
	}
	for i := range aliases.Items {
		alias := &aliases.Items[i]
		if !r.Keys(alias, "alias", "name", "host", "path_prefix", "publicationConfig", "from", "until", "periods") {
			continue
		}
		part := neutral.ReadPart(r, alias)
		c.rs.Parts = append(c.rs.Parts, part)
		c.index, c.prefix = len(c.rs.Parts)-1, part.Name+"/"
		c.part(alias)
	}
	return c.rs
}

type configReader struct {
	*source.Report
	profile *profile.Profile
	rs      *policy.Ruleset
	index   int    // of the part being read
	prefix  string // of its rules' ids
	count   [policy.NumControls]int
}

func (c *configReader) part(node *source.Node) {
	c.count = [policy.NumControls]int{}
	c.config(node)
	periods, ok := node.Field("periods")
	if !ok || !c.Expect(periods, source.List, "periods") {
		return
	}
	for i := range periods.Items {
		period := &periods.Items[i]
		if c.Keys(period, "period", "publicationConfig", "from", "until") {
			c.config(period)
		}
	}
}

// config reads one publicationConfig and the times beside it.
func (c *configReader) config(node *source.Node) {
	config, ok := node.Field("publicationConfig")
	if !ok {
		c.Errorf(node.Pos, "publicationConfig is missing")
		return
	}
	from, until := c.time(node, "from"), c.time(node, "until")
	if !c.Keys(config, "publicationConfig", objects[policy.IP], objects[policy.Country]) {
		return
	}
	for control, object := range objects {
		v, ok := config.Field(object)
		if object == "" || !ok {
			continue
		}
		rule := policy.Rule{ID: c.prefix + object, Control: policy.Control(control), From: from, Until: until, Part: c.index, Pos: v.Pos}
		if c.count[control]++; c.count[control] > 1 {
			rule.ID = fmt.Sprintf("%s-%d", rule.ID, c.count[control])
		}
		if c.object(&rule, v) {
			c.rs.Rules = append(c.rs.Rules, rule)
		}
	}
}

func (c *configReader) time(node *source.Node, key string) time.Time {
	v, ok := node.Field(key)
	if !ok {
		return time.Time{}
	}
	text, ok := c.Text(v, key)
	if !ok {
		return time.Time{}
	}
	t, err := profile.Time(text)
	if err != nil {
		c.Errorf(v.Pos, "%s: %s", key, err)
	}
	return t
}

// object reads ipBlocking or geoBlocking.
func (c *configReader) object(rule *policy.Rule, node *source.Node) bool {
	what, key := objects[rule.Control], listKeys[rule.Control]
	if !c.Keys(node, what, "enabled", "mode", key) {
		return false
	}
	enabled, ok := node.Field("enabled")
	if !ok {
		c.Errorf(node.Pos, "%s: enabled is missing: say true or false", what)
	} else {
		on, _ := c.Bool(enabled, "enabled")
		rule.Disabled = !on
	}
	rule.Mode = policy.Allow
	if v, ok := node.Field("mode"); ok {
		if text, ok := c.Text(v, "mode"); ok {
			switch text {
			case "whitelist":
			case "blacklist":
				rule.Mode = policy.Block
			default:
				c.Errorf(v.Pos, "mode %q: must be whitelist or blacklist", text)
			}
		}
	}
	list, ok := node.Field(key)
	switch {
	case !ok && !rule.Disabled:
		c.Errorf(node.Pos, "%s is enabled, but %s is missing", what, key)
	case ok && c.Expect(list, source.List, key):
		var values []profile.Value
		for i := range list.Items {
			if text, ok := c.Text(&list.Items[i], key); ok {
				values = append(values, profile.Value{Text: text, Pos: list.Items[i].Pos})
			}
		}
		rule.Entries = c.profile.Entries(c.Report, rule.Control, values)
	}
	return true
}

type ipJSON struct {
	Enabled bool     `json:"enabled"`
	Mode    string   `json:"mode"`
	CIDRs   []string `json:"cidrs"`
}

type geoJSON struct {
	Enabled   bool     `json:"enabled"`
	Mode      string   `json:"mode"`
	Countries []string `json:"countries"`
}

type publicationJSON struct {
	IP  *ipJSON  `json:"ipBlocking,omitempty"`
	Geo *geoJSON `json:"geoBlocking,omitempty"`
}

type periodJSON struct {
	Config publicationJSON `json:"publicationConfig"`
	From   string          `json:"from,omitempty"`
	Until  string          `json:"until,omitempty"`
}

type partJSON struct {
	Name       string `json:"name,omitempty"`
	Host       string `json:"host,omitempty"`
	PathPrefix string `json:"path_prefix,omitempty"`
	periodJSON
	Periods []periodJSON `json:"periods,omitempty"`
	Aliases []partJSON   `json:"aliases,omitempty"`
}

// Write writes the native form of a ruleset that passes the profile's Check
// and Check. Rules that are in force at the same times share a configuration.
func Write(rs *policy.Ruleset) ([]byte, error) {
	out := writePart(rs, 0)
	for i := 1; i < len(rs.Parts); i++ {
		alias := writePart(rs, i)
		alias.Name, alias.Host, alias.PathPrefix = rs.Parts[i].Name, rs.Parts[i].Host, rs.Parts[i].PathPrefix
		out.Aliases = append(out.Aliases, alias)
	}
	return source.JSON(out)
}

func writePart(rs *policy.Ruleset, part int) partJSON {
	var configs []periodJSON
	for i := range rs.Rules {
		if rs.Rules[i].Part == part {
			configs = place(configs, &rs.Rules[i])
		}
	}
	if len(configs) == 0 {
		return partJSON{}
	}
	return partJSON{periodJSON: configs[0], Periods: configs[1:]}
}

// place puts a rule into the first configuration of its times that has room
// for it, or into a new one.
func place(configs []periodJSON, r *policy.Rule) []periodJSON {
	from, until := stamp(r.From), stamp(r.Until)
	for i := range configs {
		c := &configs[i]
		if c.From == from && c.Until == until && c.Config.set(r) {
			return configs
		}
	}
	c := periodJSON{From: from, Until: until}
	c.Config.set(r)
	return append(configs, c)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return profile.FormatTime(t)
}

// set fills in a rule and reports whether there was room for it.
func (p *publicationJSON) set(r *policy.Rule) bool {
	mode := "whitelist"
	if r.Mode == policy.Block {
		mode = "blacklist"
	}
	texts := make([]string, len(r.Entries))
	for i := range r.Entries {
		texts[i] = r.Entries[i].Text
	}
	switch {
	case r.Control == policy.IP && p.IP == nil:
		p.IP = &ipJSON{Enabled: !r.Disabled, Mode: mode, CIDRs: texts}
	case r.Control == policy.Country && p.Geo == nil:
		p.Geo = &geoJSON{Enabled: !r.Disabled, Mode: mode, Countries: texts}
	default:
		return false
	}
	return true
}
