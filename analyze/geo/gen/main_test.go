package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rulecast/analyze/geo"
	"rulecast/analyze/geo/ranges"
)

const (
	torV4 = "/usr/share/tor/geoip"
	torV6 = "/usr/share/tor/geoip6"
)

func embedded(t *testing.T) *ranges.Table {
	t.Helper()
	data, err := os.ReadFile("../countries.table")
	if err != nil {
		t.Fatal(err)
	}
	table, err := ranges.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestEmbeddedEqualsSource compares the embedded table with the files it is
// made from at the ends of all ranges and beside them.
func TestEmbeddedEqualsSource(t *testing.T) {
	table := embedded(t)
	source, err := build(torV4, torV6)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("tor-geoipdb is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	if source.Header() != table.Header() {
		t.Skipf("tor-geoipdb is of %s, the embedded table of %s", source.Header().Generated, table.Header().Generated)
	}
	for _, path := range []string{torV4, torV6} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rs, _, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		compareAtEnds(t, table, rs)
	}
}

func compareAtEnds(t *testing.T, table *ranges.Table, rs []ranges.Range) {
	t.Helper()
	differ := 0
	for _, r := range rs {
		for _, a := range []netip.Addr{r.First, r.Last, r.First.Prev(), r.Last.Next()} {
			if !a.IsValid() {
				continue
			}
			got, want := table.Codes()[table.Lookup(a)], inSource(rs, a)
			if got != want {
				if differ++; differ <= 5 {
					t.Errorf("%s: %s, in the source %s", a, got, want)
				}
			}
		}
	}
	if differ > 5 {
		t.Errorf("%d addresses differ", differ)
	}
}

// inSource finds the code that the table should give: for IPv6 that of the
// first address of the /64.
func inSource(rs []ranges.Range, a netip.Addr) string {
	if a.Is6() {
		b := a.As16()
		binary.BigEndian.PutUint64(b[8:], 0)
		a = netip.AddrFrom16(b)
	}
	i, _ := slices.BinarySearchFunc(rs, a, func(r ranges.Range, a netip.Addr) int { return r.Last.Compare(a) })
	if i < len(rs) && rs[i].First.Compare(a) <= 0 {
		return rs[i].Code
	}
	return ranges.None
}

// TestNotice holds the licence notice to the embedded data.
func TestNotice(t *testing.T) {
	notice, err := os.ReadFile("../../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	h := embedded(t).Header()
	for _, want := range []string{h.Source, h.Licence, h.Generated.Format("2006-01-02"), h.Digest} {
		if !strings.Contains(string(notice), want) {
			t.Errorf("NOTICE does not say %q", want)
		}
	}
	db, err := geo.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if i := db.Info(); !i.Date.Equal(h.Generated) || i.Licence != h.Licence || !strings.Contains(i.Name, h.Source) {
		t.Errorf("info %+v does not match the header %+v", i, h)
	}
}

const testComments = `# Generated: Thu, 25 Jun 2026 04:33:59 GMT
# License:   CC BY-SA 4.0
#
`

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	v4 := writeFile(t, "geoip", testComments+"16777216,16777471,AU\n16777472,16778239,??\n")
	v6 := writeFile(t, "geoip6", testComments+"2001:200::,2001:200:134:ffff:ffff:ffff:ffff:ffff,JP\n")
	out := filepath.Join(t.TempDir(), "table")
	var stdout, stderr bytes.Buffer
	args := []string{"-v4", v4, "-v6", v6, "-o", out}
	if err := run(args, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "2026-06-25, sha256:") {
		t.Errorf("printed %q", stdout.String())
	}
	table, err := ranges.Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"1.0.0.0": "AU", "1.0.0.255": "AU", "1.0.1.0": "ZZ", "0.255.255.255": "ZZ", "2001:200:134::1": "JP", "2001:200:135::": "ZZ",
	} {
		if got := table.Codes()[table.Lookup(netip.MustParseAddr(addr))]; got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	before, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(args, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(out); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the same table was written again (%v)", err)
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"fields":    {testComments + "1,2\n", `4: "1,2": not three fields`},
		"address":   {testComments + "x,2,DE\n", "4: "},
		"no header": {"1,2,DE\n", "no date or licence"},
		"date":      {"# Generated: yesterday\n", "1: "},
		"overlap":   {testComments + "1,5,DE\n5,6,US\n", "overlaps"},
		"code":      {testComments + "1,5,DEU\n", "code"},
	} {
		path := writeFile(t, "geoip", c.text)
		_, err := build(path, path)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	other := writeFile(t, "geoip6", strings.Replace(testComments, "25 Jun", "26 Jun", 1)+"::,::1,DE\n")
	if _, err := build(writeFile(t, "geoip", testComments+"1,2,DE\n"), other); err == nil {
		t.Error("files of two exports: accepted")
	}
}
