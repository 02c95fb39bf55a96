package networks

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/analyze/policy"
)

// shapes are lists in the forms in which they are published, with addresses of
// our own.
var shapes = map[string]struct {
	text string
	want string
}{
	"aws": {`{
  "syncToken": "1787433425",
  "createDate": "2026-08-22-21-17-05",
  "prefixes": [
    {"ip_prefix": "192.0.2.0/25", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "eu-west-1"},
    {"ip_prefix": "198.51.100.0\/24", "region": "GLOBAL", "service": "CLOUDFRONT"}
  ],
  "ipv6_prefixes": [{"ipv6_prefix": "2001:db8:1::/48", "service": "AMAZON"}]
}`, "192.0.2.0/25 198.51.100.0/24 2001:db8:1::/48"},
	"google, bing, openai": {`{"creationTime": "2026-06-18T22:00:57.000000", "prefixes": [{"ipv6Prefix": "2001:db8::/64"}, {"ipv4Prefix": "192.0.2.64/27"}]}`, "192.0.2.64/27 2001:db8::/64"},
	"cloudflare api":       {`{"result":{"ipv4_cidrs":["198.51.100.0/22"],"ipv6_cidrs":["2001:db8::/32"],"etag":"38f79d050aa027e3be3865e495dcc9bc"},"success":true,"errors":[],"messages":[]}`, "198.51.100.0/22 2001:db8::/32"},
	"cloudflare text":      {"192.0.2.0/24\n198.51.100.0/24", "192.0.2.0/24 198.51.100.0/24"},
	"fastly":               {`{"addresses":["192.0.2.0/24"],"ipv6_addresses":["2001:db8::/32"]}`, "192.0.2.0/24 2001:db8::/32"},
	"azure":                {`{"changeNumber":1,"values":[{"name":"x","properties":{"region":"","addressPrefixes":["192.0.2.0/24","2001:db8::/32"]}}]}`, "192.0.2.0/24 2001:db8::/32"},
	"oracle":               {`{"regions":[{"region":"x","cidrs":[{"cidr":"192.0.2.0/24","tags":["OCI"]}]}]}`, "192.0.2.0/24"},
	"spamhaus json":        {"{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL256894\",\"rir\":\"apnic\"}\n{\"cidr\":\"198.51.100.0/24\",\"sblid\":\"SBL1\"}\n{\"type\":\"metadata\",\"timestamp\":1787433425,\"size\":2}\n", "192.0.2.0/24 198.51.100.0/24"},
	"json list":            {"\ufeff[\"192.0.2.0/24\",\n \"192.0.2.7\"]", "192.0.2.0/24 192.0.2.7/32"},
	"json, empty":          {" []", ""},
	"json, prefixes":       {`{"prefixes":["192.0.2.0/24"],"":"x","other":{"prefixes":null}}`, "192.0.2.0/24"},
	"firehol":              {"#\n# firehol_level1\n#\n192.0.2.0/24\n203.0.113.7\n", "192.0.2.0/24 203.0.113.7/32"},
	"spamhaus text":        {"; Spamhaus DROP List 2026/08/30\n192.0.2.0/24 ; SBL256893\r\n198.51.100.0/24;SBL1\n2001:db8::/32 \n", "192.0.2.0/24 198.51.100.0/24 2001:db8::/32"},
	"ipset":                {"create bad hash:net family inet hashsize 1024 maxelem 65536\nadd bad 192.0.2.0/24\nadd bad 203.0.113.7 timeout 300 comment \"x # y\"\nadd bad 198.51.100.0-198.51.100.3 -exist\n", "192.0.2.0/24 198.51.100.0/30 203.0.113.7/32"},
	"ipset, old":           {"-N bad iphash\n-A bad 192.0.2.1\nCOMMIT\n", "192.0.2.1/32"},
	"ranges":               {"192.0.2.1-192.0.2.6\n198.51.100.0 - 198.51.100.255\n2001:db8::-2001:db8::1:ffff\n203.0.113.5-203.0.113.5 # one\n", "192.0.2.1/32 192.0.2.2/31 192.0.2.4/31 192.0.2.6/32 198.51.100.0/24 203.0.113.5/32 2001:db8::/111"},
	"twice, nested":        {"192.0.2.0/24\n192.0.2.0/24\n192.0.2.128/25\n", "192.0.2.0/24 192.0.2.128/25"},
	"empty":                {"", ""},
	"comments":             {"# nothing\n\n;\n", ""},
	"no newline, CR":       {"\r\n192.0.2.1\r\n\t192.0.2.2", "192.0.2.1/32 192.0.2.2/32"},
}

