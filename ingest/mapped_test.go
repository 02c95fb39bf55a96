package ingest

import (
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// A header rules rows in all blocks behind it, and so does the delimiter that
// the first rows without a header show.
func TestBlocksOfMapped(t *testing.T) {
	long := strings.Repeat("l", 300)
	common := []string{"\n", "\r\n", "\r", "\xef\xbb\xbf", "# note\n", long, `"`, `{"ip":"192.0.2.9","t":1709294400}` + "\n", `{"ip":`}
	for fields, parts := range map[string][]string{
		"client=ip time=t path=#2": {"t,p,ip\n", "t,p,ip\n", "ip|p|t\r\n", "t,p,ip," + long + "\n", "1709294400,/a,192.0.2.1\n", "1709294401,\"/b,\",192.0.2.2\n",
			"192.0.2.3|/c|1709294402\n", "1709294403,/d,a.example\n"},
		"client=#2 path=#3": {"x|192.0.2.1|/a\n", "x;192.0.2.2;/b\n", "x|192.0.2.3|,192.0.2.4,\n", "x|192.0.2.5|/" + long + "\n", "#1|#2|#3\n", "y\n"},
	} {
		t.Run(fields, func(t *testing.T) {
			blocksDoNotMatter(t, Options{Form: Form{Fields: strings.Fields(fields)}}, append(parts, common...))
		})
	}
}

// Fields that do not fit one input are its error, and no other's.
func TestUnfitFields(t *testing.T) {
	args := []string{write(t, "a.csv", "ip,when\n192.0.2.1,1709294400\n"), write(t, "b.csv", "address,when\n192.0.2.2,1709294400\n"),
		write(t, "c.json", `{"ip":"192.0.2.3","when":"2024-03-01T12:00:00Z","a":{"b":"192.0.2.4"}}`+"\n")}
	got := run(t, 2, Options{Form: Form{Fields: []string{"client=ip", "time=when"}}}, args...)
	if diff := gocmp.Diff([]string{"0 192.0.2.1 1709294400000000 ", "2 192.0.2.3 1709294400000000 "}, got.Rows); diff != "" {
		t.Error(diff)
	}
	var unfit *UnfitError
	const want = `the fields do not fit: the header line does not have (once) the column ip: its columns are ["address" "when"]`
	if err := got.Inputs[1].Err; !errors.As(err, &unfit) || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if got.Inputs[0].Format != "custom" || got.Inputs[0].Err != nil || got.Inputs[2].Err != nil {
		t.Errorf("%+v", got.Inputs)
	}
}
