package cloudfront

import (
	"rulecast/analyze/dialect/ipset"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/policy"
)

type geoJSON struct {
	RestrictionType string
	Quantity        int
	Items           []string `json:",omitempty"`
}

type restrictionsJSON struct{ GeoRestriction geoJSON }

type setJSON struct {
	Name, Scope, IPAddressVersion string
	Addresses                     []string
}

type ruleJSON struct {
	Name, Mode string
	IPSets     []string
}

type refererJSON struct {
	Mode    string
	Hosts   []string
	Missing string `json:",omitempty"`
}

type fileJSON struct {
	Restrictions *restrictionsJSON `json:",omitempty"`
	IPSets       []setJSON
	IPRules      []ruleJSON
	Referers     *refererJSON `json:",omitempty"`
}

// Write writes the native form of a ruleset that passes the profile's Check.
func Write(rs *policy.Ruleset) ([]byte, error) { return source.JSON(build(rs)) }

// Parts is the geo restriction, as a distribution has it, and each IP set as
// aws wafv2 create-ip-set takes it with --cli-input-json.
func Parts(rs *policy.Ruleset) ([]profile.File, error) {
	document := build(rs)
	var files []profile.File
	if document.Restrictions != nil {
		text, err := source.JSON(document.Restrictions)
		if err != nil {
			return nil, err
		}
		files = append(files, profile.File{Name: "restrictions.json", Data: text})
	}
	for _, s := range document.IPSets {
		text, err := source.JSON(s)
		if err != nil {
			return nil, err
		}
		files = append(files, profile.File{Name: "ip-set-" + s.Name + ".json", Data: text})
	}
	return files, nil
}

func build(rs *policy.Ruleset) fileJSON {
	out := fileJSON{IPSets: []setJSON{}, IPRules: []ruleJSON{}}
	names := map[string]bool{}
	for i := range rs.Rules {
		r := &rs.Rules[i]
		switch r.Control {
		case policy.Country:
			geo := geoJSON{RestrictionType: "blacklist", Quantity: len(r.Entries), Items: texts(r.Entries)}
			if r.Mode == policy.Allow {
				geo.RestrictionType = "whitelist"
			}
			out.Restrictions = &restrictionsJSON{geo}
		case policy.IP:
			rule := ruleJSON{Name: r.ID, Mode: r.Mode.String(), IPSets: []string{}}
			for _, s := range sets(r, names) {
				rule.IPSets = append(rule.IPSets, s.Name)
				out.IPSets = append(out.IPSets, s)
			}
			out.IPRules = append(out.IPRules, rule)
		case policy.Referer:
			out.Referers = &refererJSON{Mode: r.Mode.String(), Hosts: texts(r.Entries), Missing: rs.Setting(MissingReferer)}
		}
	}
	return out
}

func texts(entries []policy.Entry) []string {
	out := make([]string, len(entries))
	for i := range entries {
		out[i] = entries[i].Text
	}
	return out
}

// sets is the IP sets of a rule: one of each IP version that it has.
func sets(r *policy.Rule, names map[string]bool) []setJSON {
	var out []setJSON
	for _, s := range ipset.Split(r.Entries) {
		out = append(out, setJSON{Name: ipset.Name(r.ID+"-v"+s.Version, names), Scope: "CLOUDFRONT", IPAddressVersion: "IPV" + s.Version, Addresses: s.Addresses})
	}
	return out
}
