package geo

import (
	"bytes"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/oschwald/geoip2-golang/v2"
	"pgregory.net/rapid"
)

// Records as the publishers write them.
func maxmindRecord(code string) mmdbtype.Map {
	return mmdbtype.Map{
		"continent":          mmdbtype.Map{"code": mmdbtype.String("EU")},
		"country":            mmdbtype.Map{"geoname_id": mmdbtype.Uint32(7), "iso_code": mmdbtype.String(code)},
		"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("KP")},
	}
}

func ipinfoLiteRecord(code string) mmdbtype.Map {
	return mmdbtype.Map{
		"asn": mmdbtype.String("AS1"), "continent_code": mmdbtype.String("EU"),
		"country": mmdbtype.String("A Name"), "country_code": mmdbtype.String(code),
	}
}

func ipinfoRecord(code string) mmdbtype.Map {
	return mmdbtype.Map{"continent": mmdbtype.String("EU"), "country": mmdbtype.String(code), "country_name": mmdbtype.String("A Name")}
}

func locationDBRecord(code string) mmdbtype.Map {
	return mmdbtype.Map{"country_code": mmdbtype.String(code)}
}

// build makes a database file in memory: networks and the record of each.
func build(t testing.TB, opts mmdbwriter.Options, networks map[string]mmdbtype.DataType) []byte {
	t.Helper()
	opts.BuildEpoch = 1_780_000_000
	tree, err := mmdbwriter.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	for network, record := range networks {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(n, record); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func save(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestOpenShapes(t *testing.T) {
	for kind, record := range map[string]func(string) mmdbtype.Map{
		"GeoLite2-Country":              maxmindRecord,
		"GeoIP2-City":                   maxmindRecord,
		"GeoIP2-Enterprise":             maxmindRecord,
		"GeoIP2-City-Shield":            maxmindRecord,
		"DBIP-Country-Lite":             maxmindRecord,
		"DBIP-City-Something-Unheard":   maxmindRecord,
		"ipinfo standard_free.mmdb":     ipinfoRecord,
		"ipinfo generic_country.mmdb":   ipinfoRecord,
		"ipinfo lite":                   ipinfoLiteRecord,
		"geo-whois-asn-country.mmdb":    locationDBRecord,
		"":                              locationDBRecord,
		"a name \x1b[31m with controls": locationDBRecord,
	} {
		path := save(t, build(t, mmdbwriter.Options{DatabaseType: kind}, map[string]mmdbtype.DataType{
			"1.0.0.0/24": record("AU"), "2.0.0.0/8": record("fr"), "3.0.0.0/8": record("UK"), "4.0.0.0/8": record("EU"),
			"5.0.0.0/8": mmdbtype.Map{"other": mmdbtype.String("DE")}, "6.0.0.0/8": record("None"), "2a00::/16": record("DE"),
		}))
		db, err := Open(path)
		if err != nil {
			t.Errorf("%q: %v", kind, err)
			continue
		}
		for a, want := range map[string]string{
			"1.0.0.0": "AU", "1.0.0.255": "AU", "1.0.1.0": "ZZ", "2.3.4.5": "FR", "3.0.0.1": "GB", "4.0.0.1": "ZZ",
			"5.0.0.1": "ZZ", "6.0.0.1": "ZZ", "::ffff:1.0.0.7": "AU", "2a00::1": "DE", "2a00::1%eth0": "DE", "2b00::": "ZZ",
			"10.1.2.3": "ZZ", "::1": "ZZ",
		} {
			if got := db.Country(addr(a)).String(); got != want {
				t.Errorf("%q: %s is %s, want %s", kind, a, got, want)
			}
		}
		if got := db.Country(netip.Addr{}); got != Unknown {
			t.Errorf("%q: no address is %s", kind, got)
		}
		want := Info{Name: kind, Type: kind, Date: time.Unix(1_780_000_000, 0).UTC(), Path: path}
		if db.Info() != want {
			t.Errorf("info %+v, want %+v", db.Info(), want)
		}
		if db.Errors() != 0 || db.Err() != nil {
			t.Errorf("%q: %d errors: %v", kind, db.Errors(), db.Err())
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	one := func(kind string, record mmdbtype.DataType) []byte {
		return build(t, mmdbwriter.Options{DatabaseType: kind}, map[string]mmdbtype.DataType{"1.0.0.0/8": record})
	}
	asn := mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(1)}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"asn":       {one("GeoLite2-ASN", asn), `database type "GeoLite2-ASN" holds no countries`},
		"anonymous": {one("GeoIP2-Anonymous-IP", mmdbtype.Map{"is_anonymous": mmdbtype.Bool(true)}), `"GeoIP2-Anonymous-IP" holds no countries`},
		"isp":       {one("GeoIP2-ISP", asn), `"GeoIP2-ISP" holds no countries`},
		"unheard":   {one("ipinfo asn.mmdb", asn), `"ipinfo asn.mmdb" holds no countries`},
		"names":     {one("names", mmdbtype.Map{"country": mmdbtype.String("Germany")}), "holds no countries"},
		"string":    {one("string", mmdbtype.String("DE")), "holds no countries"},
		"gzip":      {[]byte("\x1f\x8b\x08\x00"), "unpack it first"},
		"empty":     {nil, "countries.mmdb: "},
		"text":      {[]byte("start,end,country\n"), "countries.mmdb: "},
	} {
		_, err := Open(save(t, c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.mmdb")); err == nil {
		t.Error("a missing file was opened")
	}
}

func TestIPv4Only(t *testing.T) {
	db, err := Open(save(t, build(t, mmdbwriter.Options{DatabaseType: "GeoLite2-Country", IPVersion: 4},
		map[string]mmdbtype.DataType{"1.0.0.0/24": maxmindRecord("AU")})))
	if err != nil {
		t.Fatal(err)
	}
	if got := db.Country(addr("2001:db8::1")); got != Unknown {
		t.Errorf("an IPv6 address is %s", got)
	}
	if got := db.Country(addr("::ffff:1.0.0.1")).String(); got != "AU" {
		t.Errorf("a mapped address is %s", got)
	}
	if !db.Info().IPv4Only || db.Errors() != 0 {
		t.Errorf("info %+v, %d errors", db.Info(), db.Errors())
	}
}

func TestErrorsAreCounted(t *testing.T) {
	wrong := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.Uint32(7)}}
	db, err := Open(save(t, build(t, mmdbwriter.Options{DatabaseType: "GeoLite2-Country"},
		map[string]mmdbtype.DataType{"1.0.0.0/24": wrong, "2.0.0.0/24": maxmindRecord("FR")})))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"1.0.0.1", "2.0.0.1", "1.0.0.2"} {
		db.Country(addr(a))
	}
	if db.Errors() != 2 || db.Err() == nil || !strings.Contains(db.Err().Error(), "2 look-ups failed") {
		t.Errorf("%d errors: %v", db.Errors(), db.Err())
	}
}

// TestAgainstGeoIP2 compares with the full decoding of geoip2.
func TestAgainstGeoIP2(t *testing.T) {
	networks := map[string]mmdbtype.DataType{"2a00::/16": maxmindRecord("NL"), "2400::/12": maxmindRecord("JP")}
	for i, code := range []string{"DE", "FR", "US", "IN", "CN", "BR", "ZA"} {
		networks[netip.AddrFrom4([4]byte{byte(20 + 3*i)}).String()+"/7"] = maxmindRecord(code)
	}
	data := build(t, mmdbwriter.Options{DatabaseType: "GeoLite2-Country"}, networks)
	db, err := openBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := geoip2.OpenBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var a netip.Addr
		if rapid.Bool().Draw(t, "v4") {
			a = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "a")))
		} else {
			b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "a"))
			copy(b[:], rapid.SampledFrom([]string{"\x2a\x00", "\x24\x01", "\x24"}).Draw(t, "prefix"))
			a = netip.AddrFrom16(b)
		}
		record, err := slow.Country(a)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := db.Country(a), Parse(record.Country.ISOCode); got != want {
			t.Fatalf("%s: %s, want %s", a, got, want)
		}
	})
}

