package geo

import (
	_ "embed"
	"fmt"
	"net/netip"
	"sync"

	"rulecast/analyze/geo/ranges"
)

//go:generate go run ./gen -o countries.table

//go:embed countries.table
var encoded []byte

// Builtin is the table that is built in: IPFire's data as Debian ships it
// (NOTICE has its licence). IPv4 is exact; an IPv6 address has the country of
// the first address of its /64. The first call unpacks it, which takes some
// tens of milliseconds; all calls share it.
func Builtin() (*Database, error) {
	b, err := loadBuiltin()
	if err != nil {
		return nil, err
	}
	h := b.table.Header()
	return &Database{
		source: b,
		info:   Info{Name: "built-in: " + h.Source, Date: h.Generated, Licence: h.Licence},
	}, nil
}

type builtin struct {
	table     *ranges.Table
	countries []Country // by index of the table's codes
}

var loadBuiltin = sync.OnceValues(decodeBuiltin)

func decodeBuiltin() (*builtin, error) {
	table, err := ranges.Decode(encoded)
	if err != nil {
		return nil, fmt.Errorf("built-in country table: %w", err)
	}
	b := &builtin{table: table}
	for _, code := range table.Codes() {
		b.countries = append(b.countries, published(code))
	}
	return b, nil
}

func (b *builtin) country(a netip.Addr) (Country, error) {
	return b.countries[b.table.Lookup(a)], nil
}
