package record

import (
	"bytes"
	"net/netip"

	"rulecast/ingest/referer"
)

// maxAddrText bounds a client field: an address with its zone, brackets and
// port is far shorter.
const maxAddrText = 64

// parseAddr reads an address, perhaps with a zone, which is dropped. An
// IPv4-mapped address is unmapped.
func parseAddr(bare []byte) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(string(bare))
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

// bareAddr is the address within a client field: without surrounding space,
// port and brackets. It aliases raw. What is no address stays none.
func bareAddr(raw []byte) []byte {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return raw
	}
	if raw[0] == '[' {
		end := bytes.IndexByte(raw, ']')
		if end < 0 {
			return raw
		}
		if rest := raw[end+1:]; len(rest) > 0 && (rest[0] != ':' || !isPort(rest[1:])) {
			return raw
		}
		return raw[1:end]
	}
	// One colon stands before a port, two or more belong to an IPv6 address.
	colon := bytes.IndexByte(raw, ':')
	if colon >= 0 && isPort(raw[colon+1:]) {
		return raw[:colon]
	}
	return raw
}

func isPort(s []byte) bool {
	if len(s) == 0 || len(s) > 5 {
		return false
	}
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
		n = 10*n + int(c-'0')
	}
	return n <= 0xffff
}

// canonicalHost is the Decode of the host column.
func canonicalHost(dst, src []byte) []byte {
	host, ok := referer.CanonicalHost(string(src))
	if !ok {
		return append(dst, bytes.ToLower(src)...)
	}
	return append(dst, host...)
}