// TestDamaged flips bytes of a valid file: it opens or is refused, and
// look-ups return.
func TestDamaged(t *testing.T) {
	data := build(t, mmdbwriter.Options{DatabaseType: "x"}, map[string]mmdbtype.DataType{
		"1.0.0.0/24": maxmindRecord("AU"), "2.0.0.0/8": locationDBRecord("FR"), "2a00::/16": ipinfoRecord("DE"),
	})
	for i := range data {
		for _, flip := range []byte{0xff, 0x20, 0x01} {
			damaged := bytes.Clone(data)
			damaged[i] ^= flip
			lookUpAll(damaged)
		}
	}
	for n := 0; n < len(data); n += 7 {
		lookUpAll(data[:n])
	}
}

func lookUpAll(data []byte) (opened bool) {
	db, err := openBytes(data)
	if err != nil {
		return false
	}
	for _, a := range []string{"0.0.0.0", "1.0.0.1", "2.125.160.216", "81.2.69.160", "255.255.255.255", "::", "2a00::1", "ffff::"} {
		db.Country(addr(a))
	}
	return true
}

func TestCorpus(t *testing.T) {
	corpus := os.Getenv("RULECAST_CORPUS")
	if corpus == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	opens := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(corpus, "mmdb"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".mmdb" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		began := time.Now()
		opens[d.Name()] = lookUpAll(data)
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: took %s", d.Name(), took)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"GeoLite2-Country-Test.mmdb": true, "GeoIP2-Country-Test.mmdb": true, "GeoLite2-City-Test.mmdb": true,
		"GeoIP2-Enterprise-Test.mmdb": true, "GeoIP2-City-Shield-Test.mmdb": true, "GeoIP2-Country-Shield-Test.mmdb": true,
		"GeoLite2-ASN-Test.mmdb": false, "GeoIP2-ISP-Test.mmdb": false, "GeoIP2-Domain-Test.mmdb": false,
		"GeoIP2-Connection-Type-Test.mmdb": false, "GeoIP2-Anonymous-IP-Test.mmdb": false, "GeoIP-Anonymous-Plus-Test.mmdb": false,
		"MaxMind-DB-string-value-entries.mmdb": false, "MaxMind-DB-test-decoder.mmdb": false,
	} {
		if got, seen := opens[name]; !seen || got != want {
			t.Errorf("%s: opens %v (seen %v), want %v", name, got, seen, want)
		}
	}
}

