package geo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/oschwald/geoip2-golang/v2"
	"github.com/oschwald/maxminddb-golang/v2"
)

// maxFile bounds a database file. The largest on the market is below 1 GB.
const maxFile = 4 << 30

// Open reads a MaxMind-format file: MaxMind's Country, City and Enterprise,
// DB-IP, IPinfo, or any other whose records have the country as
// country.iso_code, country_code or country. The country is where the address
// is used (country), not where it is registered (registered_country), because
// geo rules are about where clients are.
//
// The file is read into memory, because a memory map ends the process when
// another program shortens the file.
func Open(path string) (*Database, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	d, err := openBytes(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d.info.Path = path
	return d, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if stat.Size() > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, int64(maxFile))
	}
	data := bytes.NewBuffer(make([]byte, 0, stat.Size()+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(f, maxFile)); err != nil {
		return nil, err
	}
	return data.Bytes(), nil
}

func openBytes(data []byte) (d *Database, err error) {
	defer recovered(&err)
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		return nil, errors.New("is packed with gzip; unpack it first")
	}
	reader, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	path, err := countryPath(data, reader)
	if err != nil {
		return nil, err
	}
	meta := reader.Metadata
	ipv4Only := meta.IPVersion == 4
	return &Database{
		source: &maxmind{reader: reader, path: path, ipv4Only: ipv4Only},
		info:   Info{Name: meta.DatabaseType, Type: meta.DatabaseType, Date: buildDate(meta), IPv4Only: ipv4Only},
	}, nil
}

// buildDate is zero for a file that states none, or one past the year 9999.
func buildDate(meta maxminddb.Metadata) time.Time {
	const year10000 = 253402300800
	if meta.BuildEpoch == 0 || meta.BuildEpoch >= year10000 {
		return time.Time{}
	}
	return meta.BuildTime().UTC()
}

// countryPaths are where records hold the code, by publisher. IPinfo's lite
// files have the code in country_code and a name in country, so the order
// matters.
var countryPaths = [][]any{
	{"country", "iso_code"}, // MaxMind, DB-IP
	{"country_code"},        // IPinfo lite, ip-location-db
	{"country"},             // IPinfo
}

// countryPath finds where a file holds the code: geoip2 knows the types of
// MaxMind and DB-IP, of others the records themselves tell.
func countryPath(data []byte, reader *maxminddb.Reader) ([]any, error) {
	kind := reader.Metadata.DatabaseType
	noCountry := fmt.Errorf("database type %q holds no countries", kind)
	known, err := geoip2.OpenBytes(data)
	if err == nil {
		// Whether the type has countries is told by the method, not by the
		// address.
		_, err = known.Country(netip.IPv4Unspecified())
		if errors.As(err, new(geoip2.InvalidMethodError)) {
			return nil, noCountry
		}
		return countryPaths[0], nil
	}
	if !errors.As(err, new(geoip2.UnknownDatabaseTypeError)) {
		return nil, err
	}
	if path := probe(reader); path != nil {
		return path, nil
	}
	return nil, noCountry
}

// probe looks for the first record that holds a country. What it visits is
// bounded, so that a damaged tree ends it too; a file whose first thousand
// records name no country holds none.
func probe(reader *maxminddb.Reader) []any {
	const maxRecords, maxVisits = 1000, 100_000
	records, visits := 0, 0
	for result := range reader.Networks(maxminddb.IncludeNetworksWithoutData(), maxminddb.IncludeAliasedNetworks()) {
		if visits++; visits > maxVisits || records >= maxRecords {
			break
		}
		if !result.Found() {
			continue
		}
		records++
		for _, path := range countryPaths {
			var code string
			if result.DecodePath(&code, path...) == nil && published(code) != Unknown {
				return path
			}
		}
	}
	return nil
}

// maxmind looks addresses up in a MaxMind-format file.
type maxmind struct {
	reader   *maxminddb.Reader
	path     []any
	ipv4Only bool
}

func (m *maxmind) country(a netip.Addr) (c Country, err error) {
	defer recovered(&err)
	if m.ipv4Only && a.Is6() {
		return Unknown, nil
	}
	var code string
	if err := m.reader.Lookup(a).DecodePath(&code, m.path...); err != nil {
		return Unknown, err
	}
	return published(code), nil
}

// recovered turns a panic of the library over damaged data into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("damaged: %v", p)
	}
}