func texts(prefixes []netip.Prefix) string {
	var out []string
	for _, p := range prefixes {
		out = append(out, p.String())
	}
	return strings.Join(out, " ")
}

func TestShapes(t *testing.T) {
	for name, s := range shapes {
		l, err := Parse("lists/"+name, []byte(s.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := texts(l.Prefixes); got != s.want || l.Name != name || len(l.Warnings) > 0 {
			t.Errorf("%s: %q with %s and warnings %v, want %s", name, l.Name, got, l.Warnings, s.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	l, err := Parse("f", []byte("192.0.2.9/24\n::ffff:198.51.100.1\n0.0.0.0/0\n0.0.0.0-255.255.255.255\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []policy.Warning{
		{Pos: policy.Pos{File: "f", Line: 1}, Text: "192.0.2.9/24 has host bits set: the network 192.0.2.0/24 is used"},
		{Pos: policy.Pos{File: "f", Line: 2}, Text: "::ffff:198.51.100.1 is IPv4 written as IPv6: read as 198.51.100.1/32"},
		{Pos: policy.Pos{File: "f", Line: 3}, Text: "0.0.0.0/0 is every address"},
		{Pos: policy.Pos{File: "f", Line: 4}, Text: "0.0.0.0/0 is every address"},
	}
	if diff := cmp.Diff(want, l.Warnings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := texts(l.Prefixes); got != "0.0.0.0/0 192.0.2.0/24 198.51.100.1/32" {
		t.Errorf("%s", got)
	}
	l, err = Parse("f", []byte(strings.Repeat("192.0.2.9/24\n", 100)))
	if err != nil || len(l.Warnings) != mostWarnings+1 || l.Warnings[mostWarnings].Text != "80 more warnings like these" {
		t.Errorf("%v %v", err, l.Warnings)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.0/24\n\n192.0.2":          `f:3: "192.0.2" is neither an address nor a network`,
		"# x\n192.0.2.0/33":                `f:2: "192.0.2.0/33" is neither an address nor a network`,
		"all":                              `f:1: "all" is neither an address nor a network`,
		"all-ipv4":                         `f:1: "all" is no address`,
		"192.0.2.1 evil.example":           `f:1: 2 words: one network a line`,
		"add bad":                          `f:1: add without a set and an entry`,
		"add bad 192.0.2.0/24 nomatch":     `f:1: nomatch: an exception from a set cannot be read; list what is meant`,
		"add bad 192.0.2.0/24,tcp:80":      `f:1: "192.0.2.0/24,tcp:80" is neither an address nor a network: one address or network an entry`,
		"192.0.2.9-192.0.2.1":              `f:1: 192.0.2.9-192.0.2.1 is no range`,
		"192.0.2.9-2001:db8::1":            `f:1: 192.0.2.9-2001:db8::1 is no range`,
		"192.0.2.9-x":                      `f:1: "x" is no address`,
		"fe80::1%eth0":                     `f:1: address "fe80::1%eth0": a zone cannot be in a rule`,
		"fe80::1%e-fe80::2":                `f:1: "fe80::1%e" is no address`,
		"https://lists.example/bad.txt":    `f:1: "https://lists.example/bad.txt" is neither an address nor a network: this is a URL`,
		"<html>":                           `f:1: "<html>" is neither an address nor a network`,
		strings.Repeat("1", 5000):          `f:1: a line of 5000 bytes`,
		`{"prefixes":[{"ip_prefix":"x"}]}`: `f: prefixes[0].ip_prefix, byte 29: "x" is neither an address nor a network`,
		`{"prefixes":[{"ip_prefix":7}]}`:   `f: prefixes[0].ip_prefix, byte 27: 7 is neither an address nor a network`,
		`["192.0.2.1","192.0.2.0/24/3"]`:   `f: [1], byte 29: "192.0.2.0/24/3" is neither an address nor a network`,
		`{"prefixes":[{"ip_prefix":"1.2.`:  `f: prefixes[0].ip_prefix, byte 26: unexpected EOF`,
		`{"cidr":"192.0.2.0/24"} x`:        `f: byte 24: invalid character 'x' looking for beginning of value`,
		`{}`:                               `f: no network under the keys ` + strings.Join(jsonKeys, ", "),
		`{"asn":932,"domain":"xn.net"}`:    `f: no network under the keys ` + strings.Join(jsonKeys, ", "),
		strings.Repeat("[", 20):            `f: [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0], byte 17: more than 16 lists and objects in each other`,
		string(make([]byte, MostBytes+1)):  `f: more than 64 MiB: not a list of networks`,
	} {
		if _, err := Parse("f", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
	full := &reader{path: "f", list: &List{Prefixes: make([]netip.Prefix, mostNetworks)}}
	if err := full.lines([]byte("192.0.2.1-192.0.2.9")); err == nil || err.Error() != ":1: more than 4194304 networks" {
		t.Errorf("too many networks: %v", err)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.netset")
	if err := os.WriteFile(path, []byte("192.0.2.0/24\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Read(path)
	if err != nil || l.Name != "bad.netset" || texts(l.Prefixes) != "192.0.2.0/24" {
		t.Errorf("%v %+v", err, l)
	}
}

// drawPrefix draws a network of few bits set, so that networks nest.
func drawPrefix(t *rapid.T) netip.Prefix {
	some := rapid.SampledFrom([]byte{0, 1, 0x80, 0xff})
	var a netip.Addr
	if rapid.Bool().Draw(t, "v4") {
		a = netip.AddrFrom4([4]byte{192, some.Draw(t, "b"), some.Draw(t, "c"), some.Draw(t, "d")})
	} else {
		b := netip.MustParseAddr("2001:db8::").As16()
		b[6], b[15] = some.Draw(t, "b"), some.Draw(t, "c")
		a = netip.AddrFrom16(b)
	}
	return netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits")).Masked()
}

// TestSetAgreesWithOracle asks the set what a linear search answers.
func TestSetAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lists []*List
		for n := range rapid.IntRange(0, 3).Draw(t, "lists") {
			l := &List{Name: fmt.Sprint(n)}
			l.Prefixes = sorted(rapid.SliceOfN(rapid.Custom(drawPrefix), 0, 10).Draw(t, "prefixes"))
			lists = append(lists, l)
		}
		s := NewSet(lists...)
		q := drawPrefix(t)
		a := q.Addr()
		var name string
		best := -1
		var all []netip.Prefix
		around, coverage := "", -1
		overlaps := false
		for _, l := range lists {
			for _, p := range l.Prefixes {
				if p.Contains(a) && p.Bits() > best {
					best, name = p.Bits(), l.Name
				}
				if p.Contains(a) && p.Bits() <= q.Bits() && p.Bits() > coverage {
					coverage, around = p.Bits(), l.Name
				}
				overlaps = overlaps || p.Overlaps(q)
				if !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
		slices.SortFunc(all, netip.Prefix.Compare)
		got, ok := s.Find(a)
		if got != name || ok != (best >= 0) || s.Contains(a) != ok {
			t.Fatalf("%s in %v: %q %v, want %q", a, all, got, ok, name)
		}
		got, ok = s.FindNetwork(q)
		if got != around || ok != (coverage >= 0) || s.Overlaps(q) != overlaps {
			t.Fatalf("%s in %v: %q %v, overlaps %v, want %q", q, all, got, ok, s.Overlaps(q), around)
		}
		if !slices.Equal(s.Prefixes(), all) || s.Len() != len(all) {
			t.Fatalf("%v, want %v", s.Prefixes(), all)
		}
	})
}

func TestNilSetIsEmpty(t *testing.T) {
	var s *Set
	p := netip.MustParsePrefix("192.0.2.0/24")
	if _, ok := s.FindNetwork(p); ok || s.Contains(p.Addr()) || s.Overlaps(p) || s.Len() > 0 {
		t.Error("it has something")
	}
}

// TestRange compares ranges with the addresses between their ends.
func TestRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, last := rapid.IntRange(0, 255).Draw(t, "first"), rapid.IntRange(0, 255).Draw(t, "last")
		l, err := Parse("f", fmt.Appendf(nil, "192.0.2.%d-192.0.2.%d", first, last))
		if (err == nil) != (first <= last) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		for i := range 256 {
			n := 0
			for _, p := range l.Prefixes {
				if p.Contains(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})) {
					n++
				}
			}
			if (n == 1) != (first <= i && i <= last) || n > 1 {
				t.Fatalf("%d to %d: %v has %d %d times", first, last, l.Prefixes, i, n)
			}
		}
	})
}

func TestReserved(t *testing.T) {
	s := Reserved()
	for text, want := range map[string]bool{
		"10.1.2.3": true, "172.16.0.1": true, "172.32.0.1": false, "192.168.1.1": true, "100.64.0.1": true, "100.128.0.1": false, "127.0.0.1": true,
		"169.254.169.254": true, "0.0.0.0": true, "224.0.0.1": true, "255.255.255.255": true, "198.18.0.1": true, "8.8.8.8": false, "192.0.2.1": false,
		"::1": true, "::": true, "fe80::1": true, "fd00::1": true, "ff02::1": true, "2001:db8::1": false, "2606:4700::1": false, "2a00::1": false,
	} {
		if got := s.Contains(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, p := range s.Prefixes() {
		if p != p.Masked() {
			t.Errorf("%s has host bits", p)
		}
	}
}

// TestCorpus reads the lists in real use that RULECAST_CORPUS has.
func TestCorpus(t *testing.T) {
	root := os.Getenv("RULECAST_CORPUS")
	if root == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	for name, want := range map[string]int{
		"aws-ip-ranges-cloudfront.json": 243, "datum-cloudflare.json": 22, "datum-fastly.json": 21, "firehol_level1-2020.netset": 1802,
		"spamhaus-drop_ipv6.txt": 51, "tor-exit-nodes.lst": 1746, "femueller-cloudflare-v4-ip-ranges.txt": 15, "lord-alfred/googlebot-ipv6.txt": 146,
	} {
		l, err := Read(filepath.Join(root, "iplists", name))
		if err != nil {
			t.Error(err)
			continue
		}
		t.Logf("%s: %d networks, %d warnings", name, len(l.Prefixes), len(l.Warnings))
		if len(l.Prefixes) != want {
			t.Errorf("%s: %d networks, want %d", name, len(l.Prefixes), want)
		}
	}
	if _, err := Read(filepath.Join(root, "iplists", "spamhaus-asn_drop.json")); err == nil {
		t.Error("a list of AS numbers was read")
	}
}

// FuzzParse demands that what is read is masked, sorted, and reads back the
// same as text.
func FuzzParse(f *testing.F) {
	for _, s := range shapes {
		f.Add([]byte(s.text))
	}
	f.Add([]byte("192.0.2.9/24\n0.0.0.1-255.255.255.254\n::1-ffff::\n"))
	f.Add([]byte(`{"prefixes":[{"ip_prefix":"x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Parse("f", text)
		if err != nil {
			if len(err.Error()) > 4096 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		var again strings.Builder
		for _, p := range l.Prefixes {
			if p != p.Masked() || p.Addr().Is4In6() || !p.IsValid() {
				t.Errorf("%s is not a plain network", p)
			}
			fmt.Fprintln(&again, p)
		}
		if len(l.Warnings) > mostWarnings+1 {
			t.Errorf("%d warnings", len(l.Warnings))
		}
		m, err := Parse("f", []byte(again.String()))
		if err != nil || !slices.Equal(l.Prefixes, m.Prefixes) {
			t.Errorf("%v reads back as %v, %v", l.Prefixes, m, err)
		}
	})
}