func TestBuiltin(t *testing.T) {
	db, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for a, want := range map[string]string{
		"8.8.8.8": "US", "::ffff:8.8.8.8": "US", "2001:200::1": "JP",
		"10.0.0.1": "ZZ", "172.16.0.1": "ZZ", "192.168.1.1": "ZZ", "127.0.0.1": "ZZ", "169.254.1.1": "ZZ", "100.64.0.1": "ZZ",
		"224.0.0.1": "ZZ", "255.255.255.255": "ZZ", "0.0.0.0": "ZZ", "::": "ZZ", "::1": "ZZ", "fe80::1%eth0": "ZZ", "fd00::1": "ZZ",
	} {
		if got := db.Country(addr(a)).String(); got != want {
			t.Errorf("%s is %s, want %s", a, got, want)
		}
	}
	if db.Errors() != 0 || db.Err() != nil {
		t.Errorf("%d errors: %v", db.Errors(), db.Err())
	}
}

func benchmarkCountry(b *testing.B, db *Database, draw func(r uint64) netip.Addr) {
	addrs := make([]netip.Addr, 1<<16)
	state := uint64(1)
	for i := range addrs {
		state = state*6364136223846793005 + 1442695040888963407
		addrs[i] = draw(state ^ state>>29)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		db.Country(addrs[i&(1<<16-1)])
		i++
	}
}

func random4(r uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(r>>56) | 1, byte(r >> 48), byte(r >> 40), byte(r >> 32)})
}

func random6(r uint64) netip.Addr {
	return netip.AddrFrom16([16]byte{0x2a, byte(r>>60) & 15, byte(r >> 48), byte(r >> 40), byte(r >> 32), byte(r >> 24), 15: 1})
}

func BenchmarkBuiltin(b *testing.B) {
	db, err := Builtin()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("v4", func(b *testing.B) { benchmarkCountry(b, db, random4) })
	b.Run("v6", func(b *testing.B) { benchmarkCountry(b, db, random6) })
}

func BenchmarkMaxMind(b *testing.B) {
	networks := map[string]mmdbtype.DataType{}
	for i := range 1 << 12 {
		code := string([]byte{'A' + byte(i%20), 'A' + byte(i%23)})
		networks[netip.AddrFrom4([4]byte{byte(i >> 4), byte(i << 4)}).String()+"/12"] = maxmindRecord(code)
	}
	db, err := openBytes(build(b, mmdbwriter.Options{DatabaseType: "GeoLite2-Country", IncludeReservedNetworks: true}, networks))
	if err != nil {
		b.Fatal(err)
	}
	benchmarkCountry(b, db, random4)
}

func BenchmarkLoadBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := decodeBuiltin(); err != nil {
			b.Fatal(err)
		}
	}
}
