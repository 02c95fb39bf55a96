package dialect_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rulecast/analyze/dialect"
	"rulecast/analyze/policy"
)

// same compares rulesets without places, name and warnings, and without ids
// where the form has none.
func same(ids bool) cmp.Options {
	o := cmp.Options{
		cmpopts.IgnoreTypes(policy.Pos{}),
		cmpopts.IgnoreFields(policy.Ruleset{}, "Name", "Warnings"),
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b *regexp.Regexp) bool {
			return (a == nil) == (b == nil) && (a == nil || a.String() == b.String())
		}),
		cmpopts.EquateComparable(policy.Entry{}.Prefix),
	}
	if !ids {
		o = append(o, cmpopts.IgnoreFields(policy.Rule{}, "ID"))
	}
	return o
}

func TestRoundTrip(t *testing.T) {
	for _, target := range dialect.Targets() {
		t.Run(target, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				d, err := dialect.Named(target)
				if err != nil {
					t.Fatal(err)
				}
				rs := ruleset(t, d)
				files, err := d.Files(rs)
				if err != nil {
					t.Fatal(err)
				}
				back, err := dialect.Parse(files[0].Name, files[0].Data, dialect.Options{})
				if err != nil {
					t.Fatalf("%v\n%s", err, files[0].Data)
				}
				if diff := cmp.Diff(rs, back, same(d.NativeIDs)); diff != "" {
					t.Fatalf("native (-want +have):\n%s\n%s", diff, files[0].Data)
				}
				text, err := dialect.RenderYAML(rs)
				if err != nil {
					t.Fatal(err)
				}
				back, err = dialect.Parse("x.yaml", text, dialect.Options{Provider: d.Name})
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				if diff := cmp.Diff(rs, back, same(true)); diff != "" {
					t.Fatalf("yaml (-want +have):\n%s\n%s", diff, text)
				}
			})
		})
	}
}
