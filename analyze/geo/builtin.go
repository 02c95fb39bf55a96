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
// the first address of its /64. It is unpacked at the first look-up, or before by
// Prepare.
func Builtin() (*Database, error) {
	h, err := ranges.DecodeHeader(encoded)
	if err != nil {
		return nil, fmt.Errorf("built-in country table: %w", err)
	}
	return &Database{
		source: builtin{},
		info:   Info{Name: "built-in: " + h.Source, Date: h.Generated, Licence: h.Licence},
	}, nil
}

// Prepare has the table that is built in unpacked beside other work, which takes
// some tens of milliseconds; look-ups wait for its end. What is wrong with the
// table, they report.
func (d *Database) Prepare() {
	if d.source == (builtin{}) {
		go loadBuiltin()
	}
}

type builtin struct{}

func (builtin) country(a netip.Addr) (Country, error) {
	t, err := loadBuiltin()
	if err != nil {
		return Unknown, err
	}
	return t.countries[t.table.Lookup(a)], nil
}

type builtinTable struct {
	table     *ranges.Table
	countries []Country // by index of the table's codes
}

var loadBuiltin = sync.OnceValues(decodeBuiltin)

func decodeBuiltin() (*builtinTable, error) {
	table, err := ranges.Decode(encoded)
	if err != nil {
		return nil, fmt.Errorf("built-in country table: %w", err)
	}
	b := &builtinTable{table: table}
	for _, code := range table.Codes() {
		b.countries = append(b.countries, published(code))
	}
	return b, nil
}
