// Command gen makes the country table that is built into rulecast from the
// files geoip and geoip6 of Debian's package tor-geoipdb. It reads no network
// and prints the digest of the files. A table that holds the same data already
// is left alone.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"

	"rulecast/analyze/geo/ranges"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	v4 := flags.String("v4", "/usr/share/tor/geoip", "`file` of IPv4 ranges")
	v6 := flags.String("v6", "/usr/share/tor/geoip6", "`file` of IPv6 ranges")
	out := flags.String("o", "countries.table", "`file` to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	table, err := build(*v4, *v6)
	if err != nil {
		return err
	}
	h := table.Header()
	fmt.Fprintf(stdout, "%s of %s, %s\n", h.Source, h.Generated.Format("2006-01-02"), h.Digest)
	if old, err := os.ReadFile(*out); err == nil && same(old, table) {
		return nil
	}
	data, err := table.Encode()
	if err != nil {
		return err
	}
	return os.WriteFile(*out, data, 0o644)
}

// same reports whether an encoded table holds what t holds. Comparing the
// unpacked form keeps the file as it is when another version of Go packs
// differently.
func same(encoded []byte, t *ranges.Table) bool {
	old, err := ranges.Decode(encoded)
	if err != nil {
		return false
	}
	a, err := old.Encode()
	if err != nil {
		return false
	}
	b, err := t.Encode()
	return err == nil && bytes.Equal(a, b)
}
