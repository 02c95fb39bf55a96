// Package dialect reads rulesets, in the neutral YAML and in the providers'
// native forms, and writes them again: the native text in, the native text
// out, and policy.Ruleset between. A provider is a folder below; this package
// is the table of them.
//
// What a reader accepts the provider accepts: lists over a limit, values that
// are not legal there and keys that nobody knows are errors with their place.
// Reading what was written gives the same ruleset, but for the ids of rules
// where a native form has no room for them (Profile.NativeIDs).
package dialect

import (
	"fmt"
	"strings"

	"rulecast/analyze/dialect/awswaf"
	"rulecast/analyze/dialect/cdnetworks"
	"rulecast/analyze/dialect/cloudflare"
	"rulecast/analyze/dialect/cloudfront"
	"rulecast/analyze/dialect/fastly"
	"rulecast/analyze/dialect/imagekit"
	"rulecast/analyze/dialect/netset"
	"rulecast/analyze/dialect/nginx"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/dialect/theolive"
	"rulecast/analyze/policy"
)

// Error is one thing wrong in a ruleset, with its place and the line.
type Error = source.Error

// Errors is all that is wrong in a ruleset, in file order.
type Errors = source.Errors

// File is one file of a ruleset in a native form.
type File = profile.File

// Form is one of a provider's native forms.
type Form struct {
	Name      string // as in PROVIDER/FORM
	Extension string // of its files, with the dot
	About     string // what it is, for the manual

	// narrow takes out of the profile what the form has no room for; may be nil.
	narrow func(*profile.Profile)
	write  func(*policy.Ruleset) ([]byte, error)
	// parts are the files in which the provider's tools take the same, if they
	// do not take it as one; may be nil.
	parts func(*policy.Ruleset) ([]File, error)
	// One of the two readers is there: of JSON, or of plain text.
	sniffTree func(*source.Node) bool
	readTree  func(*source.Node, *profile.Profile, *source.Report) *policy.Ruleset
	sniffText func(*source.File) bool
	readText  func(*source.File, *profile.Profile, *source.Report) *policy.Ruleset
}

// Dialect is how one provider's rulesets are read and written.
type Dialect struct {
	profile.Profile // of the form that is written
	// Forms are the native forms; the first is the one that is written.
	Forms []Form

	resolve func(*policy.Ruleset)
	check   func(*policy.Ruleset) []profile.Violation // beyond the profile; may be nil
}

// All is every dialect, in the order of the manual, each with the form that
// has room for all of its rules in front.
func All() []*Dialect {
	return []*Dialect{
		{Profile: imagekit.Profile(), resolve: imagekit.Resolve, Forms: []Form{{
			Name: "lists", Extension: ".txt", About: "the dashboard's lists, each ready to paste",
			write: imagekit.Write, parts: imagekit.Parts, sniffText: imagekit.Sniff, readText: imagekit.Read,
		}}},
		{Profile: cdnetworks.Profile(), resolve: cdnetworks.Resolve, Forms: []Form{{
			Name: "rules", Extension: ".json", About: "access rules as JSON",
			write: cdnetworks.Write, sniffTree: cdnetworks.Sniff, readTree: cdnetworks.Read,
		}}},
		{Profile: theolive.Profile(), resolve: theolive.Resolve, check: theolive.Check, Forms: []Form{{
			Name: "channel", Extension: ".json", About: "a channel's configuration for the API",
			write: theolive.Write, sniffTree: theolive.Sniff, readTree: theolive.Read,
		}}},
		{Profile: cloudfront.Profile(), resolve: cloudfront.Resolve, Forms: []Form{{
			Name: "json", Extension: ".json", About: "geo restriction and IP sets for the API",
			write: cloudfront.Write, parts: cloudfront.Parts, sniffTree: cloudfront.Sniff, readTree: cloudfront.Read,
		}}},
		{Profile: awswaf.Profile(), resolve: awswaf.Resolve, check: awswaf.Check, Forms: []Form{{
			Name: "json", Extension: ".json", About: "IP sets and a rule group, for the API",
			write: awswaf.Write, parts: awswaf.Parts, sniffTree: awswaf.Sniff, readTree: awswaf.Read,
		}, {
			Name: "terraform", Extension: ".tf", About: "the same as resources",
			write: awswaf.WriteTerraform, sniffText: awswaf.SniffTerraform, readText: awswaf.ReadTerraform,
		}}},
		{Profile: cloudflare.Profile(), resolve: cloudflare.Resolve, Forms: []Form{{
			Name: "json", Extension: ".json", About: "custom rules and the lists that they need, for the API",
			write: cloudflare.Write, parts: cloudflare.Parts, sniffTree: cloudflare.Sniff, readTree: cloudflare.Read,
		}, {
			Name: "expression", Extension: ".txt", About: "an expression for each rule, ready to paste",
			narrow: cloudflare.NarrowToExpressions,
			write:  cloudflare.WriteExpressions, sniffText: cloudflare.SniffExpressions, readText: cloudflare.ReadExpressions,
		}, {
			Name: "list", Extension: ".json", About: "the items of one list of networks to block",
			narrow: cloudflare.NarrowToList,
			write:  cloudflare.WriteList, sniffTree: cloudflare.SniffList, readTree: cloudflare.ReadList,
		}}},
		{Profile: fastly.Profile(), resolve: fastly.Resolve, Forms: []Form{{
			Name: "vcl", Extension: ".vcl", About: "lists and a subroutine to include",
			write: fastly.WriteVCL, sniffText: fastly.SniffVCL, readText: fastly.ReadVCL,
		}, {
			Name: "acl", Extension: ".json", About: "the entries of one list of networks to block, for the API",
			narrow: fastly.NarrowToACL,
			write:  fastly.WriteACL, sniffTree: fastly.SniffACL, readTree: fastly.ReadACL,
		}}},
		{Profile: nginx.Profile(), resolve: nginx.Resolve, Forms: []Form{{
			Name: "conf", Extension: ".conf", About: "variables to include in the http block",
			write: nginx.Write, parts: nginx.Parts, sniffText: nginx.Sniff, readText: nginx.Read,
		}}},
		{Profile: netset.Profile(), resolve: netset.Resolve, Forms: []Form{{
			Name: "list", Extension: ".netset", About: "networks to block, one a line",
			write: netset.Write, sniffText: netset.Sniff, readText: netset.Read,
		}}},
	}
}

