package record

import (
	"bytes"
	"net/netip"

	"rulecast/ingest/referer"
)

// parseAddr reads a client field: an address, or one in brackets, with a port
// or with a zone. An IPv4-mapped address is unmapped.
func parseAddr(raw []byte) (netip.Addr, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || len(raw) > 64 {
		return netip.Addr{}, false
	}
	if addr, err := netip.ParseAddr(string(raw)); err == nil {
		return addr.Unmap().WithZone(""), true
	}
	if ap, err := netip.ParseAddrPort(string(raw)); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	if n := len(raw) - 1; raw[0] == '[' && raw[n] == ']' {
		if addr, err := netip.ParseAddr(string(raw[1:n])); err == nil {
			return addr.Unmap().WithZone(""), true
		}
	}
	return netip.Addr{}, false
}

// canonicalHost is the Decode of the host column.
func canonicalHost(dst, src []byte) []byte {
	host, ok := referer.CanonicalHost(string(src))
	if !ok {
		return append(dst, bytes.ToLower(src)...)
	}
	return append(dst, host...)
}
