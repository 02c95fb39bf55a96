package policy

import (
	"fmt"
	"net/netip"
	"strings"
)

// The words that stand for many addresses.
const (
	AllText     = "all"
	AllIPv4Text = "all-ipv4"
	AllIPv6Text = "all-ipv6"
)

// ParseAddress reads an IP entry: an address, a range in CIDR notation, or
// one of all, all-ipv4, all-ipv6. A range with host bits set is masked, an
// IPv4 address written as IPv6 is unmapped, and the warning says so. Pos is
// left to the caller.
func ParseAddress(text string) (e Entry, warning string, err error) {
	switch text {
	case AllText:
		return Entry{Kind: AllEntry, Text: text}, "", nil
	case AllIPv4Text:
		return Entry{Kind: AllIPv4Entry, Text: text}, "", nil
	case AllIPv6Text:
		return Entry{Kind: AllIPv6Entry, Text: text}, "", nil
	}
	p, err := parsePrefix(text)
	if err != nil {
		return Entry{}, "", err
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		warning = fmt.Sprintf("%s is IPv4 written as IPv6: read as %s", text, p.Masked())
	}
	if m := p.Masked(); m != p {
		warning = fmt.Sprintf("%s has host bits set: the network %s is used", text, m)
		p = m
	}
	return NetworkEntry(p), warning, nil
}

// NetworkEntry is the entry of a network, which has to be masked and
// unmapped. A network of one address is shown as the address.
func NetworkEntry(p netip.Prefix) Entry {
	text := p.String()
	if p.IsSingleIP() {
		text = p.Addr().String()
	}
	return Entry{Kind: PrefixEntry, Text: text, Prefix: p}
}

func parsePrefix(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return netip.Prefix{}, addressError(text)
		}
		return p, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, addressError(text)
	}
	if a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("address %q: a zone cannot be in a rule", shorten(text))
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// addressError says what is wrong with a text that is no address.
func addressError(text string) error {
	hint := ""
	switch {
	case strings.Contains(text, "-"):
		hint = ": a range is written as a network, like 192.0.2.0/24"
	case strings.Contains(text, "*"):
		hint = ": wildcards are not read; a range is written as a network, like 192.0.2.0/24"
	case strings.ContainsAny(text, ",; \t"):
		hint = ": one address or network an entry"
	case strings.HasPrefix(text, "http"):
		hint = ": this is a URL"
	}
	return fmt.Errorf("%q is neither an address nor a network%s", shorten(text), hint)
}

// shorten keeps a value from a file short enough for a message.
func shorten(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