// Names is the names of all dialects.
func Names() []string {
	var names []string
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// Targets is what Named takes: the providers, and those of several native forms
// once more with each form.
func Targets() []string {
	var targets []string
	for _, d := range All() {
		targets = append(targets, d.Name)
		for i := 0; i < len(d.Forms) && len(d.Forms) > 1; i++ {
			targets = append(targets, d.Name+"/"+d.Forms[i].Name)
		}
	}
	return targets
}

// Named finds a dialect by PROVIDER or PROVIDER/FORM. With a form, the dialect
// writes that one, and its profile is what there is room for in it. The error
// lists the providers, or the forms, that there are.
func Named(target string) (*Dialect, error) {
	name, form, chosen := strings.Cut(target, "/")
	for _, d := range All() {
		if d.Name != name {
			continue
		}
		if !chosen {
			return d, nil
		}
		var known []string
		for i, f := range d.Forms {
			if f.Name == form {
				d.Forms[0], d.Forms[i] = f, d.Forms[0]
				if f.narrow != nil {
					f.narrow(&d.Profile)
				}
				return d, nil
			}
			known = append(known, f.Name)
		}
		return nil, fmt.Errorf("provider %s has no form %q: must be one of %s", name, form, strings.Join(known, ", "))
	}
	return nil, fmt.Errorf("provider %q is not known: must be one of %s", name, strings.Join(Names(), ", "))
}

// Render writes a resolved ruleset in the dialect's form. The error of a
// ruleset that the form has no room for is an *Errors.
func (d *Dialect) Render(rs *policy.Ruleset) ([]byte, error) {
	if err := d.validate(rs); err != nil {
		return nil, err
	}
	return d.Forms[0].write(rs)
}

// Files is Render as files. The first holds all of the ruleset and can be read
// back; those after it, if any, are the same in parts as the provider's tools
// take them.
func (d *Dialect) Files(rs *policy.Ruleset) ([]File, error) {
	text, err := d.Render(rs)
	if err != nil {
		return nil, err
	}
	form := &d.Forms[0]
	files := []File{{Name: "ruleset" + form.Extension, Data: text}}
	if form.parts == nil {
		return files, nil
	}
	parts, err := form.parts(rs)
	return append(files, parts...), err
}

// Resolve brings the rules into the order in which the provider tries them,
// and sets the fields that the provider decides (missing Referer, unknown
// country, status). Rulesets that were parsed are resolved; one that is made
// or changed otherwise has to be before it is matched or written.
func (d *Dialect) Resolve(rs *policy.Ruleset) {
	rs.ListedCountrySkipsIP = false
	for i := range rs.Rules {
		if a := &rs.Rules[i].Action; a.Kind == policy.Deny && a.Status == 0 {
			a.Status = 403
		}
	}
	d.resolve(rs)
}

// Check is everything in a resolved ruleset that the provider cannot express
// or does not take, the limits among it.
func (d *Dialect) Check(rs *policy.Ruleset) []profile.Violation {
	out := d.Profile.Check(rs)
	if d.check != nil {
		out = append(out, d.check(rs)...)
	}
	return out
}

// validate is Check as an error.
func (d *Dialect) validate(rs *policy.Ruleset) error {
	var r source.Report
	for _, v := range d.Check(rs) {
		r.Errorf(v.Pos, "%s", v.Text)
	}
	return r.Err()
}
