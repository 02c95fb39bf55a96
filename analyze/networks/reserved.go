package networks

import "net/netip"

// reserved is the space that no visitor of a CDN comes from. Sources: the IANA
// IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), those of their
// blocks that are private, local, or no source of packets on the Internet, and
// the multicast blocks (RFC 5771, RFC 4291).
//
// The blocks for documentation (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24,
// 2001:db8::/32, 3fff::/20) are left out: nobody comes from there but the
// clients of examples, and these are to show what is done about clients.
var reserved = []string{
	"0.0.0.0/8",      // this network, RFC 791
	"10.0.0.0/8",     // private use, RFC 1918
	"100.64.0.0/10",  // shared address space of carriers, RFC 6598
	"127.0.0.0/8",    // loopback, RFC 1122
	"169.254.0.0/16", // link local, RFC 3927
	"172.16.0.0/12",  // private use, RFC 1918
	"192.0.0.0/24",   // IETF protocol assignments, RFC 6890
	"192.88.99.0/24", // 6to4 relays, deprecated by RFC 7526
	"192.168.0.0/16", // private use, RFC 1918
	"198.18.0.0/15",  // benchmarking, RFC 2544
	"224.0.0.0/4",    // multicast, RFC 5771
	"240.0.0.0/4",    // reserved, RFC 1112, with the limited broadcast
	"::/128",         // unspecified, RFC 4291
	"::1/128",        // loopback, RFC 4291
	"64:ff9b:1::/48", // local translation, RFC 8215
	"100::/64",       // discard only, RFC 6666
	"100:0:0:1::/64", // dummy prefix, RFC 9780
	"2001:2::/48",    // benchmarking, RFC 5180
	"2001:10::/28",   // ORCHID, deprecated by RFC 4843
	"2001:20::/28",   // ORCHIDv2, RFC 7343
	"5f00::/16",      // segment routing, RFC 9602
	"fc00::/7",       // unique local, RFC 4193
	"fe80::/10",      // link local, RFC 4291
	"fec0::/10",      // site local, deprecated by RFC 3879
	"ff00::/8",       // multicast, RFC 4291
}

// Reserved is the space that is never to be listed, whoever seems to come from
// it: such an address in a log is that of a proxy of one's own, or a mistake.
func Reserved() *Set {
	l := &List{Name: "reserved address space"}
	for _, text := range reserved {
		l.Prefixes = append(l.Prefixes, netip.MustParsePrefix(text))
	}
	return NewSet(l)
}
