package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rulecast/analyze/policy"
	"rulecast/analyze/prefix"
)

// clientFlags say which address of a request is its client.
type clientFlags struct {
	from    string
	proxies []string
}

// The values of --client-ip-from.
const (
	clientFromPeer = "peer"
	clientFromXFF  = "xff"
)

// clientFlagNames are the flags that add makes.
var clientFlagNames = []string{"client-ip-from", "trusted-proxies"}

func (f *clientFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.from, "client-ip-from", clientFromPeer, "take clients from this `SOURCE`: the peer of the connection (peer), or the rightmost address of X-Forwarded-For that is no trusted proxy (xff)")
	fs.StringSliceVar(&f.proxies, "trusted-proxies", nil, "proxies in front whose X-Forwarded-For is believed: `ADDRESSES`, networks, or files of them, one a line")
}

// trustedProxies are the networks whose X-Forwarded-For is believed.
type trustedProxies struct {
	networks prefix.Map
	prefixes []netip.Prefix // in networks
	warnings []string
}

// contains reports whether an address is that of a trusted proxy.
func (t *trustedProxies) contains(a netip.Addr) bool {
	return len(t.networks.Covering(nil, a)) > 0
}

// trusted is what ingest.Options take: nil if the client is the peer.
func (t *trustedProxies) trusted() func(netip.Addr) bool {
	if t == nil {
		return nil
	}
	return t.contains
}

// open reads the flags; nil if the client is the peer.
func (f *clientFlags) open() (*trustedProxies, error) {
	switch f.from {
	case clientFromPeer:
		if len(f.proxies) > 0 {
			return nil, usagef("--trusted-proxies is used with --client-ip-from xff only")
		}
		return nil, nil
	case clientFromXFF:
	default:
		return nil, usagef("--client-ip-from %q: must be peer or xff", f.from)
	}
	if len(f.proxies) == 0 {
		return nil, usagef("--client-ip-from xff needs --trusted-proxies: anybody can send an X-Forwarded-For, so it is believed only as far as proxies of yours wrote it")
	}
	t := &trustedProxies{}
	for _, value := range f.proxies {
		if err := t.addValue(strings.TrimSpace(value)); err != nil {
			return nil, usagef("--trusted-proxies: %w", err)
		}
	}
	return t, nil
}

// addValue trusts an address, a network, or those in a file.
func (t *trustedProxies) addValue(value string) error {
	bad := t.add(value)
	if bad == nil || errors.Is(bad, errEverybody) {
		return bad
	}
	list, err := os.ReadFile(value)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w, and no file of that name is there", bad)
	case err != nil:
		return err
	}
	number, trusted := 0, 0
	for line := range strings.Lines(string(list)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := t.add(line); err != nil {
			return fmt.Errorf("%s:%d: %w", value, number, err)
		}
		trusted++
	}
	if trusted == 0 {
		return fmt.Errorf("%s: no address in it", value)
	}
	return nil
}

var errEverybody = errors.New("would trust everybody")

// add trusts an address or a network.
func (t *trustedProxies) add(text string) error {
	e, warning, err := policy.ParseAddress(text)
	if err != nil {
		return err
	}
	if e.Kind != policy.PrefixEntry || e.Prefix.Bits() == 0 {
		return fmt.Errorf("%s %w, and with that any address that is sent", text, errEverybody)
	}
	if warning != "" {
		t.warnings = append(t.warnings, "trusted proxies: "+warning)
	}
	t.networks.Add(e.Prefix, 0)
	t.prefixes = append(t.prefixes, e.Prefix)
	return nil
}
