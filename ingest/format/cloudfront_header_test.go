package format

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// A decoder that has seen only the header found goes on as the one that has
// seen every line that is not too long.
func TestLastCloudFrontHeader(t *testing.T) {
	const longest = 120
	legacy := "2012-05-01\t01:13:12\tFRA2\t182\t192.0.2.10\tGET\tx.net\t/a\t200\t-\tUA\t-"
	line := rapid.SampledFrom([]string{"", "#", "#Fields:", "#Fields: c-ip sc-status", "#Fields: c-ip date time", "x#Fields: c-ip",
		"\ufeff#Fields: sc-bytes c-ip", "\ufeff\ufeff#Fields: c-ip", "\ufeff", "#fields: c-ip", "# #Fields: c-ip",
		"#Fields: c-ip" + strings.Repeat(" ", longest), "#Fields: c-ip #Fields: sc-bytes", "192.0.2.1", "a\tb",
		legacy, "\ufeff" + legacy, "\ufeff\ufeff" + legacy, legacy + "\t-\tHit\tid==", legacy + strings.Repeat("-", longest), legacy + "\t-"})
	rapid.Check(t, func(rt *rapid.T) {
		var lines, seen strings.Builder
		for _, l := range rapid.SliceOfN(line, 0, 8).Draw(rt, "lines") {
			if rapid.Bool().Draw(rt, "cr") {
				l += "\r"
			}
			lines.WriteString(l + "\n")
			if len(l) <= longest {
				seen.WriteString(l + "\n")
			}
		}
		first := rapid.Bool().Draw(rt, "first")
		before := new(cloudFrontDecoder)
		if !first { // a header came before that a header of the lines replaces
			before.plan = planFields([]string{"time"}, cloudFrontTable(), record.AllColumns)
		}
		want := *before
		decodeAll(&want, seen.String())
		got := *before
		if header := lastCloudFrontHeader([]byte(lines.String()), longest, first); header != nil {
			got = cloudFrontDecoder{}
			decodeAll(&got, string(header)+"\n")
		}
		if diff := cmp.Diff(want.plan, got.plan, comparePlans()...); diff != "" {
			rt.Fatalf("first=%v, plan (-all lines +header):\n%s", first, diff)
		}
	})
}

func decodeAll(d *cloudFrontDecoder, text string) {
	b := record.NewBuilder(record.AllColumns)
	d.Decode([]byte(text), b, new(Position))
}

// comparePlans are the options under which plans are compared.
func comparePlans() []cmp.Option {
	return []cmp.Option{
		cmp.AllowUnexported(fieldPlan{}, planStep{}),
		cmp.Comparer(func(a, b record.Decode) bool { return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() }),
	}
}
