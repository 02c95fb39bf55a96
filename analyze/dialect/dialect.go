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

	"rulecast/analyze/dialect/cdnetworks"
	"rulecast/analyze/dialect/cloudfront"
	"rulecast/analyze/dialect/imagekit"
	"rulecast/analyze/dialect/profile"
	"rulecast/analyze/dialect/source"
	"rulecast/analyze/dialect/theolive"
	"rulecast/analyze/policy"
)

// Error is one thing wrong in a ruleset, with its place and the line.
type Error = source.Error

// Errors is all that is wrong in a ruleset, in file order.
type Errors = source.Errors

// Dialect is how one provider's rulesets are read and written.
type Dialect struct {
	profile.Profile
	// Extension is of the native form's files, with the dot.
	Extension string

	resolve func(*policy.Ruleset)
	check   func(*policy.Ruleset) []profile.Violation // beyond the profile; may be nil
	write   func(*policy.Ruleset) ([]byte, error)
	// One of the two readers is there: of JSON, or of plain text.
	sniffTree func(*source.Node) bool
	readTree  func(*source.Node, *profile.Profile, *source.Report) *policy.Ruleset
	sniffText func(*source.File) bool
	readText  func(*source.File, *profile.Profile, *source.Report) *policy.Ruleset
}

// All is every dialect, in the order of the manual.
func All() []*Dialect {
	return []*Dialect{
		{
			Profile: imagekit.Profile(), Extension: ".txt", resolve: imagekit.Resolve, write: imagekit.Write,
			sniffText: imagekit.Sniff, readText: imagekit.Read,
		},
		{
			Profile: cdnetworks.Profile(), Extension: ".json", resolve: cdnetworks.Resolve, write: cdnetworks.Write,
			sniffTree: cdnetworks.Sniff, readTree: cdnetworks.Read,
		},
		{
			Profile: theolive.Profile(), Extension: ".json", resolve: theolive.Resolve, write: theolive.Write, check: theolive.Check,
			sniffTree: theolive.Sniff, readTree: theolive.Read,
		},
		{
			Profile: cloudfront.Profile(), Extension: ".json", resolve: cloudfront.Resolve, write: cloudfront.Write,
			sniffTree: cloudfront.Sniff, readTree: cloudfront.Read,
		},
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

// Named finds a dialect. The error lists those there are.
func Named(name string) (*Dialect, error) {
	for _, d := range All() {
		if d.Name == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("provider %q is not known: must be one of %s", name, strings.Join(Names(), ", "))
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
