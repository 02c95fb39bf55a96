package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"rulecast/samples/gen"
)

// What ImageKit's lists may hold at most.
const (
	addressEntries = 100
	refererEntries = 30
)

const rulesetText = `# Made by makelogs: ImageKit's lists, as long as they may be.
provider: imagekit
ip: {block: {file: addresses.txt}}
referer: {block: {file: referers.txt}}
`

// writeRuleset writes ruleset.yaml and its two lists, one entry a line, into
// dir, which it makes.
func writeRuleset(g *gen.Generator, dir string) error {
	prefixes, hosts, err := g.Blocklist(addressEntries, refererEntries)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var addresses, referers strings.Builder
	for _, p := range prefixes {
		addresses.WriteString(entry(p) + "\n")
	}
	for _, h := range hosts {
		referers.WriteString("https://" + h + "/\n")
	}
	for _, f := range []struct{ name, text string }{
		{"ruleset.yaml", rulesetText}, {"addresses.txt", addresses.String()}, {"referers.txt", referers.String()},
	} {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// entry is a prefix as people write it: a single address without its length.
func entry(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
